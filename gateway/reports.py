"""Engine events -> execution reports of the private streams. Pure: the same events give the same bytes, at any time again.

What an event does not repeat (time in force, the money of earlier fills) is kept for open orders only.
"""

from collections.abc import Callable
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from engine.core import events, reasons, units
from engine.view import MarketView
from gateway.directory import Directory
from gateway.protocol import wire
from gateway.protocol.codec import encode
from gateway.protocol.prices import average_text, money_text, price_text
from gateway.protocol.times import day_text, time_text

SIDES: Final = {units.BUY: "buy", units.SELL: "sell"}
TIMES_IN_FORCE: Final = {units.DAY: "day", units.IOC: "ioc", units.FOK: "fok"}
_EXPIRED: Final = frozenset((reasons.DAY_ENDED,))


@mypyc_attr(acyclic=True)
@final
class Report:
    """One report, encoded: the whole event of channel `exec.{account}`. `is_last`: the order ends with it."""

    __slots__ = ("account", "exec_seq", "is_last", "order", "payload")

    def __init__(self, account: int, exec_seq: int, order: int, is_last: bool, payload: bytes) -> None:
        self.account = account
        self.exec_seq = exec_seq
        self.order = order
        self.is_last = is_last
        self.payload = payload


@mypyc_attr(acyclic=True)
@final
class _Open:
    """What later reports of an open order need."""

    __slots__ = ("amount_fen", "instrument", "time_in_force")

    def __init__(self, instrument: int, time_in_force: str, amount_fen: int) -> None:
        self.instrument = instrument
        self.time_in_force = time_in_force
        self.amount_fen = amount_fen


class ReportWriter:
    """Writes reports, event by event, in journal order."""

    def __init__(self, directory: Directory) -> None:
        self._names = directory
        self._open: dict[int, _Open] = {}
        self._trading_day = ""
        self._at = ""
        self._written: list[Report] = []
        self.last_seqs: dict[int, int] = {}  # account -> last number of its stream
        self.folds: dict[type[events.Event], Callable[[Any], None]] = {
            events.OrderAccepted: self._on_accepted,
            events.OrderRefused: self._on_refused,
            events.Traded: self._on_traded,
            events.OrderCanceled: self._on_canceled,
            events.OrderReplaced: self._on_replaced,
            events.DayOpened: self._on_day_opened,
            events.AccountOpened: self._on_account,
            events.InstrumentListed: directory.on_instrument,
        }

    def load(self, view: MarketView) -> None:
        """Take over the open orders and the streams' last numbers."""
        self._trading_day = day_text(view.day().trading_day)
        for account in view.accounts():
            self.last_seqs[account.number] = account.exec_seq
            for order in view.open_orders(account.number):
                self._open[order.order] = _Open(order.instrument, TIMES_IN_FORCE[order.time_in_force], order.amount_fen)

    def tick_fen_of(self, order: int) -> int:
        """Tick of the instrument of an order that is open at the entry being written; 0 where none is."""
        known = self._open.get(order)
        return self._names.instruments[known.instrument].tick_fen if known is not None else 0

    def write(self, at_ns: int, happened: list[events.Event]) -> list[Report]:
        """The reports of one entry's events."""
        self._at = time_text(at_ns)
        written: list[Report] = []
        self._written = written
        folds = self.folds
        for event in happened:
            fold = folds.get(type(event))
            if fold is not None:
                fold(event)
        return written

    def _add(self, account: int, exec_seq: int, order: int, is_last: bool, report: wire.ExecReport) -> None:
        if exec_seq != self.last_seqs[account] + 1:
            raise AssertionError(f"account {account}: report {exec_seq} after {self.last_seqs[account]}")
        self.last_seqs[account] = exec_seq
        channel = "exec." + report.account
        payload = encode(wire.ExecEvent(channel, "update", exec_seq, exec_seq - 1, self._at, report))
        self._written.append(Report(account, exec_seq, order, is_last, payload))
        if is_last:
            self._open.pop(order, None)

    def _on_day_opened(self, event: events.DayOpened) -> None:
        self._trading_day = day_text(event.trading_day)

    def _on_account(self, event: events.AccountOpened) -> None:
        self._names.on_account(event)
        self.last_seqs[event.account] = 0

    def _on_accepted(self, event: events.OrderAccepted) -> None:
        instrument = self._names.instruments[event.instrument]
        time_in_force = TIMES_IN_FORCE[event.time_in_force]
        self._open[event.order] = _Open(event.instrument, time_in_force, 0)
        report = wire.ExecReport(
            "new",
            "new",
            f"O-{event.order}",
            event.client_order_id,
            self._names.accounts[event.account],
            instrument.code,
            SIDES[event.side],
            time_in_force,
            price_text(event.price_ticks, instrument.tick_fen),
            event.tonnes,
            0,
            event.tonnes,
            self._at,
            self._trading_day,
        )
        self._add(event.account, event.exec_seq, event.order, False, report)

    def _on_refused(self, event: events.OrderRefused) -> None:
        instrument = self._names.instruments.get(event.instrument)
        report = wire.ExecReport(
            "rejected",
            "rejected",
            f"O-{event.order}",
            event.client_order_id,
            self._names.accounts[event.account],
            instrument.code if instrument is not None else "",
            SIDES.get(event.side, ""),
            TIMES_IN_FORCE.get(event.time_in_force, ""),
            price_text(event.price_ticks, instrument.tick_fen) if instrument is not None else "",
            event.tonnes,
            0,
            0,
            self._at,
            self._trading_day,
            reason=reason_view(event.reason),
        )
        self._add(event.account, event.exec_seq, event.order, True, report)

    def _on_traded(self, event: events.Traded) -> None:
        taker = event.taker_side
        self._write_fill(
            event,
            event.buyer,
            event.buy_exec_seq,
            event.buy_order,
            event.buy_client_order_id,
            "buy",
            event.buy_limit_ticks,
            event.buy_leaves,
            event.buy_cum,
            event.buy_fee_fen,
            "auction" if taker == 0 else "taker" if taker == units.BUY else "maker",
        )
        self._write_fill(
            event,
            event.seller,
            event.sell_exec_seq,
            event.sell_order,
            event.sell_client_order_id,
            "sell",
            event.sell_limit_ticks,
            event.sell_leaves,
            event.sell_cum,
            event.sell_fee_fen,
            "auction" if taker == 0 else "taker" if taker == units.SELL else "maker",
        )

    def _write_fill(
        self,
        event: events.Traded,
        account: int,
        exec_seq: int,
        order: int,
        client_order_id: str,
        side: str,
        limit_ticks: int,
        leaves: int,
        cum: int,
        fee_fen: int,
        liquidity: str,
    ) -> None:
        instrument = self._names.instruments[event.instrument]
        known = self._open[order]
        known.amount_fen += event.amount_fen
        report = wire.ExecReport(
            "trade",
            "partially_filled" if leaves else "filled",
            f"O-{order}",
            client_order_id,
            self._names.accounts[account],
            instrument.code,
            side,
            known.time_in_force,
            price_text(limit_ticks, instrument.tick_fen),
            cum + leaves,
            cum,
            leaves,
            self._at,
            self._trading_day,
            average_text(known.amount_fen, cum),
            price_text(event.price_ticks, instrument.tick_fen),
            event.tonnes,
            f"T-{event.trade}",
            liquidity,
            money_text(fee_fen),
        )
        self._add(account, exec_seq, order, leaves == 0, report)

    def _on_canceled(self, event: events.OrderCanceled) -> None:
        instrument = self._names.instruments[event.instrument]
        known = self._open[event.order]
        kind = "expired" if event.reason in _EXPIRED else "canceled"
        report = wire.ExecReport(
            kind,
            kind,
            f"O-{event.order}",
            event.client_order_id,
            self._names.accounts[event.account],
            instrument.code,
            SIDES[event.side],
            known.time_in_force,
            price_text(event.price_ticks, instrument.tick_fen),
            event.cum + event.tonnes,
            event.cum,
            0,
            self._at,
            self._trading_day,
            average_text(known.amount_fen, event.cum) if event.cum else "",
            reason=reason_view(event.reason),
            origin="member" if event.reason == 0 else "expiry" if event.reason in _EXPIRED else "system",
        )
        self._add(event.account, event.exec_seq, event.order, True, report)

    def _on_replaced(self, event: events.OrderReplaced) -> None:
        instrument = self._names.instruments[event.instrument]
        known = self._open[event.order]
        report = wire.ExecReport(
            "replaced",
            "partially_filled" if event.cum else "new",
            f"O-{event.order}",
            event.client_order_id,
            self._names.accounts[event.account],
            instrument.code,
            SIDES[event.side],
            known.time_in_force,
            price_text(event.price_ticks, instrument.tick_fen),
            event.tonnes,
            event.cum,
            event.leaves,
            self._at,
            self._trading_day,
            average_text(known.amount_fen, event.cum) if event.cum else "",
        )
        self._add(event.account, event.exec_seq, event.order, False, report)


def reason_view(number: int) -> wire.ReasonView | None:
    """A catalogue number with its name; None for 0."""
    return wire.ReasonView(number, reasons.BY_NUMBER[number].name) if number else None
