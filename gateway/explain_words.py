"""The sentences of `order.explain`, in Chinese and English, for orders, sealed bids and block offers. Pure."""

from typing import Final

from msgspec import Struct

from engine.core import reasons
from gateway.exec_report import REJECTED, REPLACED, TRADE, Report
from gateway.protocol.explain_wire import ExplainRow
from gateway.protocol.terms import TERMS
from gateway.reports import SIDES, TIMES_IN_FORCE

Said = tuple[str, str]  # in Chinese and English

_LIVES: Final = {"day": ("当日有效", "day"), "ioc": ("即时成交剩余撤销", "ioc"), "fok": ("全部成交或撤销", "fok")}
_ROLES: Final = {
    "auction": ("集合竞价", "call auction"),
    "maker": ("挂单方", "maker"),
    "taker": ("吃单方", "taker"),
    "sealed_auction": ("竞价中标", "award of the auction"),
}


class Told(Struct, frozen=True, gc=False):
    """What the sentences of a report need beside it.

    unit: what quantities count. auction: the code, of a bid. parties: codes of those with whom, of a block offer.
    """

    unit: Said
    auction: str = ""
    parties: str = ""


def words_of(report: Report, row: ExplainRow, told: Told) -> Said:
    """What a report says, given the row that tells its figures."""
    if report.tells == TRADE:
        return _fill(row, told)
    if row.event == "declined":
        return _declined(report, told)
    if row.event in ("canceled", "expired"):
        return _end(row, report, told)
    if told.auction:
        return _bid(report, row.price, told)
    if told.parties:
        return _offer(report, row.price, told)
    return _order(report, row.price, told.unit)


def rested(leaves: int, price: str, unit: Said) -> Said:
    """That what is left of an order waits in the book."""
    return (
        f"未成交的 {leaves} {unit[0]}按 {price} 元在盘口排队等待",
        f"{leaves} {unit[1]} wait in the book at {price}",
    )


def gave_way(other: str, unit: Said, tonnes: int) -> Said:
    """That the account's own new bid took the place of this one."""
    return (
        f"会员改报,{tonnes} {unit[0]}由 {other} 替代",
        f"Replaced by the member: {other} took the place of its {tonnes} {unit[1]}",
    )


def _order(report: Report, price: str, unit: Said) -> Said:
    if report.tells == REPLACED:
        return (
            f"改单:限价 {price} 元,总量 {report.tonnes} {unit[0]},未成交 {report.leaves} {unit[0]}",
            f"Replaced: limit {price}, {report.tonnes} {unit[1]} in all, {report.leaves} {unit[1]} open",
        )
    side = _side(report)
    life = _LIVES.get(TIMES_IN_FORCE.get(report.time_in_force, ""), ("", ""))
    zh = f"{side[0]} {report.tonnes} {unit[0]},限价 {price} 元,{life[0]}"
    en = f"{side[1]} {report.tonnes} {unit[1]}, limit {price}, {life[1]}"
    if report.tells == REJECTED:
        why = reasons.BY_NUMBER[report.reason]
        return f"委托被拒绝:{zh}。{why.number} {why.zh}", f"Refused: {en}. {why.number} {why.en}"
    return f"委托已接受:{zh}", f"Accepted: {en}"


def _bid(report: Report, price: str, told: Told) -> Said:
    side, unit = _side(report), told.unit
    instead = (f",替代 A-{report.replaces}", f", in place of A-{report.replaces}") if report.replaces else ("", "")
    return (
        f"密封申报已接受:竞价 {told.auction},{side[0]} {report.tonnes} {unit[0]},申报价 {price} 元{instead[0]}",
        f"Sealed bid accepted: auction {told.auction}, {side[1]} {report.tonnes} {unit[1]} at {price}{instead[1]}",
    )


def _offer(report: Report, price: str, told: Told) -> Said:
    side, unit = _side(report), told.unit
    back = (f",还价 B-{report.answers}", f", a counter to B-{report.answers}") if report.answers else ("", "")
    zh = f"{side[0]} {report.tonnes} {unit[0]},价格 {price} 元{back[0]}"
    en = f"{side[1]} {report.tonnes} {unit[1]} at {price}{back[1]}"
    if _is_offerer(report):
        return f"大宗协议要约已接受并送达 {told.parties}:{zh}", f"Block offer accepted and sent to {told.parties}: {en}"
    return f"收到 {told.parties} 的大宗协议要约,由本方{zh}", f"Block offer received from {told.parties}: to {en}"


def _declined(report: Report, told: Told) -> Said:
    why = reasons.BY_NUMBER[report.reason]
    rest = (
        ("其他对手方仍可确认", "others may still confirm")
        if report.leaves
        else ("已无对手方可确认,要约终止", "nobody is left to confirm, the offer has ended")
    )
    return f"{told.parties}:{why.zh}{rest[0]}", f"{told.parties}: {why.en} Now {rest[1]}"


def _fill(row: ExplainRow, told: Told) -> Said:
    unit, settled = told.unit, TERMS["settlement"][row.settlement]
    as_zh, as_en = _ROLES[row.liquidity]
    if told.parties:
        as_zh, as_en = f"大宗协议,对手方 {told.parties}", f"block trade with {told.parties}"
    return (
        f"成交 {row.quantity} {unit[0]},价格 {row.price} 元({as_zh}),手续费 {row.fee} 元,{row.trade_id} {settled[0]}",
        f"Filled {row.quantity} {unit[1]} at {row.price} as {as_en}, fee {row.fee}; {row.trade_id} {settled[1]}",
    )


def _end(row: ExplainRow, report: Report, told: Told) -> Said:
    unit = told.unit
    if report.reason:
        why = reasons.BY_NUMBER[report.reason]
        zh, en = ("到期失效", "Expired") if row.event == "expired" else ("系统撤单", "Canceled by the exchange")
        if told.parties and row.event != "expired":
            zh, en = "要约终止", "The offer ended"
        return f"{zh},{row.quantity} {unit[0]}未成交:{why.zh}", f"{en} with {row.quantity} {unit[1]} unfilled: {why.en}"
    zh, en = "会员撤单", "Canceled by the member"
    if told.parties and not _is_offerer(report):
        zh, en = "本方谢绝或还价", "Declined or countered by this account"
    return f"{zh},{row.quantity} {unit[0]}未成交", f"{en} with {row.quantity} {unit[1]} unfilled"


def _side(report: Report) -> Said:
    side = TERMS["side"].get(SIDES.get(report.side, ""))
    return (side.zh, side.en.lower()) if side is not None else ("", "")


def _is_offerer(report: Report) -> bool:
    """Only the offerer's reports of a block offer have its client offer id."""
    return report.client_order_id != ""
