"""`yutan calendar …`: trading days, working days and deadlines; of the shipped holidays, or of a running exchange."""

import ssl
import sys
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from engine import notices
from engine.clock import wall_ns
from engine.core import reasons
from engine.core.calendar import BeyondCalendar, Calendar, HolidayNotice, as_date, as_number, local_day
from gateway.protocol.calendar import CalendarData, calendar_of, horizon_words, neighbours
from gateway.protocol.ical import ical
from gateway.protocol.times import day_text
from yutan import folder
from yutan.cli.options import Json
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, EXIT_UNREACHABLE, exit_code, fail, show

app = typer.Typer(no_args_is_help=True, help="Trading days, working days, deadlines (交易日历).")

CHINA_OFFSET_MINUTES = 480
TIMEOUT_S = 10.0
WEEKDAYS = ("周一 Mon", "周二 Tue", "周三 Wed", "周四 Thu", "周五 Fri", "周六 Sat", "周日 Sun")

Data = Annotated[
    Path | None, typer.Option("--data", help="The running exchange on this data folder; none: the shipped holidays.")
]
Url = Annotated[str, typer.Option("--url", help="HTTP address of an exchange elsewhere, such as http://host:9100.")]
On = Annotated[str, typer.Option("--on", help="Seen from this day, yyyymmdd; none: today.")]


class Source(NamedTuple):
    """A calendar, whose it is, and what its today is."""

    calendar: Calendar
    market: str
    utc_offset_minutes: int
    today: int


class _Served(CalendarData, frozen=True):
    market: str
    utc_offset_minutes: int


def notice_file(path: Path, as_json: bool) -> HolidayNotice:
    """The one notice in a file; every fault and exit where it holds none or several."""
    try:
        found = notices.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=EXIT_MISSING, as_json=as_json)
    except (UnicodeDecodeError, notices.NoticeError) as error:
        faults = error.faults if isinstance(error, notices.NoticeError) else [str(error)]
        fail("\n".join(f"{path}: {fault}" for fault in faults), code=EXIT_DATA, as_json=as_json)
    if len(found) != 1:
        fail(f"{path}: holds {len(found)} years; each is adopted by an act of its own", code=EXIT_DATA, as_json=as_json)
    return found[0]


def source_of(data: Path | None, url: str, on: str, as_json: bool) -> Source:
    """The calendar that was asked for."""
    tls = None
    if data is not None and not url:
        try:
            running = folder.read_running(data)
            url, tls = running.http_url, running.tls()
        except folder.FolderError as error:
            fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)
    if not url:
        today = day_of(on, as_json) if on else local_day(wall_ns(), CHINA_OFFSET_MINUTES)
        return Source(Calendar("china", notices.shipped()), "china", CHINA_OFFSET_MINUTES, today)
    served = _ask(f"{url.rstrip('/')}/api/v1/calendar", tls, as_json)
    today = day_of(on, as_json) if on else local_day(wall_ns(), served.utc_offset_minutes)
    return Source(calendar_of(served), served.market, served.utc_offset_minutes, today)


def _ask(url: str, tls: ssl.SSLContext | None, as_json: bool) -> _Served:
    if not url.startswith(("http://", "https://")):
        fail(f"{url}: not an http address", code=EXIT_UNREACHABLE, as_json=as_json)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=tls) as reply:
            return msgspec.json.decode(reply.read(), type=_Served)
    except (urllib.error.URLError, TimeoutError, msgspec.MsgspecError) as error:
        fail(f"{url}: {error}", code=EXIT_UNREACHABLE, as_json=as_json)


def day_of(text: str, as_json: bool) -> int:
    """A day as 20261123 or 2026-11-23."""
    try:
        return as_number(date.fromisoformat(text))
    except ValueError:
        fail(f"{text!r} is not a day such as 20261123", code=2, as_json=as_json)


def _ended(beyond: BeyondCalendar, as_json: bool) -> None:
    reason = reasons.BY_NUMBER[reasons.CALENDAR_ENDED]
    fail(str(beyond), code=exit_code(reason.number), as_json=as_json, reason=reason.number, name=reason.name)


@app.command("show")
def show_year(
    year: Annotated[
        int | None, typer.Option("--year", min=2000, max=2999, help="Year; none: the present one (年份).")
    ] = None,
    data: Data = None,
    url: Url = "",
    as_json: Json = False,
) -> None:
    """List a year's holidays, make-up working days and announcements (年度日历)."""
    source = source_of(data, url, "", as_json)
    calendar, year = source.calendar, year or source.today // 10_000
    notice = calendar.notices.get(year)
    if notice is None and not calendar.is_endless:
        _ended(BeyondCalendar(year * 10_000 + 101, calendar.horizon(source.today).last_day), as_json)
    rows = [] if notice is None else _notice_rows(notice)
    for each in calendar.announcements:
        if each.first_day // 10_000 <= year <= each.last_day // 10_000:
            what = "公告开市 opening" if each.is_open else "公告休市 closure"
            rows.append(_row(each.first_day, each.last_day, what, each.basis))
    show(sorted(rows, key=lambda row: str(row["first"])), as_json=as_json, title=f"{source.market} {year}")


def _notice_rows(notice: HolidayNotice) -> list[dict[str, Any]]:
    holidays = [_row(h.first_day, h.last_day, f"{h.name_zh} {h.name_en}", notice.source) for h in notice.holidays]
    return holidays + [_row(day, day, "调休上班 worked, not traded", notice.source) for day in notice.workdays]


def _row(first_day: int, last_day: int, what: str, source: str) -> dict[str, Any]:
    weekday = WEEKDAYS[as_date(first_day).weekday()]
    return {
        "first": day_text(first_day),
        "weekday": weekday,
        "last": day_text(last_day),
        "what": what,
        "source": source,
    }


@app.command("next")
def next_day(on: On = "", data: Data = None, url: Url = "", as_json: Json = False) -> None:
    """Say what a day is, and the trading days around it (下一交易日)."""
    source = source_of(data, url, on, as_json)
    show(neighbours(source.calendar, source.today), as_json=as_json, title=source.market)


@app.command("days-left")
def days_left(on: On = "", data: Data = None, url: Url = "", as_json: Json = False) -> None:
    """Say how far the calendar reaches; exit code 65 where somebody must adopt the next notice (剩余交易日)."""
    source = source_of(data, url, on, as_json)
    horizon = source.calendar.horizon(source.today)
    show({"day": day_text(source.today), **horizon_words(horizon)}, as_json=as_json, title=source.market)
    if horizon.alarm:
        raise typer.Exit(EXIT_DATA)


def _count(start: str, count: int, source: Source, as_json: bool, *, is_trading: bool) -> None:
    calendar, day = source.calendar, day_of(start, as_json)
    add = calendar.add_trading_days if is_trading else calendar.add_working_days
    try:
        end = add(day, count)
    except BeyondCalendar as beyond:
        _ended(beyond, as_json)
    except ValueError as error:
        fail(str(error), code=2, as_json=as_json)
    else:
        weekday = WEEKDAYS[as_date(end).weekday()]
        show({"from": day_text(day), "add": count, "day": day_text(end), "weekday": weekday}, as_json=as_json)


From = Annotated[str, typer.Argument(metavar="FROM", help="The day it begins, which itself does not count (起算日).")]
Add = Annotated[int, typer.Option("--add", help="How many days; negative: before (天数).")]


@app.command("working-day")
def working_day(start: From, add: Add, data: Data = None, url: Url = "", as_json: Json = False) -> None:
    """Say when a period in working days ends (工作日期限), such as the 7 days to object and the 10 to decide."""
    _count(start, add, source_of(data, url, "", as_json), as_json, is_trading=False)


@app.command("trading-day")
def trading_day(start: From, add: Add, data: Data = None, url: Url = "", as_json: Json = False) -> None:
    """Say which trading day is T+N (第 N 个交易日)."""
    _count(start, add, source_of(data, url, "", as_json), as_json, is_trading=True)


@app.command("ical")
def ical_file(data: Data = None, url: Url = "") -> None:
    """Write the calendar as iCalendar to standard output (导出 .ics)."""
    source = source_of(data, url, "", as_json=False)
    name = "中国节假日" if source.market == "china" else source.market
    sys.stdout.buffer.write(ical(source.calendar, source.market, name, source.utc_offset_minutes))
