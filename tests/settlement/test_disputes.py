"""An objection that names a trade holds up that trade and no other, until it is dismissed."""

from pathlib import Path

from engine.core import events, reasons, units
from settlement.audit import audit
from settlement.worker import Settlement
from tests.settlement.kit import PaperEngine, Watch, open_settlement, settle


async def status_of(settlement: Settlement, trade: int) -> tuple[str, str]:
    found = await settlement.trade(trade)
    assert found is not None
    return found.status, found.detail


async def two_set_aside(folder: Path, engine: PaperEngine, watch: Watch) -> Settlement:
    """Trades 1 and 2 wait, because their buyer became restricted; trade 3 is settled; the day is closed."""
    settlement = await open_settlement(folder, watch, engine)
    await settle(settlement, engine.founded())
    barred = events.RestrictionChanged(1, units.RESTRICT_BUY, "court")
    trades = [engine.traded(1, 2, 30), engine.traded(1, 3, 10), engine.traded(2, 3, 5)]
    await settle(settlement, [engine.entry(barred), engine.entry(*trades), engine.close_day()])
    return settlement


async def test_a_disputed_trade_waits_and_the_rest_settles(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await two_set_aside(tmp_path, engine, watch)
    day = engine.trading_day
    await settle(settlement, [engine.entry(events.StatementContested(1, 2, day, 1, "not our price"))])
    assert (await status_of(settlement, 1))[0] == "disputed"
    assert (await status_of(settlement, 2))[0] == "failed"
    await settle(
        settlement,
        [engine.entry(events.RestrictionChanged(1, 0, "lifted")), engine.entry(events.SettlementRetryOrdered(0))],
    )
    assert (await status_of(settlement, 2))[0] == "settled"
    assert (await status_of(settlement, 1))[1].startswith("disputed by S-1; ")
    [waiting] = await settlement.unsettled(10)
    assert (waiting.trade, waiting.status, waiting.reason) == (1, "disputed", reasons.ACCOUNT_RESTRICTED)
    report = await settlement.reconcile()
    assert (report.ok, report.unsettled, report.affected) == (True, 1, [1, 2])

    # it waits after a restart too, also where it is named, and settles as soon as the objection is dismissed
    await settlement.close()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [engine.entry(events.SettlementRetryOrdered(1))])
    assert (await status_of(settlement, 1))[0] == "disputed"
    await settle(settlement, [engine.entry(events.StatementObjectionDecided(1, 2, day, 1, False, "the order's price"))])
    assert await status_of(settlement, 1) == ("settled", "")
    report = await settlement.reconcile()
    assert (report.ok, report.affected) == (True, [])
    await settlement.close()
    assert watch.breaks == []
    assert audit(tmp_path / "registry.db").findings == []


async def test_both_sides_objections_must_go_and_an_upheld_one_stays(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await two_set_aside(tmp_path, engine, watch)
    day = engine.trading_day
    for objection, account in ((1, 1), (2, 2)):
        await settle(settlement, [engine.entry(events.StatementContested(objection, account, day, 1, "price"))])
    decided = [events.StatementObjectionDecided(2, 2, day, 1, False, "no"), events.RestrictionChanged(1, 0, "lifted")]
    await settle(settlement, [engine.entry(event) for event in decided])
    assert (await status_of(settlement, 1))[0] == "disputed"
    upheld = events.StatementObjectionDecided(1, 1, day, 1, True, "it is wrong")
    await settle(settlement, [engine.entry(upheld), engine.entry(events.SettlementRetryOrdered(1))])
    assert (await status_of(settlement, 1))[0] == "disputed"
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_settled_trade_stays_settled_and_its_record_says_who_disputes_it(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await two_set_aside(tmp_path, engine, watch)
    contested = events.StatementContested(1, 3, engine.trading_day, 3, "not ours")
    await settle(settlement, [engine.entry(contested)])
    assert await status_of(settlement, 3) == ("settled", "disputed by S-1")
    await settlement.close()
