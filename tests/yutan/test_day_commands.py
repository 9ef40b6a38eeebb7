"""The day as an operator walks through it: its stages, the bank's file and its differences, what lets the next day open."""

import time
from pathlib import Path
from typing import Any

from tests.yutan.kit import DEADLINE_S, SECOND, answer, serving
from tests.yutan.test_cli import Desk

DAY, NEXT = "20261123", "20261124"


def stages(desk: Desk, day: str = "2026-11-23") -> dict[str, Any]:
    """The rows of a day by stage."""
    return {row["stage"]: row for row in desk.operator("day")["stages"] if row["trading_day"] == day}


def until(desk: Desk, stage: str) -> dict[str, Any]:
    """Wait until a stage of the day was reached; returns its row."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        row: dict[str, Any] = stages(desk).get(stage, {})
        if row.get("done_at"):
            return row
    raise AssertionError(f"{stage} was not reached in time: {stages(desk)}")


def test_an_operator_walks_through_a_day(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "bank.csv"
    answer("init", str(data), "--rulebook", "chongqing")
    desk = Desk(data)
    with serving(data):
        desk.operator("open-account", "B01", "银行客户", "--category", "institution", "--owner", "1")
        desk.both("deposit", "B01", "1000.00")
        table = desk.operator("day")
        assert (table["trading_day"], table["stages"]) == ("", [])
        assert {row["check"]: row["is_ok"] for row in table["house"]}["operators"]
        desk.operator("open-day", DAY)
        assert stages(desk)["opening"]["by"] == "li-qing"
        desk.operator("close-day")
        assert until(desk, "reconciliation")["status"] == "done"
        engine, settled = desk.operator("day")["confirmations"]
        assert (engine.pop("by"), settled.pop("by"), len(engine["sha256"])) == ("engine", "settlement", 64)
        assert engine == settled
        reached = stages(desk)
        assert [reached[name]["status"] for name in ("close", "clearing", "statements")] == ["done"] * 3
        assert (reached["statements"]["by"], reached["statements"]["count"]) == ("exchange", 1)
        assert reached["disclosure"]["remedy"] == "yutan operator bulletin publish"
        fixed = desk.operator("fix-day", NEXT)
        assert fixed["status"] == "done"

        file.write_text("account,opening,credit,debit,closing\nB01,0.00,990.00,0.00,995.00\nZ9,0,0.00,0.00,0.00\n")
        refused = desk.operator("bank", "import", str(file), "--day", DAY, code=65)
        assert [(row["line"], row["column"]) for row in refused["error"]["data"]["rows"]] == [
            (2, "closing"),
            (3, "account"),
            (3, "opening"),
        ]
        file.write_text(
            "account,opening,credit,debit,closing\nB01,0.00,990.00,0.00,990.00\n#fees,0.00,0.00,0.00,0.00\n"
            "#total,0.00,990.00,0.00,990.00\n"
        )
        desk.operator("bank", "import", str(file), "--day", DAY)
        assert (until(desk, "bank")["status"], stages(desk)["bank"]["count"]) == ("failed", 2)
        shown = desk.operator("bank", "show", code=65)
        assert [(row["account"], row["ledger"], row["bank"]) for row in shown["breaks"]] == [
            ("total", "1000.00", "990.00"),
            ("B01", "1000.00", "990.00"),
        ]
        assert desk.operator("open-day", NEXT, code=20)["error"]["name"] == "BANK_BREAK_OPEN"
        assert desk.operator("day")["blocked_by"]["name"] == "BANK_BREAK_OPEN"
        assert stages(desk, "2026-11-24")["checks"]["status"] == "blocked"

        why = ("--reason", "letter of the bank", "--basis", "BANK-2026-11")
        desk.both("bank", "resolve", "D-2", "corrected", *why)
        desk.operator("reserve", "fund", "50.00", "--basis", "BANK-2026-12")
        desk.both("reserve", "use", "B01", "20.00", *why)
        desk.operator("reserve", "recover", "B01", "15.00", "--basis", "paid in")
        assert desk.operator("reserve", "show") == {
            "reserve": "45.00",
            "claims": [{"account": "B01", "amount": "5.00"}],
        }
        proposed = desk.operator("bank", "resolve", "D-1", "explained", *why)
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        assert stages(desk)["bank"]["status"] == "done"
        assert desk.operator("reconcile")["cash"] == "1040.00"
        desk.operator("open-day", NEXT)
        assert desk.operator("close-day")["status"] == "done"
        proposed = desk.operator(
            "override-opening", "20261125", "--basis", "渝环〔2026〕8号", "--reason", "bank file late"
        )
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        assert desk.operator("day")["override"] == "渝环〔2026〕8号"
    assert "all invariants kept" in answer("verify", str(data))["registry"]
