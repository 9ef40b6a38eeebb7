"""The registry's acts end to end: engine, postings, reconciliation, statements, and the slow audit of the file."""

import random
import sqlite3
from pathlib import Path

import orjson
import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from engine.core.units import BUY, SELL
from settlement.audit import audit
from tests.settlement.kit import CHONGQING, Exchange, PaperEngine, Watch, open_settlement, settle
from tests.settlement.test_real_days import Ticking

KEY, OTHER, STATE = 1, 2, 3
BOOK = CHONGQING.replace('calendar = { value = "china"', 'calendar = { value = "every-day"')


async def founded(folder: Path, watch: Watch, clock: Ticking) -> Exchange:
    exchange = await Exchange.start(folder, watch, clock)
    await exchange.found(BOOK)
    await exchange.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "配额", "allowance", 4_000))
    for code, category in (("KEY", "key_emitter"), ("OTHER", "key_emitter"), ("STATE", "government")):
        await exchange.act(c.OpenAccount(code, len(code) + 10, code, category))
    await exchange.act(c.AllocateUnits(KEY, 1, 1_000, "free", 2025))
    await exchange.act(c.AllocateUnits(STATE, 1, 50, "reserve", 2025))
    return exchange


async def test_every_unit_is_somewhere_after_every_act(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    await exchange.act(c.OpenDay(20260105))
    for act in (
        c.PreallocateUnits(KEY, 1, 700, 2026, 20260116),
        c.PreallocateUnits(OTHER, 1, 300, 2026, 0),
        c.FileObjection(KEY, 2026, "allocation", 20260110),
        c.DecideObjection(KEY, 2026, "allocation", 20260115, True),
        c.TrueUpAllocation(KEY, 1, 800, 2026, 0),
        c.TrueUpAllocation(OTHER, 1, 280, 2026, 0),
        c.EncumberUnits(KEY, 1, 200, "pledge", "银行"),
        c.ReleaseUnits(1, 80),
        c.EncumberUnits(KEY, 1, 30, "freeze", "法院"),
        c.EnforceEncumbrance(2, 10, OTHER),
        c.TransferUnits(STATE, OTHER, 1, 20, "reserve"),
        c.CancelUnits(STATE, 1, 30, "reserve"),
        c.CancelUnits(OTHER, 1, 5, "voluntary"),
        c.PreallocateUnits(OTHER, 1, 7, 2027, 0),
    ):
        await exchange.act(act)
        report = await exchange.settlement.reconcile()
        assert report.ok, (act, report.breaks)
    assert report.units == {"CQEA-25": 1_000 + 50 + 700 + 300 + 100 - 20 - 30 - 5 + 7}
    [key] = await exchange.settlement.holdings(KEY)
    assert (key.available, key.locked, key.encumbered, key.preallocated) == (1_650, 0, 140, 0)
    [other] = await exchange.settlement.holdings(OTHER)
    assert (other.available, other.encumbered, other.preallocated) == (280 + 10 + 20 - 5, 0, 7)
    await exchange.stop()

    exchange = await Exchange.start(tmp_path, watch, clock)
    assert (await exchange.settlement.reconcile()).ok
    await exchange.act(c.CloseDay())
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    statement = await exchange.settlement.statement(KEY, 20260105)
    assert statement is not None
    [row] = orjson.loads(statement)["units"]
    assert row["closing"] == {
        "available": 1_650,
        "locked": 0,
        "encumbered": 140,
        "preallocated": 0,
        "use_restricted": 0,
    }
    assert (row["encumbered"], row["released"], row["trued_up"], row["transferred_out"]) == (230, 80, 700, 10)
    await exchange.stop()
    assert (watch.breaks, watch.failures) == ([], [])
    assert audit(tmp_path / "registry.db").findings == []


@pytest.mark.parametrize("seed", range(3))
async def test_random_acts_keep_engine_and_registry_equal(tmp_path: Path, seed: int) -> None:
    dice, watch, clock = random.Random(seed), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    for _ in range(150):
        account, other, tonnes = dice.choice((1, 2, 3)), dice.choice((1, 2, 3)), dice.choice((1, 10, 90, 400))
        act = dice.choice(
            (
                c.EncumberUnits(account, 1, tonnes, dice.choice(("freeze", "pledge", "withdrawn")), ""),
                c.ReleaseUnits(dice.randint(1, 20), tonnes),
                c.EnforceEncumbrance(dice.randint(1, 20), tonnes, other),
                c.TransferUnits(account, other, 1, tonnes, "gift"),
                c.CancelUnits(account, 1, dice.choice((1, 2)), "voluntary"),
                c.PreallocateUnits(account, 1, tonnes, 2026, 0),
                c.TrueUpAllocation(account, 1, tonnes, 2026, 0),
            )
        )
        proposed = await exchange.order(c.Propose(1, "random", "doc", act))
        if isinstance(proposed[0], e.ActProposed):
            await exchange.order(c.Approve(2, proposed[0].proposal, proposed[0].act_sha256))
    report = await exchange.settlement.reconcile()
    assert report.ok, report.breaks
    assert report.unsettled == 0
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []


async def test_what_rests_on_a_failed_trade_is_set_aside_and_follows_it(tmp_path: Path) -> None:
    """A trade that cannot settle takes everything that was done with its units along, in the order it was done."""
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded(accounts=3))
    await settle(
        settlement,
        [
            engine.entry(engine.traded(1, 2, 40, instrument=2)),  # account 2 has none in the registry
            engine.entry(e.UnitsTransferred(1, 3, 2, 30, "gift", 0)),
            engine.entry(e.UnitsEncumbered(1, 3, 2, 20, "pledge", "")),
            engine.entry(e.UnitsCanceled(3, 2, 5, "voluntary")),
        ],
    )
    assert [row.detail.split(":")[0] for row in (await settlement.unsettled(9))[1:]] == [
        "transfer",
        "encumber",
        "cancel",
    ]
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(
        settlement,
        [engine.entry(e.UnitsIssued(2, 2, 40, "offset", 2024)), engine.entry(e.SettlementRetryOrdered(0))],
    )
    assert await settlement.unsettled(9) == []
    assert (await settlement.reconcile()).ok
    held = {row.instrument: row for row in await settlement.holdings(3)}[2]
    assert (held.available, held.encumbered) == (5, 20)
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_merger_moves_everything_and_both_statements_say_so(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    for act in (
        c.AllocateUnits(OTHER, 1, 400, "free", 2025),
        c.PreallocateUnits(KEY, 1, 70, 2026, 0),
        c.EncumberUnits(KEY, 1, 100, "pledge", "银行"),
        c.DepositCash(KEY, 5_000_000),
        c.OpenDay(20260105),
        c.ChangePhase(phases.CONTINUOUS),
    ):
        await exchange.act(act)
    [offered, *_] = await exchange.order(c.PlaceOrder(STATE, 1, SELL, 4_000, 20, 0, "s"))
    assert isinstance(offered, e.OrderAccepted), offered
    await exchange.order(c.PlaceOrder(KEY, 1, BUY, 4_000, 30, 0, "b"))  # 20 t bought and locked, 10 t stay open
    told = await exchange.act(c.MergeAccounts(KEY, OTHER))
    assert isinstance(told[-1], e.AccountMerged)
    report = await exchange.settlement.reconcile()
    assert report.ok, report.breaks
    await exchange.stop()

    exchange = await Exchange.start(tmp_path, watch, clock)
    assert (await exchange.settlement.reconcile()).ok
    assert [row for row in await exchange.settlement.holdings(KEY) if row.available] == []
    [held] = await exchange.settlement.holdings(OTHER)
    assert (held.available, held.locked, held.encumbered, held.preallocated) == (900 + 400, 20, 100, 70)
    await exchange.act(c.CloseDay())
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    statements = []
    for account in (KEY, OTHER):
        body = await exchange.settlement.statement(account, 20260105)
        assert body is not None
        statements.append(orjson.loads(body))
    gone, came = statements
    assert (gone["cash"]["closing"], gone["cash"]["transferred_out"]) == ("0.00", came["cash"]["transferred_in"])
    assert came["cash"]["closing"] == came["cash"]["transferred_in"]
    assert set(gone["units"][0]["closing"].values()) == {0}
    assert gone["units"][0]["transferred_out"] == came["units"][0]["transferred_in"] == 900 + 20 + 100 + 70

    await exchange.act(c.OpenDay(20260106))
    report = await exchange.settlement.reconcile()
    assert report.ok, report.breaks
    [held] = await exchange.settlement.holdings(OTHER)
    assert (held.available, held.locked) == (1_320, 0)
    await exchange.stop()
    assert (watch.breaks, watch.failures) == ([], [])
    assert audit(tmp_path / "registry.db").findings == []


@pytest.mark.parametrize("has_lock_passed", [False, True])
async def test_a_trade_that_failed_before_a_merger_settles_after_it_and_goes_on_to_the_successor(
    tmp_path: Path, has_lock_passed: bool
) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded(accounts=3))
    await settle(
        settlement,
        [
            engine.entry(engine.traded(1, 2, 1_500)),  # account 2 has 1,000 t in the registry
            engine.entry(
                e.HoldingTransferred(1, 3, 1, "available", 1_000, 0, 0),
                e.HoldingTransferred(1, 3, 1, "locked", 1_500, 1, 0),
                e.CashTransferred(1, 3, 1_000_000 - 150_000),
                e.RestrictionChanged(1, 30, "merged into A3"),
                e.AccountMerged(1, 3),
            ),
        ],
    )
    assert [row.detail.split(":")[0] for row in (await settlement.unsettled(9))[1:]] == ["transfer"]
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    if has_lock_passed:
        closed = engine.close_day()
        await settle(settlement, [closed, engine.open_day(), engine.entry(e.UnitsUnlocked(3, 1, 1_500))])
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, engine)
    assert (await settlement.reconcile()).ok
    await settle(
        settlement,
        [engine.entry(e.UnitsIssued(2, 1, 500, "paid", 2024)), engine.entry(e.SettlementRetryOrdered(0))],
    )
    assert await settlement.unsettled(9) == []
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    held = {row.instrument: row for row in await settlement.holdings(3)}[1]
    assert (held.available, held.locked) == ((3_500, 0) if has_lock_passed else (2_000, 1_500))
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_split_moves_its_parts_and_history_names_both(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    for act in (c.DepositCash(KEY, 5_000_000), c.OpenDay(20260105), c.ChangePhase(phases.CONTINUOUS)):
        await exchange.act(act)
    await exchange.order(c.PlaceOrder(STATE, 1, SELL, 4_000, 20, 0, "s"))
    await exchange.order(c.PlaceOrder(KEY, 1, BUY, 4_000, 30, 0, "b"))  # 20 t bought and locked, 10 t stay open
    year = c.SplitYear(2025, 400)
    part = c.SplitPart(OTHER, 123_456, ((1, "available", 400), (1, "locked", 12)), (year,))
    told = await exchange.act(c.SplitAccount(KEY, (part,)))
    assert isinstance(told[-1], e.AccountSplit)
    report = await exchange.settlement.reconcile()
    assert report.ok, report.breaks
    await exchange.stop()

    exchange = await Exchange.start(tmp_path, watch, clock)
    assert (await exchange.settlement.reconcile()).ok
    [left], [gone] = [await exchange.settlement.holdings(account) for account in (KEY, OTHER)]
    assert (left.available, left.locked, gone.available, gone.locked) == (600, 8, 400, 12)
    await exchange.act(c.CloseDay())
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    body = await exchange.settlement.statement(KEY, 20260105)
    assert body is not None
    statement = orjson.loads(body)
    assert (statement["cash"]["transferred_out"], statement["units"][0]["transferred_out"]) == ("1234.56", 412)
    await exchange.act(c.OpenDay(20260106))
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()
    assert (watch.breaks, watch.failures) == ([], [])
    assert audit(tmp_path / "registry.db").findings == []
    with sqlite3.connect(tmp_path / "registry.db") as registry:
        assert registry.execute("SELECT account, successor FROM account_splits").fetchall() == [(KEY, OTHER)]
        acts = registry.execute(
            "SELECT account, to_account, tonnes FROM registry_acts WHERE class = 'split'"
        ).fetchall()
        assert acts == [(KEY, OTHER, 400), (KEY, OTHER, 12)]
    registry.close()


async def test_a_lot_that_is_settled_in_part_goes_to_the_successor_as_far_as_it_is(tmp_path: Path) -> None:
    """Two lots, each with one trade settled and one set aside: each lot's settled part goes now, the rest with its trade."""
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded(accounts=3))
    short = engine.entry(engine.traded(1, 2, 300), engine.traded(1, 2, 800))  # account 2 has 1,000 t in the registry
    await settle(settlement, [short, engine.entry(engine.traded(1, 2, 50))])
    merged = engine.entry(
        e.HoldingTransferred(1, 3, 1, "available", 1_000, 0, 0),
        e.HoldingTransferred(1, 3, 1, "locked", 1_150, 1, 0),
        e.CashTransferred(1, 3, 1_000_000 - 115_000),
        e.RestrictionChanged(1, 30, "merged into A3"),
        e.AccountMerged(1, 3),
    )
    await settle(settlement, [merged])
    held = {row.instrument: row for row in await settlement.holdings(3)}[1]
    assert (held.available, held.locked) == (2_000, 350)
    assert [row.tonnes for row in await settlement.unsettled(9)] == [800, 800]
    assert (await settlement.reconcile()).ok
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, engine)
    issued = engine.entry(e.UnitsIssued(2, 1, 500, "paid", 2024))
    await settle(settlement, [issued, engine.entry(e.SettlementRetryOrdered(0))])
    assert await settlement.unsettled(9) == []
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_lots_of_two_days_of_which_the_older_is_settled_in_part_are_no_finding(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded(accounts=3))
    bought = engine.entry(engine.traded(1, 2, 300), engine.traded(1, 2, 800))
    await settle(settlement, [bought, engine.close_day()])
    # the lock of the first day has not passed in this story: the merger comes before the next day's unlocking
    await settle(settlement, [engine.open_day(), engine.entry(engine.traded(1, 2, 40))])
    merged = engine.entry(
        e.HoldingTransferred(1, 3, 1, "locked", 1_100, 1, 0),
        e.HoldingTransferred(1, 3, 1, "locked", 40, 2, 0),
        e.RestrictionChanged(1, 30, "merged into A3"),
        e.AccountMerged(1, 3),
    )
    await settle(settlement, [merged])
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_an_exit_gives_back_what_was_issued_ahead_and_both_ledgers_agree(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    await exchange.act(c.PreallocateUnits(KEY, 1, 70, 2026, 0))
    told = await exchange.act(c.ExitToNationalMarket(KEY, 20260601, 2025))
    assert [type(said) for said in told[1:]] == [e.AccountLeaving, e.AllocationTruedUp]
    report = await exchange.settlement.reconcile()
    assert report.ok, report.breaks
    [held] = [row for row in await exchange.settlement.holdings(KEY) if row.instrument == 1]
    assert (held.available, held.preallocated) == (1_000, 0)
    await exchange.act(c.OpenDay(20260105))
    await exchange.stop()

    exchange = await Exchange.start(tmp_path, watch, clock)
    for act in (
        c.ImportEmissions(2025, ((KEY, 1_000, 20260420),), 0, "ab" * 32),
        c.SurrenderUnits(KEY, 1, 1_000, 2025, True),
        c.CloseDay(),
    ):
        told = await exchange.act(act)
    assert told[-1] == e.AccountClosed(KEY)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()
    assert (watch.breaks, watch.failures) == ([], [])
    assert audit(tmp_path / "registry.db").findings == []
