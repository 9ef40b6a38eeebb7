"""Intentions (意向申报): a board of adverts that bind nobody (domain rules C1.7).

An advert holds nothing, trades nothing and is in no quote, volume or close; who wants to answer trades by a method of the market. It
ends with its day, by withdrawal, or when its account may trade no more.
"""

from typing import Final

import msgspec

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import is_day
from engine.core.commands import PostIntention, WithdrawIntention
from engine.core.disclosure_acts import judge_text
from engine.core.events import Event, IntentionEnded, IntentionPosted, RequestRefused
from engine.core.records import Intention
from engine.core.standing import may_trade
from engine.core.state import Account, State
from engine.core.units import BUY, PRICE_TICKS_MAX, RESTRICT_BUY, RESTRICT_SELL, SELL, TONNES_MAX

INTENTIONS_MAX: Final = 20  # of one account, at one time
CONTACT_MAX: Final = 100


def post(state: State, seq: int, at_ns: int, command: PostIntention, out: list[Event]) -> None:
    """Put an advert on the board, or refuse it without a trace."""
    verdict = judge_post(state, command)
    if verdict.reason != 0:
        out.append(RequestRefused(command.account, 0, "", verdict.reason, verdict.limit, verdict.actual))
        return
    found = Intention(
        seq,
        command.account,
        command.instrument,
        command.side,
        command.tonnes,
        command.price_ticks,
        command.until_day,
        command.is_named,
        command.contact,
        at_ns,
    )
    state.intentions[seq] = found
    out.append(IntentionPosted(*msgspec.structs.astuple(found)[:-1]))


def judge_post(state: State, command: PostIntention) -> Verdict:
    """An account that may trade this side, an instrument, numbers in bounds, a plain text, and room for one more."""
    account = state.account(command.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if state.instrument(command.instrument) is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if not 0 < command.tonnes <= TONNES_MAX or not 0 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Verdict(reasons.INVALID_FIELD)
    if command.side not in (BUY, SELL) or len(command.contact) > CONTACT_MAX:
        return Verdict(reasons.INVALID_FIELD)
    if command.until_day != 0 and (not is_day(command.until_day) or command.until_day < int(state.trading_day)):
        return Verdict(reasons.INVALID_FIELD)
    plain = judge_text(command.contact, is_long=False)
    if plain.reason != 0:
        return plain
    barred = why_barred(account, command.side)
    if barred != 0:
        return Verdict(barred, 0, account.restriction)
    count = sum(found.account == command.account for found in state.intentions.values())
    return ADMITTED if count < INTENTIONS_MAX else Verdict(reasons.TOO_MANY_RECORDS, INTENTIONS_MAX, count)


def why_barred(account: Account, side: int) -> int:
    """Why the account may not trade this side at all; 0: it may."""
    if account.successor != 0:
        return reasons.ACCOUNT_MERGED
    if account.restriction & (RESTRICT_BUY if side == BUY else RESTRICT_SELL):
        return reasons.ACCOUNT_RESTRICTED
    is_leaving = account.leaving_until != 0 and side == BUY
    return 0 if may_trade(account) and not is_leaving else reasons.NOT_PERMITTED


def withdraw(state: State, command: WithdrawIntention, out: list[Event]) -> None:
    """Take an advert down that is the account's own."""
    found = state.intentions.get(command.intention)
    if found is None or found.account != command.account:
        out.append(RequestRefused(command.account, 0, "", reasons.UNKNOWN_INTENTION, 0, 0))
        return
    end(state, found, 0, out)


def begin_day(state: State, out: list[Event]) -> None:
    """Adverts of accounts that may not trade their side any more are off the board."""
    for found in list(state.intentions.values()):
        barred = why_barred(state.held_account(found.account), found.side)
        if barred != 0:
            end(state, found, barred, out)


def end_day(state: State, out: list[Event]) -> None:
    """What stood to this day's end is off the board."""
    today = int(state.trading_day)
    for found in list(state.intentions.values()):
        if found.until_day <= today:
            end(state, found, reasons.DAY_ENDED, out)


def end_all(state: State, account: Account, reason: int, side: int, out: list[Event]) -> None:
    """The account may trade no more, or no more on this side (0: both)."""
    for found in list(state.intentions.values()):
        if found.account == account.number and side in (0, found.side):
            end(state, found, reason, out)


def end(state: State, found: Intention, reason: int, out: list[Event]) -> None:
    """Take one off the board."""
    del state.intentions[found.number]
    out.append(IntentionEnded(found.number, found.account, reason))
