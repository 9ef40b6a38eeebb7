"""An order tested before it is sent (试算): `order.test`."""

from msgspec import Struct

from gateway.protocol.wire import OrderPlaceParams, ReasonView, Request


class OrderTest(Request, tag="order.test", gc=False, kw_only=True):
    """Judge an order as if it came now, and journal nothing: the refusal it would get, or its fee, hold and expected fills."""

    params: OrderPlaceParams


class CheckRow(Struct, gc=False):
    """One rule of the validation chain. rule: its line (`C2.12`); outcome: passed | failed | not_reached.

    limit and actual are those of a refusal, null where the rule measures nothing or was not reached.
    """

    rule: str
    name: str
    outcome: str
    limit: str | int | None
    actual: str | int | None


class ExpectedFill(Struct, gc=False):
    """Fills at one price, in the order in which they would be made; `fee` is one's own."""

    price: str
    quantity: int
    fee: str


class OrderTested(Struct, gc=False):
    """What would become of the order if it came at `as_of_seq`; another's order may come between.

    accepted false: `reason` with its limit and actual says why. duplicate_of: the order that had this client order id and body
    before, whose answer it would get again. fee_max: at the limit price, which is what a buy holds beside its value.
    cum_qty, avg_price and fee are those of `fills`; leaves_qty would rest, or be canceled at once where `ending` says why.
    own_canceled: orders of the same owner that self-trade prevention would cancel. fills_cut: more would fill than was looked at.
    available and quantity_available stand before the order, as does holding_left (tonnes up to the holding limit, null: no limit).
    limit_down and limit_up are null before the instrument's first day.
    """

    account: str
    instrument: str
    side: str
    price: str
    order_qty: int
    phase: str
    as_of_seq: int
    accepted: bool
    reason: ReasonView | None
    limit: str | int | None
    actual: str | int | None
    duplicate_of: str
    value: str
    fee_max: str
    hold_cash: str
    hold_quantity: int
    fills: list[ExpectedFill]
    fills_cut: bool
    cum_qty: int
    avg_price: str | None
    fee: str
    leaves_qty: int
    ending: ReasonView | None
    own_canceled: int
    limit_down: str | None
    limit_up: str | None
    available: str
    quantity_available: int
    holding_left: int | None
    checks: list[CheckRow]
