"""Participants as operators type them: admitted, qualified, suspended; a user with a key of their own; the banned."""

from pathlib import Path

from tests.yutan.kit import SECOND, answer, serving
from tests.yutan.test_cli import Desk
from yutan import keys

WHY = ("--reason", "finding 7")


def test_an_individual_is_admitted_qualified_and_suspended_by_commands(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        desk.operator("open-day", "20261124")
        desk.operator("open-account", "P01", "王某", "--category", "individual", "--owner", "7")
        desk.both("participant", "admit", "7", "王某", "--identity", "p-0007", "--home", "重庆市")
        [row] = desk.operator("participant", "list")
        assert row["accounts"][0]["missing"] == "suitability"
        desk.both("participant", "qualify", "7", "suitability", "--from", "20260105", "--until", "20270104")
        desk.both("participant", "qualify", "7", "assets", "--from", "20260105", "--assets", "100000.00")
        [row] = desk.operator("participant", "list")
        [account] = row["accounts"]
        assert (account["account"], account["bars"], account["missing"]) == ("P01", ["by_class"], "")
        key = desk.data / "keys" / "wang-1.pem"
        keys.create(key)
        rights = ("--right", "view", "--right", "cancel")
        desk.both("user", "appoint", "wang", "王某", "--participant", "7", "--identity", "p-0007", *rights)
        register = ("register-key", "wang-1", "--public-key", str(key), "--account", "P01", "--user", "wang")
        refused = desk.operator(*register, "--scope", "trade", code=20)
        assert refused["error"]["name"] == "RIGHT_NOT_HELD"
        desk.both(*register, "--scope", "view", "--scope", "cancel")
        assert desk.member("wang-1", "orders") == []
        assert desk.operator("participant", "suspend", "7", *WHY)["status"] == "done"
        desk.member("wang-1", "orders", code=20)
        proposed = desk.operator("participant", "reinstate", "7", *WHY)
        desk.operator("approve", proposed["proposal_id"], operator=SECOND)
        desk.operator("ban", "add", "p-0007", "王某", *WHY)
        assert [found["identity"] for found in desk.operator("ban", "list")] == ["p-0007"]
        [row] = desk.operator("participant", "list")
        assert (row["is_suspended"], row["users"]) == (True, [])
        desk.both("ban", "lift", "p-0007", *WHY)
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_a_key_emitter_leaves_for_the_national_market_by_two_people(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        for number, name in ((1, "水泥厂"), (2, "水泥贸易")):
            desk.operator("open-account", f"K0{number}", name, "--category", "key_emitter", "--owner", str(number))
            desk.both("participant", "admit", str(number), name, "--identity", f"k-{number}")
        share = ("--share-bp", "6000", "--from", "20260105")
        desk.both("association", "record", "1", "2", *share, *WHY)
        desk.both("association", "end", "1", "--until", "20260104", *WHY)
        [row] = desk.operator("association", "list")
        assert (row["is_in_force"], row["until_day"]) == (False, "2026-01-04")
        desk.both("exit-to-national", "K01", "--until", "20270331", "--last-year", "2025", *WHY)
        desk.both("close-account", "K02", *WHY)
        rows = {row["account"]: row["standing"] for row in desk.operator("accounts")}
        assert rows == {"K01": ["leaving"], "K02": ["closed"]}
        gone = desk.operator("deposit", "K02", "1.00", code=60)
        assert gone["error"]["name"] == "ACCOUNT_CLOSED"
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]
