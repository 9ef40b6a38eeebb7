"""One order's timeline (委托全程): `order.explain`."""

from typing import Final

from msgspec import Struct

from gateway.protocol.wire import OrderNameParams, ReasonView, Request

ROWS_MAX: Final = 500  # reports of one order that an answer tells


class OrderExplain(Request, tag="order.explain", gc=False, kw_only=True):
    """One order's timeline in words: accepted, waiting, filled and settled, replaced, ended and why."""

    params: OrderNameParams


class ExplainRow(Struct, omit_defaults=True, gc=False):
    """One step. event: accepted | rested | filled | replaced | canceled | expired | refused.

    exec_seq: the report on `exec.ACCOUNT` that told it, 0 for `rested`. quantity: of the fill, of what waits, of what was left
    when it ended, else of the order. settlement: matched | clearing_hold | settled | failed | void. text: in the session's language.
    """

    at: str
    event: str
    exec_seq: int
    quantity: int
    price: str
    cum_qty: int
    leaves_qty: int
    text: str
    trade_id: str = ""
    liquidity: str = ""
    fee: str = ""
    settlement: str = ""
    reason: ReasonView | None = None


class OrderExplained(Struct, gc=False):
    """An order and its timeline, oldest step first. more: there are steps that are not told.

    quantity_ahead, orders_ahead: what waits before it at its price, null unless it is open.
    """

    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: str
    order_qty: int
    cum_qty: int
    leaves_qty: int
    order_status: str
    avg_price: str | None
    quantity_ahead: int | None
    orders_ahead: int | None
    timeline: list[ExplainRow]
    more: bool
