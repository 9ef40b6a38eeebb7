"""The board of intentions (意向申报): members post and withdraw, everyone reads."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from engine.core import commands, events, reasons
from engine.core.commands import Entry
from engine.core.units import BUY
from engine.view import Intention, MarketView
from gateway.connection import Connection
from gateway.members import SIDE_NUMBERS, canceling_account_of, refusal_of, ticks_of, trading_account_of, trading_day
from gateway.protocol import intention_wire as iw
from gateway.protocol.codec import Refused
from gateway.protocol.prices import price_text
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class IntentionDesk:
    """Answers the methods of intentions."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {iw.IntentionPost: self._post, iw.IntentionWithdraw: self._withdraw, iw.IntentionList: self._list}
        )
        gateway.answerers[commands.PostIntention] = self._on_done
        gateway.answerers[commands.WithdrawIntention] = self._on_done

    def _post(self, connection: Connection, request: iw.IntentionPost) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        instrument = self._names.instrument_number(params.instrument)
        if not instrument:
            raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
        ticks = 0
        if params.price is not UNSET:
            ticks = ticks_of(params.price, self._names.instruments[instrument].tick_fen)
        until_day = 0 if params.until_day is UNSET else trading_day(params.until_day)
        side = SIDE_NUMBERS[params.side]
        command = commands.PostIntention(
            account, instrument, side, params.quantity, ticks, until_day, params.named, params.contact
        )
        self._gateway.ask(connection, request.id, command)

    def _withdraw(self, connection: Connection, request: iw.IntentionWithdraw) -> None:
        account = canceling_account_of(connection, request.params.account)
        command = commands.WithdrawIntention(account, int(request.params.intention_id[2:]))
        self._gateway.ask(connection, request.id, command)

    def _on_done(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.RequestRefused):
            connection.refuse(request_id, refusal_of(said.reason, said.limit, said.actual, 1), ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.IntentionPosted | events.IntentionEnded)
        status = "posted" if isinstance(said, events.IntentionPosted) else "withdrawn"
        connection.reply(
            request_id, iw.IntentionDone(f"V-{said.intention}", self._names.accounts[said.account], status)
        )

    def _list(self, connection: Connection, request: iw.IntentionList) -> None:
        own = set(connection.accounts.values())
        connection.reply(request.id, board(self._gateway.view(), own))


def board(view: MarketView, own: set[int]) -> list[iw.IntentionRow]:
    """The public board, newest first; `own` accounts are marked and otherwise nobody is named who did not want to be."""
    codes = {found.number: (found.code, found.tick_fen) for found in view.instruments()}
    return [_row(view, found, *codes[found.instrument], own) for found in reversed(view.intentions())]


def _row(view: MarketView, found: Intention, code: str, tick_fen: int, own: set[int]) -> iw.IntentionRow:
    account = view.account(found.account) if found.is_named else None
    return iw.IntentionRow(
        f"V-{found.number}",
        code,
        "buy" if found.side == BUY else "sell",
        found.tonnes,
        time_text(found.posted_ns),
        day_text(found.until_day),
        price_text(found.price_ticks, tick_fen) if found.price_ticks else "",
        found.contact,
        account.name if account is not None else "",
        found.account in own,
    )
