"""A trade as the public may know it, and the minute bars that trades add up to. No names, no accounts, no orders."""

import msgspec

from engine.core.events import Traded

MINUTE_NS = 60_000_000_000


class PublicTrade(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One trade. `seq` is the entry that made it; taker_side 0: made by a call auction."""

    trade: int
    seq: int
    instrument: int
    trading_day: int
    at_ns: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    taker_side: int


def public_trade(event: Traded, seq: int, at_ns: int, trading_day: int) -> PublicTrade:
    """What of the event is public."""
    return PublicTrade(
        event.trade,
        seq,
        event.instrument,
        trading_day,
        at_ns,
        event.price_ticks,
        event.tonnes,
        event.amount_fen,
        event.taker_side,
    )


class Bar(msgspec.Struct, gc=False):
    """Trades of one interval beginning at `start_ns`; intervals without a trade have no bar."""

    trading_day: int
    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int
    is_final: bool = False

    def add(self, trade: PublicTrade) -> None:
        """Count one more trade of the interval."""
        price = trade.price_ticks
        if price > self.high_ticks:
            self.high_ticks = price
        elif price < self.low_ticks:
            self.low_ticks = price
        self.close_ticks = price
        self.tonnes += trade.tonnes
        self.turnover_fen += trade.amount_fen
        self.trades += 1


def first_bar(trade: PublicTrade) -> Bar:
    """The minute's bar that `trade` opens."""
    price = trade.price_ticks
    return Bar(
        trade.trading_day,
        trade.at_ns // MINUTE_NS * MINUTE_NS,
        price,
        price,
        price,
        price,
        trade.tonnes,
        trade.amount_fen,
        1,
    )
