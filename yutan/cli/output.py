"""How every command answers: a table for people, one JSON document with `--json`, and an exit code for programs.

Exit codes: 0 done; 2 wrong usage; 10, 20, 30, 40, 50, 60, 90 the range of the catalogue's number (1007 -> 10); 65 a
file or a check is not right; 66 something is missing; 69 no exchange is reachable; 70 the exchange stopped itself. `verify`
has a code of its own for each kind of finding, from 81 (`yutan.verifier.findings.EXIT_CODES`), and 65 for several kinds.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import orjson
import typer

if TYPE_CHECKING:  # Rich costs as much as the rest of a short command: programs, who ask for JSON, go without
    from rich.console import Console
from rich.markup import escape

PIPE_COLUMNS = 200  # where no terminal says how wide it is, nothing is cut
EXIT_DATA = 65
EXIT_MISSING = 66
EXIT_UNREACHABLE = 69
EXIT_FAIL_STOP = 70


def exit_code(reason: int) -> int:
    """The exit code for a number of the catalogue."""
    return reason // 1000 * 10


def console(*, stderr: bool = False) -> "Console":
    """A console on the present standard output or error."""
    from rich.console import Console

    shown = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not shown.is_terminal:
        shown.width = PIPE_COLUMNS
    return shown


def emit_json(value: Any) -> None:
    """Print one JSON document with sorted keys."""
    plain = _plain(value)
    sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n")


def show(value: Any, *, as_json: bool, title: str = "", columns: Sequence[str] = ()) -> None:
    """Print a struct, a mapping or a list of them; of wide rows a table shows only `columns`, JSON always all."""
    if as_json:
        emit_json(value)
        return
    plain = _plain(value)
    rows = plain if isinstance(plain, list) else [plain]
    if isinstance(plain, dict):
        _fields(plain, title)
    elif rows and isinstance(rows[0], dict):
        _table([{name: row.get(name) for name in columns} for row in rows] if columns else rows, title)
    elif rows:
        for row in rows:
            console().print(str(row), markup=False)
    else:
        console().print(f"{title}: none (无)" if title else "none (无)", markup=False)


def _plain(value: Any) -> Any:
    """Structs and named tuples as mappings, numbers that are not JSON's as text."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    plain = msgspec.to_builtins(value, enc_hook=str)
    return list(plain) if isinstance(plain, tuple) else plain


def _table(rows: Sequence[dict[str, Any]], title: str) -> None:
    from rich.table import Table

    table = Table(title=title or None, title_justify="left")
    columns = {name: value for row in reversed(rows) for name, value in row.items()}  # a row leaves out what it has not
    names = [*rows[0], *(name for name in columns if name not in rows[0])]
    for name in names:
        table.add_column(name, justify="right" if isinstance(columns[name], int) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row.get(name))) for name in names))
    console().print(table)


def _fields(fields: dict[str, Any], title: str) -> None:
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")  # a second person approves what stands here: nothing of it may be cut
    for name, value in _flat("", fields):
        table.add_row(name, escape(_cell(value)))
    console().print(table)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A line for each value: what is nested is named by its path."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, inner)
    elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        for number, inner in enumerate(value, 1):
            yield from _flat(f"{prefix}.{number}", inner)
    else:
        yield prefix, value


def _cell(value: Any) -> str:
    """Text of one value; nothing (无) is a dash, whichever kind of nothing."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, list):
        return ", ".join(_cell(inner) for inner in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(inner)}" for name, inner in value.items())
    return str(value)


def fail(message: str, *, code: int, as_json: bool, reason: int = 0, name: str = "", data: Any = None) -> NoReturn:
    """Say what is wrong and leave with `code`."""
    if as_json:
        emit_json({"error": {"code": reason, "name": name, "message": message, "data": data}})
    else:
        label = f"{reason} {name}: " if reason else ""
        console(stderr=True).print(f"{label}{message}", style="red", markup=False)
        if data:
            console(stderr=True).print(orjson.dumps(data, default=str).decode(), markup=False)
    raise typer.Exit(code)
