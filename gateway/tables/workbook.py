"""Tables as an Excel workbook: texts are texts and never formulas, whatever they begin with; the same rows make the same bytes."""

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import xlsxwriter
from msgspec import Meta, Struct

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_NAME: Final = r"^[^\[\]:*?/\\'\x00-\x1f][^\[\]:*?/\\'\x00-\x1f]{0,30}$"  # what Excel takes
_MONEY: Final = re.compile(r"-?[0-9]{1,15}\.[0-9]{2}")
_WIDTH: Final = 18
_MADE: Final = datetime(1980, 1, 1)  # when it was made is said by the document, not by its file


class Heading(Struct, forbid_unknown_fields=True, frozen=True):
    """A cell that heads a column."""

    bold: Annotated[str, Meta(max_length=1_000)]


Count = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Text = Annotated[str, Meta(max_length=10_000)]
Cell = Count | Text | Heading | None  # a text with two decimals is money


class Sheet(Struct, forbid_unknown_fields=True, frozen=True):
    """One table of a workbook."""

    name: Annotated[str, Meta(pattern=SHEET_NAME)]
    rows: Annotated[list[Annotated[list[Cell], Meta(max_length=100)]], Meta(max_length=20_000)]


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """The workbook; names of sheets differ, whatever their case. Raises `ValueError` where they do not."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": _MADE})
    bold = book.add_format({"bold": True})
    count = book.add_format({"num_format": "#,##0"})
    money = book.add_format({"num_format": "#,##0.00"})
    if len({sheet.name.lower() for sheet in sheets}) < len(sheets):
        raise ValueError("two sheets have one name")
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.set_column(0, max((len(cells) for cells in sheet.rows), default=1), _WIDTH)
        for row, cells in enumerate(sheet.rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, Heading):
                    page.write_string(row, column, cell.bold, bold)
                elif isinstance(cell, int):
                    page.write_number(row, column, cell, count)
                elif cell and _MONEY.fullmatch(cell):
                    page.write_number(row, column, float(cell), money)
                elif cell:
                    page.write_string(row, column, cell)
    book.close()
    return out.getvalue()
