"""Block trades at the doors: members offer, counter, confirm, decline and withdraw; operators see what is open.

Translates; the engine judges. An offer is shown to its parties only: to who made it with all who were sent it, to each of
those with who made it.
"""

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from engine.core import commands, events, reasons, units
from engine.core.commands import Entry
from engine.view import BlockOfferView
from gateway.connection import Connection
from gateway.members import SIDE_NUMBERS, account_of, canceling_account_of, refusal_of, ticks_of, trading_account_of
from gateway.protocol import block_wire
from gateway.protocol.codec import Refused
from gateway.protocol.prices import money_text, price_text
from gateway.reports import SIDES

if TYPE_CHECKING:
    from gateway.server import Gateway

_OTHER: Final = {units.BUY: units.SELL, units.SELL: units.BUY}


class BlockDesk:
    """Answers the methods of block trading."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                block_wire.BlockOffer: self._offer,
                block_wire.BlockCounter: self._counter,
                block_wire.BlockConfirm: self._confirm,
                block_wire.BlockDecline: self._decline,
                block_wire.BlockWithdraw: self._withdraw,
                block_wire.BlockList: self._list,
                block_wire.OpsBlocks: self._list_open,
            }
        )
        gateway.answerers.update(
            {
                commands.BlockOffer: self._on_offered,
                commands.BlockCounter: self._on_offered,
                commands.BlockConfirm: self._on_confirmed,
                commands.BlockDecline: self._on_ended,
                commands.BlockWithdraw: self._on_ended,
            }
        )

    # ---- asking -------------------------------------------------------------------------------------------

    def _offer(self, connection: Connection, request: block_wire.BlockOffer) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        instrument = self._names.instrument_number(params.instrument)
        if not instrument:
            raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
        counterparties = tuple([self._names.account_number(code) for code in params.counterparties])
        if not all(counterparties):
            raise Refused(reasons.UNKNOWN_ACCOUNT, "counterparties")
        price_ticks = ticks_of(params.price, self._names.instruments[instrument].tick_fen)
        side = SIDE_NUMBERS[params.side]
        command = commands.BlockOffer(
            account, instrument, side, price_ticks, params.quantity, counterparties, params.client_offer_id
        )
        self._check_orders_are_taken()
        self._gateway.ask(connection, request.id, command)

    def _counter(self, connection: Connection, request: block_wire.BlockCounter) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        offer = int(params.block_id[2:])
        known = self._gateway.view().block_offer(offer)
        if known is None or account not in known.addressed:
            raise Refused(reasons.UNKNOWN_OFFER, "block_id")
        price_ticks = ticks_of(params.price, self._names.instruments[known.instrument].tick_fen)
        command = commands.BlockCounter(account, offer, price_ticks, params.quantity, params.client_offer_id)
        self._check_orders_are_taken()
        self._gateway.ask(connection, request.id, command)

    def _confirm(self, connection: Connection, request: block_wire.BlockConfirm) -> None:
        account = trading_account_of(connection, request.params.account)
        self._check_orders_are_taken()
        self._gateway.ask(connection, request.id, commands.BlockConfirm(account, int(request.params.block_id[2:])))

    def _decline(self, connection: Connection, request: block_wire.BlockDecline) -> None:
        account = canceling_account_of(connection, request.params.account)
        self._gateway.ask(connection, request.id, commands.BlockDecline(account, int(request.params.block_id[2:])))

    def _withdraw(self, connection: Connection, request: block_wire.BlockWithdraw) -> None:
        params = request.params
        account = canceling_account_of(connection, params.account)
        if (params.block_id is UNSET) == (params.client_offer_id is UNSET):
            raise Refused(reasons.INVALID_FIELD, "block_id")
        offer = int(params.block_id[2:]) if params.block_id is not UNSET else 0
        client_offer_id = params.client_offer_id if params.client_offer_id is not UNSET else ""
        self._gateway.ask(connection, request.id, commands.BlockWithdraw(account, offer, client_offer_id))

    def _check_orders_are_taken(self) -> None:
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)

    # ---- what the engine said -----------------------------------------------------------------------------

    def _on_offered(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[-1]  # a counter's declining comes before it
        if isinstance(said, events.RequestRefused):
            self._refuse(connection, request_id, entry, said)
            return
        assert isinstance(said, events.BlockOffered | events.BlockRepeated)
        reply = block_wire.BlockOffered(
            f"B-{said.offer}",
            said.client_offer_id,
            self._names.accounts[said.account],
            isinstance(said, events.BlockRepeated),
        )
        connection.reply(request_id, reply)

    def _on_confirmed(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said, command = happened[0], entry.command
        assert isinstance(command, commands.BlockConfirm)
        if isinstance(said, events.RequestRefused):
            self._refuse(connection, request_id, entry, said)
            return
        assert isinstance(said, events.BlockTraded | events.BlockRepeated)
        account = self._names.accounts[command.account]
        is_repeat = isinstance(said, events.BlockRepeated)
        reply = block_wire.BlockConfirmed(f"B-{said.offer}", f"T-{said.trade}", account, is_repeat)
        connection.reply(request_id, reply)

    def _on_ended(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said, command = happened[0], entry.command
        assert isinstance(command, commands.BlockDecline | commands.BlockWithdraw)
        if isinstance(said, events.RequestRefused):
            self._refuse(connection, request_id, entry, said)
            return
        assert isinstance(said, events.BlockDeclined | events.BlockEnded)
        status = "declined" if isinstance(said, events.BlockDeclined) else "withdrawn"
        account = self._names.accounts[command.account]
        connection.reply(request_id, block_wire.BlockAnswered(f"B-{said.offer}", account, status))

    def _refuse(self, connection: Connection, request_id: str | int, entry: Entry, said: events.RequestRefused) -> None:
        command = entry.command
        if isinstance(command, commands.BlockOffer):
            instrument = command.instrument
        else:  # only an offer that is known is measured against a price
            known = self._gateway.view().block_offer(said.order)
            instrument = known.instrument if known is not None else 0
        tick_fen = self._names.instruments[instrument].tick_fen if instrument else 1
        refused = refusal_of(said.reason, said.limit, said.actual, tick_fen)
        if said.reason == reasons.CLIENT_ORDER_ID_CONFLICT:
            refused.field = "client_offer_id"
        connection.refuse(request_id, refused, ref=f"E-{entry.seq}")

    # ---- looking ------------------------------------------------------------------------------------------

    def _list(self, connection: Connection, request: block_wire.BlockList) -> None:
        params = request.params if request.params is not UNSET else block_wire.BlockListParams()
        account = account_of(connection, params.account)
        after = int(params.after[2:]) if params.after is not UNSET else 0
        found = [offer for offer in self._gateway.view().block_offers(account) if offer.offer > after]
        rows = [self._row(account, offer) for offer in found[: params.limit]]
        code = self._names.accounts[account]
        connection.reply(request.id, block_wire.BlockRows(code, rows, len(found) > params.limit))

    def _row(self, account: int, offer: BlockOfferView) -> block_wire.BlockRow:
        instrument = self._names.instruments[offer.instrument]
        is_mine = offer.account == account
        has_traded = offer.trade != 0 and account in (offer.account, offer.confirmer)
        return block_wire.BlockRow(
            f"B-{offer.offer}",
            "offerer" if is_mine else "counterparty",
            instrument.code,
            SIDES[offer.side if is_mine else _OTHER[offer.side]],
            price_text(offer.price_ticks, instrument.tick_fen),
            offer.tonnes,
            money_text(offer.amount_fen),
            _status(account, offer),
            [self._names.accounts[number] for number in (offer.addressed if is_mine else (offer.account,))],
            offer.client_offer_id if is_mine else "",
            f"B-{offer.answers}" if offer.answers else "",
            f"T-{offer.trade}" if has_traded else "",
        )

    def _list_open(self, connection: Connection, request: block_wire.OpsBlocks) -> None:
        params = request.params if request.params is not UNSET else block_wire.OpsBlocksParams()
        after = int(params.after[2:]) if params.after is not UNSET else 0
        view = self._gateway.view()
        found = [offer for offer in view.open_block_offers() if offer.offer > after]
        rows = [self._open_row(offer) for offer in found[: params.limit]]
        is_open = view.day().is_block_window_open
        connection.reply(request.id, block_wire.OpenBlockRows(is_open, rows, len(found) > params.limit))

    def _open_row(self, offer: BlockOfferView) -> block_wire.OpenBlockRow:
        instrument = self._names.instruments[offer.instrument]
        return block_wire.OpenBlockRow(
            f"B-{offer.offer}",
            self._names.accounts[offer.account],
            instrument.code,
            SIDES[offer.side],
            price_text(offer.price_ticks, instrument.tick_fen),
            offer.tonnes,
            money_text(offer.amount_fen),
            [self._names.accounts[number] for number in offer.open_to],
            f"B-{offer.answers}" if offer.answers else "",
        )


def _status(account: int, offer: BlockOfferView) -> str:
    """How the offer stands for one of its parties, in the words of an order."""
    if offer.trade and account in (offer.account, offer.confirmer):
        return "filled"
    if account in offer.open_to or (account == offer.account and offer.open_to):
        return "new"
    return "expired" if offer.reason == reasons.DAY_ENDED else "canceled"
