"""The events of `exec.{account}` that nearly every order gets, put together from pieces that the encoder wrote once.

A follower hears of two reports an order, and as objects they cost a quarter of the loop's thread (decision 7). `wire` stays the
only place that says what a report looks like; a test holds these to the encoder's own bytes.
"""

from typing import Any, Final

from gateway.protocol import wire
from gateway.protocol.pieces import pieces_of

_CHANNEL: Final = "@ch@"
_AT: Final = "@ts@"
_SEQ: Final = 9_000_000_001
_PREV: Final = 9_000_000_002
_HEAD: Final = ("@type@", "@status@", "@order@", "@name@", "@account@", "@code@", "@side@", "@life@", "@price@")
_AMOUNTS: Final = (9_000_000_003, 9_000_000_004, 9_000_000_005)
_DAY: Final = "@day@"
_AVERAGE: Final = "@average@"
_LAST_QTY: Final = 9_000_000_006


def _pieces(*marks: str | int, **also: Any) -> list[str]:
    """What the event of a report with these fields too has before, between and behind its marked values."""
    order = ("O-" + _HEAD[2],)
    told = wire.ExecReport(*_HEAD[:2], *order, *_HEAD[3:], *_AMOUNTS, "@at@", _DAY, **also)
    event = wire.ExecEvent("exec." + _CHANNEL, "update", _SEQ, _PREV, _AT, told)
    return pieces_of(event, (_CHANNEL, _SEQ, _PREV, _AT, *_HEAD, *_AMOUNTS, "@at@", _DAY, *marks))


_PLAIN: Final = _pieces()
_AVERAGED: Final = _pieces(_AVERAGE, avg_price=_AVERAGE)
_ENDED: Final = _pieces("@origin@", origin="@origin@")
_AVERAGED_ENDED: Final = _pieces(_AVERAGE, "@origin@", avg_price=_AVERAGE, origin="@origin@")
_FILLED: Final = _pieces(
    _AVERAGE,
    "@last@",
    _LAST_QTY,
    "@trade@",
    "@liquidity@",
    "@fee@",
    avg_price=_AVERAGE,
    last_price="@last@",
    last_qty=_LAST_QTY,
    trade_id="T-@trade@",
    liquidity="@liquidity@",
    fee="@fee@",
)
_TAIL: Final = 18  # the place of the piece behind the trading day, up to which all have the same


def head(
    account: str,
    exec_seq: int,
    at: str,
    exec_type: str,
    status: str,
    order: int,
    client_order_id: str,
    instrument: str,
    side: str,
    time_in_force: str,
    price: str,
    order_qty: int,
    cum_qty: int,
    leaves_qty: int,
    trading_day: str,
) -> str:
    """The event up to its report's trading day; one of the functions below writes the rest. All texts are plain by their rules."""
    p = _PLAIN
    return (
        f"{p[0]}{account}{p[1]}{exec_seq}{p[2]}{exec_seq - 1}{p[3]}{at}{p[4]}{exec_type}{p[5]}{status}{p[6]}{order}{p[7]}"
        f"{client_order_id}{p[8]}{account}{p[9]}{instrument}{p[10]}{side}{p[11]}{time_in_force}{p[12]}{price}{p[13]}"
        f"{order_qty}{p[14]}{cum_qty}{p[15]}{leaves_qty}{p[16]}{at}{p[17]}{trading_day}"
    )


def open_order(begun: str, average: str) -> bytes:
    """An order was taken or changed. average: "" before its first fill."""
    if not average:
        return f"{begun}{_PLAIN[_TAIL]}".encode()
    return f"{begun}{_AVERAGED[_TAIL]}{average}{_AVERAGED[_TAIL + 1]}".encode()


def ended(begun: str, average: str, origin: str) -> bytes:
    """An order's rest is gone, without a reason that has to be told."""
    if not average:
        return f"{begun}{_ENDED[_TAIL]}{origin}{_ENDED[_TAIL + 1]}".encode()
    p = _AVERAGED_ENDED
    return f"{begun}{p[_TAIL]}{average}{p[_TAIL + 1]}{origin}{p[_TAIL + 2]}".encode()


def filled(begun: str, average: str, last_price: str, last_qty: int, trade: int, liquidity: str, fee: str) -> bytes:
    """An order was filled, in part or whole."""
    p = _FILLED
    return (
        f"{begun}{p[_TAIL]}{average}{p[_TAIL + 1]}{last_price}{p[_TAIL + 2]}{last_qty}{p[_TAIL + 3]}{trade}{p[_TAIL + 4]}"
        f"{liquidity}{p[_TAIL + 5]}{fee}{p[_TAIL + 6]}"
    ).encode()
