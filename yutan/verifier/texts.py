"""How the documents write what the tables hold: money, days, JSON."""

from typing import Any

import orjson


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def iso_day(day: int) -> str:
    """20230207 -> 2023-02-07."""
    text = f"{day:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def content_of(body: bytes) -> Any:
    """What JSON says; None for what is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def object_of(body: bytes) -> dict[str, Any]:
    """The object that JSON says; an empty one for anything else."""
    content = content_of(body)
    return content if isinstance(content, dict) else {}
