"""A follower of the public channels that keeps to the rule of docs/feed.md and nothing else."""

from typing import Any

import msgspec

from gateway.feed import PublicFeed


class Client:
    """Follows channels from their snapshots; every event must be the next one."""

    def __init__(self, feed: PublicFeed, channels: list[str] | None = None) -> None:
        self.feed = feed
        self.seqs: dict[str, int] = {}
        self.heard: dict[str, list[dict[str, Any]]] = {}
        self.book: dict[str, dict[str, dict[str, int]]] = {}
        for channel in feed.channels() if channels is None else channels:
            self.hear(feed.snapshot(channel))

    def flush(self, now_ns: int) -> list[dict[str, Any]]:
        """Flush the feed and take what it says."""
        return [self.hear(message) for channel, message in self.feed.flush(now_ns) if channel in self.seqs]

    def hear(self, message: bytes) -> dict[str, Any]:
        """Take one event; fails where it is not the next."""
        event: dict[str, Any] = msgspec.json.decode(message)
        channel, seq = event["ch"], event["seq"]
        is_asked_for = event["kind"] == "snapshot" and event["prev"] == 0
        assert is_asked_for or (seq, event["prev"]) == (self.seqs[channel] + 1, self.seqs[channel]), event
        self.seqs[channel] = seq
        self.heard.setdefault(channel, []).append(event)
        if channel.startswith("book."):
            self._fold(channel, event)
        return event

    def _fold(self, channel: str, event: dict[str, Any]) -> None:
        data = event["data"]
        if event["kind"] in ("snapshot", "reset"):
            self.book[channel] = {"bids": {}, "asks": {}}
        for side in ("bids", "asks"):
            for price, quantity in data.get(side, []):
                if quantity:
                    self.book[channel][side][price] = quantity
                else:
                    del self.book[channel][side][price]
