"""An instrument's public book in a client: levels by price, proven by the checksum that its events carry (docs/feed.md)."""

import asyncio
import zlib
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from sortedcontainers import SortedDict

CHECKSUM_LEVELS: Final = 10


class Level(NamedTuple):
    """Tonnes in the book at a price."""

    price: Decimal
    quantity: int


class _Data(Struct, gc=False):
    bids: list[tuple[Decimal, int]] = []
    asks: list[tuple[Decimal, int]] = []
    crc32: int | UnsetType = UNSET
    withheld: bool = False


_decode: Final = msgspec.json.Decoder(_Data).decode


class Book:
    """The book as its events say it, which come in order and without a hole.

    `is_current`: False from the loss of the connection, of an event or of the agreement with a checksum, until it is mended.
    `is_withheld`: a call auction collects orders and shows no levels. `proven`: how many checksums were compared.
    `changes`: how often it has changed, for `wait_change`.
    """

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.seq = 0
        self.is_current = False
        self.is_withheld = False
        self.proven = 0
        self.changes = 0
        self._bids: SortedDict[Decimal, int] = SortedDict()
        self._asks: SortedDict[Decimal, int] = SortedDict()
        self._changed = asyncio.Event()

    def bids(self, count: int | None = None) -> list[Level]:
        """The best so many buy levels, highest price first; all without a count."""
        return [Level(price, self._bids[price]) for price in islice(reversed(self._bids), count)]

    def asks(self, count: int | None = None) -> list[Level]:
        """The best so many sell levels, lowest price first; all without a count."""
        return [Level(price, self._asks[price]) for price in islice(self._asks, count)]

    @property
    def best_bid(self) -> Level | None:
        """The highest buy level."""
        return next(iter(self.bids(1)), None)

    @property
    def best_ask(self) -> Level | None:
        """The lowest sell level."""
        return next(iter(self.asks(1)), None)

    async def wait_change(self, since: int | None = None) -> None:
        """Wait until the book, or whether it is current, has changed: from now on, or since `changes` was this."""
        seen = self.changes if since is None else since
        while self.changes == seen:
            self._changed.clear()
            await self._changed.wait()

    def _tell(self) -> None:
        self.changes += 1
        self._changed.set()

    def checksum(self) -> int:
        """CRC-32 of the best ten levels of both sides in turn, as the exchange reckons it."""
        rows = zip_longest(self.bids(CHECKSUM_LEVELS), self.asks(CHECKSUM_LEVELS))
        parts = [f"{level.price}:{level.quantity}" for row in rows for level in row if level is not None]
        return zlib.crc32(":".join(parts).encode("ascii"))

    def take(self, kind: str, seq: int, data: Raw) -> bool:
        """Take the channel's next event; False where its checksum is not this book's."""
        if kind == "reset":
            self.lose()
            return True
        said = _decode(data)
        if kind == "snapshot":
            self._bids.clear()
            self._asks.clear()
            self.is_withheld = said.withheld
        self.seq = seq
        for levels, changes in ((self._bids, said.bids), (self._asks, said.asks)):
            for price, quantity in changes:
                if quantity:
                    levels[price] = quantity
                else:
                    levels.pop(price, None)
        is_right = True
        if said.crc32 is not UNSET:
            is_right = said.crc32 == self.checksum()
            self.proven += is_right
        self.is_current = is_right
        self._tell()
        return is_right

    def lose(self) -> None:
        """What has happened since is not known."""
        self.is_current = False
        self._tell()

    def go_on(self) -> None:
        """The session goes on where this book stands."""
        self.is_current = True
        self._tell()

    def __repr__(self) -> str:
        return f"<Book {self.instrument} {self.best_bid} | {self.best_ask}{'' if self.is_current else ', not current'}>"

    def _repr_html_(self) -> str:
        asks = "".join(
            f"<tr><td>卖</td><td>{price}</td><td>{quantity}</td></tr>" for price, quantity in self.asks(5)[::-1]
        )
        bids = "".join(f"<tr><td>买</td><td>{price}</td><td>{quantity}</td></tr>" for price, quantity in self.bids(5))
        state = "" if self.is_current else " (not current)"
        return f"<table><caption>{self.instrument} 盘口{state}</caption><tbody>{asks}{bids}</tbody></table>"
