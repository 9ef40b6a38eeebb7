"""The calendar over HTTP: what is traded and when, how far it reaches, and a file for the members' own calendars."""

from typing import Any

import msgspec
from litestar import Response, get

from engine.core import phases, reasons
from engine.core.calendar import BeyondCalendar, Calendar, local_day
from gateway.http import queries
from gateway.http.replies import AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources, sources_of
from gateway.protocol.calendar import calendar_data, horizon_words, neighbours
from gateway.protocol.ical import CONTENT_TYPE, ical
from gateway.protocol.times import day_text

_HOUR_S = 3600


def today_of(sources: Sources) -> int:
    """The market's present date: by the clock, or its trading day where that runs ahead (a compressed day)."""
    offset = sources.view.rulebook().utc_offset_minutes
    return max(sources.view.day().trading_day, local_day(sources.now_ns(), offset))


@get("/calendar", sync_to_thread=False)
def calendar(request: AnyRequest) -> Response[bytes]:
    """Today, the trading days around it, the day's timetable, and all that the calendar is made of.

    With `year`: that year's trading days one by one.
    """
    sources = sources_of(request)
    query = queries.read(request, queries.CalendarQuery)
    value = calendar_value(sources)
    if query.year is not None:
        value["year"] = {"year": query.year, "trading_days": _trading_days(sources.view.calendar(), query.year)}
    return json_reply(request, value)


def calendar_value(sources: Sources) -> dict[str, Any]:
    """The calendar as the answer has it, without single days."""
    found = sources.view.calendar()
    rules = sources.view.rulebook()
    today = today_of(sources)
    return {
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
