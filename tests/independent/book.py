"""One instrument's public book as docs/feed.md describes it: snapshot, updates without a hole, and its checksum."""

import zlib
from typing import Any


class Book:
    """Levels by price, both sides, and the checksum that they have at each seq of the present epoch."""

    def __init__(self) -> None:
        self.seq = -1  # -1: waits for a snapshot
        self.epoch = -1
        self.seen: dict[tuple[int, int], int] = {}  # (epoch, seq): checksum
        self.proven = 0  # events whose own checksum was compared
        self._bids: dict[str, int] = {}
        self._asks: dict[str, int] = {}

    def begin(self) -> None:
        """A new connection: wait for a snapshot."""
        self.seq = -1

    def read(self, event: dict[str, Any]) -> None:
        """Take an event of the channel."""
        kind, data = event["kind"], event["data"]
        if kind == "update" and (self.seq < 0 or event["seq"] <= self.seq):
            return
        if kind == "snapshot":
            self._bids, self._asks = {}, {}
            self.epoch = data.get("epoch", self.epoch)
        else:
            assert kind == "update", event
            assert (event["seq"], event["prev"]) == (self.seq + 1, self.seq), f"a hole in {event['ch']}"
        self.seq = event["seq"]
        for levels, changes in ((self._bids, data["bids"]), (self._asks, data["asks"])):
            for price, quantity in changes:
                if quantity:
                    levels[price] = quantity
                else:
                    del levels[price]
        found = self.checksum()
        if "crc32" in data:
            assert found == data["crc32"], f"the book differs at {event['seq']}: {self._bids} {self._asks}"
            self.proven += 1
        assert self.seen.setdefault((self.epoch, self.seq), found) == found, f"two books at {event['seq']}"

    def levels(self) -> tuple[list[list[Any]], list[list[Any]]]:
        """(bids, asks), best first, as the exchange writes them."""
        bids = sorted(self._bids.items(), key=lambda level: -_fen(level[0]))
        asks = sorted(self._asks.items(), key=lambda level: _fen(level[0]))
        return [list(level) for level in bids], [list(level) for level in asks]

    def checksum(self) -> int:
        """CRC-32 of the best ten levels of both sides, taken in turn."""
        bids, asks = self.levels()
        parts = []
        for row in range(10):
            parts += [f"{side[row][0]}:{side[row][1]}" for side in (bids, asks) if row < len(side)]
        return zlib.crc32(":".join(parts).encode("ascii"))


def _fen(price: str) -> int:
    whole, _, rest = price.partition(".")
    return int(whole) * 100 + int(rest)
