"""What becomes of orders: `client.inquiries.test(…)`, `.explain(…)`; nothing changes. Raises `Refused` or `ConnectionLost`."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from msgspec import UNSET, Struct

from engine.core import reasons
from gateway.protocol import explain_wire, preflight_wire, session_wire, wire
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


class ExplainRow(Struct, frozen=True):
    """One step of an order's life; the fields are those of `gateway.protocol.explain_wire.ExplainRow`."""

    at: str
    event: str
    exec_seq: int
    quantity: int
    price: Decimal
    cum_qty: int
    leaves_qty: int
    text: str
    trade_id: str = ""
    liquidity: str = ""
    fee: Decimal | None = None
    settlement: str = ""
    reason: ReasonView | None = None


class Explained(Struct, frozen=True):
    """An order, bid or block offer and its timeline, oldest step first. more: there are steps that are not told."""

    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int
    order_status: str
    avg_price: Decimal | None
    quantity_ahead: int | None
    orders_ahead: int | None
    timeline: list[ExplainRow]
    more: bool
    auction: str = ""
    counterparties: list[str] = []


class Inquiries:
    """Orders before they are sent, and the story of those that were."""

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

    async def explain(self, order_id: str = "", *, client_order_id: str = "", account: str = "") -> Explained:
        """One order's timeline, by one of its two names, open or ended; a bid's (`A-…`) or block offer's (`B-…`) by the first."""
        named = {"A": "bid_id", "B": "block_id"}.get(order_id[:1], "order_id")
        params = explain_wire.OrderExplainParams(client_order_id=client_order_id or UNSET, account=account or UNSET)
        setattr(params, named, order_id or UNSET)
        return await self._ask(explain_wire.OrderExplain, params, Explained)


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


def name_params(order_id: str, client_order_id: str, account: str) -> wire.OrderNameParams:
    """The params that name an order; an empty text is left out."""
    return wire.OrderNameParams(order_id or UNSET, client_order_id or UNSET, account or UNSET)


def error_of(code: int, field: str, language: str) -> wire.Error:
    """The refusal of this number, for what the server names by its number only."""
    row = reasons.BY_NUMBER[code]
    words = row.en if language == "en" else row.zh
    return wire.Error(row.number, row.name, words, wire.ErrorData(retry=row.retry, field=field))


def resume_params(
    welcome: session_wire.Welcome | None, last_seqs: dict[str, int]
) -> session_wire.SessionResumeParams | None:
    """To go on with the session of this welcome; None where it cannot be, or has more channels than one call takes."""
    if welcome is None or not welcome.resume_token or len(last_seqs) > wire.CHANNELS_PER_CALL_MAX:
        return None
    return session_wire.SessionResumeParams(welcome.session_id, welcome.resume_token, last_seqs)


def ignore(_said: bytes | Exception) -> None:
    """Take an answer that nobody waits for."""


def pages(names: list[str], most: int) -> list[list[str]]:
    """The names in parts of at most so many."""
    return [names[first : first + most] for first in range(0, len(names), most)]
