"""Statements through the doors: read, confirmed or contested in time, decided by two, told in the next one."""

from pathlib import Path

import pytest

from engine.core import commands as c
from tests.gateway.kit import DAY, PRODUCTS, SPOT, House
from tests.testkit.build import rulebook_text
from yutan.client import Refused

TODAY, NEXT = "2026-11-20", "2026-11-23"


async def closed_with_a_trade(house: House) -> str:
    """A001 sells ten tonnes to B001 and the day closes; the trade's id."""
    async with house.member("a001") as a, house.member("b001") as b:
        await a.place(SPOT, "sell", 10, "40.00")
        placed = await b.place(SPOT, "buy", 10, "40.00")
        report = await b.order(placed.order_id)
        assert report.order_status == "filled"
    await house.act(c.CloseDay())
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    return "T-1"


async def test_an_objection_from_the_member_to_the_written_answer(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    trade = await closed_with_a_trade(house)
    async with house.member("a001") as a, house.member("b001") as b, house.member("c001") as outsider:
        assert [(row.trading_day, row.status, row.until) for row in await a.statements.days()] == [(TODAY, "open", "")]
        confirmed = await a.statements.confirm(TODAY)
        assert (confirmed.account, confirmed.status, confirmed.objection_id) == ("A001", "confirmed", "")
        contested = await b.statements.object(TODAY, "price is not ours", trade)
        assert (contested.status, contested.objection_id) == ("contested", "S-1")
        for wrong in (outsider.statements.object(TODAY, "not mine", trade), b.statements.object(TODAY, "x", "T-9")):
            with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
                await wrong
        with pytest.raises(Refused, match="STATEMENT_ANSWERED"):
            await a.statements.object(TODAY, "after all")
        async with house.operator("chen") as chen, house.operator("li") as li:
            [row] = await chen.statements.objections()
            assert (row.objection_id, row.account, row.trade_id, row.words, row.status) == (
                "S-1", "B001", "T-1", "price is not ours", "open",
            )  # fmt: skip
            table = {row.stage: row for row in (await chen.ops_day()).stages if row.trading_day != TODAY}
            assert (table["contest"].status, table["contest"].count) == ("waiting", 1)
            assert table["contest"].detail == "1 confirmed, 1 contested, 1 not answered"
            assert table["contest"].detail_zh == "1 户已确认,1 户有异议,1 户未答复"
            fields = {"objection_id": "S-1", "upheld": False, "answer": "the price is the order's"}
            proposed = await chen.act("decide_statement_objection", fields, "checked", "复2026-1")
            assert proposed.status == "pending"
            await li.approve(proposed.proposal_id, proposed.sha256)
            assert [row.status for row in await chen.statements.objections()] == ["dismissed"]
        await house.act(c.OpenDay(DAY + 3))
        with pytest.raises(Refused) as late:
            await outsider.statements.confirm(TODAY)
        assert late.value.name == "STATEMENT_FINAL"
        assert late.value.data.limit is not None
        assert str(late.value.data.limit).endswith("Z")
        await house.act(c.CloseDay())
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        told = {key: (await client.statement(NEXT)) for key, client in (("a", a), ("b", b), ("c", outsider))}
        assert {key: told[key]["previous"] for key in told} == {
            "a": {"status": "confirmed", "trading_day": TODAY},
            "b": {"status": "contested", "trading_day": TODAY},
            "c": {"status": "accepted", "trading_day": TODAY},
        }
        assert [(step["step"], step["objection_id"], step["words"]) for step in told["b"]["answers"]] == [
            ("contested", "S-1", "price is not ours"),
            ("dismissed", "S-1", "the price is the order's"),
        ]
        days = await b.statements.days()
        assert [(row.trading_day, row.status) for row in days] == [(NEXT, "open"), (TODAY, "contested")]
        assert [(found.status, found.answer) for found in days[1].objections] == [
            ("dismissed", "the price is the order's")
        ]
        assert [row.status for row in await outsider.statements.days()] == ["open", "accepted"]
    async with house.member("eyes") as eyes:
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.statements.confirm(NEXT)
    await house.stop()


async def test_answers_survive_a_restart_and_the_rule_books_hour_is_told(tmp_path: Path) -> None:
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS, stages=["08:30 contest"]))
    await closed_with_a_trade(house)
    async with house.member("b001") as b:
        [open_row] = await b.statements.days()
        assert open_row.until.endswith("T00:30:00.000000Z")
        await b.statements.object(TODAY, "fee")
    await house.stop()
    await house.open()
    async with house.member("b001") as b, house.operator("chen") as chen:
        [row] = await b.statements.days()
        assert (row.status, [found.words for found in row.objections]) == ("contested", ["fee"])
        assert (await chen.statements.of("B001"))[0].objections == row.objections
    await house.act(c.OpenDay(DAY + 3), c.CloseDay())
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    async with house.member("b001") as b:
        assert [step["step"] for step in (await b.statement(NEXT))["answers"]] == ["contested"]
    await house.stop()
