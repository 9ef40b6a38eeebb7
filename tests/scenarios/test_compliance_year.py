"""A whole compliance year in plain text (compliance_year.txt), through the doors of a real exchange."""

import re
from pathlib import Path

import pytest

from engine.journal.verify import verify
from settlement.audit import audit
from tests.scenarios.telling import EXPECTED, Telling
from tests.testkit.build import rulebook_text
from yutan.verifier import folder as verifier

YEAR = (Path(__file__).parent / "compliance_year.txt").read_text(encoding="utf-8")
OFFSET = {"kind": "offset"}
RULES = rulebook_text(
    {
        "CQEA": {"trading_fee_ppm": 1_000, "lock_days": 1, "block_tonnes_min": 1_000, "block_limit_bp": 3_000},
        "CQCER": {**OFFSET, "match_mode": "PICK_BEST5"},
        "CCER": {**OFFSET, "match_mode": "PICK_BEST_ONLY"},
        "PHCER": {**OFFSET, "match_mode": "MEDIAN3"},
    },
    {2025: {"offset_limit_bp": 800}},
    {"2025.CQCER": {"limit_bp": 800, "is_local": True}},
    calendar="weekdays",
    two_person_acts=[
        "RegisterKey",
        "AllocateUnits",
        "PreallocateUnits",
        "TrueUpAllocation",
        "FileObjection",
        "DecideObjection",
        "DepositCash",
        "WithdrawCash",
        "SurrenderUnits",
        "ImportEmissions",
        "CancelUnits",
        "EncumberUnits",
        "ReleaseUnits",
        "EnforceEncumbrance",
        "TransferUnits",
        "LiftRestriction",
        "AnnounceAuction",
    ],
)


async def test_a_compliance_year_of_thirty_participants(tmp_path: Path) -> None:
    telling = Telling(tmp_path, RULES)
    await telling.play(YEAR)
    lines = [line for line in YEAR.splitlines() if line and not line.startswith("#")]
    assert telling.days == sum(line == "The day ends." for line in lines)
    assert telling.refused == sum(bool(EXPECTED.search(line)) for line in lines)
    assert audit(tmp_path / "registry.db").findings == []
    verify(tmp_path)
    assert verifier.verify(tmp_path).report.findings == []


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("I01 has 1,975,675.70 yuan.", "I01 has 1,975,675.71 yuan."),
        ("I01 buys 10 t of CQEA-25 at 44.01. -- refused 4003", "I01 buys 10 t of CQEA-25 at 44.00. -- refused 4003"),
        ("refused 5003 UNITS_LOCKED", "refused 5002 INSUFFICIENT_ALLOWANCE"),
        ("The phase is continuous.", "The phase is contiguous"),
    ],
)
async def test_a_wrong_line_is_found(tmp_path: Path, line: str, instead: str) -> None:
    first_day = YEAR.split("\nThe day ends.")[0]
    assert line in first_day
    with pytest.raises(AssertionError, match=r"line \d+: .*" + re.escape(instead[:20])):
        await Telling(tmp_path, RULES).play(first_day.replace(line, instead))
