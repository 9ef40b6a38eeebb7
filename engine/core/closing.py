"""How an account ends: a key emitter leaves for the national market (CQ-M Art. 10), and any account is closed (销户).

Who leaves gets no more units and buys none; what it owes for the years up to the last stays; what it has may be sold until a
day, and from then on only surrendered, transferred or canceled. An account that has left is closed at the end of the first day
on which it has and owes nothing. A closed account stays as history: its owner reads it, and nothing happens to it any more.
"""

from engine.core import allocation, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import CloseAccount, ExitToNationalMarket, TrueUpAllocation
from engine.core.compliance import KEY_EMITTER, is_day, is_year
from engine.core.ending import end_what_is_open
from engine.core.events import AccountClosed, AccountLeaving, Event, RetentionChanged
from engine.core.positions import GOVERNMENT
from engine.core.records import NOT_VERIFIED
from engine.core.standing import refresh
from engine.core.state import Account, State
from engine.core.units import BUY


def judge(state: State, act: ExitToNationalMarket | CloseAccount) -> Verdict:
    """A key emitter that has not left yet, with a day to come; or an account that has and owes nothing."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if isinstance(act, CloseAccount):
        return why_not_closed(state, account)
    if account.category != KEY_EMITTER:
        return Verdict(reasons.NOT_KEY_EMITTER)
    if account.leaving_until != 0:
        return Verdict(reasons.ACCOUNT_LEAVING, account.leaving_until, 0)
    if not is_day(act.until_day) or act.until_day <= int(state.trading_day) or not is_year(act.last_year):
        return Verdict(reasons.ACT_INVALID, int(state.trading_day), 0)
    return ADMITTED


def why_not_closed(state: State, account: Account) -> Verdict:
    """What still binds the account: units, cash, a year that it owes. `actual`: tonnes, fen, the year."""
    if account.category in (GOVERNMENT, "treasury"):
        return Verdict(reasons.ACT_INVALID)
    tonnes = sum([position.tonnes() for position in account.positions if position is not None])
    if tonnes > 0:
        return Verdict(reasons.ACCOUNT_HAS_UNITS, 0, tonnes)
    fen = account.free + account.held + account.pending
    if fen > 0:
        return Verdict(reasons.ACCOUNT_HAS_CASH, 0, fen)
    for year, record in sorted(state.compliance.get(int(account.number), {}).items()):
        is_here = account.leaving_until == 0 or year <= account.last_year
        if is_here and not record.is_final and (record.allocated > 0 or record.emissions != NOT_VERIFIED):
            return Verdict(reasons.ACCOUNT_OWES, 0, year)
    return ADMITTED


def take(state: State, act: ExitToNationalMarket | CloseAccount, out: list[Event]) -> None:
    """Let a judged act take effect."""
    account = state.held_account(act.account)
    if isinstance(act, CloseAccount):
        close(state, account, out)
        return
    account.leaving_until = act.until_day
    account.last_year = act.last_year
    refresh(state, account)
    out.append(AccountLeaving(act.account, act.until_day, act.last_year))
    end_what_is_open(state, account, reasons.ACCOUNT_LEAVING, out, BUY)
    for year, record in sorted(state.compliance.get(act.account, {}).items()):
        if year > act.last_year:
            for instrument in sorted(record.preallocated):  # what was issued ahead for years that are not owed here
                allocation.true_up(state, TrueUpAllocation(act.account, instrument, 0, year, 0), out)
    for year in [year for year in sorted(account.retention) if year > act.last_year]:
        account.retention_floor -= account.retention.pop(year)
        out.append(RetentionChanged(act.account, year, 0))


def close(state: State, account: Account, out: list[Event]) -> None:
    """The account has nothing; what others have offered it ends."""
    account.is_closed = True
    refresh(state, account)
    end_what_is_open(state, account, reasons.ACCOUNT_CLOSED, out)
    out.append(AccountClosed(account.number))


def end_day(state: State, out: list[Event]) -> None:
    """Close whoever has left and is empty."""
    for account in state.accounts:
        if account is None or account.leaving_until == 0 or account.is_closed or account.successor != 0:
            continue
        if why_not_closed(state, account).reason == 0:
            close(state, account, out)
