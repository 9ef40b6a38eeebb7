"""What becomes of orders, asked without changing anything: `client.inquiries.test(…)`. Raises `Refused` or `ConnectionLost`."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from msgspec import UNSET, Struct

from gateway.protocol import preflight_wire, wire
from gateway.protocol.preflight_wire import CheckRow
from gateway.protocol.wire import ReasonView
from yutan.blocks import Asks


class ExpectedFill(Struct, frozen=True):
    """Fills at one price with one's own fee."""

    price: Decimal
    quantity: int
    fee: Decimal


class Tested(Struct, frozen=True):
    """What would become of an order; the fields are those of `gateway.protocol.preflight_wire.OrderTested`."""

    account: str
    instrument: str
    side: str
    price: Decimal
    order_qty: int
    phase: str
    as_of_seq: int
    accepted: bool
    reason: ReasonView | None
    limit: str | int | None
    actual: str | int | None
    duplicate_of: str
    value: Decimal
    fee_max: Decimal
    hold_cash: Decimal
    hold_quantity: int
    fills: list[ExpectedFill]
    fills_cut: bool
    cum_qty: int
    avg_price: Decimal | None
    fee: Decimal
    leaves_qty: int
    ending: ReasonView | None
    own_canceled: int
    limit_down: Decimal | None
    limit_up: Decimal | None
    available: Decimal
    quantity_available: int
    holding_left: int | None
    checks: list[CheckRow]


class Inquiries:
    """Orders before they are sent."""

    def __init__(self, ask: Asks, next_id: Callable[[], str]) -> None:
        self._ask = ask
        self._next_id = next_id

    async def test(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: Decimal | str,
        *,
        client_order_id: str = "",
        account: str = "",
        time_in_force: str = "day",
        post_only: bool = False,
    ) -> Tested:
        """What `Client.place` with the same arguments would answer now. A refusal is an answer here, not raised."""
        name = client_order_id or self._next_id()
        params = place_params(instrument, side, quantity, price, name, account, time_in_force, post_only)
        return await self._ask(preflight_wire.OrderTest, params, Tested)


def place_params(
    instrument: str,
    side: str,
    quantity: int,
    price: Decimal | str,
    client_order_id: str,
    account: str,
    time_in_force: str,
    post_only: bool,
) -> wire.OrderPlaceParams:
    """The params of an order. The server judges side and time in force: who guessed wrong should see its refusal, not ours."""
    return wire.OrderPlaceParams(
        instrument,
        cast(Any, side),
        str(price),
        quantity,
        client_order_id,
        account or UNSET,
        cast(Any, time_in_force),
        post_only,
    )
