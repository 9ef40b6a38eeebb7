"""Files of the bulletins under addresses that stay: one bulletin, a year of them as one table, and what describes them."""

from typing import Any, Final

import msgspec
from litestar import Response

from engine.core import reasons
from engine.core.calendar import DAY, MONTH, WEEK, YEAR
from engine.title import Title
from gateway.http.bulletins import (
    Issue,
    body_of,
    bulletin_csv,
    columns_of,
    index_row,
    issues,
    published_bulletin,
    table_rows,
)
from gateway.http.replies import JSON, AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources
from gateway.http.tables import csv_bytes, schema

CSV: Final = "text/csv"
_HOUR_S: Final = 3_600
_TITLES: Final = {
    DAY: "每日公报 Daily bulletins", WEEK: "周报 Weekly bulletins", MONTH: "月报 Monthly bulletins",
    YEAR: "年报 Yearly bulletins",
}  # fmt: skip


async def file_reply(request: AnyRequest, sources: Sources, name: str) -> Response[bytes]:
    """The file of this name. Raises `Refused` where there is none."""
    title = sources.title
    if name == "index.json":
        return json_reply(request, {"bulletins": [index_row(issue) for issue in await issues(title)]})
    if name == "datapackage.json":
        return json_reply(request, _data_package(sources, await issues(title)))
    stem, _, form = name.rpartition(".")
    kind, _, year = stem.partition("-")
    if kind in _TITLES and form == "csv":
        return _table_reply(request, name, await _year_table(title, kind, year))
    if form not in ("json", "csv"):
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "ask for .json or .csv")
    return await bulletin_file(request, title, stem, form)


async def bulletin_file(request: AnyRequest, title: Title, name: str, form: str) -> Response[bytes]:
    """One published bulletin as the bytes that were hashed, or as a table. A named version never changes."""
    issue, body = await published_bulletin(title, name)
    max_age_s = (
        _HOUR_S if name != issue.period else 0
    )  # the period alone is its newest version, which may come any time
    if form == "json":
        return bytes_reply(request, body, JSON, max_age_s)
    headers = {"content-disposition": f'attachment; filename="bulletin-{name}.csv"'}
    return bytes_reply(request, bulletin_csv(body), CSV, max_age_s, headers)


async def signature(request: AnyRequest, sources: Sources, name: str) -> Response[bytes]:
    """The exchange's signature over a published bulletin's bytes, 64 bytes."""
    if sources.proofs is None:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "this exchange signs nothing")
    _, body = await published_bulletin(sources.title, name)
    return bytes_reply(request, sources.proofs.sign(body), "application/octet-stream", 0)


def _table_reply(request: AnyRequest, name: str, body: bytes) -> Response[bytes]:
    return bytes_reply(request, body, CSV, 0, {"content-disposition": f'attachment; filename="{name}"'})


async def _year_table(title: Title, kind: str, year: str) -> bytes:
    """The newest versions of a year's bulletins of one kind as one table, oldest first, with one line of names."""
    wanted = [issue for issue in await issues(title, kind) if issue.is_newest and issue.period[:4] == year]
    if not wanted:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name")
    rows: list[dict[str, Any]] = []
    for issue in reversed(wanted):
        rows += table_rows(msgspec.json.decode(await body_of(title, issue)))
    return csv_bytes(columns_of(kind), rows, headings=False)


def _data_package(sources: Sources, found: list[Issue]) -> dict[str, Any]:
    """A description of the tables for programs (Frictionless Data Package): a table for each kind and year."""
    rules = sources.view.rulebook()
    tables = sorted({(issue.kind, issue.period[:4]) for issue in found})
    return {
        "profile": "tabular-data-package",
        "name": f"bulletins-{rules.market}",
        "title": f"{rules.name_zh} 公报 {rules.name_en}: bulletins",
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": f"{kind}-{year}",
                "title": f"{_TITLES[kind]} {year}",
                "path": f"{kind}-{year}.csv",
                "format": "csv",
                "mediatype": CSV,
                "encoding": "utf-8",
                "schema": {**schema(columns_of(kind)), "primaryKey": ["trading_day", "code"]},
            }
            for kind, year in tables
        ],
    }
