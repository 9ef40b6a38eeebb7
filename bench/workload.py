"""Seeded order flow, the same on every machine: what the benchmarks of book and core are driven with.

A flow is made by playing it on a book, so that a cancel names an order that is alive and a crossing order meets something;
what it must cause (fills, traded tonnes, live orders at the end) comes with it, and a benchmark whose run ends otherwise
fails instead of reporting a speed. A row's number is its place in the flow, from 1.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from engine.core.book import Book
from engine.core.units import BUY, DAY, IOC, SELL

PLACE: Final = 0
CANCEL: Final = 1

MID: Final = 4_000  # the reference price in ticks; a band of 10 % lies around it
LOW: Final = 3_600
HIGH: Final = 4_400
REST_TONNES: Final = 99  # resting orders are 1 to this large


class Row(NamedTuple):
    """One command. PLACE: all fields; CANCEL: `number`, `instrument` and `side` of the order to be canceled."""

    op: int
    number: int
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    time_in_force: int


class Flow(NamedTuple):
    """Rows, of which the first `warm` prepare the book and are not timed; then what all of them must have caused."""

    name: str
    rows: list[Row]
    warm: int
    instruments: int
    fills: int
    timed_fills: int
    traded_tonnes: int
    live: int

    @property
    def timed(self) -> int:
        """How many rows are timed."""
        return len(self.rows) - self.warm


class _Maker:
    """Plays rows on books while it writes them down, and knows which orders are alive."""

    def __init__(self, name: str, instruments: int = 1) -> None:
        self.rows: list[Row] = []
        self._name = name
        self._books = [Book() for _ in range(instruments)]
        self._live: list[tuple[int, int, int]] = []  # number, instrument, side
        self._place_of: dict[int, int] = {}
        self._fills = 0
        self._traded = 0
        self._warm = 0
        self._warm_fills = 0

    @property
    def live(self) -> int:
        return len(self._live)

    def best(self, instrument: int, side: int) -> int:
        """Best price of the side's resting orders, 0 where there is none."""
        book = self._books[instrument - 1]
        return book.best_bid() if side == BUY else book.best_ask()

    def place(self, instrument: int, side: int, price_ticks: int, tonnes: int, time_in_force: int = DAY) -> None:
        number = len(self.rows) + 1
        self.rows.append(Row(PLACE, number, instrument, side, price_ticks, tonnes, time_in_force))
        book = self._books[instrument - 1]
        for fill in book.place(number, side, price_ticks, tonnes, time_in_force):
            self._fills += 1
            self._traded += fill.tonnes
            if fill.maker_leaves == 0:
                self._forget(fill.maker.number)
        if number in book.orders:
            self._place_of[number] = len(self._live)
            self._live.append((number, instrument, side))

    def cancel(self, live_index: int) -> None:
        number, instrument, side = self._live[live_index]
        self.rows.append(Row(CANCEL, number, instrument, side, 0, 0, 0))
        self._books[instrument - 1].cancel(number)
        self._forget(number)

    def begin_timing(self) -> None:
        """Everything so far was preparation."""
        self._warm = len(self.rows)
        self._warm_fills = self._fills

    def flow(self) -> Flow:
        # Every number anew, in the order of use: else a cancel would pay for finding its own number in old memory.
        rows = [Row(*[int(str(value)) for value in row]) for row in self.rows]
        return Flow(
            self._name,
            rows,
            self._warm,
            len(self._books),
            self._fills,
            self._fills - self._warm_fills,
            self._traded,
            len(self._live),
        )

    def _forget(self, number: int) -> None:
        index = self._place_of.pop(number)
        last = self._live.pop()
        if last[0] != number:
            self._live[index] = last
            self._place_of[last[0]] = index


def _rest(maker: _Maker, draw: random.Random, instrument: int, mid: int, levels: int) -> None:
    """A resting order: near the touch more often than far from it, never crossing."""
    side = BUY if draw.random() < 0.5 else SELL
    away = 1 + min(draw.randrange(levels), draw.randrange(levels))
    if side == BUY:
        ask = maker.best(instrument, SELL)
        price = max(LOW, min(mid - away, ask - 1 if ask else HIGH))
    else:
        price = min(HIGH, max(mid + away, maker.best(instrument, BUY) + 1))
    maker.place(instrument, side, price, 1 + draw.randrange(REST_TONNES))


def mix(commands: int, live: int = 5_000, seed: int = 1, levels: int = 60, instruments: int = 1) -> Flow:
    """The canonical mix: 45 % resting orders, 40 % cancels of live ones, 15 % crossing orders; about `live` orders live.

    The book is filled to `live` first. The middle price walks by a tick at a time. Crossing orders are sized so that they
    take away what resting orders bring in more than cancels take out, so the number of live orders stays.
    """
    draw = random.Random(seed)
    maker = _Maker("mix", instruments)
    mids = [MID] * instruments
    while maker.live < live:
        _rest(maker, draw, 1 + draw.randrange(instruments), MID, levels)
    maker.begin_timing()
    for _ in range(commands):
        instrument = 1 + draw.randrange(instruments)
        kind = draw.random()
        if kind < 0.40 and maker.live > 0:
            maker.cancel(draw.randrange(maker.live))
        elif kind < 0.55:
            side = BUY if draw.random() < 0.5 else SELL
            touch = maker.best(instrument, SELL if side == BUY else BUY)
            if touch == 0:
                _rest(maker, draw, instrument, mids[instrument - 1], levels)
                continue
            price = min(HIGH, touch + 10) if side == BUY else max(LOW, touch - 10)
            maker.place(instrument, side, price, 1 + draw.randrange(max(1, 33 * maker.live // live)))
        else:
            _rest(maker, draw, instrument, mids[instrument - 1], levels)
        if draw.random() < 0.002:
            step = 1 if draw.random() < 0.5 else -1
            mids[instrument - 1] = min(HIGH - 150, max(LOW + 150, mids[instrument - 1] + step))
    return maker.flow()


def sweep(rounds: int, levels: int = 100, orders_per_level: int = 5, seed: int = 1) -> Flow:
    """Again and again: a side is built up, and one order takes all of it."""
    draw = random.Random(seed)
    maker = _Maker("sweep")
    for turn in range(rounds):
        maker_side, taker_side = (SELL, BUY) if turn % 2 == 0 else (BUY, SELL)
        sign = 1 if maker_side == SELL else -1
        total = 0
        for level in range(levels):
            for _ in range(orders_per_level):
                tonnes = 1 + draw.randrange(REST_TONNES)
                total += tonnes
                maker.place(1, maker_side, MID + sign * level, tonnes)
        maker.place(1, taker_side, MID + sign * levels, total, IOC)
    return maker.flow()


def cancel_storm(orders: int, seed: int = 1) -> Flow:
    """A deep book, then nothing but cancels in no order, until it is empty."""
    draw = random.Random(seed)
    maker = _Maker("cancel storm")
    while maker.live < orders:
        _rest(maker, draw, 1, MID, 200)
    maker.begin_timing()
    while maker.live > 0:
        maker.cancel(draw.randrange(maker.live))
    return maker.flow()


def flash_move(commands: int, live: int = 5_000, seed: int = 1) -> Flow:
    """The price runs from one end of the band to the other and back: each step sweeps the touch, cancels, quotes anew."""
    draw = random.Random(seed)
    maker = _Maker("flash move")
    while maker.live < live:
        _rest(maker, draw, 1, MID, 60)
    maker.begin_timing()
    end = len(maker.rows) + commands
    mid, step = MID, -1
    while len(maker.rows) < end:
        if mid <= LOW + 70 or mid >= HIGH - 70:
            step = -step
        mid += step
        side, against = (SELL, BUY) if step < 0 else (BUY, SELL)
        touch = maker.best(1, against)
        if touch:
            maker.place(1, side, touch, 40 * REST_TONNES // 2, IOC)
        for _ in range(20):
            if maker.live > live:
                maker.cancel(draw.randrange(maker.live))
            _rest(maker, draw, 1, mid, 60)
    return maker.flow()


def one_price(orders: int, seed: int = 1) -> Flow:
    """A day at the price limit: all queue at one price, a third leaves from anywhere in the queue, the rest is filled."""
    draw = random.Random(seed)
    maker = _Maker("one price")
    for _ in range(orders):
        maker.place(1, BUY, HIGH, 1 + draw.randrange(REST_TONNES))
    for _ in range(orders // 3):
        maker.cancel(draw.randrange(maker.live))
    while maker.live > 0:
        maker.place(1, SELL, HIGH, 1 + draw.randrange(REST_TONNES), IOC)
    return maker.flow()


def queued(orders: int, seed: int = 1, levels: int = 300) -> Iterator[Row]:
    """Orders that rest and do nothing else, made one by one so that nothing but them takes memory."""
    draw = random.Random(seed)
    for number in range(1, orders + 1):
        side = BUY if draw.random() < 0.5 else SELL
        away = 1 + draw.randrange(levels)
        price = MID - away if side == BUY else MID + away
        yield Row(PLACE, number, 1, side, price, 1 + draw.randrange(REST_TONNES), DAY)


def gathered(orders: int, seed: int = 1, levels: int = 40) -> Iterator[Row]:
    """Orders for an opening call: both sides ask for prices up to `levels` around the same middle, so most could trade."""
    draw = random.Random(seed)
    for number in range(1, orders + 1):
        side = BUY if draw.random() < 0.5 else SELL
        yield Row(PLACE, number, 1, side, MID + draw.randint(-levels, levels), 1 + draw.randrange(REST_TONNES), DAY)


def scaled(count: int, scale: float, least: int = 20) -> int:
    """A size at this scale; 1.0 is what documents quote."""
    return max(least, round(count * scale))


FLOWS: Final[dict[str, Callable[[float, int], Flow]]] = {
    "mix": lambda scale, seed: mix(scaled(500_000, scale), scaled(5_000, scale), seed),
    "sweep": lambda scale, seed: sweep(scaled(100, scale, 2), seed=seed),
    "cancel storm": lambda scale, seed: cancel_storm(scaled(50_000, scale), seed),
    "flash move": lambda scale, seed: flash_move(scaled(100_000, scale), scaled(5_000, scale), seed),
    "one price": lambda scale, seed: one_price(scaled(50_000, scale), seed),
    "1,000 live": lambda scale, seed: mix(scaled(100_000, scale), scaled(1_000, scale), seed, levels=300),
    "100,000 live": lambda scale, seed: mix(scaled(100_000, scale), scaled(100_000, scale), seed, levels=300),
}
