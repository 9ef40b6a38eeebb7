"""Operators' acts about participants (交易参与人), their users, and who may not take part. `commands` has all other acts.

A participant is known by its number, which is the `owner` of its accounts: the beneficial owner by whom limits and
self-trades are judged. Days are yyyymmdd, 0 for "no end".
"""

from engine.core.bases import Act


class AdmitParticipant(Act, frozen=True, array_like=True, gc=False, tag=310):
    """Admit a participant (准入), so that it can be qualified, suspended, associated and have users.

    identity: its unified social credit code (统一社会信用代码, GB 32100), or of an individual the exchange's own number
    for them, which is no document's number. home: where it is registered, such as "四川省", "" where that is not recorded.
    """

    participant: int
    identity: str
    name: str
    home: str = ""


class AmendParticipant(Act, frozen=True, array_like=True, gc=False, tag=311):
    """Change what is recorded of a participant (信息变更): name, identity, home, all as they are from now on."""

    participant: int
    identity: str
    name: str
    home: str = ""


class Qualify(Act, frozen=True, array_like=True, gc=False, tag=312):
    """Record that a participant has a qualification (适当性) of the rule book's classes, from a day to a day, both included.

    kind: as the rule book names it, such as "suitability" (a test) or "assets" (a statement of net worth, with
    `assets_fen`). The same kind again replaces what was recorded.
    """

    participant: int
    kind: str
    from_day: int
    until_day: int = 0
    assets_fen: int = 0


class Disqualify(Act, frozen=True, array_like=True, gc=False, tag=313):
    """Take a qualification away; open orders of accounts that need it are canceled."""

    participant: int
    kind: str
    basis: str


class SuspendParticipant(Act, frozen=True, array_like=True, gc=False, tag=314):
    """Suspend a participant (暂停交易资格): none of its accounts trades, none of its keys logs in, open orders end at once.

    What it has and owes stays; surrender, as under any measure, stays possible.
    """

    participant: int
    basis: str


class ReinstateParticipant(Act, frozen=True, array_like=True, gc=False, tag=315):
    """End a participant's suspension."""

    participant: int
    basis: str


class AppointUser(Act, frozen=True, array_like=True, gc=False, tag=316):
    """Appoint a person as a participant's user (操作人员). Keys are registered for the user, with these rights or fewer.

    rights: view | trade | cancel | transfer | file. identity: the exchange's own number for the person.
    """

    user: str
    participant: int
    name: str
    identity: str
    rights: tuple[str, ...]


class RemoveUser(Act, frozen=True, array_like=True, gc=False, tag=317):
    """Remove a user: every key of theirs is revoked and every connection ends at once. The id is not given again."""

    user: str
    basis: str


class BanPerson(Act, frozen=True, array_like=True, gc=False, tag=318):
    """Ban a person or body from taking part (禁入, CN-R Art. 7, 20): as a user they are removed, as a participant suspended."""

    identity: str
    name: str
    basis: str


class LiftBan(Act, frozen=True, array_like=True, gc=False, tag=319):
    """Take an identity off the list of the banned. Who was suspended by it is reinstated by an act of its own."""

    identity: str
    basis: str


class Associate(Act, frozen=True, array_like=True, gc=False, tag=320):
    """Record that one participant controls another (关联关系) by a share of more than half, from a day on.

    Whoever is associated, by any chain, counts as one owner in holding limits, large holders and caps of bidders. Nothing is
    taken away from who is above a limit by it.
    """

    controller: int
    controlled: int
    share_bp: int
    from_day: int
    basis: str
    until_day: int = 0


class Dissociate(Act, frozen=True, array_like=True, gc=False, tag=321):
    """Record the last day of an association; a day that has passed ends it at once."""

    association: int
    until_day: int
    basis: str


class ExitToNationalMarket(Act, frozen=True, array_like=True, gc=False, tag=322):
    """A key emitter leaves the city's list for the national market (退出地方市场, CQ-M Art. 10, CN-R Art. 29); takes two persons.

    It gets no more units and buys none; it may sell until `until_day`. What it owes for compliance years up to `last_year`
    stays; what was issued ahead for later years is canceled and their retention ends. It is closed once it is empty.
    """

    account: int
    until_day: int
    last_year: int


class CloseAccount(Act, frozen=True, array_like=True, gc=False, tag=323):
    """Close (销户) an account that has neither units nor cash and owes no compliance year; always takes two persons."""

    account: int


ParticipantAct = (
    AdmitParticipant
    | AmendParticipant
    | Qualify
    | Disqualify
    | SuspendParticipant
    | ReinstateParticipant
    | AppointUser
    | RemoveUser
    | BanPerson
    | LiftBan
    | Associate
    | Dissociate
    | ExitToNationalMarket
    | CloseAccount
)
