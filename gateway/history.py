"""The private streams on disk, so that they can be replayed for ever: DIR/history.db.

One task owns the only connection. Reports gather in memory and are written in chunks: one row per account and write, its
blob the reports' own bytes, one a line. The mark (the last entry whose reports are stored) is written in the same
transaction, so a restart goes on exactly there. The journal can rebuild all of it: hence `synchronous=NORMAL`.
"""

import asyncio
from pathlib import Path
from typing import Final, Self

import aiosqlite

from gateway.reports import Report

_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE mark (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL CHECK (seq >= 0)) STRICT;
INSERT INTO mark VALUES (1, 0);
CREATE TABLE chunk (
    account INTEGER NOT NULL,
    first_seq INTEGER NOT NULL CHECK (first_seq >= 1),
    last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
    reports BLOB NOT NULL,
    UNIQUE (account, first_seq)
) STRICT;
CREATE TABLE finished (order_number INTEGER PRIMARY KEY, account INTEGER NOT NULL, exec_seq INTEGER NOT NULL) STRICT;
"""


class HistoryBroken(Exception):
    """The store is not what this program wrote, or reports would be lost. The process must end."""


class History:
    """The store of private streams. `mark`: all entries up to it are stored."""

    def __init__(self, db: aiosqlite.Connection, mark: int, reports_max: int, pause_ms: int) -> None:
        self.mark = mark
        self._db = db
        self._reports_max = reports_max
        self._pause_s = pause_ms / 1000
        self._gathered: list[Report] = []
        self._unstored = 0
        self._seq = mark
        self._lock = asyncio.Lock()  # a write is whole before a read begins
        self._news = asyncio.Event()
        self._stored = asyncio.Event()
        self._is_closing = False
        self._writer = asyncio.get_running_loop().create_task(self._write_for_ever(), name="history")

    @classmethod
    async def open(cls, path: Path, reports_max: int, pause_ms: int) -> Self:
        """Open or make the store. Raises `HistoryBroken` for a file of another version."""
        db = await aiosqlite.connect(path, isolation_level=None)
        try:
            await db.execute("PRAGMA journal_mode = WAL")
            await db.execute("PRAGMA synchronous = NORMAL")
            async with db.execute("PRAGMA user_version") as rows:
                (version,) = await rows.fetchone() or (None,)
            if version == 0:
                await db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;")
            elif version != _SCHEMA_VERSION:
                raise HistoryBroken(f"{path} has version {version}; this program reads version {_SCHEMA_VERSION}")
            async with db.execute("SELECT seq FROM mark") as rows:
                (mark,) = await rows.fetchone() or (0,)
            return cls(db, mark, reports_max, pause_ms)
        except BaseException:
            await db.close()
            raise

    @property
    def backlog(self) -> int:
        """Reports that are not stored yet."""
        return self._unstored

    @property
    def has_room(self) -> bool:
        """Whether more work may come in; false from half of the bound on, so that what is under way still fits."""
        return self._unstored * 2 < self._reports_max

    @property
    def failure(self) -> BaseException | None:
        """What ended the writer, if it has failed."""
        return self._writer.exception() if self._writer.done() and not self._writer.cancelled() else None

    def add(self, seq: int, reports: list[Report]) -> None:
        """Take the reports of the entries up to `seq`. Raises `HistoryBroken` when the bound is passed or the writer ended."""
        if self._writer.done():
            raise HistoryBroken("the history's writer has ended") from self.failure
        self._gathered += reports
        self._unstored += len(reports)
        if self._unstored > self._reports_max:
            raise HistoryBroken(f"{self._unstored} reports wait to be stored; at most {self._reports_max} may")
        self._seq = seq
        self._news.set()

    async def wait_stored(self) -> None:
        """Wait until all that has been added is stored. Raises `HistoryBroken` if it cannot be."""
        wanted = self._seq
        while self.mark < wanted:
            if self._writer.done():
                raise HistoryBroken("the history's writer has ended") from self.failure
            self._stored.clear()
            await self._stored.wait()

    async def reports(self, account: int, first_seq: int, last_seq: int) -> list[bytes]:
        """The reports first_seq … last_seq of an account, complete. Raises `HistoryBroken` for a hole."""
        await self.wait_stored()
        async with (
            self._lock,
            self._db.execute(
                "SELECT first_seq, reports FROM chunk WHERE account = ? AND first_seq <= ? AND first_seq >= coalesce("
                "(SELECT max(first_seq) FROM chunk WHERE account = ? AND first_seq <= ?), 0) ORDER BY first_seq",
                (account, last_seq, account, first_seq),
            ) as rows,
        ):
            chunks = await rows.fetchall()
        found: list[bytes] = []
        for chunk_first, blob in chunks:
            lines = blob.split(b"\n")
            found += lines[max(0, first_seq - chunk_first) : last_seq - chunk_first + 1]
        if len(found) != last_seq - first_seq + 1:
            raise HistoryBroken(f"account {account}: {len(found)} reports stored from {first_seq} to {last_seq}")
        return found

    async def last_report(self, account: int, order: int) -> bytes | None:
        """The report that ended an order of this account; None while it is open, or if there is none."""
        await self.wait_stored()
        async with (
            self._lock,
            self._db.execute(
                "SELECT exec_seq FROM finished WHERE order_number = ? AND account = ?", (order, account)
            ) as rows,
        ):
            row = await rows.fetchone()
        return None if row is None else (await self.reports(account, row[0], row[0]))[0]

    async def close(self) -> None:
        """Store what has been added and close the file."""
        self._is_closing = True
        self._news.set()
        try:
            await self._writer
        finally:
            await self._db.close()

    async def _write_for_ever(self) -> None:
        try:
            while not self._is_closing or self.mark < self._seq:
                await self._news.wait()
                self._news.clear()
                if self.mark < self._seq:
                    await self._write()
                if not self._is_closing:
                    await asyncio.sleep(self._pause_s)  # lets a chunk grow: the cost is per row, not per report
        finally:
            self._stored.set()

    async def _write(self) -> None:
        """Store everything gathered, in one transaction."""
        reports, self._gathered = self._gathered, []
        seq = self._seq
        streams: dict[int, list[Report]] = {}
        for report in reports:
            streams.setdefault(report.account, []).append(report)
        chunks = [
            (account, stream[0].exec_seq, stream[-1].exec_seq, b"\n".join([report.payload for report in stream]))
            for account, stream in streams.items()
        ]
        finished = [(report.order, report.account, report.exec_seq) for report in reports if report.is_last]
        async with self._lock:
            await self._db.execute("BEGIN IMMEDIATE")
            await self._db.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", chunks)
            await self._db.executemany("INSERT INTO finished VALUES (?, ?, ?)", finished)
            await self._db.execute("UPDATE mark SET seq = ?", (seq,))
            await self._db.execute("COMMIT")
        self.mark = seq
        self._unstored -= len(reports)
        self._stored.set()
