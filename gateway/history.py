"""The private streams on disk, so that they can be replayed for ever: DIR/history.db.

One task owns the only connection. Reports gather in memory and are written in chunks; the mark (the last entry whose
reports are stored) is written in the same transaction, so a restart goes on exactly there. The journal can rebuild all of
it: hence `synchronous=NORMAL`.

Reports are stored as facts (msgpack) and become text when they are told: a fifth of the bytes, and the same text as the
first time. A write is one statement however many reports it carries: a blob of the reports, account by account, and three
lists that SQLite unpacks by itself in a trigger. A statement a row would need the interpreter's lock back for each row,
and each awaited call costs a turn of the event loop; under load both are dear (measured: minutes behind instead of one
turn). For the same reason writes gather for a while; who wants to read does not wait for that.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import aiosqlite
import msgspec

from gateway.exec_report import NEW, REJECTED, Facts, Report
from gateway.reports import PLACE_BITS, Packed

_SCHEMA_VERSION: Final = 6
_WRITE_REPORTS_MAX: Final = 16_384  # bounds a blob (about 1.5 MB): reading one report reads its blob
_WALK_REPORTS_MAX: Final = 100_000  # how far back one question looks
_WALK_PAGE: Final = 1_000
_PAGE_BYTES: Final = 32_768  # blobs of some hundred kilobytes go in by far fewer writes than with pages of four
_DROP: Final = "".join(f"DROP TABLE IF EXISTS {table};" for table in ("run", "latest", "reports", "finished", "mark"))
_SCHEMA: Final = f"""
CREATE TABLE mark (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    made TEXT NOT NULL
) STRICT;
INSERT INTO mark VALUES (1, 0, lower(hex(randomblob(16))));
CREATE TABLE reports (number INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE TABLE run (
    account INTEGER NOT NULL,
    first_seq INTEGER NOT NULL CHECK (first_seq >= 1),
    last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
    reports INTEGER NOT NULL REFERENCES reports (number),
    at_byte INTEGER NOT NULL CHECK (at_byte >= 0),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (account, first_seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE finished (
    order_number INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    exec_seq INTEGER NOT NULL,
    reports INTEGER NOT NULL REFERENCES reports (number)
) STRICT;
CREATE TABLE latest (
    number INTEGER NOT NULL,
    account INTEGER NOT NULL,
    exec_seq INTEGER NOT NULL,
    PRIMARY KEY (number, account)
) STRICT, WITHOUT ROWID;
CREATE VIEW arrival AS SELECT NULL AS seq, NULL AS packed, NULL AS runs, NULL AS finished, NULL AS latest;
CREATE TRIGGER arrive INSTEAD OF INSERT ON arrival BEGIN
    INSERT INTO reports (packed) SELECT new.packed WHERE length(new.packed) > 0;
    INSERT INTO run
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            (SELECT max(number) FROM reports), json_extract(value, '$[3]'), json_extract(value, '$[4]')
        FROM json_each(new.runs);
    INSERT INTO finished
        SELECT CAST(key AS INTEGER), value >> {PLACE_BITS}, value & {2**PLACE_BITS - 1}, (SELECT max(number) FROM reports)
        FROM json_each(new.finished);
    INSERT OR REPLACE INTO latest
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(new.latest);
    UPDATE mark SET seq = new.seq;
END;
"""
_WRITE: Final = "INSERT INTO arrival VALUES (?, ?, ?, ?, ?)"
_SELECT_RUNS: Final = (
    "SELECT first_seq, substr(reports.packed, at_byte + 1, bytes) FROM run JOIN reports ON reports.number = run.reports"
    " WHERE account = ?1 AND first_seq <= ?3 AND first_seq >= coalesce("
    "(SELECT max(first_seq) FROM run WHERE account = ?1 AND first_seq <= ?2), 0) ORDER BY first_seq"
)


_unpack: Final = msgspec.msgpack.Decoder(list[Report]).decode


class HistoryBroken(Exception):
    """The store is not what this program wrote, or reports would be lost. The process must end."""


class History:
    """The store of private streams. `mark`: all entries up to it are stored."""

    def __init__(self, db: aiosqlite.Connection, mark: int, reports_max: int, pause_ms: int) -> None:
        self.mark = mark
        self._db = db
        self._reports_max = reports_max
        self._pause_s = pause_ms / 1000
        self._gathered: deque[Packed] = deque()  # each for a write of its own; the last may still grow
        self._unstored = 0
        self._seq = mark
        self._lock = asyncio.Lock()  # a write is whole before a read begins
        self._news = asyncio.Event()
        self._wanted = asyncio.Event()  # somebody waits for what has been added
        self._stored = asyncio.Event()
        self._is_closing = False
        self.on_failure: Callable[[BaseException], None] | None = None  # told once, at once, when writing fails
        self._writer = asyncio.get_running_loop().create_task(self._write_for_ever(), name="history")

    @classmethod
    async def open(cls, path: Path, reports_max: int, pause_ms: int) -> Self:
        """Open or make the store. Raises `HistoryBroken` for a file of another version."""
        db = await aiosqlite.connect(path, isolation_level=None)
        try:
            await db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
            await db.execute("PRAGMA journal_mode = WAL")
            await db.execute("PRAGMA synchronous = NORMAL")
            async with db.execute("PRAGMA user_version") as rows:
                (version,) = await rows.fetchone() or (None,)
            if version is not None and version < _SCHEMA_VERSION:  # the journal makes again what was stored otherwise
                await db.executescript(
                    f"BEGIN; DROP VIEW IF EXISTS arrival; {_DROP} {_SCHEMA}"
                    f"PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
                )
            elif version != _SCHEMA_VERSION:
                raise HistoryBroken(f"{path} has version {version}; this program reads version {_SCHEMA_VERSION}")
            async with db.execute("SELECT seq FROM mark") as rows:
                row = await rows.fetchone()
            if row is None:
                raise HistoryBroken(f"{path} has no mark")
            return cls(db, row[0], reports_max, pause_ms)
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

    def add(self, seq: int, reports: list[Facts]) -> None:
        """Take the reports of the entries up to `seq`. Raises `HistoryBroken` when the bound is passed or the writer ended."""
        if self._writer.done():
            raise HistoryBroken("the history's writer has ended") from self.failure
        if not self._gathered or self._gathered[-1].reports + len(reports) > _WRITE_REPORTS_MAX:
            self._gathered.append(Packed())
        self._gathered[-1].add(seq, reports)
        self._unstored += len(reports)
        if self._unstored > self._reports_max:
            raise HistoryBroken(f"{self._unstored} reports wait to be stored; at most {self._reports_max} may")
        self._seq = seq
        self._news.set()

    async def wait_stored(self) -> None:
        """Wait until all that has been added is stored. Raises `HistoryBroken` if it cannot be."""
        wanted = self._seq
        while self.mark < wanted:
            self._wanted.set()
            if self._writer.done():
                raise HistoryBroken("the history's writer has ended") from self.failure
            self._stored.clear()
            await self._stored.wait()

    async def reports(self, account: int, first_seq: int, last_seq: int) -> list[Report]:
        """The reports first_seq … last_seq of an account, complete. Raises `HistoryBroken` for a hole."""
        await self.wait_stored()
        async with self._lock, self._db.execute(_SELECT_RUNS, (account, first_seq, last_seq)) as rows:
            runs = await rows.fetchall()
        found: list[Report] = []
        for run_first, packed in runs:
            found += _unpack(packed)[max(0, first_seq - run_first) : last_seq - run_first + 1]
        if len(found) != last_seq - first_seq + 1:
            raise HistoryBroken(f"account {account}: {len(found)} reports stored from {first_seq} to {last_seq}")
        return found

    async def last_report(self, account: int, order: int) -> Report | None:
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

    async def latest_seq(self, account: int, number: int) -> int:
        """The latest report that this account was told of a bid or a block offer, open or ended; 0 where it was told of none."""
        await self.wait_stored()
        async with (
            self._lock,
            self._db.execute("SELECT exec_seq FROM latest WHERE number = ? AND account = ?", (number, account)) as rows,
        ):
            row = await rows.fetchone()
        return 0 if row is None else int(row[0])

    async def order_reports(self, account: int, order: int, last_seq: int) -> tuple[list[Report], bool]:
        """All reports of an order, bid or offer up to `last_seq` of its account, oldest first, and of a bid the one by which another
        took its place; False where its beginning is too far back.

        Walks the account's stream backwards, since reports are found by account and number only: an order lives one day.
        """
        found: list[Report] = []
        upto, least = last_seq, max(0, last_seq - _WALK_REPORTS_MAX)
        while upto > least:
            first = max(least + 1, upto - _WALK_PAGE + 1)
            for report in reversed(await self.reports(account, first, upto)):
                if order not in (report.order, report.replaces):
                    continue
                found.append(report)
                if report.order == order and report.tells in (NEW, REJECTED):
                    return found[::-1], True
            upto = first - 1
        return found[::-1], False

    async def close(self) -> None:
        """Store what has been added and close the file."""
        self._is_closing = True
        self._news.set()
        self._wanted.set()
        try:
            await self._writer
        finally:
            await self._db.close()

    async def _write_for_ever(self) -> None:
        try:
            while not self._is_closing or self.mark < self._seq:
                await self._news.wait()
                self._news.clear()
                if self._gathered:
                    await self._write()
                if self._gathered:
                    self._news.set()
                else:
                    await self._pause()
        except Exception as error:
            if self.on_failure is not None:
                self.on_failure(error)
            raise
        finally:
            self._stored.set()

    async def _pause(self) -> None:
        """Let a write grow: its cost is per statement more than per report. Whoever wants to read ends it."""
        self._wanted.clear()
        if not self._is_closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._pause_s)

    async def _write(self) -> None:
        """Store the oldest of what has gathered, whole entries at a time, in one statement, which is one transaction."""
        packed = self._gathered.popleft()
        blob, runs = packed.blob()
        values = (
            packed.seq,
            blob,
            msgspec.json.encode(runs).decode(),
            msgspec.json.encode(packed.finished).decode(),
            msgspec.json.encode([(*key, exec_seq) for key, exec_seq in packed.latest.items()]).decode(),
        )
        async with self._lock:
            await self._db.execute(_WRITE, values)
        self.mark = packed.seq
        self._unstored -= packed.reports
        self._stored.set()
