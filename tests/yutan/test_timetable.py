"""The timetable decides from the market's day and the clock only; restarts go on, nothing runs twice."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine import notices
from engine.core import phases, rulebook
from engine.core.calendar import Announcement, BeyondCalendar, Calendar
from engine.core.commands import (
    AnyAct,
    ChangePhase,
    CloseAuction,
    CloseBlockWindow,
    CloseDay,
    OpenAuction,
    OpenBlockWindow,
    OpenDay,
    Propose,
)
from engine.core.events import ActRefused, BlockWindowChanged
from engine.core.rulebook import TimetableRow
from engine.view import AuctionView, DayView, MarketView
from tests.testkit.auctions import notice
from tests.testkit.build import Desk, rulebook_text
from yutan import founding
from yutan.compose import Exchange
from yutan.settings import Settings
from yutan.timetable import (
    LocalTime,
    Timetable,
    compress,
    decide_auction,
    decide_block_window,
    decide_compressed,
    decide_real,
    local_time,
    step_towards,
)

ROWS = tuple(
    TimetableRow(hour * 3600 + minute * 60, phase)
    for hour, minute, phase in (
        (9, 0, phases.PRE_OPEN),
        (9, 15, phases.OPENING_CALL),
        (9, 25, phases.BREAK),
        (9, 30, phases.CONTINUOUS),
        (11, 30, phases.BREAK),
        (13, 0, phases.CONTINUOUS),
        (14, 57, phases.CLOSING_CALL),
        (15, 0, phases.POST_CLOSE),
        (15, 30, phases.CLOSED),
    )
)
MONDAY = 20261123
CHINA = Calendar("china", notices.shipped())


def day(trading_day: int, phase: int) -> DayView:
    return DayView(trading_day=trading_day, day_number=1, phase=phase, halted=False, seq=1, at_ns=0)


def at(hour: int, minute: int, date: int = MONDAY) -> LocalTime:
    return LocalTime(date, hour * 3600 + minute * 60)


def carry_out(now: DayView, act: AnyAct) -> DayView:
    if isinstance(act, OpenDay):
        assert now.phase == phases.CLOSED
        return day(act.trading_day, phases.PRE_OPEN)
    if isinstance(act, ChangePhase):
        assert act.phase in phases.TRANSITIONS[now.phase]
        return day(now.trading_day, act.phase)
    assert isinstance(act, CloseDay)
    return day(now.trading_day, phases.CLOSED)


def run_until_nothing_is_due(now: DayView, clock: LocalTime) -> tuple[DayView, list[AnyAct]]:
    acts: list[AnyAct] = []
    while (act := decide_real(now, ROWS, clock, CHINA)) is not None:
        acts.append(act)
        now = carry_out(now, act)
        assert len(acts) < 20
    return now, acts


def test_a_whole_day_passes_through_every_row_once() -> None:
    now, acts = day(0, phases.CLOSED), []
    for second in range(8 * 3600, 17 * 3600, 60):
        now, done = run_until_nothing_is_due(now, LocalTime(MONDAY, second))
        acts += done
    assert acts == [OpenDay(MONDAY), *[ChangePhase(row.phase) for row in ROWS[1:-1]], CloseDay()]


def test_a_restart_in_the_afternoon_goes_on_from_the_morning_without_the_break() -> None:
    assert decide_real(day(MONDAY, phases.CONTINUOUS), ROWS, at(13, 30), CHINA) is None


def test_a_restart_after_a_missed_phase_takes_the_shortest_way() -> None:
    now, acts = run_until_nothing_is_due(day(MONDAY, phases.OPENING_CALL), at(14, 58))
    assert now.phase == phases.CLOSING_CALL
    assert acts == [ChangePhase(phases.CONTINUOUS), ChangePhase(phases.CLOSING_CALL)]


def test_a_day_left_open_is_closed_before_the_next_opens() -> None:
    tuesday = at(9, 40, 20261124)
    now, acts = run_until_nothing_is_due(day(MONDAY, phases.CONTINUOUS), tuesday)
    assert acts == [CloseDay(), OpenDay(20261124), ChangePhase(phases.CONTINUOUS)]
    assert now == day(20261124, phases.CONTINUOUS)


def test_a_day_closed_early_by_an_operator_stays_closed() -> None:
    assert decide_real(day(MONDAY, phases.CLOSED), ROWS, at(14, 0), CHINA) is None


def test_a_phase_entered_early_by_an_operator_is_not_undone() -> None:
    assert decide_real(day(MONDAY, phases.CONTINUOUS), ROWS, at(9, 20), CHINA) is None


@pytest.mark.parametrize(
    ("date", "why"),
    [
        (20261121, "a Saturday"),
        (20261001, "National Day"),
        (20261010, "a Saturday that is worked in exchange for a holiday"),
        (20261123, "announced closed"),
    ],
)
def test_what_is_no_trading_day_does_not_open(date: int, why: str) -> None:
    closure = Announcement(20261123, 20261124, False, "渝交所〔2026〕9号", 0)
    calendar = Calendar("china", notices.shipped(), [closure])
    assert decide_real(day(0, phases.CLOSED), ROWS, at(10, 0, date), calendar) is None, why


def test_an_announced_opening_opens_also_a_saturday() -> None:
    opening = Announcement(20261121, 20261121, True, "渝交所〔2026〕10号", 0)
    calendar = Calendar("china", notices.shipped(), [opening])
    assert decide_real(day(0, phases.CLOSED), ROWS, at(10, 0, 20261121), calendar) == OpenDay(20261121)


def test_a_day_left_open_is_closed_even_where_the_calendar_has_ended() -> None:
    assert decide_real(day(20261231, phases.CONTINUOUS), ROWS, at(10, 0, 20270104), CHINA) == CloseDay()
    with pytest.raises(BeyondCalendar):
        decide_real(day(20261231, phases.CLOSED), ROWS, at(10, 0, 20270104), CHINA)


def test_there_is_no_way_back_in_the_day() -> None:
    assert step_towards(phases.POST_CLOSE, phases.CONTINUOUS) is None
    assert step_towards(phases.CONTINUOUS, phases.CONTINUOUS) is None


def test_a_compressed_day_keeps_each_phase_once_and_is_mostly_continuous() -> None:
    steps = compress(ROWS, 600)
    assert [step.phase for step in steps] == [
        phases.PRE_OPEN,
        phases.OPENING_CALL,
        phases.CONTINUOUS,
        phases.CLOSING_CALL,
        phases.POST_CLOSE,
        phases.CLOSED,
    ]
    assert abs(sum(step.seconds for step in steps) - 600) < 1e-6
    assert all(step.seconds > 0 for step in steps)
    assert max(steps, key=lambda step: step.seconds).phase == phases.CONTINUOUS
    assert steps[2].seconds > 400


def test_compressed_days_repeat_and_skip_weekends() -> None:
    steps = compress(ROWS, 60)
    now, opened = day(0, phases.CLOSED), []
    for _ in range(6 * len(steps)):
        act = decide_compressed(now, steps, 60.0, 20261120, CHINA)
        assert act is not None
        if isinstance(act, OpenDay):
            opened.append(act.trading_day)
        now = carry_out(now, act)
    assert opened[:3] == [20261120, 20261123, 20261124]


def test_a_compressed_phase_lasts_its_time() -> None:
    steps = compress(ROWS, 600)
    assert decide_compressed(day(MONDAY, phases.CONTINUOUS), steps, steps[2].seconds - 1, MONDAY, CHINA) is None
    assert decide_compressed(day(MONDAY, phases.CONTINUOUS), steps, steps[2].seconds, MONDAY, CHINA) == ChangePhase(
        phases.CLOSING_CALL
    )


def test_a_phase_outside_the_compressed_day_is_the_operators() -> None:
    assert decide_compressed(day(MONDAY, phases.BREAK), compress(ROWS, 600), 1e9, MONDAY, CHINA) is None


def test_local_time_follows_the_rule_books_offset() -> None:
    assert local_time(0, 480) == LocalTime(19700101, 8 * 3600)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ns = 1_795_000_000 * 1_000_000_000

    def __call__(self) -> int:
        return self.ns

    def pass_seconds(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)


async def phases_driven(data: Path, clock: Clock, turns: int) -> list[tuple[int, int]]:
    """Start the exchange, let a compressed timetable take so many phases, close; returns (day, phase) after each."""
    exchange = await Exchange.start(data, Settings(ws_port=0, http_port=0))
    try:
        book = exchange.view.rulebook()
        view = exchange.view
        timetable = Timetable(
            "compressed",
            lambda _day: book,
            exchange.sequencer,
            view.day,
            view.calendar,
            clock,
            day_seconds=600,
            judge_opening=view.judge_opening,
        )
        seen: list[tuple[int, int]] = []
        while len(seen) < turns:
            before = exchange.view.day()
            if await timetable.turn():
                now = exchange.view.day()
                if (now.day_number, now.phase) != (before.day_number, before.phase):
                    seen.append((now.day_number, now.phase))
            else:
                clock.pass_seconds(1)
                await asyncio.sleep(0)  # settlement reconciles the closed day meanwhile
        assert timetable.refused == 0
        return seen
    finally:
        await exchange.close()


async def test_a_compressed_day_cut_by_a_restart_runs_no_phase_twice(tmp_path: Path) -> None:
    founding.found(tmp_path / "d", rulebook.shipped("chongqing-call"), founding.DEFAULT_OPERATORS)
    clock = Clock()
    seen = await phases_driven(tmp_path / "d", clock, 3)
    seen += await phases_driven(tmp_path / "d", clock, 6)
    steps = [step.phase for step in compress(rulebook.parse(rulebook.shipped("chongqing-call")).timetable, 600)]
    assert seen == [(1, phase) for phase in steps] + [(2, phase) for phase in steps[: 9 - len(steps)]]


class TestBlockWindow:
    """The rule book's hours are 13:00 to 15:00; phases are turned by the same clock."""

    def test_a_day_opens_and_closes_it_once_at_its_hours(self) -> None:
        text = rulebook_text(block_window=["13:00", "15:00"])
        book, desk = rulebook.parse(text), Desk(text)
        view = MarketView(desk.market)
        clock = [0]
        timetable = Timetable("real", lambda day: book, None, view.day, lambda _: CHINA, lambda: clock[0])  # type: ignore[arg-type]
        midnight_ns = 1_795_363_200_000_000_000  # 2026-11-23 in UTC+8, a Monday
        told: list[tuple[str, bool]] = []
        for minute in range(8 * 60, 17 * 60):
            clock[0] = midnight_ns + minute * 60_000_000_000
            while (act := timetable.decide()) is not None:
                happened = desk.do(Propose(0, "timetable", "", act))
                assert not isinstance(happened[0], ActRefused)
                told += [
                    (f"{minute // 60}:{minute % 60:02}", e.is_open) for e in happened if type(e) is BlockWindowChanged
                ]
        assert told == [("13:00", True)]  # at 15:00 the day closes, and the window with it
        assert view.day().phase == phases.CLOSED
        assert not view.day().is_block_window_open

    def test_what_an_operator_has_closed_stays_closed(self) -> None:
        text = rulebook_text(block_window=["13:00", "15:00"])
        book, desk = rulebook.parse(text), Desk(text)
        desk.act(OpenDay(MONDAY), ChangePhase(phases.CONTINUOUS))
        view = MarketView(desk.market)
        now_ns = 1_795_363_200_000_000_000 + 14 * 3_600_000_000_000  # 14:00 in UTC+8
        timetable = Timetable("real", lambda day: book, None, view.day, lambda _: CHINA, lambda: now_ns)  # type: ignore[arg-type]
        assert timetable.decide() == OpenBlockWindow()
        desk.act(OpenBlockWindow())
        assert timetable.decide() is None
        desk.act(CloseBlockWindow())
        assert timetable.decide() is None

    def test_a_compressed_day_has_it_open_during_continuous_trading(self) -> None:
        assert decide_block_window(day(MONDAY, phases.CONTINUOUS), True) == OpenBlockWindow()
        assert decide_block_window(day(MONDAY, phases.PRE_OPEN), True) is None
        opened = replace(day(MONDAY, phases.CLOSING_CALL), is_block_window_open=True)
        assert decide_block_window(opened, False) == CloseBlockWindow()


class TestAuctionWindows:
    """A notice's times open and close its window, on its day and in their order."""

    @staticmethod
    def auction(status: str, opens_at_ns: int = 100, closes_at_ns: int = 200) -> AuctionView:
        terms = notice(trading_day=MONDAY, opens_at_ns=opens_at_ns, closes_at_ns=closes_at_ns)
        return AuctionView(7, terms, status, None, 0, 1_000, None, (), 0, "government")

    def test_it_opens_and_closes_at_the_times_of_the_notice(self) -> None:
        today = day(MONDAY, phases.CONTINUOUS)
        announced, opened = [self.auction("announced")], [self.auction("open")]
        assert decide_auction(today, announced, 99) is None
        assert decide_auction(today, announced, 100) == OpenAuction(7)
        assert decide_auction(today, opened, 199) is None
        assert decide_auction(today, opened, 200) == CloseAuction(7)
        assert decide_auction(today, [self.auction("cleared")], 200) is None

    def test_a_window_that_was_missed_does_not_open(self) -> None:
        assert decide_auction(day(MONDAY, phases.CONTINUOUS), [self.auction("announced")], 200) is None

    def test_it_opens_on_its_day_only(self) -> None:
        announced = [self.auction("announced")]
        assert decide_auction(day(MONDAY - 1, phases.CONTINUOUS), announced, 100) is None
        assert decide_auction(day(MONDAY, phases.CLOSED), announced, 100) is None

    def test_a_notice_without_times_is_the_operators(self) -> None:
        today = day(MONDAY, phases.CONTINUOUS)
        assert decide_auction(today, [self.auction("announced", 0, 0)], 500) is None
        assert decide_auction(today, [self.auction("open", 0, 0)], 500) is None
