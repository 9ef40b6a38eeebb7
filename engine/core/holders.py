"""Large holders (大户): noted at each day's close, and their own reports, due on the next trading day (CN-21).

Who is one is measured as in `positions`. An owner that falls to the threshold or below is forgotten, and reports again when
it comes back.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import calendar, positions, reasons
from engine.core.commands import FileHolderReport
from engine.core.events import Event, HolderNoted, HolderReported, RequestRefused
from engine.core.rulebook import ProductRules
from engine.core.state import State
from engine.core.supervision import HolderReport

TEXT_MAX: Final = 500


def next_day(state: State) -> int:
    """The trading day after the present one; the next date where the calendar does not reach so far."""
    today = int(state.trading_day)
    if not calendar.is_day(today):
        return today + 1  # a market without a calendar may number its days as it likes
    try:
        return state.calendar(today).next_trading_day(today)
    except calendar.BeyondCalendar:
        return calendar.shift(today, 1)


def threshold_of(state: State, owner: int, rules: ProductRules) -> int:
    """Above how many tonnes this owner is a large holder of the product."""
    return positions.above_allocation(
        state, positions.group_of(state, owner), rules.kind == "allowance", rules.large_holder_tonnes
    )


def note(state: State, out: list[Event]) -> None:
    """At the day's close: who is a large holder, who is none any more. Walks all owners, where a threshold is set."""
    for code, rules in sorted(state.rulebook.products.items()):
        known = state.supervision.holders.get(code, {})
        if not rules.large_holder_tonnes:
            continue
        for owner, accounts in state.owners.items():
            tonnes = positions.owned_tonnes(state, positions.group_of(state, owner), code)
            is_large = tonnes > threshold_of(state, owner, rules) and not any(
                account.category == positions.GOVERNMENT for account in accounts
            )
            found = known.get(owner)
            if is_large and found is None:
                due_day = next_day(state)
                report = HolderReport(owner, code, int(state.trading_day), due_day, tonnes)
                state.supervision.holders.setdefault(code, {})[owner] = report
                out.append(HolderNoted(owner, code, tonnes, due_day))
            elif is_large and found is not None:
                known[owner] = replace(found, tonnes=tonnes)
            elif found is not None:
                del known[owner]
                out.append(HolderNoted(owner, code, 0, 0))


def file_report(state: State, command: FileHolderReport, out: list[Event]) -> None:
    """Keep a large holder's report; a later one takes the place of an earlier one."""
    account = state.account(command.account)
    texts = (command.purpose, command.funds, command.related)
    rules = state.rulebook.products.get(command.product)
    if account is None:
        out.append(RequestRefused(command.account, 0, "", reasons.UNKNOWN_ACCOUNT, 0, 0))
        return
    if rules is None or not command.purpose or not command.funds or max(map(len, texts)) > TEXT_MAX:
        out.append(RequestRefused(account.number, 0, "", reasons.INVALID_FIELD, 0, 0))
        return
    owner = int(account.owner)
    found = state.supervision.holders.get(command.product, {}).get(owner)
    tonnes = positions.owned_tonnes(state, positions.group_of(state, owner), command.product)
    threshold = threshold_of(state, owner, rules)
    if found is None and (rules.large_holder_tonnes == 0 or tonnes <= threshold):
        out.append(RequestRefused(account.number, 0, "", reasons.NOT_LARGE_HOLDER, threshold, tonnes))
        return
    today = int(state.trading_day)
    if found is None:  # before the close at which it would be noted
        found = HolderReport(owner, command.product, today, next_day(state), tonnes)
    state.supervision.holders.setdefault(command.product, {})[owner] = replace(
        found, filed_on=today, account=command.account, purpose=texts[0], funds=texts[1], related=texts[2]
    )
    out.append(HolderReported(owner, command.product, command.account, today))
