"""Watching a running market: the monitor as a follower, which raises alerts while the day goes and keeps what it knows.

A batch is looked at as it is told, after the members have their answers: its events are in the processor's cache then, and what it
costs is a small part of what gathering and reading them later did (decision 7). What the monitor knows goes into one small file now
and then, with the seq that it stands for; recovery hands over what came after. Without the file
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
from engine.core.events import DayClosed
from engine.monitoring import Known, Monitor
from engine.sequencer import Batch
from engine.view import MarketView

FORMAT: Final = 1  # of the file; another pattern, or one that is seen otherwise, is another format
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
    """Follows the market and raises alerts. Made by `Watch.open` inside an event loop; `close` saves.

    `on_alerts` is told of each alert that came up since the doors opened; `on_failure` once when it cannot go on.
    """

    def __init__(self, path: Path, saved: _Saved) -> None:
        self.on_alerts: Callable[[list[Alert]], None] | None = None
        self.on_failure: Callable[[BaseException], None] | None = None
        self._path = path
        self._monitor = Monitor(saved.known)
        self._alerts = deque(saved.alerts, ALERTS_KEPT_MAX)
        self._mark = self._seq = saved.seq
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

    def on_start(self, view: MarketView) -> None:
        """Nothing to learn: what it knows it had from entries."""

    def on_batch(self, batch: Batch) -> None:
        """Look at what was not seen yet. Raises what the keeping failed with."""
        if self._failure is not None:
            raise RuntimeError("the market is not watched any more") from self._failure
        entries = batch.entries
        if not entries or entries[-1].seq <= self._seq:
            return
        found = self._monitor.see_all(entries, batch.events, max(0, self._seq + 1 - entries[0].seq))
        self._seq = entries[-1].seq
        if any(type(happened[-1]) is DayClosed for _, happened in batch.eventful):
            self._is_day_closed = True
        if self._is_due:
            self._wake.set()
        if found:
            self._alerts.extend(found)
            if self.on_alerts is not None:
                self.on_alerts(found)

    def newest(self) -> list[Alert]:
        """The newest alerts that are kept, oldest first."""
        return list(self._alerts)

    async def close(self) -> None:
        """Keep what is known."""
        self._is_closing = True
        self._wake.set()
        await self._owner

    # ---- the one task -------------------------------------------------------------------------------------

    @property
    def _is_due(self) -> bool:
        return self._is_day_closed or self._seq - self._mark >= SAVE_EVERY_ENTRIES

    async def _own(self) -> None:
        """Save now and then, until closed. Nobody cancels this task."""
        try:
            while not self._is_closing:
                await self._wake.wait()
                self._wake.clear()
                if self._is_due:
                    await self._save()
            if self._seq > self._mark:
                await self._save()
        except Exception as error:
            self._failure = error
            if self.on_failure is not None:
                self.on_failure(error)

    async def _save(self) -> None:
        """Keep what is known now; the file is written by a thread, since nobody waits for it."""
        saved = _Saved(FORMAT, self._seq, self._monitor.known(), list(self._alerts))
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
