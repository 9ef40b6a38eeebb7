"""What others may read of accounts and participants: copies, as `engine.view` gives them out. Days are yyyymmdd, 0 for "no end"."""

from typing import Final

import msgspec

from engine.core import links, standing
from engine.core.participants import (
    BAR_BY_CLASS,
    BAR_CLOSED,
    BAR_KILLED,
    BAR_LEAVING,
    BAR_LEFT,
    BAR_OWN_LIMITS,
    BAR_SUSPENDED,
    BAR_UNFINISHED,
    BAR_UNQUALIFIED,
    Association,
    Ban,
    User,
)
from engine.core.participants import Qualification as Qualification
from engine.core.participants import is_credit_code as is_credit_code
from engine.core.state import Account, State
from engine.core.supervision import AccountLink

BAR_WORDS: Final = {
    BAR_SUSPENDED: "suspended",
    BAR_UNQUALIFIED: "unqualified",
    BAR_BY_CLASS: "by_class",
    BAR_LEAVING: "leaving",
    BAR_LEFT: "left",
    BAR_CLOSED: "closed",
    BAR_KILLED: "kill_switch",
    BAR_UNFINISHED: "unfinished",
    BAR_OWN_LIMITS: "own_limits",
}


class UnitsView(msgspec.Struct, frozen=True):
    """Units of one instrument in one account: free to sell, behind open sells, bought too recently, frozen, pledged or
    withdrawn from trading, issued ahead of their true-up, only for own surrender."""

    instrument: int
    available: int
    held: int
    locked: int
    encumbered: int = 0
    preallocated: int = 0
    use_restricted: int = 0


class AccountView(msgspec.Struct, frozen=True):
    """One account. `restriction`: bits of units.RESTRICT_*; `exec_seq`: last number of its private stream.

    `held_fen` is cash behind open buys and proceeds that are not usable yet: cash owned = free + held.
    """

    number: int
    code: str
    owner: int
    name: str
    category: str
    restriction: int
    exec_seq: int
    free_fen: int
    held_fen: int
    retention_floor: int  # tonnes of allowances to be kept, all open years together
    successor: int = 0  # the account into which this one was merged
    split_into: tuple[int, ...] = ()  # the accounts to which parts of this one went
    bars: int = 0  # bits of participants.BAR_*: why it may not trade as it likes

    @property
    def is_suspended(self) -> bool:
        """Whether its participant is suspended."""
        return bool(self.bars & BAR_SUSPENDED)


class LargeHolderView(msgspec.Struct, frozen=True):
    """A large holder (大户): a beneficial owner with more of a product than its threshold, in tonnes. limit: 0 for none."""

    product: str
    owner: int
    accounts: tuple[int, ...]
    names: tuple[str, ...]  # of the accounts
    tonnes: int
    threshold: int
    limit: int


class AccountStanding(msgspec.Struct, frozen=True):
    """One account of a participant: its category, why it may not trade as it likes, and what qualification it lacks."""

    account: int
    category: str
    bars: tuple[str, ...]
    missing: str


class ParticipantView(msgspec.Struct, frozen=True):
    """One participant with its accounts, qualifications and present users."""

    number: int
    identity: str
    name: str
    home: str
    is_suspended: bool
    accounts: tuple[AccountStanding, ...]
    qualifications: tuple[Qualification, ...]
    users: tuple[User, ...]


class LinkView(msgspec.Struct, frozen=True):
    """One link, whose accounts it names, and all owners that are watched together by it and others (none: it has ended)."""

    link: AccountLink
    owners: tuple[int, ...]
    watched_with: tuple[int, ...]


class AssociationView(msgspec.Struct, frozen=True):
    """One association, whether it is in force today, and all who count as one by it and others (none: not in force)."""

    association: Association
    is_in_force: bool
    group: tuple[int, ...]


def bar_words(bars: int) -> tuple[str, ...]:
    """Why an account may not trade as it likes, in words."""
    return tuple([word for bit, word in BAR_WORDS.items() if bars & bit])


def participants(state: State) -> list[ParticipantView]:
    """All participants that were admitted, by number."""
    users: dict[int, list[User]] = {}
    for user in state.participants.users.values():
        if not user.is_removed:
            users.setdefault(user.participant, []).append(user)
    return [
        ParticipantView(
            number,
            found.identity,
            found.name,
            found.home,
            found.is_suspended,
            accounts_of(state, number),
            tuple(found.qualifications.values()),
            tuple(users.get(number, ())),
        )
        for number, found in sorted(state.participants.by_number.items())
    ]


def accounts_of(state: State, participant: int) -> tuple[AccountStanding, ...]:
    """The participant's accounts, oldest first."""
    found = state.participants.by_number.get(participant)
    rows = []
    for account in state.owners.get(participant, []):
        rules = state.rulebook.classes.get(account.category)
        missing = "" if rules is None else standing.missing(rules, found, int(state.trading_day))
        rows.append(AccountStanding(int(account.number), account.category, bar_words(int(account.bars)), missing))
    return tuple(rows)


def bans(state: State) -> list[Ban]:
    """Who may not take part, in the order of their banning."""
    return list(state.participants.banned.values())


def links_of(state: State) -> list[LinkView]:
    """All links between accounts, ended ones among them, oldest first."""
    together = {number: group for group, numbers in links.watched(state) for number in numbers}
    return [
        LinkView(found, links.owners_of(state, found.accounts), together.get(found.number, ()))
        for found in state.supervision.links
    ]


def associations(state: State) -> list[AssociationView]:
    """All associations, ended ones among them, oldest first."""
    rows = []
    for found in state.participants.associations.values():
        is_in_force = found.is_in_force(int(state.trading_day))
        group = state.participants.groups[found.controller] if is_in_force else ()
        rows.append(AssociationView(found, is_in_force, group))
    return rows


def account_view(account: Account) -> AccountView:
    """One account, copied."""
    return AccountView(
        int(account.number),
        account.code,
        int(account.owner),
        account.name,
        account.category,
        int(account.restriction),
        int(account.exec_seq),
        int(account.free),
        int(account.held + account.pending),
        int(account.retention_floor),
        int(account.successor),
        tuple(account.split_into),
        int(account.bars),
    )
