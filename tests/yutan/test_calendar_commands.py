"""The calendar on the command line: questions about days, and an operator's announcements in a running market."""

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.yutan.kit import DEADLINE_S, FIRST, SECOND, answer, run, serving

NOTICE = """
[2027]
source = "国办发明电〔2026〕1号"
published = 2026-11-10
holidays = [{ name_zh = "元旦", name_en = "New Year's Day", first = 2027-01-01, last = 2027-01-03 }]
workdays = [2026-12-26]
"""


def test_deadlines_are_counted_in_working_days() -> None:
    # 29, 30 Sep; 8, 9 and the worked Saturday 10 Oct; 12, 13 Oct
    assert answer("calendar", "working-day", "--add", "7", "20260928")["day"] == "2026-10-13"
    assert answer("calendar", "working-day", "--add", "10", "2026-09-28")["day"] == "2026-10-16"
    assert answer("calendar", "trading-day", "--add", "1", "20260930")["day"] == "2026-10-08"


def test_a_day_is_said_with_its_neighbours() -> None:
    assert answer("calendar", "next", "--on", "20261010") == {
        "day": "2026-10-10",
        "is_trading_day": False,
        "is_working_day": True,
        "previous_trading_day": "2026-10-09",
        "next_trading_day": "2026-10-12",
        "holiday": None,
        "announcement": None,
    }


def test_a_year_is_listed_with_its_notice() -> None:
    rows = answer("calendar", "show", "--year", "2025")
    assert {row["source"] for row in rows} == {"国办发明电〔2024〕12号"}
    assert (rows[0]["first"], rows[0]["what"]) == ("2025-01-01", "元旦 New Year's Day")


def test_the_end_of_the_calendar_is_an_alarm_and_then_a_refusal() -> None:
    assert answer("calendar", "days-left", "--on", "20260601")["alarm"] == ""
    left = answer("calendar", "days-left", "--on", "20261201", code=65)
    assert (left["last_day"], left["trading_days_left"], left["alarm"]) == ("2026-12-31", 22, "notice_due")
    refused = answer("calendar", "working-day", "--add", "10", "20261225", code=20)["error"]
    assert refused["name"] == "CALENDAR_ENDED"
    assert answer("calendar", "show", "--year", "2031", code=20)["error"]["name"] == "CALENDAR_ENDED"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("working-day", "--add", "7", "20260230"), 2),
        (("trading-day", "--add", "0", "20261010"), 2),
        (("working-day", "--add", "99999", "20260101"), 2),
        (("next", "--url", "file:///etc/hosts"), 69),
        (("next", "--url", "http://127.0.0.1:9"), 69),
    ],
)
def test_what_cannot_be_answered_is_said(words: tuple[str, ...], code: int) -> None:
    assert answer("calendar", *words, code=code)["error"]["message"]


def test_the_file_for_other_calendars_is_written() -> None:
    done = run("calendar", "ical")
    assert done.stdout.startswith("BEGIN:VCALENDAR\n")  # text mode: line ends are told by the door's own test
    assert "UID:holiday-20260215@china.yutan" in done.stdout


def test_a_market_opens_only_on_trading_days_and_learns_of_new_ones(tmp_path: Path) -> None:
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    file = tmp_path / "2027.toml"
    file.write_text(NOTICE, encoding="utf-8")

    def operator(*words: str, code: int = 0, person: str = FIRST) -> Any:
        return answer("operator", *words, "--operator", person, "--data", str(data), code=code)

    def both(*words: str) -> None:
        proposed = operator(*words)
        assert proposed["status"] == "pending", proposed
        assert operator("approve", proposed["proposal_id"], person=SECOND)["status"] == "done"

    with serving(data) as running:
        refused = operator("open-day", "20261010", code=20)["error"]
        assert refused["name"] == "NOT_TRADING_DAY"
        assert operator("open-day", "20270104", code=20)["error"]["name"] == "CALENDAR_ENDED"
        both("announce-closure", "20261123", "--last", "20261124", "--basis", "渝交所〔2026〕9号")
        both("announce-opening", "20261128", "--basis", "渝交所〔2026〕10号")
        both("adopt-holidays", str(file))
        assert operator("open-day", "20261124", code=20)["error"]["name"] == "NOT_TRADING_DAY"
        found = answer("calendar", "next", "--on", "20261120", "--data", str(data))
        assert found["next_trading_day"] == "2026-11-25"
        rows = answer("calendar", "show", "--year", "2026", "--url", running.http_url)
        assert [row["source"] for row in rows if "公告" in row["what"]] == ["渝交所〔2026〕9号", "渝交所〔2026〕10号"]
        left = answer("calendar", "days-left", "--on", "20261201", "--data", str(data))
        assert (left["last_day"], left["alarm"]) == ("2027-12-31", "")
        with urllib.request.urlopen(f"{running.http_url}/calendar.ics", timeout=DEADLINE_S) as reply:
            assert b"UID:holiday-20270101@chongqing.yutan\r\n" in reply.read()
        with urllib.request.urlopen(f"{running.http_url}/metrics", timeout=DEADLINE_S) as reply:
            assert b"yutan_calendar_trading_days_left " in reply.read()
        assert operator("open-day", "20261128")["status"] == "done"
    with serving(data):
        assert answer("calendar", "next", "--on", "20261231", "--data", str(data))["next_trading_day"] == "2027-01-04"


def test_a_file_that_holds_no_notice_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    words = ("operator", "adopt-holidays", str(file), "--operator", FIRST, "--data", str(tmp_path))
    assert answer(*words, code=66)["error"]["message"]
    file.write_text(NOTICE.replace("2026-12-26", "2026-12-25"), encoding="utf-8")
    assert "make-up working day" in answer(*words, code=65)["error"]["message"]
    file.write_text(
        NOTICE + NOTICE.replace("2027", "2028").replace("2026", "2027").replace("2027-12-26", "2027-12-25"),
        encoding="utf-8",
    )
    assert "holds 2 years" in answer(*words, code=65)["error"]["message"]
