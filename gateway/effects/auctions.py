"""What acts about government auctions would change: what is held, what is given back, and the auction's state."""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.view import MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text

OPEN: Final = "open"
CLEARED: Final = "cleared"
CANCELED: Final = "canceled"
BASIS_POINTS: Final = 10_000
_STATES: Final = {
    "announced": "已公告 announced",
    OPEN: "报价中 open",
    CLEARED: "已出清 cleared",
    CANCELED: "已取消 canceled",
}
Rows = Iterator[EffectRow]


def announce(act: commands.AnnounceAuction, view: MarketView, names: Names) -> Rows:
    """What is held from the notice on, the most that one bidder gets, and whether the instrument is halted on the day."""
    code = names.instrument_code(act.instrument)
    yield EffectRow(act.code, "竞价", "Auction", "", _STATES["announced"])
    if act.direction == "sale":
        held = f"+{act.tonnes}"
        yield EffectRow(names.account_code(act.unit_account), f"{code} 冻结待售", f"{code} held for it", "", held)
    else:
        held = f"+{money_text(view.money_of_auction(act))}"
        yield EffectRow(names.account_code(act.cash_account), "冻结资金(元)", "Money held (CNY)", "", held)
    caps = [act.cap_tonnes] if act.cap_tonnes else []
    if act.cap_bp:
        caps.append(act.tonnes * act.cap_bp // BASIS_POINTS)
    if caps:
        yield EffectRow(act.code, "单一竞买人上限", "Most for one bidder", "", str(min(caps)))
    for number in act.carries:
        found = view.auction(number)
        if found is not None:
            zh, en = "结转待售", "Left to be carried over"
            yield EffectRow(found.terms.code, zh, en, str(found.carry_tonnes), f"并入 {act.code} part of it")
    if act.closes_market:
        yield EffectRow(code, "当日连续交易", "Trading on the day", "正常 not halted", "暂停 halted")


def _state(number: int, after: str, view: MarketView) -> Rows:
    found = view.auction(number)
    if found is not None:
        before = _STATES[found.status]
        yield EffectRow(found.terms.code, "竞价状态", "State of the auction", before, _STATES[after])


def open_window(act: commands.OpenAuction, view: MarketView, names: Names) -> Rows:
    """Bids are taken from now on."""
    yield from _state(act.auction, OPEN, view)


def close_window(act: commands.CloseAuction, view: MarketView, names: Names) -> Rows:
    """Bids are taken no more, and it is cleared."""
    yield from _state(act.auction, CLEARED, view)


def cancel(act: commands.CancelAuction, view: MarketView, names: Names) -> Rows:
    """It is off; what was held for it is given back."""
    yield from _state(act.auction, CANCELED, view)
    found = view.auction(act.auction)
    if found is None:
        return
    terms = found.terms
    code = names.instrument_code(terms.instrument)
    if terms.direction == "sale":
        yield EffectRow(
            names.account_code(terms.unit_account), f"{code} 解冻", f"{code} given back", "", f"+{terms.tonnes}"
        )
    else:
        back = f"+{money_text(view.money_of_auction(terms))}"
        yield EffectRow(names.account_code(terms.cash_account), "资金解冻(元)", "Money given back (CNY)", "", back)
    if terms.carry_over:
        yield EffectRow(terms.code, "以后各期承接(期数)", "Spread over later auctions", "", str(terms.carry_over))
