"""The demo market: founded by two operators, traded by seeded members, published, closed and taken up again."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.yutan.kit import DEADLINE_S, answer, start, stop, wait_for, wait_until_open
from yutan import folder

WORDS = ("--ws-port", "0", "--http-port", "0", "--day-seconds", "12", "--pace", "8")


def fetch(running: folder.Running, path: str) -> Any:
    with urllib.request.urlopen(running.http_url + path, timeout=DEADLINE_S) as reply:
        return json.loads(reply.read())


def test_the_demo_trades_publishes_closes_and_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    process = start("demo", "--data", str(data), *WORDS)
    try:
        running = wait_until_open(data, process)
        wait_for("continuous trading", lambda: fetch(running, "/api/v1/phase")["phase"] == "continuous")
        wait_for("trades", lambda: any(row["trades"] for row in fetch(running, "/api/v1/ticker")["tickers"]))
        statement = answer("cash", "--data", str(data), "--demo")
        assert statement["available"] == "2000000.00"
        assert answer("login", "code", "--data", str(data), "--demo")["door"] == "trade"
        (bulletin,) = wait_for("a bulletin", lambda: fetch(running, "/api/v1/bulletins")["bulletins"])[:1]
        before = answer("operator", "status", "--operator", "li-qing", "--data", str(data))
        said = stop(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert "place buy CQEA-25 100" in said
    again = start("demo", "--data", str(data), *WORDS)
    try:
        running = wait_until_open(data, again)
        days = [row["trading_day"] for row in fetch(running, "/api/v1/bulletins")["bulletins"]]
        assert bulletin["trading_day"] in days
        wait_for("new entries", lambda: fetch(running, "/health")["seq"] > before["seq"] + 20)
        assert answer("operator", "reconcile", "--operator", "li-qing", "--data", str(data))["ok"] is True
        stop(again)
    finally:
        if again.poll() is None:
            again.kill()
            again.communicate()
    assert "all invariants kept" in answer("verify", str(data))["registry"]
