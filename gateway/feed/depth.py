"""Price levels of one instrument, kept exact by adding and taking what each event says, and published by difference."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import final

from mypy_extensions import mypyc_attr
from sortedcontainers import SortedDict

from engine.core import units
from gateway.protocol.prices import price_text

CHECKSUM_LEVELS = 10


class DepthBroken(Exception):
    """The fold and the engine's events contradict each other: the process must end, with this as evidence."""


class Depth:
    """Total open tonnes by price, both sides.

    `add` runs for every order and only keeps totals; the order of the prices is brought up to date when somebody looks,
    once for all that happened in between.
    """

    def __init__(self) -> None:
        self._buy, self._sell = _Side(), _Side()
        self._sides = {units.BUY: self._buy, units.SELL: self._sell}

    def add(self, side: int, price_ticks: int, tonnes: int) -> None:
        """Add to a level; negative takes off. A level can never hold less than nothing."""
        half = self._buy if side == units.BUY else self._sell
        total = half.totals.get(price_ticks)
        if total is None:
            total = half.totals[price_ticks] = _Total(price_ticks)
        total.tonnes += tonnes
        if total.tonnes < 0:
            raise DepthBroken(
                f"side {side} at {price_ticks}: {total.tonnes - tonnes} tonnes there, {-tonnes} to take off"
            )
        if not total.is_touched:
            total.is_touched = True
            half.touched.append(total)

    def is_changed(self) -> bool:
        """Whether `take_changes` may have something to say."""
        return any(half.touched or half.published for half in self._sides.values())

    def is_crossed(self) -> bool:
        """Whether the best bid reaches the best ask, as it may only while orders are collected."""
        bids, asks = self._sides[units.BUY].sorted(), self._sides[units.SELL].sorted()
        return bool(bids and asks and bids.peekitem(-1)[0] >= asks.peekitem(0)[0])

    def best(self, side: int, count: int = 0) -> list[tuple[int, int]]:
        """(price, tonnes) of the best `count` levels, best first; 0: all."""
        return list(islice(_best_first(self._sides[side].sorted(), side), count or None))

    def published(self, side: int) -> list[tuple[int, int]]:
        """All levels as of the last `take_changes`, best first: what a follower of the channel has now."""
        half = self._sides[side]
        levels = dict(half.sorted())
        levels.update(half.published)
        return sorted(((price, tonnes) for price, tonnes in levels.items() if tonnes), reverse=side == units.BUY)

    def take_changes(self, side: int) -> list[tuple[int, int]]:
        """(price, new total) of levels that differ from the last time, best first; 0 removes the level."""
        half = self._sides[side]
        levels = half.sorted()
        changes = [
            (price, levels.get(price, 0)) for price, before in half.published.items() if levels.get(price, 0) != before
        ]
        half.published.clear()
        return sorted(changes, reverse=side == units.BUY)


@mypyc_attr(acyclic=True)
@final
class _Total:
    """All that rests at one price. An object, so that each order needs one look-up and changes it in place."""

    __slots__ = ("is_touched", "price_ticks", "tonnes")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks = price_ticks
        self.tonnes = 0
        self.is_touched = False  # it may differ from the ordered level


@final
class _Side:
    """One side: exact totals, and the levels in order as of the last look."""

    __slots__ = ("_levels", "published", "totals", "touched")

    def __init__(self) -> None:
        self.totals: dict[int, _Total] = {}
        self.touched: list[_Total] = []
        self.published: dict[int, int] = {}  # what was last published at prices that changed since
        self._levels = SortedDict()

    def sorted(self) -> SortedDict:
        """The levels in order of price, up to date."""
        for total in self.touched:
            total.is_touched = False
            price_ticks = total.price_ticks
            self.published.setdefault(price_ticks, self._levels.get(price_ticks, 0))
            if total.tonnes:
                self._levels[price_ticks] = total.tonnes
            else:
                del self.totals[price_ticks]
                self._levels.pop(price_ticks, None)
        self.touched.clear()
        return self._levels


def _best_first(levels: SortedDict, side: int) -> Iterator[tuple[int, int]]:
    prices: Iterable[int] = reversed(levels) if side == units.BUY else levels
    for price in prices:
        yield price, levels[price]


def checksum(bids: list[tuple[int, int]], asks: list[tuple[int, int]], tick_fen: int) -> int:
    """CRC-32 over the best ten levels (both lists best first).

    The text is bid 1, ask 1, bid 2, ask 2, … each as "price:quantity", joined by ":"; where a side has no such level it
    is left out.
    """
    parts: list[str] = []
    for row in range(CHECKSUM_LEVELS):
        parts.extend(f"{price_text(side[row][0], tick_fen)}:{side[row][1]}" for side in (bids, asks) if row < len(side))
    return zlib.crc32(":".join(parts).encode())
