"""A trade as the public may know it, made from the event, and the minute bars that trades add up to."""

from engine.core.commands import Entry
from engine.core.events import DayOpened, Event, Traded, TradeVoided
from engine.core.units import BLOCK
from gateway.feed.records import MINUTE_NS, Bar, PublicTrade


def tape_row(
    event: Traded, seq: int, at_ns: int, trading_day: int
) -> tuple[int, int, int, int, int, int, int, int, int]:
    """What of the event is public, as the tape's columns."""
    return (
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


def add_rows(
    eventful: list[tuple[Entry, list[Event]]], mark: int, trading_day: int, columns: list[int], voided: list[int]
) -> int:
    """Add the tape's columns of the trades after `mark`, and the numbers of those voided; returns the trading day at the end."""
    for entry, happened in eventful:
        for event in happened:
            if type(event) is Traded:  # asked first, as most are
                if entry.seq > mark:
                    columns += tape_row(event, entry.seq, entry.at_ns, trading_day)
            elif type(event) is DayOpened:
                trading_day = event.trading_day
            elif type(event) is TradeVoided and event.method != BLOCK and entry.seq > mark:
                voided.append(event.trade)
    return trading_day


def public_trade(event: Traded, seq: int, at_ns: int, trading_day: int) -> PublicTrade:
    """The same by name."""
    return PublicTrade(*tape_row(event, seq, at_ns, trading_day))


def voided_trade(event: TradeVoided, seq: int, at_ns: int, trading_day: int) -> PublicTrade:
    """That a trade was voided, as the public may know it."""
    return PublicTrade(
        event.trade,
        seq,
        event.instrument,
        trading_day,
        at_ns,
        event.price_ticks,
        event.tonnes,
        event.amount_fen,
        0,
        True,
    )


def count_in(bar: Bar, trade: PublicTrade) -> None:
    """Count one more trade of the interval."""
    price = trade.price_ticks
    if price > bar.high_ticks:
        bar.high_ticks = price
    elif price < bar.low_ticks:
        bar.low_ticks = price
    bar.close_ticks = price
    bar.tonnes += trade.tonnes
    bar.turnover_fen += trade.amount_fen
    bar.trades += 1


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
