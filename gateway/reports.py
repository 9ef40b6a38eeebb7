"""Engine events -> execution reports of the private streams. Pure: the same events give the same reports, at any time again.

A report is kept and stored as facts, in numbers; it becomes text where somebody is told (`ReportWriter.text`), which for
most accounts at most times is nobody. What an event does not repeat (time in force, the money of earlier fills) is kept
for open orders only.
"""

from collections.abc import Callable
from typing import Any, Final, final

import msgspec
from msgspec.structs import astuple
from mypy_extensions import i64, mypyc_attr

from engine.core import reasons, units
from engine.core.events import (
    AccountOpened,
    AuctionAnnounced,
    BidAwarded,
    BidEnded,
    BidPlaced,
    BlockDeclined,
    BlockEnded,
    BlockOffered,
    BlockTaken,
    BlockTraded,
    DayOpened,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderRefused,
    OrderReplaced,
    Traded,
    TradeVoided,
)
from engine.view import MarketView
from gateway.directory import Directory
from gateway.exec_report import (
    CANCELED,
    DECLINED,
    EXEC_TYPES,
    EXPIRED,
    NEW,
    REJECTED,
    REPLACED,
    TRADE,
    TRADE_CANCELED,
    Facts,
    Report,
    status_of,
)
from gateway.protocol import exec_texts, wire
from gateway.protocol.codec import encode
from gateway.protocol.prices import average_text, money_text, price_text
from gateway.protocol.times import day_text, time_text

SIDES: Final = {units.BUY: "buy", units.SELL: "sell"}
TIMES_IN_FORCE: Final = {units.DAY: "day", units.IOC: "ioc", units.FOK: "fok"}
SEALED: Final = "sealed_auction"  # time in force and liquidity of a bid
_EXPIRED: Final = frozenset((reasons.DAY_ENDED, reasons.BID_NOT_AWARDED))

PLACE_BITS: Final = 40  # of an exec_seq, where account and exec_seq share one number

_ACCOUNT: Final = 0  # where in the facts a field stands
_EXEC_SEQ: Final = 1
_TELLS: Final = 2
_AT_NS: Final = 3
_TRADING_DAY: Final = 4
_ORDER: Final = 5
_CLIENT_ORDER_ID: Final = 6
_INSTRUMENT: Final = 7
_SIDE: Final = 8
_TIME_IN_FORCE: Final = 9
_PRICE_TICKS: Final = 10
_TONNES: Final = 11
_CUM: Final = 12
_LEAVES: Final = 13
_AMOUNT_FEN: Final = 14
_REASON: Final = 15
_TRADE: Final = 16
_TAKER_SIDE: Final = 17
_LAST_TICKS: Final = 18
_LAST_TONNES: Final = 19
_FEE_FEN: Final = 20
_AS_FACTS: Final = 21  # an order's reports have no more fields; a bid's, an offer's and a voided trade's have all
_EVERYDAY: Final = frozenset((NEW, TRADE, CANCELED, REPLACED))  # what tells of most orders, if it has no reason
_PARTIES: Final = 21
_REPLACES: Final = 24


@mypyc_attr(acyclic=True)
@final
class _Open:
    """What later reports of an open order need."""

    __slots__ = ("amount_fen", "instrument", "time_in_force")

    def __init__(self, instrument: int, time_in_force: int, amount_fen: int) -> None:
        self.instrument = instrument
        self.time_in_force = time_in_force
        self.amount_fen = amount_fen


class ReportWriter:
    """Writes reports, event by event, in journal order."""

    def __init__(self, directory: Directory) -> None:
        self._names = directory
        self._open: dict[int, _Open] = {}
        self._trading_day = 0
        self._at_ns = 0
        self._written: list[Facts] = []
        self._told_at_ns = -1  # of the last report that became text, and that time as text: a batch has one
        self._told_at = ""
        self.last_seqs: list[int] = [0]  # last number of each account's stream, by the account's number
        self._seldom: dict[type[Event], Callable[[Any], None]] = {
            OrderRefused: self._on_refused,
            OrderReplaced: self._on_replaced,
            DayOpened: self._on_day_opened,
            AccountOpened: self._on_account,
            InstrumentListed: directory.on_instrument,
            BlockOffered: self._on_block_offered,
            BlockDeclined: self._on_block_declined,
            BlockEnded: self._on_block_ended,
            BlockTraded: self._on_block_traded,
            BlockTaken: self._on_block_taken,
            AuctionAnnounced: directory.on_auction,
            BidPlaced: self._on_bid,
            BidEnded: self._on_bid_ended,
            BidAwarded: self._on_awarded,
            TradeVoided: self._on_voided,
        }

    def load(self, view: MarketView) -> None:
        """Take over the open orders and the streams' last numbers."""
        self._trading_day = view.day().trading_day
        for account in view.accounts():
            self._begin_stream(account.number, account.exec_seq)
            for order in view.open_orders(account.number):
                self._open[order.order] = _Open(order.instrument, order.time_in_force, order.amount_fen)

    def tick_fen_of(self, order: int) -> int:
        """Tick of the instrument of an order that is open at the entry being written; 0 where none is."""
        known = self._open.get(order)
        return self._names.instruments[known.instrument].tick_fen if known is not None else 0

    def write(self, at_ns: int, happened: list[Event], written: list[Facts]) -> None:
        """Append the reports of one entry's events."""
        self._at_ns = at_ns
        self._written = written
        for event in happened:
            if type(event) is OrderAccepted:
                self._on_accepted(event)
            elif type(event) is OrderCanceled:
                self._on_canceled(event)
            elif type(event) is Traded:
                self._on_traded(event)
            else:
                fold = self._seldom.get(type(event))
                if fold is not None:
                    fold(event)

    def _number(self, account: int, exec_seq: int) -> None:
        """The next number of a stream is due."""
        if exec_seq != self.last_seqs[account] + 1:
            raise AssertionError(f"account {account}: report {exec_seq} after {self.last_seqs[account]}")
        self.last_seqs[account] = exec_seq

    def _on_day_opened(self, event: DayOpened) -> None:
        self._trading_day = event.trading_day

    def _on_account(self, event: AccountOpened) -> None:
        self._names.on_account(event)
        self._begin_stream(event.account, 0)

    def _begin_stream(self, account: int, last_seq: int) -> None:
        if account != len(self.last_seqs):
            raise AssertionError(f"account {account} after {len(self.last_seqs) - 1}")
        self.last_seqs.append(last_seq)

    def _on_accepted(self, event: OrderAccepted) -> None:
        order, account, exec_seq = event.order, event.account, event.exec_seq
        instrument, tonnes, time_in_force = event.instrument, event.tonnes, event.time_in_force
        self._number(account, exec_seq)
        self._open[order] = _Open(instrument, time_in_force, 0)
        self._written.append(
            (
                account, exec_seq, NEW, self._at_ns, self._trading_day, order, event.client_order_id, instrument,
                event.side, time_in_force, event.price_ticks, tonnes, 0, tonnes,
            )
        )  # fmt: skip

    def _on_refused(self, event: OrderRefused) -> None:
        self._number(event.account, event.exec_seq)
        self._written.append(
            (
                event.account, event.exec_seq, REJECTED, self._at_ns, self._trading_day, event.order,
                event.client_order_id, event.instrument, event.side, event.time_in_force, event.price_ticks,
                event.tonnes, 0, 0, 0, event.reason,
            )
        )  # fmt: skip

    def _on_traded(self, event: Traded) -> None:
        self._write_fill(
            event, event.buyer, event.buy_exec_seq, event.buy_order, event.buy_client_order_id, units.BUY,
            event.buy_limit_ticks, event.buy_leaves, event.buy_cum, event.buy_fee_fen,
        )  # fmt: skip
        self._write_fill(
            event, event.seller, event.sell_exec_seq, event.sell_order, event.sell_client_order_id, units.SELL,
            event.sell_limit_ticks, event.sell_leaves, event.sell_cum, event.sell_fee_fen,
        )  # fmt: skip

    def _write_fill(
        self,
        event: Traded,
        account: int,
        exec_seq: int,
        order: int,
        client_order_id: str,
        side: int,
        limit_ticks: int,
        leaves: int,
        cum: int,
        fee_fen: int,
    ) -> None:
        self._number(account, exec_seq)
        known = self._open[order]
        known.amount_fen += event.amount_fen
        if not leaves:
            del self._open[order]
        self._written.append(
            (
                account, exec_seq, TRADE, self._at_ns, self._trading_day, order, client_order_id, known.instrument,
                side, known.time_in_force, limit_ticks, cum + leaves, cum, leaves, known.amount_fen, 0, event.trade,
                event.taker_side, event.price_ticks, event.tonnes, fee_fen,
            )
        )  # fmt: skip

    def _on_canceled(self, event: OrderCanceled) -> None:
        account, exec_seq, order, cum, reason = event.account, event.exec_seq, event.order, event.cum, event.reason
        self._number(account, exec_seq)
        known = self._open.pop(order)
        self._written.append(
            (
                account, exec_seq, EXPIRED if reason in _EXPIRED else CANCELED, self._at_ns, self._trading_day, order,
                event.client_order_id, known.instrument, event.side, known.time_in_force, event.price_ticks,
                cum + event.tonnes, cum, 0, known.amount_fen, reason,
            )
        )  # fmt: skip

    def _on_replaced(self, event: OrderReplaced) -> None:
        self._number(event.account, event.exec_seq)
        known = self._open[event.order]
        self._written.append(
            (
                event.account, event.exec_seq, REPLACED, self._at_ns, self._trading_day, event.order,
                event.client_order_id, event.instrument, event.side, known.time_in_force, event.price_ticks,
                event.tonnes, event.cum, event.leaves, known.amount_fen, 0,
            )
        )  # fmt: skip

    def _keep(self, report: Report) -> None:
        self._written.append(astuple(report))

    # ---- block offers -------------------------------------------------------------------------------------

    def _write_block(
        self,
        event: BlockOffered | BlockDeclined | BlockEnded | BlockTaken,
        account: int,
        exec_seq: int,
        tells: int,
        side: int,
        leaves: int,
        parties: tuple[int, ...],
        client_offer_id: str = "",
        reason: int = 0,
        answers: int = 0,
    ) -> None:
        self._number(account, exec_seq)
        self._keep(
            Report(
                account, exec_seq, tells, self._at_ns, self._trading_day, event.offer, client_offer_id,
                event.instrument, side, units.DAY, event.price_ticks, event.tonnes, 0, leaves, reason=reason,
                parties=parties, answers=answers,
            )
        )  # fmt: skip

    def _on_block_offered(self, event: BlockOffered) -> None:
        e = event
        self._write_block(
            e, e.account, e.exec_seq, NEW, e.side, e.tonnes, e.counterparties, e.client_offer_id, answers=e.answers
        )
        for account, exec_seq in zip(e.counterparties, e.counterparty_exec_seqs, strict=True):
            self._write_block(
                e, account, exec_seq, NEW, _other(e.side), e.tonnes, (e.account,), answers=e.answers
            )  # fmt: skip

    def _on_block_declined(self, event: BlockDeclined) -> None:
        e = event
        leaves = e.tonnes if e.remaining else 0
        self._write_block(
            e, e.account, e.exec_seq, DECLINED, e.side, leaves, (e.counterparty,), e.client_offer_id, e.reason
        )
        self._write_block(e, e.counterparty, e.counterparty_exec_seq, CANCELED, _other(e.side), 0, (e.account,))

    def _on_block_ended(self, event: BlockEnded) -> None:
        e = event
        tells = EXPIRED if e.reason in _EXPIRED else CANCELED
        self._write_block(e, e.account, e.exec_seq, tells, e.side, 0, e.counterparties, e.client_offer_id, e.reason)
        reason = e.reason if tells == EXPIRED else reasons.COUNTERPARTY_GONE  # why is the offerer's own business
        for account, exec_seq in zip(e.counterparties, e.counterparty_exec_seqs, strict=True):
            self._write_block(e, account, exec_seq, tells, _other(e.side), 0, (e.account,), reason=reason)

    def _on_block_traded(self, event: BlockTraded) -> None:
        e = event
        sides = (
            (e.buyer, e.buy_exec_seq, units.BUY, e.seller, e.buy_fee_fen),
            (e.seller, e.sell_exec_seq, units.SELL, e.buyer, e.sell_fee_fen),
        )
        taker_side = _other(e.offer_side)
        for account, exec_seq, side, other, fee_fen in sides:
            self._number(account, exec_seq)
            client_offer_id = e.client_offer_id if side == e.offer_side else ""
            self._keep(
                Report(
                    account, exec_seq, TRADE, self._at_ns, self._trading_day, e.offer, client_offer_id, e.instrument,
                    side, units.DAY, e.price_ticks, e.tonnes, e.tonnes, 0, e.amount_fen, 0, e.trade, taker_side,
                    e.price_ticks, e.tonnes, fee_fen, (other,),
                )
            )  # fmt: skip

    def _on_block_taken(self, event: BlockTaken) -> None:
        e = event
        for account, exec_seq in zip(e.counterparties, e.counterparty_exec_seqs, strict=True):
            self._write_block(
                e, account, exec_seq, CANCELED, _other(e.side), 0, (e.account,), reason=reasons.COUNTERPARTY_GONE
            )  # fmt: skip

    # ---- auctions ------------------------------------------------------------------------

    def _on_bid(self, event: BidPlaced) -> None:
        self._number(event.account, event.exec_seq)
        self._keep(
            Report(
                event.account, event.exec_seq, NEW, self._at_ns, self._trading_day, event.bid, event.client_bid_id,
                event.instrument, event.side, 0, event.price_ticks, event.tonnes, 0, event.tonnes,
                auction=event.auction, replaces=event.replaces,
            )
        )  # fmt: skip

    def _on_bid_ended(self, event: BidEnded) -> None:
        self._number(event.account, event.exec_seq)
        self._keep(
            Report(
                event.account, event.exec_seq, EXPIRED if event.reason in _EXPIRED else CANCELED, self._at_ns,
                self._trading_day, event.bid, event.client_bid_id, event.instrument, event.side, 0, event.price_ticks,
                event.cum + event.tonnes, event.cum, 0, event.amount_fen, event.reason, auction=event.auction,
            )
        )  # fmt: skip

    def _on_awarded(self, event: BidAwarded) -> None:
        self._number(event.account, event.exec_seq)
        self._keep(
            Report(
                event.account, event.exec_seq, TRADE, self._at_ns, self._trading_day, event.bid, event.client_bid_id,
                event.instrument, event.side, 0, event.limit_ticks, event.bid_tonnes, event.tonnes,
                event.bid_tonnes - event.tonnes, event.amount_fen, 0, event.trade, 0, event.price_ticks, event.tonnes,
                event.fee_fen, auction=event.auction,
            )
        )  # fmt: skip
        if event.applicant_exec_seq:  # who applied for the auction; of the bid it learns what it was paid, or paid
            e, side = event, units.SELL if event.side == units.BUY else units.BUY
            self._number(e.unit_account, e.applicant_exec_seq)
            self._keep(
                Report(
                    e.unit_account, e.applicant_exec_seq, TRADE, self._at_ns, self._trading_day, e.bid, "", e.instrument,
                    side, 0, e.price_ticks, e.tonnes, e.tonnes, 0, e.amount_fen, 0, e.trade, 0, e.price_ticks,
                    e.tonnes, e.applicant_fee_fen, auction=e.auction,
                )
            )  # fmt: skip

    def _on_voided(self, event: TradeVoided) -> None:
        e = event
        sides = (
            (e.buyer, e.buy_exec_seq, e.buy_order, units.BUY, e.buy_refund_fen, e.seller),
            (e.seller, e.sell_exec_seq, e.sell_order, units.SELL, e.sell_refund_fen, e.buyer),
        )
        for account, exec_seq, order, side, refund_fen, other in sides:
            self._number(account, exec_seq)
            self._keep(
                Report(
                    account, exec_seq, TRADE_CANCELED, self._at_ns, self._trading_day, order, "", e.instrument, side, 0,
                    e.price_ticks, e.tonnes, 0, 0, e.amount_fen, 0, e.trade, 0, e.price_ticks, e.tonnes, refund_fen,
                    (other,) if e.method == units.BLOCK else (),
                )
            )  # fmt: skip

    # ---- telling ------------------------------------------------------------------------------------------

    def text_of(self, facts: Facts) -> bytes:
        """The report with these facts as an event of channel `exec.{account}`."""
        tells: int = facts[_TELLS]
        known = len(facts)
        if known > _AS_FACTS or tells not in _EVERYDAY or (known > _REASON and facts[_REASON]):
            return self.text(Report(*facts))
        instrument = self._names.instruments[facts[_INSTRUMENT]]
        at_ns: int = facts[_AT_NS]
        if at_ns != self._told_at_ns:
            self._told_at_ns, self._told_at = at_ns, time_text(at_ns)
        side: int = facts[_SIDE]
        cum: int = facts[_CUM]
        leaves: int = facts[_LEAVES]
        begun = exec_texts.head(
            self._names.accounts[facts[_ACCOUNT]],
            facts[_EXEC_SEQ],
            self._told_at,
            EXEC_TYPES[tells],
            status_of(tells, cum, leaves),
            facts[_ORDER],
            facts[_CLIENT_ORDER_ID],
            instrument.code,
            SIDES[side],
            TIMES_IN_FORCE[facts[_TIME_IN_FORCE]],
            price_text(facts[_PRICE_TICKS], instrument.tick_fen),
            facts[_TONNES],
            cum,
            leaves,
            day_text(facts[_TRADING_DAY]),
        )
        average = average_text(facts[_AMOUNT_FEN], cum) if cum else ""
        if tells == TRADE:
            taker_side: int = facts[_TAKER_SIDE]
            return exec_texts.filled(
                begun,
                average,
                price_text(facts[_LAST_TICKS], instrument.tick_fen),
                facts[_LAST_TONNES],
                facts[_TRADE],
                _liquidity(taker_side, side),
                money_text(facts[_FEE_FEN]),
            )
        if tells == CANCELED:
            return exec_texts.ended(begun, average, "member")
        return exec_texts.open_order(begun, average)

    def text(self, report: Report) -> bytes:
        """The report as an event of channel `exec.{account}`."""
        instrument = self._names.instruments.get(report.instrument)  # a refused order may name none
        tick_fen = instrument.tick_fen if instrument is not None else 0
        account = self._names.accounts[report.account]
        at = time_text(report.at_ns)
        told = wire.ExecReport(
            EXEC_TYPES[report.tells],
            report.status,
            f"B-{report.order}" if report.parties else f"O-{report.order}",
            report.client_order_id,
            account,
            instrument.code if instrument is not None else "",
            SIDES.get(report.side, ""),
            TIMES_IN_FORCE.get(report.time_in_force, ""),
            price_text(report.price_ticks, tick_fen) if tick_fen else "",
            report.tonnes,
            report.cum,
            report.leaves,
            at,
            day_text(report.trading_day),
            average_text(report.amount_fen, report.cum) if report.cum else "",
            reason=reason_view(report.reason),
        )
        if report.tells == TRADE:
            told.last_price = price_text(report.last_ticks, tick_fen)
            told.last_qty = report.last_tonnes
            told.trade_id = f"T-{report.trade}"
            told.liquidity = _liquidity(report.taker_side, report.side)
            told.fee = money_text(report.fee_fen)
        elif report.tells == TRADE_CANCELED:
            told.last_price = price_text(report.last_ticks, tick_fen)
            told.last_qty = report.last_tonnes
            told.trade_id = f"T-{report.trade}"
            told.fee = money_text(report.fee_fen)
            told.origin = "exchange"
        elif report.tells == CANCELED:
            told.origin = "system" if report.reason else "member"
        elif report.tells == EXPIRED:
            told.origin = "expiry"
        if report.auction:
            told.order_id = f"A-{report.order}"
            told.time_in_force = SEALED
            told.auction = self._names.auction_code(report.auction)
            told.replaces = f"A-{report.replaces}" if report.replaces else ""
            told.liquidity = SEALED if report.tells == TRADE else ""
        if report.parties:
            told.method = units.BLOCK
            told.counterparties = [self._names.accounts[party] for party in report.parties]
            told.answers = f"B-{report.answers}" if report.answers else ""
            if report.tells == NEW:
                told.origin = "member" if report.client_order_id else "counterparty"
        exec_seq = report.exec_seq
        return encode(wire.ExecEvent("exec." + account, "update", exec_seq, exec_seq - 1, at, told))


def _liquidity(taker_side: int, side: int) -> str:
    if not taker_side:
        return "auction"
    return "taker" if taker_side == side else "maker"


def _other(side: int) -> int:
    return units.SELL if side == units.BUY else units.BUY


_pack_into: Final = msgspec.msgpack.Encoder().encode_into


@mypyc_attr(acyclic=True)
@final
class _Stream:
    """What has gathered of one account: its first number, how many reports, and their bytes one after the other."""

    __slots__ = ("count", "first_seq", "packed")

    def __init__(self, first_seq: int) -> None:
        self.first_seq = first_seq
        self.count = 0
        self.packed = bytearray()


@final
class Packed:
    """Reports gathered in the form in which they are stored: the entries they are of reach up to `seq`.

    finished: the reports that ended an order, as order -> account and exec_seq in one number (see `PLACE_BITS`).
    latest: of a bid or a block offer the latest report to each account that it is told to, as (number, account) -> exec_seq;
    of a bid that another took the place of, that one's first.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.reports = 0
        self.finished: dict[int, int] = {}
        self.latest: dict[tuple[int, int], int] = {}
        self._streams: dict[int, _Stream] = {}

    def add(self, seq: int, reports: list[Facts]) -> None:
        """Pack the reports of the entries up to `seq`.

        At once, not when they are stored: thousands of objects that wait are read and freed long after they have left the
        processor's cache, which took about a tenth of an order's time.
        """
        for facts in reports:
            account: Any = facts[_ACCOUNT]  # a key, so it stays the object that it is
            stream = self._streams.get(account)
            if stream is None:
                stream = self._streams[account] = _Stream(facts[_EXEC_SEQ])
            _pack_into(facts, stream.packed, -1)
            stream.count += 1
            if len(facts) > _AS_FACTS:
                self._add_latest(facts)
            elif not facts[_LEAVES]:
                place: i64 = account
                exec_seq: i64 = facts[_EXEC_SEQ]
                self.finished[facts[_ORDER]] = place << PLACE_BITS | exec_seq  # filled, or ended otherwise
        self.seq = seq
        self.reports += len(reports)

    def _add_latest(self, facts: Facts) -> None:
        """Not of what an auction's applicant is told of the bids that bought from it: they are sealed, and others'."""
        if facts[_TELLS] != TRADE_CANCELED and (facts[_PARTIES] or facts[_CLIENT_ORDER_ID]):
            account: int = facts[_ACCOUNT]
            exec_seq: int = facts[_EXEC_SEQ]
            self.latest[facts[_ORDER], account] = exec_seq
            if facts[_REPLACES]:
                self.latest[facts[_REPLACES], account] = exec_seq

    def blob(self) -> tuple[bytes, list[tuple[int, int, int, int, int]]]:
        """All of them, each account's as a MessagePack array; where each account's are.

        That is: (account, first exec_seq, last exec_seq, where in the blob, how many bytes).
        """
        runs: list[tuple[int, int, int, int, int]] = []
        parts: list[bytes | bytearray] = []
        at = 0
        for account, stream in self._streams.items():
            head = b"\xdd" + stream.count.to_bytes(4, "big")  # array 32
            size = len(head) + len(stream.packed)
            runs.append((account, stream.first_seq, stream.first_seq + stream.count - 1, at, size))
            parts.append(head)
            parts.append(stream.packed)
            at += size
        return b"".join(parts), runs


def reason_view(number: int) -> wire.ReasonView | None:
    """A catalogue number with its name; None for 0."""
    return wire.ReasonView(number, reasons.BY_NUMBER[number].name) if number else None
