"""Writes the tables of docs/protocol.md from the declarations, so that the document cannot drift from the code.

`python -m gateway.protocol.describe docs/protocol.md` rewrites what stands between `<!-- table: NAME -->` and
`<!-- end -->`; a test proves that nothing would change.
"""

import re
import sys
import typing
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Meta, Raw, UnsetType

from engine.core import reasons
from gateway.protocol import (
    acts,
    auction_wire,
    block_wire,
    control_wire,
    day_wire,
    session,
    statement_wire,
    supervision_wire,
    wire,
)
from gateway.protocol.doors import DOORS

_NAMED: Final[list[tuple[Any, str]]] = [
    (wire.ClientOrderId, "1 to 36 of `A-Z a-z 0-9 . _ -`"),
    (wire.OrderId, "`O-…`"),
    (wire.TradeId, "`T-…`"),
    (wire.ProposalId, "`P-…`"),
    (auction_wire.BidId, "`A-…`"),
    (block_wire.BlockId, "`B-…`"),
    (wire.EncumbranceId, "`N-…`"),
    (day_wire.BreakId, "`D-…`"),
    (statement_wire.ObjectionId, "`S-…`"),
    (supervision_wire.RestrictionId, "`R-…`"),
    (supervision_wire.CaseId, "`K-…`"),
    (supervision_wire.AlertId, "`M-…`"),
    (control_wire.KillSwitchId, "`X-…`"),
    (wire.DayText, "`yyyy-mm-dd`"),
    (wire.Sha256, "64 lower-case hex digits"),
]
_PLAIN: Final[dict[Any, str]] = {
    bytes: "base64",
    datetime: "time, RFC 3339",
    str: "text",
    int: "integer",
    bool: "true or false",
    Raw: "object",
}
_DECIMALS: Final = ("price", "amount", "base_price")
_BETWEEN: Final = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """All generated tables by name."""
    return {
        "methods": _table("method | doors | what it does | params", _methods()),
        "acts": _table("act | what it does (the engine's words) | fields", _acts()),
        "errors": _table("code | name | retry | sentence | 说明 | rule", _errors()),
        "closes": _table("code | meaning, and what to do", _closes()),
    }


def rewrite(document: str) -> str:
    """The document with its tables as the code would have them."""
    current = tables()
    return _BETWEEN.sub(lambda found: f"{found[1]}{current[found[2]]}{found[4]}", document)


def _table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + " --- |" * columns]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _methods() -> Iterator[tuple[str, ...]]:
    doors: dict[type[wire.Request], list[str]] = {}
    for door, union in DOORS.items():
        for request in union.__args__:
            doors.setdefault(request, []).append(door)
    for request in sorted(doors, key=lambda found: str(found.__struct_config__.tag)):
        declared = next(field.type for field in msgspec.structs.fields(request) if field.name == "params")
        params = next(type_ for type_ in getattr(declared, "__args__", (declared,)) if type_ is not UnsetType)
        on = "all" if len(doors[request]) == len(DOORS) else ", ".join(doors[request])
        yield f"`{request.__struct_config__.tag}`", on, _first_line(request), _fields(params)


def _acts() -> Iterator[tuple[str, ...]]:
    for form in acts.ACTS.values():
        yield f"`{form.name}`", _first_line(form.act), _fields(form.params)


def _errors() -> Iterator[tuple[str, ...]]:
    for row in reasons.CATALOGUE:
        yield str(row.number), f"`{row.name}`", row.retry, row.en, row.zh, row.article


def _closes() -> Iterator[tuple[str, ...]]:
    for code, words in session.CLOSE_CODES.items():
        yield str(code), words


def _first_line(thing: type) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


def _fields(params: type[msgspec.Struct]) -> str:
    hints = typing.get_type_hints(params, include_extras=True)
    parts = []
    for field in msgspec.structs.fields(params):
        words = "decimal string" if field.name in _DECIMALS else _words(hints[field.name])
        parts.append(f"`{field.name}` {words}" if field.required else f"[`{field.name}` {words}]")
    return "; ".join(parts) or "–"


def _words(type_: Any) -> str:
    """A type as a reader needs it."""
    for named, words in _NAMED:
        if type_ == named:
            return words
    origin, args = typing.get_origin(type_), typing.get_args(type_)
    if origin is typing.Annotated:
        return _bounded(args[0], args[1])
    if origin is typing.Literal:
        return ", ".join(f"`{word}`" for word in args)
    if origin is tuple:
        return f"[{', '.join(_words(arg) for arg in args)}]"
    if origin is list:
        return f"list of {_words(args[0])}"
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return f"object ({_fields(type_)})"
    if args:
        return " or ".join(_words(arg) for arg in args if arg is not UnsetType)
    return _PLAIN[type_]


def _bounded(type_: Any, meta: Meta) -> str:
    words = _words(type_)
    if meta.pattern is not None and "{64}" in meta.pattern:
        return "64 lower-case hex digits"
    if meta.ge is not None and meta.le is not None and meta.le < 2**53:
        return f"{words} {meta.ge} to {meta.le}"
    if meta.max_length is not None:
        return f"{words}, {meta.min_length or 0} to {meta.max_length}"
    return words


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(rewrite(file.read_text(encoding="utf-8")), encoding="utf-8")
