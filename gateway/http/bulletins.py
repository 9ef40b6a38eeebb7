"""Bulletins as the public may have them: only published ones, as the very bytes that were hashed, or as a table.

A bulletin is named by its period (2026-11-20, 2026-W47, 2026-11, 2026). Its name alone is its newest version; `.v1`, `.v2`
name one version for good, so that a correction takes nothing away.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from engine.core import reasons
from engine.core.calendar import DAY, MONTH, WEEK, YEAR, period_span
from engine.title import Title
from engine.view import MarketView
from gateway.http.datafiles import Dataset
from gateway.http.replies import Refused
from gateway.http.sources import Sources
from gateway.protocol.times import day_text
from gateway.tables import Column, Row, Table, texts

_NAME: Final = re.compile(r"(?P<period>[0-9W-]{4,10})(?:\.v(?P<version>[1-9][0-9]{0,3}))?", re.ASCII)

COLUMNS: Final = (
    Column("code", "品种代码", ("code",), "string"),
    Column("name_zh", "品种名称", ("name_zh",), "string"),
    Column("product", "产品", ("product",), "string"),
    Column("vintage", "年份", ("vintage",), "string"),
    Column("previous_close", "前收盘价", ("previous_close",), "yuan"),
    Column("open", "开盘价", ("open",), "yuan"),
    Column("high", "最高价", ("high",), "yuan"),
    Column("low", "最低价", ("low",), "yuan"),
    Column("close", "收盘价", ("close",), "yuan"),
    Column("change", "涨跌", ("change",), "yuan"),
    Column("change_percent", "涨跌幅%", ("change_percent",)),
    Column("average", "均价", ("average",), "yuan"),
    Column("tonnes", "成交量", ("listed", "tonnes"), "integer"),
    Column("turnover", "成交额(元)", ("listed", "turnover"), "yuan"),
    Column("trades", "成交笔数", ("listed", "trades"), "integer"),
    Column("opening_call_tonnes", "开盘集合竞价成交量", ("listed", "opening_call", "tonnes"), "integer"),
    Column("continuous_tonnes", "连续交易成交量", ("listed", "continuous", "tonnes"), "integer"),
    Column("closing_call_tonnes", "收盘集合竞价成交量", ("listed", "closing_call", "tonnes"), "integer"),
    Column("auction_tonnes", "有偿竞价与回购成交量", ("auction", "tonnes"), "integer"),
    Column("auction_turnover", "有偿竞价与回购成交额", ("auction", "turnover"), "yuan"),
    Column("block_tonnes", "大宗协议成交量", ("block", "tonnes"), "integer"),
    Column("block_turnover", "大宗协议成交额", ("block", "turnover"), "yuan"),
    Column("block_trades", "大宗协议笔数", ("block", "trades"), "integer"),
    Column("cumulative_tonnes", "累计成交量", ("cumulative", "tonnes"), "integer"),
    Column("cumulative_turnover", "累计成交额", ("cumulative", "turnover"), "yuan"),
)
_UNIT: Final = Column("unit", "计量单位", ("unit",), "string")  # of the columns called tonnes: t, or a right's own unit
_IN_FILES: Final = (*COLUMNS[:4], _UNIT, *COLUMNS[4:])
_DAY_COLUMNS: Final = (Column("trading_day", "交易日", ("trading_day",), "date"), *_IN_FILES)
_PERIOD_COLUMNS: Final = (
    Column("period", "期间", ("period",), "string"),
    Column("first_day", "首个交易日", ("first_day",), "date"),
    Column("trading_day", "末个交易日", ("trading_day",), "date"),
    *_IN_FILES,
)
KEY: Final = ("trading_day", "code")
KINDS: Final = {
    DAY: "每日公报 Daily bulletins", WEEK: "周报 Weekly bulletins", MONTH: "月报 Monthly bulletins",
    YEAR: "年报 Yearly bulletins",
}  # fmt: skip
_OF_DOCUMENT: Final[tuple[str, ...]] = ("period", "first_day", "trading_day")


class Issue(NamedTuple):
    """One published version of a bulletin. Days are ISO; number is its place in its chain; `is_newest` of its period."""

    kind: str
    period: str
    version: int
    first_day: str
    last_day: str
    number: int
    sha256: str
    supersedes: str
    is_newest: bool

    @property
    def name(self) -> str:
        """What names this version: the period alone while there is no other."""
        return self.period if self.is_newest else f"{self.period}.v{self.version}"


async def issues(title: Title, kind: str = "") -> list[Issue]:
    """Published bulletins, newest period first and of each the newest version first."""
    found = [
        Issue(DAY, day, 1, day, day, row.number, row.sha256, "", False)
        for row in await title.bulletins()
        if row.published and kind in ("", DAY)
        for day in (day_text(row.trading_day),)
    ]
    found += [
        Issue(
            row.kind, row.period, row.version, day_text(row.first_day), day_text(row.last_day), row.number, row.sha256,
            row.supersedes, False,
        )
        for row in await title.publications()
        if row.published and kind in ("", row.kind)
    ]  # fmt: skip
    found.sort(key=lambda issue: (issue.last_day, issue.kind, issue.period, issue.version), reverse=True)
    newest: dict[str, int] = {}
    for issue in found:
        newest[issue.period] = max(newest.get(issue.period, 0), issue.version)
    return [issue._replace(is_newest=newest[issue.period] == issue.version) for issue in found]


def index_row(issue: Issue) -> dict[str, Any]:
    """What the index says of a bulletin, with the addresses of its files, which stay the same for good."""
    base = f"/bulletins/{issue.name}"
    return {
        "kind": issue.kind,
        "period": issue.period,
        "version": issue.version,
        "first_day": issue.first_day,
        "trading_day": issue.last_day,
        "number": issue.number,
        "sha256": issue.sha256,
        "supersedes": issue.supersedes or None,
        "is_newest": issue.is_newest,
        "page": base,
        "json": f"/api/v1{base}.json",
        "sig": f"/api/v1{base}.sig",
        "csv": f"/api/v1{base}.csv",
        "parquet": f"/api/v1{base}.parquet",
    }


async def published_bulletin(title: Title, name: str) -> tuple[Issue, bytes]:
    """The published bulletin of this name. Raises `Refused`: INVALID_FIELD or UNKNOWN_DOCUMENT."""
    matched = _NAME.fullmatch(name)
    try:
        kind, _, _ = period_span(matched["period"] if matched else "")
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "period", "write it as 2026-11-20, 2026-W47, 2026-11 or 2026") from error
    assert matched is not None
    wanted = int(matched["version"] or 0)
    for issue in await issues(title, kind):
        if issue.period == matched["period"] and (issue.version == wanted or (not wanted and issue.is_newest)):
            return issue, await body_of(title, issue)
    raise Refused(reasons.UNKNOWN_DOCUMENT, "period")


async def body_of(title: Title, issue: Issue) -> bytes:
    """The bytes of a published bulletin."""
    if issue.kind == DAY and issue.version == 1:
        body = await title.bulletin(int(issue.period.replace("-", "")))
    else:
        body = await title.publication(issue.period, issue.version)
    assert body is not None, f"{issue.period} v{issue.version} is listed but has no content"
    return body


def bulletin_rows(document: dict[str, Any]) -> list[list[str]]:
    """One row of texts for each instrument, in the order of `COLUMNS`; what the bulletin does not say is empty."""
    return texts(COLUMNS, document["instruments"])


def columns_of(kind: str) -> tuple[Column, ...]:
    """The columns of the table of bulletins of this kind."""
    return _DAY_COLUMNS if kind == DAY else _PERIOD_COLUMNS


def units_of(view: MarketView) -> dict[str, str]:
    """What the quantities of each product count."""
    return {code: product.unit_en for code, product in view.rulebook().products.items()}


def table_rows(document: dict[str, Any], units: Mapping[str, str]) -> list[Row]:
    """A bulletin's rows with what names the bulletin itself, and the unit of their quantities."""
    named = {name: document[name] for name in _OF_DOCUMENT if name in document}
    return [{**row, "unit": units.get(row["product"]), **named} for row in document["instruments"]]


def bulletin_set(name: str, issue: Issue, body: bytes, units: Mapping[str, str]) -> Dataset:
    """One bulletin as a table; `name` is what it was asked for by."""
    table = Table(f"bulletin-{name}", f"{KINDS[issue.kind]} {name}", columns_of(issue.kind), KEY, ())

    async def rows() -> list[Row]:
        return table_rows(msgspec.json.decode(body), units)

    return Dataset(table, issue.sha256, rows)


def bulletins_set(sources: Sources, name: str, kind: str, wanted: Sequence[Issue]) -> Dataset:
    """Several bulletins of one kind as one table, in the order given."""
    table = Table(name, f"{KINDS[kind]} {name.partition('-')[2]}", columns_of(kind), KEY, ())
    units = units_of(sources.view)

    async def rows() -> list[Row]:
        return [
            row
            for issue in wanted
            for row in table_rows(msgspec.json.decode(await body_of(sources.title, issue)), units)
        ]

    return Dataset(table, " ".join(issue.sha256 for issue in wanted), rows)
