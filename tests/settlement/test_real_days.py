"""Whole days through the real engine: conserved, reconciled, documented, and the same after any restart."""

import random
from pathlib import Path

import orjson
import pytest

from engine.core import commands, events, phases, units
from settlement.audit import audit
from settlement.core.bulletin import sha256_hex
from settlement.core.money import yuan
from tests.settlement.kit import CHONGQING, WITH_FEES, Exchange, Watch

MEMBERS = 5


class Ticking:
    """A clock that moves a millisecond each time it is read."""

    def __init__(self) -> None:
        self.at_ns = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        self.at_ns += 1_000_000
        return self.at_ns


async def founded(folder: Path, watch: Watch, clock: Ticking, book: str) -> Exchange:
    exchange = await Exchange.start(folder, watch, clock)
    await exchange.found(book)
    await exchange.act(commands.ListInstrument("CQEA-2024", "CQEA", 2024, "配额2024", "allowance 2024", 4_000))
    await exchange.act(commands.ListInstrument("CQCER-2024", "CQCER", 2024, "碳惠通2024", "offset 2024", 3_000))
    for number in range(1, MEMBERS + 1):
        await exchange.act(commands.OpenAccount(f"CQ{number:04d}", number, f"企业{number}", "key_emitter"))
        await exchange.act(commands.DepositCash(number, 500_000_000))
        await exchange.act(commands.AllocateUnits(number, 1, 10_000, "free", 2024))
        await exchange.act(commands.AllocateUnits(number, 2, 5_000, "offset", 2024))
    return exchange


async def trade_a_day(exchange: Exchange, rng: random.Random, day: int, orders: int) -> None:
    await exchange.act(commands.OpenDay(day))
    await exchange.act(commands.ChangePhase(phases.OPENING_CALL))
    for number in range(orders):
        if number == orders // 3:
            await exchange.act(commands.ChangePhase(phases.CONTINUOUS))
        if number == 2 * orders // 3:
            await exchange.act(commands.ChangePhase(phases.CLOSING_CALL))
        instrument = rng.choice((1, 1, 2))
        base = 4_000 if instrument == 1 else 3_000
        order = commands.PlaceOrder(
            rng.randint(1, MEMBERS), instrument, rng.choice((units.BUY, units.SELL)), base + rng.randint(-40, 40),
            rng.randint(1, 400), units.DAY, f"d{day}-{number}",
        )  # fmt: skip
        exchange.sequencer.submit_nowait(order, None)
        if rng.random() < 0.03:
            exchange.sequencer.submit_nowait(commands.CancelAll(rng.randint(1, MEMBERS), 0, 0), None)
        if rng.random() < 0.02:
            account = rng.randint(1, MEMBERS)
            await exchange.act(commands.Restrict(account, units.RESTRICT_TRADING, "measure"))
            await exchange.act(commands.LiftRestriction(account, units.RESTRICT_TRADING))
    await exchange.act(commands.ChangePhase(phases.POST_CLOSE))
    await exchange.act(commands.CloseDay())


@pytest.mark.parametrize("seed", range(4))
async def test_random_days_are_conserved_reconciled_and_in_order(tmp_path: Path, seed: int) -> None:
    rng, watch, clock = random.Random(seed), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, WITH_FEES if seed % 2 else CHONGQING)
    for day in (20240102, 20240103, 20240104):
        await trade_a_day(exchange, rng, day, 150)
        await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
        if rng.random() < 0.7:
            await exchange.stop()
            exchange = await Exchange.start(tmp_path, watch, clock)
        if day == 20240103:
            await exchange.act(commands.ImportEmissions(2024, ((1, 100, 20250420),), 0, "0" * 64))
            await exchange.act(commands.SurrenderUnits(1, 1, 100, 2024, True))
            await exchange.act(commands.WithdrawCash(1, 1_000))
    report = await exchange.settlement.reconcile()
    assert report.ok, report
    assert report.cash_fen == report.bank_fen == MEMBERS * 500_000_000 - 1_000
    assert report.units == {"CQEA-2024": MEMBERS * 10_000 - 100, "CQCER-2024": MEMBERS * 5_000}
    assert report.unsettled == 0
    assert watch.breaks == []
    assert watch.failures == []
    bulletins = await exchange.settlement.bulletins()
    assert [b.trading_day for b in bulletins] == [20240104, 20240103, 20240102]
    await exchange.stop()
    auditor = audit(tmp_path / "registry.db")
    assert auditor.findings == []
    assert auditor.checked["INV-5"] > 100


async def test_a_registry_made_anew_from_the_journal_has_the_same_documents(tmp_path: Path) -> None:
    rng, watch, clock = random.Random(7), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, WITH_FEES)
    for day in (20240102, 20240103):
        await trade_a_day(exchange, rng, day, 120)
    seq = exchange.sequencer.view.day().seq
    await exchange.settlement.wait_settled(seq)
    first = [await exchange.settlement.bulletin(day) for day in (20240102, 20240103)]
    statement = await exchange.settlement.statement(3, 20240103)
    await exchange.stop()
    (tmp_path / "registry.db").unlink()

    exchange = await Exchange.start(tmp_path, watch, clock)
    await exchange.settlement.wait_settled(seq)
    assert [await exchange.settlement.bulletin(day) for day in (20240102, 20240103)] == first
    assert await exchange.settlement.statement(3, 20240103) == statement
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()
    assert watch.failures == []


async def test_the_bulletin_says_what_was_traded_by_method_and_is_published_by_its_hash(tmp_path: Path) -> None:
    rng, watch, clock = random.Random(3), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, CHONGQING)
    await trade_a_day(exchange, rng, 20240102, 200)
    closed = exchange.sequencer.view.day().seq
    await exchange.settlement.wait_settled(closed)
    body = await exchange.settlement.bulletin(20240102)
    assert body is not None
    content = orjson.loads(body)
    figures = exchange.sequencer.view.instruments()
    for row, instrument in zip(content["instruments"], figures, strict=True):
        listed = row["listed"]
        assert listed["tonnes"] == instrument.tonnes
        assert listed["turnover"] == yuan(instrument.turnover_fen)
        assert listed["trades"] == instrument.trades
        assert sum(listed[m]["trades"] for m in ("opening_call", "continuous", "closing_call")) == instrument.trades
        assert all(listed[m]["trades"] > 0 for m in ("opening_call", "continuous", "closing_call"))
        assert (row["open"], row["high"]) == (yuan(instrument.open_ticks), yuan(instrument.high_ticks))
    assert (content["number"], content["previous_sha256"]) == (1, "0" * 64)
    assert content["trading_day"] == "2024-01-02"
    (row_of_list,) = await exchange.settlement.bulletins()
    assert row_of_list.sha256 == sha256_hex(body)
    assert not row_of_list.published
    answer = await exchange.act(commands.PublishBulletin(20240102, row_of_list.sha256))
    assert any(isinstance(event, events.BulletinPublished) for event in answer)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert [b.published for b in await exchange.settlement.bulletins()] == [True]
    assert await exchange.settlement.bulletin(20240102) == body
    await exchange.stop()


async def test_statements_begin_where_the_last_ended_and_add_up(tmp_path: Path) -> None:
    rng, watch, clock = random.Random(5), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, WITH_FEES)
    days = (20240102, 20240103, 20240104)
    for day in days:
        await trade_a_day(exchange, rng, day, 100)
    await exchange.act(commands.DepositCash(1, 77))  # after the close: the next statement's
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    for account in range(1, MEMBERS + 1):
        assert await exchange.settlement.statement_days(account) == list(reversed(days))
        closing, units_closing = "0.00", {}
        for day in days:
            body = await exchange.settlement.statement(account, day)
            assert body is not None
            content = orjson.loads(body)
            fen = {name: int(text.replace(".", "")) for name, text in content["cash"].items()}
            assert content["cash"]["opening"] == closing
            assert fen["closing"] == (
                fen["opening"] + fen["deposited"] + fen["sold"] - fen["bought"] - fen["fees"] - fen["withdrawn"]
            )
            listed = [t for t in content["trades"] if t["side"] == "buy"]
            assert sum(int(t["amount"].replace(".", "")) for t in listed) == fen["bought"]
            assert sum(int(t["fee"].replace(".", "")) for t in content["trades"]) == fen["fees"]
            for row in content["units"]:
                assert row["opening"] == units_closing.get(row["instrument"], dict.fromkeys(row["opening"], 0))
                total = sum(row["opening"].values()) + row["issued"] + row["bought"] - row["sold"] - row["surrendered"]
                total += row["transferred_in"] - row["transferred_out"] - row["canceled"] - row["withdrawn"]
                assert sum(row["closing"].values()) == total
            closing = content["cash"]["closing"]
            units_closing = {row["instrument"]: row["closing"] for row in content["units"]}
    await exchange.stop()
    assert audit(tmp_path / "registry.db").findings == []
