"""Bulletins as the public may have them: only published ones, as the very bytes that were hashed, or as a table."""

import csv
import io
from typing import Any, Final, NamedTuple

import msgspec

from engine.core import reasons
from engine.title import BulletinRow, Title
from gateway.http.replies import Refused
from gateway.protocol.times import day_number

BOM: Final = "\ufeff"  # without it Excel and WPS garble UTF-8
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


class Column(NamedTuple):
    """One column of a bulletin's table: its name, its Chinese heading, and where its value lies in a row of the JSON."""

    name: str
    zh: str
    path: tuple[str, ...]
    is_text: bool = False


COLUMNS: Final = (
    Column("code", "品种代码", ("code",), True),
    Column("name_zh", "品种名称", ("name_zh",), True),
    Column("product", "产品", ("product",), True),
    Column("vintage", "年份", ("vintage",), True),
    Column("previous_close", "前收盘价", ("previous_close",)),
    Column("open", "开盘价", ("open",)),
    Column("high", "最高价", ("high",)),
    Column("low", "最低价", ("low",)),
    Column("close", "收盘价", ("close",)),
    Column("change", "涨跌", ("change",)),
    Column("change_percent", "涨跌幅%", ("change_percent",)),
    Column("average", "均价", ("average",)),
    Column("tonnes", "成交量(吨)", ("listed", "tonnes")),
    Column("turnover", "成交额(元)", ("listed", "turnover")),
    Column("trades", "成交笔数", ("listed", "trades")),
    Column("opening_call_tonnes", "开盘集合竞价成交量", ("listed", "opening_call", "tonnes")),
    Column("continuous_tonnes", "连续交易成交量", ("listed", "continuous", "tonnes")),
    Column("closing_call_tonnes", "收盘集合竞价成交量", ("listed", "closing_call", "tonnes")),
    Column("auction_tonnes", "有偿竞价与回购成交量", ("auction", "tonnes")),
    Column("auction_turnover", "有偿竞价与回购成交额", ("auction", "turnover")),
    Column("block_tonnes", "大宗协议成交量", ("block", "tonnes")),
    Column("block_turnover", "大宗协议成交额", ("block", "turnover")),
    Column("block_trades", "大宗协议笔数", ("block", "trades")),
    Column("cumulative_tonnes", "累计成交量", ("cumulative", "tonnes")),
    Column("cumulative_turnover", "累计成交额", ("cumulative", "turnover")),
)


async def published_bulletin(title: Title, day: str) -> tuple[BulletinRow, bytes]:
    """The published bulletin of an ISO day. Raises `Refused`: INVALID_FIELD or UNKNOWN_DOCUMENT."""
    try:
        trading_day = day_number(day)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "day", "write it as 2026-11-20") from error
    for row in await title.bulletins():
        if row.trading_day == trading_day and row.published:
            body = await title.bulletin(trading_day)
            if body is not None:
                return row, body
    raise Refused(reasons.UNKNOWN_DOCUMENT, "day")


def bulletin_rows(document: dict[str, Any]) -> list[list[str]]:
    """One row of texts for each instrument, in the order of `COLUMNS`; what the bulletin does not say is empty."""
    return [[_text(row, column.path) for column in COLUMNS] for row in document["instruments"]]


def bulletin_csv(body: bytes) -> bytes:
    """The bulletin for spreadsheets: UTF-8 with BOM, two header lines, CRLF, no cell that would run as a formula."""
    document = msgspec.json.decode(body)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["trading_day", *(column.name for column in COLUMNS)])
    writer.writerow(["交易日", *(column.zh for column in COLUMNS)])
    for row in bulletin_rows(document):
        writer.writerow([document["trading_day"], *(_harmless(text) for text in row)])
    return (BOM + out.getvalue()).encode()


def _text(row: dict[str, Any], path: tuple[str, ...]) -> str:
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def _harmless(text: str) -> str:
    digits = text.removeprefix("-").replace(".", "", 1)
    is_number = digits.isascii() and digits.isdecimal()
    return "'" + text if text.startswith(_FORMULA_STARTS) and not is_number else text
