"""The credit record at the doors: what triggers it, until when one may object, when it is due, and that it was sent."""

from pathlib import Path

import pytest

from engine.core import commands as c
from tests.gateway.kit import DAY, PRODUCTS, House
from tests.testkit.build import rulebook_text
from yutan.client import Refused

NEXT = DAY + 3  # 2026-11-23, a Monday


async def test_what_was_done_enters_the_record_and_stays_due_until_it_was_sent(tmp_path: Path) -> None:
    years = {2025: {"surrender_deadline": "2026-11-20"}}
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS, years))
    async with house.operator("chen") as chen, house.member("a001") as a, house.member("b001") as b:
        assert await chen.reports.credit() == []
        await house.act(
            c.OpenAccount("K001", 9, "steel works", "key_emitter"),
            c.AdmitParticipant(9, "p-9", "steel works"),
            c.AllocateUnits(4, 1, 100, "free", 2025),
            c.ImportEmissions(2025, ((4, 100, 20260420),), 0, "ab" * 32),
            c.SurrenderUnits(4, 1, 60, 2025, False),
            c.OpenCase(1, "wash trades"),
            c.CloseCase(1, "confirmed", "shown by trades"),
            c.OpenCase(1, "a rumor"),
            c.CloseCase(2, "unfounded", "it was none"),
            c.Restrict(1, 2, "CQ-M Art. 30"),
        )
        assert [(row.record, row.status) for row in await chen.reports.credit()] == [("K-1", "open"), ("R-1", "open")]
        await house.act(c.CloseDay(), c.OpenDay(NEXT))
        rows = {row.record: row for row in await chen.reports.credit()}
        assert {name: (row.kind, row.account, row.status) for name, row in rows.items()} == {
            "K-1": ("breach", "A001", "due"),
            "R-1": ("restriction", "A001", "due"),
            "U-2025-K001": ("unsurrendered", "K001", "due"),
        }
        late = rows["U-2025-K001"]
        assert (late.participant, late.identity, late.trading_day) == (9, "p-9", "2026-11-20")
        assert late.what == "40 t of 100 t not surrendered for 2025"
        own = (await a.supervision.measures()).credit_records
        assert [(row.record, row.basis) for row in own] == [("K-1", "shown by trades"), ("R-1", "CQ-M Art. 30")]
        assert (await b.supervision.measures()).credit_records == []
        sent = {"kind": "bureau", "subject": "credit-2026-11-23", "sent_as": "渝碳〔2026〕12号"}
        await chen.act("record_dispatch", sent, "by letter")
        await house.act(c.Restrict(2, 2, "CQ-M Art. 30"))
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        assert {row.record: (row.status, row.sent_as) for row in await chen.reports.credit()} == {
            **dict.fromkeys(rows, ("sent", "渝碳〔2026〕12号")),
            "R-2": ("open", ""),
        }
        await house.act(c.SurrenderUnits(4, 1, 40, 2025, True))
        assert "U-2025-K001" not in {row.record for row in await chen.reports.credit()}
    await house.stop()


async def test_nothing_is_due_before_one_may_object_no_longer(tmp_path: Path) -> None:
    rules = rulebook_text(PRODUCTS, None, None, None, {"credit_objection_days": 2})
    house = await House.start(tmp_path, rules=rules)
    async with house.operator("chen") as chen:
        await house.act(c.Restrict(1, 2, "CQ-M Art. 30"))
        [row] = await chen.reports.credit()
        until = int(row.objection_until.replace("-", ""))
        assert (row.status, until > DAY) == ("open", True)
        for day, status in ((until, "open"), (until + 1, "due")):
            await house.act(c.CloseDay(), c.OpenDay(day))
            assert [row.status for row in await chen.reports.credit()] == [status]
    await house.stop()


async def test_a_record_that_should_not_stand_is_struck_by_two_persons(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.operator("chen") as chen, house.operator("li") as li, house.member("a001") as a:
        await house.act(
            c.Restrict(1, 2, "CQ-M Art. 30"), c.OpenCase(1, "wash trades"), c.CloseCase(1, "confirmed", "shown")
        )
        await house.act(c.CloseDay(), c.OpenDay(NEXT))
        sent = {"kind": "bureau", "subject": "credit-2026-11-23", "sent_as": "渝碳〔2026〕12号"}
        await chen.act("record_dispatch", sent, "by letter")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        for unknown in ("R-9", "K-2", "U-2025-A001", "x"):
            with pytest.raises(Refused, match="UNKNOWN_CREDIT_RECORD"):
                await chen.act("strike_credit_record", {"record": unknown, "basis": "court"}, "court", "1")
        struck = {"record": "R-1", "basis": "court order 12"}
        proposed = await chen.act("strike_credit_record", struck, "as the court says", "渝环〔2026〕18号")
        with pytest.raises(Refused, match="SELF_APPROVAL"):
            await chen.approve(proposed.proposal_id, proposed.sha256)
        await li.approve(proposed.proposal_id, proposed.sha256)
        rows = {row.record: row for row in await chen.reports.credit()}
        told = rows["R-1"]
        assert (told.status, told.sent_as, told.struck_on) == ("struck", "渝碳〔2026〕12号", "2026-11-23")
        assert (told.struck_as, told.struck_basis) == ("渝环〔2026〕18号", "court order 12")
        assert (rows["K-1"].status, rows["K-1"].struck_on) == ("sent", "")
        own = await a.supervision.measures()
        assert [row.record for row in own.credit_records] == ["K-1"]
        assert len(own.restrictions) == 1  # what it came from is as it was
        with pytest.raises(Refused, match="ALREADY_EXISTS"):
            await chen.act("strike_credit_record", struck, "again", "2")
    await house.stop()
    await house.open()
    async with house.operator("chen") as chen:
        assert [row.record for row in await chen.reports.credit() if row.status == "struck"] == ["R-1"]
    await house.stop()
