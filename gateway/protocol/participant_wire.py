"""Participants (交易参与人), their users and the banned at the operators' door."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class OpsParticipants(Request, tag="ops.participants", gc=False, kw_only=True):
    """All participants that were admitted, with accounts, qualifications and users."""

    params: NoParams | UnsetType = UNSET


class OpsBans(Request, tag="ops.bans", gc=False, kw_only=True):
    """Identities that may not take part."""

    params: NoParams | UnsetType = UNSET


class OpsAssociations(Request, tag="ops.associations", gc=False, kw_only=True):
    """Who controls whom by more than half, ended associations among them, oldest first."""

    params: NoParams | UnsetType = UNSET


class OwnLimitsRow(Struct, gc=False):
    """What the member has set for the account (自设限额): values in CNY; null: no limit."""

    order_value_max: str | None
    order_quantity_max: int | None
    open_value_max: str | None


class StandingRow(Struct, gc=False):
    """An account's standing: why it may not trade as it likes (suspended, unqualified, by_class), what it lacks, its own limits."""

    account: str
    category: str
    bars: list[str]
    missing: str
    limits: OwnLimitsRow | None = None


class QualificationRow(Struct, gc=False):
    """A qualification on record; until "": no end; assets "": none stated."""

    kind: str
    from_day: str
    until_day: str
    assets: str


class UserRow(Struct, gc=False):
    """A user: a person who acts for the participant, within these rights, by these keys that are not revoked."""

    user: str
    name: str
    identity: str
    rights: list[str]
    keys: list[str]


class ParticipantRow(Struct, gc=False):
    """One participant; `participant` is the owner number of its accounts."""

    participant: int
    identity: str
    name: str
    home: str
    is_suspended: bool
    accounts: list[StandingRow]
    qualifications: list[QualificationRow]
    users: list[UserRow]


class BanRow(Struct, gc=False):
    """One identity that may not take part."""

    identity: str
    name: str
    basis: str


class AssociationRow(Struct, gc=False):
    """One association; until_day "": no end; group: all participants that count as one by it today, none where it is not in force."""

    association: int
    controller: int
    controlled: int
    share_bp: int
    from_day: str
    until_day: str
    basis: str
    is_in_force: bool
    group: list[int]


OpsParticipantRequest = OpsParticipants | OpsBans | OpsAssociations
