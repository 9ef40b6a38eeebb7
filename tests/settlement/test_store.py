"""The registry's file: refused where it is not as it must be, and never left with half a transaction."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from settlement.audit import audit
from settlement.core.postings import Writes
from settlement.store import Mark, StoreFailed, StoreRefused
from settlement.store.sqlite import APPLICATION_ID, SCHEMA_VERSION, SqliteStore, check_connection
from tests.settlement.kit import PaperEngine, Watch, open_settlement, settle

MIGRATIONS = sorted(Path("settlement/store/migrations").glob("*.sql"))
FIRST_SCHEMA = MIGRATIONS[0].read_text(encoding="utf-8")


async def made(folder: Path) -> Path:
    """A registry with some accounts and a trade, closed."""
    engine = PaperEngine()
    settlement = await open_settlement(folder, Watch(), engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30))])
    await settlement.close()
    return folder / "registry.db"


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


async def test_the_start_check_states_what_is_in_force(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "registry.db")
    assert (store.facts.journal_mode, store.facts.synchronous, store.facts.schema_version) == (
        "WAL",
        "FULL",
        SCHEMA_VERSION,
    )
    assert store.facts.sqlite_version == sqlite3.sqlite_version
    await store.close()


@pytest.mark.parametrize(
    ("pragma", "fault"),
    [
        ("synchronous = NORMAL", "synchronous is NORMAL"),
        ("foreign_keys = OFF", "foreign_keys is off"),
        ("journal_mode = DELETE", "journal_mode is DELETE"),
    ],
)
async def test_a_weaker_setting_is_refused(tmp_path: Path, pragma: str, fault: str) -> None:
    path = await made(tmp_path)
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        for good in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            await connection.execute_fetchall(f"PRAGMA {good}")
        await check_connection(connection)
        await connection.execute_fetchall(f"PRAGMA {pragma}")
        with pytest.raises(StoreRefused, match=fault):
            await check_connection(connection)


async def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = await made(tmp_path)
    change(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreRefused, match=f"schema {SCHEMA_VERSION + 1}"):
        await SqliteStore.open(path)
    assert path.read_bytes() == before


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    change(path, "CREATE TABLE notes (a)")
    with pytest.raises(StoreRefused, match="not a registry"):
        await SqliteStore.open(path)
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreRefused):
        await SqliteStore.open(path)


async def test_a_loose_table_is_refused(tmp_path: Path) -> None:
    path = await made(tmp_path)
    change(path, "CREATE TABLE loose (a INTEGER)")
    with pytest.raises(StoreRefused, match="loose is not STRICT"):
        await SqliteStore.open(path)


async def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "registry.db")
    with pytest.raises(StoreRefused, match="in use"):
        await SqliteStore.open(tmp_path / "registry.db")
    ended = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "settlement.audit", str(tmp_path / "registry.db"), stderr=subprocess.PIPE
    )
    _, said = await ended.communicate()
    assert ended.returncode == 2
    assert b"in use" in said
    await store.close()
    again = await SqliteStore.open(tmp_path / "registry.db")
    await again.close()


async def test_a_fault_in_a_transaction_undoes_all_of_it_and_closes_the_store(tmp_path: Path) -> None:
    path = await made(tmp_path)
    store = await SqliteStore.open(path)
    clearing, mark = await store.load()
    writes = Writes()
    clearing.ledger.move_cash(writes, mark.seq + 1, "withdrawal", 0, 1, -2, 10)
    clearing.ledger.cash[3] = -1  # the table's CHECK stands against it, after the posting has been written
    writes.cash_touched.add(3)
    with pytest.raises(StoreFailed, match="CHECK"):
        await store.commit(writes, clearing, Mark(mark.seq + 1, 0))
    with pytest.raises(StoreFailed, match="closed"):
        await store.cash(1)
    await store.close()

    store = await SqliteStore.open(path)
    assert (await store.load())[1] == mark
    assert await store.cash(1) == 1_000_000 - 3_000
    await store.close()
    assert audit(path).findings == []


async def test_cancelling_who_asked_never_leaves_half_a_transaction(tmp_path: Path) -> None:
    path = await made(tmp_path)
    store = await SqliteStore.open(path)
    clearing, mark = await store.load()
    for turn in range(1, 30):
        writes = Writes()
        mark = Mark(mark.seq + 1, 0)
        for _ in range(100):
            clearing.ledger.move_cash(writes, mark.seq, "deposit", 0, -2, 1, 1)
        commit = asyncio.create_task(store.commit(writes, clearing, mark))
        for _ in range(turn):
            await asyncio.sleep(0)
        commit.cancel()
        await asyncio.wait([commit])
        assert await store.cash(1) == 1_000_000 - 3_000 + 100 * turn  # the owner finished what it had begun
        assert (await store.load())[1] == mark
    await store.close()
    assert audit(path).findings == []


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8, 13, 21, 34])
async def test_cancelling_the_owner_leaves_all_or_nothing(tmp_path: Path, turns: int) -> None:
    path = await made(tmp_path)
    store = await SqliteStore.open(path)
    clearing, mark = await store.load()
    writes = Writes()
    for _ in range(100):
        clearing.ledger.move_cash(writes, mark.seq + 1, "deposit", 0, -2, 1, 1)
    commit = asyncio.create_task(store.commit(writes, clearing, Mark(mark.seq + 1, 0)))
    for _ in range(turns):
        await asyncio.sleep(0)
    store._owner.cancel()  # what the end of an event loop does to every task
    await asyncio.wait([commit, store._owner])
    if not commit.cancelled():
        commit.exception()
    with pytest.raises(StoreFailed):
        await store.cash(1)

    again = await SqliteStore.open(path)
    moved = await again.cash(1) - (1_000_000 - 3_000)
    after = (await again.load())[1]
    assert (moved, after.seq) in ((0, mark.seq), (100, mark.seq + 1))
    await again.close()
    assert audit(path).findings == []


async def test_postings_and_the_audit_trail_cannot_be_changed(tmp_path: Path) -> None:
    path = await made(tmp_path)
    for sql in (
        "UPDATE cash_postings SET amount_fen = 1",
        "DELETE FROM unit_postings",
        "DELETE FROM trades",
        "UPDATE trades SET tonnes = 1",
        "INSERT INTO cash_balances VALUES (77, -5)",
        "INSERT INTO cash_balances VALUES (77, 'much')",
        "UPDATE unit_balances SET available = -1 WHERE account = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            change(path, sql)
    assert audit(path).findings == []


async def test_a_registry_of_the_first_schema_is_brought_up_with_all_its_trades(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    listed = "(1, 7, 9, 20260105, 1, 'continuous', 1, 4000, 10, 40000, 1, 5, 40, 2, 6, 40, 'settled', 7)"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST_SCHEMA)
        database.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1; INSERT INTO trades VALUES {listed};"
        )
    store = await SqliteStore.open(path)
    assert store.facts.schema_version == SCHEMA_VERSION
    await store.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT trade, method, tonnes FROM trades").fetchall() == [(1, "continuous", 10)]
        database.execute(f"INSERT INTO trades VALUES {listed.replace('(1,', '(2,', 1).replace('continuous', 'block')}")
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            database.execute(f"INSERT INTO trades VALUES {listed.replace('(1,', '(3,', 1).replace('continuous', 'x')}")
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            database.execute("DELETE FROM trades")


async def test_a_registry_with_auctions_of_before_keeps_them_and_their_awards(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    auction = (
        "1, '2025-01', 'sale', 'sealed_uniform', 1, 500, 1, 1, 3, 'cleared', 0, 100, 500, 700, 2, 1, 50000, 9, 20260105"
    )
    figures = ", 0, 0, 3, 90, 110, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 400, 2000, '企业1'"
    award = "7, 9, 5, 20260105, 1, 1, 4, 1, 100, 500, 50000, 2, 50, 1, 2000, 1, 2, 'settled', 9"
    with closing(sqlite3.connect(path)) as database:
        for file in MIGRATIONS[:20]:
            database.executescript(file.read_text(encoding="utf-8"))
        database.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 20; "
            "INSERT INTO instruments VALUES (1, 'CQEA-25', 'CQEA', 'allowance', 2025, 'x', 'x', 1, 4000, 0, 1); "
            "INSERT INTO accounts (account, code, owner, name, category, restriction, opened_seq) "
            f"VALUES (1, 'A001', 1, '企业1', 'institution', 0, 1); INSERT INTO auctions VALUES ({auction}{figures}); "
            f"INSERT INTO awards VALUES ({award});"
        )
        told = [database.execute(f"SELECT * FROM {table}").fetchall() for table in ("auctions", "awards")]
    store = await SqliteStore.open(path)
    assert store.facts.schema_version == SCHEMA_VERSION
    await store.close()
    with closing(sqlite3.connect(path)) as database:
        assert [database.execute(f"SELECT * FROM {table}").fetchall() for table in ("auctions", "awards")] == told
        database.execute("PRAGMA foreign_keys = ON")
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        change = "UPDATE auctions SET direction = 'purchase'"
        database.execute(change)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            database.execute(f"{change}, cash_account = 2, applicant_fee_fen = 0")
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            database.execute("DELETE FROM awards")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            database.execute(
                f"INSERT INTO awards VALUES ({award.replace('7, 9, 5, 20260105, 1, 1', '8, 9, 5, 20260105, 1, 2')})"
            )
