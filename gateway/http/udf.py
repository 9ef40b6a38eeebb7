"""Bars in the form that charting libraries ask for (Universal Data Feed): config, symbols, search, history, time.

The same bars as `/api/v1/kline`, read from the same store. Times are seconds since 1970, prices numbers; a day's bar begins at
midnight UTC of its trading day, as charts expect it.
"""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get
from msgspec import Meta

from engine.core import phases, reasons
from engine.core.calendar import as_date, local_day, shift
from engine.core.rulebook import RuleBook
from engine.view import InstrumentView
from gateway.feed.records import Bar
from gateway.http.queries import BAR_MINUTES, NoQuery, read
from gateway.http.replies import AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources, sources_of

EXCHANGE: Final = "YUTAN"
RESOLUTIONS: Final = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "1D": "1d"}
BACK_DAYS_MAX: Final = 400  # how far `countback` looks before `from`
_DAY: Final = ("1D", "D")
_TRADED: Final = frozenset(number for number, (place, _, _) in enumerate(phases.ALLOWS) if place)
_SECONDS_MAX: Final = 4_102_444_800  # the year 2100
Seconds = Annotated[int, Meta(ge=0, le=_SECONDS_MAX)]


class SymbolQuery(msgspec.Struct, forbid_unknown_fields=True):
    """One instrument; a name with the exchange before a colon is taken too."""

    symbol: Annotated[str, Meta(pattern=r"^([A-Z]{1,16}:)?[A-Za-z0-9._-]{1,32}$")]


class SearchQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Instruments whose code or name has `query` in it."""

    query: Annotated[str, Meta(max_length=64)] = ""
    type: Annotated[str, Meta(max_length=32)] = ""
    exchange: Annotated[str, Meta(max_length=32)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 30


class HistoryQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Bars that begin from `from` on and before `to`; with `countback` the last so many before `to`, whatever `from` says."""

    symbol: Annotated[str, Meta(pattern=r"^([A-Z]{1,16}:)?[A-Za-z0-9._-]{1,32}$")]
    resolution: Annotated[str, Meta(pattern="^(1|5|15|60|D|1D)$")]
    first: Seconds = msgspec.field(name="from")
    to: Seconds
    countback: Annotated[int, Meta(ge=1, le=10_000)] | None = None


@get("/config", sync_to_thread=False)
def config(request: AnyRequest) -> Response[bytes]:
    """What this feed can do."""
    read(request, NoQuery)
    value = {
        "supported_resolutions": list(RESOLUTIONS),
        "exchanges": [{"value": EXCHANGE, "name": "渝碳 Yutan", "desc": "渝碳 Yutan"}],
        "supports_search": True,
        "supports_group_request": False,
        "supports_marks": False,
        "supports_timescale_marks": False,
        "supports_time": True,
    }
    return json_reply(request, value)


@get("/time", sync_to_thread=False)
def feed_time(request: AnyRequest) -> Response[bytes]:
    """The exchange's clock in seconds since 1970, as bare text."""
    read(request, NoQuery)
    return bytes_reply(request, str(sources_of(request).now_ns() // 1_000_000_000).encode(), "text/plain")


@get("/symbols", sync_to_thread=False)
def symbols(request: AnyRequest) -> Response[bytes]:
    """One instrument as charts know it."""
    sources, query = sources_of(request), read(request, SymbolQuery)
    found = _named(sources, query.symbol)
    rules = sources.view.rulebook()
    value = {
        "name": found.code,
        "ticker": found.code,
        "description": f"{found.name_zh} {found.name_en}",
        "type": "commodity",
        "exchange": EXCHANGE,
        "listed_exchange": EXCHANGE,
        "session": _session(rules),
        "timezone": "Asia/Shanghai" if rules.utc_offset_minutes == 480 else "Etc/UTC",
        "format": "price",
        "minmov": found.tick_fen,
        "pricescale": 100,
        "has_intraday": True,
        "has_daily": True,
        "intraday_multipliers": ["1", "5", "15", "60"],
        "supported_resolutions": list(RESOLUTIONS),
        "volume_precision": 0,
        "data_status": "streaming",
        "currency_code": "CNY",
    }
    return json_reply(request, value)


@get("/search", sync_to_thread=False)
def search(request: AnyRequest) -> Response[bytes]:
    """Instruments by code or name."""
    sources, query = sources_of(request), read(request, SearchQuery)
    wanted = query.query.lower()
    rows = [
        {
            "symbol": found.code,
            "full_name": f"{EXCHANGE}:{found.code}",
            "ticker": found.code,
            "description": f"{found.name_zh} {found.name_en}",
            "exchange": EXCHANGE,
            "type": "commodity",
        }
        for found in sources.view.instruments()
        if wanted in f"{found.code} {found.name_zh} {found.name_en}".lower()
        and query.exchange in ("", EXCHANGE)
        and query.type in ("", "commodity")
    ]
    return json_reply(request, rows[: query.limit])


@get("/history")
async def history(request: AnyRequest) -> Response[bytes]:
    """Bars as columns: t, o, h, l, c, v; `no_data` where there are none."""
    sources, query = sources_of(request), read(request, HistoryQuery)
    found = _named(sources, query.symbol)
    is_daily = query.resolution in _DAY
    offset = 0 if is_daily else sources.view.rulebook().utc_offset_minutes
    last_day = local_day(query.to * 1_000_000_000, offset)
    first_day = local_day(min(query.first, query.to) * 1_000_000_000, offset)
    if query.countback is not None:
        first_day = shift(last_day, -BACK_DAYS_MAX)
    minutes = BAR_MINUTES["1d" if is_daily else RESOLUTIONS[query.resolution]]
    rows = [(_start(bar), bar) for bar in await sources.tape.bars(found.number, first_day, last_day, minutes)]
    rows = [row for row in rows if row[0] < query.to and (query.countback is not None or row[0] >= query.first)]
    if query.countback is not None:
        rows = rows[-query.countback :]
    if not rows:
        return json_reply(request, {"s": "no_data"})
    return json_reply(request, {"s": "ok", "t": [start for start, _ in rows], **_columns(rows, found.tick_fen)})


def _columns(rows: list[tuple[int, Bar]], tick_fen: int) -> dict[str, Any]:
    def prices(name: str) -> list[float]:
        return [getattr(bar, f"{name}_ticks") * tick_fen / 100 for _, bar in rows]

    ends = {"o": prices("open"), "h": prices("high"), "l": prices("low"), "c": prices("close")}
    return {**ends, "v": [bar.tonnes for _, bar in rows]}


def _start(bar: Bar) -> int:
    """When a bar begins, in seconds; a day's at midnight UTC."""
    if bar.start_ns:
        return bar.start_ns // 1_000_000_000
    day = as_date(bar.trading_day)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _session(rules: RuleBook) -> str:
    """The hours in which orders are taken, such as 0930-1130,1300-1500."""
    rows = rules.timetable
    spans: list[list[int]] = []
    for row, after in pairwise(rows):
        if row.phase not in _TRADED:
            continue
        if spans and spans[-1][1] == row.at_second:
            spans[-1][1] = after.at_second
        else:
            spans.append([row.at_second, after.at_second])
    return ",".join("-".join(f"{second // 3600:02}{second // 60 % 60:02}" for second in span) for span in spans)


def _named(sources: Sources, symbol: str) -> InstrumentView:
    found = sources.view.instrument(sources.view.instrument_number(symbol.rpartition(":")[2]))
    if found is None:
        raise Refused(reasons.UNKNOWN_INSTRUMENT, "symbol")
    return found


ROUTER: Final = Router("/udf", route_handlers=[config, feed_time, symbols, search, history])
