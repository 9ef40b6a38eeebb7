"""A market of water-use rights from its founding to a settled trade, with a participant from Sichuan: no line of code knows water."""

import urllib.error
import urllib.request
from pathlib import Path

import orjson

from tests.yutan.kit import SECOND, answer, serving, wait_for
from tests.yutan.test_cli import Desk
from yutan import keys

DAY = "20261123"
SICHUAN = "91510000MA6CQW001P"  # invented; its last character is the check of the others


def text_of(address: str) -> str:
    """The page there; empty while nothing is there: what is approved is published a moment later, by settlement."""
    try:
        with urllib.request.urlopen(address) as public:
            text: str = public.read().decode()
            return text
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return ""


def test_water_is_traded_settled_stated_and_published(tmp_path: Path) -> None:
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing-water")
    desk = Desk(data)
    with serving(data) as running:
        desk.operator(
            "list-instrument", "CQW-26", "--product", "CQW", "--vintage", "2026", "--base-price", "2.50",
            "--name-zh", "用水权2026", "--name-en", "water-use right 2026",
        )  # fmt: skip
        wrong = ("participant", "admit", "1", "四川灌区", "--identity", SICHUAN[:-1] + "0", "--home", "四川省")
        assert desk.operator(*wrong, code=20)["error"]["name"] == "CREDIT_CODE_INVALID"
        desk.both(*wrong[:5], SICHUAN, *wrong[6:])
        for owner, code, name in ((1, "S01", "seller"), (2, "B01", "buyer")):
            desk.operator("open-account", code, name, "--category", "institution", "--owner", str(owner))
            key = data / "keys" / f"{name}.pem"
            keys.create(key)
            desk.both("register-key", name, "--public-key", str(key), "--account", code)
        free = desk.operator("allocate", "S01", "CQW-26", "5000", "--kind", "free", "--year", "2026", code=60)
        assert free["error"]["name"] == "NOT_KEY_EMITTER"
        desk.both("allocate", "S01", "CQW-26", "5000", "--kind", "right", "--year", "2026")
        desk.both("deposit", "B01", "10000.00")
        desk.operator("open-day", DAY)
        desk.operator("phase", "continuous")
        off_lot = desk.member("seller", "place", "sell", "CQW-26", "150", "2.50", code=40)
        assert off_lot["error"]["name"] == "QTY_OFF_LOT"
        desk.member("seller", "place", "sell", "CQW-26", "5000", "2.50")  # all of it: nothing is retained
        bought = desk.member("buyer", "place", "buy", "CQW-26", "1200", "2.50")
        timeline = desk.member("buyer", "explain", bought["order_id"])["timeline"]
        assert all("1200 m3" in row["text"] or "1200 立方米" in row["text"] for row in timeline)
        with urllib.request.urlopen(f"{running.http_url}/api/v1/instruments") as public:
            [shown] = orjson.loads(public.read())["instruments"]
        assert (shown["kind"], shown["unit_zh"], shown["unit_en"]) == ("right", "立方米", "m3")
        with urllib.request.urlopen(f"{running.http_url}/") as public:
            assert "数量单位:立方米" in public.read().decode()
        desk.settles("buyer", 1_200)
        assert desk.operator("reconcile")["ok"] is True
        desk.operator("close-day")
        assert desk.operator("statement", "B01", "--day", DAY)["account"] == "B01"
        proposed = desk.operator("bulletin", "publish")
        desk.operator("approve", proposed["proposal_id"], "--sha256", proposed["sha256"], operator=SECOND)
        [row] = orjson.loads((data / "bulletins" / f"{DAY}.json").read_bytes())["instruments"]
        assert (row["code"], row["listed"]["tonnes"], row["listed"]["turnover"]) == ("CQW-26", 1200, "3000.00")
        address = f"{running.http_url}/bulletins/2026-11-23"
        page = wait_for("the bulletin to be shown", lambda: text_of(address))
        assert "成交量(立方米)" in page
        assert "吨" not in page
        for table in ("trades", "history", "bulletins"):
            with urllib.request.urlopen(f"{running.http_url}/data/2026-11-23/{table}-2026-11-23.json") as public:
                assert {row["unit"] for row in orjson.loads(public.read())} == {"m3"}, table
    assert "all invariants kept" in answer("verify", str(data))["registry"]
