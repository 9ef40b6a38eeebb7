"""Tables as files: columns declared once, texts that no spreadsheet runs, and what a program needs to know of each column."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

BOM: Final = "\ufeff"  # without it Excel and WPS garble UTF-8
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

Kind = Literal["string", "integer", "number", "date"]  # words of Frictionless Table Schema


class Column(NamedTuple):
    """One column: its name, its Chinese heading, where its value lies in a row of the JSON, and what it is."""

    name: str
    zh: str
    path: tuple[str, ...]
    kind: Kind = "number"

    @property
    def is_text(self) -> bool:
        """Whether it is set to the left."""
        return self.kind == "string"

    def text(self, row: dict[str, Any]) -> str:
        """The row's value as text; what the row does not say is empty."""
        value: Any = row
        for key in self.path:
            value = value.get(key) if isinstance(value, dict) else None
        return "" if value is None else str(value)


def texts(columns: Sequence[Column], rows: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Rows as texts, in the order of the columns."""
    return [[column.text(row) for column in columns] for row in rows]


def csv_bytes(columns: Sequence[Column], rows: Iterable[dict[str, Any]], *, headings: bool = True) -> bytes:
    """Rows for spreadsheets: UTF-8 with BOM, CRLF, no cell that would run as a formula.

    The first line has the names; with `headings` a second one has the Chinese headings, for people.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    if headings:
        writer.writerow([column.zh for column in columns])
    for row in texts(columns, rows):
        writer.writerow([harmless(text) for text in row])
    return (BOM + out.getvalue()).encode()


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    digits = text.removeprefix("-").replace(".", "", 1)
    is_number = digits.isascii() and digits.isdecimal()
    return "'" + text if text.startswith(_FORMULA_STARTS) and not is_number else text


def schema(columns: Sequence[Column]) -> dict[str, Any]:
    """The columns in the words of Frictionless Table Schema."""
    return {
        "fields": [
            {"name": column.name, "title": column.zh, "type": column.kind, **_more(column.kind)} for column in columns
        ],
        "missingValues": [""],
    }


def _more(kind: Kind) -> dict[str, str]:
    return {"format": "%Y-%m-%d"} if kind == "date" else {}
