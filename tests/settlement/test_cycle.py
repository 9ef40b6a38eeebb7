"""The rule `settlement.cycle = "end_of_day"`: trades wait for the close and are settled then, in order, in one transaction."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import orjson

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, units
from engine.core.units import BUY, DAY, SELL
from settlement.audit import audit
from settlement.core.postings import FEES
from tests.settlement.busy_session import main as settle_undisturbed
from tests.settlement.busy_session import stream
from tests.settlement.kit import WITH_FEES, Exchange, PaperEngine, Watch, open_settlement, settle
from tests.settlement.test_kill_at_any_moment import ROOT, documents

AT_CLOSE = WITH_FEES.replace('cycle = { value = "per_trade"', 'cycle = { value = "end_of_day"').replace(
    "lock_days = { value = 1", "lock_days = { value = 0"
)


async def test_trades_wait_for_the_close_and_settle_in_their_order(tmp_path: Path) -> None:
    watch = Watch()
    clock = iter(range(1_700_000_000_000_000_000, 1_800_000_000_000_000_000, 1_000_000_000))
    exchange = await Exchange.start(tmp_path, watch, lambda: next(clock))
    await exchange.found(AT_CLOSE)
    for act in (
        *(c.OpenAccount(f"A{n}", n, f"企业{n}", "institution") for n in (1, 2, 3)),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(1, 1_000_000),
        c.DepositCash(3, 1_000_000),
        c.AllocateUnits(2, 1, 100, "paid", 2024),
        c.OpenDay(20240102),
        c.ChangePhase(phases.CONTINUOUS),
    ):
        await exchange.act(act)
    await exchange.order(c.PlaceOrder(2, 1, SELL, 4_000, 100, DAY, "s"))
    await exchange.order(c.PlaceOrder(1, 1, BUY, 4_000, 100, DAY, "b"))
    # bought without a lock: sold on the same day, and the first seller takes its proceeds out, all before anything is settled
    await exchange.order(c.PlaceOrder(1, 1, SELL, 4_000, 100, DAY, "s"))
    await exchange.order(c.PlaceOrder(3, 1, BUY, 4_000, 100, DAY, "b"))
    await exchange.act(c.WithdrawCash(2, 300_000))
    settlement = exchange.settlement
    await settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert [await status_of(exchange, trade) for trade in (1, 2)] == ["clearing_hold", "clearing_hold"]
    assert [await settlement.cash(n) for n in (1, 2, 3)] == [1_000_000, 0, 1_000_000]
    [waiting] = await settlement.unsettled(10)
    assert waiting.detail.startswith("withdrawal: ")
    assert (await settlement.reconcile()).ok
    await exchange.act(c.RetrySettlement(0))
    assert await status_of(exchange, 1) == "clearing_hold"

    await exchange.stop()
    exchange = await Exchange.start(tmp_path, watch, lambda: next(clock))
    settlement = exchange.settlement
    assert await status_of(exchange, 1) == "clearing_hold"
    await exchange.act(c.CloseDay())
    await settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert [await status_of(exchange, trade) for trade in (1, 2)] == ["settled", "settled"]
    assert [await settlement.cash(n) for n in (1, 2, 3)] == [999_200, 99_600, 599_600]
    assert await settlement.cash(FEES) == 4 * 400
    assert await settlement.unsettled(10) == []
    report = await settlement.reconcile()
    assert (report.ok, report.unsettled, report.affected) == (True, 0, [])
    statement = orjson.loads(await settlement.statement(3, 20240102) or b"")
    assert ([row["status"] for row in statement["trades"]], statement["unsettled"]) == (["settled"], [])
    assert (statement["cash"]["bought"], statement["cash"]["closing"]) == ("4000.00", "5996.00")
    bulletin = orjson.loads(await settlement.bulletin(20240102) or b"")
    assert (bulletin["trades_not_settled"], bulletin["total"]["trades"]) == (0, 2)
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []
    assert (watch.failures, watch.breaks) == ([], [])


async def status_of(exchange: Exchange, trade: int) -> str:
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    found = await exchange.settlement.trade(trade)
    assert found is not None
    return found.status


async def test_what_the_cycle_cannot_settle_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    barred = e.RestrictionChanged(1, units.RESTRICT_BUY, "court")
    await settle(settlement, [engine.close_day(), engine.open_day(at_close=True)])
    trades = [engine.traded(1, 2, 30), engine.traded(2, 3, 5)]
    await settle(settlement, [engine.entry(*trades), engine.entry(barred)])
    assert await settlement.unsettled(10) == []
    await settle(settlement, [engine.close_day()])
    [waiting] = await settlement.unsettled(10)
    assert (waiting.trade, waiting.status, waiting.detail) == (
        1,
        "failed",
        f"buyer restricted, scope {units.RESTRICT_BUY}",
    )
    report = await settlement.reconcile()
    assert (report.ok, report.unsettled, report.affected) == (True, 1, [1, 2])
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


def test_killed_in_the_middle_of_the_cycle_everything_settles_once(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()

    async def up_to_the_close() -> None:
        engine, batches = stream()
        settlement = await open_settlement(killed, Watch(), engine)
        closes = [b.entries[0].seq for b in batches if any(isinstance(event, e.DayClosed) for event in b.events[0])]
        for batch in batches:
            if batch.entries[0].seq < closes[1]:
                settlement.on_batch(batch)
        await settlement.wait_settled(closes[1] - 1)
        await settlement.close()

    asyncio.run(up_to_the_close())
    for number in (1, 2, 40, 300, 700):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.settlement.busy_session", str(killed), "statement", str(number)],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert audit(killed / "registry.db").findings == []
    asyncio.run(settle_undisturbed(killed))
    asyncio.run(settle_undisturbed(whole))
    assert documents(killed) == documents(whole)
