"""The compliance year through the doors: the operator's file and filings, and what the member sees of them."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands
from gateway.protocol import wire
from tests.gateway.kit import PRODUCTS, House, public_of
from tests.testkit.build import rulebook_text
from yutan.client import Client, Refused

SHA = "cd" * 32


async def founded(tmp_path: Path) -> House:
    """The usual exchange with a key emitter K001, who has 10,000 t of free allocation and 1,000 t of offsets."""
    rules = rulebook_text(
        {**PRODUCTS, "CQCER": {"kind": "offset"}},
        {2025: {"offset_limit_bp": 500}},
        {"2025.CQCER": {"limit_bp": 500, "is_local": True}},
        two_person_acts=["ImportEmissions", "SurrenderUnits"],
    )
    house = await House.start(tmp_path, rules=rules)
    await house.act(
        commands.ListInstrument("CQCER-24", "CQCER", 2024, "碳惠通", "CQCER", 3000),
        commands.OpenAccount("K001", 9, "水泥厂", "key_emitter"),
        commands.RegisterKey("k001", public_of("k001"), (4,)),
        commands.AllocateUnits(4, 1, 10_000, "free", 2025),
        commands.AllocateUnits(4, 3, 1_000, "offset", 2025),
    )
    return house


async def both(chen: Client, li: Client, name: str, fields: dict[str, Any]) -> None:
    """An act that takes two."""
    proposed = await chen.act(name, fields, "the year 2025", "渝环办〔2026〕9号")
    assert proposed.status == "pending"
    assert (await li.approve(proposed.proposal_id, proposed.sha256)).status == "done"


def filing(instrument: str, tonnes: int, final: bool = False) -> dict[str, Any]:
    return {"account": "K001", "instrument": instrument, "tonnes": tonnes, "year": 2025, "final": final}


async def test_a_compliance_year_at_the_doors(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with house.operator("chen") as chen, house.operator("li") as li, house.member("k001") as member:
        file = {"year": 2025, "rows": [["K001", 8_000, "2026-05-02"]], "objection_until": "2026-05-14", "sha256": SHA}
        await both(chen, li, "import_emissions", file)
        [year] = (await member.obligation()).years
        assert (year.free_allocation, year.emissions, year.obligation, year.shortfall) == (10_000, 8_000, 8_000, 8_000)
        assert (year.reported_on, year.report_deadline, year.is_late) == ("2026-05-02", "2026-04-30", True)
        assert (year.objection_until, year.offset_limits, year.retention_floor) == ("2026-05-14", {"CQCER": 400}, 5_000)
        with pytest.raises(Refused, match="OFFSET_LIMIT") as above:
            await chen.act("surrender_units", filing("CQCER-24", 401), "one tonne above the limit")
        assert (above.value.data.limit, above.value.data.actual) == (400, 401)
        await both(chen, li, "surrender_units", filing("CQCER-24", 400))
        with pytest.raises(Refused, match="OBLIGATION_NOT_MET"):
            await chen.act("surrender_units", filing("CQEA-25", 7_599, final=True), "one tonne short")
        await both(chen, li, "surrender_units", filing("CQEA-25", 7_600, final=True))
        seen = await member.obligation(year=2025)
        assert seen == await chen.ops_obligation("K001", 2025)
        [year] = seen.years
        assert (year.surrendered, year.offsets, year.shortfall, year.is_final) == (7_600, {"CQCER": 400}, 0, True)
        assert year.retention_floor == 0
        report = await chen.reconcile()
        assert report.ok
        assert report.units["CQEA-25"] == 40_000 - 7_600
    await house.stop()


async def test_the_year_is_there_after_a_restart(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    await house.act(commands.ImportEmissions(2025, ((4, 8_000, 20260420),), 0, SHA))
    await house.act(commands.SurrenderUnits(4, 1, 5, 2025, False))
    await house.stop()
    await house.open()
    async with house.member("k001") as member:
        [year] = (await member.obligation()).years
        assert (year.emissions, year.surrendered, year.shortfall) == (8_000, 5, 7_995)
    await house.stop()


async def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with house.operator("chen") as chen, house.member("k001") as member, house.member("a001") as other:
        assert (await other.obligation()).years == []
        for asked in (member.obligation(year=2024), chen.ops_obligation("K001", 2024)):
            with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
                await asked
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await member.obligation("A001")
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await chen.ops_obligation("Z999")
    await house.stop()


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([["Z999", 1, "2026-04-20"]], "UNKNOWN_ACCOUNT"),
        ([["K001", 1, "2026-02-30"]], "INVALID_FIELD"),
        ([["K001", -1, "2026-04-20"]], "INVALID_FIELD"),
        ([["K001", 1.5, "2026-04-20"]], "FLOAT_NOT_ALLOWED"),
        ([], "INVALID_FIELD"),
        ([["A001", 1, "2026-04-20"]], "NOT_KEY_EMITTER"),
    ],
)
async def test_a_file_with_a_wrong_row_is_refused_whole(tmp_path: Path, rows: list[Any], name: str) -> None:
    house = await founded(tmp_path)
    async with house.operator("chen") as chen:
        wrong = {"year": 2025, "rows": [["K001", 5, "2026-04-20"], *rows] if rows else [], "sha256": SHA}
        if name == "UNKNOWN_ACCOUNT":
            wrong["rows"].reverse()
        with pytest.raises(Refused, match=name):
            await chen.act("import_emissions", wrong, "import")
        [year] = (await chen.ops_obligation("K001")).years
        assert year.emissions is None
        assert await chen.pending() == []
    await house.stop()


async def test_an_operators_file_may_be_larger_than_a_frame_and_a_members_message_may_not(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    accounts = [commands.OpenAccount(f"KEY-EMITTER-{n:04d}", 100 + n, "", "key_emitter") for n in range(600)]
    await house.act(*accounts)
    rows = [[act.code, 7, "2026-04-20"] for act in accounts]
    async with house.operator("chen") as chen, house.member("k001") as member:
        assert (
            await chen.act("import_emissions", {"year": 2025, "rows": rows, "sha256": SHA}, "600 units")
        ).status == "pending"
        with pytest.raises(ConnectionError):
            await member.obligation("x" * wire.FRAME_BYTES_MAX)
    await house.stop()


async def test_units_ahead_of_the_year_pledged_given_and_canceled_at_the_doors(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with house.operator("chen") as chen, house.member("k001") as member:
        units = {"account": "K001", "instrument": "CQEA-25", "tonnes": 600}
        await chen.act("preallocate_units", {**units, "year": 2026, "objection_until": "2026-12-01"}, "plan", "文号 3")
        [_, year] = (await member.obligation()).years
        assert (year.preallocated, year.allocation_objection_until) == (600, "2026-12-01")
        fields = {"account": "K001", "year": 2026, "subject": "allocation", "filed_on": "2026-12-02"}
        with pytest.raises(Refused, match="OBJECTION_TOO_LATE"):
            await chen.act("file_objection", fields, "letter")
        await chen.act("file_objection", {**fields, "filed_on": "2026-11-27"}, "letter")
        [objection] = (await member.obligation(year=2026)).years[0].objections
        assert (objection.filed_on, objection.decided_on) == ("2026-11-27", "")
        await chen.act("true_up_allocation", {**units, "tonnes": 500, "year": 2026}, "plan", "文号 4")
        await chen.act("encumber_units", {**units, "kind": "pledge", "beneficiary": "银行"}, "pledge", "合同 1")
        seen = await member.allowances()
        assert [(row.encumbrance_id, row.kind, row.tonnes) for row in seen.encumbrances] == [("N-1", "pledge", 600)]
        assert seen.encumbrances == await chen.ops_encumbrances("K001") == await chen.ops_encumbrances()
        assert (seen.holdings[0].available, seen.holdings[0].encumbered) == (9_900, 600)
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await chen.ops_encumbrances("Z999")
        with pytest.raises(Refused, match="UNKNOWN_ENCUMBRANCE"):
            await chen.act("release_units", {"encumbrance_id": "N-2", "tonnes": 1}, "paid back")
        await chen.act("release_units", {"encumbrance_id": "N-1", "tonnes": 100}, "paid back")
        await chen.act("enforce_encumbrance", {"encumbrance_id": "N-1", "tonnes": 500, "to_account": "A001"}, "default")
        gift = {"account": "K001", "to_account": "A001", "instrument": "CQEA-25", "kind": "gift"}
        with pytest.raises(Refused, match="OBLIGATION_RESERVED") as kept:
            await chen.act("transfer_units", {**gift, "tonnes": 4_751}, "gift")
        assert (kept.value.data.limit, kept.value.data.actual) == (5_250, 5_249)
        await chen.act("transfer_units", {**gift, "tonnes": 4_750}, "gift")
        with pytest.raises(Refused, match="OBLIGATION_RESERVED"):
            await chen.act("cancel_units", {**units, "tonnes": 1, "kind": "voluntary"}, "for the climate")
        assert (await member.allowances()).holdings[0].available == 5_250
        assert (await chen.reconcile()).ok
    await house.stop()


async def test_serials_of_offsets_are_shown_to_operators(tmp_path: Path) -> None:
    house = await House.start(tmp_path, rules=rulebook_text({"CQEA": {}, "BIGT": {}, "CCER": {"kind": "offset"}}))
    await house.act(
        commands.ListInstrument("CCER-25", "CCER", 2025, "减排量", "reduction", 3_000),
        commands.IssueOffsets(1, 3, 100, "P-7", "林业", "AR-CM-001", "重庆", 1_001, "注销-9", 2),
        commands.CancelUnits(1, 3, 10, "voluntary"),
    )
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    async with house.operator("chen") as chen:
        canceled, held = await chen.serials.of()
        assert (canceled.status, canceled.account, canceled.first_serial, canceled.last_serial) == (
            "canceled", "", 1_001, 1_010,
        )  # fmt: skip
        assert (held.status, held.account, held.first_serial, held.last_serial) == ("held", "A001", 1_011, 1_100)
        assert (held.project, held.origin, held.proof, held.boundary) == ("P-7", "重庆", "注销-9", "B001")
        assert await chen.serials.of("A001") == [held]
        assert await chen.serials.of("B001") == []
        with pytest.raises(Refused):
            await chen.serials.of("Z999")
    await house.stop()
