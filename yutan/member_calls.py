"""What a member asks of the exchange by name: orders, accounts, what there is to trade, and where the day is."""

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import UNSET

from gateway.protocol import session_wire, statement_wire, wire
from gateway.protocol.wire import OrderPlaced, OrdersCanceled
from yutan.answers import Cash, Changed, Instrument, Order, Orders, Trade
from yutan.asking import Asking
from yutan.inquiries import name_params, place_params

_decode_placed: Final = msgspec.json.Decoder(OrderPlaced).decode
_decode_changed: Final = msgspec.json.Decoder(Changed).decode


class MemberCalls(Asking):
    """Each raises `Refused`, or `ConnectionLost`: then an order is sent again under the same client order id."""

    def __init__(self) -> None:
        super().__init__()
        self._order_prefix = secrets.token_hex(5)
        self._orders = 0

    # ---- orders -------------------------------------------------------------------------------------------

    def next_client_order_id(self) -> str:
        """An id that no other client of ours will make."""
        self._orders += 1
        return f"{self._order_prefix}-{self._orders}"

    async def place(
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
    ) -> OrderPlaced:
        """Place a limit order. Raises `Refused` or `ConnectionLost` (then ask again under the same client_order_id)."""
        params = place_params(
            instrument,
            side,
            quantity,
            price,
            client_order_id or self.next_client_order_id(),
            account,
            time_in_force,
            post_only,
        )
        return await self._ask(wire.OrderPlace, params, OrderPlaced)

    def place_nowait(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: Decimal | str,
        client_order_id: str,
        on_answer: Callable[[OrderPlaced | Exception], None],
        *,
        account: str = "",
        time_in_force: str = "day",
        post_only: bool = False,
    ) -> None:
        """Send an order without waiting; `on_answer` gets the result, `Refused`, or `ConnectionLost`. Order is kept."""

        def answer(said: bytes | Exception) -> None:
            on_answer(_decode_placed(said) if type(said) is bytes else said)  # type: ignore[arg-type]

        params = place_params(instrument, side, quantity, price, client_order_id, account, time_in_force, post_only)
        self._send(wire.OrderPlace, params, answer)

    async def cancel(self, order_id: str = "", *, client_order_id: str = "", account: str = "") -> Changed:
        """Cancel one open order, by one of its two names."""
        return await self._ask(wire.OrderCancel, name_params(order_id, client_order_id, account), Changed)

    def cancel_nowait(
        self,
        on_answer: Callable[[Changed | Exception], None],
        *,
        order_id: str = "",
        client_order_id: str = "",
        account: str = "",
    ) -> None:
        """Send a cancel without waiting."""

        def answer(said: bytes | Exception) -> None:
            on_answer(_decode_changed(said) if type(said) is bytes else said)  # type: ignore[arg-type]

        self._send(wire.OrderCancel, name_params(order_id, client_order_id, account), answer)

    async def replace(
        self, quantity: int, price: Decimal | str, *, order_id: str = "", client_order_id: str = "", account: str = ""
    ) -> Changed:
        """Set an open order's total quantity and price."""
        params = wire.OrderReplaceParams(
            str(price), quantity, order_id or UNSET, client_order_id or UNSET, account or UNSET
        )
        return await self._ask(wire.OrderReplace, params, Changed)

    async def cancel_all(self, *, account: str = "", instrument: str = "", side: str = "") -> OrdersCanceled:
        """Cancel all open orders, or those of an instrument and a side."""
        params = wire.OrderCancelAllParams(account or UNSET, instrument or UNSET, side or UNSET)  # type: ignore[arg-type]
        return await self._ask(wire.OrderCancelAll, params, OrdersCanceled)

    async def order(self, order_id: str = "", *, client_order_id: str = "", account: str = "") -> Order:
        """An order, open or finished."""
        return await self._ask(wire.OrderGet, name_params(order_id, client_order_id, account), Order)

    async def orders(self, *, account: str = "", instrument: str = "") -> list[Order]:
        """All open orders of an account, oldest first."""
        found: list[Order] = []
        while True:
            after = found[-1].order_id if found else ""
            params = wire.OrderListParams(account or UNSET, instrument or UNSET, after or UNSET)
            page = await self._ask(wire.OrderList, params, Orders)
            found += page.orders
            if not page.more:
                return found

    # ---- accounts and reference ---------------------------------------------------------------------------

    async def cash(self, account: str = "") -> Cash:
        """An account's cash."""
        return await self._ask(wire.AccountCash, wire.AccountParams(account or UNSET), Cash)

    async def allowances(self, account: str = "") -> wire.AllowancesView:
        """An account's units."""
        return await self._ask(wire.AccountAllowances, wire.AccountParams(account or UNSET), wire.AllowancesView)

    async def obligation(self, account: str = "", year: int = 0) -> wire.ObligationView:
        """An account's compliance years, or one of them."""
        params = wire.ObligationParams(account or UNSET, year or UNSET)
        return await self._ask(wire.AccountObligation, params, wire.ObligationView)

    async def trade(self, trade_id: str) -> Trade:
        """How far the settlement of one's own trade has come."""
        return await self._ask(wire.TradeGet, wire.TradeGetParams(trade_id), Trade)

    async def statement_days(self, account: str = "") -> list[str]:
        """Trading days with a statement, newest first."""
        return (
            await self._ask(
                statement_wire.StatementList, wire.AccountParams(account or UNSET), statement_wire.StatementDays
            )
        ).trading_days

    async def statement(self, trading_day: str, account: str = "") -> dict[str, Any]:
        """One day's statement, as settlement made it."""
        params = statement_wire.StatementGetParams(trading_day, account or UNSET)
        return await self._ask(statement_wire.StatementGet, params, dict[str, Any])

    async def instruments(self) -> list[Instrument]:
        """All instruments."""
        return await self._ask(wire.InstrumentList, UNSET, list[Instrument])

    async def phase(self) -> wire.PhaseView:
        """Where the day is."""
        return await self._ask(wire.PhaseGet, UNSET, wire.PhaseView)

    async def reference(self) -> wire.Reference:
        """The catalogue of refusals and the enumerations."""
        return await self._ask(wire.ReferenceGet, UNSET, wire.Reference)

    async def time(self) -> wire.TimeView:
        """The server's time."""
        return await self._ask(wire.TimeGet, UNSET, wire.TimeView)

    async def ping(self) -> None:
        """Hear from the server."""
        await self._ask(wire.SessionPing, UNSET, wire.TimeView)

    async def status(self) -> session_wire.SessionView:
        """One's own connection."""
        return await self._ask(wire.SessionStatus, UNSET, session_wire.SessionView)
