"""A unit's own surrender filing at its door: two of its persons file, the registry confirms or rejects, everyone sees the same."""

from pathlib import Path

import pytest

from engine.core import commands
from tests.gateway.kit import PRODUCTS, House, public_of
from tests.testkit.build import rulebook_text
from yutan.client import Refused

RIGHTS = ("view", "file")


async def founded(tmp_path: Path) -> House:
    """The usual exchange with a key emitter K001 that owes 8,000 t, and three of its persons; ma may look only."""
    rules = rulebook_text(
        {**PRODUCTS, "CQCER": {"kind": "offset"}},
        {2025: {"offset_limit_bp": 500}},
        {"2025.CQCER": {"limit_bp": 500, "is_local": True}},
        two_person_acts=["DecideFiling"],
    )
    house = await House.start(tmp_path, rules=rules)
    await house.act(
        commands.ListInstrument("CQCER-24", "CQCER", 2024, "碳惠通", "CQCER", 3000),
        commands.OpenAccount("K001", 9, "水泥厂", "key_emitter"),
        commands.AllocateUnits(4, 1, 10_000, "free", 2025),
        commands.AllocateUnits(4, 3, 1_000, "offset", 2025),
        commands.ImportEmissions(2025, ((4, 8_000, 20260420),), 0, "cd" * 32),
        commands.AdmitParticipant(9, "k001", "水泥厂"),
        commands.RegisterKey("k001", public_of("k001"), (4,), ("view", "trade")),
    )
    for user in ("wu", "xu", "ma"):
        rights = ("view",) if user == "ma" else RIGHTS
        await house.act(
            commands.AppointUser(user, 9, user, f"P-{user}", rights),
            commands.RegisterKey(user, public_of(user), (4,), rights, user),
        )
    return house


async def test_two_persons_file_and_two_operators_confirm(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with (
        house.member("wu") as wu, house.member("xu") as xu, house.operator("chen") as chen, house.operator("li") as li,
    ):  # fmt: skip
        with pytest.raises(Refused, match="OFFSET_LIMIT") as above:
            await wu.filings.file(2025, {"CQEA-25": 7_600, "CQCER-24": 401}, final=True)
        assert (above.value.data.limit, above.value.data.actual) == (400, 401)
        filed = await wu.filings.file(2025, {"CQEA-25": 7_600, "CQCER-24": 400}, final=True)
        assert (filed.status, filed.year) == ("initiated", 2025)
        with pytest.raises(Refused, match="SELF_APPROVAL"):
            await wu.filings.confirm(filed.filing_id)
        assert (await xu.filings.confirm(filed.filing_id)).status == "pending"
        [waiting] = await chen.filings.waiting()
        [year] = (await wu.obligation(year=2025)).years
        assert year.filings == [waiting]
        assert (waiting.account, waiting.status, waiting.filed_by, waiting.confirmed_by) == (
            "K001",
            "pending",
            "wu",
            "xu",
        )
        held = await wu.allowances()
        assert [(row.kind, row.tonnes) for row in held.encumbrances] == [("surrender", 7_600), ("surrender", 400)]
        with pytest.raises(Refused, match="FILING_OPEN"):
            await chen.act("release_units", {"encumbrance_id": "N-1", "tonnes": 1}, "no")
        decision = {"filing_id": filed.filing_id, "confirmed": True, "note": "complete"}
        proposed = await chen.act("decide_filing", decision, "the filing is complete")
        assert (await li.approve(proposed.proposal_id, proposed.sha256)).status == "done"
        [year] = (await wu.obligation(year=2025)).years
        assert (year.surrendered, year.offsets, year.is_final, year.retention_floor) == (7_600, {"CQCER": 400}, True, 0)
        assert [(row.status, row.note) for row in year.filings] == [("confirmed", "complete")]
        assert await chen.filings.waiting() == []
        assert (await chen.reconcile()).ok
    await house.stop()


async def test_a_filing_is_there_after_a_restart_and_a_rejection_says_why(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with house.member("wu") as wu, house.member("xu") as xu:
        filed = await wu.filings.file(2025, {"CQEA-25": 100})
        await xu.filings.confirm(filed.filing_id)
    await house.stop()
    await house.open()
    async with house.member("wu") as wu, house.operator("chen") as chen, house.operator("li") as li:
        with pytest.raises(Refused, match="FILING_OPEN"):
            await wu.filings.file(2025, {"CQEA-25": 100})
        decision = {"filing_id": filed.filing_id, "confirmed": False, "note": "wrong year"}
        proposed = await chen.act("decide_filing", decision, "wrong year")
        await li.approve(proposed.proposal_id, proposed.sha256)
        [year] = (await wu.obligation(year=2025)).years
        assert [(row.status, row.note) for row in year.filings] == [("rejected", "wrong year")]
        assert (await wu.allowances()).encumbrances == []
        again = await wu.filings.file(2025, {"CQEA-25": 100})
        assert (await wu.filings.withdraw(again.filing_id)).status == "withdrawn"
        assert (await chen.reconcile()).ok
    await house.stop()


async def test_who_may_not_file_is_refused(tmp_path: Path) -> None:
    house = await founded(tmp_path)
    async with house.member("k001") as program, house.member("ma") as ma, house.member("wu") as wu:
        for peer in (program, ma):
            with pytest.raises(Refused, match="RIGHT_NOT_HELD"):
                await peer.filings.file(2025, {"CQEA-25": 100})
        with pytest.raises(Refused, match="UNKNOWN_INSTRUMENT"):
            await wu.filings.file(2025, {"NONE": 100})
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await wu.filings.file(2025, {"CQEA-25": 100}, account="A001")
        with pytest.raises(Refused, match="UNKNOWN_FILING"):
            await wu.filings.withdraw("S-7")
    await house.stop()
