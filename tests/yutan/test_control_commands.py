"""Kill switches and own limits as members and operators type them: one hand stops, two let go."""

from pathlib import Path

from tests.yutan.kit import SECOND, answer, serving
from tests.yutan.test_cli import Desk
from yutan import keys

WHY = ("--reason", "急停演练")
RIGHTS = ("--right", "view", "--right", "trade", "--right", "limits")
SCOPES = ("--scope", "view", "--scope", "trade", "--scope", "limits")


def test_limits_and_kill_switches_by_commands(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        desk.operator("open-account", "I01", "投资", "--category", "institution", "--owner", "7")
        desk.both("participant", "admit", "7", "投资", "--identity", "i-7")
        for user in ("wu", "he"):
            key = desk.data / "keys" / f"{user}-1.pem"
            keys.create(key)
            desk.both("user", "appoint", user, user, "--participant", "7", "--identity", f"p-{user}", *RIGHTS)
            register = ("register-key", f"{user}-1", "--public-key", str(key), "--account", "I01", "--user", user)
            desk.both(*register, *SCOPES)
        assert desk.member("wu-1", "limits", "set", "--order-value", "400.00")["status"] == "done"
        waiting = desk.member("wu-1", "limits", "set", "--order-value", "500.00")
        [row] = desk.member("he-1", "own", "list")
        assert (row["proposal_id"], row["fields"]["order_value_max"]) == (waiting["proposal_id"], "500.00")
        desk.member("he-1", "own", "approve", row["proposal_id"], "--sha256", row["sha256"])
        assert desk.member("wu-1", "limits", "show")["order_value_max"] == "500.00"
        assert desk.member("wu-1", "kill", "engage", "--all")["kill_switch_id"] == "X-1"
        [row] = desk.operator("kill", "list")
        assert (row["kind"], row["target"], row["by"]) == ("participant", "7", "wu-1")
        waiting = desk.member("he-1", "kill", "release", "X-1")
        desk.member("wu-1", "own", "reject", waiting["proposal_id"])
        assert [row["kill_switch_id"] for row in desk.member("wu-1", "kill", "list")] == ["X-1"]
        assert desk.operator("kill", "engage", "--market", *WHY)["status"] == "done"
        for switch in ("X-1", "X-2"):
            proposed = desk.operator("kill", "release", switch, *WHY)
            desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        assert desk.operator("kill", "list") == []
        desk.operator("kill", "engage", *WHY, code=2)
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]
