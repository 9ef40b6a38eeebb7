"""What happens to participants, their users and the list of the banned. `events` has all other events."""

from engine.core.bases import Fact


class ParticipantRecorded(Fact, frozen=True, gc=False):
    """A participant is admitted, or what is recorded of it has changed to this."""

    participant: int
    identity: str
    name: str
    home: str


class ParticipantQualified(Fact, frozen=True, gc=False):
    """A qualification is recorded, in force from a day to a day (0: no end)."""

    participant: int
    kind: str
    from_day: int
    until_day: int
    assets_fen: int


class ParticipantDisqualified(Fact, frozen=True, gc=False):
    """A qualification is taken away."""

    participant: int
    kind: str
    basis: str


class ParticipantSuspended(Fact, frozen=True, gc=False):
    """None of its accounts trades, none of its keys logs in."""

    participant: int
    basis: str


class ParticipantReinstated(Fact, frozen=True, gc=False):
    """The suspension has ended."""

    participant: int
    basis: str


class UserAppointed(Fact, frozen=True, gc=False):
    """A person acts for the participant from now on, within these rights."""

    user: str
    participant: int
    name: str
    rights: tuple[str, ...]


class UserRemoved(Fact, frozen=True, gc=False):
    """The person acts for nobody any more; their keys were revoked before this."""

    user: str
    basis: str


class PersonBanned(Fact, frozen=True, gc=False):
    """An identity may not take part."""

    identity: str
    name: str
    basis: str


class BanLifted(Fact, frozen=True, gc=False):
    """An identity may take part again."""

    identity: str
    basis: str


class AssociationRecorded(Fact, frozen=True, gc=False):
    """One participant controls another, from a day to a day (0: no end); said again when its last day is known."""

    association: int
    controller: int
    controlled: int
    share_bp: int
    from_day: int
    until_day: int
    basis: str


class AccountLeaving(Fact, frozen=True, gc=False):
    """A key emitter leaves for the national market: it may sell until a day, and owes here no later year than `last_year`."""

    account: int
    until_day: int
    last_year: int


class AccountClosed(Fact, frozen=True, gc=False):
    """The account has nothing, and nothing happens to it any more."""

    account: int
