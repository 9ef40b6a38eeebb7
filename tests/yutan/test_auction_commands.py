"""The worked example of docs/auctions.md from the command line, against a real exchange in another process."""

import hashlib
import json
import urllib.request
from decimal import Decimal
from typing import Any

import pytest

from tests.yutan.kit import answer, serving, wait_for
from tests.yutan.test_cli import DAY, Desk

CODE = "2026-01"
OWN_CODE = "S-2026-01"
WANTED_CODE = "P-2026-01"
GOV = ("--units", "GOV", "--cash", "TREASURY")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A government with 5,000 t, its treasury, and three members with cash; the day is open, nothing runs."""
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
        found.operator("open-account", "GOV", "生态环境局", "--category", "government", "--owner", "900")
        found.operator("open-account", "TREASURY", "市级国库", "--category", "treasury", "--owner", "901")
        found.both("allocate", "GOV", "CQEA-25", "5000", "--kind", "paid", "--year", "2025")
        for owner, name in enumerate(("a", "b", "c"), 1):
            found.admit(owner, f"{name.upper()}01", name, "18000.00" if name == "a" else "50000.00", 0)
        found.operator("open-day", DAY)
    return found


def public(url: str, path: str) -> Any:
    """What anyone reads over HTTP."""
    with urllib.request.urlopen(f"{url}{path}") as reply:
        return json.loads(reply.read())


def sell_own_units(desk: Desk) -> None:
    """B01 sells 100 t of its own; A01 bids for 20 t at 41.00 = 820.00, of which the exchange takes 4 % = 32.80."""
    desk.both("allocate", "B01", "CQEA-25", "100", "--kind", "paid", "--year", "2025")
    before = Decimal(desk.member("b", "cash")["available"])
    words = ("auction", "announce", OWN_CODE, "CQEA-25", "100", "--day", DAY, "--seller", "B01")
    desk.both(*words, "--seller-fee-ppm", "40000", "--document", "申请〔2026〕7号")
    desk.operator("auction", "open", OWN_CODE)
    assert desk.member("b", "auction", "bid", OWN_CODE, "10", "45.00", code=40)["error"]["name"] == "OWN_AUCTION"
    desk.member("a", "auction", "bid", OWN_CODE, "20", "41.00")
    desk.operator("auction", "close", OWN_CODE)
    assert desk.operator("auction", "show", OWN_CODE)["result"]["seller_fees"] == "32.80"
    assert Decimal(desk.member("b", "cash")["available"]) - before == Decimal("787.20")


def buy_from_others(desk: Desk) -> None:
    """C01 buys up to 100 t at 42.00 or less: 4,200.00 and 1 % are held; B01 offers 30 t at 40.00 = 1,200.00, fee 12.00."""
    before = Decimal(desk.member("c", "cash")["available"])
    words = ("auction", "announce", WANTED_CODE, "CQEA-25", "100", "--day", DAY, "--buyer", "C01", "--floor", "42.00")
    desk.both(*words, "--buyer-fee-ppm", "10000", "--document", "申请〔2026〕8号")
    assert before - Decimal(desk.member("c", "cash")["available"]) == Decimal("4242.00")
    desk.operator("auction", "open", WANTED_CODE)
    desk.member("b", "auction", "bid", WANTED_CODE, "30", "40.00")
    desk.operator("auction", "close", WANTED_CODE)
    assert before - Decimal(desk.member("c", "cash")["available"]) == Decimal("1212.00")


def fills(desk: Desk, name: str) -> list[tuple[str, int, str]]:
    return [(fill["price"], fill["quantity"], fill["settlement"]) for fill in desk.member(name, "fills")]


def read_reports(desk: Desk, url: str) -> None:
    """What the day's documents and the reports to finance bureau, bureau and monitor say of the auction."""
    statement = desk.operator("statement", "TREASURY", "--day", DAY)
    assert (statement["cash"]["sold"], statement["cash"]["closing"]) == ("40000.00", "40000.00")
    day = f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}"
    (receipt,) = desk.operator("report", "finance", day)["auctions"]
    assert (receipt["received"], receipt["outstanding"], receipt["treasury_account"]) == (
        "40000.00",
        "0.00",
        "TREASURY",
    )
    assert desk.operator("report", "bureau", DAY[:4])["trading"]["auctions"][0]["turnover"] == "40000.00"
    told = desk.operator("report", "monitor", f"{DAY[:4]}-Q4")
    assert (told["alerts"], told["supervision"]["cases_opened"]) == ({}, 0)
    written = desk.operator("report", "monitor", CODE, "--out", str(desk.data / "monitor.json"))
    content = (desk.data / "monitor.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == written["sha256"]
    assert json.loads(content)["participation"] == {"bidders": 3, "winners": 3}
    desk.both("report", "publish", str(desk.data / "monitor.json"))
    (listed,) = wait_for("the report", lambda: public(url, "/api/v1/monitor-reports")["monitor_reports"])
    assert (listed["subject"], listed["sha256"]) == (CODE, written["sha256"])
    assert public(url, listed["json"]) == json.loads(content)
    assert public(url, "/api/v1/notices")["notices"][0]["title_zh"] == f"监测报告 {CODE}"
    sent = ("--as", "渝碳〔2026〕3号", "--file", str(desk.data / "monitor.json"))
    desk.operator("report", "sent", "finance", day, *sent)
    (dispatch,) = wait_for("the record", lambda: desk.operator("report", "dispatches"))
    assert (dispatch["sent_as"], dispatch["sha256"]) == ("渝碳〔2026〕3号", written["sha256"])
    assert desk.operator("report", "matters") == []
    assert desk.operator("report", "finance", "1999", code=60)["error"]["name"] == "UNKNOWN_DOCUMENT"


def test_the_worked_example_from_notice_to_verified_bulletin(desk: Desk) -> None:
    with serving(desk.data) as running:
        words = ("auction", "announce", CODE, "CQEA-25", "1000", "--day", DAY, *GOV)
        desk.both(*words, "--floor", "38.00", "--reserve", "39.00", "--withdrawable", "--document", "渝环〔2026〕1号")
        (notice,) = answer("auction", "list", "--url", running.ws_url)
        assert (notice["status"], notice["cap"], notice["limit_price"]) == ("announced", 500, "38.00")
        early = desk.member("a", "auction", "bid", CODE, "400", "45.00", code=40)
        assert early["error"]["name"] == "AUCTION_NOT_OPEN"
        desk.operator("auction", "open", CODE)

        desk.member("a", "auction", "bid", CODE, "400", "45.00")
        assert desk.member("a", "cash")["available"] == "0.00"  # held in full
        desk.member("b", "auction", "bid", CODE, "500", "42.00")
        first = desk.member("c", "auction", "bid", CODE, "200", "41.00")
        desk.member("c", "auction", "bid", CODE, "300", "40.00", "--replaces", first["bid_id"])
        (own,) = desk.member("c", "auction", "bids")
        story = [row["event"] for row in desk.member("c", "explain", first["bid_id"])["timeline"]]
        assert story == ["accepted", "replaced"]
        assert (own["quantity"], own["held_cash"]) == (300, "12000.00")
        extra = desk.member("c", "auction", "bid", CODE, "100", "38.50")
        assert desk.member("c", "auction", "withdraw", extra["bid_id"])["quantity"] == 100
        low = desk.member("b", "auction", "bid", CODE, "10", "37.99", code=40)
        assert (low["error"]["name"], low["error"]["data"]["limit"]) == ("BID_ABOVE_CAP", 500)
        low = desk.member("c", "auction", "bid", CODE, "10", "37.99", code=40)
        assert (low["error"]["name"], low["error"]["data"]["limit"]) == ("BID_BELOW_FLOOR", "38.00")

        desk.operator("auction", "close", CODE)
        result = desk.operator("auction", "show", CODE)["result"]
        assert result == {
            "price": "40.00", "quantity": 1_000, "bid_quantity": 1_200, "bidders": 3, "winners": 3,
            "revenue": "40000.00", "cover_ratio": "1.20", "lowest_bid": "40.00", "highest_bid": "45.00",
        }  # fmt: skip
        assert public(running.http_url, f"/api/v1/auctions/{CODE}")["result"] == result
        assert [row["auction"] for row in public(running.http_url, "/api/v1/auctions")["auctions"]] == [CODE]
        assert desk.member("a", "cash")["available"] == "2000.00"  # 18,000.00 - 16,000.00
        assert desk.member("c", "cash")["available"] == "46000.00"
        award = ("40.00", 500, "settled")
        wait_for("the award to be settled", lambda: award in fills(desk, "b"))
        sell_own_units(desk)
        buy_from_others(desk)
        assert desk.operator("reconcile")["ok"] is True
        desk.operator("close-day")
        read_reports(desk, running.http_url)
        desk.both("bulletin", "publish")
        told = json.loads((desk.data / "bulletins" / f"{DAY}.json").read_bytes())["auctions"]
        named = ("code", "held_by", "price", "turnover", "seller_fees", "buyer_fees")
        assert [tuple(one[name] for name in named) for one in told] == [
            (CODE, "government", "40.00", "40000.00", "0.00", "0.00"),
            (OWN_CODE, "institution", "41.00", "820.00", "32.80", "0.00"),
            (WANTED_CODE, "institution", "40.00", "1200.00", "0.00", "12.00"),
        ]
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_what_is_not_there_and_what_one_person_may_not_do(desk: Desk) -> None:
    with serving(desk.data) as running:
        unknown = answer("auction", "show", "2026-99", "--url", running.ws_url, code=40)
        assert unknown["error"]["name"] == "UNKNOWN_AUCTION"
        ended = desk.operator("auction", "open", CODE, code=20)
        assert ended["error"]["name"] == "ACT_NOT_ALLOWED_NOW"
        canceled = desk.operator("auction", "cancel", CODE, "--reason", "too late", code=20)
        assert canceled["error"]["name"] == "ACT_NOT_ALLOWED_NOW"
