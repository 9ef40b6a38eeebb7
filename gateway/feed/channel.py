"""One public channel: its dense numbers, and a ring of what it said last for those who missed some."""

from collections import deque
from collections.abc import Callable
from itertools import islice

import msgspec

from gateway.feed.messages import Data, Envelope

_encode = msgspec.json.Encoder().encode


class _Held:
    """An update that nobody was told: its facts; its text is made for whoever asks. `len` is what it counts for in the ring."""

    __slots__ = ("_length", "facts", "ts")

    def __init__(self, ts: str, facts: bytes, length: int) -> None:
        self.ts = ts
        self.facts = facts
        self._length = length

    def __len__(self) -> int:
        return self._length


class Channel:
    """Numbers and encodes the events of one channel. The numbers begin at 1 with each process.

    `read`: what the facts of an update say, where the channel holds updates that nobody is told as facts.
    """

    def __init__(
        self,
        name: str,
        ring_messages_max: int,
        ring_bytes_max: int,
        read: Callable[[bytes], Data] | None = None,
    ) -> None:
        self.name = name
        self.seq = 0
        self._ring: deque[bytes | _Held] = deque()
        self._ring_bytes = 0
        self._ring_messages_max = ring_messages_max
        self._ring_bytes_max = ring_bytes_max
        self._read = read
        self._snapshot: bytes | None = None

    def say(self, kind: str, ts: str, data: Data) -> tuple[str, bytes]:
        """Make the next event of the channel."""
        message = self._text(kind, self.seq + 1, ts, data)
        self._add(message)
        return self.name, message

    def hold(self, ts: str, facts: bytes, length: int) -> None:
        """The next event is an update that nobody hears now. `length`: what its text would take in bytes, about."""
        self._add(_Held(ts, facts, length))

    def _add(self, event: bytes | _Held) -> None:
        self.seq += 1
        self._snapshot = None
        self._ring.append(event)
        self._ring_bytes += len(event)
        self._forget()

    def _forget(self) -> None:
        while len(self._ring) > self._ring_messages_max or self._ring_bytes > self._ring_bytes_max:
            self._ring_bytes -= len(self._ring.popleft())

    def _text(self, kind: str, seq: int, ts: str, data: Data) -> bytes:
        return _encode(Envelope(self.name, kind, seq, seq - 1, ts, data))

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
        ring = self._ring
        oldest = self.seq - len(ring) + 1
        if not oldest <= from_seq <= self.seq + 1:
            return None
        told: list[bytes] = []
        for seq, event in enumerate(islice(ring, from_seq - oldest, None), from_seq):
            if isinstance(event, bytes):
                told.append(event)
            else:
                assert self._read is not None, "who holds facts can read them"
                told.append(self._text("update", seq, event.ts, self._read(event.facts)))
        # As texts from now on: who asks next finds them made.
        for place, message in enumerate(told, from_seq - oldest):
            self._ring_bytes += len(message) - len(ring[place])
            ring[place] = message
        self._forget()
        return told
