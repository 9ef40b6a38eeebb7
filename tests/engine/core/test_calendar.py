"""Trading days, working days and the calendar's end, by hand-counted examples and by properties."""

import random

import pytest

from engine import notices
from engine.core import calendar as c
from engine.core.calendar import Announcement, BeyondCalendar, Calendar, Holiday, HolidayNotice, Horizon

NOTICES = notices.shipped()
CHINA = Calendar("china", NOTICES)
NEXT_YEAR = HolidayNotice(
    2027, "国办发明电〔2026〕1号", 20261110, (Holiday("元旦", "New Year's Day", 20270101, 20270103),), (20261226,)
)


@pytest.mark.parametrize(
    ("day", "is_traded", "is_worked"),
    [
        (20260930, True, True),  # Wednesday before National Day
        (20261001, False, False),
        (20261007, False, False),
        (20261008, True, True),
        (20261010, False, True),  # Saturday, worked for the holiday, never traded
        (20261011, False, False),
        (20221231, False, False),  # in the notice of the following year
        (20230103, True, True),
    ],
)
def test_a_make_up_day_is_worked_and_not_traded(day: int, is_traded: bool, is_worked: bool) -> None:
    assert (CHINA.is_trading_day(day), CHINA.is_working_day(day)) == (is_traded, is_worked)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (20260928, 7, 20261013),  # 29, 30 Sep; 8, 9, 10 (a worked Saturday), 12, 13 Oct
        (20260928, 10, 20261016),
        (20260212, 7, 20260228),  # Fri 13, Sat 14 (worked); 24, 25, 26, 27 Feb, Sat 28 (worked)
        (20260105, 1, 20260106),
        (20260102, 1, 20260104),  # a Sunday that is worked
        (20261013, -7, 20260928),  # and back: 12, 10, 9, 8 Oct, 30, 29, 28 Sep
    ],
)
def test_periods_in_working_days_begin_on_the_next_day(start: int, count: int, end: int) -> None:
    assert CHINA.add_working_days(start, count) == end


def test_settlement_days_are_counted_in_trading_days() -> None:
    assert CHINA.add_trading_days(20260930, 1) == 20261008
    assert CHINA.add_trading_days(20260930, 5) == 20261014
    assert CHINA.next_trading_day(20261009) == 20261012
    assert CHINA.previous_trading_day(20261008) == 20260930
    assert CHINA.add_trading_days(20261008, 0) == 20261008
    with pytest.raises(ValueError, match="20261010 is no trading day"):
        CHINA.add_trading_days(20261010, 0)


@pytest.mark.parametrize("seed", range(20))
def test_there_and_back_again(seed: int) -> None:
    dice = random.Random(seed)
    day = CHINA.next_trading_day(c.shift(20210104, dice.randrange(1800)))
    for count in (1, 2, 7, 40):
        assert CHINA.add_trading_days(CHINA.add_trading_days(day, count), -count) == day
        after = CHINA.add_trading_days(day, count)
        assert len(CHINA.trading_days(day, after)) == count + 1
        due = CHINA.add_working_days(day, count)
        assert len(CHINA.working_days(c.shift(day, 1), due)) == count
        assert CHINA.is_working_day(due)


@pytest.mark.parametrize("day", [20201231, 20270101, 20270102])
def test_beyond_the_notices_it_refuses_to_guess(day: int) -> None:
    for ask in (CHINA.is_trading_day, CHINA.is_working_day, CHINA.last_day):
        with pytest.raises(BeyondCalendar) as caught:
            ask(day)
        assert (caught.value.day, caught.value.last_day) == (day, 20261231)
    with pytest.raises(BeyondCalendar):
        CHINA.add_working_days(20261230, 7)
    with pytest.raises(BeyondCalendar, match="last covered day is none"):
        Calendar("china").is_trading_day(20261123)


@pytest.mark.parametrize("day", [0, -1, 20260230, 20261301, 99999999, 10**30])
def test_what_is_no_day_is_refused(day: int) -> None:
    for calendar in (CHINA, Calendar("weekdays")):
        with pytest.raises(ValueError, match=r"day|month|year"):
            calendar.is_trading_day(day)
    with pytest.raises(ValueError, match="at most 3660"):
        CHINA.add_trading_days(20261123, 10**9)


def test_other_patterns_need_no_notices_and_have_no_end() -> None:
    weekdays, every_day = Calendar("weekdays"), Calendar("every-day")
    assert [weekdays.is_trading_day(day) for day in (20261120, 20261121, 20310101)] == [True, False, True]
    assert every_day.is_trading_day(20261121)
    assert weekdays.add_working_days(20261120, 7) == 20261201
    assert weekdays.horizon(20310101) == every_day.horizon(20310101) == Horizon(0, 0, "")


def test_the_later_announcement_counts_and_deadlines_ignore_both() -> None:
    closed = Announcement(20261123, 20261125, False, "A", 1)
    opened = Announcement(20261124, 20261124, True, "B", 2)
    saturday = Announcement(20261128, 20261128, True, "C", 3)
    calendar = Calendar("china", NOTICES, [closed, opened, saturday])
    assert calendar.trading_days(20261120, 20261130) == [20261120, 20261124, 20261126, 20261127, 20261128, 20261130]
    assert calendar.working_days(20261120, 20261130) == CHINA.working_days(20261120, 20261130)
    assert calendar.announcement(20261124) == opened
    assert Calendar("china", NOTICES, [Announcement(20270104, 20270104, True, "D", 4)]).is_trading_day(20270104)


def test_an_alarm_comes_before_the_end() -> None:
    assert CHINA.horizon(20261114) == Horizon(20261231, 34, "")
    assert CHINA.horizon(20261115) == Horizon(20261231, 34, "notice_due")
    assert CHINA.horizon(20261231) == Horizon(20261231, 0, "notice_due")
    assert CHINA.horizon(20270101) == Horizon(20261231, 0, "ended")
    longer = Calendar("china", [*NOTICES, NEXT_YEAR])
    assert longer.horizon(20261115).alarm == ""
    assert longer.horizon(20261115).last_day == 20271231
    assert not longer.is_trading_day(20261226)
    assert longer.is_working_day(20261226)


def test_few_days_are_an_alarm_whatever_the_date() -> None:
    year = HolidayNotice(2026, "x", 20251104, (Holiday("a", "a", 20260202, 20260204),), ())
    far = Announcement(20261101, 20261231, False, "closed to the end of the year", 0)
    calendar = Calendar("china", [year], [far])
    assert calendar.horizon(20261001) == Horizon(20261231, 21, "")
    assert calendar.horizon(20261006) == Horizon(20261231, 18, "few_days")


def notice(*holidays: Holiday, workdays: tuple[int, ...] = (), source: str = "x") -> HolidayNotice:
    return HolidayNotice(2027, source, 20261101, holidays, workdays)


NEW_YEAR = Holiday("元旦", "New Year", 20261231, 20270102)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (notice(), "1 to 32 holidays"),
        (notice(NEW_YEAR, source=""), "source"),
        (notice(Holiday("", "x", 20270101, 20270101)), "names"),
        (notice(Holiday("a", "a", 20270103, 20270101)), "no span"),
        (notice(Holiday("a", "a", 20270230, 20270301)), "no span"),
        (notice(Holiday("a", "a", 20270101, 20270301)), "no span"),
        (notice(NEW_YEAR, Holiday("a", "a", 20270102, 20270103)), "20270102 is named twice"),
        (notice(NEW_YEAR, workdays=(20270102,)), "20270102 is named twice"),
        (notice(NEW_YEAR, workdays=(20270104,)), "Saturday or Sunday"),
        (notice(NEW_YEAR, workdays=(10**20,)), "Saturday or Sunday"),
        (notice(NEW_YEAR, workdays=(20280101,)), "20280101 is not in 2027"),
        (HolidayNotice(99999, "x", 20261101, (NEW_YEAR,), ()), "no date"),
    ],
)
def test_a_notice_must_agree_with_itself(wrong: HolidayNotice, words: str) -> None:
    assert words in c.fault_of(wrong)


def test_a_sound_notice_has_no_fault() -> None:
    assert c.fault_of(notice(NEW_YEAR, workdays=(20261226, 20270109))) == ""
    assert [c.fault_of(each) for each in NOTICES] == [""] * len(NOTICES)
