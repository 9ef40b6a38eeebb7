"""A voided trade in the registry: everything back by postings of their own, or waiting whole; its documents told anew."""

import sqlite3
from pathlib import Path
from typing import Any

import orjson
from msgspec.structs import replace

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, units
from engine.core.units import BUY, DAY, SELL
from settlement.audit import audit
from settlement.core.bulletin import sha256_hex
from settlement.core.postings import FEES
from tests.settlement.kit import SPOT, WITH_FEES, Exchange, PaperEngine, Watch, open_settlement, settle

FIRST, NEXT = 20240102, 20240103


async def traded(folder: Path, watch: Watch) -> Exchange:
    """Account 2 has sold a hundred tonnes to account 1 at 40.00, and the day is closed; 4.00 of fees on each side."""
    clock = iter(range(1_700_000_000_000_000_000, 1_800_000_000_000_000_000, 1_000_000_000))
    exchange = await Exchange.start(folder, watch, lambda: next(clock))
    await exchange.found(WITH_FEES.replace('unfinished = { value = "restrict"', 'unfinished = { value = "announce"'))
    for act in (
        c.OpenAccount("A1", 1, "甲", "institution"),
        c.OpenAccount("A2", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(1, 1_000_000),
        c.AllocateUnits(2, 1, 1_000, "paid", 2024),
        c.OpenDay(FIRST),
        c.ChangePhase(phases.CONTINUOUS),
    ):
        await exchange.act(act)
    await exchange.order(c.PlaceOrder(2, 1, SELL, 4_000, 100, DAY, "s"))
    await exchange.order(c.PlaceOrder(1, 1, BUY, 4_000, 60, DAY, "b"))
    await exchange.order(c.PlaceOrder(1, 1, BUY, 4_000, 40, DAY, "b2"))
    await exchange.act(c.CloseDay())
    await settled(exchange)
    return exchange


async def settled(exchange: Exchange) -> None:
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)


async def facts_of(exchange: Exchange, trade: int) -> c.TradeFacts:
    facts = await exchange.settlement.trade_facts(trade)
    assert facts is not None
    return facts


async def document(exchange: Exchange, account: int, day: int) -> tuple[bytes, dict[str, Any]]:
    body = await exchange.settlement.statement(account, day)
    assert body is not None
    return body, orjson.loads(body)


async def test_both_legs_and_fees_go_back_and_the_documents_are_told_anew(tmp_path: Path) -> None:
    watch = Watch()
    exchange = await traded(tmp_path, watch)
    facts = await facts_of(exchange, 1)
    assert (facts.buyer, facts.seller, facts.tonnes, facts.amount_fen, facts.is_settled) == (1, 2, 60, 240_000, True)
    first, _ = await document(exchange, 1, FIRST)
    await exchange.act(c.VoidTrade(1, "渝交所〔2024〕1号", facts))
    await settled(exchange)
    found = await exchange.settlement.trade(1)
    assert found is not None
    assert (found.status, found.detail) == ("void", "渝交所〔2024〕1号")
    assert await exchange.settlement.cash(FEES) == 2 * 160
    assert await exchange.settlement.cash(1) == 1_000_000 - 160_000 - 160
    assert [h.locked for h in await exchange.settlement.holdings(1)] == [40]
    assert (await exchange.settlement.reconcile()).ok

    body, told = await document(exchange, 1, FIRST)
    assert told["correction"] == {"basis": "渝交所〔2024〕1号", "supersedes": sha256_hex(first), "version": 2}
    assert [(row["trade_id"], row["status"]) for row in told["trades"]] == [("T-1", "void"), ("T-2", "settled")]
    assert [(row["trade_id"], row["fee_returned"], row["side"]) for row in told["voided"]] == [("T-1", "2.40", "buy")]
    await exchange.act(c.VoidTrade(2, "second", await facts_of(exchange, 2)))
    await settled(exchange)
    again = (await document(exchange, 1, FIRST))[1]
    assert (again["correction"]["version"], again["correction"]["supersedes"]) == (3, sha256_hex(body))
    assert [row["trade_id"] for row in again["voided"]] == ["T-1", "T-2"]

    published = await exchange.settlement.publications()
    assert [(row.period, row.version) for row in published] == [("2024-01-02", 3), ("2024-01-02", 2)]
    newest = await exchange.settlement.publication("2024-01-02", 3)
    assert newest is not None
    bulletin = orjson.loads(newest)
    assert bulletin["correction"]["supersedes"] == published[1].sha256
    assert bulletin["voided_total"] == {"tonnes": 100, "trades": 2, "turnover": "4000.00"}
    assert bulletin["total"] == bulletin["voided_total"]  # what was traded stays told as traded
    assert [row["basis"] for row in bulletin["voided"]] == ["渝交所〔2024〕1号", "second"]

    # the next day's statement has the movements, and begins where the first one of the day before ended
    await exchange.act(c.OpenDay(NEXT))
    await exchange.act(c.CloseDay())
    await settled(exchange)
    _, following = await document(exchange, 2, NEXT)
    assert (following["cash"]["voided_out"], following["cash"]["fees_returned"]) == ("4000.00", "4.00")
    [row] = following["units"]
    assert (row["voided_in"], row["closing"]["available"]) == (100, 1_000)
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []
    assert (watch.failures, watch.breaks) == ([], [])


async def test_a_trade_that_waits_is_voided_without_a_posting(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    barred = e.RestrictionChanged(1, units.RESTRICT_BUY, "court")
    await settle(settlement, [engine.entry(barred), engine.entry(engine.traded(1, 2, 30)), engine.close_day()])
    waiting = await settlement.trade(1)
    assert waiting is not None
    assert waiting.status == "failed"
    await settle(settlement, [engine.entry(voided(1, 30, locked=30))])
    found = await settlement.trade(1)
    assert found is not None
    assert (found.status, await settlement.unsettled(10)) == ("void", [])
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []


def voided(trade: int, tonnes: int, *, locked: int, buyer: int = 1, seller: int = 2) -> e.TradeVoided:
    """Of a trade at 1.00 on the paper engine's first day, without fees."""
    return e.TradeVoided(
        trade,
        20_240_101,
        1,
        "continuous",
        SPOT,
        100,
        tonnes,
        locked,
        tonnes * 100,
        buyer,
        0,
        7,
        0,
        seller,
        0,
        8,
        0,
        "error",
    )


async def test_what_the_registry_cannot_give_back_yet_waits_whole_also_over_a_restart(tmp_path: Path) -> None:
    engine, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, engine)
    await settle(settlement, engine.founded())
    # account 2 sold 30 t to account 1 and paid all its cash to account 3 out of a sale that waits: in the registry it is short
    barred = e.RestrictionChanged(3, units.RESTRICT_SELL, "court")
    happened = [
        engine.entry(engine.traded(1, 2, 30)),
        engine.entry(e.CashWithdrawn(2, 1_003_000)),
        engine.entry(barred),
        engine.entry(engine.traded(2, 3, 40), e.CashDeposited(2, 4_000)),
        engine.entry(e.CashDeposited(2, 500)),
        engine.close_day(),
    ]
    await settle(settlement, happened)
    await settle(settlement, [engine.entry(e.CashWithdrawn(2, 4_000)), engine.entry(voided(1, 30, locked=30))])
    await settlement.close()
    settlement = await open_settlement(tmp_path, watch, engine)
    [_, waiting] = await settlement.unsettled(10)
    assert (waiting.trade, waiting.reason, waiting.detail) == (
        1, reasons.INSUFFICIENT_CASH, "void: seller needs 3000 fen, has 500 fen",
    )  # fmt: skip
    found = await settlement.trade(1)
    assert found is not None
    assert (found.status, [h.locked for h in await settlement.holdings(1)]) == ("void", [30])
    assert (await settlement.reconcile()).ok
    await settle(settlement, [engine.entry(e.CashDeposited(2, 2_500)), engine.entry(e.SettlementRetryOrdered(0))])
    assert [h.locked for h in await settlement.holdings(1)] == [0]
    assert (await settlement.reconcile()).ok
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []
    assert watch.breaks == []


async def test_the_audit_finds_a_void_that_was_tampered_with(tmp_path: Path) -> None:
    watch = Watch()
    exchange = await traded(tmp_path, watch)
    await exchange.act(c.VoidTrade(1, "error", await facts_of(exchange, 1)))
    await settled(exchange)
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []
    for sql in (
        "UPDATE voids SET buy_refund_fen = 7",
        "UPDATE voids SET was_settled = 0",
        "DELETE FROM voids",
    ):
        with sqlite3.connect(tmp_path / "registry.db") as connection:
            connection.executescript(
                f"BEGIN; DROP TRIGGER voids_stay; DROP TRIGGER voids_last; {sql};"
                "CREATE TRIGGER voids_stay BEFORE UPDATE ON voids BEGIN SELECT 1; END;"
                "CREATE TRIGGER voids_last BEFORE DELETE ON voids BEGIN SELECT 1; END; COMMIT;"
            )
        connection.close()
        assert any("void of trade 1" in finding for finding in audit(tmp_path / "registry.db").findings), sql


async def test_units_of_a_disputed_trade_are_held_in_the_registry_too(tmp_path: Path) -> None:
    watch = Watch()
    exchange = await traded(tmp_path, watch)
    facts = await facts_of(exchange, 1)
    await exchange.order(c.ObjectToStatement(2, FIRST, "not our price", 1, facts))
    await exchange.act(c.OpenDay(NEXT))
    await settled(exchange)
    [held] = await exchange.settlement.holdings(1)
    assert (held.available, held.locked, held.encumbered) == (40, 0, 60)
    assert (await exchange.settlement.reconcile()).ok
    await exchange.act(c.DecideStatementObjection(1, True, "it was an error", True))
    await exchange.act(c.VoidTrade(1, "S-1", replace(facts)))
    await settled(exchange)
    [held] = await exchange.settlement.holdings(1)
    assert (held.available, held.encumbered) == (40, 0)
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []
    assert (watch.failures, watch.breaks) == ([], [])
