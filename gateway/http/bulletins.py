"""Bulletins as the public may have them: only published ones, as the very bytes that were hashed, or as a table."""

import csv
import io
from typing import Any, Final

import msgspec

from engine.core import reasons
from engine.title import BulletinRow, Title
from gateway.http.replies import Refused
from gateway.protocol.times import day_number

BOM: Final = "\ufeff"  # without it Excel and WPS garble UTF-8
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, str]


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


def bulletin_rows(body: bytes) -> list[Row]:
    """The bulletin's `rows`, one dict each; what lies inside another object is named `outer.inner`."""
    document = msgspec.json.decode(body)
    head = {key: _text(document[key]) for key in ("trading_day", "number") if key in document}
    return [{**head, **_flat(row, "")} for row in document.get("rows", [])]


def bulletin_csv(body: bytes) -> bytes:
    """The rows as CSV for spreadsheets: UTF-8 with BOM, CRLF, and no cell that a spreadsheet would run as a formula."""
    rows = bulletin_rows(body)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(row.get(column, "")) for column in columns])
    return (BOM + out.getvalue()).encode()


def _flat(value: dict[str, Any], prefix: str) -> Row:
    row: Row = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            row.update(_flat(inner, f"{prefix}{key}."))
        else:
            row[prefix + key] = _text(inner)
    return row


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _harmless(text: str) -> str:
    is_number = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return "'" + text if text.startswith(_FORMULA_STARTS) and not is_number else text
