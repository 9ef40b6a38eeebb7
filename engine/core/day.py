"""The trading day: opening it, moving between phases, uncrossing call auctions, closing it with its closing prices."""

from mypy_extensions import i64

from engine.core import block_trading, cases, composite, holders, links, phases, reasons, risk_reserve
from engine.core.book import Order
from engine.core.events import (
    Band,
    CallUncrossed,
    DayClosed,
    DayOpened,
    DayStats,
    Event,
    PhaseChanged,
    UnitsUnlocked,
)
from engine.core.settlement_words import END_OF_DAY
from engine.core.state import Instrument, State
from engine.core.trading import end, trade
from engine.core.units import PRICE_TICKS_MAX


def open_day(state: State, trading_day: int, out: list[Event]) -> None:
    """Begin a trading day: count it, forget old client order ids, release locks and pending proceeds, fix the bands."""
    state.blocks.forget()
    state.trading_day = trading_day
    state.day_number += 1
    unlocked: list[Event] = []
    forget_before: i64 = state.day_number - state.rulebook.client_order_id_days
    for account in state.accounts:
        if account is None:
            continue
        account.free += account.pending
        account.pending = 0
        account.begin_answers(state.day_number, forget_before)
        for number, position in enumerate(account.positions):
            if position is None:
                continue
            due: i64 = position.unlock(state.day_number)
            if due > 0:
                if state.held_instrument(number).is_allowance:
                    account.allowances_available += due
                unlocked.append(UnitsUnlocked(account.number, number, due))
    bands: list[Band] = []
    for instrument in state.instruments:
        if instrument is not None:
            begin_day(instrument)
            bands.append(band_of(instrument))
    out.append(DayOpened(trading_day, state.day_number, tuple(bands), state.rulebook.cycle == END_OF_DAY))
    out.extend(unlocked)
    set_phase(state, phases.PRE_OPEN, out)


def begin_day(instrument: Instrument) -> None:
    """Clear the day's figures and fix the band around the reference price."""
    instrument.open = 0
    instrument.high = 0
    instrument.low = 0
    instrument.last = 0
    instrument.tonnes = 0
    instrument.turnover_fen = 0
    instrument.value_ticks = 0
    instrument.trades = 0
    instrument.last_five = []
    reference: i64 = instrument.reference
    instrument.previous_close = reference
    instrument.low_limit, instrument.high_limit = limits_around(reference, instrument.limit_bp)


def limits_around(reference: i64, limit_bp: i64) -> tuple[int, int]:
    """Lowest and highest price of a day: previous close x (1 +- p), rounded half up to the tick (SZ 4.1.11, HB); 0: no limit."""
    if limit_bp == 0:
        return 1, PRICE_TICKS_MAX
    low: i64 = (reference * (10_000 - limit_bp) + 5_000) // 10_000
    high: i64 = (reference * (10_000 + limit_bp) + 5_000) // 10_000
    return max(1, int(low)), min(PRICE_TICKS_MAX, int(high))


def band_of(instrument: Instrument) -> Band:
    """The band as a fact."""
    return Band(instrument.number, instrument.reference, instrument.low_limit, instrument.high_limit)


def set_phase(state: State, phase: i64, out: list[Event]) -> None:
    """Enter a phase."""
    state.phase = phase
    out.append(PhaseChanged(phase))


def change_phase(state: State, phase: i64, out: list[Event]) -> None:
    """Leave the present phase for another that the table allows; leaving a call auction uncrosses it first."""
    assert phase in phases.TRANSITIONS[state.phase]
    if phases.is_call(state.phase) and not phases.is_call(phase):
        uncross_all(state, out)
    set_phase(state, phase, out)


def uncross_all(state: State, out: list[Event]) -> None:
    """Uncross every instrument's call auction, in the order of their numbers; a halted one waits with its book."""
    for instrument in state.instruments:
        if instrument is None:
            continue
        if state.halted or instrument.halted:
            cancel_crossing(state, instrument, out)
            out.append(CallUncrossed(instrument.number, 0, 0, 0))
            continue
        at = instrument.book.find_uncross(instrument.last_or_reference(), state.rulebook.call_tie == "pressure")
        for fill in instrument.book.uncross(at):
            trade(state, instrument, fill.maker, fill.taker, fill, 0, out)
        out.append(CallUncrossed(instrument.number, at.price_ticks, at.tonnes, at.imbalance))


def cancel_crossing(state: State, instrument: Instrument, out: list[Event]) -> None:
    """A halted instrument's call cannot uncross, and its book may not stay crossed: the newest crossing orders go."""
    book = instrument.book
    while True:
        best_bid = book.bids.best
        best_ask = book.asks.best
        if best_bid is None or best_ask is None or best_bid.price_ticks < best_ask.price_ticks:
            return
        bid = best_bid.tail
        ask = best_ask.tail
        assert bid is not None
        assert ask is not None
        newest = bid if bid.number > ask.number else ask
        book.take_out(newest)
        end(state, newest, reasons.INSTRUMENT_HALTED, out)


def close_day(state: State, out: list[Event]) -> None:
    """End the day: uncross a closing call, expire all orders oldest first, fix the closing prices."""
    if phases.is_call(state.phase):
        uncross_all(state, out)
    open_orders: list[Order] = []
    for account in state.accounts:
        if account is not None:
            open_orders.extend(account.orders.values())
    open_orders.sort(key=order_number)
    for order in open_orders:
        state.held_instrument(order.instrument).book.take_out(order)
        end(state, order, reasons.DAY_ENDED, out)
    block_trading.end_all(state, out)
    for account in state.accounts:
        if account is not None:
            account.end_answers()
    stats: list[DayStats] = []
    for instrument in state.instruments:
        if instrument is not None:
            close: i64 = closing_price(instrument)
            stats.append(stats_of(state, instrument, close))
            instrument.reference = close
    cases.check_reductions(state, out)
    holders.note(state, out)
    links.note(state, out)
    risk_reserve.contribute(state, out)
    set_phase(state, phases.CLOSED, out)
    composites = composite.at_close(state, {row.instrument: row.close_ticks for row in stats})
    periods = state.calendar(state.trading_day).periods_ended(state.trading_day)
    out.append(DayClosed(state.trading_day, tuple(stats), composites, periods))


def order_number(order: Order) -> int:
    """Sort key: the older order has the smaller number."""
    return order.number


def stats_of(state: State, instrument: Instrument, close: i64) -> DayStats:
    """The day's figures as a fact."""
    return DayStats(
        instrument.number,
        instrument.reference,
        instrument.open,
        instrument.high,
        instrument.low,
        instrument.last,
        close,
        instrument.tonnes,
        instrument.turnover_fen,
        instrument.trades,
        block_trading.stats_of(state, instrument.number),
    )


def closing_price(instrument: Instrument) -> i64:
    """The close in ticks by the product's rule (domain rules A2); without trades the previous close stands."""
    if instrument.trades == 0:
        return instrument.reference
    rule = instrument.close_rule
    if rule == "L":
        return instrument.last
    if rule == "C" and instrument.tonnes <= instrument.close_min_tonnes:
        return instrument.reference
    if rule == "B" and instrument.trades >= 5:
        value: i64 = 0
        volume: i64 = 0
        for price, tonnes in instrument.last_five:
            value += price * tonnes
            volume += tonnes
        return half_up(value, volume)
    return half_up(instrument.value_ticks, instrument.tonnes)


def half_up(value: i64, volume: i64) -> i64:
    """value / volume rounded half up."""
    return (value + volume // 2) // volume
