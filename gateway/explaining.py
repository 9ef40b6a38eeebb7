"""The member door's `order.explain`: one order's timeline in words and rows, from the durable history and from settlement.

Rows are what the account's own stream told of the order, the sealed bid or the block offer, with additions: where an order
began to wait in the book, which bid took a bid's place, and how far the settlement of each fill has come. Who was on the other
side is nobody's to know in listed trading, and is not said; a block offer's parties know each other.
"""

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from engine.core import reasons
from engine.title import TradeStatus
from engine.view import OrderView
from gateway import explain_words
from gateway.connection import Connection
from gateway.exec_report import DECLINED, NEW, REJECTED, REPLACED, TRADE, TRADE_CANCELED, Report
from gateway.explain_words import Told
from gateway.members import account_of, order_name
from gateway.protocol import explain_wire, times
from gateway.protocol.codec import Refused
from gateway.protocol.explain_wire import ExplainRow, OrderExplained
from gateway.protocol.prices import average_text, money_text, price_text
from gateway.reports import SEALED, SIDES, TIMES_IN_FORCE, reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway

_AT_ENTRY: Final = frozenset((reasons.IOC_REMAINDER, reasons.SELF_TRADE_PREVENTED))
_BID, _OFFER = "A", "B"  # the letters of their ids
_UNKNOWN: Final = {_BID: reasons.UNKNOWN_BID, _OFFER: reasons.UNKNOWN_OFFER}


class ExplainDesk:
    """Answers `order.explain`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers[explain_wire.OrderExplain] = self._explain

    def _explain(self, connection: Connection, request: explain_wire.OrderExplain) -> None:
        params = request.params
        account = account_of(connection, params.account)
        apart = [given for given in (params.bid_id, params.block_id) if given is not UNSET]
        if not apart:
            order, client_order_id = order_name(params)
            number = order or self._gateway.view().order_number(account, client_order_id)
            if not number:
                raise Refused(reasons.UNKNOWN_ORDER)
            told = self._told_order(connection, request.id, account, number)
        elif len(apart) == 1 and params.order_id is UNSET and params.client_order_id is UNSET:
            told = self._told_apart(connection, request.id, account, apart[0][0], int(apart[0][2:]))
        else:
            raise Refused(reasons.INVALID_FIELD, "bid_id" if params.bid_id is not UNSET else "block_id")
        self._gateway.query(connection, request.id, told)

    async def _told_order(self, connection: Connection, request_id: str | int, account: int, order: int) -> None:
        still_open = self._gateway.view().order(order, account)
        upto = self._gateway.reports.last_seqs[account]
        if still_open is None:
            last = await self._gateway.history.last_report(account, order)
            if last is None:
                raise Refused(reasons.UNKNOWN_ORDER)
            upto = last.exec_seq
        await self._reply(connection, request_id, account, order, upto, still_open)

    async def _told_apart(
        self, connection: Connection, request_id: str | int, account: int, letter: str, number: int
    ) -> None:
        """A sealed bid or a block offer, to an account that was told of it."""
        upto = await self._gateway.history.latest_seq(account, number)
        if upto:
            (latest,) = await self._gateway.history.reports(account, upto, upto)
            if _letter_of(latest) == letter:
                await self._reply(connection, request_id, account, number, upto, None)
                return
        raise Refused(_UNKNOWN[letter])

    async def _reply(
        self,
        connection: Connection,
        request_id: str | int,
        account: int,
        number: int,
        upto: int,
        still_open: OrderView | None,
    ) -> None:
        reports, is_whole = await self._gateway.history.order_reports(account, number, upto)
        own = [report for report in reports if report.order == number]
        if not own:  # of a bid whose successor is known, and that was placed too far back
            raise Refused(reasons.UNKNOWN_BID)
        shown = own[: explain_wire.ROWS_MAX]
        trades = {report.trade: await self._gateway.title.trade(report.trade) for report in shown if report.trade}
        is_english = connection.language == "en"
        timeline = self._timeline(shown, trades, is_english)
        is_cut = not is_whole or len(shown) < len(own)
        answer = self._explained(own, still_open, timeline, is_cut)
        if len(own) < len(reports):
            timeline.append(self._gave_way(own[-1], reports[-1], is_english))
            answer.order_status, answer.leaves_qty = "canceled", 0
        connection.reply(request_id, answer)

    def _explained(
        self, reports: list[Report], still_open: OrderView | None, timeline: list[ExplainRow], is_cut: bool
    ) -> OrderExplained:
        last = reports[-1]
        instrument = self._names.instruments.get(last.instrument)
        tick_fen = instrument.tick_fen if instrument is not None else 1
        ahead = self._gateway.view().queue(last.order, last.account) if still_open is not None else None
        return OrderExplained(
            f"{_letter_of(last)}-{last.order}",
            last.client_order_id,
            self._names.accounts[last.account],
            instrument.code if instrument is not None else "",
            SIDES.get(last.side, ""),
            SEALED if last.auction else TIMES_IN_FORCE.get(last.time_in_force, ""),
            price_text(last.price_ticks, tick_fen),
            last.tonnes,
            last.cum,
            last.leaves,
            last.status,
            average_text(last.amount_fen, last.cum) if last.cum else None,
            None if ahead is None else ahead[0],
            None if ahead is None else ahead[1],
            timeline,
            is_cut,
            self._names.auction_code(last.auction) if last.auction else "",
            [self._names.accounts[party] for party in reports[0].parties],
        )

    def _timeline(
        self, reports: list[Report], trades: dict[int, TradeStatus | None], is_english: bool
    ) -> list[ExplainRow]:
        rows: list[ExplainRow] = []
        entered: Report | None = None  # the report by which it came to the book and of which the end is not told yet
        for report in reports:
            if report.tells == TRADE_CANCELED:
                continue  # the fill's own row says that it is void
            is_taken = report.tells == TRADE and report.taker_side == report.side
            if entered is not None and not is_taken:
                if not (report.reason in _AT_ENTRY and report.at_ns == entered.at_ns):
                    rows.append(self._rested(entered, is_english))
                entered = None
            rows.append(self._row(report, trades, is_english))
            if _letter_of(report) == "O" and (report.tells in (NEW, REPLACED) or (is_taken and entered is not None)):
                entered = report if report.leaves else None
        if entered is not None:
            rows.append(self._rested(entered, is_english))
        return rows

    def _rested(self, report: Report, is_english: bool) -> ExplainRow:
        """That what is left of it waits in the book, after this report."""
        price = price_text(report.price_ticks, self._names.instruments[report.instrument].tick_fen)
        words = explain_words.rested(report.leaves, price, self._units(report.instrument))
        return ExplainRow(
            times.time_text(report.at_ns), "rested", 0, report.leaves, price, report.cum, report.leaves,
            words[1] if is_english else words[0],
        )  # fmt: skip

    def _gave_way(self, bid: Report, successor: Report, is_english: bool) -> ExplainRow:
        """That the bid ended as the account's own next one took its place."""
        price = price_text(bid.price_ticks, self._names.instruments[bid.instrument].tick_fen)
        words = explain_words.gave_way(f"A-{successor.order}", self._units(bid.instrument), bid.tonnes)
        return ExplainRow(
            times.time_text(successor.at_ns), "replaced", successor.exec_seq, bid.tonnes, price, 0, 0,
            words[1] if is_english else words[0],
        )  # fmt: skip

    def _units(self, number: int) -> tuple[str, str]:
        """What the instrument's quantities count, in Chinese and English; of an unknown one nothing is said."""
        found = self._gateway.view().instrument(number)
        return (found.unit_zh, found.unit_en) if found is not None else ("", "")

    def _row(self, report: Report, trades: dict[int, TradeStatus | None], is_english: bool) -> ExplainRow:
        instrument = self._names.instruments.get(report.instrument)
        tick_fen = instrument.tick_fen if instrument is not None else 1
        price = price_text(report.last_ticks if report.tells == TRADE else report.price_ticks, tick_fen)
        row = ExplainRow(
            times.time_text(report.at_ns), _event(report), report.exec_seq, report.tonnes, price, report.cum,
            report.leaves, "",
        )  # fmt: skip
        if report.tells == TRADE:
            found = trades[report.trade]
            row.quantity, row.trade_id, row.fee = report.last_tonnes, f"T-{report.trade}", money_text(report.fee_fen)
            role = "maker" if report.taker_side else SEALED if report.auction else "auction"
            row.liquidity = "taker" if report.taker_side == report.side else role
            row.settlement = found.status if found is not None else "matched"
        elif row.event in ("canceled", "expired"):
            row.quantity, row.reason = report.tonnes - report.cum, reason_view(report.reason)
        elif report.tells in (REJECTED, DECLINED):
            row.reason = reason_view(report.reason)
        told = Told(
            self._units(report.instrument),
            self._names.auction_code(report.auction) if report.auction else "",
            ", ".join(self._names.accounts[party] for party in report.parties),
        )
        words = explain_words.words_of(report, row, told)
        row.text = words[1] if is_english else words[0]
        return row


def _letter_of(report: Report) -> str:
    """With which letter the id begins of what the report tells of."""
    return _BID if report.auction else _OFFER if report.parties else "O"


def _event(report: Report) -> str:
    if report.tells == NEW and report.parties and not report.client_order_id:
        return "received"
    return {NEW: "accepted", TRADE: "filled", REPLACED: "replaced", REJECTED: "refused", DECLINED: "declined"}.get(
        report.tells, report.status
    )
