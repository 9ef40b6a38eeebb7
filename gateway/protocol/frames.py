"""Server frames of RFC 6455, made once and shared by all who get them: unmasked, final, no extension."""

from typing import Final

_TEXT: Final = b"\x81"
_SHORT_MAX: Final = 125
_MIDDLE_MAX: Final = 65_535
_HEADERS: Final = tuple(
    _TEXT + (bytes((size,)) if size <= _SHORT_MAX else b"\x7e" + size.to_bytes(2, "big")) for size in range(4_096)
)
PING: Final = b"\x89\x00"


def text_frame(payload: bytes) -> bytes:
    """A text frame around this payload."""
    size = len(payload)
    if size < 4_096:
        return _HEADERS[size] + payload
    if size <= _MIDDLE_MAX:
        return _TEXT + b"\x7e" + size.to_bytes(2, "big") + payload
    return _TEXT + b"\x7f" + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """A close frame; `reason` is cut to what a control frame may carry."""
    payload = code.to_bytes(2, "big") + reason.encode()[:123]
    return b"\x88" + bytes((len(payload),)) + payload
