"""Accounts that are watched together (账户组): owners who are associated, and accounts that are linked by evidence.

A link says that one hand may be behind accounts of different owners; it changes no limit. At each day's close it is seen
whether such owners together come near to what one owner may have (CQ-M Art. 17), and who keeps hardly more than its floor.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import positions, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import LinkAccounts, UnlinkAccounts
from engine.core.events import AccountsLinked, AccountsUnlinked, Event, LinkedNearLimit, RetentionNear
from engine.core.state import State
from engine.core.supervision import LINK_ACCOUNTS_MAX, LINK_KINDS, RECORDS_MAX, AccountLink

TEXT_MAX: Final = 200
WHOLE_BP: Final = 10_000
NAMED_MAX: Final = 50  # accounts that one finding names


def judge(state: State, act: LinkAccounts | UnlinkAccounts) -> Verdict:
    """Different accounts that exist, of two owners at least, a known kind and what it was seen by; or a link in force."""
    if not 0 < len(act.basis) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, len(act.basis))
    if isinstance(act, UnlinkAccounts):
        found = state.supervision.link(act.link)
        return ADMITTED if found is not None and not found.is_ended else Verdict(reasons.UNKNOWN_LINK)
    named = act.accounts
    if act.kind not in LINK_KINDS or len(dict.fromkeys(named)) != len(named) or len(named) > LINK_ACCOUNTS_MAX:
        return Verdict(reasons.ACT_INVALID, LINK_ACCOUNTS_MAX, len(named))
    for number in named:
        if state.account(number) is None:
            return Verdict(reasons.UNKNOWN_ACCOUNT)
    if len(owners_of(state, named)) < 2:
        return Verdict(reasons.ACT_INVALID, 2, len(named))
    kept = len(state.supervision.links)
    return ADMITTED if kept < RECORDS_MAX else Verdict(reasons.TOO_MANY_RECORDS, RECORDS_MAX, kept)


def take(state: State, act: LinkAccounts | UnlinkAccounts, out: list[Event]) -> None:
    """Keep the link, or that it has ended."""
    kept, today = state.supervision.links, int(state.trading_day)
    if isinstance(act, UnlinkAccounts):
        ended = replace(kept[act.link - 1], is_ended=True, ended_on=today, ended_basis=act.basis)
        kept[act.link - 1] = ended
        out.append(AccountsUnlinked(act.link, act.basis))
        return
    kept.append(AccountLink(len(kept) + 1, act.accounts, act.kind, act.basis, today))
    out.append(AccountsLinked(len(kept), act.accounts, act.kind, act.basis))


def owners_of(state: State, accounts: tuple[int, ...]) -> tuple[int, ...]:
    """Whose accounts these are, the lowest number first; of one that was merged, whose it went into."""
    owners: dict[int, None] = {}
    for number in accounts:
        account = state.held_account(number)
        while account.successor != 0:
            account = state.held_account(account.successor)
        owners[int(account.owner)] = None
    return tuple(sorted(owners))


def watched(state: State) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Owners that are watched together, and the links by evidence that join them; by any chain, the lowest owner first."""
    groups = dict(state.participants.groups)
    in_force = [
        (found.number, owners_of(state, found.accounts)) for found in state.supervision.links if not found.is_ended
    ]
    for _, owners in in_force:
        joined = tuple(sorted(dict.fromkeys([one for owner in owners for one in groups.get(owner, (owner,))])))
        for owner in joined:
            groups[owner] = joined
    return [
        (group, tuple([number for number, owners in in_force if owners[0] in group]))
        for group in sorted(dict.fromkeys(groups.values()))
    ]


def note(state: State, out: list[Event]) -> None:
    """At the day's close: which owners together are near to one owner's limit, and which accounts to their retention floor."""
    rules = state.rulebook.surveillance
    limited = [code for code, product in sorted(state.rulebook.products.items()) if product.holding_limit_tonnes]
    if rules.linked_share_bp and limited:
        for owners, links in watched(state):
            for code in limited:
                note_group(state, owners, links, code, out)
    if rules.retention_near_bp:
        for account in state.accounts:
            if account is not None and account.retention_floor > 0:
                floor = int(account.retention_floor)
                spare = int(account.allowances_available) + int(account.allowances_apart) - floor
                if 0 <= spare * WHOLE_BP <= floor * rules.retention_near_bp:
                    out.append(RetentionNear(int(account.number), floor + spare, floor))


def note_group(state: State, owners: tuple[int, ...], links: tuple[int, ...], code: str, out: list[Event]) -> None:
    """Say it where these owners have so much of a product that one owner's limit would be near."""
    accounts = positions.accounts_of(state, owners)
    if any([account.category == positions.GOVERNMENT for account in accounts]):
        return
    product = state.rulebook.products[code]
    tonnes = positions.owned_tonnes(state, owners, code)
    is_allowance = product.kind == "allowance"
    limit = positions.above_allocation(state, owners, is_allowance, product.holding_limit_tonnes)
    if tonnes * WHOLE_BP >= limit * state.rulebook.surveillance.linked_share_bp:
        named = tuple([int(account.number) for account in accounts if account.successor == 0][:NAMED_MAX])
        out.append(LinkedNearLimit(code, named, links, tonnes, limit))
