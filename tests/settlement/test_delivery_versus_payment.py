"""A trade settles whole or not at all, once, and only if the registry itself agrees."""

from pathlib import Path

import pytest

from engine.core import events, reasons, units
from engine.sequencer import Batch
from engine.title import TitleHolding
from settlement.audit import audit
from tests.settlement.kit import OFFSET, SPOT, PaperEngine, Watch, open_settlement, settle


async def test_both_legs_and_the_fees_move_together(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(buyer=1, seller=2, tonnes=30, fee=7))])

    assert await settlement.cash(1) == 1_000_000 - 3_000 - 7
    assert await settlement.cash(2) == 1_000_000 + 3_000 - 7
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_000, 30)]
    assert await settlement.holdings(2) == [TitleHolding(SPOT, 970, 0)]
    status = await settlement.trade(1)
    assert status is not None
    assert (status.status, status.buyer, status.seller, status.tonnes) == ("settled", 1, 2, 30)
    report = await settlement.reconcile()
    assert report.ok
    assert report.cash_fen == report.bank_fen == 3_000_000
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_trade_not_come_yet_is_unknown_and_one_that_waits_is_in_clearing_hold(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    assert await settlement.trade(1) is None
    settlement.on_batch(engine.entry(engine.traded(buyer=1, seller=2, tonnes=30)))
    waiting = await settlement.trade(1)
    assert waiting is not None
    assert waiting.status == "clearing_hold"
    await settlement.wait_settled(engine.seq)
    settled = await settlement.trade(1)
    assert settled is not None
    assert settled.status == "settled"
    await settlement.close()


async def test_the_same_events_twice_move_nothing_twice(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30, fee=3)), engine.close_day()])
    before = await settlement.cash(1)
    for batch in engine.batches:
        settlement.on_batch(batch)
    await settlement.close()

    again = await open_settlement(tmp_path, watch, engine)
    assert again.mark == engine.seq
    for batch in engine.batches:
        again.on_batch(batch)
    assert again.lag == 0
    assert await again.cash(1) == before
    assert (await again.reconcile()).ok
    await again.close()
    assert watch.failures == []
    assert audit(tmp_path / "registry.db").findings == []


async def test_bought_units_are_locked_until_the_engine_unlocks_them(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    await settle(
        settlement, [engine.entry(engine.traded(1, 2, 30)), engine.entry(engine.traded(1, 3, 10, instrument=SPOT))]
    )
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_000, 40)]
    await settle(settlement, [engine.close_day(), engine.open_day(events.UnitsUnlocked(1, SPOT, 40))])
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_040, 0)]
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_unlocking_more_than_was_locked_stops_settlement(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(engine.traded(1, 2, 30))])
    settlement.on_batch(engine.open_day(events.UnitsUnlocked(1, SPOT, 31)))
    with pytest.raises(Exception, match="settlement has stopped"):
        await settlement.wait_settled(engine.seq)
    assert "not locked" in str(watch.failures[0])
    with pytest.raises(Exception, match="settlement has stopped"):
        settlement.on_batch(engine.entry())
    await settlement.close()


REFUSED = {
    "seller's units locked": reasons.UNITS_LOCKED,
    "seller has no units": reasons.INSUFFICIENT_ALLOWANCE,
    "seller restricted": reasons.ACCOUNT_RESTRICTED,
    "buyer restricted": reasons.ACCOUNT_RESTRICTED,
    "retention floor": reasons.OBLIGATION_RESERVED,
    "buyer's cash": reasons.INSUFFICIENT_CASH,
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_registry_refuses_is_set_aside_with_its_reason_and_nothing_moves(
    tmp_path: Path, case: str
) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    buyer, seller, tonnes, price, instrument = 1, 2, 10, 100, SPOT
    if case == "seller's units locked":
        await settle(settlement, [engine.entry(engine.traded(2, 3, 50))])
        tonnes = 1_010
    elif case == "seller has no units":
        instrument = OFFSET
    elif case == "seller restricted":
        await settle(settlement, [engine.entry(events.RestrictionChanged(2, units.RESTRICT_SELL, "court 1"))])
    elif case == "buyer restricted":
        await settle(settlement, [engine.entry(events.RestrictionChanged(1, units.RESTRICT_BUY, "court 1"))])
    elif case == "retention floor":
        await settle(settlement, [engine.entry(events.RetentionChanged(2, 2024, 991))])
    else:
        price = 100_001
    cash, holdings = await settlement.cash(1), await settlement.holdings(2)
    await settle(settlement, [engine.entry(engine.traded(buyer, seller, tonnes, price, instrument=instrument))])

    status = await settlement.trade(engine.trade_no)
    assert status is not None
    assert (status.status, status.reason) == ("failed", REFUSED[case])
    assert status.detail
    assert (await settlement.cash(1), await settlement.holdings(2)) == (cash, holdings)
    assert [s.trade for s in await settlement.unsettled(10)] == [engine.trade_no]
    report = await settlement.reconcile()
    assert report.ok, report  # the engine has moved it; what is set aside is allowed for
    assert report.unsettled == 1
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_set_aside_trade_settles_on_retry_once_what_stood_against_it_is_gone(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, [*engine.founded(), engine.entry(events.RetentionChanged(2, 2024, 995))])
    await settle(settlement, [engine.entry(engine.traded(1, 2, 10)), engine.entry(events.SettlementRetryOrdered(1))])
    assert [s.reason for s in await settlement.unsettled(10)] == [reasons.OBLIGATION_RESERVED]
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, engine)  # a restart keeps what is set aside
    await settle(
        settlement, [engine.entry(events.RetentionChanged(2, 2024, 0)), engine.entry(events.SettlementRetryOrdered(0))]
    )
    status = await settlement.trade(1)
    assert status is not None
    assert (status.status, status.reason) == ("settled", 0)
    assert await settlement.unsettled(10) == []
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_000, 10)]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_units_delivered_after_their_lock_has_passed_arrive_free(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(
        settlement, [*engine.founded(), engine.entry(events.RestrictionChanged(2, units.RESTRICT_SELL, "court"))]
    )
    await settle(
        settlement, [engine.entry(engine.traded(1, 2, 10)), engine.entry(engine.traded(1, 3, 5)), engine.close_day()]
    )
    await settle(settlement, [engine.open_day(events.UnitsUnlocked(1, SPOT, 15))])
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_005, 0)]
    assert (await settlement.reconcile()).ok
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(
        settlement,
        [engine.entry(events.RestrictionChanged(2, 0, "lifted")), engine.entry(events.SettlementRetryOrdered(1))],
    )
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 1_015, 0)]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_what_follows_from_a_set_aside_trade_is_set_aside_too_and_settles_after_it(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    batches = [
        *engine.founded(cash_fen=1_000),
        engine.entry(events.RestrictionChanged(2, units.RESTRICT_SELL, "court")),
    ]
    batches.append(engine.entry(engine.traded(1, 2, 10, instrument=SPOT)))
    batches.append(engine.entry(events.CashWithdrawn(2, 1_500)))  # out of proceeds that have not been paid
    batches += [engine.close_day(), engine.open_day(events.UnitsUnlocked(1, SPOT, 10))]
    batches.append(engine.entry(events.UnitsSurrendered(1, SPOT, 1_005, 2024, False)))  # with units not delivered
    await settle(settlement, batches)
    assert [s.reason for s in await settlement.unsettled(10)] == [
        reasons.ACCOUNT_RESTRICTED,
        reasons.INSUFFICIENT_CASH,
        reasons.INSUFFICIENT_ALLOWANCE,
    ]
    assert (await settlement.reconcile()).ok
    lifted = [engine.entry(events.RestrictionChanged(2, 0, "lifted")), engine.entry(events.SettlementRetryOrdered(0))]
    await settle(settlement, lifted)
    assert await settlement.unsettled(10) == []
    assert await settlement.cash(2) == 500
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 5, 0)]
    report = await settlement.reconcile()
    assert report.ok, report
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


async def test_surrender_stays_possible_under_any_restriction_and_floor(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    batches = engine.founded()
    batches.append(engine.entry(events.RestrictionChanged(1, units.RESTRICT_ALL, "measure")))
    batches.append(engine.entry(events.RetentionChanged(1, 2024, 1_000)))
    batches.append(engine.entry(events.UnitsSurrendered(1, SPOT, 900, 2024, True)))
    await settle(settlement, batches)
    assert await settlement.holdings(1) == [TitleHolding(SPOT, 100, 0)]
    assert (await settlement.reconcile()).units == {"CQEA-2024": 2_100, "CQCER-2024": 0}
    await settlement.close()


async def test_a_gap_or_a_strange_journal_is_refused(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    engine.seq += 1
    with pytest.raises(Exception, match="came after entry"):
        settlement.on_batch(engine.entry())
    engine.seq = settlement.mark
    first, last = engine.entry(), engine.entry()
    last.entries[0] = type(last.entries[0])(engine.seq + 1, 1_000, last.entries[0].command)
    with pytest.raises(Exception, match="2 entries came as"):
        settlement.on_batch(Batch(first.entries + last.entries, first.events + last.events, [None, None]))
    await settlement.close()

    strange = PaperEngine()
    for _ in range(settlement.mark - 1):
        strange.entry()
    last = strange.entry()
    last.entries[0] = type(last.entries[0])(last.entries[0].seq, 5, last.entries[0].command)
    settlement = await open_settlement(tmp_path, watch, strange)
    with pytest.raises(Exception, match="another journal"):
        settlement.on_batch(last)
    await settlement.close()


async def test_a_call_auction_of_thousands_of_trades_in_one_entry_settles_in_order(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded(cash_fen=10_000_000, tonnes=10_000))
    trades = [engine.traded(1 + n % 3, 1 + (n + 1) % 3, 1, fee=1, taker=0) for n in range(5_000)]
    await settle(settlement, [engine.entry(*trades), engine.close_day()])
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []
