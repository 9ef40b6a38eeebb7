"""The member door: orders, accounts, trades, statements. Translates; judges nothing but whose the account is."""

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET

from engine.core import commands, events, phases, reasons, units
from engine.core.commands import CancelOrder, Entry, PlaceOrder
from engine.core.events import OrderAccepted, OrderCanceled
from engine.view import OrderView
from gateway.compliance import encumbrance_rows, obligation_view
from gateway.connection import Connection
from gateway.directory import Directory
from gateway.protocol import acts, answers, frames, prices, quick, times, wire
from gateway.protocol.codec import Refused
from gateway.reports import TIMES_IN_FORCE, reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway

SIDE_NUMBERS: Final = {"buy": units.BUY, "sell": units.SELL}
_TIME_NUMBERS: Final = {word: number for number, word in TIMES_IN_FORCE.items()}
_IN_TICKS: Final = frozenset(
    (reasons.PRICE_OUT_OF_BAND, reasons.PRICE_OFF_TICK, reasons.BID_BELOW_FLOOR, reasons.BID_ABOVE_CEILING)
)
_IN_FEN: Final = frozenset(
    (reasons.INSUFFICIENT_CASH, reasons.VALUE_ABOVE_MAX, reasons.OWN_ORDER_VALUE, reasons.OWN_OPEN_VALUE)
)
_NOT_OPEN: Final = frozenset((reasons.UNKNOWN_ORDER, reasons.ALREADY_CANCELED))
_FIELDS: Final = {
    reasons.PRICE_OUT_OF_BAND: "price",
    reasons.PRICE_OFF_TICK: "price",
    reasons.QTY_BELOW_MIN: "quantity",
    reasons.QTY_ABOVE_MAX: "quantity",
    reasons.QTY_OFF_LOT: "quantity",
    reasons.OWN_ORDER_QUANTITY: "quantity",
    reasons.QTY_BELOW_FILLED: "quantity",
    reasons.CLIENT_ORDER_ID_CONFLICT: "client_order_id",
    reasons.TIF_NOT_ALLOWED: "time_in_force",
    reasons.BID_BELOW_FLOOR: "price",
    reasons.BID_ABOVE_CEILING: "price",
    reasons.BID_ABOVE_CAP: "quantity",
}


class MemberDesk:
    """Answers the methods of the member door, and turns what the engine said into replies."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                wire.OrderPlace: self._place,
                wire.OrderCancel: self._cancel,
                wire.OrderReplace: self._replace,
                wire.OrderCancelAll: self._cancel_all,
                wire.OrderGet: self._get,
                wire.OrderList: self._list,
                wire.AccountCash: self._cash,
                wire.AccountAllowances: self._allowances,
                wire.AccountObligation: self._obligation,
                wire.TradeGet: self._trade,
            }
        )
        gateway.answerers.update(
            {
                commands.ReplaceOrder: self.on_changed,
                commands.CancelAll: self._on_all_canceled,
            }
        )

    # ---- orders: asking -----------------------------------------------------------------------------------

    def _place(self, connection: Connection, request: wire.OrderPlace) -> None:
        asked = asked_of(request.id, request.params)
        if request.params.cancel_on_disconnect:
            self.place(connection, asked)
            return
        command = msgspec.structs.replace(place_command(self._names, connection, asked), session=0)
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)
        self._gateway.ask(connection, request.id, command)

    def place(self, connection: Connection, asked: quick.Place) -> None:
        """Ask for a new order. Raises `Refused`."""
        command = place_command(self._names, connection, asked)
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)
        self._gateway.ask(connection, asked.id, command)

    def _cancel(self, connection: Connection, request: wire.OrderCancel) -> None:
        account = canceling_account_of(connection, request.params.account)
        order, client_order_id = order_name(request.params)
        self._gateway.ask(connection, request.id, commands.CancelOrder(account, order, client_order_id))

    def cancel(self, connection: Connection, asked: quick.Cancel) -> None:
        """Ask for the end of an order that is named by its client order id. Raises `Refused`."""
        account = canceling_account_of(connection, asked.account)
        self._gateway.ask(connection, asked.id, CancelOrder(account, 0, asked.client_order_id))

    def _replace(self, connection: Connection, request: wire.OrderReplace) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        order, client_order_id = order_name(params)
        price_ticks = ticks_of(params.price, self._tick_fen_for(account, order, client_order_id))
        command = commands.ReplaceOrder(account, order, client_order_id, price_ticks, params.quantity)
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)
        self._gateway.ask(connection, request.id, command)

    def _cancel_all(self, connection: Connection, request: wire.OrderCancelAll) -> None:
        params = request.params if request.params is not UNSET else wire.OrderCancelAllParams()
        account = canceling_account_of(connection, params.account)
        instrument = 0
        if params.instrument is not UNSET:
            instrument = self._names.instrument_number(params.instrument)
            if not instrument:
                raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
        side = SIDE_NUMBERS[params.side] if params.side is not UNSET else 0
        self._gateway.ask(connection, request.id, commands.CancelAll(account, instrument, side))

    # ---- orders: what the engine said ---------------------------------------------------------------------

    def on_placed(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        """Answer a `PlaceOrder`."""
        said = happened[0]
        if type(said) is OrderAccepted:
            account = self._names.accounts[said.account]
            if connection.wants_jsonrpc or self._gateway.is_throttled:
                connection.reply(request_id, wire.OrderPlaced(f"O-{said.order}", said.client_order_id, account, False))
            else:
                answer = answers.placed(request_id, said.order, said.client_order_id, account)
                connection.send_frame(frames.text_frame(answer))
        elif type(said) is events.OrderRepeated:
            if said.reason:
                refused = Refused(said.reason, _FIELDS.get(said.reason, ""))
                connection.refuse(
                    request_id, refused, order_id=f"O-{said.order}", duplicate=True, ref=f"E-{said.order}"
                )
                return
            account = self._names.accounts[said.account]
            connection.reply(request_id, wire.OrderPlaced(f"O-{said.order}", said.client_order_id, account, True))
        else:
            assert isinstance(said, events.OrderRefused | events.RequestRefused)
            command = entry.command
            assert isinstance(command, commands.PlaceOrder)
            tick_fen = self._names.instruments[command.instrument].tick_fen
            order_id = f"O-{said.order}" if type(said) is events.OrderRefused else ""
            connection.refuse(
                request_id,
                refusal_of(said.reason, said.limit, said.actual, tick_fen),
                order_id=order_id,
                ref=f"E-{entry.seq}",
            )

    def on_changed(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        """Answer a `CancelOrder` or a `ReplaceOrder`."""
        said = happened[0]
        if type(said) is OrderCanceled:
            self._reply_changed(connection, request_id, said, "canceled", said.cum + said.tonnes, 0)
        elif type(said) is events.RequestRefused:
            refused = refusal_of(said.reason, said.limit, said.actual, self._gateway.reports.tick_fen_of(said.order))
            if said.reason in _NOT_OPEN and self._gateway.has_room_to_query(connection):
                work = self._refuse_not_open(connection, request_id, entry, refused)
                self._gateway.query(connection, request_id, work)
            else:
                connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
        else:
            assert type(said) is events.OrderReplaced
            status = "partially_filled" if said.cum else "new"
            self._reply_changed(connection, request_id, said, status, said.tonnes, said.leaves)

    def _reply_changed(
        self,
        connection: Connection,
        request_id: str | int,
        said: events.OrderCanceled | events.OrderReplaced,
        status: str,
        quantity: int,
        leaves: int,
    ) -> None:
        order, client_order_id, cum = said.order, said.client_order_id, said.cum
        account = self._names.accounts[said.account]
        price = prices.price_text(said.price_ticks, self._names.instruments[said.instrument].tick_fen)
        if connection.wants_jsonrpc or self._gateway.is_throttled:
            changed = wire.OrderChanged(f"O-{order}", client_order_id, account, status, price, quantity, cum, leaves)
            connection.reply(request_id, changed)
        else:
            answer = answers.changed(request_id, order, client_order_id, account, status, price, quantity, cum, leaves)
            connection.send_frame(frames.text_frame(answer))

    async def _refuse_not_open(
        self, connection: Connection, request_id: str | int, entry: Entry, refused: Refused
    ) -> None:
        """Say how an order ended that is not open: the engine has forgotten it, its last report has not."""
        command = entry.command
        assert isinstance(command, commands.CancelOrder | commands.ReplaceOrder)
        number = command.order or self._gateway.view().order_number(command.account, command.client_order_id)
        found = await self._gateway.history.last_report(command.account, number) if number else None
        if found is not None:
            refused = Refused(reasons.ALREADY_FILLED if found.status == "filled" else reasons.ALREADY_CANCELED)
        connection.refuse(request_id, refused, ref=f"E-{entry.seq}")

    def _on_all_canceled(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[-1]
        if type(said) is events.AllCanceled:
            connection.reply(request_id, wire.OrdersCanceled(self._names.accounts[said.account], said.orders))
            return
        assert isinstance(said, events.RequestRefused)
        connection.refuse(request_id, refusal_of(said.reason, said.limit, said.actual, 1), ref=f"E-{entry.seq}")

    # ---- orders: looking ----------------------------------------------------------------------------------

    def _open_order(self, account: int, order: int, client_order_id: str) -> OrderView | None:
        view = self._gateway.view()
        number = order or view.order_number(account, client_order_id)
        return view.order(number, account) if number else None

    def _tick_fen_for(self, account: int, order: int, client_order_id: str) -> int:
        """The tick by which a replace's price is read.

        The engine may not know the order yet, when its placing is still under way: then only a tick that all instruments
        share is certain. An order that has ended is refused whatever the price.
        """
        found = self._open_order(account, order, client_order_id)
        if found is not None:
            return self._names.instruments[found.instrument].tick_fen
        ticks = {instrument.tick_fen for instrument in self._names.instruments.values()}
        if len(ticks) == 1:
            return ticks.pop()
        view = self._gateway.view()
        if view.order_number(account, client_order_id) or 0 < order <= view.day().seq:
            return 1
        raise Refused(reasons.UNKNOWN_ORDER)

    def _get(self, connection: Connection, request: wire.OrderGet) -> None:
        account = account_of(connection, request.params.account)
        order, client_order_id = order_name(request.params)
        found = self._open_order(account, order, client_order_id)
        if found is not None:
            connection.reply(request.id, self._gateway.order_state(found))
            return
        number = order or self._gateway.view().order_number(account, client_order_id)
        if not number:
            raise Refused(reasons.UNKNOWN_ORDER)
        self._gateway.query(connection, request.id, self._get_finished(connection, request.id, account, number))

    async def _get_finished(self, connection: Connection, request_id: str | int, account: int, order: int) -> None:
        found = await self._gateway.history.last_report(account, order)
        if found is None:
            raise Refused(reasons.UNKNOWN_ORDER)
        event = self._gateway.reports.text(found)
        connection.reply(request_id, msgspec.json.decode(event, type=_ReportOnly).data)

    def _list(self, connection: Connection, request: wire.OrderList) -> None:
        params = request.params if request.params is not UNSET else wire.OrderListParams()
        account = account_of(connection, params.account)
        instrument = ""
        if params.instrument is not UNSET:
            instrument = params.instrument
            if not self._names.instrument_number(instrument):
                raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
        after = int(params.after[2:]) if params.after is not UNSET else 0
        rows = [
            self._gateway.order_state(order)
            for order in self._gateway.view().open_orders(account)
            if order.order > after and (not instrument or self._names.instruments[order.instrument].code == instrument)
        ]
        code = self._names.accounts[account]
        connection.reply(request.id, wire.OrderRows(code, rows[: params.limit], len(rows) > params.limit))

    # ---- accounts and title -------------------------------------------------------------------------------

    def _cash(self, connection: Connection, request: wire.AccountCash) -> None:
        account = account_of(connection, request.params.account if request.params is not UNSET else UNSET)
        self._gateway.query(connection, request.id, self._cash_settled(connection, request.id, account))

    async def _cash_settled(self, connection: Connection, request_id: str | int, account: int) -> None:
        settled_fen = await self._gateway.title.cash(account)
        view = self._gateway.view()
        found = view.account(account)
        assert found is not None, "an account that is there stays"
        connection.reply(
            request_id,
            wire.CashView(
                found.code,
                prices.money_text(found.free_fen),
                prices.money_text(found.held_fen),
                prices.money_text(settled_fen),
                view.day().seq,
                found.exec_seq,
            ),
        )

    def _allowances(self, connection: Connection, request: wire.AccountAllowances) -> None:
        account = account_of(connection, request.params.account if request.params is not UNSET else UNSET)
        self._gateway.query(connection, request.id, self._allowances_settled(connection, request.id, account))

    async def _allowances_settled(self, connection: Connection, request_id: str | int, account: int) -> None:
        settled = {row.instrument: row.tonnes for row in await self._gateway.title.holdings(account)}
        view = self._gateway.view()
        found = view.account(account)
        assert found is not None, "an account that is there stays"
        held = {row.instrument: row for row in view.units(account)}
        holdings = []
        for number in sorted(held.keys() | settled.keys()):
            row = held.get(number)
            holdings.append(
                wire.HoldingView(
                    self._names.instruments[number].code,
                    row.available if row is not None else 0,
                    row.held if row is not None else 0,
                    row.locked if row is not None else 0,
                    settled.get(number, 0),
                    row.encumbered if row is not None else 0,
                    row.preallocated if row is not None else 0,
                    row.use_restricted if row is not None else 0,
                )
            )
        connection.reply(
            request_id,
            wire.AllowancesView(
                found.code,
                holdings,
                encumbrance_rows(view, self._names, account),
                found.retention_floor,
                view.day().seq,
                found.exec_seq,
            ),
        )

    def _obligation(self, connection: Connection, request: wire.AccountObligation) -> None:
        params = request.params if request.params is not UNSET else wire.ObligationParams()
        account = account_of(connection, params.account)
        connection.reply(request.id, obligation_view(self._gateway.view(), self._names, account, params.year))

    def _trade(self, connection: Connection, request: wire.TradeGet) -> None:
        number = int(request.params.trade_id[2:])
        self._gateway.query(connection, request.id, self._trade_status(connection, request.id, number))

    async def _trade_status(self, connection: Connection, request_id: str | int, trade: int) -> None:
        found = await self._gateway.title.trade(trade)
        if found is None:  # settlement may not have come to it yet
            await self._gateway.title.wait_settled(self._gateway.view().day().seq)
            found = await self._gateway.title.trade(trade)
        mine = set(connection.accounts.values())
        if found is None or not mine & {found.buyer, found.seller}:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "trade_id")
        connection.reply(
            request_id,
            wire.TradeView(
                f"T-{trade}",
                found.status,
                self._names.instrument_code(found.instrument),
                "both" if mine >= {found.buyer, found.seller} else "buy" if found.buyer in mine else "sell",
                found.tonnes,
                prices.money_text(found.amount_fen),
                reason_view(found.reason),
                found.detail,
            ),
        )


class _ReportOnly(msgspec.Struct):
    data: msgspec.Raw


def trading_day(text: str) -> int:
    """A day of a request. Raises `Refused` where there is no such day."""
    try:
        return times.day_number(text)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "trading_day") from error


def account_of(connection: Connection, code: Any) -> int:
    """The account a request is about. Raises `Refused`: another's is as unknown as one that is not there."""
    if code is UNSET:
        if len(connection.accounts) != 1:
            raise Refused(reasons.INVALID_FIELD, "account")
        return next(iter(connection.accounts.values()))
    number = connection.accounts.get(code)
    if number is None:
        raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
    return number


def trading_account_of(connection: Connection, code: Any) -> int:
    """The account that a request trades for. Raises `Refused` where the key may only look, or only cancel."""
    if not connection.may_trade:
        raise Refused(reasons.NOT_PERMITTED)
    return account_of(connection, code)


def asked_of(request_id: str | int, params: wire.OrderPlaceParams) -> quick.Place:
    """What a request that was read in the general way asks for."""
    return quick.Place(
        request_id,
        params.account,
        params.instrument,
        SIDE_NUMBERS[params.side],
        params.price,
        params.quantity,
        _TIME_NUMBERS[params.time_in_force],
        params.client_order_id,
        params.post_only,
    )


def place_command(names: Directory, connection: Connection, asked: quick.Place) -> commands.PlaceOrder:
    """The order that a request asks for. Raises `Refused` with what of it no order can say."""
    account = trading_account_of(connection, asked.account)
    instrument = names.instrument_number(asked.instrument)
    if not instrument:
        raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
    return PlaceOrder(
        account,
        instrument,
        asked.side,
        ticks_of(asked.price, names.instruments[instrument].tick_fen),
        asked.quantity,
        asked.time_in_force,
        asked.client_order_id,
        asked.post_only,
        connection.order_session,
    )


def canceling_account_of(connection: Connection, code: Any) -> int:
    """The account that a request takes something back for. Raises `Refused` where the key may only look."""
    if not connection.may_cancel:
        raise Refused(reasons.NOT_PERMITTED)
    return account_of(connection, code)


def order_name(params: wire.OrderNameParams | wire.OrderReplaceParams) -> tuple[int, str]:
    """(number, client order id) of exactly one of the two names. Raises `Refused`."""
    if (params.order_id is UNSET) == (params.client_order_id is UNSET):
        raise Refused(reasons.INVALID_FIELD, "order_id")
    if params.order_id is not UNSET:
        return int(params.order_id[2:]), ""
    assert params.client_order_id is not UNSET
    return 0, params.client_order_id


def ticks_of(text: str, tick_fen: int) -> int:
    """A price of a request in ticks. Raises `Refused` with what is wrong with it."""
    try:
        return prices.price_ticks(text, tick_fen)
    except prices.NumberRefused as error:
        limit = prices.money_text(tick_fen) if error.reason == reasons.PRICE_OFF_TICK else None
        raise Refused(error.reason, "price", limit=limit, actual=text if limit else None) from error


def refusal_of(reason: int, limit: int, actual: int, tick_fen: int) -> Refused:
    """The engine's refusal in the units of the wire."""
    field = _FIELDS.get(reason, "")
    if not limit and not actual:
        return Refused(reason, field)
    if reason == reasons.PHASE_FORBIDS:
        return Refused(reason, field, actual=phases.NAMES[actual])
    if reason == reasons.ACCOUNT_RESTRICTED:
        return Refused(reason, field, actual=" ".join(acts.scope_words(actual)))
    if reason in _IN_TICKS:
        return Refused(
            reason, field, limit=prices.price_text(limit, tick_fen), actual=prices.price_text(actual, tick_fen)
        )
    if reason in _IN_FEN:
        return Refused(reason, field, limit=prices.money_text(limit), actual=prices.money_text(actual))
    return Refused(reason, field, limit=limit, actual=actual)
