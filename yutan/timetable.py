"""Who turns the phases of the day: the clock (real), a short repeating day (compressed), or only the operator (manual).

The decisions are pure functions of the market's present day and the clock, so a restart in the middle of a day goes on
from the phase the market is in: no phase is run twice. What is decided is sent as a proposal of operator 0, the
exchange itself. An operator may always act beside the timetable; it never undoes that, it waits for its next turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, Protocol

import structlog

from engine.core import days, phases
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import BeyondCalendar, Calendar, as_number, shift
from engine.core.commands import (
    AnyAct,
    ChangePhase,
    CloseAuction,
    CloseBlockWindow,
    CloseDay,
    FixDay,
    OpenAuction,
    OpenBlockWindow,
    OpenDay,
    Propose,
)
from engine.core.events import ActRefused, Event
from engine.core.reasons import BY_NUMBER
from engine.core.rulebook import RuleBook, TimetableRow
from engine.view import AuctionView, DayView

TICK_SECONDS = 0.2
OTHER_PHASE_SECONDS_MAX = 12.0  # nobody who has just started the demo waits long for its first trade
SHARE_MAX_PERCENT = 6  # of a compressed day, for each phase but continuous trading
RETRY_SECONDS = 5.0
CALENDAR_RETRY_SECONDS = 60.0  # an operator may adopt the missing notice at any time

log = structlog.get_logger("yutan.timetable")


class LocalTime(NamedTuple):
    """The rule book's local time: the date as yyyymmdd, seconds after midnight."""

    date: int
    second: int


class Step(NamedTuple):
    """One phase of a compressed day and how long it lasts."""

    phase: int
    seconds: float


def local_time(at_ns: int, utc_offset_minutes: int) -> LocalTime:
    """UTC nanoseconds as the rule book's local day and second."""
    local = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC) + timedelta(minutes=utc_offset_minutes)
    return LocalTime(as_number(local.date()), local.hour * 3600 + local.minute * 60 + local.second)


def step_towards(current: int, target: int) -> int | None:
    """The first phase on the shortest way from one phase to another; None where there is no way."""
    if current == target:
        return None
    ways = deque([(following, following) for following in phases.TRANSITIONS[current]])
    seen = {current}
    while ways:
        phase, first = ways.popleft()
        if phase == target:
            return first
        if phase not in seen:
            seen.add(phase)
            ways.extend((following, first) for following in phases.TRANSITIONS[phase])
    return None


def due_row(rows: Sequence[TimetableRow], second: int) -> int:
    """Index of the row in force at this second of the day; -1 before the first."""
    return sum(1 for row in rows if row.at_second <= second) - 1


def decide_real(day: DayView, rows: Sequence[TimetableRow], now: LocalTime, calendar: Calendar) -> AnyAct | None:
    """What a timetable by the clock wants done at `now`, or None. Raises `BeyondCalendar` on a day no notice covers.

    A day left open is closed first. A day that was closed stays closed. A phase that was missed is skipped, except that
    the way to a later one may lead through it.
    """
    if day.phase != phases.CLOSED and day.trading_day != now.date:
        return CloseDay() if day.trading_day < now.date else None
    index = due_row(rows, now.second)
    target = rows[index].phase if index >= 0 else phases.CLOSED
    if day.phase == phases.CLOSED:
        is_due = target != phases.CLOSED and day.trading_day < now.date
        return OpenDay(now.date) if is_due and calendar.is_trading_day(now.date) else None
    if target == phases.CLOSED:
        return CloseDay() if index >= 0 else None
    step = step_towards(day.phase, target)
    return None if step is None else ChangePhase(step)


def compress(rows: Sequence[TimetableRow], day_seconds: int) -> tuple[Step, ...]:
    """The rule book's day in `day_seconds`: each phase once, no breaks, continuous trading longest; then closed."""
    spans = [(row.phase, after.at_second - row.at_second) for row, after in pairwise(rows)]
    order = [phase for phase in (phases.PRE_OPEN, *dict(spans)) if phase not in (phases.BREAK, phases.CLOSED)]
    once = list(dict.fromkeys(order))
    total = sum(span for phase, span in spans if phase in once) or 1
    steps: dict[int, float] = {}
    for phase in [*once, phases.CLOSED]:
        span = sum(length for named, length in spans if named == phase)
        share = min(SHARE_MAX_PERCENT, 100 * span / total) or SHARE_MAX_PERCENT / 3
        steps[phase] = min(day_seconds * share / 100, OTHER_PHASE_SECONDS_MAX)
    if phases.CONTINUOUS in steps:
        steps[phases.CONTINUOUS] = 0.0
        steps[phases.CONTINUOUS] = day_seconds - sum(steps.values())
    return tuple(Step(phase, seconds) for phase, seconds in steps.items())


def decide_compressed(
    day: DayView, steps: Sequence[Step], seconds_in_phase: float, today: int, calendar: Calendar
) -> AnyAct | None:
    """What a compressed day wants done once the market has been `seconds_in_phase` in its phase, or None.

    The first day is today's date or the next trading day; the days then follow each other in the calendar.
    Raises `BeyondCalendar` where it ends.
    """
    sequence = [step.phase for step in steps]
    if day.phase not in sequence:
        return None
    at = sequence.index(day.phase)
    if day.phase == phases.CLOSED:
        if day.trading_day and seconds_in_phase < steps[at].seconds:
            return None
        return OpenDay(calendar.next_trading_day(max(day.trading_day, shift(today, -1))))
    if seconds_in_phase < steps[at].seconds:
        return None
    following = sequence[at + 1]
    return CloseDay() if following == phases.CLOSED else ChangePhase(following)


def decide_block_window(day: DayView, is_due: bool) -> AnyAct | None:
    """What block trading needs to be open just when it is due, or None. It opens only while something is traded."""
    if day.is_block_window_open == is_due:
        return None
    if not is_due:
        return CloseBlockWindow()
    is_shut = day.phase in (phases.CLOSED, phases.PRE_OPEN, phases.POST_CLOSE)
    return None if is_shut else OpenBlockWindow()


def decide_fixing(day: DayView, rules: RuleBook, now: LocalTime, calendar: Calendar, is_real: bool) -> AnyAct | None:
    """Fix the values of the next trading day once the present one is closed and, by the clock, its hour has come.

    Raises `BeyondCalendar` where the calendar ends.
    """
    if day.phase != phases.CLOSED or not day.trading_day or day.fixed_day > day.trading_day:
        return None
    due = next((row.at_second for row in rules.stages if row.stage == days.FIXING), None)
    is_due = due is not None and (now.date > day.trading_day or (now.date == day.trading_day and now.second >= due))
    if is_real and not is_due:
        return None
    if due is None and days.FIXING not in rules.opening_checks:
        return None
    return FixDay(calendar.next_trading_day(max(day.trading_day, shift(now.date, -1))))


def decide_auction(day: DayView, auctions: Sequence[AuctionView], now_ns: int) -> AnyAct | None:
    """What the notices of government auctions want done at `now_ns`: windows open and close at the times they name."""
    for auction in auctions:
        terms = auction.terms
        has_closed = terms.closes_at_ns != 0 and now_ns >= terms.closes_at_ns
        if auction.status == "open" and has_closed:
            return CloseAuction(auction.number)
        is_due = terms.opens_at_ns != 0 and now_ns >= terms.opens_at_ns and not has_closed
        is_its_day = day.phase != phases.CLOSED and day.trading_day == terms.trading_day
        if auction.status == "announced" and is_due and is_its_day:
            return OpenAuction(auction.number)
    return None


class Submits(Protocol):
    """The part of the sequencer that a timetable needs."""

    async def submit(self, command: Propose) -> list[Event]:
        """Have the command judged; returns its events."""


class Timetable:
    """Drives the day; `mode` is real, compressed or manual. `rulebook_on` tells the rules by which a trading day goes."""

    def __init__(
        self,
        mode: str,
        rulebook_on: Callable[[int], RuleBook],
        sequencer: Submits,
        read_day: Callable[[], DayView],
        calendar_on: Callable[[int], Calendar],
        now_ns: Callable[[], int],
        *,
        day_seconds: int = 600,
        announce: Callable[[int, int], None] | None = None,
        read_auctions: Callable[[], Sequence[AuctionView]] = tuple,
        judge_opening: Callable[[int], Verdict] = lambda trading_day: ADMITTED,
    ) -> None:
        self.mode = mode
        self._judge_opening = judge_opening
        self._blocked = (0, 0)  # the day and the reason that was told last
        self._read_auctions = read_auctions
        self._announce = announce
        self.acts = 0
        self.refused = 0
        self._rulebook_on = rulebook_on
        self._day_seconds = day_seconds
        self._sequencer = sequencer
        self._read_day = read_day
        self._calendar_on = calendar_on
        self._now_ns = now_ns
        self.steps = compress(rulebook_on(read_day().trading_day).timetable, day_seconds)
        self._phase = (-1, -1)
        self._phase_since_ns = 0
        self._settled_row = (-1, -2)
        self._settled_window = (-1, False)
        self._not_before_ns = 0

    def decide(self) -> AnyAct | None:
        """The act that is due now, if any: of the day first, then of block trading, then of government auctions."""
        if self.mode == "manual":
            return None
        act = self._decide_fixing() or self._decide_day()
        if type(act) is OpenDay and self._is_blocked(act.trading_day):
            return None
        if act is not None:
            return act
        act = self._decide_block_window()
        if act is not None or self._now_ns() < self._not_before_ns:
            return act
        return decide_auction(self._read_day(), self._read_auctions(), self._now_ns())

    def _is_blocked(self, trading_day: int) -> bool:
        """Whether something of the day before stands against opening; told once, looked at again until people dealt with it."""
        verdict = self._judge_opening(trading_day)
        if verdict.reason and (trading_day, verdict.reason) != self._blocked:
            self._blocked = (trading_day, verdict.reason)
            log.warning("the day waits", day=trading_day, reason=BY_NUMBER[verdict.reason].name)
        return verdict.reason != 0

    def _decide_fixing(self) -> AnyAct | None:
        """The evening before by the clock; in a compressed day, whose days follow in the calendar, at the close."""
        day, now_ns = self._read_day(), self._now_ns()
        rules = self._rulebook_on(day.trading_day)
        now = local_time(now_ns, rules.utc_offset_minutes)
        if now_ns < self._not_before_ns:
            return None
        try:
            return decide_fixing(day, rules, now, self._calendar_on(now.date), self.mode == "real")
        except BeyondCalendar:
            return None  # the opening says so

    def _decide_block_window(self) -> AnyAct | None:
        """By the rule book's hours; in a compressed day, which has no hours, during continuous trading."""
        day = self._read_day()
        now_ns = self._now_ns()
        rules = self._rulebook_on(day.trading_day)
        begin, end = rules.block_window
        if begin == end or day.phase == phases.CLOSED or now_ns < self._not_before_ns:
            return None
        is_due = day.phase == phases.CONTINUOUS
        if self.mode == "real":
            is_due = begin <= local_time(now_ns, rules.utc_offset_minutes).second < end
        turn = (day.trading_day, is_due)
        if turn == self._settled_window:
            return None
        if day.is_block_window_open == is_due:
            self._settled_window = turn  # so that an operator's act is not undone
        return decide_block_window(day, is_due)

    def _decide_day(self) -> AnyAct | None:
        day = self._read_day()
        now_ns = self._now_ns()
        if (day.trading_day, day.phase) != self._phase:
            self._phase = (day.trading_day, day.phase)
            self._phase_since_ns = now_ns
            self.steps = compress(self._rulebook_on(day.trading_day).timetable, self._day_seconds)
            if self.mode == "compressed" and self._announce is not None:
                self._announce(*self._following(day.phase, now_ns))
        if now_ns < self._not_before_ns:
            return None
        now = local_time(now_ns, self._rulebook_on(day.trading_day).utc_offset_minutes)
        try:
            if self.mode == "compressed":
                seconds = (now_ns - self._phase_since_ns) / 1e9
                return decide_compressed(day, self.steps, seconds, now.date, self._calendar_on(now.date))
            if self.mode == "real":
                return self._decide_real(day, now)
        except BeyondCalendar as beyond:
            log.error("the calendar has ended; adopt the year's holiday notice", day=beyond.day, last=beyond.last_day)
            self._not_before_ns = now_ns + int(CALENDAR_RETRY_SECONDS * 1e9)
        return None

    def _decide_real(self, day: DayView, now: LocalTime) -> AnyAct | None:
        """What the clock wants; in an open day asked once for each row, so that an operator's act is not undone."""
        rows = self._rulebook_on(now.date).timetable
        row = (now.date, due_row(rows, now.second))
        if row == self._settled_row:
            return None
        act = decide_real(day, rows, now, self._calendar_on(now.date))
        waits_for_its_day = day.phase == phases.CLOSED and day.trading_day < now.date  # an opening may yet be announced
        if act is None and not waits_for_its_day:
            self._settled_row = row
        return act

    def _following(self, phase: int, since_ns: int) -> tuple[int, int]:
        """The phase after this one of a compressed day and when it begins; (0, 0) where that is not known."""
        sequence = [step.phase for step in self.steps]
        if phase not in sequence:
            return 0, 0
        at = sequence.index(phase)
        return sequence[(at + 1) % len(sequence)], since_ns + int(self.steps[at].seconds * 1e9)

    def seconds_left(self) -> float | None:
        """How long the present phase of a compressed day still lasts; None in the other modes."""
        lasting = dict(self.steps).get(self._phase[1])
        if self.mode != "compressed" or lasting is None:
            return None
        return max(0.0, lasting - (self._now_ns() - self._phase_since_ns) / 1e9)

    async def turn(self) -> bool:
        """Do what is due now; returns whether something was."""
        act = self.decide()
        if act is None:
            return False
        events = await self._sequencer.submit(Propose(0, f"timetable: {self.mode}", "", act))
        self.acts += 1
        refusals = [event for event in events if isinstance(event, ActRefused)]
        if refusals:
            self.refused += 1
            self._not_before_ns = self._now_ns() + int(RETRY_SECONDS * 1e9)
            log.warning("timetable act refused", act=repr(act), reason=refusals[0].reason)
        return True

    async def run(self) -> None:
        """Drive the day until canceled."""
        if self.mode == "manual":
            return
        while True:
            if not await self.turn():
                await asyncio.sleep(TICK_SECONDS)
