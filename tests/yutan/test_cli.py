"""The command line, from founding to the published bulletin, against a real exchange in another process."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.yutan.kit import FIRST, ROOT, SECOND, answer, run, serving, start, wait_for, wait_until_open
from yutan import keys

DAY = "20261123"


class Desk:
    """The exchange's folder, and its two operators at work."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def operator(self, *words: str, operator: str = FIRST, code: int = 0) -> Any:
        return answer("operator", *words, "--operator", operator, "--data", str(self.data), code=code)

    def both(self, *words: str) -> Any:
        """An act that needs two persons."""
        proposed = self.operator(*words)
        assert proposed["status"] == "pending", proposed
        return self.operator("approve", proposed["proposal_id"], operator=SECOND)

    def member(self, name: str, *words: str, code: int = 0) -> Any:
        return answer(*words, "--data", str(self.data), "--member", name, code=code)

    def settles(self, name: str, tonnes: int) -> None:
        """Wait until the registry has followed: this member's one instrument has so many tonnes, all of them free."""

        def held() -> bool:
            rows = self.member(name, "allowances")["holdings"]
            return [(row["available"], row["settled"]) for row in rows] == [(tonnes, tonnes)]

        wait_for(f"{tonnes} t of {name} to be settled", held)

    def admit(self, owner: int, code: str, member: str, cash: str, tonnes: int) -> None:
        self.operator("open-account", code, member, "--category", "institution", "--owner", str(owner))
        key = self.data / "keys" / f"{member}.pem"
        keys.create(key)
        self.both("register-key", member, "--public-key", str(key), "--account", code)
        self.both("deposit", code, cash)
        if tonnes:
            self.both("allocate", code, "CQEA-25", str(tonnes), "--kind", "paid", "--year", "2025")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A founded market with a buyer and a seller, in continuous trading; not running."""
    data = tmp_path_factory.mktemp("exchange") / "data"
    founded = answer("init", str(data), "--rulebook", "chongqing")
    assert set(founded["operator_keys"]) == {FIRST, SECOND}
    found = Desk(data)
    with serving(data):
        found.operator(
            "list-instrument",
            "CQEA-25",
            "--product",
            "CQEA",
            "--vintage",
            "2025",
            "--base-price",
            "40.00",
            "--name-zh",
            "重庆碳配额",
            "--name-en",
            "Chongqing allowance",
        )
        found.admit(1, "B01", "buyer", "100000.00", 0)
        found.admit(2, "S01", "seller", "1000.00", 500)
        found.operator("open-day", DAY)
        found.operator("phase", "continuous")
    return found


def test_a_trade_goes_from_the_command_line_to_the_published_bulletin(desk: Desk) -> None:
    with serving(desk.data) as running:
        sold = desk.member("seller", "place", "sell", "CQEA-25", "100", "40.10")
        assert sold["order_status"] == "new"
        tested = desk.member("buyer", "place", "buy", "CQEA-25", "60", "40.20", "--dry-run")
        assert (tested["cum_qty"], tested["avg_price"], {row["outcome"] for row in tested["checks"]}) == (
            60,
            "40.1000",
            {"passed"},
        )
        asks = wait_for("the order in the book", lambda: answer("book", "CQEA-25", "--url", running.ws_url)["asks"])
        assert asks == [["40.10", 100]]
        bought = desk.member("buyer", "place", "buy", "CQEA-25", "60", "40.20", "--tif", "ioc")
        assert (bought["order_status"], bought["avg_price"]) == ("filled", "40.1000")
        (fill,) = desk.member("buyer", "fills")
        assert (fill["price"], fill["quantity"]) == ("40.10", 60)
        assert desk.member("buyer", "cash")["available"] == "97594.00"
        (holding,) = desk.member("buyer", "allowances")["holdings"]
        assert (holding["available"], holding["locked"]) == (0, 60)
        (left,) = desk.member("seller", "orders")
        changed = desk.member("seller", "replace", left["order_id"], "90", "40.30")
        assert (changed["leaves_qty"], changed["price"]) == (30, "40.30")
        assert desk.member("seller", "cancel", left["client_order_id"])["order_status"] == "canceled"
        story = [row["event"] for row in desk.member("seller", "explain", left["order_id"])["timeline"]]
        assert story == ["accepted", "rested", "filled", "replaced", "rested", "canceled"]
        assert desk.operator("reconcile")["ok"] is True
        assert desk.operator("unsettled") == []
        desk.operator("close-day")
        statement = desk.operator("statement", "B01", "--day", DAY)
        assert statement["account"] == "B01"
        proposed = desk.operator("bulletin", "publish")
        content = (desk.data / "bulletins" / f"{DAY}.json").read_bytes()
        assert proposed["fields"]["sha256"] == hashlib.sha256(content).hexdigest()
        (pending,) = desk.operator("pending", operator=SECOND)
        assert pending["sha256"] == proposed["sha256"]
        desk.operator("approve", proposed["proposal_id"], "--sha256", proposed["sha256"], operator=SECOND)
        assert desk.operator("status")["pending"] == 0
    verified = answer("verify", str(desk.data))
    assert verified["seq"] > 20
    assert "all invariants kept" in verified["registry"]


def test_refusals_have_the_exit_code_of_their_range_and_say_what_is_wrong(desk: Desk) -> None:
    with serving(desk.data):
        closed = desk.member("buyer", "place", "buy", "CQEA-25", "1", "40.00", code=40)
        tested = desk.member("buyer", "place", "buy", "CQEA-25", "1", "40.00", "--dry-run", code=40)
        assert tested["reason"]["name"] == closed["error"]["name"]
        assert closed["error"]["name"] in ("MARKET_CLOSED", "PHASE_FORBIDS")
        unknown = desk.member("buyer", "cancel", "O-999999", code=40)
        assert unknown["error"]["name"] == "UNKNOWN_ORDER"
        foreign = desk.member("buyer", "cash", "--account", "S01", code=20)
        assert foreign["error"]["name"] == "UNKNOWN_ACCOUNT"
        first = desk.operator("deposit", "B01", "5.00")
        own = desk.operator("approve", first["proposal_id"], code=20)
        assert own["error"]["name"] == "SELF_APPROVAL"
        other = desk.operator("approve", first["proposal_id"], "--sha256", "0" * 64, operator=SECOND, code=20)
        assert other["error"]["name"] == "CONTENT_CHANGED"
        desk.operator("reject", first["proposal_id"], "--reason", "not received", operator=SECOND)
        assert desk.operator("pending") == []
        stranger = desk.data / "keys" / "stranger.pem"
        keys.create(stranger)
        assert desk.member("stranger", "cash", code=10)["error"]["name"] == "BAD_SIGNATURE"


def test_commands_without_an_exchange_or_a_key_say_so(desk: Desk) -> None:
    nobody = desk.member("buyer", "cash", code=69)
    assert "no exchange is running" in nobody["error"]["message"]
    assert "absent.pem" in desk.member("absent", "cash", code=66)["error"]["message"]
    assert run("cash", "--data", str(desk.data)).returncode == 2
    assert "founded here already" in answer("init", str(desk.data), code=65)["error"]["message"]
    for words in (("serve", "--data"), ("verify",)):
        assert "no market was founded" in answer(*words, str(desk.data / "other"), code=66)["error"]["message"]
    alone = answer("init", str(desk.data / "x"), "--operator", "one", code=65)
    assert "two different operators" in alone["error"]["message"]


def test_a_killed_exchange_comes_back_with_everything_it_acknowledged(desk: Desk) -> None:
    process = start("serve", "--data", str(desk.data), "--ws-port", "0", "--http-port", "0")
    try:
        wait_until_open(desk.data, process)
        desk.operator("open-day", "20261124")
        desk.operator("phase", "continuous")
        placed = desk.member("seller", "place", "sell", "CQEA-25", "7", "40.50", "--id", "after-kill")
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    gone = desk.member("seller", "orders", code=69)
    assert "killed" in gone["error"]["message"]
    with serving(desk.data):
        (order,) = desk.member("seller", "orders")
        assert (order["order_id"], order["leaves_qty"]) == (placed["order_id"], 7)
        again = desk.member("seller", "place", "sell", "CQEA-25", "7", "40.50", "--id", "after-kill")
        assert again["order_id"] == placed["order_id"]
        assert desk.operator("reconcile")["ok"] is True


def test_tables_are_for_people_and_json_is_for_programs(desk: Desk) -> None:
    table = run("rulebook", "show", "chongqing")
    assert table.returncode == 0
    assert "retention_bp" in table.stdout
    rows = answer("rulebook", "show", "chongqing")
    assert {"rule", "value", "confidence", "source"} == set(rows[0])
    bad = desk.data / "bad.toml"
    bad.write_text("[market]\nname = 3\n")
    faults = answer("rulebook", "check", str(bad), code=20)["error"]["data"]["faults"]
    assert len(faults) > 3
    assert json.loads(run("doctor", "--data", str(desk.data), "--json").stdout)[0]["what"] == "Python"


def test_every_command_has_help_with_chinese_words_and_a_json_form() -> None:
    from typer.main import get_command

    from yutan.cli.app import tree

    def leaves(group: Any) -> list[Any]:
        return [
            leaf
            for found in group.commands.values()
            for leaf in (leaves(found) if hasattr(found, "commands") else [found])
        ]

    for leaf in leaves(get_command(tree())):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in leaf.help), leaf.name
        if leaf.name != "ical":  # prints a file of its own format
            assert "--json" in {option for param in leaf.params for option in param.opts}, leaf.name


SERVERS = {"litestar", "uvicorn", "aiosqlite", "settlement", "engine.core.admission", "engine.journal", "rich.console"}


@pytest.mark.parametrize("name", ["cash", "block", "auction", "operator"])
def test_a_command_starts_without_what_it_does_not_need(name: str) -> None:
    asked = f"import sys, yutan.cli.app as cli; cli.tree({name!r}); print(*sorted({SERVERS!r} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == ""


def test_a_mistyped_command_is_told_of_the_one_that_was_meant() -> None:
    told = run("plce", "buy")
    assert (told.returncode, "place" in told.stderr) == (2, True), told.stderr
