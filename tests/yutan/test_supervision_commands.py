"""Supervision as an operator and a member type it, against a real exchange."""

import hashlib
import zipfile
from pathlib import Path

import orjson

from tests.yutan.kit import answer, serving, wait_for
from tests.yutan.test_cli import Desk
from tests.yutan.test_registry_commands import YEAR, admit
from yutan import checkpoints, day_package, verify

WHY = ("--reason", "CQ-M Art. 30")


def test_a_case_from_a_demand_to_a_restriction_and_its_end(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        admit(desk)
        desk.operator("case", "open", "K01", "--matter", "quick cancels", *WHY, "--document", "K2026-1")
        desk.operator("case", "step", "K-1", "interview", "--note", "talked", "--due", "20991231")
        desk.operator("case", "note", "K-1", "--note", "for the file")
        days = ("--first", "20991229", "--last", "20991230", "--review-on", "20991230")
        told = ("--notified", "registry", "--appeal", "bureau", "--document", "R2026-1")
        desk.operator("restrict", "K01", "--scope", "trading", *WHY, *days, *told, "--case", "K-1")
        [row] = desk.operator("restrictions", "--account", "K01")
        assert (row["restriction_id"], row["status"], row["first_day"], row["document"], row["case_id"]) == (
            "R-1", "waiting", "2099-12-29", "R2026-1", "K-1",
        )  # fmt: skip
        desk.both("order-reduction", "K01", "--product", "CQEA", "--to", "900", "--by", "20991231", *WHY)
        [order] = desk.operator("reductions")
        assert (order["reduction_id"], order["tonnes_max"], order["status"]) == ("D-1", 900, "open")
        seen = desk.member("cement", "measures")
        assert [row["step"] for row in seen["demands"]] == ["interview"]
        assert [row["appeal"] for row in seen["restrictions"]] == ["bureau"]
        none = desk.member("cement", "report-holding", "CQEA", "--purpose", "x", "--funds", "own", code=60)
        assert none["error"]["name"] == "NOT_LARGE_HOLDER"
        desk.both("review-restriction", "R-1", "--review-on", "20991231", *WHY)
        desk.both("link", "record", "K01", "I01", "--kind", "address", *WHY)
        [linked] = desk.operator("link", "list", "--account", "I01")
        assert (linked["link"], linked["accounts"], linked["kind"]) == (1, ["K01", "I01"], "address")
        desk.both("link", "end", "1", *WHY)
        assert desk.operator("link", "list") == []
        desk.both("lift", "K01", "--scope", "all", "--restriction", "R-1", *WHY)
        [glance] = desk.operator("case", "list")
        assert glance["last_step"] == "restriction"
        desk.both("case", "close", "K-1", "--finding", "settled", "--note", "explained")
        [record] = desk.operator("credit-record")
        assert (record["record"], record["account"], record["status"]) == ("R-1", "K01", "open")
        files = tmp_path / "credit.json", tmp_path / "credit.csv"
        written = desk.operator("credit-record", "--out", str(files[0]), "--csv", str(files[1]))
        assert (written["version"], written["records"]) == (1, 0)
        assert hashlib.sha256(files[0].read_bytes()).hexdigest() == written["sha256"]
        assert files[1].read_bytes().startswith(b"\xef\xbb\xbfrecord,kind,participant,")
        desk.both("credit", "strike", "R-1", "--basis", "court order 12", *WHY)
        [record] = desk.operator("credit-record")
        assert (record["status"], record["struck_basis"]) == ("struck", "court order 12")
        case = desk.operator("case", "show", "K-1")
        assert [step["step"] for step in case["steps"]] == ["note", "interview", "note", "restriction", "settled"]
        assert desk.operator("restrictions") == []
        desk.operator("allocate", "K01", "CQEA-25", "1", "--kind", "free", *YEAR)
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_an_alert_is_listed_with_its_evidence_and_opened_as_a_case(tmp_path: Path) -> None:
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    folder = ("--data", str(desk.data))
    with serving(desk.data):
        desk.operator(
            "list-instrument", "CQEA-25", "--product", "CQEA", "--vintage", "2025", "--base-price", "40.00",
            "--name-zh", "配额", "--name-en", "Allowance",
        )  # fmt: skip
        desk.admit(1, "B01", "buyer", "100000.00", 0)
        desk.admit(2, "S01", "seller", "1000.00", 500)
        desk.operator("open-day", "20261123")
        desk.operator("phase", "continuous")
        desk.member("seller", "place", "sell", "CQEA-25", "105", "44.00")
        desk.member("buyer", "place", "buy", "CQEA-25", "105", "44.00")
        assert answer("operator", "alerts", "list", *folder) == []
        desk.operator("close-day")
        wait_for("the alerts", lambda: len(desk.operator("alerts", "live")["alerts"]) == 2)
        assert [row["alert_id"] for row in desk.operator("alerts", "live", "--account", "B01")["alerts"]] == []
        rows = answer("operator", "alerts", "list", "--day", "20261123", *folder)
        assert [(row["alert_id"], row["pattern"]) for row in rows] == [
            ("M-1", "small_volume"),
            ("M-2", "price_at_limit"),
        ]
        shown = answer("operator", "alerts", "show", "M-1", *folder)
        assert (shown["instrument"], shown["figures"]) == (
            "CQEA-25", {"tonnes": 105, "close_min_tonnes": 100, "close_ticks": 4_400},
        )  # fmt: skip
        missing = answer("operator", "alerts", "show", "M-9", *folder, code=66)
        assert "M-9" in missing["error"]["message"]
        desk.operator("case", "open", "B01", "--matter", "small volume", "--alert", "M-1", *WHY)
        assert desk.operator("case", "show", "K-1")["alerts"] == ["M-1"]
    package_is_whole_and_every_change_of_it_is_found(desk.data, tmp_path)


def package_is_whole_and_every_change_of_it_is_found(data: Path, place: Path) -> None:
    """The regulator's package of the day above."""
    key = checkpoints.Checkpoints(data).exchange_keys()[-1].public_key
    file, command = place / "day.zip", ("operator", "day-package", "20261123")
    written = answer(*command, str(file), "--data", str(data))
    content = file.read_bytes()
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert day_package.make(data, 20261123) == content  # the same journal, the same bytes
    verified = answer("verify", "--day-package", str(file), "--key", key)
    assert (verified["findings"], verified["seq"] > 0) == ([], True)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    [trade] = orjson.loads(files["trades.json"])
    assert (trade["instrument"], trade["price"], trade["quantity"], trade["buyer"], trade["seller"]) == (
        "CQEA-25", "44.00", 105, "B01", "S01",
    )  # fmt: skip
    assert [row["what"] for row in orjson.loads(files["orders.json"])] == ["accepted", "accepted"]
    assert [row["alert"] for row in orjson.loads(files["alerts.json"])] == ["M-1", "M-2"]
    held = {row["account"]: row for row in orjson.loads(files["holdings.json"])}
    assert held["S01"]["available"] == 500 - 105
    assert orjson.loads(files["bulletin.json"])["trading_day"] == "2026-11-23"
    for name, body in files.items():
        for changed in (body + b" ", body[:-1] + bytes([body[-1] ^ 1]), None):
            with zipfile.ZipFile(file, "w") as archive:
                for other, kept in files.items():
                    if other != name:
                        archive.writestr(other, kept)
                    elif changed is not None:
                        archive.writestr(other, changed)
            assert verify.verify_package(file, key).findings, (name, changed)
    file.write_bytes(content[: len(content) // 2])
    assert verify.verify_package(file, key).findings
    file.write_bytes(content)
    assert verify.verify_package(file, "00" * 32).findings
    refused = answer("operator", "day-package", "20261124", str(file), "--data", str(data), code=65)
    assert "no trading day that has closed" in refused["error"]["message"]
