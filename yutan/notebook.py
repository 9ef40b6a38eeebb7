"""How answers look in a notebook: a table instead of one long line. Text of others is shown as text, never as markup."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import msgspec
from msgspec import Struct

ROWS_MAX: Final = 500  # shown of a longer list
_LEFT: Final = ' style="text-align:left"'


class Shown(Struct, frozen=True):
    """An answer that a notebook shows as a table of its fields."""

    def _repr_html_(self) -> str:
        return _fields(self)


class Table:
    """Answers as a table, a row each: `Table(client.orders())`. Anything that is an answer, or a list of them."""

    def __init__(self, rows: Any) -> None:
        self.rows: list[Any] = list(rows) if isinstance(rows, Sequence) else [rows]

    def __len__(self) -> int:
        return len(self.rows)

    def _repr_html_(self) -> str:
        shown = [_plain(row) for row in self.rows[:ROWS_MAX]]
        names = list(dict.fromkeys(name for row in shown for name in row))
        head = "".join(f"<th{_LEFT}>{escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td{_LEFT}>{_cell(row.get(name))}</td>" for name in names) + "</tr>" for row in shown
        )
        more = len(self.rows) - len(shown)
        tail = f"<p>… {more} more</p>" if more else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{tail}"


def _fields(answer: Struct) -> str:
    rows = "".join(
        f"<tr><th{_LEFT}>{escape(name)}</th><td{_LEFT}>{_cell(value)}</td></tr>"
        for name, value in _plain(answer).items()
    )
    return f"<table><caption>{escape(type(answer).__name__)}</caption><tbody>{rows}</tbody></table>"


def _plain(value: Any) -> dict[str, Any]:
    plain = msgspec.to_builtins(value, enc_hook=str)
    return plain if isinstance(plain, dict) else {"value": plain}


def _cell(value: Any) -> str:
    return "–" if value is None or value in ("", [], {}) else escape(str(value))
