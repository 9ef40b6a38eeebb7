"""The calendar on the wire and back: days as yyyy-mm-dd, notices and announcements as the acts and the HTTP door show them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.core import calendar
from engine.core.calendar import Announcement, BeyondCalendar, Calendar, Holiday, HolidayNotice, Horizon
from gateway.protocol import wire
from gateway.protocol.times import day_number, day_text, time_ns, time_text


class HolidayData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days off in a row, both ends included."""

    name_zh: wire.Text
    name_en: wire.Text
    first: wire.DayText
    last: wire.DayText


class NoticeData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One year's State Council notice: its number and date, the days off, and the weekend days that are worked."""

    year: Annotated[int, Meta(ge=2000, le=2999)]
    source: wire.Text
    published: wire.DayText
    holidays: Annotated[list[HolidayData], Meta(min_length=1, max_length=calendar.HOLIDAYS_MAX)]
    workdays: Annotated[list[wire.DayText], Meta(max_length=calendar.WORKDAYS_MAX)]


class AnnouncementData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The exchange's own closure (`open` false) or opening, and when it was announced."""

    first: wire.DayText
    last: wire.DayText
    open: bool
    basis: str
    announced_at: str


class CalendarData(msgspec.Struct, frozen=True):
    """All that the calendar is made of."""

    pattern: str
    notices: list[NoticeData]
    announcements: list[AnnouncementData]


def notice_data(notice: HolidayNotice) -> NoticeData:
    """A notice as the wire shows it."""
    holidays = [
        HolidayData(each.name_zh, each.name_en, day_text(each.first_day), day_text(each.last_day))
        for each in notice.holidays
    ]
    workdays = [day_text(day) for day in notice.workdays]
    return NoticeData(notice.year, notice.source, day_text(notice.published), holidays, workdays)


def notice_of(data: NoticeData) -> HolidayNotice:
    """The notice that the wire shows. Raises ValueError where it names no day or contradicts itself."""
    holidays = tuple(
        Holiday(each.name_zh, each.name_en, day_number(each.first), day_number(each.last)) for each in data.holidays
    )
    workdays = tuple(day_number(day) for day in data.workdays)
    notice = HolidayNotice(data.year, data.source, day_number(data.published), holidays, workdays)
    fault = calendar.fault_of(notice)
    if fault:
        raise ValueError(fault)
    return notice


def calendar_data(found: Calendar) -> CalendarData:
    """A whole calendar as the wire shows it."""
    announcements = [
        AnnouncementData(
            day_text(each.first_day), day_text(each.last_day), each.is_open, each.basis, time_text(each.at_ns)
        )
        for each in found.announcements
    ]
    return CalendarData(found.pattern, [notice_data(notice) for notice in found.notices.values()], announcements)


def calendar_of(data: CalendarData) -> Calendar:
    """The calendar that the wire shows. Raises ValueError."""
    announcements = [
        Announcement(
            day_number(each.first),
            day_number(each.last),
            each.open,
            each.basis,
            time_ns(msgspec.convert(each.announced_at, datetime)),
        )
        for each in data.announcements
    ]
    return Calendar(data.pattern, [notice_of(notice) for notice in data.notices], announcements)


def horizon_words(horizon: Horizon) -> dict[str, Any]:
    """How far the calendar reaches, as JSON; no end is null."""
    if not horizon.last_day:
        return {"last_day": None, "trading_days_left": None, "alarm": horizon.alarm}
    left = horizon.trading_days_left
    return {"last_day": day_text(horizon.last_day), "trading_days_left": left, "alarm": horizon.alarm}


def neighbours(calendar: Calendar, day: int) -> dict[str, Any]:
    """A day with what is known of it and the trading days around it; what no notice covers is null."""
    holiday, announcement = calendar.holiday(day), calendar.announcement(day)
    asked = {
        "is_trading_day": calendar.is_trading_day,
        "is_working_day": calendar.is_working_day,
        "previous_trading_day": calendar.previous_trading_day,
        "next_trading_day": calendar.next_trading_day,
    }
    known: dict[str, Any] = {"day": day_text(day)}
    for name, ask in asked.items():
        try:
            answer = ask(day)
        except BeyondCalendar:
            known[name] = None
        else:
            known[name] = answer if type(answer) is bool else day_text(answer)
    known["holiday"] = holiday.name_zh if holiday is not None else None
    known["announcement"] = announcement.basis if announcement is not None else None
    return known
