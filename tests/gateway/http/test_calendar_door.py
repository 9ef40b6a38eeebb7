"""The calendar over HTTP: the same days as the engine's, an alarm before the end, and a file that calendars can read."""

import json
from typing import Any

import pytest

from engine import notices
from engine.core.calendar import Announcement, Calendar, Holiday, HolidayNotice
from engine.core.commands import AnnounceClosure, AnnounceOpening
from gateway.protocol.ical import folded, ical
from tests.gateway.http.conftest import Door

CHINA = Calendar("china", notices.shipped())


async def get(door: Door, path: str) -> Any:
    answer = await door.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_announcements_show_at_once_and_close_the_day(door: Door) -> None:
    before = await get(door, "/api/v1/calendar")
    assert (before["pattern"], before["announcements"]) == ("every-day", [])
    assert before["horizon"] == {"last_day": None, "trading_days_left": None, "alarm": ""}
    door.run.act(AnnounceClosure(29991201, 29991203, "渝交所〔2999〕1号"))
    door.run.act(AnnounceOpening(29991202, "渝交所〔2999〕2号"))
    after = await get(door, "/api/v1/calendar?year=2999")
    assert [(row["first"], row["last"], row["open"]) for row in after["announcements"]] == [
        ("2999-12-01", "2999-12-03", False),
        ("2999-12-02", "2999-12-02", True),
    ]
    days = after["year"]["trading_days"]
    assert "2999-12-02" in days
    assert not {"2999-12-01", "2999-12-03"} & set(days)
    assert len(days) == 363
    assert after["timetable"][0] == {"at": "09:00:00", "phase": "pre_open", "phase_zh": "开市前"}


async def test_a_year_that_is_none_is_refused(door: Door) -> None:
    answer = await door.client.get("/api/v1/calendar?year=26")
    assert (answer.status_code, answer.json()["error"]["name"]) == (400, "INVALID_FIELD")


async def test_health_says_how_long_the_calendar_lasts(door: Door) -> None:
    assert (await get(door, "/health"))["calendar"] == {"last_day": None, "trading_days_left": None, "alarm": ""}


async def test_the_file_is_cached_by_its_content(door: Door) -> None:
    first = await door.client.get("/calendar.ics")
    assert first.headers["content-type"].startswith("text/calendar")
    again = await door.client.get("/calendar.ics", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    door.run.act(AnnounceClosure(29991201, 29991203, "x"))
    assert (await door.client.get("/calendar.ics")).headers["etag"] != first.headers["etag"]


def unfolded(body: bytes) -> list[str]:
    """The content lines of an iCalendar file, as a reader takes them apart."""
    text = body.decode()
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def events(lines: list[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("BEGIN", "END"):
            found[-1][name] = value
    return found


def test_the_file_has_every_holiday_and_every_make_up_day_once() -> None:
    lines = unfolded(ical(CHINA, "chongqing", "重庆碳市场", 480))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT")
    found = events(lines)
    assert len({event["UID"] for event in found}) == len(found)
    assert len(found) == sum(len(n.holidays) + len(n.workdays) for n in CHINA.notices.values())
    spring = next(event for event in found if event["UID"] == "holiday-20260215@chongqing.yutan")
    assert spring["DTSTART;VALUE=DATE"] == "20260215"
    assert spring["DTEND;VALUE=DATE"] == "20260224"  # the end is not included
    assert spring["DTSTAMP"] == "20251104T000000Z"
    assert spring["DESCRIPTION"] == "国办发明电〔2025〕7号"


def test_the_same_data_give_the_same_bytes() -> None:
    assert ical(CHINA, "m", "名", 480) == ical(Calendar("china", notices.shipped()), "m", "名", 480)


def test_of_an_announcement_only_what_is_still_in_force_is_shown() -> None:
    closure = Announcement(20261124, 20261127, False, "公告一, 二; 三", 1_795_138_200_000_000_000)
    opening = Announcement(20261125, 20261125, True, "公告四", 1_795_138_201_000_000_000)
    body = ical(Calendar("weekdays", (), [closure, opening]), "m", "名", 480)
    found = {event["DTSTART;VALUE=DATE"]: event for event in events(unfolded(body))}
    assert sorted(found) == ["20261124", "20261125", "20261126"]
    assert found["20261126"]["DTEND;VALUE=DATE"] == "20261128"
    assert found["20261124"]["DESCRIPTION"] == "公告一\\, 二\\; 三"
    assert found["20261124"]["DTSTAMP"] == "20261120T013000Z"


@pytest.mark.parametrize("character", ["a", "é", "碳", "🌲"])
def test_no_line_is_too_long_and_no_character_is_cut(character: str) -> None:
    for length in range(60, 240, 7):
        line = "SUMMARY:" + character * length
        body = folded(line).encode()
        assert all(len(piece) <= 75 for piece in body.split(b"\r\n"))
        assert body.decode().replace("\r\n ", "") == line + "\r\n"


def test_a_basis_cannot_break_out_of_its_line() -> None:
    notice = HolidayNotice(2027, "a\nBEGIN:VEVENT\\", 20261101, (Holiday("b\nc", "d", 20270101, 20270101),), ())
    lines = unfolded(ical(Calendar("china", [notice]), "m", "x\ny", -90))
    assert lines.count("BEGIN:VEVENT") == 1
    assert "DESCRIPTION:a\\nBEGIN:VEVENT\\\\" in lines
    assert "TZID:UTC-0130" in lines
    assert json.dumps(lines).count("X-WR-CALNAME") == 1
