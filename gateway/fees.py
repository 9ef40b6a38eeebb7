"""The fee schedule (交易手续费标准), made of the rule book in force and of the one adopted for later.

Source: domain rules (g): fee items and rates are public. Examples are worked out with the functions that charge the fees.
"""

from typing import Final

from engine.core.rulebook import ProductRules, RuleBook
from engine.core.units import amount_of, fee_of
from engine.view import MarketView
from gateway.protocol.fee_wire import FeeExample, FeeItem, FeeRules, FeeSchedule
from gateway.protocol.prices import fixed_text, money_text, price_text
from gateway.protocol.times import day_text

_ITEMS: Final = (("trading", "交易手续费"), ("settlement", "结算手续费"))
_PRICE_FEN: Final = 4_010  # of the examples: 40.10 yuan, or the nearest tick below
_LOTS: Final = 1_000
ROUNDING: Final = "Both fees are charged together, on each fill and each side, rounded down to the fen."
ROUNDING_ZH: Final = "两项费用合并计收,按每笔成交、双边分别计算,不足一分的部分舍去。"
AUCTIONS: Final = (
    "An auction's notice names its own fee, which the bidder pays beside the price; "
    "a participant that sells pays the fee named for it out of the proceeds."
)
AUCTIONS_ZH: Final = "竞价的费率以竞价公告为准,由竞买人在成交价款之外另付;参与人出让的,出让方的费用从价款中扣收。"


def fee_schedule(view: MarketView) -> FeeSchedule:
    """The schedule as it is told everywhere."""
    notice = view.rulebook_notice()
    later = notice.pending
    return FeeSchedule(
        notice.rulebook.market,
        "CNY",
        _rules(notice.rulebook, notice.since, notice.sha256),
        None if later is None else _rules(later.rulebook, later.effective_day, later.sha256),
        ROUNDING,
        ROUNDING_ZH,
        AUCTIONS,
        AUCTIONS_ZH,
    )


def _rules(book: RuleBook, effective_day: int, sha256: str) -> FeeRules:
    return FeeRules(
        book.version,
        day_text(effective_day) or None,
        sha256,
        [_item(book, product, name, zh) for product in book.products for name, zh in _ITEMS],
        [
            _example(code, rules, price_ticks, quantity)
            for code, rules in book.products.items()
            # A usual order, and the least that can be traded: there a fee is rounded away.
            for price_ticks, quantity in (
                (max(1, _PRICE_FEN // rules.tick_fen), _LOTS * rules.lot_tonnes),
                (1, rules.order_tonnes_min),
            )
        ],
    )


def _item(book: RuleBook, product: str, name: str, zh: str) -> FeeItem:
    rate_ppm = int(getattr(book.products[product], f"{name}_fee_ppm"))
    origin = book.provenance[f"product.{product}.{name}_fee_ppm"]
    percent = fixed_text(rate_ppm, 4)
    return FeeItem(product, name, zh, "each side", "买卖双方各自", rate_ppm, percent, origin.source, origin.confidence)


def _example(code: str, rules: ProductRules, price_ticks: int, quantity: int) -> FeeExample:
    rate_ppm = rules.trading_fee_ppm + rules.settlement_fee_ppm
    amount = amount_of(price_ticks, quantity, rules.tick_fen)
    fee = fee_of(amount, rate_ppm)
    return FeeExample(
        code,
        price_text(price_ticks, rules.tick_fen),
        quantity,
        rules.unit_en,
        rules.unit_zh,
        money_text(amount),
        rate_ppm,
        money_text(fee),
        money_text(amount + fee),
        money_text(amount - fee),
    )
