"""Awards of government auctions in the registry: whole proceeds to the treasury, set aside whole, retried, audited."""

from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from engine.core import events, units
from settlement.audit import audit
from settlement.worker import Settlement
from tests.settlement.kit import SPOT, PaperEngine, Watch, open_settlement, settle
from tests.testkit.auctions import notice

GOVERNMENT, TREASURY, BIDDER = 1, 2, 3


def announced(paper: PaperEngine, **changes: Any) -> events.AuctionAnnounced:
    return events.AuctionAnnounced(1, notice(unit_account=GOVERNMENT, cash_account=TREASURY, **changes), 1_000)


def award(trade: int, side: int, tonnes: int = 100, fee_fen: int = 7) -> events.BidAwarded:
    """100 t at 1.00 yuan unless said otherwise."""
    return events.BidAwarded(
        trade, 1, 50 + trade, BIDDER, 1, "b", SPOT, side, 100, 110, tonnes, tonnes, 100 * tonnes, fee_fen, GOVERNMENT,
        TREASURY,
    )  # fmt: skip


def reported(revenue_fen: int, tonnes: int) -> tuple[events.Event, ...]:
    return (
        events.AuctionCleared(1, SPOT, 100, tonnes),
        events.AuctionReported(1, 100, tonnes, 1_500, 150, 3, 2, 1, revenue_fen, 90, 110),
    )


async def test_a_sale_pays_the_treasury_whole_and_locks_the_units(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    await settle(settlement, [*paper.founded(), paper.entry(announced(paper))])
    await settle(settlement, [paper.entry(award(1, units.BUY), *reported(10_000, 100))])
    assert await settlement.cash(TREASURY) == 1_010_000
    assert await settlement.cash(BIDDER) == 1_000_000 - 10_007
    assert await settlement.cash(GOVERNMENT) == 1_000_000
    assert [(h.available, h.locked) for h in await settlement.holdings(BIDDER)] == [(1_000, 100)]
    assert [(h.available, h.locked) for h in await settlement.holdings(GOVERNMENT)] == [(900, 0)]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []


async def test_a_buy_back_is_paid_by_the_treasury_and_delivered_to_the_government(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    batches = [*paper.founded(), paper.entry(announced(paper, direction="buy_back", budget_fen=50_000))]
    await settle(settlement, [*batches, paper.entry(award(1, units.SELL), *reported(10_000, 100))])
    assert await settlement.cash(TREASURY) == 990_000
    assert await settlement.cash(BIDDER) == 1_000_000 + 10_000 - 7
    assert [(h.available, h.locked) for h in await settlement.holdings(GOVERNMENT)] == [(1_100, 0)]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


@pytest.mark.parametrize("side", [units.BUY, units.SELL])
async def test_an_award_that_may_not_settle_is_set_aside_whole_and_retried_after_a_restart(
    tmp_path: Path, side: int
) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    scope = units.RESTRICT_TRADING
    direction = "sale" if side == units.BUY else "buy_back"
    await settle(settlement, [*paper.founded(), paper.entry(announced(paper, direction=direction))])
    await settle(settlement, [paper.entry(events.RestrictionChanged(BIDDER, scope, "Art. 30"))])
    await settle(settlement, [paper.entry(award(1, side), *reported(10_000, 100))])
    status = await settlement.trade(1)
    assert status is not None
    assert status.status == "failed"
    assert await settlement.cash(TREASURY) == 1_000_000
    assert (await settlement.reconcile()).ok  # what is set aside is allowed for
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, paper)
    lifted = paper.entry(events.RestrictionChanged(BIDDER, 0, "lifted"))
    await settle(settlement, [lifted, paper.entry(events.SettlementRetryOrdered(1))])
    await check_settled(settlement, side)
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []


async def check_settled(settlement: Settlement, side: int) -> None:
    """The award has been carried out, with its fee."""
    status = await settlement.trade(1)
    assert status is not None
    assert status.status == "settled"
    sign = 1 if side == units.BUY else -1
    assert await settlement.cash(TREASURY) == 1_000_000 + sign * 10_000
    assert await settlement.cash(BIDDER) == 1_000_000 - sign * 10_000 - 7
    assert (await settlement.reconcile()).ok


async def documents_of_the_applicant(
    settlement: Settlement, paper: PaperEngine
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Close the day: the one trade of its statement, and its auction in the bulletin; the finance bureau has no part in it."""
    await settle(settlement, [paper.close_day()])
    assert (await settlement.reconcile()).ok
    statement = await settlement.statement(GOVERNMENT, paper.trading_day)
    bulletin = await settlement.bulletin(paper.trading_day)
    finance = await settlement.report("finance", f"{paper.trading_day // 10_000}")
    assert statement is not None
    assert bulletin is not None
    assert finance is not None
    assert finance["auctions"] == []
    [row] = orjson.loads(statement)["trades"]
    [shown] = orjson.loads(bulletin)["auctions"]
    return row, shown


async def test_who_sells_is_paid_itself_less_its_fee_and_the_treasury_gets_nothing(tmp_path: Path) -> None:
    # 100 t at 1.00 = 100.00; the bidder's fee 0.07 beside it, the seller's 4.00 out of it.
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    terms = notice(unit_account=GOVERNMENT, cash_account=GOVERNMENT, seller_fee_ppm=40_000)
    sold = msgspec.structs.replace(
        award(1, units.BUY), cash_account=GOVERNMENT, applicant_fee_fen=400, applicant_exec_seq=1
    )
    cleared, told = reported(10_000, 100)
    batches = [*paper.founded(), paper.entry(events.AuctionAnnounced(1, terms, 1_000, (), True))]
    await settle(
        settlement, [*batches, paper.entry(sold, cleared, msgspec.structs.replace(told, applicant_fee_fen=400))]
    )
    assert await settlement.cash(TREASURY) == 1_000_000
    assert await settlement.cash(GOVERNMENT) == 1_000_000 + 10_000 - 400
    assert await settlement.cash(BIDDER) == 1_000_000 - 10_007
    row, shown = await documents_of_the_applicant(settlement, paper)
    assert (row["side"], row["tonnes"], row["fee"]) == ("sell", 100, "4.00")
    assert (shown["held_by"], shown["turnover"], shown["seller_fees"]) == ("企业1", "100.00", "4.00")
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []


async def test_who_buys_pays_itself_and_its_fee_and_has_the_units_locked(tmp_path: Path) -> None:
    # 100 t at 1.00 = 100.00; the bidder's fee 0.07 out of it, the buyer's 4.00 beside it.
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    own = {"unit_account": GOVERNMENT, "cash_account": GOVERNMENT}
    terms = notice(direction="purchase", limit_ticks=100, buyer_fee_ppm=40_000, **own)
    bought = msgspec.structs.replace(
        award(1, units.SELL), cash_account=GOVERNMENT, applicant_fee_fen=400, applicant_exec_seq=1
    )
    cleared, told = reported(10_000, 100)
    batches = [*paper.founded(), paper.entry(events.AuctionAnnounced(1, terms, 1_000, (), True))]
    told = msgspec.structs.replace(told, applicant_fee_fen=400)
    await settle(settlement, [*batches, paper.entry(bought, cleared, told)])
    assert await settlement.cash(TREASURY) == 1_000_000
    assert await settlement.cash(GOVERNMENT) == 1_000_000 - 10_000 - 400
    assert await settlement.cash(BIDDER) == 1_000_000 + 10_000 - 7
    assert [(h.available, h.locked) for h in await settlement.holdings(GOVERNMENT)] == [(1_000, 100)]
    assert [(h.available, h.locked) for h in await settlement.holdings(BIDDER)] == [(900, 0)]
    row, shown = await documents_of_the_applicant(settlement, paper)
    assert (row["side"], row["tonnes"], row["fee"]) == ("buy", 100, "4.00")
    assert (shown["direction"], shown["held_by"], shown["buyer_fees"]) == ("purchase", "企业1", "4.00")
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []


async def test_the_audit_finds_a_sellers_fee_that_is_not_the_sum_of_its_awards(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    terms = notice(unit_account=GOVERNMENT, cash_account=GOVERNMENT, seller_fee_ppm=40_000)
    sold = msgspec.structs.replace(award(1, units.BUY), cash_account=GOVERNMENT, applicant_fee_fen=400)
    cleared, told = reported(10_000, 100)
    batches = [*paper.founded(), paper.entry(events.AuctionAnnounced(1, terms, 1_000))]
    await settle(
        settlement, [*batches, paper.entry(sold, cleared, msgspec.structs.replace(told, applicant_fee_fen=399))]
    )
    await settlement.close()
    assert [finding[:5] for finding in audit(tmp_path / "registry.db").findings] == ["INV-5"]


async def test_the_audit_finds_a_revenue_that_is_not_the_sum_of_its_awards(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    await settle(settlement, [*paper.founded(), paper.entry(announced(paper))])
    await settle(settlement, [paper.entry(award(1, units.BUY), *reported(9_999, 100))])
    await settlement.close()
    assert [finding[:5] for finding in audit(tmp_path / "registry.db").findings] == ["INV-5"]


@pytest.mark.parametrize("is_failed", [False, True])
async def test_units_for_own_surrender_are_a_state_of_their_own_and_are_surrendered_out_of_it(
    tmp_path: Path, is_failed: bool
) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    bound = msgspec.structs.replace(award(1, units.BUY), use_restricted=True)
    surrendered = events.UnitsSurrendered(BIDDER, SPOT, 130, 2024, False, 100)
    batches = [*paper.founded(), paper.entry(announced(paper))]
    if is_failed:
        batches.append(paper.entry(events.RestrictionChanged(BIDDER, units.RESTRICT_TRADING, "Art. 30")))
    await settle(settlement, [*batches, paper.entry(bound, *reported(10_000, 100))])
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    await settlement.close()

    settlement = await open_settlement(tmp_path, watch, paper)
    await settle(settlement, [paper.entry(surrendered)])
    assert (await settlement.reconcile()).ok
    if is_failed:
        assert [row.tonnes for row in await settlement.unsettled(9)] == [
            100,
            100,
        ]  # the award, what was surrendered of it
        lifted = paper.entry(events.RestrictionChanged(BIDDER, 0, "lifted"))
        await settle(settlement, [lifted, paper.entry(events.SettlementRetryOrdered(0))])
    assert await settlement.unsettled(9) == []
    assert [(h.available, h.locked, h.use_restricted) for h in await settlement.holdings(BIDDER)] == [(970, 0, 0)]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []


async def test_units_for_own_surrender_are_frozen_enforced_and_merged_as_such(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    bound = msgspec.structs.replace(award(1, units.BUY), use_restricted=True)
    moved = (
        events.UnitsEncumbered(1, BIDDER, SPOT, 60, "freeze", "法院", True),
        events.UnitsReleased(1, BIDDER, SPOT, 20, True),
        events.UnitsTransferred(BIDDER, GOVERNMENT, SPOT, 40, "freeze", 1, True),
        events.HoldingTransferred(BIDDER, GOVERNMENT, SPOT, "use_restricted", 60, 0, 0),
    )
    batches = [*paper.founded(), paper.entry(announced(paper)), paper.entry(bound, *reported(10_000, 100))]
    await settle(settlement, [*batches, paper.entry(*moved), paper.close_day()])
    assert [(h.available, h.use_restricted) for h in await settlement.holdings(GOVERNMENT)] == [(900, 100)]
    report = await settlement.reconcile()
    assert report.ok, report.breaks
    statement = await settlement.statement(GOVERNMENT, paper.trading_day)
    assert statement is not None
    assert orjson.loads(statement)["units"][0]["closing"]["use_restricted"] == 100
    await settlement.close()
    assert not watch.failures
    assert audit(tmp_path / "registry.db").findings == []
