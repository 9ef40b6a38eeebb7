"""Files of holiday notices: every fault is told at once, and what is shipped agrees with those who also keep count."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine import notices
from engine.core.calendar import Calendar, as_number, days_between

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SHIPPED = notices.shipped()
CHINA = Calendar("china", SHIPPED)
ONE = """
[2027]
source = "国办发明电〔2026〕1号"
published = 2026-11-10
holidays = [{ name_zh = "元旦", name_en = "New Year", first = 2027-01-01, last = 2027-01-03 }]
workdays = [2026-12-26]
"""


def test_a_file_of_one_year_is_read() -> None:
    (found,) = notices.parse(ONE)
    assert (found.year, found.published, found.workdays) == (2027, 20261110, (20261226,))
    assert found.holidays[0].last_day == 20270103


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[2027]", "[next]", "[next]: a table is named by its year"),
        ("[2027]", "[2030]", "[2030]: 20270101 is not in 2030"),
        ("published = 2026-11-10", "published = '2026-11-40'", "[2027]: Invalid"),
        ("workdays = [2026-12-26]", "", "missing required field `workdays`"),
        ("workdays = [2026-12-26]", "workdays = [2026-12-25]", "[2027]: 20261225: a make-up working day is"),
        ("source =", "sauce = 1\nsource =", "unknown field `sauce`"),
        ("]\n", "]]\n", "not TOML"),
    ],
)
def test_a_bad_file_is_refused_with_its_year(old: str, new: str, fault: str) -> None:
    with pytest.raises(notices.NoticeError) as caught:
        notices.parse(ONE.replace(old, new, 1))
    assert fault in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(notices.NoticeError) as caught:
        notices.parse(ONE + "\n[x]\n\n[2028]\nsource = 1\n")
    assert [fault[:6] for fault in caught.value.faults] == ["[2028]", "[x]: a"]
    with pytest.raises(notices.NoticeError, match="no year"):
        notices.parse("")


def test_the_shipped_years_follow_each_other() -> None:
    years = [notice.year for notice in SHIPPED]
    assert years == list(range(2021, 2021 + len(years)))
    assert len(years) >= 6
    assert all(f"〔{notice.year - 1}〕" in notice.source for notice in SHIPPED)


def test_every_working_day_agrees_with_chinesecalendar() -> None:
    other = pytest.importorskip("chinese_calendar")
    day, differ = date(2021, 1, 1), []
    while day <= date(2026, 12, 31):
        if other.is_workday(day) != CHINA.is_working_day(as_number(day)):
            differ.append(day)
        day += timedelta(days=1)
    assert differ == []


@pytest.mark.parametrize("notice", SHIPPED, ids=lambda notice: str(notice.year))
def test_each_notice_agrees_with_the_recorded_one(notice: notices.HolidayNotice) -> None:
    path = DATA / "cn_holidays" / f"{notice.year}.json"
    if not path.exists():
        pytest.skip(f"{path.name}: the recorded holidays are not on this machine")
    days = json.loads(path.read_text(encoding="utf-8"))["days"]
    off = {int(row["date"].replace("-", "")) for row in days if row["isOffDay"]}
    worked = {int(row["date"].replace("-", "")) for row in days if not row["isOffDay"]}
    ours = {day for each in notice.holidays for day in days_between(each.first_day, each.last_day)}
    assert (ours, set(notice.workdays)) == (off, worked)


def test_trading_days_are_the_sessions_of_the_stock_exchange() -> None:
    path = DATA / "cn_trading_days" / "xshg_sessions.csv"
    if not path.exists():
        pytest.skip("the recorded sessions are not on this machine")
    with path.open(encoding="utf-8") as file:
        recorded = [int(row["date"].replace("-", "")) for row in csv.DictReader(file)]
    # 9 Feb 2024, New Year's Eve, was closed by the exchanges' own announcement and stands in no notice
    expected = sorted({*(day for day in recorded if day >= 20210101), 20240209})
    assert CHINA.trading_days(20210101, 20261231) == expected
