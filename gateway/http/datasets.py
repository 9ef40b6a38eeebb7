"""Open data under addresses that stay: the tables of a day, a week, a month or a year, each as CSV, JSON and Parquet.

`/data/2026-11-20/datapackage.json` describes the files of that folder (Frictionless Data Package): schema, size, SHA-256, licence.
Only closed days are in them, so a day's files do not change any more, save by a published correction of its bulletin.
"""

from typing import Any, Final

import msgspec
from litestar import Response, get

from engine.core import reasons
from engine.core.calendar import DAY, MONTH, WEEK, YEAR, period_name, period_span
from engine.view import InstrumentView
from gateway.feed.instrument import bar_data, trade_data
from gateway.feed.tape import MINUTES_A_DAY, ROWS_MAX
from gateway.http import queries
from gateway.http.bulletins import bulletins_set, issues
from gateway.http.datafiles import Dataset, data_files
from gateway.http.files import table_file
from gateway.http.pages import page
from gateway.http.replies import AnyRequest, Refused, is_reader, json_reply
from gateway.http.sources import Sources, sources_of
from gateway.protocol.times import day_text
from gateway.tables import FORMS, Column, Row, Table, data_package

TRADES_MAX: Final = 500_000  # in one file; further ones are had page by page from /api/v1/trades
PACKAGE: Final = "datapackage.json"
_TRADES: Final = (
    Column("trade", "成交编号", ("trade_id",), "string"),
    Column("instrument", "品种代码", ("instrument",), "string"),
    Column("trading_day", "交易日", ("trading_day",), "date"),
    Column("at", "成交时间", ("time",), "datetime"),
    Column("price", "成交价", ("price",), "yuan"),
    Column("quantity", "成交量", ("quantity",), "integer"),
    Column("unit", "计量单位", ("unit",), "string"),
    Column("amount", "成交额", ("amount",), "yuan"),
    Column("taker_side", "主动方", ("taker_side",), "string"),
    Column("voided", "已撤销", ("voided",), "string"),
)
HISTORY: Final = (
    Column("instrument", "品种代码", ("instrument",), "string"),
    Column("trading_day", "交易日", ("trading_day",), "date"),
    Column("open", "首笔成交价", ("open",), "yuan"),
    Column("high", "最高价", ("high",), "yuan"),
    Column("low", "最低价", ("low",), "yuan"),
    Column("last", "末笔成交价", ("close",), "yuan"),
    Column("quantity", "成交量", ("volume",), "integer"),
    Column("unit", "计量单位", ("unit",), "string"),
    Column("turnover", "成交额", ("turnover",), "yuan"),
    Column("trades", "成交笔数", ("trades",), "integer"),
)


@get("/data")
async def packages(request: AnyRequest) -> Response[Any]:
    """The data packages there are, newest first: one for each closed day, and each week, month and year with such a day.

    A browser gets them as a page with the files of each.
    """
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    known = {(kind, period_name(kind, day)) for day in await _closed_days(sources) for kind in (DAY, WEEK, MONTH, YEAR)}
    rows = [
        {"kind": kind, "period": period, "package": f"/data/{period}/{PACKAGE}"}
        for kind, period in sorted(known, key=lambda one: period_span(one[1])[1:], reverse=True)
    ]
    if is_reader(request):
        code = next((found.code for found in sources.view.instruments()), "")
        groups = [(kind, [row["period"] for row in rows if row["kind"] == kind]) for kind in (MONTH, DAY, WEEK, YEAR)]
        return page(request, sources, "data.html", groups=groups, forms=data_files(request).forms, day=DAY, code=code)
    return json_reply(request, {"packages": rows}, vary="accept")


@get("/data/{period:str}/{name:str}")
async def data_file(request: AnyRequest) -> Response[bytes]:
    """A file of a period's data package, or `datapackage.json`, which names and describes them all."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    period, name = request.path_params["period"], request.path_params["name"]
    sets = await _sets(sources, period)
    files = data_files(request)
    if name == PACKAGE:
        resources = [await files.resource(found, form) for found in sets.values() for form in files.forms]
        rules = sources.view.rulebook()
        title = f"{rules.name_zh} {period} 公开数据 {rules.name_en}: open data"
        licence = sources.settings.data_licence
        return json_reply(request, data_package(f"{rules.market}-{period}".lower(), title, licence, resources))
    stem, _, form = name.rpartition(".")
    if stem not in sets or form not in FORMS:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", f"/data/{period}/{PACKAGE} names the files there are")
    return table_file(request, name, await files.body(sets[stem], form), form)


async def _closed_days(sources: Sources) -> list[int]:
    return sorted(row.trading_day for row in await sources.title.bulletins())


async def _sets(sources: Sources, period: str) -> dict[str, Dataset]:
    """The tables of a period by name; a year's trades are in its months. Raises `Refused` where no day of it is closed."""
    try:
        kind, first, last = period_span(period)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "period", "write it as 2026-11-20, 2026-W47, 2026-11 or 2026") from error
    days = [day for day in await _closed_days(sources) if first <= day <= last]
    if not days:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "period")
    found = [_history(sources, period, days)]
    told = await issues(sources.title, DAY)
    wanted = [
        issue for issue in reversed(told) if issue.is_newest and day_text(first) <= issue.period <= day_text(last)
    ]
    if wanted:
        found.append(bulletins_set(sources, f"bulletins-{period}", DAY, wanted))
    if kind != YEAR:
        found += [_trades(sources, day) for day in days]
    return {each.table.name: each for each in found}


def _history(sources: Sources, period: str, days: list[int]) -> Dataset:
    """First, highest, lowest and last price, volume and value of each instrument on each day on which it was traded."""

    async def rows() -> list[Row]:
        found: list[Row] = []
        for instrument in sources.view.instruments():
            found += await daily_rows(sources, instrument, days[0], days[-1])
        return sorted(found, key=lambda row: str(row["trading_day"]))

    table = Table(f"history-{period}", f"历史行情 Daily history {period}", HISTORY, ("trading_day", "instrument"), ())
    return Dataset(table, f"{days[0]} {days[-1]} {len(days)}", rows)


async def daily_rows(sources: Sources, instrument: InstrumentView, first: int, last: int) -> list[Row]:
    """An instrument's days with trades on the list, oldest first, as rows for `HISTORY`."""
    bars = await sources.tape.bars(instrument.number, first, last, MINUTES_A_DAY)
    return [
        {**_told(instrument, bar_data(bar, instrument.tick_fen)), "trading_day": day_text(bar.trading_day)}
        for bar in bars
    ]


def _trades(sources: Sources, day: int) -> Dataset:
    """Every public trade of a day, and whether it was voided since."""

    async def rows() -> list[Row]:
        found: list[tuple[int, Row]] = []
        for instrument in sources.view.instruments():
            after = 0
            while page := await sources.tape.trades(instrument.number, day, after, ROWS_MAX):
                after = page[-1].trade
                for trade in page:
                    told = _told(instrument, trade_data(trade, instrument.tick_fen))
                    found.append(
                        (
                            trade.trade,
                            {**told, "trading_day": day_text(day), "voided": "yes" if trade.is_voided else ""},
                        )
                    )
                if len(found) > TRADES_MAX:
                    raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "too many for one file: /api/v1/trades has pages")
        return [row for _, row in sorted(found, key=lambda one: one[0])]

    name = f"trades-{day_text(day)}"
    return Dataset(
        Table(name, f"逐笔成交 Trades {day_text(day)}", _TRADES, ("trade",), ()),
        str(sources.view.void_count(day)),
        rows,
    )


def _told(instrument: InstrumentView, data: msgspec.Struct) -> dict[str, Any]:
    return {"instrument": instrument.code, "unit": instrument.unit_en, **msgspec.to_builtins(data)}


HANDLERS: Final = [packages, data_file]
