"""Watching a running market: the monitor as a follower, which raises alerts while the day goes and keeps what it knows.

It is off the path of an order: a batch is only put by, and looked at when some have gathered, a slice at a time. What the monitor
knows goes into one small file now and then, with the seq that it stands for; recovery hands over what came after. Without the file
(or with one that cannot be read) everything is seen again from the first entry: the same alerts under the same numbers.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import msgspec

from engine import disk
from engine.alerts import Alert
from engine.core.commands import Entry
from engine.core.events import DayClosed, Event
from engine.monitoring import Known, Monitor
from engine.sequencer import Batch
from engine.view import MarketView

FORMAT: Final = 1  # of the file; another pattern, or one that is seen otherwise, is another format
GATHER_S: Final = 0.25  # batches gather for so long
SLICE_ENTRIES: Final = 50  # looked at between two turns of the loop: about half a millisecond that an order may wait
ENTRIES_PENDING_MAX: Final = 200_000  # then the sequencer lets no new orders in
ALERTS_KEPT_MAX: Final = 10_000  # the newest; older ones are in the journal as ever
SAVE_EVERY_ENTRIES: Final = 200_000
_DIGEST_BYTES: Final = 32


class _Saved(msgspec.Struct, array_like=True):
    """What the file holds."""

    format: int
    seq: int
    known: Known
    alerts: list[Alert]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Saved)


class Watch:
    """Follows the market and raises alerts. Made by `Watch.open` inside an event loop; `close` looks at the rest and saves.

    `on_alerts` is told of each alert that came up since the doors opened; `on_failure` once when it cannot go on.
    """

    def __init__(self, path: Path, saved: _Saved) -> None:
        self.on_alerts: Callable[[list[Alert]], None] | None = None
        self.on_failure: Callable[[BaseException], None] | None = None
        self._path = path
        self._monitor = Monitor(saved.known)
        self._alerts = deque(saved.alerts, ALERTS_KEPT_MAX)
        self._mark = self._seq = self._heard = saved.seq
        self._pending: deque[Batch] = deque()
        self._pending_entries = 0
        self._is_day_closed = False
        self._is_closing = False
        self._failure: BaseException | None = None
        self._wake = asyncio.Event()
        self._owner = asyncio.get_running_loop().create_task(self._own(), name="watch")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Go on from what the file holds; from nothing where there is none that can be read."""
        return cls(path, _read(path))

    # ---- following the engine -----------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """What the monitor knew after this seq is on disk."""
        return self._mark

    @property
    def seq(self) -> int:
        """Entries up to this one have been looked at."""
        return self._seq

    @property
    def has_room(self) -> bool:
        """Whether more may come: nothing is passed over, so what makes it must wait instead."""
        return self._pending_entries < ENTRIES_PENDING_MAX

    @property
    def lag(self) -> int:
        """Entries not looked at yet."""
        return self._heard - self._seq

    def on_start(self, view: MarketView) -> None:
        """Nothing to learn: what it knows it had from entries."""

    def on_batch(self, batch: Batch) -> None:
        """Put the batch by. Raises what the watching failed with."""
        if self._failure is not None:
            raise RuntimeError("the market is not watched any more") from self._failure
        if batch.entries and batch.entries[-1].seq > self._heard:
            self._heard = batch.entries[-1].seq
            self._pending.append(batch)
            self._pending_entries += len(batch.entries)
            self._wake.set()

    def newest(self) -> list[Alert]:
        """The newest alerts that are kept, oldest first."""
        return list(self._alerts)

    async def close(self) -> None:
        """Look at what is left, and save."""
        self._is_closing = True
        self._wake.set()
        await self._owner

    # ---- the one task -------------------------------------------------------------------------------------

    async def _own(self) -> None:
        """Look, and save now and then, until closed. Nobody cancels this task."""
        try:
            while not self._is_closing:
                await self._wake.wait()
                self._wake.clear()
                await self._look()
                if self._is_day_closed or self._seq - self._mark >= SAVE_EVERY_ENTRIES:
                    await self._save()
                if not self._is_closing:
                    await self._gather()
            await self._look()
            if self._seq > self._mark:
                await self._save()
        except Exception as error:
            self._failure = error
            if self.on_failure is not None:
                self.on_failure(error)

    async def _gather(self) -> None:
        """Let batches gather; the end interrupts it, and so does a queue that fills."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + GATHER_S
        while not self._is_closing and self._pending_entries < ENTRIES_PENDING_MAX // 2:
            left = deadline - loop.time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                break
            self._wake.clear()
        if self._pending or self._is_closing:
            self._wake.set()

    async def _look(self) -> None:
        looked = 0
        while self._pending:
            batch = self._pending[0]
            for place, entry in enumerate(batch.entries):
                if entry.seq > self._seq:
                    self._see(entry, batch.events[place])
                looked += 1
                if looked % SLICE_ENTRIES == 0:
                    await asyncio.sleep(0)
            self._pending.popleft()
            self._pending_entries -= len(batch.entries)

    def _see(self, entry: Entry, happened: list[Event]) -> None:
        found = self._monitor.see(entry, happened)
        self._seq = entry.seq
        if happened and type(happened[-1]) is DayClosed:
            self._is_day_closed = True
        if found:
            self._alerts.extend(found)
            if self.on_alerts is not None:
                self.on_alerts(found)

    async def _save(self) -> None:
        """Keep what is known now; the file is written by a thread, since nobody waits for it."""
        saved = _Saved(FORMAT, self._seq, self._monitor.known, list(self._alerts))
        body = _encoder.encode(saved)
        self._is_day_closed = False
        await asyncio.to_thread(disk.write_file, self._path, sha256(body).digest(), body)
        self._mark = saved.seq


def _read(path: Path) -> _Saved:
    """The file's content, or nothing: what it says is in the journal too."""
    empty = _Saved(FORMAT, 0, Known(), [])
    if not path.exists():
        return empty
    data = path.read_bytes()
    body = data[_DIGEST_BYTES:]
    if sha256(body).digest() != data[:_DIGEST_BYTES]:
        return empty
    try:
        saved = _decoder.decode(body)
    except (msgspec.DecodeError, ValueError):
        return empty
    return saved if saved.format == FORMAT else empty
