"""The stages of a trading day (日程) as acts and judgements: fixing the day's values, what the opening demands, hours.

A day opens only on what the day before has left in order. That is asked of every opening, whoever orders it; where it must
open all the same, two people say so under a document's number (domain rules (d), E4).
"""

from engine.core import adoption, bank, calendar_acts, days, phases, reasons, standing
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import BeyondCalendar, local_second
from engine.core.commands import (
    AnyAct,
    CloseDay,
    DepositCash,
    EncumberUnits,
    FixDay,
    OpenDay,
    OverrideOpening,
    PublishBulletin,
    RecordReconciliation,
    ReleaseUnits,
    WithdrawCash,
)
from engine.core.day import limits_around
from engine.core.days import DayFigures, Mark, figures_of
from engine.core.events import Band, DayClosed, DayFixed, DayReconciled, Event, OpeningOverridden, SettlementUnfinished
from engine.core.settlement_words import RESTRICT
from engine.core.state import State
from engine.core.units import CASH_FEN_MAX

BASIS_CHARACTERS_MAX = 200
COUNT_MAX = 2**40

StageAct = FixDay | RecordReconciliation | OverrideOpening


def judge(state: State, act: StageAct) -> Verdict:
    """Whether a stage may be reached now."""
    if state.phase != phases.CLOSED:
        return Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)
    if isinstance(act, RecordReconciliation):
        is_fit = act.trading_day == state.trading_day > 0 and min(act.breaks, act.unsettled, act.statements) >= 0
        is_fit = is_fit and max(act.breaks, act.unsettled, act.statements) <= COUNT_MAX
        is_fit = is_fit and len(act.figures[3]) in (0, 64) and max(map(abs, act.figures[:3])) <= CASH_FEN_MAX
        is_fit = is_fit and list(act.affected) == sorted({a for a in act.affected if state.account(a) is not None})
        return ADMITTED if is_fit else Verdict(reasons.ACT_INVALID, state.trading_day, 0)
    if not int(state.trading_day) < act.trading_day < 100_000_000:
        return Verdict(reasons.ACT_INVALID, state.trading_day, 0)
    if isinstance(act, OverrideOpening) and not 0 < len(act.basis.strip()) <= BASIS_CHARACTERS_MAX:
        return Verdict(reasons.ACT_INVALID, BASIS_CHARACTERS_MAX, len(act.basis))
    return calendar_acts.judge_trading_day(state, act.trading_day)


def take(state: State, act: StageAct, out: list[Event]) -> None:
    """Let a judged act take effect."""
    if isinstance(act, FixDay):
        state.days.fixed_day = act.trading_day
        out.append(fixed_values(state, act.trading_day))
    elif isinstance(act, RecordReconciliation):
        out.append(DayReconciled(act.trading_day, act.at_seq, act.breaks, act.unsettled, act.statements))
        bar_unfinished(state, act, out)
        state.days.figures_settled = DayFigures(act.trading_day, *act.figures)
    else:
        state.days.override_day = act.trading_day
        state.days.override_basis = act.basis
        out.append(OpeningOverridden(act.trading_day, act.basis))


def count(state: State, closed: DayClosed) -> None:
    """The engine's own figures of the day that closes; settlement counts for itself, from what the registry has (E1.4)."""
    rows = [(s.instrument, "listed", s.tonnes, s.turnover_fen, s.trades) for s in closed.stats]
    rows += [(s.instrument, m.method, m.tonnes, m.turnover_fen, m.trades) for s in closed.stats for m in s.by_method]
    state.days.figures = figures_of(closed.trading_day, rows)


def agrees(state: State) -> bool:
    """Whether both have counted the same; where settlement does not tell its figures there is nothing to compare."""
    settled = state.days.figures_settled
    return settled.sha256 == "" or settled == state.days.figures


def bar_unfinished(state: State, act: RecordReconciliation, out: list[Event]) -> None:
    """Who has part in what is not settled does not trade and takes no cash out until it is, where the rule book says so (E3.5)."""
    known = state.days.unfinished
    affected = act.affected if state.rulebook.unfinished == RESTRICT else ()
    for number in sorted({*known, *affected}):
        if (number in known) == (number in affected):
            continue
        if number in known:
            del known[number]
        else:
            known[number] = act.trading_day
        standing.refresh(state, state.held_account(number))
        out.append(SettlementUnfinished(number, known.get(number, 0)))


def fixed_values(state: State, trading_day: int) -> DayFixed:
    """The values by which a day will be traded: version and text of its rule book, and each instrument's band."""
    pending = state.pending_rulebook
    text = state.rulebook_text
    if pending is not None and pending.effective_day <= trading_day:
        text = pending.text
    book = state.rulebook_on(trading_day)
    bands: list[Band] = []
    for instrument in state.instruments:
        if instrument is not None:
            low, high = limits_around(instrument.reference, book.products[instrument.product].limit_bp)
            bands.append(Band(int(instrument.number), int(instrument.reference), int(low), int(high)))
    return DayFixed(trading_day, book.version, adoption.text_sha256(text), tuple(bands))


# ---- what the opening demands ---------------------------------------------------------------------------


def judge_opening(state: State, trading_day: int) -> Verdict:
    """Whether what came before lets the day open; the calendar is asked elsewhere.

    A reconciliation that found a difference and a bank file with one that nobody has dealt with stop every opening; that they
    are done at all is demanded where the rule book's `day.opening_checks` names them. A market's first day has no day before.
    """
    known = state.days
    if known.override_day == trading_day:
        return ADMITTED
    before = int(state.trading_day)
    demanded = state.rulebook.opening_checks
    if days.FIXING in demanded and known.fixed_day != trading_day:
        return Verdict(reasons.DAY_NOT_FIXED, known.fixed_day, trading_day)
    if before == 0:
        return ADMITTED
    reconciled = known.mark(before, days.RECONCILIATION)
    if reconciled is None and days.RECONCILIATION in demanded:
        return Verdict(reasons.NOT_RECONCILED, before, 0)
    if reconciled is not None and not reconciled.is_ok:
        return Verdict(reasons.RECONCILIATION_BREAK, before, reconciled.count)
    of_bank = known.mark(before, days.BANK)
    if of_bank is None and days.BANK in demanded:
        return Verdict(reasons.BANK_FILE_MISSING, before, 0)
    if of_bank is not None and known.open_breaks:
        return Verdict(reasons.BANK_BREAK_OPEN, 0, known.open_breaks)
    return ADMITTED


def next_day(state: State) -> int:
    """The trading day that would open next: the one whose values are fixed, else the calendar's; 0 where that does not reach it."""
    if state.days.fixed_day > state.trading_day:
        return state.days.fixed_day
    try:
        return state.calendar().next_trading_day(int(state.trading_day)) if state.trading_day else 0
    except BeyondCalendar:
        return 0


# ---- hours ----------------------------------------------------------------------------------------------


def judge_hours(state: State, act: AnyAct, at_ns: int) -> Verdict:
    """Whether cash or units may go in or out at this time of day, where the rule book sets hours for it."""
    book = state.rulebook
    if isinstance(act, DepositCash):
        hours = book.cash_in_hours
    elif isinstance(act, WithdrawCash):
        hours = book.cash_out_hours
    elif isinstance(act, EncumberUnits) and act.kind == "withdrawn":
        hours = book.transfer_hours
    elif isinstance(act, ReleaseUnits):
        found = state.encumbrances.get(act.encumbrance)
        hours = book.transfer_hours if found is not None and found.kind == "withdrawn" else (0, 0)
    else:
        return ADMITTED
    begin, end = hours
    if begin == end:
        return ADMITTED
    second = local_second(at_ns, book.utc_offset_minutes)
    return ADMITTED if begin <= second < end else Verdict(reasons.OUTSIDE_HOURS, clock(begin), clock(second))


def clock(second: int) -> int:
    """A time of day as hhmmss, as a refusal shows it."""
    return second // 3600 * 10_000 + second // 60 % 60 * 100 + second % 60


# ---- what was done --------------------------------------------------------------------------------------


def note(state: State, at_ns: int, operator: int, act: AnyAct, day_before: int) -> None:
    """Keep when a stage was reached and by whom, after its act took effect. day_before: the trading day until then."""
    known = state.days
    done = Mark(at_ns, operator)
    if isinstance(act, OpenDay):
        known.note(act.trading_day, days.CHECKS, Mark(at_ns, operator, known.override_day != act.trading_day))
        known.note(act.trading_day, days.OPENING, done)
        known.forget()
    elif isinstance(act, CloseDay):
        known.note(day_before, days.CLOSE, done)
    elif isinstance(act, FixDay):
        known.note(act.trading_day, days.FIXING, done)
    elif isinstance(act, PublishBulletin):
        if act.trading_day in known.marks:
            known.note(act.trading_day, days.DISCLOSURE, done)
    elif isinstance(act, RecordReconciliation):
        known.note(act.trading_day, days.CLEARING, Mark(at_ns, operator, act.unsettled == 0, act.unsettled))
        known.note(act.trading_day, days.STATEMENTS, Mark(at_ns, operator, True, act.statements))
        differences = act.breaks + (not agrees(state))
        known.note(act.trading_day, days.RECONCILIATION, Mark(at_ns, operator, differences == 0, differences))
    elif isinstance(act, bank.BankAct):
        bank.note(state, at_ns, operator, act)
