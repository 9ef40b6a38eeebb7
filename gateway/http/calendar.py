"""The calendar over HTTP: what is traded and when, how far it reaches, and a file for the members' own calendars."""

from typing import Any

import msgspec
from litestar import Response, get

from engine.core import phases, reasons
from engine.core.calendar import BeyondCalendar, Calendar, Horizon, local_day
from gateway.http import queries
from gateway.http.ical import CONTENT_TYPE, ical
from gateway.http.replies import AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources, sources_of
from gateway.protocol.calendar import calendar_data
from gateway.protocol.times import day_text

_HOUR_S = 3600


def today_of(sources: Sources) -> int:
    """The market's present date: by the clock, or its trading day where that runs ahead (a compressed day)."""
    offset = sources.view.rulebook().utc_offset_minutes
    return max(sources.view.day().trading_day, local_day(sources.now_ns(), offset))


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


@get("/calendar", sync_to_thread=False)
def calendar(request: AnyRequest) -> Response[bytes]:
    """Today, the trading days around it, the day's timetable, and all that the calendar is made of.

    With `year`: that year's trading days one by one.
    """
    sources = sources_of(request)
    query = queries.read(request, queries.CalendarQuery)
    found = sources.view.calendar()
    rules = sources.view.rulebook()
    today = today_of(sources)
    value = {
        **msgspec.to_builtins(calendar_data(found)),
        "market": rules.market,
        "today": neighbours(found, today),
        "horizon": horizon_words(found.horizon(today)),
        "timetable": [
            {
                "at": f"{row.at_second // 3600:02d}:{row.at_second // 60 % 60:02d}:{row.at_second % 60:02d}",
                "phase": phases.NAMES[row.phase],
                "phase_zh": phases.NAMES_ZH[row.phase],
            }
            for row in rules.timetable
        ],
        "utc_offset_minutes": rules.utc_offset_minutes,
    }
    if query.year is not None:
        value["year"] = {"year": query.year, "trading_days": _trading_days(found, query.year)}
    return json_reply(request, value)


def _trading_days(found: Calendar, year: int) -> list[str]:
    try:
        return [day_text(day) for day in found.trading_days(year * 10_000 + 101, year * 10_000 + 1231)]
    except BeyondCalendar as beyond:
        raise Refused(
            reasons.CALENDAR_ENDED, "year", f"the last covered day is {day_text(beyond.last_day)}"
        ) from beyond


@get("/calendar.ics", sync_to_thread=False)
def calendar_ics(request: AnyRequest) -> Response[bytes]:
    """The calendar to subscribe to (iCalendar, RFC 5545)."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    rules = sources.view.rulebook()
    body = ical(sources.view.calendar(), rules.market, rules.name_zh, rules.utc_offset_minutes)
    return bytes_reply(request, body, CONTENT_TYPE, _HOUR_S)
