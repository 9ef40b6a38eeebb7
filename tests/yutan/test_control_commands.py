"""Kill switches, own limits and sessions as people meet them: one hand stops, two let go; a killed exchange is a disconnect."""

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.yutan.kit import DEADLINE_S, SECOND, answer, serving, start, stop, wait_until_open
from tests.yutan.test_cli import Desk
from yutan import keys
from yutan.client import Client

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
        assert desk.member("wu-1", "key", "revoke", "he-1", "--note", "a lost telephone")["status"] == "done"
        rows = {row["key_id"]: row["status"] for row in desk.member("wu-1", "key", "list")}
        assert (rows["wu-1"], rows["he-1"]) == ("good", "KEY_REVOKED")
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_orders_of_a_session_end_when_the_exchange_itself_was_killed_and_no_others(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    words = ("serve", "--data", str(desk.data), "--ws-port", "0", "--http-port", "0")
    process = start(*words)
    try:
        running = wait_until_open(desk.data, process)
        listing = ("--product", "CQEA", "--vintage", "2025", "--name-zh", "配额", "--name-en", "Allowance")
        desk.operator("list-instrument", "CQEA-25", *listing, "--base-price", "40.00")
        desk.admit(1, "I01", "i01", "100000.00", 1_000)
        desk.operator("open-day", "20261124")
        desk.operator("phase", "continuous")

        async def trade_and_be_killed() -> str:
            key = desk.data / "keys" / "i01.pem"
            login: dict[str, Any] = {"key_id": "i01", "private_key": key, "timeout_s": DEADLINE_S}
            plain = Client.connect(running.ws_url, **login)
            sure = Client.connect(running.ws_url, **login, cancel_grace_ms=200)
            async with plain, sure:
                kept = await plain.place("CQEA-25", "sell", 10, "41.00")
                await sure.place("CQEA-25", "sell", 10, "41.00")
                process.kill()
                await plain.wait_closed()
                await sure.wait_closed()
            return kept.order_id

        kept = asyncio.run(trade_and_be_killed())
        process.communicate()
        process = start(*words)
        wait_until_open(desk.data, process)
        deadline = time.monotonic() + DEADLINE_S
        while len(rows := desk.member("i01", "orders")) > 1:
            assert time.monotonic() < deadline, rows
        assert [row["order_id"] for row in rows] == [kept]
        assert desk.member("i01", "dead-man", "60")["seconds"] == 60
        stop(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
