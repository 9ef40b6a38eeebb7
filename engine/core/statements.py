"""A member's answer to a day's statement (结算单确认与异议): agreed, objected to in words, or silence, which counts as agreed.

Domain rules E1.6, E3.8 and (d): objections come in writing before the next opening; where the rule book's `day.stages` has a
time for `contest`, by that time at the latest. An objection waits for a decision of two people, however long that takes; it
holds up nothing but the trade that it names.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import days, disputes, phases, reasons, voids
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import BeyondCalendar, days_between, is_day, local_second
from engine.core.commands import ConfirmStatement, DecideStatementObjection, ObjectToStatement, VoidTrade
from engine.core.disclosure_acts import judge_text
from engine.core.events import (
    Event,
    RequestRefused,
    StatementConfirmed,
    StatementContested,
    StatementObjectionDecided,
)
from engine.core.records import StatementObjection
from engine.core.remedy_acts import RemedyAct
from engine.core.state import State

OBJECTIONS_MAX: Final = 10_000  # undecided ones
OBJECTIONS_OF_ACCOUNT_MAX: Final = 100  # to one statement
WORDS_MAX: Final = 500
DAY_NS: Final = 86_400_000_000_000


def begin(state: State, at_ns: int) -> None:
    """A day has closed: its statements can be answered from now on, and what was decided about earlier ones is history."""
    known = state.statements
    known.trading_day = int(state.trading_day)
    known.accounts = len(state.accounts) - 1
    known.deadline_ns = contest_ns(state, at_ns)
    known.confirmed = {}
    known.objections = {number: found for number, found in known.objections.items() if found.status == "open"}


def contest_ns(state: State, closed_at_ns: int) -> int:
    """The rule book's time for objections on the trading day after the one that closed just now; 0: it names none.

    Counted in days from the close, so that a market whose days run ahead of the clock has its hour too.
    """
    book, today = state.rulebook, int(state.trading_day)
    second = next((row.at_second for row in book.stages if row.stage == days.CONTEST), -1)
    if second < 0 or not is_day(today):
        return 0
    try:
        following = state.calendar(today).next_trading_day(today)
    except BeyondCalendar:
        return 0
    midnight_ns = closed_at_ns - local_second(closed_at_ns, book.utc_offset_minutes) * 1_000_000_000
    midnight_ns -= closed_at_ns % 1_000_000_000
    return midnight_ns + (len(days_between(today, following)) - 1) * DAY_NS + second * 1_000_000_000


def deadline_of(state: State, trading_day: int) -> int:
    """When answers to a day's statement ended, as far as it is known: the rule book's hour or the opening that came first; else 0."""
    known = state.statements
    hour = known.deadline_ns if trading_day == known.trading_day else 0
    for day, marks in sorted(state.days.marks.items()):
        if day > trading_day and days.OPENING in marks:
            opened = marks[days.OPENING].at_ns
            return min(opened, hour) if hour else opened
    return hour


def is_open(state: State, at_ns: int) -> bool:
    """Whether the newest statements can be answered at this time."""
    known = state.statements
    return (
        known.trading_day == state.trading_day
        and state.phase == phases.CLOSED
        and (known.deadline_ns == 0 or at_ns < known.deadline_ns)
    )


# ---- members --------------------------------------------------------------------------------------------


def judge_answer(state: State, at_ns: int, command: ConfirmStatement | ObjectToStatement) -> Verdict:
    """A statement that there is, in time, not answered so before."""
    known = state.statements
    account, day = command.account, command.trading_day
    if state.account(account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if known.trading_day == 0 or not 0 < day <= known.trading_day or account > known.accounts:
        return Verdict(reasons.UNKNOWN_DOCUMENT)
    if day < known.trading_day or not is_open(state, at_ns):
        return Verdict(reasons.STATEMENT_FINAL, deadline_of(state, day), at_ns)
    mine = [found for found in known.objections.values() if (found.account, found.trading_day) == (account, day)]
    if account in known.confirmed:
        return Verdict(reasons.STATEMENT_ANSWERED)
    if isinstance(command, ConfirmStatement):
        return Verdict(reasons.STATEMENT_ANSWERED) if mine else ADMITTED
    if not 0 < len(command.words.strip()) <= WORDS_MAX or len(command.words) > WORDS_MAX:
        return Verdict(reasons.INVALID_FIELD)
    if (plain := judge_text(command.words, is_long=False)).reason != 0:
        return plain
    if not 0 <= command.trade <= state.trade_number:
        return Verdict(reasons.UNKNOWN_DOCUMENT)
    if command.trade and any(found.trade == command.trade for found in mine):
        return Verdict(reasons.STATEMENT_ANSWERED)
    if command.trade in known.voided:
        return Verdict(reasons.TRADE_VOID)
    open_ones = sum(1 for found in known.objections.values() if found.status == "open")
    for count, most in ((len(mine), OBJECTIONS_OF_ACCOUNT_MAX), (open_ones, OBJECTIONS_MAX)):
        if count >= most:
            return Verdict(reasons.TOO_MANY_RECORDS, most, count)
    return ADMITTED


def answer(state: State, at_ns: int, command: ConfirmStatement | ObjectToStatement, out: list[Event]) -> None:
    """Take a member's answer to its statement, or refuse it."""
    verdict = judge_answer(state, at_ns, command)
    if verdict.reason != 0:
        limit, actual = int(verdict.limit), int(verdict.actual)
        out.append(RequestRefused(command.account, 0, "", int(verdict.reason), limit, actual))
        return
    known = state.statements
    if isinstance(command, ConfirmStatement):
        known.confirmed[command.account] = at_ns
        out.append(StatementConfirmed(command.account, command.trading_day))
        return
    known.number += 1
    known.objections[known.number] = StatementObjection(
        known.number, command.account, command.trading_day, command.trade, at_ns, command.words
    )
    out.append(StatementContested(known.number, command.account, command.trading_day, command.trade, command.words))
    if command.trade:
        disputes.hold(state, command.trade, command.facts, out)


# ---- operators ------------------------------------------------------------------------------------------


def judge(state: State, act: RemedyAct) -> Verdict:
    """An undecided objection, and an answer in plain words; or a trade that can be voided."""
    if isinstance(act, VoidTrade):
        return voids.judge(state, act)
    found = state.statements.objections.get(act.objection)
    if found is None or found.status != "open":
        return Verdict(reasons.UNKNOWN_OBJECTION)
    if not 0 < len(act.answer.strip()) <= WORDS_MAX or len(act.answer) > WORDS_MAX:
        return Verdict(reasons.ACT_INVALID, WORDS_MAX, len(act.answer))
    if act.voids and not (act.upheld and found.trade):
        return Verdict(reasons.ACT_INVALID)
    return judge_text(act.answer, is_long=False)


def take(state: State, at_ns: int, act: RemedyAct, out: list[Event]) -> None:
    """Let a judged act take effect."""
    if isinstance(act, VoidTrade):
        voids.take(state, act, out)
    else:
        decide(state, at_ns, act, out)


def decide(state: State, at_ns: int, act: DecideStatementObjection, out: list[Event]) -> None:
    """Keep the decision; what follows from one that is upheld is an act of its own."""
    objections = state.statements.objections
    found = objections[act.objection]
    status = "upheld" if act.upheld else "dismissed"
    objections[act.objection] = replace(found, status=status, decided_at_ns=at_ns, answer=act.answer)
    out.append(
        StatementObjectionDecided(found.number, found.account, found.trading_day, found.trade, act.upheld, act.answer)
    )
    disputes.decided(state, found.trade, act.voids, out)
