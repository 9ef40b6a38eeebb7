"""The timeline of one order, bid or block offer (委托全程): `order.explain`."""

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.auction_wire import BidId
from gateway.protocol.block_wire import BlockId
from gateway.protocol.wire import OrderNameParams, ReasonView, Request

ROWS_MAX: Final = 500  # reports of one order that an answer tells


class OrderExplainParams(OrderNameParams, gc=False):
    """One order, sealed bid or block offer, named by exactly one of the four ids."""

    bid_id: BidId | UnsetType = UNSET
    block_id: BlockId | UnsetType = UNSET


class OrderExplain(Request, tag="order.explain", gc=False, kw_only=True):
    """The timeline of an order, sealed bid or block offer in words: accepted, waiting, filled and settled, replaced, ended and why."""

    params: OrderExplainParams


class ExplainRow(Struct, omit_defaults=True, gc=False):
    """One step. event: accepted | rested | filled | replaced | canceled | expired | refused, of an offer also received | declined.

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


class OrderExplained(Struct, omit_defaults=True, gc=False):
    """An order and its timeline, oldest step first. more: there are steps that are not told.

    quantity_ahead, orders_ahead: what waits before it at its price, null unless it is open in a book.
    auction: the code, of a bid. counterparties: of a block offer all who were sent it, for each of those the offerer.
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
    auction: str = ""
    counterparties: list[str] = []
