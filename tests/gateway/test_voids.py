"""Voiding a trade through the doors: two operators, both members told on their streams, the public on the tape."""

from decimal import Decimal
from pathlib import Path

import pytest

from engine.core import commands as c
from tests.gateway.kit import DAY, SPOT, House
from tests.gateway.test_statements import TODAY, closed_with_a_trade
from yutan.client import Refused


async def test_an_upheld_objection_leads_to_a_void_that_everybody_concerned_is_told(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    trade = await closed_with_a_trade(house)
    peer = await house.raw("market")
    await peer.ask("subscribe", {"channels": [f"trades.{SPOT}"]})
    async with house.member("a001") as a, house.member("b001") as b:
        await b.statements.object(TODAY, "price is not ours", trade)
        await house.act(c.OpenDay(DAY + 3))
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        [held] = [row for row in (await b.allowances()).holdings if row.instrument == SPOT]
        assert (held.available, held.encumbered, held.settled) == (10_000, 10, 10_010)
        async with house.operator("chen") as chen, house.operator("li") as li:
            fields: dict[str, object] = {"objection_id": "S-1", "upheld": True, "answer": "so it is", "voids": True}
            proposed = await chen.act("decide_statement_objection", fields, "checked", "复2026-1")
            await li.approve(proposed.proposal_id, proposed.sha256)
            for unknown in ("T-9", "T-99"):
                with pytest.raises(Refused, match="UNKNOWN_TRADE"):
                    await chen.act("void_trade", {"trade_id": unknown, "basis": "S-1"}, "checked", "复2026-2")
            proposed = await chen.act("void_trade", {"trade_id": trade, "basis": "S-1"}, "checked", "复2026-2")
            [row] = await li.pending()
            assert {name: row.fields["facts"][name] for name in ("buyer", "seller", "price", "tonnes", "is_settled")} == {
                "buyer": "B001", "seller": "A001", "price": "40.00", "tonnes": 10, "is_settled": True,
            }  # fmt: skip
            await li.approve(proposed.proposal_id, proposed.sha256)
            with pytest.raises(Refused, match="TRADE_VOID"):
                await chen.act("void_trade", {"trade_id": trade, "basis": "S-1"}, "again", "复2026-3")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        assert (await b.trade(trade)).status == "void"
        assert [row.settled for row in (await b.allowances()).holdings if row.instrument == SPOT] == [10_000]
        for member, account, side in ((a, "A001", "sell"), (b, "B001", "buy")):
            *_, last = await member.replay(f"exec.{account}", 1)
            told = last.data
            assert (told.exec_type, told.trade_id, told.side, told.last_qty, told.last_price, told.origin) == (
                "trade_cancel", trade, side, 10, Decimal("40.00"), "exchange",
            )  # fmt: skip
            statement = await member.statement(TODAY)
            assert (statement["correction"]["version"], statement["voided"][0]["trade_id"]) == (2, trade)
            explained = await member.inquiries.explain(told.order_id)
            assert [row.settlement for row in explained.timeline if row.event == "filled"] == ["void"]
    said = await peer.event(f"trades.{SPOT}", "update")
    [row] = said["data"]["trades"]
    assert (row["kind"], row["supersedes"], row["quantity"], row["price"]) == ("cancel", trade, 10, "40.00")
    await house.stop()
