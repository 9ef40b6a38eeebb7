"""One public channel: its dense numbers, and a ring of what it said last for those who missed some."""

from collections import deque

import msgspec

from gateway.feed.messages import Data, Envelope

_encode = msgspec.json.Encoder().encode


class Channel:
    """Numbers and encodes the events of one channel. The numbers begin at 1 with each process."""

    def __init__(self, name: str, ring_messages_max: int, ring_bytes_max: int) -> None:
        self.name = name
        self.seq = 0
        self._ring: deque[bytes] = deque()
        self._ring_bytes = 0
        self._ring_messages_max = ring_messages_max
        self._ring_bytes_max = ring_bytes_max
        self._snapshot: bytes | None = None

    def say(self, kind: str, ts: str, data: Data) -> tuple[str, bytes]:
        """Make the next event of the channel."""
        self.seq += 1
        self._snapshot = None
        message = _encode(Envelope(self.name, kind, self.seq, self.seq - 1, ts, data))
        self._ring.append(message)
        self._ring_bytes += len(message)
        while len(self._ring) > self._ring_messages_max or self._ring_bytes > self._ring_bytes_max:
            self._ring_bytes -= len(self._ring.popleft())
        return self.name, message

    @property
    def cached_snapshot(self) -> bytes | None:
        """The last `snapshot`, while nothing has been said since."""
        return self._snapshot

    def snapshot(self, ts: str, data: Data) -> bytes:
        """The state as of the present seq, for one who asks; it takes no number."""
        self._snapshot = _encode(Envelope(self.name, "snapshot", self.seq, 0, ts, data))
        return self._snapshot

    def replay(self, from_seq: int) -> list[bytes] | None:
        """Events from `from_seq` to the last; None where the ring does not hold that seq, or nobody has it yet."""
        oldest = self.seq - len(self._ring) + 1
        if not oldest <= from_seq <= self.seq + 1:
            return None
        return list(self._ring)[from_seq - oldest :]
