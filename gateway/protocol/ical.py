"""The calendar as iCalendar (RFC 5545), for the members' own calendars: holidays, make-up working days, announcements.

The bytes depend on the data alone: UIDs name what they stand for, and DTSTAMP is when it was announced.
"""

from datetime import UTC, datetime
from typing import Final

from engine.core.calendar import Announcement, Calendar, as_date, shift

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
LINE_OCTETS_MAX: Final = 75  # RFC 5545 3.1, without the line break
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def ical(calendar: Calendar, market: str, name: str, utc_offset_minutes: int) -> bytes:
    """The whole calendar. `market` is its short name, part of every UID; `name` is shown to people."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Yutan//Trading calendar//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)} 交易日历",
        *_zone(utc_offset_minutes),
    ]
    if not calendar.is_endless:
        for notice in calendar.notices.values():
            stamp = f"{notice.published}T000000Z"
            for holiday in notice.holidays:
                words = f"休市 {holiday.name_zh} · Closed: {holiday.name_en}"
                uid = f"holiday-{holiday.first_day}@{market}.yutan"
                lines += _event(uid, stamp, (holiday.first_day, holiday.last_day), words, notice.source)
            for day in notice.workdays:
                words = "调休工作日(不交易) · Make-up working day, no trading"
                lines += _event(f"workday-{day}@{market}.yutan", stamp, (day, day), words, notice.source)
    for announcement in calendar.announcements:
        stamp = datetime.fromtimestamp(announcement.at_ns // 1_000_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
        words = "公告开市 · Open by announcement" if announcement.is_open else "公告休市 · Closed by announcement"
        for span in _spans_in_force(calendar, announcement):
            uid = f"announcement-{span[0]}@{market}.yutan"
            lines += _event(uid, stamp, span, words, announcement.basis)
    lines.append("END:VCALENDAR")
    return "".join(folded(line) for line in lines).encode()


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, each but the first begun with a space, none inside a character."""
    pieces: list[str] = []
    piece, octets = "", 0
    for character in line:
        width = len(character.encode())
        if octets + width > LINE_OCTETS_MAX:
            pieces.append(piece)
            piece, octets = " ", 1
        piece += character
        octets += width
    return "\r\n".join([*pieces, piece]) + "\r\n"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _event(uid: str, stamp: str, span: tuple[int, int], summary: str, source: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{span[0]}",
        f"DTEND;VALUE=DATE:{shift(span[1], 1)}",  # the first day after it
        f"SUMMARY:{_escaped(summary)}",
        f"DESCRIPTION:{_escaped(source)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _zone(utc_offset_minutes: int) -> list[str]:
    sign = "-" if utc_offset_minutes < 0 else "+"
    offset = f"{sign}{abs(utc_offset_minutes) // 60:02d}{abs(utc_offset_minutes) % 60:02d}"
    return [
        "BEGIN:VTIMEZONE",
        f"TZID:UTC{offset}",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def _spans_in_force(calendar: Calendar, announcement: Announcement) -> list[tuple[int, int]]:
    """The announcement's days that no later one has changed, as spans."""
    spans: list[tuple[int, int]] = []
    day = announcement.first_day
    while day <= announcement.last_day:
        if calendar.announcement(day) is announcement:
            if spans and (as_date(day) - as_date(spans[-1][1])).days == 1:
                spans[-1] = (spans[-1][0], day)
            else:
                spans.append((day, day))
        day = shift(day, 1)
    return spans
