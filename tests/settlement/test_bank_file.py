"""The bank's file against the registry's ledger: what differs, what is stored of it, and that a restart knows it still."""

import sqlite3
from pathlib import Path

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from engine.core.units import BUY, DAY, SELL
from settlement.audit import audit
from settlement.core.bankfile import compare
from settlement.core.ledger import Account, Ledger
from settlement.core.postings import BANK, FEES, RESERVE, Writes
from tests.settlement.kit import WITH_FEES, Exchange, Watch

SHA = "ab" * 32


def test_every_account_the_own_ones_and_the_whole_are_compared() -> None:
    ledger, writes = Ledger(), Writes()
    for number in (1, 2, 3):
        ledger.add_account(Account(number, f"A{number}", number, "", "institution"))
        ledger.move_cash(writes, 1, "deposit", 0, BANK, number, 100)
    ledger.move_cash(writes, 2, "fee", 1, 1, FEES, 10)
    same = e.BankFileImported(20240102, ((1, 90), (2, 100), (3, 100)), 10, 0, 300, SHA)
    assert compare(ledger, same) == []
    other = e.BankFileImported(20240102, ((1, 90), (2, 99)), 11, 4, 204, SHA)
    assert compare(ledger, other) == [(RESERVE, 0, 4), (FEES, 10, 11), (0, 300, 204), (2, 100, 99), (3, 100, 0)]


async def test_a_file_is_compared_as_it_comes_and_its_differences_are_kept(tmp_path: Path) -> None:
    watch = Watch()
    clock = iter(range(1_700_000_000_000_000_000, 1_800_000_000_000_000_000, 1_000_000_000))
    exchange = await Exchange.start(tmp_path, watch, lambda: next(clock))
    await exchange.found()
    for act in (
        c.OpenAccount("A1", 1, "甲", "institution"),
        c.DepositCash(1, 5_000),
        c.OpenDay(20240102),
        c.CloseDay(),
        c.ImportBankFile(20240102, ((1, 4_000),), 0, 0, 4_000, SHA),
    ):
        await exchange.act(act)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    comparison = exchange.settlement.last_comparison
    assert comparison is not None
    assert comparison.breaks == [(0, 5_000, 4_000), (1, 5_000, 4_000)]
    said = c.RecordBankComparison(20240102, SHA, tuple(comparison.breaks))
    await exchange.sequencer.submit(c.Propose(0, "", "", said))
    await exchange.act(c.ResolveBankBreak(2, "corrected", "reversal"))
    await exchange.act(c.ResolveBankBreak(1, "explained", "follows"))
    report = await exchange.settlement.reconcile()
    assert (report.ok, report.cash_fen) == (True, 4_000)
    await exchange.stop()

    with sqlite3.connect(tmp_path / "registry.db") as connection:
        rows = connection.execute("SELECT account, state, basis FROM bank_breaks ORDER BY break_number").fetchall()
        assert rows == [(0, "explained", "follows"), (1, "corrected", "reversal")]
        [(total, breaks)] = connection.execute("SELECT total_fen, breaks FROM bank_files").fetchall()
        assert (total, breaks) == (4_000, 2)
    connection.close()

    again = await Exchange.start(tmp_path, watch, lambda: next(clock))
    assert again.settlement.last_comparison == comparison
    await again.act(c.ImportBankFile(20240102, ((1, 4_000),), 0, 0, 4_000, "cd" * 32))
    await again.settlement.wait_settled(again.sequencer.view.day().seq)
    assert again.settlement.last_comparison is not None
    assert again.settlement.last_comparison.breaks == []
    await again.stop()
    assert watch.failures == []


async def test_the_risk_reserve_is_in_the_ledger_and_agrees_with_the_engine(tmp_path: Path) -> None:
    watch = Watch()
    clock = iter(range(1_700_000_000_000_000_000, 1_800_000_000_000_000_000, 1_000_000_000))
    exchange = await Exchange.start(tmp_path, watch, lambda: next(clock))
    await exchange.found(WITH_FEES.replace("risk_reserve_bp = { value = 0", "risk_reserve_bp = { value = 2000"))
    for act in (
        c.OpenAccount("A1", 1, "甲", "institution"),
        c.OpenAccount("A2", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(1, 1_000_000),
        c.AllocateUnits(2, 1, 1_000, "paid", 2024),
        c.OpenDay(20240102),
        c.ChangePhase(phases.CONTINUOUS),
    ):
        await exchange.act(act)
    await exchange.order(c.PlaceOrder(2, 1, SELL, 4_000, 100, DAY, "s"))
    await exchange.order(c.PlaceOrder(1, 1, BUY, 4_000, 100, DAY, "b"))
    for act in (
        c.CloseDay(),
        c.FundRiskReserve(1_000, "BANK-8"),
        c.UseRiskReserve(2, 900, "reversal"),
        c.RecoverRiskReserve(2, 400, "paid in"),
    ):
        await exchange.act(act)
    assert (await exchange.settlement.reconcile()).ok
    assert await exchange.settlement.cash(FEES) == 800 - 160  # 0.1 % of 4,000.00 on each side, a fifth of it reserved
    assert await exchange.settlement.cash(RESERVE) == 160 + 1_000 - 900 + 400
    await exchange.stop()
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        rows = connection.execute("SELECT purpose, amount_fen FROM reserve_movements ORDER BY seq").fetchall()
    connection.close()
    assert rows == [("contribution", 160), ("funding", 1_000), ("use", 900), ("recovery", 400)]
    assert audit(tmp_path / "registry.db").findings == []
    assert watch.failures == []
