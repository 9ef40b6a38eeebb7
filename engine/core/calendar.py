"""Which days are traded and which are worked, as arithmetic on what was announced.

Days are yyyymmdd everywhere. Three things are told apart. A *holiday* and a *make-up working day* (调休) come from the
State Council's yearly notice. A *trading day* is Monday to Friday without holidays, the exchange's announced closures
and openings laid over it: a make-up working day falls on a weekend, is worked, and is not traded (CN-SH: trading is
Monday to Friday, not on holidays or announced closures). A *working day* counts for deadlines such as the 7 and 10
working days of CQ-M Art. 11 and 25; the exchange's own closures do not change it.

Nothing here reads a clock or a file: the notices are journaled, at the founding or by an act.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

# china: as the State Council's notices say | weekdays: Monday to Friday | every-day: any date, for recorded days
PATTERNS: Final = ("china", "weekdays", "every-day")
NOTICE_DUE: Final = 1115  # month and day: the notices for 2024, 2025 and 2026 were out by then
DAYS_LEFT_MIN: Final = 20  # trading days, about a month

HOLIDAYS_MAX: Final = 32
HOLIDAY_DAYS_MAX: Final = 31
WORKDAYS_MAX: Final = 32
TEXT_MAX: Final = 200
COUNT_MAX: Final = 3_660  # days that may be counted in one request
_ONE_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)


class Holiday(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Days off in a row, the first and the last included."""

    name_zh: str
    name_en: str
    first_day: int
    last_day: int


class HolidayNotice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One year's holidays and make-up working days, as the State Council's General Office announced them.

    source: the notice's number, such as 国办发明电〔2025〕7号; published: its date.
    """

    year: int
    source: str
    published: int
    holidays: tuple[Holiday, ...]
    workdays: tuple[int, ...]


class Announcement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The exchange's own closure or opening of days, both ends included; the later announcement of a day counts."""

    first_day: int
    last_day: int
    is_open: bool
    basis: str
    at_ns: int


class BeyondCalendar(ValueError):
    """No notice covers the day. `last_day`: the last one that a notice covers, 0 where there is no notice."""

    def __init__(self, day: int, last_day: int) -> None:
        super().__init__(f"{day} is beyond the calendar: the last covered day is {last_day or 'none'}")
        self.day = day
        self.last_day = last_day


class Horizon(NamedTuple):
    """How far the calendar reaches, seen from a day. last_day 0: it has no end (and no alarm).

    alarm: "" | notice_due (the next year's notice is missing past mid-November) | few_days | ended.
    """

    last_day: int
    trading_days_left: int  # after the day
    alarm: str


def as_number(day: date) -> int:
    """A date as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def as_date(number: int) -> date:
    """yyyymmdd as a date; raises ValueError where there is no such day."""
    if not 0 < number < 100_000_000:
        raise ValueError(f"{number} is no day")
    return date(number // 10_000, number // 100 % 100, number % 100)


def local_day(at_ns: int, utc_offset_minutes: int) -> int:
    """UTC nanoseconds since 1970 as the date at this offset."""
    return as_number(_EPOCH + (at_ns // 60_000_000_000 + utc_offset_minutes) // 1_440 * _ONE_DAY)


def local_second(at_ns: int, utc_offset_minutes: int) -> int:
    """Seconds after local midnight."""
    return (at_ns // 1_000_000_000 + utc_offset_minutes * 60) % 86_400


def shift(number: int, days: int) -> int:
    """So many calendar days later (negative: earlier)."""
    return as_number(as_date(number) + days * _ONE_DAY)


DAY: Final = "day"
WEEK: Final = "week"
MONTH: Final = "month"
YEAR: Final = "year"
PERIODS: Final = (WEEK, MONTH, YEAR)  # what is reported on beside each day


def period_name(kind: str, number: int) -> str:
    """The name of the period that a day belongs to: 2026-11-20, 2026-W47 (ISO 8601 week), 2026-11 or 2026."""
    day = as_date(number)
    if kind == WEEK:
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return day.isoformat()[: {DAY: 10, MONTH: 7, YEAR: 4}[kind]]


def period_span(name: str) -> tuple[str, int, int]:
    """Kind, first and last date of the period of this name. Raises ValueError where no period has it."""
    try:
        if len(name) == 8 and name[4:6] == "-W":
            year, week = int(name[:4]), int(name[6:])
            first, last, kind = date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7), WEEK
        else:
            kind = {4: YEAR, 7: MONTH, 10: DAY}[len(name)]
            first = date.fromisoformat(name + {4: "-01-01", 7: "-01", 10: ""}[len(name)])
            last = {YEAR: date(first.year, 12, 31), MONTH: _month_end(first), DAY: first}[kind]
    except (ValueError, KeyError) as error:
        raise ValueError(f"{name!r} is no period") from error
    if period_name(kind, as_number(first)) != name:
        raise ValueError(f"{name!r} is no period")
    return kind, as_number(first), as_number(last)


def _month_end(first: date) -> date:
    in_next_month = first + timedelta(days=31)
    return in_next_month - timedelta(days=in_next_month.day)


def is_day(number: int) -> bool:
    """Whether there is such a day."""
    try:
        as_date(number)
    except ValueError:
        return False
    return True


def days_between(first_day: int, last_day: int) -> list[int]:
    """Every date from the first to the last, both included."""
    first = as_date(first_day)
    return [as_number(first + place * _ONE_DAY) for place in range((as_date(last_day) - first).days + 1)]


def fault_of(notice: HolidayNotice) -> str:
    """What is wrong with a notice, as words; empty where nothing is."""
    if not 2000 <= notice.year < 3000 or not is_day(notice.published):
        return "year or date of publication is no date"
    if not 0 < len(notice.source) <= TEXT_MAX:
        return f"the source must have 1 to {TEXT_MAX} characters"
    if not 0 < len(notice.holidays) <= HOLIDAYS_MAX or len(notice.workdays) > WORKDAYS_MAX:
        return f"a notice names 1 to {HOLIDAYS_MAX} holidays and at most {WORKDAYS_MAX} make-up working days"
    off: dict[int, str] = {}
    for holiday in notice.holidays:
        if not all(0 < len(name) <= TEXT_MAX for name in (holiday.name_zh, holiday.name_en)):
            return f"a holiday's names must have 1 to {TEXT_MAX} characters"
        if not _is_span(holiday.first_day, holiday.last_day, HOLIDAY_DAYS_MAX):
            return f"{holiday.name_zh}: {holiday.first_day} to {holiday.last_day} is no span of days"
        for day in days_between(holiday.first_day, holiday.last_day):
            if day in off:
                return f"{day} is named twice"
            off[day] = holiday.name_zh
    for day in notice.workdays:
        if not is_day(day) or as_date(day).weekday() < 5:
            return f"{day}: a make-up working day is a Saturday or Sunday"
        if day in off:
            return f"{day} is named twice"
        off[day] = ""
    # the New Year's holiday and its make-up days may lie in the December before
    outside = [day for day in off if not (notice.year - 1) * 10_000 + 1201 <= day <= notice.year * 10_000 + 1231]
    return f"{outside[0]} is not in {notice.year}" if outside else ""


def _is_span(first_day: int, last_day: int, days_max: int) -> bool:
    if not is_day(first_day) or not is_day(last_day):
        return False
    return 0 <= (as_date(last_day) - as_date(first_day)).days < days_max


def is_announceable(first_day: int, last_day: int) -> bool:
    """Whether these are the first and last of at most a year's days."""
    return _is_span(first_day, last_day, 366)


class Calendar:
    """What is traded and worked under a pattern, with notices and announcements. Its methods are pure functions.

    Where no notice covers a day that must be known, they raise `BeyondCalendar`; where a number is no day, ValueError.
    """

    __slots__ = ("_announced", "_off", "_worked", "announcements", "notices", "pattern")

    def __init__(
        self, pattern: str, notices: Sequence[HolidayNotice] = (), announcements: Sequence[Announcement] = ()
    ) -> None:
        self.pattern = pattern
        self.notices: dict[int, HolidayNotice] = {notice.year: notice for notice in notices}
        self.announcements = tuple(announcements)
        self._off: dict[int, Holiday] = {}
        self._worked: dict[int, int] = {}
        self._announced: dict[int, Announcement] = {}
        for notice in self.notices.values():
            for holiday in notice.holidays:
                for day in days_between(holiday.first_day, holiday.last_day):
                    self._off[day] = holiday
            for day in notice.workdays:
                self._worked[day] = notice.year
        for announcement in self.announcements:
            for day in days_between(announcement.first_day, announcement.last_day):
                self._announced[day] = announcement

    @property
    def is_endless(self) -> bool:
        """Whether it needs no notices."""
        return self.pattern != "china"

    def holiday(self, day: int) -> Holiday | None:
        """The holiday that the day belongs to."""
        return self._off.get(day) if self.pattern == "china" else None

    def announcement(self, day: int) -> Announcement | None:
        """The exchange's last announcement on the day."""
        return self._announced.get(day)

    def is_trading_day(self, day: int) -> bool:
        """Whether the market opens that day."""
        announced = self._announced.get(day)
        if announced is not None:
            return announced.is_open
        if self.pattern == "every-day":
            return True
        weekday = as_date(day).weekday()
        self._check_covered(day)
        return weekday < 5 and self.holiday(day) is None

    def is_working_day(self, day: int) -> bool:
        """Whether the day counts for deadlines in working days (工作日)."""
        if self.pattern == "every-day":
            return is_day(day)
        weekday = as_date(day).weekday()
        self._check_covered(day)
        if self.pattern == "china" and day in self._worked:
            return True
        return weekday < 5 and self.holiday(day) is None

    def add_trading_days(self, day: int, count: int) -> int:
        """The trading day `count` after the day (T+N), before it where negative; with 0 the day itself must be one."""
        return self._add(day, count, is_trading=True)

    def add_working_days(self, day: int, count: int) -> int:
        """The last day of a period of `count` working days from the day, which itself does not count (Civil Code Art. 201)."""
        return self._add(day, count, is_trading=False)

    def next_trading_day(self, day: int) -> int:
        """The first trading day after the day."""
        return self.add_trading_days(day, 1)

    def previous_trading_day(self, day: int) -> int:
        """The last trading day before the day."""
        return self.add_trading_days(day, -1)

    def periods_ended(self, day: int) -> tuple[str, ...]:
        """The kinds of period (of `PERIODS`) whose last trading day this one is, as far as the calendar tells."""
        if not is_day(day) or day // 10_000 >= 9999:
            return ()  # a market that opens by numbers that are no dates has no weeks
        try:
            following = self.next_trading_day(day)
        except BeyondCalendar as beyond:
            following = beyond.day  # no day before it is traded
        return tuple(kind for kind in PERIODS if period_name(kind, day) != period_name(kind, following))

    def trading_days(self, first_day: int, last_day: int) -> list[int]:
        """All trading days from the first to the last, both included."""
        return [day for day in days_between(first_day, last_day) if self.is_trading_day(day)]

    def working_days(self, first_day: int, last_day: int) -> list[int]:
        """All working days from the first to the last, both included."""
        return [day for day in days_between(first_day, last_day) if self.is_working_day(day)]

    def last_day(self, day: int) -> int:
        """The last day up to which every day from this one on is covered; 0 where there is no end."""
        if self.is_endless:
            return 0
        self._check_covered(day)
        year = day // 10_000
        while year + 1 in self.notices:
            year += 1
        return year * 10_000 + 1231

    def horizon(self, day: int) -> Horizon:
        """How far the calendar reaches from here, and whether somebody must do something about it."""
        if self.is_endless:
            return Horizon(0, 0, "")
        try:
            last_day = self.last_day(day)
        except BeyondCalendar as beyond:
            return Horizon(beyond.last_day, 0, "ended")
        left = len(self.trading_days(shift(day, 1), last_day)) if day < last_day else 0
        if day // 10_000 == last_day // 10_000 and day % 10_000 >= NOTICE_DUE:
            return Horizon(last_day, left, "notice_due")
        return Horizon(last_day, left, "few_days" if left < DAYS_LEFT_MIN else "")

    def _check_covered(self, day: int) -> None:
        if self.pattern == "china" and day // 10_000 not in self.notices:
            raise BeyondCalendar(day, max(self.notices, default=0) * 10_000 + 1231 if self.notices else 0)

    def _add(self, day: int, count: int, *, is_trading: bool) -> int:
        if not -COUNT_MAX <= count <= COUNT_MAX:
            raise ValueError(f"at most {COUNT_MAX} days can be counted, not {count}")
        counts = self.is_trading_day if is_trading else self.is_working_day
        if count == 0 and not counts(day):
            raise ValueError(f"{day} is no {'trading' if is_trading else 'working'} day")
        step = 1 if count > 0 else -1
        for _ in range(abs(count)):
            day = shift(day, step)
            while not counts(day):
                day = shift(day, step)
        return day
