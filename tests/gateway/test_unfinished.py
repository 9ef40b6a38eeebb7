"""Not settled in time, at the doors: the day table names who is affected, and their orders are refused by their number."""

from pathlib import Path

import pytest

from engine.core import commands as c
from engine.core import phases
from tests.gateway.kit import DAY, PRODUCTS, SPOT, House
from tests.testkit.build import rulebook_text
from yutan.client import Refused


async def test_the_affected_are_named_and_kept_out_until_the_next_reconciliation(tmp_path: Path) -> None:
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS, unfinished="restrict"))

    async def reconciled(day: int, *affected: int) -> None:
        found = c.RecordReconciliation(day, house.sequencer.view.day().seq, 0, len(affected), 3, affected)
        await house.sequencer.submit(c.Propose(0, "reconciled", "", found))

    await house.act(c.CloseDay())
    await reconciled(DAY, 1)
    await house.act(c.OpenDay(DAY + 1), c.ChangePhase(phases.CONTINUOUS))
    async with house.operator("chen") as chen, house.member("a001") as a, house.member("b001") as b:
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "sell", 1, "40.00")
        assert (refused.value.code, refused.value.name) == (6074, "SETTLEMENT_UNFINISHED")
        await b.place(SPOT, "sell", 1, "40.00")
        with pytest.raises(Refused, match="SETTLEMENT_UNFINISHED"):
            await chen.act("withdraw_cash", {"account": "A001", "amount": "1.00"}, "paid out")
        await house.act(c.CloseDay())
        await reconciled(DAY + 1, 1)
        table = {row.stage: row for row in (await chen.ops_day()).stages if row.trading_day == "2026-11-21"}
        assert (table["clearing"].status, table["clearing"].detail) == ("failed", "A001 since 2026-11-20")
        assert table["clearing"].detail_zh == "A001 自 2026-11-20 起"
        await reconciled(DAY + 1)
        table = {row.stage: row for row in (await chen.ops_day()).stages if row.trading_day == "2026-11-21"}
        assert (table["clearing"].status, table["clearing"].detail) == ("done", "")
        await house.act(c.OpenDay(DAY + 2), c.ChangePhase(phases.CONTINUOUS))
        await a.place(SPOT, "sell", 1, "40.00")
    await house.stop()
