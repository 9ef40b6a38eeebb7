"""The tape: every public trade in a small SQLite file, for what the feed's memory does not reach.

It serves the trades and bars of any day, and gives the feed back its own day after a restart. It can always be rebuilt
from the journal: without the file the mark is 0, and recovery hands over everything. One task owns the one connection;
a transaction runs whole inside it. This is the only part of the feed that does I/O.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import msgspec

from engine.sequencer import Batch
from engine.view import MarketView
from gateway.feed.records import MINUTE_NS, Bar, PublicTrade
from gateway.feed.trades import add_rows

SCHEMA_VERSION = 2
TRADES_PENDING_MAX = 200_000  # waiting to be written: about 30 MB; then the sequencer lets no new orders in
READS_PENDING_MAX = 256
ROWS_MAX = 10_000  # in one answer
WRITE_INTERVAL_S = 0.2  # one disk write for so much time, since nobody waits for it
MINUTES_A_DAY = 1440

_OLDER = "DROP TABLE trade; DROP TABLE mark;"  # the journal makes again what was stored otherwise
_SCHEMA = """
CREATE TABLE IF NOT EXISTS trade (
    trade INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    trading_day INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    price_ticks INTEGER NOT NULL CHECK (price_ticks > 0),
    tonnes INTEGER NOT NULL CHECK (tonnes > 0),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    taker_side INTEGER NOT NULL CHECK (taker_side IN (0, 1, 2))
) STRICT;
CREATE INDEX IF NOT EXISTS trade_by_day ON trade (instrument, trading_day, trade);
CREATE TABLE IF NOT EXISTS void (trade INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS mark (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO mark VALUES (1, 0);
"""
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
# A statement gives up the interpreter's lock for each of its steps, so it carries many rows; few sizes are prepared once.
_STATEMENT_ROWS = (512, 64, 8, 1)
_COLUMNS = 9
_TRADE_COLUMNS = "trade, seq, instrument, trading_day, at_ns, price_ticks, tonnes, amount_fen, taker_side"
_SELECT = f"SELECT {_TRADE_COLUMNS}, trade IN (SELECT trade FROM void) FROM trade"
_BARS = """
SELECT g.trading_day, g.start_ns, o.price_ticks, g.high, g.low, c.price_ticks, g.tonnes, g.turnover_fen, g.trades
FROM (
    SELECT trading_day, CASE WHEN :width_ns THEN at_ns / :width_ns * :width_ns ELSE 0 END AS start_ns,
        min(trade) AS first, max(trade) AS last, max(price_ticks) AS high, min(price_ticks) AS low,
        sum(tonnes) AS tonnes, sum(amount_fen) AS turnover_fen, count(*) AS trades
    FROM trade WHERE instrument = :instrument AND trading_day BETWEEN :day_from AND :day_to
    GROUP BY trading_day, 2 ORDER BY trading_day, 2 LIMIT :limit
) AS g JOIN trade AS o ON o.trade = g.first JOIN trade AS c ON c.trade = g.last
ORDER BY g.trading_day, g.start_ns
"""


class TapeBusy(RuntimeError):
    """Too many reads wait: ask again later."""


class TapeBroken(RuntimeError):
    """The file cannot be used: newer than this program, damaged, or unwritable."""


class _Read(NamedTuple):
    seq: int  # it sees everything up to here
    sql: str
    values: dict[str, Any]
    answer: asyncio.Future[list[Any]]


class Tape:
    """Public trades on disk. Open it with `await Tape.open(path)`.

    `past` are the trades of the last trading day as of opening: hand them to `PublicFeed`.
    """

    def __init__(self, database: aiosqlite.Connection, mark: int, past: list[PublicTrade]) -> None:
        self.past = past
        self.on_failure: Callable[[BaseException], None] | None = None  # told once when the file cannot be written
        self._database = database
        self._mark = mark
        self._folded = mark
        self._trading_day = 0
        self._pending: list[int] = []  # the trades' columns, one trade after the other: no object for each
        self._voided: list[int] = []
        self._reads: list[_Read] = []
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()  # somebody waits: write what there is
        self._is_closing = False
        self._failure: BaseException | None = None
        self._owner = asyncio.get_running_loop().create_task(self._own(), name="tape")

    @classmethod
    async def open(cls, path: Path) -> "Tape":
        """Open or create the file. Raises `TapeBroken` where it cannot be used."""
        database = await aiosqlite.connect(path, isolation_level=None)
        try:
            # The mark lets recovery skip what it covers, so it must survive a power cut: hence FULL.
            await database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
            (version,) = await _one(database, "PRAGMA user_version")
            if version > SCHEMA_VERSION:
                raise TapeBroken(f"{path} has schema {version}; this program knows {SCHEMA_VERSION}")
            older = _OLDER if 0 < version < SCHEMA_VERSION else ""
            await database.executescript(f"BEGIN; {older}{_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
            (mark,) = await _one(database, "SELECT seq FROM mark")
            (day,) = await _one(database, "SELECT trading_day FROM trade ORDER BY trade DESC LIMIT 1") or (0,)
            rows = await database.execute_fetchall(f"{_SELECT} WHERE trading_day = ? ORDER BY trade", (day,))
        except sqlite3.Error as error:
            await database.close()
            raise TapeBroken(f"{path}: {error}") from error
        except TapeBroken:
            await database.close()
            raise
        return cls(database, mark, [_public(row) for row in rows])

    # ---- following the engine -----------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """Everything up to this seq is on disk."""
        return self._mark

    @property
    def has_room(self) -> bool:
        """Whether more trades may come: public trades are never dropped, so what makes them must wait instead."""
        return len(self._pending) < TRADES_PENDING_MAX * _COLUMNS

    @property
    def lag(self) -> int:
        """Entries folded and not yet on disk."""
        return self._folded - self._mark

    def on_start(self, view: MarketView) -> None:
        """Learn the trading day that the first batches belong to."""
        self._trading_day = view.day().trading_day if view.is_founded else 0

    def on_batch(self, batch: Batch) -> None:
        """Queue the batch's trades. Raises `TapeBroken` once writing has failed."""
        if self._failure is not None:
            raise TapeBroken("the tape cannot be written") from self._failure
        self._trading_day = add_rows(batch.eventful, self._mark, self._trading_day, self._pending, self._voided)
        if batch.entries:
            self._folded = max(self._folded, batch.entries[-1].seq)
            self._news.set()

    # ---- reading ------------------------------------------------------------------------------------------

    async def trades(self, instrument: int, day: int, after: int, limit: int) -> list[PublicTrade]:
        """The day's trades with a number above `after`, oldest first, at most `limit`. Raises `TapeBusy`."""
        rows = await self._read(
            f"{_SELECT} WHERE instrument = :instrument AND trading_day = :day AND trade > :after ORDER BY trade LIMIT :limit",
            {"instrument": instrument, "day": day, "after": after, "limit": min(limit, ROWS_MAX)},
        )
        return [_public(row) for row in rows]

    async def bars(self, instrument: int, day_from: int, day_to: int, minutes: int) -> list[Bar]:
        """Bars of so many minutes, oldest first; 1440: one for each trading day, with start 0. Raises `TapeBusy`."""
        width_ns = 0 if minutes == MINUTES_A_DAY else minutes * MINUTE_NS
        rows = await self._read(
            _BARS,
            {
                "instrument": instrument,
                "day_from": day_from,
                "day_to": day_to,
                "width_ns": width_ns,
                "limit": ROWS_MAX,
            },
        )
        return [Bar(*row) for row in rows]

    async def close(self) -> None:
        """Write what is pending and close the file."""
        self._is_closing = True
        self._news.set()
        self._hurry.set()
        await self._owner

    async def _read(self, sql: str, values: dict[str, Any]) -> list[Any]:
        if self._is_closing or self._failure is not None or len(self._reads) >= READS_PENDING_MAX:
            raise TapeBusy
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._reads.append(_Read(self._folded, sql, values, answer))
        self._news.set()
        self._hurry.set()
        return await answer

    # ---- the owner of the connection ----------------------------------------------------------------------

    async def _own(self) -> None:
        """Write and read, until closed. Nobody cancels this task, so no transaction is left half-way."""
        try:
            while not self._is_closing:
                await self._news.wait()
                self._news.clear()
                await self._turn()
                await self._pause()
            await self._turn()
        except Exception as error:
            self._failure = error
            if self.on_failure is not None:
                self.on_failure(error)
        finally:
            for read in self._reads:
                if not read.answer.done():
                    read.answer.set_exception(TapeBusy())
            await self._database.close()

    async def _pause(self) -> None:
        """Let writes gather; a read or the end interrupts it."""
        self._hurry.clear()
        if not self._reads and not self._is_closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), WRITE_INTERVAL_S)

    async def _turn(self) -> None:
        """Write all that is pending, so that reads see it; then answer the reads."""
        if self._folded > self._mark:
            await self._write()
        for _ in range(len(self._reads)):  # each stays in the list until answered, so that a failure reaches its asker
            read = self._reads[0]
            if read.seq > self._mark:  # trades and then this question came while the write was under way
                await self._write()
            rows = list(await self._database.execute_fetchall(read.sql, read.values))
            del self._reads[0]
            if not read.answer.done():  # the asker may have gone
                read.answer.set_result(rows)

    async def _write(self) -> None:
        pending, self._pending = self._pending, []
        voided, self._voided = self._voided, []
        folded = self._folded
        await self._database.execute("BEGIN IMMEDIATE")
        at = 0
        for size in _STATEMENT_ROWS:
            parts: list[list[int]] = []
            while len(pending) - at >= size * _COLUMNS:
                parts.append(pending[at : at + size * _COLUMNS])
                at += size * _COLUMNS
            if parts:
                values = ", ".join([_ROW] * size)
                await self._database.executemany(f"INSERT INTO trade ({_TRADE_COLUMNS}) VALUES {values}", parts)
        await self._database.executemany("INSERT INTO void VALUES (?)", [(trade,) for trade in voided])
        await self._database.execute("UPDATE mark SET seq = ?", (folded,))
        await self._database.execute("COMMIT")
        self._mark = folded


def _public(row: Sequence[int]) -> PublicTrade:
    *told, is_voided = row
    return msgspec.convert([*told, False, bool(is_voided)], PublicTrade)


async def _one(database: aiosqlite.Connection, sql: str) -> Any:
    return await (await database.execute(sql)).fetchone()
