"""The member door's `order.explain`: one order's timeline in words and rows, from the durable history and from settlement.

Rows are what the account's own stream told of the order, with two additions: where it began to wait in the book, and how far
the settlement of each fill has come. Who was on the other side is nobody's to know in listed trading, and is not said.
"""

from typing import TYPE_CHECKING, Final

from engine.core import reasons
from engine.title import TradeStatus
from engine.view import OrderView
from gateway.connection import Connection
from gateway.exec_report import NEW, REJECTED, REPLACED, TRADE, TRADE_CANCELED, Report
from gateway.members import account_of, order_name
from gateway.protocol import explain_wire, times
from gateway.protocol.codec import Refused
from gateway.protocol.explain_wire import ExplainRow, OrderExplained
from gateway.protocol.prices import average_text, money_text, price_text
from gateway.reports import SIDES, TIMES_IN_FORCE, reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway

_AT_ENTRY: Final = frozenset((reasons.IOC_REMAINDER, reasons.SELF_TRADE_PREVENTED))
_SIDES: Final = {"buy": ("买入", "buy"), "sell": ("卖出", "sell")}
_LIVES: Final = {"day": ("当日有效", "day"), "ioc": ("即时成交剩余撤销", "ioc"), "fok": ("全部成交或撤销", "fok")}
_ROLES: Final = {"auction": ("集合竞价", "call auction"), "maker": ("挂单方", "maker"), "taker": ("吃单方", "taker")}
_SETTLEMENT: Final = {
    "matched": ("已成交待清算", "matched, not yet settled"),
    "clearing_hold": ("清算中", "in a clearing hold"),
    "settled": ("已交收", "settled"),
    "failed": ("交收失败", "settlement failed"),
    "disputed": ("争议暂缓", "held up by a dispute"),
    "void": ("已撤销", "voided"),
}


class ExplainDesk:
    """Answers `order.explain`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers[explain_wire.OrderExplain] = self._explain

    def _explain(self, connection: Connection, request: explain_wire.OrderExplain) -> None:
        account = account_of(connection, request.params.account)
        order, client_order_id = order_name(request.params)
        number = order or self._gateway.view().order_number(account, client_order_id)
        if not number:
            raise Refused(reasons.UNKNOWN_ORDER)
        self._gateway.query(connection, request.id, self._told(connection, request.id, account, number))

    async def _told(self, connection: Connection, request_id: str | int, account: int, order: int) -> None:
        still_open = self._gateway.view().order(order, account)
        upto = self._gateway.reports.last_seqs[account]
        if still_open is None:
            last = await self._gateway.history.last_report(account, order)
            if last is None or last.auction:
                raise Refused(reasons.UNKNOWN_ORDER)
            upto = last.exec_seq
        reports, is_whole = await self._gateway.history.order_reports(account, order, upto)
        shown = reports[: explain_wire.ROWS_MAX]
        trades = {report.trade: await self._gateway.title.trade(report.trade) for report in shown if report.trade}
        is_english = connection.language == "en"
        timeline = self._timeline(shown, trades, is_english)
        is_cut = not is_whole or len(shown) < len(reports)
        connection.reply(request_id, self._explained(reports[-1], still_open, timeline, is_cut))

    def _explained(
        self, last: Report, still_open: OrderView | None, timeline: list[ExplainRow], is_cut: bool
    ) -> OrderExplained:
        instrument = self._names.instruments.get(last.instrument)
        tick_fen = instrument.tick_fen if instrument is not None else 1
        ahead = self._gateway.view().queue(last.order, last.account) if still_open is not None else None
        return OrderExplained(
            f"O-{last.order}",
            last.client_order_id,
            self._names.accounts[last.account],
            instrument.code if instrument is not None else "",
            SIDES.get(last.side, ""),
            TIMES_IN_FORCE.get(last.time_in_force, ""),
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
            if report.tells in (NEW, REPLACED) or (is_taken and entered is not None):
                entered = report if report.leaves else None
        if entered is not None:
            rows.append(self._rested(entered, is_english))
        return rows

    def _rested(self, report: Report, is_english: bool) -> ExplainRow:
        """That what is left of it waits in the book, after this report."""
        price = price_text(report.price_ticks, self._names.instruments[report.instrument].tick_fen)
        unit_zh, unit_en = self._units(report.instrument)
        zh = f"未成交的 {report.leaves} {unit_zh}按 {price} 元在盘口排队等待"
        en = f"{report.leaves} {unit_en} wait in the book at {price}"
        return ExplainRow(
            times.time_text(report.at_ns), "rested", 0, report.leaves, price, report.cum, report.leaves,
            en if is_english else zh,
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
        unit = self._units(report.instrument)
        words = _entry_words(report, price, unit)
        if report.tells == TRADE:
            found = trades[report.trade]
            row.quantity, row.trade_id, row.fee = report.last_tonnes, f"T-{report.trade}", money_text(report.fee_fen)
            role = "maker" if report.taker_side else "auction"
            row.liquidity = "taker" if report.taker_side == report.side else role
            row.settlement = found.status if found is not None else "matched"
            words = _fill_words(row, unit)
        elif row.event in ("canceled", "expired"):
            row.quantity, row.reason = report.tonnes - report.cum, reason_view(report.reason)
            words = _end_words(row, report.reason, unit)
        elif report.tells == REJECTED:
            row.reason = reason_view(report.reason)
        row.text = words[1] if is_english else words[0]
        return row


def _event(report: Report) -> str:
    return {NEW: "accepted", TRADE: "filled", REPLACED: "replaced", REJECTED: "refused"}.get(
        report.tells, report.status
    )


def _entry_words(report: Report, price: str, unit: tuple[str, str]) -> tuple[str, str]:
    """A new, replaced or refused order, in Chinese and English."""
    side = _SIDES.get(SIDES.get(report.side, ""), ("", ""))
    life = _LIVES.get(TIMES_IN_FORCE.get(report.time_in_force, ""), ("", ""))
    if report.tells == REPLACED:
        return (
            f"改单:限价 {price} 元,总量 {report.tonnes} {unit[0]},未成交 {report.leaves} {unit[0]}",
            f"Replaced: limit {price}, {report.tonnes} {unit[1]} in all, {report.leaves} {unit[1]} open",
        )
    zh = f"{side[0]} {report.tonnes} {unit[0]},限价 {price} 元,{life[0]}"
    en = f"{side[1]} {report.tonnes} {unit[1]}, limit {price}, {life[1]}"
    if report.tells == REJECTED:
        why = reasons.BY_NUMBER[report.reason]
        return f"委托被拒绝:{zh}。{why.number} {why.zh}", f"Refused: {en}. {why.number} {why.en}"
    return f"委托已接受:{zh}", f"Accepted: {en}"


def _fill_words(row: ExplainRow, unit: tuple[str, str]) -> tuple[str, str]:
    role, settled = _ROLES[row.liquidity], _SETTLEMENT[row.settlement]
    return (
        f"成交 {row.quantity} {unit[0]},价格 {row.price} 元({role[0]}),手续费 {row.fee} 元,{row.trade_id} {settled[0]}",
        f"Filled {row.quantity} {unit[1]} at {row.price} as {role[1]}, fee {row.fee}; {row.trade_id} {settled[1]}",
    )


def _end_words(row: ExplainRow, reason: int, unit: tuple[str, str]) -> tuple[str, str]:
    if not reason:
        return (
            f"会员撤单,{row.quantity} {unit[0]}未成交",
            f"Canceled by the member with {row.quantity} {unit[1]} unfilled",
        )
    why = reasons.BY_NUMBER[reason]
    zh, en = ("到期失效", "Expired") if row.event == "expired" else ("系统撤单", "Canceled by the exchange")
    return f"{zh},{row.quantity} {unit[0]}未成交:{why.zh}", f"{en} with {row.quantity} {unit[1]} unfilled: {why.en}"
