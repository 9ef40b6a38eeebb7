"""Price levels of one instrument, kept exact by adding and taking what each event says, and published by difference."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from sortedcontainers import SortedDict

from engine.core import units
from gateway.protocol.prices import price_text

CHECKSUM_LEVELS = 10


class DepthBroken(AssertionError):
    """The fold and the engine's events contradict each other: the process must end, with this as evidence."""


class Depth:
    """Total open tonnes by price, both sides."""

    def __init__(self) -> None:
        self._levels: dict[int, SortedDict] = {units.BUY: SortedDict(), units.SELL: SortedDict()}
        self._published: dict[int, dict[int, int]] = {units.BUY: {}, units.SELL: {}}  # before its first change since

    def add(self, side: int, price_ticks: int, tonnes: int) -> None:
        """Add to a level; negative takes off. A level can never hold less than nothing."""
        levels = self._levels[side]
        before = levels.get(price_ticks, 0)
        after = before + tonnes
        if after < 0:
            raise DepthBroken(f"side {side} at {price_ticks}: {before} tonnes there, {-tonnes} to take off")
        self._published[side].setdefault(price_ticks, before)
        if after:
            levels[price_ticks] = after
        else:
            levels.pop(price_ticks, None)

    def is_changed(self) -> bool:
        """Whether `take_changes` may have something to say."""
        return bool(self._published[units.BUY] or self._published[units.SELL])

    def is_crossed(self) -> bool:
        """Whether the best bid reaches the best ask, as it may only while orders are collected."""
        bids, asks = self._levels[units.BUY], self._levels[units.SELL]
        return bool(bids and asks and bids.peekitem(-1)[0] >= asks.peekitem(0)[0])

    def best(self, side: int, count: int = 0) -> list[tuple[int, int]]:
        """(price, tonnes) of the best `count` levels, best first; 0: all."""
        return list(islice(_best_first(self._levels[side], side), count or None))

    def published(self, side: int) -> list[tuple[int, int]]:
        """All levels as of the last `take_changes`, best first: what a follower of the channel has now."""
        levels = dict(self._levels[side])
        levels.update(self._published[side])
        return sorted(((price, tonnes) for price, tonnes in levels.items() if tonnes), reverse=side == units.BUY)

    def take_changes(self, side: int) -> list[tuple[int, int]]:
        """(price, new total) of levels that differ from the last time, best first; 0 removes the level."""
        levels = self._levels[side]
        changes = [
            (price, levels.get(price, 0))
            for price, before in self._published[side].items()
            if levels.get(price, 0) != before
        ]
        self._published[side].clear()
        return sorted(changes, reverse=side == units.BUY)


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
