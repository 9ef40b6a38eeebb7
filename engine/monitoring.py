"""Abnormal trading (异常交易), read off the journal: alerts with their evidence, the same after every replay.

A pure fold over entries and their events, outside the core: it judges nothing and costs the market nothing. What it keeps is
one day's, in tables with a bound; what goes over a bound is not watched that day, and an alert says so. An alert is a reason
to look, not a finding: `yutan operator case open … --alert M-3` begins the looking.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from engine.core.calendar import is_day, shift
from engine.core.commands import Entry, Found
from engine.core.events import (
    AccountOpened,
    BlockTraded,
    DayClosed,
    DayOpened,
    DayStats,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderReplaced,
    RuleBookTookEffect,
    Traded,
)
from engine.core.market import Market
from engine.core.rulebook import RuleBook, parse
from engine.journal.segments import read_entries
from engine.recovery import JOURNAL_FOLDER, apply_record
from engine.view import MarketView

EVIDENCE_MAX: Final = 50  # trades or orders that one alert names
TABLE_ROWS_MAX: Final = 100_000  # of each of a day's tables

SELF_TRADE: Final = "self_trade"  # both sides of a trade have one beneficial owner
CIRCULAR: Final = "circular"  # two owners trade back and forth
LAYERING: Final = "layering"  # orders near the price limits, canceled quickly, again and again
MARKING_CLOSE: Final = "marking_close"  # the day's last trades of one taker move its average price
LIMIT_PAIR: Final = "limit_pair"  # the same pair trades at the price limit again and again
BLOCK_PAIR: Final = "block_pair"  # the same pair does block trades off the market's price again and again
SMALL_VOLUME: Final = "small_volume"  # just enough was traded for the day to make a price of its own (closing rule C)
SURGE: Final = "turnover_before_surrender"  # much more than usual is traded as a surrender deadline comes near
AT_LIMIT: Final = "price_at_limit"  # the close is at the day's limit
NOT_WATCHED: Final = "not_watched"  # a table of the day was full


class Thresholds(msgspec.Struct, frozen=True):
    """From when on it is a pattern. No text gives numbers; these are a design, and wide."""

    circular_tonnes: int = 100  # each way, in one day
    quick_cancel_ns: int = 10_000_000_000
    near_limit_bp: int = 100  # of the reference price: so near to a limit is near
    quick_cancels: int = 5  # of one account in one instrument and day
    close_window_ns: int = 300_000_000_000  # before the day's last trade
    close_move_bp: int = 50  # by so much the average moves through them
    pair_trades: int = 3  # of one pair at the limit in one day
    pair_blocks: int = 2  # of one pair in one day
    block_away_bp: int = 500  # so far from the reference price is off the market
    small_volume_bp: int = 1_000  # by so little above the volume below which the day makes no price
    surge_times: int = 5  # of the average day
    surge_days: int = 30  # before a surrender deadline


class Alert(msgspec.Struct, frozen=True):
    """What was seen, on which day, up to which entry; numbers of accounts, orders and trades; figures in ticks, tonnes, bp."""

    number: int
    pattern: str
    trading_day: int
    seq: int
    instrument: int
    accounts: tuple[int, ...]
    trades: tuple[int, ...]
    orders: tuple[int, ...]
    figures: dict[str, int]


class _Flow(msgspec.Struct):
    """What one owner sold to another of one instrument."""

    tonnes: int = 0
    accounts: tuple[int, ...] = ()
    trades: list[int] = []


class Monitor:
    """Sees every entry with its events, in order; `see` returns the alerts that it raises."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._limits = thresholds or Thresholds()
        self._owners: dict[int, int] = {}
        self._products: dict[int, str] = {}
        self._rules: RuleBook | None = None
        self._past: dict[int, tuple[int, int]] = {}  # instrument -> tonnes of all days before, how many they were
        self._trading_day = 0
        self._number = 0
        self._forget()

    def _forget(self) -> None:
        """A new day: nothing of the one before counts."""
        self._bands: dict[int, tuple[int, int, int]] = {}  # instrument -> reference, low, high
        self._flows: dict[tuple[int, int, int], _Flow] = {}  # instrument, seller's owner, buyer's owner
        self._at_limit: dict[tuple[int, int, int], _Flow] = {}  # instrument, lower and higher account
        self._blocks: dict[tuple[int, int, int], _Flow] = {}
        self._near: dict[int, tuple[int, int, int]] = {}  # open order near a limit -> at_ns, account, instrument
        self._quick: dict[tuple[int, int], list[int]] = {}  # account, instrument -> orders canceled quickly
        self._late: deque[tuple[int, int, int, int, int, int]] = (
            deque()
        )  # at_ns, instrument, taker, price, tonnes, trade
        self._sums: dict[int, tuple[int, int]] = {}  # instrument -> sum of price x tonnes, tonnes
        self._is_full = False

    def see(self, entry: Entry, happened: list[Event]) -> list[Alert]:
        """Take one entry."""
        found: list[Alert] = []
        if isinstance(entry.command, Found):
            self._rules = parse(entry.command.rulebook)
        for event in happened:
            if isinstance(event, OrderAccepted | OrderReplaced):
                self._note_order(entry.at_ns, event)
            elif isinstance(event, OrderCanceled):
                self._note_cancel(entry.at_ns, event)
            elif isinstance(event, Traded):
                found += self._note_trade(entry, event)
            elif isinstance(event, BlockTraded):
                found += self._note_block(entry, event)
            elif isinstance(event, RuleBookTookEffect):
                self._rules = parse(event.rulebook)
            elif isinstance(event, AccountOpened):
                self._owners[event.account] = event.owner
            elif isinstance(event, InstrumentListed):
                self._products[event.instrument] = event.product
            elif isinstance(event, DayOpened):
                self._forget()
                self._trading_day = event.trading_day
                self._bands = {
                    row.instrument: (row.reference_ticks, row.low_ticks, row.high_ticks) for row in event.bands
                }
            elif isinstance(event, DayClosed):
                found += self._close(entry, event)
        return found

    def _alert(
        self,
        pattern: str,
        seq: int,
        instrument: int,
        accounts: tuple[int, ...],
        trades: list[int],
        orders: list[int],
        **figures: int,
    ) -> Alert:
        self._number += 1
        evidence = tuple(trades[:EVIDENCE_MAX]), tuple(orders[:EVIDENCE_MAX])
        return Alert(self._number, pattern, self._trading_day, seq, instrument, accounts, *evidence, figures)

    def _has_room(self, table: dict[tuple[int, int, int], _Flow] | dict[int, tuple[int, int, int]]) -> bool:
        if len(table) < TABLE_ROWS_MAX:
            return True
        self._is_full = True
        return False

    # ---- orders -----------------------------------------------------------------------------------------

    def _note_order(self, at_ns: int, event: OrderAccepted | OrderReplaced) -> None:
        reference, low, high = self._bands.get(event.instrument, (0, 0, 0))
        near = reference * self._limits.near_limit_bp // 10_000
        is_near = reference > 0 and (event.price_ticks - low <= near or high - event.price_ticks <= near)
        if is_near and self._has_room(self._near):
            self._near[event.order] = (at_ns, event.account, event.instrument)

    def _note_cancel(self, at_ns: int, event: OrderCanceled) -> None:
        known = self._near.pop(event.order, None)
        if known is None or event.reason != 0 or at_ns - known[0] > self._limits.quick_cancel_ns:
            return
        self._quick.setdefault((known[1], known[2]), []).append(event.order)

    # ---- trades -----------------------------------------------------------------------------------------

    def _note_trade(self, entry: Entry, event: Traded) -> list[Alert]:
        instrument, price, tonnes = event.instrument, event.price_ticks, event.tonnes
        value, volume = self._sums.get(instrument, (0, 0))
        self._sums[instrument] = value + price * tonnes, volume + tonnes
        taker = {1: event.buyer, 2: event.seller}.get(event.taker_side, 0)
        self._late.append((entry.at_ns, instrument, taker, price, tonnes, event.trade))
        while entry.at_ns - self._late[0][0] > self._limits.close_window_ns or len(self._late) > TABLE_ROWS_MAX:
            self._late.popleft()
        _, low, high = self._bands.get(instrument, (0, 0, 0))
        if price in (low, high):
            self._add(self._at_limit, _pair(event), event)
        return self._between(entry, event)

    def _note_block(self, entry: Entry, event: BlockTraded) -> list[Alert]:
        reference, _, _ = self._bands.get(event.instrument, (0, 0, 0))
        if abs(event.price_ticks - reference) * 10_000 >= reference * self._limits.block_away_bp:
            self._add(self._blocks, _pair(event), event)
        return self._between(entry, event)

    def _between(self, entry: Entry, event: Traded | BlockTraded) -> list[Alert]:
        """A trade of one owner with itself, or one leg of what may go round."""
        buyer, seller = self._owners.get(event.buyer, 0), self._owners.get(event.seller, 0)
        if buyer == seller:
            pair = (event.seller, event.buyer)
            return [self._alert(SELF_TRADE, entry.seq, event.instrument, pair, [event.trade], [], tonnes=event.tonnes)]
        self._add(self._flows, (event.instrument, seller, buyer), event)
        return []

    def _add(
        self, table: dict[tuple[int, int, int], _Flow], key: tuple[int, int, int], event: Traded | BlockTraded
    ) -> None:
        flow = table.get(key)
        if flow is None:
            if not self._has_room(table):
                return
            flow = table[key] = _Flow()
        flow.tonnes += event.tonnes
        flow.accounts = tuple(dict.fromkeys((*flow.accounts, event.seller, event.buyer)))[:EVIDENCE_MAX]
        if len(flow.trades) < EVIDENCE_MAX:
            flow.trades.append(event.trade)

    # ---- the day's end ----------------------------------------------------------------------------------

    def _close(self, entry: Entry, event: DayClosed) -> list[Alert]:
        found = [
            *self._circles(entry.seq),
            *self._layers(entry.seq),
            *self._pairs(entry.seq),
            *self._late_moves(entry.seq),
        ]
        for row in event.stats:
            found += self._volumes(entry.seq, row)
            _, low, high = self._bands.get(row.instrument, (0, 0, 0))
            if row.trades and row.close_ticks in (low, high):
                figures = {"close_ticks": row.close_ticks, "low_ticks": low, "high_ticks": high}
                found.append(self._alert(AT_LIMIT, entry.seq, row.instrument, (), [], [], **figures))
        if self._is_full:
            found.append(self._alert(NOT_WATCHED, entry.seq, 0, (), [], [], rows_max=TABLE_ROWS_MAX))
        return found

    def _volumes(self, seq: int, row: DayStats) -> Iterator[Alert]:
        """What the day's volume itself says."""
        assert self._rules is not None, "a market is founded with its rule book"
        limits = self._limits
        rules = self._rules.products[self._products[row.instrument]]
        least = rules.close_min_tonnes
        if rules.close_rule == "C" and 0 < (row.tonnes - least) * 10_000 <= least * limits.small_volume_bp:
            figures = {"tonnes": row.tonnes, "close_min_tonnes": least, "close_ticks": row.close_ticks}
            yield self._alert(SMALL_VOLUME, seq, row.instrument, (), [], [], **figures)
        past, days = self._past.get(row.instrument, (0, 0))
        self._past[row.instrument] = past + row.tonnes, days + 1
        if past and row.tonnes * days >= past * limits.surge_times and self._is_near_deadline():
            yield self._alert(SURGE, seq, row.instrument, (), [], [], tonnes=row.tonnes, average_tonnes=past // days)

    def _is_near_deadline(self) -> bool:
        """Whether a surrender deadline of the rule book is not far ahead."""
        assert self._rules is not None, "a market is founded with its rule book"
        if not is_day(self._trading_day):
            return False
        until = shift(self._trading_day, self._limits.surge_days)
        return any(self._trading_day <= year.surrender_deadline <= until for year in self._rules.compliance.values())

    def _circles(self, seq: int) -> Iterator[Alert]:
        for (instrument, seller, buyer), there in self._flows.items():
            back = self._flows.get((instrument, buyer, seller))
            if seller < buyer and back is not None and min(there.tonnes, back.tonnes) >= self._limits.circular_tonnes:
                accounts = tuple(dict.fromkeys((*there.accounts, *back.accounts)))
                figures = {"tonnes_there": there.tonnes, "tonnes_back": back.tonnes}
                trades = sorted(there.trades + back.trades)
                yield self._alert(CIRCULAR, seq, instrument, accounts, trades, [], **figures)

    def _layers(self, seq: int) -> Iterator[Alert]:
        for (account, instrument), orders in self._quick.items():
            if len(orders) >= self._limits.quick_cancels:
                yield self._alert(LAYERING, seq, instrument, (account,), [], orders, canceled=len(orders))

    def _pairs(self, seq: int) -> Iterator[Alert]:
        for pattern, table, least in (
            (LIMIT_PAIR, self._at_limit, self._limits.pair_trades),
            (BLOCK_PAIR, self._blocks, self._limits.pair_blocks),
        ):
            for (instrument, one, other), flow in table.items():
                if len(flow.trades) >= least:
                    yield self._alert(pattern, seq, instrument, (one, other), flow.trades, [], tonnes=flow.tonnes)

    def _late_moves(self, seq: int) -> Iterator[Alert]:
        """Whose trades of the last minutes move the day's average price, against the average without them."""
        late: dict[tuple[int, int], tuple[int, int, list[int]]] = {}
        for _, instrument, taker, price, tonnes, trade in self._late:
            if taker:
                value, volume, trades = late.get((instrument, taker), (0, 0, []))
                late[instrument, taker] = value + price * tonnes, volume + tonnes, [*trades, trade]
        for (instrument, taker), (value, volume, trades) in late.items():
            whole, tonnes = self._sums[instrument]
            if tonnes == volume:
                continue  # nothing else was traded, so nothing was moved
            before, after = (whole - value) // (tonnes - volume), whole // tonnes
            if abs(after - before) * 10_000 >= before * self._limits.close_move_bp:
                figures = {"average_before_ticks": before, "average_ticks": after, "tonnes": volume}
                yield self._alert(MARKING_CLOSE, seq, instrument, (taker,), trades, [], **figures)


def _pair(event: Traded | BlockTraded) -> tuple[int, int, int]:
    """Instrument and both accounts, the lower number first: who sold to whom does not count."""
    low, high = sorted((int(event.buyer), int(event.seller)))
    return int(event.instrument), low, high


def alerts_of(folder: Path, thresholds: Thresholds | None = None) -> tuple[list[Alert], MarketView]:
    """All alerts of a data folder's journal, by number, with the market at its end; also beside a running exchange.

    Raises JournalError.
    """
    monitor, market = Monitor(thresholds), Market()
    found: list[Alert] = []
    for entries in read_entries(folder / JOURNAL_FOLDER, 1):
        for entry, happened in zip(entries, apply_record(market, entries), strict=True):
            found += monitor.see(entry, happened)
    return found, MarketView(market)
