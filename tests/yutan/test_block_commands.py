"""Block trades from the command line: the afternoon of docs/blocks.md against a real exchange in another process."""

import json
from pathlib import Path

import pytest

from tests.yutan.kit import answer, serving
from tests.yutan.test_cli import DAY, Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A seller with 300,000 t, a buyer with 10,000,000.00 yuan and a bystander, in continuous trading; not running."""
    data = tmp_path_factory.mktemp("exchange") / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    found = Desk(data)
    with serving(data):
        found.operator(
            "list-instrument",
            "CQEA-25",
            *("--product", "CQEA", "--vintage", "2025", "--base-price", "40.00"),
            *("--name-zh", "重庆碳配额", "--name-en", "Chongqing allowance"),
        )
        found.admit(1, "B01", "buyer", "10000000.00", 0)
        found.admit(2, "S01", "seller", "1000.00", 300_000)
        found.admit(3, "X01", "bystander", "1000.00", 0)
        found.operator("open-day", DAY)
        found.operator("phase", "continuous")
    return found


def test_an_afternoon_of_block_trading(desk: Desk) -> None:
    terms = ("block", "offer", "sell", "CQEA-25", "150000", "38.50", "--to", "B01")
    with serving(desk.data):
        early = desk.member("seller", *terms, code=40)
        assert early["error"]["name"] == "METHOD_NOT_OPEN"
        assert desk.operator("block", "open")["status"] == "done"
        offered = desk.member("seller", *terms, "--id", "big-1")
        (seen,) = desk.member("buyer", "block", "list")
        assert (seen["block_id"], seen["side"], seen["quantity"]) == (offered["block_id"], "buy", 150_000)
        assert desk.member("bystander", "block", "list") == []
        (row,) = desk.operator("block", "list")
        assert (row["account"], row["open_to"]) == ("S01", ["B01"])
        countered = desk.member("buyer", "block", "counter", offered["block_id"], "120000", "38.00")
        assert desk.member("buyer", "cash")["held"] == "4560000.00"
        traded = desk.member("seller", "block", "confirm", countered["block_id"])
        assert desk.member("seller", "block", "confirm", countered["block_id"])["duplicate"] is True
        (fill,) = desk.member("buyer", "fills")
        assert (fill["trade_id"], fill["quantity"], fill["order_id"]) == (
            traded["trade_id"],
            120_000,
            countered["block_id"],
        )
        small = desk.member("seller", "block", "offer", "sell", "CQEA-25", "99999", "38.00", "--to", "B01", code=40)
        assert (small["error"]["name"], small["error"]["data"]["limit"]) == ("QTY_BELOW_MIN", 100_000)
        again = desk.member("seller", *terms, "--to", "X01", "--id", "big-2")
        assert desk.member("buyer", "block", "decline", again["block_id"])["status"] == "declined"
        assert desk.member("seller", "block", "withdraw", "big-2")["status"] == "withdrawn"
        assert desk.operator("reconcile")["ok"] is True
        assert desk.operator("block", "close")["status"] == "done"
        desk.operator("close-day")
        (trade,) = desk.operator("statement", "S01", "--day", DAY)["trades"]
        assert (trade["method"], trade["amount"]) == ("block", "4560000.00")
    bulletin = json.loads((desk.data / "bulletins" / f"{DAY}.json").read_text(encoding="utf-8"))
    (row,) = bulletin["instruments"]
    assert row["block"] == {"tonnes": 120_000, "trades": 1, "turnover": "4560000.00"}
    assert (row["close"], row["listed"]["tonnes"], bulletin["total"]["tonnes"]) == ("40.00", 0, 120_000)
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_the_command_of_the_document_is_the_command(desk: Desk) -> None:
    shown = Path("docs/blocks.md").read_text(encoding="utf-8")
    for words in ("block offer sell CQEA-25 150000 38.50 --to B01", "block counter", "block confirm", "block list"):
        assert f"yutan {words}" in shown
