"""Columns declared once: texts that no spreadsheet runs, values with their type, and what a program needs to know of each."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

Row = dict[str, Any]

BOM: Final = "\ufeff"  # without it Excel and WPS garble UTF-8
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

# Words of Frictionless Table Schema, and `yuan`: money with two decimals, a number there and whole fen where a form has types.
Kind = Literal["string", "integer", "number", "yuan", "date", "datetime"]


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

    def value(self, row: Row) -> Any:
        """What the row says, as JSON has it; None where it does not say it."""
        value: Any = row
        for key in self.path:
            value = value.get(key) if isinstance(value, dict) else None
        return None if value is None or value == "" else str(value) if self.kind == "string" else value

    def text(self, row: Row) -> str:
        """The row's value as text; what the row does not say is empty."""
        value = self.value(row)
        return "" if value is None else str(value)


def texts(columns: Sequence[Column], rows: Iterable[Row]) -> list[list[str]]:
    """Rows as texts, in the order of the columns."""
    return [[column.text(row) for column in columns] for row in rows]


def csv_bytes(columns: Sequence[Column], rows: Iterable[Row], *, headings: bool = True) -> bytes:
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


def schema(columns: Sequence[Column], key: Sequence[str], *, is_typed: bool = False) -> dict[str, Any]:
    """The columns in the words of Frictionless Table Schema; `is_typed`: money is whole fen, under its typed name."""
    fields = [
        {"name": typed_name(column), "title": column.zh, **_TYPED.get(column.kind, _WORDS[column.kind])}
        if is_typed
        else {"name": column.name, "title": column.zh, **_WORDS[column.kind]}
        for column in columns
    ]
    return {"fields": fields, "primaryKey": list(key), "missingValues": [""]}


def typed_name(column: Column) -> str:
    """Its name where values have types: money is told in fen there, and says so."""
    return f"{column.name}_fen" if column.kind == "yuan" else column.name


_WORDS: Final[dict[Kind, dict[str, str]]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "yuan": {"type": "number", "unit": "CNY"},
    "date": {"type": "date", "format": "%Y-%m-%d"},
    "datetime": {"type": "datetime", "format": "default"},
}
_TYPED: Final[dict[Kind, dict[str, str]]] = {"yuan": {"type": "integer", "unit": "CNY fen"}}
