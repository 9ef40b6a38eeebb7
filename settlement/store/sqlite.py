"""The registry in one SQLite file, through aiosqlite, safely.

One task owns the one connection and runs each request whole: no other coroutine can commit on it, and cancelling who
asked never cuts a transaction in two. One connection per file, because SQLite before 3.51.3 can corrupt a WAL that two
connections share; a lock file keeps a second process out. `synchronous=FULL` is not negotiable: with NORMAL a power loss
takes acknowledged commits (measured; see docs/settlement.md).

Rows go in by statements of up to about a thousand rows. The driver gives up the interpreter's lock at each step of a
statement, so with a row per step a busy event loop would let settlement write only some hundred rows a second.
"""

import asyncio
import fcntl
import itertools
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import aiosqlite
import msgspec

from engine.core.commands import TradeFacts
from engine.core.reasons import AWAITS_CYCLE
from engine.core.units import CASH_FEN_MAX
from engine.title import (
    AuditLine,
    AuditSearch,
    BulletinRow,
    SerialRow,
    TitleHolding,
    TradeStatus,
)
from settlement.core.awards import ENDED, AwardRow
from settlement.core.bulletin import TradeRow
from settlement.core.clearing import Clearing
from settlement.core.dvp import CLEARING_HOLD, DISPUTED, FAILED, VOID
from settlement.core.postings import (
    CASH_COLUMNS,
    TRADE_COLUMNS,
    UNIT_COLUMNS,
    Writes,
)
from settlement.core.remedies import VoidRow
from settlement.core.serials import Serials
from settlement.core.statement import CashPosting, UnitPosting
from settlement.store import Balances, Mark, StoreFacts, StoreFailed, StoreRefused, contents, loading
from settlement.store.contents import Contents
from settlement.store.report_reads import ReportReads

SCHEMA_VERSION: Final = 21
APPLICATION_ID: Final = 0x59544152  # "YTAR" in the file's header: no other program's database is taken for ours
MARK_SQL: Final = "SELECT mark_seq, '' FROM registry"
REQUESTS_MAX: Final = 1_000
SERIAL_ROWS_MAX: Final = 10_000  # blocks of serials in one answer
# Rows of one statement: few sizes, so that each text is prepared once; times 18 columns below SQLite's 32,766 parameters.
ROWS: Final = (1_024, 128, 16, 1)
CACHED_STATEMENTS: Final = 512
WAL_PAGES: Final = 8_000  # 32 MB between checkpoints
BUSY_TIMEOUT_S: Final = 2.0
WAL_RESET_FIXED: Final = ((3, 44, 6), (3, 50, 7), (3, 51, 3))  # two backports, then the release

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_SYNCHRONOUS: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}

T = TypeVar("T")
Row = tuple[Any, ...]
Value = int | str | bytes

# Named changes of `Writes` that append a row: table with columns, and how many.
_APPENDS: Final[dict[str, tuple[str, int]]] = {
    "account": ("accounts (account, code, owner, name, category, restriction, opened_seq)", 7),
    "instrument": ("instruments", 11),
    "registry_act": ("registry_acts", 10),
    "account_split": ("account_splits", 3),
    "offset_issue": ("offset_issues", 12),
    "restriction": ("restrictions", 4),
    "retention": ("retention", 4),
    "emissions": ("emissions", 6),
    "objection": ("objections", 8),
    "audit_trail": ("audit_trail", 11),
    "auction": ("auctions", 38),
    "award": ("awards", 19),
    "day": ("days", 7),
    "day_stats": ("day_stats", 14),
    "set_aside": ("set_aside", 18),
    "statement": ("statements", 4),
    "statement_answer": ("statement_answers", 8),
    "statement_correction": ("statement_corrections", 7),
    "void": ("voids", 7),
    "bulletin": ("bulletins", 5),
    "bank_file": ("bank_files", 6),
    "bank_break": ("bank_breaks", 10),
    "reserve_movement": ("reserve_movements", 5),
    "publication": ("publications", 11),
    "notice": ("notices", 11),
    "monitor_report": ("monitor_reports", 5),
    "dispatch": ("dispatches", 7),
    "reconciliation": ("reconciliations (seq, ok, body)", 3),
}
_UPDATES: Final[dict[str, str]] = {
    "account_merged": "UPDATE accounts SET successor = ? WHERE account = ?",
    "account_restriction": "UPDATE accounts SET restriction = ? WHERE account = ?",
    "set_aside_again": "UPDATE set_aside SET reason = ?, detail = ?, attempts = ? WHERE instruction = ?",
    "set_aside_done": "UPDATE set_aside SET done_seq = ? WHERE instruction = ?",
    "set_aside_lock_passed": "UPDATE set_aside SET lock_passed = 1 WHERE instruction = ?",
    "trade_settled": "UPDATE trades SET status = 'settled', settled_seq = ? WHERE trade = ?",
    "award_settled": "UPDATE awards SET status = 'settled', settled_seq = ? WHERE trade = ?",
    "auction_ended": f"UPDATE auctions SET {', '.join(f'{name} = ?' for name in ENDED)} WHERE auction = ?",
    "bank_superseded": "UPDATE bank_breaks SET state = 'superseded', resolved_seq = ? WHERE state IN ('open', 'carried')",
    "bank_break_resolved": "UPDATE bank_breaks SET state = ?, resolved_seq = ?, basis = ? WHERE break_number = ?",
    "bulletin_published": "UPDATE bulletins SET published_seq = ? WHERE trading_day = ? AND sha256 = ? AND published_seq = 0",
    "publication_published": "UPDATE publications SET published_seq = ? WHERE last_day = ? AND sha256 = ? "
    "AND published_seq = 0",
}
_CASH_UPSERT: Final = " ON CONFLICT (account) DO UPDATE SET amount_fen = excluded.amount_fen"
_UNITS_UPSERT: Final = (
    " ON CONFLICT (account, instrument) DO UPDATE SET available = excluded.available, locked = excluded.locked, "
    "encumbered = excluded.encumbered, preallocated = excluded.preallocated, use_restricted = excluded.use_restricted"
)
_LOTS_UPSERT: Final = " ON CONFLICT (account, instrument, day_number) DO UPDATE SET tonnes = excluded.tonnes"
_SERIALS_UPSERT: Final = (
    " ON CONFLICT (issue, first_serial) DO UPDATE SET last_serial = excluded.last_serial, account = excluded.account"
)
_DISPUTED_BY: Final = (
    "(SELECT min(c.objection) FROM statement_answers c WHERE c.trade = t.trade AND c.trade > 0 AND c.step = 'contested' "
    "AND NOT EXISTS (SELECT 1 FROM statement_answers d WHERE d.objection = c.objection AND d.step = 'dismissed'))"
)
_STATUS: Final = (
    "SELECT t.trade, t.seq, t.instrument, t.buyer, t.seller, t.tonnes, t.amount_fen, "
    "CASE WHEN v.trade IS NULL THEN t.status ELSE 'void' END, "
    f"coalesce(a.reason, 0), coalesce(a.detail, v.basis, ''), t.trading_day, coalesce({_DISPUTED_BY}, 0) FROM trades t "
    "LEFT JOIN voids v ON v.trade = t.trade LEFT JOIN set_aside a ON a.trade = t.trade AND a.trade > 0 AND a.done_seq = 0 "
)
# An account is named by these fields, by a list of accounts, or first in each row of an imported file.
_AUDIT_LINES: Final = """
SELECT line, seq, at_ns, event, proposal, operator, approver, reason, document, content, chain FROM audit_trail
WHERE line < ?1
  AND (?2 = 0 OR EXISTS (
    SELECT 1 FROM json_tree(content)
    WHERE atom = ?2 AND type = 'integer' AND (
      key IN ('account', 'to_account', 'unit_account', 'cash_account', 'boundary', 'buyer', 'seller')
      OR path LIKE '%.accounts' OR path LIKE '%.bidders'
      OR (key = 0 AND (path GLOB '*.rows[[]*' OR path GLOB '*.balances[[]*'))
    )))
  AND (?3 = 0 OR ?3 IN (operator, approver))
  AND (?5 = '' OR instr(content, ?4) > 0)
  AND (?6 = '' OR instr(document, ?6) > 0)
ORDER BY line DESC LIMIT ?7
"""
_AWARD_STATUS: Final = _STATUS.replace("FROM trades t", "FROM awards t")


class SqliteStore(ReportReads):
    """One open registry. Make it with `await SqliteStore.open(path)`."""

    def __init__(self, connection: aiosqlite.Connection, lock: int, facts: StoreFacts) -> None:
        self.facts = facts
        self._connection = connection
        self._lock = lock
        self._requests: asyncio.Queue[_Request | None] = asyncio.Queue(REQUESTS_MAX)
        self._failure: BaseException | None = None
        self._owner = asyncio.create_task(self._own(), name="registry-owner")

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the registry, make it where there is none, and check it. Raises `StoreRefused`."""
        if sqlite3.sqlite_version_info < (3, 37, 0):
            raise StoreRefused(
                f"SQLite {sqlite3.sqlite_version} has no STRICT tables; 3.37.0 is the oldest that serves"
            )
        lock = take_lock(path)
        try:
            connection = await aiosqlite.connect(
                path, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=CACHED_STATEMENTS
            )
            try:
                await _migrate(connection, path)
                facts = await check_connection(connection)
            except BaseException:
                await connection.close()
                raise
        except sqlite3.DatabaseError as error:
            os.close(lock)
            raise StoreRefused(f"{path}: {error}") from error
        except BaseException:
            os.close(lock)
            raise
        return cls(connection, lock, facts)

    # ---- the owner --------------------------------------------------------------------------------------

    async def _own(self) -> None:
        """Run requests one after the other, each whole, until closed."""
        request: _Request | None = None
        try:
            while (request := await self._requests.get()) is not None:
                try:
                    result = await request.work(self._connection)
                except Exception as error:
                    if request.is_write:
                        raise
                    request.fail(error)
                else:
                    request.finish(result)
        except BaseException as error:
            # Whatever happened in a transaction, it is undone and this connection is never used again.
            self._failure = error
            if request is not None:
                request.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._failure = self._failure or StoreFailed("the registry is closed")
            await self._shut()

    async def _shut(self) -> None:
        try:
            await self._connection.rollback()
        except sqlite3.Error as error:
            self._failure = self._failure or error
        await self._connection.close()
        os.close(self._lock)
        while not self._requests.empty():
            waiting = self._requests.get_nowait()
            if waiting is not None:
                waiting.fail(StoreFailed(f"the registry is closed: {self._failure}"))

    async def _ask(self, work: Callable[[aiosqlite.Connection], Awaitable[T]], is_write: bool = False) -> T:
        if self._failure is not None:
            raise StoreFailed(f"the registry is closed: {self._failure}") from self._failure
        request = _Request(work, is_write)
        await self._requests.put(request)
        if self._owner.done():  # it ended while we waited for room
            request.fail(StoreFailed(f"the registry is closed: {self._failure}"))
        result: T = await request.answer
        return result

    async def close(self) -> None:
        """Finish what has been asked, then close the file."""
        if not self._owner.done():
            await self._requests.put(None)
            await asyncio.wait([self._owner])

    # ---- writing ----------------------------------------------------------------------------------------

    async def commit(self, writes: Writes, clearing: Clearing, mark: Mark) -> None:
        """Write postings, trades, changes, touched balances and the mark in one transaction."""

        async def work(connection: aiosqlite.Connection) -> None:
            await connection.execute_fetchall("BEGIN IMMEDIATE")
            await _write(connection, writes, clearing, mark)
            await connection.execute_fetchall("COMMIT")

        try:
            await self._ask(work, is_write=True)
        except sqlite3.Error as error:
            raise StoreFailed(f"the transaction up to seq {mark.seq} was not committed: {error}") from error

    # ---- reading ----------------------------------------------------------------------------------------

    async def _read(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        async def work(connection: aiosqlite.Connection) -> list[Row]:
            return [tuple(row) for row in await connection.execute_fetchall(sql, parameters)]

        return await self._ask(work)

    async def cash(self, account: int) -> int:
        """Cash of an account in fen."""
        rows = await self._read("SELECT amount_fen FROM cash_balances WHERE account = ?", (account,))
        return rows[0][0] if rows else 0

    async def holdings(self, account: int) -> list[TitleHolding]:
        """Units of an account, by instrument, empty ones left out."""
        rows = await self._read(
            "SELECT instrument, available, locked, encumbered, preallocated, use_restricted FROM unit_balances WHERE account = ? "
            "AND (available + locked + encumbered + preallocated + use_restricted <> 0) ORDER BY instrument",
            (account,),
        )
        return [TitleHolding(*row) for row in rows]

    async def balances(self) -> Balances:
        """All balances at once, of one moment."""

        async def work(connection: aiosqlite.Connection) -> Balances:
            cash = await connection.execute_fetchall("SELECT account, amount_fen FROM cash_balances")
            units = await connection.execute_fetchall(
                "SELECT account, instrument, available, locked, encumbered, preallocated, use_restricted FROM unit_balances"
            )
            aside = list(
                await connection.execute_fetchall(
                    f"SELECT count(*) FROM set_aside WHERE done_seq = 0 AND reason <> {AWAITS_CYCLE}"
                )
            )
            return Balances(
                {row[0]: row[1] for row in cash},
                {(row[0], row[1]): (row[2], row[3], row[4], row[5], row[6]) for row in units},
                aside[0][0],
            )

        return await self._ask(work)

    async def trade(self, trade: int) -> TradeStatus | None:
        """One trade's settlement."""
        rows = await self._read(_STATUS + "WHERE t.trade = ?", (trade,))
        rows = rows or await self._read(_AWARD_STATUS + "WHERE t.trade = ?", (trade,))
        return _trade_status(rows[0]) if rows else None

    async def trade_facts(self, trade: int) -> TradeFacts | None:
        """What a trade was; None for an award, or where there is none."""
        rows = await self._read(
            "SELECT trading_day, day_number, method, instrument, price_ticks, tonnes, amount_fen, buyer, buy_order, buy_fee_fen, "
            "seller, sell_order, sell_fee_fen, status = 'settled' FROM trades WHERE trade = ?",
            (trade,),
        )
        return msgspec.convert(rows[0], TradeFacts, strict=False) if rows else None

    async def unsettled(self, limit: int) -> list[TradeStatus]:
        """What is set aside, oldest first. What is not a trade has trade 0 and its account as seller."""
        rows = await self._read(
            "SELECT a.trade, a.seq, a.instrument, coalesce(t.buyer, w.buyer, 0), a.account, a.tonnes, a.amount_fen, 'failed', "
            "a.reason, CASE a.kind WHEN 'trade' THEN a.detail ELSE a.kind || ': ' || a.detail END, "
            f"coalesce(t.trading_day, w.trading_day, 0), coalesce({_DISPUTED_BY}, 0) "
            "FROM set_aside a LEFT JOIN trades t ON t.trade = a.trade LEFT JOIN awards w ON w.trade = a.trade "
            f"WHERE a.done_seq = 0 AND a.reason <> {AWAITS_CYCLE} ORDER BY a.instruction LIMIT ?",
            (limit,),
        )
        return [_trade_status(row) for row in rows]

    async def statement_days(self, account: int) -> list[int]:
        """Days with a statement, newest first."""
        rows = await self._read(
            "SELECT trading_day FROM statements WHERE account = ? ORDER BY trading_day DESC", (account,)
        )
        return [row[0] for row in rows]

    async def statement(self, account: int, trading_day: int) -> bytes | None:
        """The newest version of a statement."""
        rows = await self._read(
            "SELECT body, 1 AS version FROM statements WHERE account = ?1 AND trading_day = ?2 UNION ALL "
            "SELECT body, version FROM statement_corrections WHERE account = ?1 AND trading_day = ?2 "
            "ORDER BY version DESC LIMIT 1",
            (account, trading_day),
        )
        return rows[0][0] if rows else None

    async def bulletins(self) -> list[BulletinRow]:
        """All bulletins, newest first."""
        rows = await self._read(
            "SELECT trading_day, number, sha256, published_seq > 0 FROM bulletins ORDER BY trading_day DESC"
        )
        return [BulletinRow(row[0], row[1], row[2], bool(row[3])) for row in rows]

    async def bulletin(self, trading_day: int) -> bytes | None:
        """A bulletin's bytes."""
        rows = await self._read("SELECT body FROM bulletins WHERE trading_day = ?", (trading_day,))
        return rows[0][0] if rows else None

    async def serials(self, account: int) -> list[SerialRow]:
        """Blocks of serials that an account holds, or (0) all; lowest first."""
        rows = await self._read(
            "SELECT max(b.account, 0), b.instrument, i.project, i.project_type, i.methodology, i.origin, b.first_serial, "
            "b.last_serial, i.proof, i.boundary, CASE WHEN b.account <= -10000 THEN -10000 - b.account ELSE 0 END "
            "FROM serial_blocks b JOIN offset_issues i ON i.issue = b.issue "
            "WHERE ?1 IN (0, b.account) ORDER BY b.instrument, b.issue, b.first_serial LIMIT ?2",
            (account, SERIAL_ROWS_MAX),
        )
        return [SerialRow(*row) for row in rows]

    async def audit_head(self) -> tuple[int, bytes]:
        """Lines of the audit trail, and its last link."""
        rows = await self._read("SELECT line, chain FROM audit_trail ORDER BY line DESC LIMIT 1")
        return (rows[0][0], rows[0][1]) if rows else (0, bytes(32))

    async def audit_lines(self, search: AuditSearch) -> list[AuditLine]:
        """Lines of the audit trail, newest first."""
        given = (
            search.before_line, search.account, search.operator, f'"act":"{search.act}"', search.act, search.document,
            search.limit,
        )  # fmt: skip
        return [AuditLine(*row) for row in await self._read(_AUDIT_LINES, given)]

    async def contents(self, since: Contents | None) -> Contents:
        """Hashes of all tables at one moment."""
        return await self._ask(lambda connection: contents.read(connection, MARK_SQL, contents.REGISTRY_LOGS, since))

    async def trades(self, first: int, last: int, limit: int) -> list[TradeRow]:
        """Trades of a range, in order."""
        rows = await self._read(
            "SELECT * FROM trades WHERE trade BETWEEN ? AND ? ORDER BY trade LIMIT ?", (first, last, limit)
        )
        return [TradeRow(*row) for row in rows]

    async def voids(self, first: int, last: int) -> list[VoidRow]:
        """Voided trades of a range of trade numbers, in order."""
        rows = await self._read("SELECT * FROM voids WHERE trade BETWEEN ? AND ? ORDER BY trade", (first, last))
        return [VoidRow(*row) for row in rows]

    async def awards(self, first: int, last: int, limit: int) -> list[AwardRow]:
        """Awards of a range of trade numbers, in order."""
        rows = await self._read(
            "SELECT * FROM awards WHERE trade BETWEEN ? AND ? ORDER BY trade LIMIT ?", (first, last, limit)
        )
        return [AwardRow(*row) for row in rows]

    async def unit_postings(self, first: int, last: int, limit: int) -> list[UnitPosting]:
        """Unit postings of a range, in order."""
        rows = await self._read(
            "SELECT * FROM unit_postings WHERE posting BETWEEN ? AND ? ORDER BY posting LIMIT ?", (first, last, limit)
        )
        return [UnitPosting(*row) for row in rows]

    async def cash_postings(self, first: int, last: int, limit: int) -> list[CashPosting]:
        """Cash postings of a range, in order."""
        rows = await self._read(
            "SELECT * FROM cash_postings WHERE posting BETWEEN ? AND ? ORDER BY posting LIMIT ?", (first, last, limit)
        )
        return [CashPosting(*row) for row in rows]

    async def load(self) -> tuple[Clearing, Mark]:
        """The registry as of its mark."""
        return await self._ask(loading.load)


def _trade_status(row: Row) -> TradeStatus:
    """The last column is the objection that disputes the trade, 0 for none: what is not delivered yet is held up by it."""
    *columns, objection = row
    found = TradeStatus(*columns)
    if found.status == FAILED and found.reason == AWAITS_CYCLE:
        return msgspec.structs.replace(found, status=CLEARING_HOLD)
    if not objection or found.status == VOID:
        return found
    is_held = found.status == FAILED
    detail = "; ".join(part for part in (f"disputed by S-{objection}", found.detail) if part)
    return msgspec.structs.replace(found, status=DISPUTED if is_held else found.status, detail=detail)


class _Request:
    """Work for the owner, and where its answer is awaited; an asker who has gone away changes nothing about the work."""

    def __init__(self, work: Callable[[aiosqlite.Connection], Awaitable[Any]], is_write: bool) -> None:
        self.work = work
        self.is_write = is_write
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def finish(self, result: object) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error if isinstance(error, Exception) else StoreFailed("the registry was closed"))


# ---- opening --------------------------------------------------------------------------------------------


def take_lock(path: Path) -> int:
    """Lock a registry for this process; returns the lock's file descriptor. Raises `StoreRefused` where another has it."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreRefused(f"{path} is in use by another process") from error
    return lock


async def _pragma(connection: aiosqlite.Connection, text: str) -> Any:
    rows = list(await connection.execute_fetchall(f"PRAGMA {text}"))
    return rows[0][0] if rows else None


async def _migrate(connection: aiosqlite.Connection, path: Path) -> None:
    """Set what holds for the connection, then bring an older or empty file to this version's tables."""
    version = await _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise StoreRefused(f"{path} has schema {version}; this program knows up to {SCHEMA_VERSION}")
    application = await _pragma(connection, "application_id")
    tables = await _pragma(connection, "schema_version")
    if application != APPLICATION_ID and (application or tables):
        raise StoreRefused(f"{path} is not a registry")
    await _pragma(connection, "journal_mode = WAL")
    await _pragma(connection, "synchronous = FULL")
    await _pragma(connection, "foreign_keys = ON")
    await _pragma(connection, f"wal_autocheckpoint = {WAL_PAGES}")
    for file in sorted(_MIGRATIONS.glob("*.sql"))[version:]:
        await connection.execute_fetchall("BEGIN IMMEDIATE")
        for statement in _statements(file.read_text(encoding="utf-8")):
            await connection.execute_fetchall(statement)
        await connection.execute_fetchall(f"PRAGMA application_id = {APPLICATION_ID}")
        await connection.execute_fetchall(f"PRAGMA user_version = {int(file.name[:4])}")
        await connection.execute_fetchall("COMMIT")


def _statements(script: str) -> list[str]:
    """Split a script, because `executescript` would commit the transaction around it."""
    found: list[str] = []
    gathered = ""
    for line in script.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            found.append(gathered)
            gathered = ""
    return found


async def check_connection(connection: aiosqlite.Connection) -> StoreFacts:
    """The start check: what must be in force is, and the file is whole. Raises `StoreRefused` with all faults at once."""
    journal_mode = str(await _pragma(connection, "journal_mode")).upper()
    synchronous = _SYNCHRONOUS.get(await _pragma(connection, "synchronous"), "?")
    faults: list[str] = []
    if journal_mode != "WAL":
        faults.append(f"journal_mode is {journal_mode}, must be WAL")
    if synchronous != "FULL":
        faults.append(f"synchronous is {synchronous}, must be FULL")
    if await _pragma(connection, "foreign_keys") != 1:
        faults.append("foreign_keys is off, must be on")
    version = await _pragma(connection, "user_version")
    if version != SCHEMA_VERSION:
        faults.append(f"schema is {version}, must be {SCHEMA_VERSION}")
    loose = await connection.execute_fetchall(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
    )
    faults += [f"table {row[0]} is not STRICT" for row in loose]
    if (whole := await _pragma(connection, "quick_check")) != "ok":
        faults.append(f"integrity: {whole}")
    if faults:
        raise StoreRefused("; ".join(faults))
    linked = sqlite3.sqlite_version_info
    is_safe = linked >= WAL_RESET_FIXED[-1] or any(linked[:2] == v[:2] and linked >= v for v in WAL_RESET_FIXED)
    return StoreFacts(sqlite3.sqlite_version, journal_mode, synchronous, is_safe, version)


# ---- one transaction ------------------------------------------------------------------------------------


async def _write(connection: aiosqlite.Connection, writes: Writes, clearing: Clearing, mark: Mark) -> None:
    ledger = clearing.ledger
    await _append(connection, "trades", TRADE_COLUMNS, writes.trades)
    for name, group in itertools.groupby(writes.changes, key=lambda change: change[0]):
        if name in _APPENDS:
            table, columns = _APPENDS[name]
            await _append(connection, table, columns, _flat(parameters for _, parameters in group))
        else:
            for _, parameters in group:
                await connection.execute_fetchall(_UPDATES[name], parameters)
    await _append(connection, "unit_postings", UNIT_COLUMNS, writes.unit_postings)
    await _append(connection, "cash_postings", CASH_COLUMNS, writes.cash_postings)

    cash = [(account, ledger.cash[account]) for account in sorted(writes.cash_touched)]
    if any(abs(fen) > CASH_FEN_MAX for _, fen in cash):
        raise StoreFailed("a cash balance is beyond what the market can count")
    await _append(connection, "cash_balances", 2, _flat(cash), _CASH_UPSERT)
    units = [(*key, *ledger.units[key]) for key in sorted(writes.units_touched)]
    await _append(connection, "unit_balances", 7, _flat(units), _UNITS_UPSERT)
    lots = [(*key, ledger.lots[key[:2]].get(key[2], 0)) for key in sorted(writes.lots_touched)]
    await _append(connection, "lockups", 4, _flat(lot for lot in lots if lot[3]), _LOTS_UPSERT)
    for size, parts in _slices(_flat(lot[:3] for lot in lots if not lot[3]), 3):
        rows = ", ".join(["(?, ?, ?)"] * size)
        await connection.executemany(
            f"DELETE FROM lockups WHERE (account, instrument, day_number) IN (VALUES {rows})", parts
        )

    await _write_serials(connection, ledger.serials, writes)

    period = clearing.period
    updated = await connection.execute_fetchall(
        "UPDATE registry SET market = ?1, rulebook_version = ?2, mark_seq = ?3, mark_at_ns = ?4, trading_day = ?5, "
        "day_number = ?6, phase = ?7, closed_seq = ?8, period_unit_posting = ?9, period_cash_posting = ?10, "
        "period_trade = ?11, settles_at_close = ?12 WHERE mark_seq <= ?3 RETURNING one",
        (
            clearing.market,
            clearing.rulebook_version,
            mark.seq,
            mark.at_ns,
            clearing.trading_day,
            clearing.day_number,
            clearing.phase,
            period.after_seq,
            period.unit_posting,
            period.cash_posting,
            period.trade,
            int(clearing.settles_at_close),
        ),
    )
    if not list(updated):
        raise StoreFailed(f"the registry is already beyond seq {mark.seq}: somebody else has written to it")


async def _write_serials(connection: aiosqlite.Connection, serials: Serials, writes: Writes) -> None:
    """Blocks that are gone first: what was cut or joined leaves its place to others."""
    touched = sorted(writes.serials_touched)
    gone = [key for key in touched if key not in serials.blocks]
    for size, parts in _slices(_flat(gone), 2):
        rows = ", ".join(["(?, ?)"] * size)
        await connection.executemany(f"DELETE FROM serial_blocks WHERE (issue, first_serial) IN (VALUES {rows})", parts)
    kept = [serials.blocks[key] for key in touched if key in serials.blocks]
    rows_kept = [(b.issue, b.first_serial, b.last_serial, b.instrument, b.account) for b in kept]
    await _append(connection, "serial_blocks", 5, _flat(rows_kept), _SERIALS_UPSERT)


def _flat(rows: Any) -> list[Value]:
    return list(itertools.chain.from_iterable(rows))


def _slices(flat: Sequence[Value], columns: int) -> Iterator[tuple[int, list[Sequence[Value]]]]:
    """Cut rows into statements, largest first: how many rows a statement has, and the values of each of that size."""
    at = 0
    for size in ROWS:
        step = size * columns
        many = (len(flat) - at) // step
        if many:
            yield size, [flat[start : start + step] for start in range(at, at + many * step, step)]
            at += many * step


async def _append(
    connection: aiosqlite.Connection, table: str, columns: int, flat: Sequence[Value], conflict: str = ""
) -> None:
    row = "(" + ", ".join("?" * columns) + ")"
    for size, parts in _slices(flat, columns):
        await connection.executemany(f"INSERT INTO {table} VALUES {', '.join([row] * size)}{conflict}", parts)
