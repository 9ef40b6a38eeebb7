"""The answers that every order gets, without an object for each: the encoder writes one of them, and its pieces are kept.

`wire` stays the only place that says what an answer looks like; a test holds these to the encoder's own bytes.
"""

from typing import Any, Final

from gateway.protocol import wire
from gateway.protocol.codec import encode
from gateway.protocol.pieces import pieces_of

_ID: Final = "@id@"
_TEXTS: Final = ("@1@", "@2@", "@3@", "@4@", "@5@")
_NUMBERS: Final = (9_000_000_001, 9_000_000_002, 9_000_000_003)


def _pieces(result: Any, *marks: str | int) -> list[str]:
    """What the reply with this result has before, between and behind its request id and the marked values."""
    return pieces_of(wire.Reply(_ID, result), (f'"{_ID}"', *marks))


_PLACED: Final = _pieces(wire.OrderPlaced(f"O-{_TEXTS[0]}", _TEXTS[1], _TEXTS[2]), *_TEXTS[:3])
_CHANGED: Final = _pieces(wire.OrderChanged(f"O-{_TEXTS[0]}", *_TEXTS[1:], *_NUMBERS), *_TEXTS, *_NUMBERS)


def placed(request_id: str | int, order: int, client_order_id: str, account: str) -> bytes:
    """`Reply` with an `OrderPlaced` that is no duplicate. Client order id and account are plain by their own rules."""
    p = _PLACED
    return f"{p[0]}{_id(request_id)}{p[1]}{order}{p[2]}{client_order_id}{p[3]}{account}{p[4]}".encode()


def changed(
    request_id: str | int,
    order: int,
    client_order_id: str,
    account: str,
    status: str,
    price: str,
    quantity: int,
    cum: int,
    leaves: int,
) -> bytes:
    """`Reply` with an `OrderChanged`."""
    p = _CHANGED
    return (
        f"{p[0]}{_id(request_id)}{p[1]}{order}{p[2]}{client_order_id}{p[3]}{account}{p[4]}{status}{p[5]}{price}{p[6]}"
        f"{quantity}{p[7]}{cum}{p[8]}{leaves}{p[9]}"
    ).encode()


def _id(request_id: str | int) -> str:
    return str(request_id) if isinstance(request_id, int) else encode(request_id).decode()
