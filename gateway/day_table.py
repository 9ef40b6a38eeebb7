"""The day as a state table (日程表): every stage with its time, what became of it, and what to do where it is not in order."""

from typing import Final

from engine.core import days, phases, reasons
from engine.core.calendar import local_day, local_second
from engine.core.rulebook import RuleBook
from engine.view import MarketView
from gateway.protocol.day_wire import StageRow
from gateway.protocol.day_words import Told, listed, told
from gateway.protocol.terms import TERMS
from gateway.protocol.times import day_text, time_text

BEFORE_OPENING: Final = (days.FIXING, days.CHECKS, days.CONTEST, days.OPENING)
REMEDIES: Final = {
    days.FIXING: "yutan operator fix-day DAY",
    days.CONTEST: "yutan operator objections; then decide-objection S-n",
    days.CLEARING: "yutan operator unsettled; retry; then reconcile",
    days.DISCLOSURE: "yutan operator bulletin publish",
    days.BANK: "yutan operator bank import FILE; yutan operator bank show; yutan operator bank resolve D-n",
    days.RECONCILIATION: "yutan operator reconcile, until it finds no difference",
    days.OPENING: "yutan operator open-day DAY",
    days.CLOSE: "yutan operator close-day",
}
OVERRIDE: Final = "or yutan operator override-opening DAY --basis DOCUMENT"
_STAGE_OF: Final = {
    reasons.DAY_NOT_FIXED: days.FIXING,
    reasons.NOT_RECONCILED: days.RECONCILIATION,
    reasons.RECONCILIATION_BREAK: days.RECONCILIATION,
    reasons.BANK_FILE_MISSING: days.BANK,
    reasons.BANK_BREAK_OPEN: days.BANK,
}


class DayTableMaker:
    """Makes the rows of one moment: `now_ns` is the clock, everything else is the market's."""

    def __init__(self, view: MarketView, now_ns: int) -> None:
        self._view = view
        self._now_ns = now_ns
        book = view.rulebook()
        self._today = local_day(now_ns, book.utc_offset_minutes)
        self._second = local_second(now_ns, book.utc_offset_minutes)
        self._persons = {operator.number: operator.person for operator in view.operators()}

    def rows(self) -> list[StageRow]:
        """The present day's stages, then those that the next opening waits for."""
        day = self._view.day()
        found = [self._row(day.trading_day, stage) for stage in days.STAGES] if day.trading_day else []
        following = self._view.next_day()
        if following and day.phase == phases.CLOSED:
            found += [self._row(following, stage) for stage in BEFORE_OPENING]
        return [row for row in found if row is not None]

    def _row(self, trading_day: int, stage: str) -> StageRow | None:
        book = self._view.rulebook_on(trading_day)
        at_day, second = self._due(book, trading_day, stage)
        mark = self._view.day_marks(trading_day).get(stage)
        if mark is None and second < 0 and stage != days.CONTEST:
            return None  # the rule book does not ask for it, and nobody did it
        due = "" if second < 0 else f"{day_text(at_day)} {second // 3600:02}:{second // 60 % 60:02}"
        name = TERMS["stage"][stage].zh
        if mark is not None:
            status = "done" if mark.is_ok else "failed"
            remedy = "" if mark.is_ok else REMEDIES.get(stage, "")
            by = self._persons.get(mark.operator, "exchange")
            row = StageRow(
                day_text(trading_day), stage, name, due, status, time_text(mark.at_ns), by, mark.count, remedy
            )
            if stage == days.CLEARING:
                row.detail_zh, row.detail = self._unfinished()
            return row
        is_over = (self._today, self._second) >= (at_day, second)
        if stage == days.CONTEST:
            return self._contest(trading_day, StageRow(day_text(trading_day), stage, name, due, "waiting"), is_over)
        if stage == days.CHECKS:
            return self._checks(trading_day, name, due)
        status = "late" if is_over else "waiting"
        return StageRow(day_text(trading_day), stage, name, due, status, remedy=REMEDIES.get(stage, ""))

    def _unfinished(self) -> Told:
        """Who does not trade before its settlement is remedied."""
        codes = {account.number: account.code for account in self._view.accounts()}
        since = self._view.unfinished().items()
        return listed(told("unfinished", account=codes[number], day=day_text(day)) for number, day in since)

    def _contest(self, trading_day: int, row: StageRow, is_over: bool) -> StageRow:
        """What members have said to the statements of the day before; silence counts as agreement once the time is over."""
        found = self._view.statements(self._now_ns)
        is_before = found.trading_day != 0 and trading_day == self._view.next_day() != found.trading_day
        has_opened = days.OPENING in self._view.day_marks(trading_day)
        row.status = "done" if has_opened or (not found.is_open if is_before else is_over) else "waiting"
        waiting = [each for each in found.objections if each.status == "open"]
        if not is_before:
            return row
        contested = len({each.account for each in found.objections if each.trading_day == found.trading_day})
        confirmed = len(found.confirmed)
        said = "answers" if found.is_open else "answers_final"
        silent = found.accounts - confirmed - contested
        row.detail_zh, row.detail = told(said, confirmed=confirmed, contested=contested, silent=silent)
        row.count, row.remedy = len(waiting), REMEDIES[days.CONTEST] if waiting else ""
        return row

    def _checks(self, trading_day: int, name: str, due: str) -> StageRow:
        """The checks of a day that has not opened are asked now; the opening asks them again."""
        verdict = self._view.judge_opening(trading_day)
        if verdict.reason == 0:
            return StageRow(day_text(trading_day), days.CHECKS, name, due, "done")
        waits_for = _STAGE_OF[verdict.reason]
        row = StageRow(day_text(trading_day), days.CHECKS, name, due, "blocked", count=int(verdict.actual))
        row.remedy, row.waits_for = f"{REMEDIES[waits_for]}; {OVERRIDE}", waits_for
        return row

    def _due(self, book: RuleBook, trading_day: int, stage: str) -> tuple[int, int]:
        """The date and local second at which a stage is due; second -1 where none is set."""
        if stage == days.OPENING:
            return trading_day, book.timetable[0].at_second
        if stage == days.CLOSE:
            return trading_day, book.timetable[-1].at_second
        for row in book.stages:
            if row.stage == stage:
                return (self._view.day_before(trading_day) if stage == days.FIXING else trading_day), row.at_second
        return trading_day, -1
