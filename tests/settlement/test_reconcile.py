"""Engine = registry = bank, checked on demand and after each close; a planted difference is found and named."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.core import events, units
from engine.title import Break
from settlement.audit import audit, main
from tests.settlement.kit import PaperEngine, Watch, open_settlement, settle

PLANTED = {
    "UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = 2": Break(2, "cash", 1_003_000, 1_003_001),
    "UPDATE unit_balances SET available = available - 1 WHERE account = 2": Break(2, "CQEA-2024", 970, 969),
    "UPDATE unit_balances SET locked = locked + 5 WHERE account = 1": Break(1, "CQEA-2024.locked", 30, 35),
    "UPDATE accounts SET restriction = 6 WHERE account = 3": Break(3, "restriction", 0, 6),
}


@pytest.mark.parametrize("sql", PLANTED)
async def test_a_planted_break_is_found_and_named(tmp_path: Path, sql: str) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30))])
    assert (await settlement.reconcile()).ok
    await settlement.close()
    connection = sqlite3.connect(tmp_path / "registry.db")
    connection.execute(sql)
    connection.commit()
    connection.close()

    settlement = await open_settlement(tmp_path, watch, engine)
    report = await settlement.reconcile()
    assert not report.ok
    assert PLANTED[sql] in report.breaks
    assert watch.breaks == [report]
    await settle(settlement, [engine.close_day()])
    await settlement.close()
    assert len(watch.breaks) == 2  # and again by itself after the close
    if "restriction" not in sql:
        assert audit(tmp_path / "registry.db").findings != []
        assert main([str(tmp_path / "registry.db")]) == 1


async def test_a_reconciliation_waits_for_what_came_before_and_ignores_what_comes_after(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    for _ in range(300):
        settlement.on_batch(engine.entry(engine.traded(1, 2, 1), engine.traded(2, 3, 1)))
    at = engine.seq
    first = asyncio.create_task(settlement.reconcile())
    await asyncio.sleep(0)
    for _ in range(300):
        settlement.on_batch(engine.entry(engine.traded(3, 1, 1)))
    report = await first
    assert report.ok, report
    assert report.seq >= at
    await settlement.close()


async def test_after_each_close_it_runs_by_itself(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30)), engine.close_day()])
    closed = engine.seq
    await settlement.close()
    assert settlement.last_report is not None
    assert (settlement.last_report.seq, settlement.last_report.ok) == (closed, True)
    connection = sqlite3.connect(tmp_path / "registry.db")
    assert connection.execute("SELECT seq, ok FROM reconciliations").fetchall() == [(closed, 1)]
    connection.close()
    assert watch.breaks == []


async def test_day_figures_that_are_not_those_of_the_trades_stop_settlement(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30))])
    stored = settlement.mark
    engine.stats[1][4] += 1
    settlement.on_batch(engine.close_day())
    with pytest.raises(Exception, match="not those of its trades"):
        await settlement.wait_settled(engine.seq)
    assert len(watch.failures) == 1
    await settlement.close()
    again = await open_settlement(tmp_path, watch)
    assert again.mark == stored
    assert await again.bulletins() == []
    await again.close()


async def test_a_full_backlog_says_that_there_is_no_room_and_empties_again(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine, backlog_events_max=50)
    await settle(settlement, engine.founded())
    assert settlement.has_room
    for _ in range(60):
        settlement.on_batch(engine.entry(engine.traded(1, 2, 1)))
    assert not settlement.has_room
    assert settlement.lag == 60
    await settlement.wait_settled(engine.seq)
    assert settlement.has_room
    assert settlement.lag == 0
    await settlement.close()


async def test_orders_without_title_move_the_mark_too(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), *[engine.entry() for _ in range(20)]])
    assert settlement.lag == 0
    await settlement.close()
    assert settlement.mark == engine.seq


async def test_the_audit_finds_a_trade_sold_under_restriction(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    batches = [*engine.founded(), engine.entry(events.RestrictionChanged(3, units.RESTRICT_SELL, "court"))]
    await settle(settlement, [*batches, engine.entry(engine.traded(1, 2, 30))])
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []
    connection = sqlite3.connect(tmp_path / "registry.db")
    connection.execute("UPDATE restrictions SET account = 2")
    connection.commit()
    connection.close()
    assert any("seller 2 restricted" in finding for finding in audit(tmp_path / "registry.db").findings)
