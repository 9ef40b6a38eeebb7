"""The audit trail's lines: an act in plain JSON, and the hash that chains each line to the one before."""

import hashlib
from typing import Any

import msgspec
import orjson


def chain_line(chain: bytes, row: tuple[int | str, ...]) -> bytes:
    """The audit trail's next link: SHA-256 over the link before and the line's content as JSON."""
    return hashlib.sha256(chain + orjson.dumps(row)).digest()


def plain_act(act: msgspec.Struct) -> dict[str, Any]:
    """An act as a JSON object: its kind under "act", which no field of an act is called, and its fields, bytes as hex."""
    return {"act": type(act).__name__, **_fields(act)}


def _fields(of: msgspec.Struct) -> dict[str, Any]:
    return {name: _value(getattr(of, name)) for name in of.__struct_fields__}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    return [_value(each) for each in value] if isinstance(value, tuple) else value
