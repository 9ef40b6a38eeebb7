"""The journal as its one writer holds it: open, append durably, read, close."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from engine import crashpoints, disk
from engine.core.commands import Command, Entry
from engine.journal import form, segments
from engine.journal.form import JournalError

SEGMENT_BYTES_MAX: Final = 64 * 1024 * 1024


class JournalBroken(Exception):
    """A write or sync failed. What reached the disk is unknown, so this journal takes nothing more: end the process."""


class JournalLocked(Exception):
    """Another process has this journal open for writing."""


class TornTail(NamedTuple):
    """What `Journal.open` cut off: a record whose write had not finished, so nobody was told of it."""

    segment: str
    offset: int
    after_seq: int
    cut_bytes: int


class Journal:
    """An append-only journal in a folder, with one writer. Made by `Journal.open`.

    `torn`: what opening it cut off, or None. `last_seq`, `at_ns`, `chain`: of the last record (0, 0 and zeros before
    the first). All methods but `open` may raise `JournalBroken`, after which the process has to end.
    """

    def __init__(self, folder: Path, lock_fd: int, segment_bytes_max: int) -> None:
        self.folder = folder
        self.torn: TornTail | None = None
        self.last_seq = 0
        self.at_ns = 0
        self.chain: bytes = form.FIRST_CHAIN
        self._lock_fd = lock_fd
        self._segment_bytes_max = segment_bytes_max
        self._fd = -1
        self._segment_bytes = 0
        self._broken: str | None = None
        self._is_torn_there = False

    @classmethod
    def open(cls, folder: Path, segment_bytes_max: int = SEGMENT_BYTES_MAX, *, is_torn_kept: bool = False) -> "Journal":
        """Open the journal for writing, or begin a new one; checks all heads and every record of the last segment.

        A torn tail (see `torn`) is cut at once, or, with `is_torn_kept`, only by `cut_torn`: a start that may yet be
        refused leaves the evidence. Raises `JournalLocked`, or `JournalError` when anything but the last record's end
        is missing or wrong.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock_fd = _lock(folder)
        try:
            disk.remove_partials(folder)
            journal = cls(folder, lock_fd, segment_bytes_max)
            journal._open_last_segment()
            if not is_torn_kept:
                journal.cut_torn()
        except BaseException:
            os.close(lock_fd)
            raise
        return journal

    @property
    def head(self) -> tuple[int, bytes]:
        """Last seq and the chain behind it: publish them elsewhere, and nobody can shorten the journal unseen."""
        return self.last_seq, self.chain

    def cut_torn(self) -> None:
        """Cut the torn tail, if there is one still; nothing can be appended before."""
        if self._is_torn_there:
            os.ftruncate(self._fd, self._segment_bytes)
            os.fsync(self._fd)
            self._is_torn_there = False

    def append(self, entries: Sequence[Entry]) -> None:
        """Make these entries durable in one write and one sync. They must continue the journal and share a time."""
        first_seq, at_ns = self.last_seq + 1, entries[0].at_ns
        for seq, entry in enumerate(entries, first_seq):
            if entry.seq != seq or entry.at_ns != at_ns:
                raise ValueError(f"entry {entry.seq} at {entry.at_ns} cannot be appended as {seq} at {at_ns}")
        self.append_commands(at_ns, [entry.command for entry in entries])

    def append_commands(self, at_ns: int, commands: Sequence[Command]) -> int:
        """Make these commands durable under the next seqs; returns the first. Blocks for one write and one sync."""
        if self._broken is not None:
            raise JournalBroken(self._broken)
        assert not self._is_torn_there, "the torn tail is cut before anything is appended"
        if not commands or at_ns < self.at_ns:
            raise ValueError(f"{len(commands)} commands at {at_ns} cannot follow seq {self.last_seq} at {self.at_ns}")
        first_seq = self.last_seq + 1
        record, chain = form.encode_record(first_seq, at_ns, commands, self.chain)
        try:
            if self._segment_bytes > form.SEGMENT_HEAD_BYTES and (
                self._segment_bytes + len(record) > self._segment_bytes_max
            ):
                self._begin_segment(first_seq)
            disk.write_all(self._fd, record)
            crashpoints.reach("after_write")
            os.fdatasync(self._fd)
        except OSError as error:
            # A failed sync may succeed when repeated without having written anything, so it is never repeated.
            self._broken = f"the journal could not be written after seq {self.last_seq}: {error}"
            raise JournalBroken(self._broken) from error
        self._segment_bytes += len(record)
        self.last_seq += len(commands)
        self.at_ns, self.chain = at_ns, chain
        return first_seq

    def read(self, from_seq: int = 1) -> Iterator[list[Entry]]:
        """The entries from this seq on, record by record, with checksums and chain checked on the way."""
        return segments.read_entries(self.folder, from_seq)

    def close(self) -> None:
        """Give the folder free for another writer. Everything appended is durable already."""
        if self._fd >= 0:
            os.close(self._fd)
            os.close(self._lock_fd)
            self._fd = -1
            self._broken = "the journal is closed"

    def _open_last_segment(self) -> None:
        paths = segments.list_segments(self.folder)
        segments.check_segments(paths)
        if not paths:
            self._begin_segment(1)
            return
        tail = _read_tail(paths[-1])
        self.last_seq, self.at_ns, self.chain = tail.last_seq, tail.at_ns, tail.chain
        if self.last_seq >= 1 and self.at_ns == 0 and len(paths) > 1:
            self.at_ns = _read_tail(paths[-2]).at_ns
        self._fd = os.open(paths[-1], os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._segment_bytes = tail.offset
        if tail.torn_bytes:
            self.torn = TornTail(paths[-1].name, tail.offset, tail.last_seq, tail.torn_bytes)
            self._is_torn_there = True

    def _begin_segment(self, first_seq: int) -> None:
        path = self.folder / form.segment_name(first_seq)
        disk.write_file(path, form.encode_segment_head(first_seq, self.chain))
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._segment_bytes = form.SEGMENT_HEAD_BYTES


def _read_tail(path: Path) -> segments.Tail:
    for item in segments.read_segment(path, 0, is_last=True):
        if isinstance(item, segments.Tail):
            return item
    raise JournalError(path.name, 0, 0, "the segment has no end")


def _lock(folder: Path) -> int:
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise JournalLocked(f"another process has the journal in {folder} open") from error
    return fd
