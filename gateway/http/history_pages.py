"""What an instrument did day by day, as a page with a chart and as a file under an address that stays."""

from typing import Final

import msgspec
from litestar import Response, get
from litestar.response import Template

from engine.core import reasons
from engine.view import InstrumentView
from gateway.http import queries
from gateway.http.datasets import HISTORY, daily_rows
from gateway.http.files import table_file
from gateway.http.pages import grouped, page
from gateway.http.replies import AnyRequest, Refused
from gateway.http.sources import Sources, sources_of
from gateway.protocol.times import day_text
from gateway.tables import Row, csv_bytes

_FILE: Final = ".csv"
_SHOWN: Final = tuple(column for column in HISTORY if column.name not in ("instrument", "unit"))


class HistoryQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Trading days `from` to `to`, both included. Without: the last year."""

    day_from: queries.Day | None = msgspec.field(name="from", default=None)
    day_to: queries.Day | None = msgspec.field(name="to", default=None)


class History(msgspec.Struct, frozen=True):
    """Days with trades on the list, oldest first, as rows of `HISTORY`."""

    instrument: InstrumentView
    day_from: str
    day_to: str
    rows: list[Row]


async def _history(request: AnyRequest, sources: Sources, code: str) -> History:
    query = queries.read(request, HistoryQuery)
    found = sources.view.instrument(sources.view.instrument_number(code))
    if found is None:
        raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
    day_to = queries.day_of(query.day_to, sources.view.day().trading_day, "to")
    year_before = max((day_to // 100 - 100) * 100 + 1, 0)  # the first of the same month
    day_from = queries.day_of(query.day_from, year_before, "from")
    if day_from > day_to:
        raise Refused(reasons.INVALID_FIELD, "to", "is before from")
    rows = await daily_rows(sources, found, day_from, day_to)
    return History(found, day_text(day_from), day_text(day_to), rows)


@get("/history/{code:str}")
async def history_page(request: AnyRequest) -> Template | Response[bytes]:
    """The trading days of an instrument: its page, or with `.csv` behind the code its file."""
    sources = sources_of(request)
    code = request.path_params["code"]
    if code.endswith(_FILE):
        found = await _history(request, sources, code.removesuffix(_FILE))
        return table_file(
            request, f"history-{found.instrument.code}.csv", csv_bytes(HISTORY, found.rows, headings=False), "csv"
        )
    found = await _history(request, sources, code)
    return page(
        request,
        sources,
        "history.html",
        found=found,
        columns=_SHOWN,
        grouped=grouped,
        instruments=sources.view.instruments(),
    )


HANDLERS: Final = [history_page]
