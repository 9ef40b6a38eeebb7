"""Acts on the calendar: a year's holiday notice, the exchange's own closures and openings; and which day may open."""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import Announcement, BeyondCalendar, HolidayNotice, fault_of, is_announceable
from engine.core.commands import AdoptHolidays, AnnounceClosure, AnnounceOpening
from engine.core.events import CalendarChanged, Event
from engine.core.state import State

BASIS_CHARACTERS_MAX: Final = 200
ANNOUNCEMENTS_MAX: Final = 4_096  # ever made; each is a span of days


def judge_trading_day(state: State, trading_day: int) -> Verdict:
    """Whether the calendar lets the market open that day."""
    calendar = state.calendar(trading_day)
    following = 0
    try:
        if calendar.is_trading_day(trading_day):
            return ADMITTED
        following = calendar.next_trading_day(trading_day)
    except BeyondCalendar as beyond:
        if beyond.day == trading_day:
            return Verdict(reasons.CALENDAR_ENDED, beyond.last_day, trading_day)
    except ValueError:
        return Verdict(reasons.ACT_INVALID, state.trading_day, trading_day)
    return Verdict(reasons.NOT_TRADING_DAY, following, trading_day)


def judge(state: State, act: AdoptHolidays | AnnounceClosure | AnnounceOpening) -> Verdict:
    """Notices that agree with themselves; announcements of real days to come."""
    if isinstance(act, AdoptHolidays):
        return ADMITTED if fault_of(act.holidays) == "" else Verdict(reasons.ACT_INVALID)
    if isinstance(act, AnnounceClosure):
        first_day, last_day = act.first_day, act.last_day
    else:
        first_day, last_day = act.trading_day, act.trading_day
    if not is_announceable(first_day, last_day) or not 0 < len(act.basis) <= BASIS_CHARACTERS_MAX:
        return Verdict(reasons.ACT_INVALID)
    if first_day <= state.trading_day:
        return Verdict(reasons.ACT_INVALID, state.trading_day, first_day)
    if len(state.announcements) >= ANNOUNCEMENTS_MAX:
        return Verdict(reasons.ACT_INVALID, ANNOUNCEMENTS_MAX, len(state.announcements))
    return ADMITTED


def take(state: State, at_ns: int, act: AdoptHolidays | AnnounceClosure | AnnounceOpening, out: list[Event]) -> None:
    """Let a judged act take effect."""
    if isinstance(act, AdoptHolidays):
        keep_notice(state, act.holidays)
        january_first = act.holidays.year * 10_000 + 101
        out.append(CalendarChanged(january_first, january_first + 1130, act.holidays.source))
        return
    if isinstance(act, AnnounceClosure):
        announcement = Announcement(act.first_day, act.last_day, False, act.basis, at_ns)
    else:
        announcement = Announcement(act.trading_day, act.trading_day, True, act.basis, at_ns)
    state.announcements.append(announcement)
    out.append(CalendarChanged(announcement.first_day, announcement.last_day, announcement.basis))


def keep_notice(state: State, notice: HolidayNotice) -> None:
    """Take the notice in, in place of an earlier one of its year."""
    notices = {**state.holiday_notices, notice.year: notice}
    state.holiday_notices = {year: notices[year] for year in sorted(notices)}
