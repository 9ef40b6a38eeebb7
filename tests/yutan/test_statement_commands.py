"""Statements from the command line: a member reads, contests and confirms, two operators decide."""

from pathlib import Path
from typing import Any

from tests.yutan.kit import SECOND, answer, serving
from tests.yutan.test_cli import Desk
from yutan import keys


def test_a_statement_is_contested_confirmed_and_decided_by_commands(tmp_path: Path) -> None:
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    desk = Desk(data)
    with serving(data):
        for code, owner in (("B01", "1"), ("B02", "2")):
            desk.operator("open-account", code, code, "--category", "institution", "--owner", owner)
            keys.create(data / f"{code}.pem")
            desk.both("register-key", code, "--public-key", str(data / f"{code}.pem"), "--account", code)

        def member(key: str, *words: str, code: int = 0) -> Any:
            return answer("statement", *words, "--data", str(data), "--key", str(data / f"{key}.pem"), code=code)

        assert member("B01", "confirm", code=66)["error"]["message"] == "there is no statement yet"
        desk.operator("open-day", "20261123")
        desk.operator("close-day")
        desk.operator("reconcile")
        [row] = member("B01", "list")
        assert (row["trading_day"], row["status"], row["until"][-17:]) == ("2026-11-23", "open", "T00:30:00.000000Z")
        assert member("B01", "show")["cash"]["closing"] == "0.00"
        assert member("B01", "confirm")["status"] == "confirmed"
        assert member("B02", "object", "the fee is not ours")["objection_id"] == "S-1"
        assert member("B01", "object", "after all", code=60)["error"]["name"] == "STATEMENT_ANSWERED"
        assert [found["words"] for found in desk.operator("objections")] == ["the fee is not ours"]
        proposed = desk.operator("decide-objection", "S-1", "dismissed", "--answer", "按标准计收")
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        [row] = member("B02", "list")
        assert (row["status"], row["objections"][0]["answer"]) == ("contested", "按标准计收")
        refused = desk.operator("void-trade", "T-1", "--basis", "渝交所〔2026〕9号", code=60)
        assert refused["error"]["name"] == "UNKNOWN_TRADE"
    assert "all invariants kept" in answer("verify", str(data))["registry"]
