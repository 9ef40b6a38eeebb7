"""`yutan rulebook …` as its user sees it: every fault at once, sources, differences, explanations."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from engine.core import rulebook
from tests.yutan.kit import DEADLINE_S, FIRST, SECOND, answer, run, serving

DAYS = ("20261123", "20261124")


def test_a_book_with_many_faults_is_refused_with_all_of_them_file_key_and_reason(tmp_path: Path) -> None:
    text = rulebook.shipped("chongqing")
    for old, new in (
        ("tick_fen = { value = 1,", "tick_fen = { value = 0,"),
        ("limit_bp = { value = 1000,", "limit_bp = { value = 0,"),
        ("lot_tonnes = { value = 1,", 'lot_tonnes = { value = "one",'),
        ('"11:30 break"', '"09:10 break"'),
        ('source = "CN-SH: best five levels", ', ""),
        ('confidence = "unknown"', 'confidence = "no idea"'),
        ("open_orders_max =", "open_order_max ="),
    ):
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    shown = run("rulebook", "check", str(file))
    assert shown.returncode == 20
    for fault in (
        "product.CQEA.tick_fen: must be between 1",
        'product.CCER.limit_bp: must be between 1 and 9999, or "none"',
        "product.CQCER.lot_tonnes: must be an integer, not 'one'",
        "day.timetable: row break does not come later than the row before it",
        "trading.public_depth_levels: source is missing",
        "product.CQEA.trading_fee_ppm: confidence must be one of",
        "trading.open_order_max: unknown key",
        "trading.open_orders_max: missing",
    ):
        assert f"{file}: {fault}" in shown.stderr.replace("\n", " ") or fault in shown.stderr, fault
    error = answer("rulebook", "check", str(file), code=20)["error"]
    assert (error["code"], error["name"], error["data"]["file"]) == (2017, "RULEBOOK_INVALID", str(file))
    assert len(error["data"]["faults"]) == 3 + 3 + 3 + 1 + 1 + 1 + 6 + 2 + 2 + 2
    assert "no rule book named" in answer("rulebook", "check", "nowhere", code=66)["error"]["message"]


def test_what_a_person_must_confirm_is_counted_and_shown() -> None:
    checked = answer("rulebook", "check", "chongqing")
    assert checked["rules"]["unknown"] == 11
    assert "product.CQEA.trading_fee_ppm" in checked["to_confirm"]
    unsure = answer("rulebook", "show", "chongqing", "--unsure")
    assert [row["rule"] for row in unsure if row["confidence"] == "unknown"] == [
        "settlement.risk_reserve_bp",
        *(f"product.{code}.{fee}_fee_ppm" for code in ("CQEA", "CCER", "CQCER") for fee in ("trading", "settlement")),
        "compliance.2025.surrender_deadline",
        "compliance.2025.offset_limit_bp",
        "surveillance.price_high_fen",
        "surveillance.price_low_fen",
    ]
    assert "CQ-M Art. 26" in run("rulebook", "show", "chongqing", "--source").stdout
    assert "CQ-M Art. 26" not in run("rulebook", "show", "chongqing").stdout


def test_two_books_differ_in_what_they_differ() -> None:
    rows = {row["rule"]: row for row in answer("rulebook", "diff", "chongqing", "chongqing-call")}
    assert list(rows) == ["market.market", "day.timetable", "day.calendar"]
    assert rows["market.market"]["running_market"] == "fixed"
    assert "14:57 closing_call" in rows["day.timetable"]["after"]
    assert "14:57 closing_call" not in rows["day.timetable"]["before"]
    assert answer("rulebook", "diff", "chongqing", "chongqing") == []
    assert "没有差异" in run("rulebook", "diff", "chongqing", "chongqing").stdout


def test_a_rule_is_explained_in_both_languages_with_its_source() -> None:
    (row,) = answer("rulebook", "explain", "product.CQEA.limit_bp")
    assert "涨跌幅" in row["zh"]
    assert "price limit" in row["en"]
    assert (row["value"], row["confidence"], row["unit"]) == (1000, "to be confirmed", "1/10,000")
    assert len(answer("rulebook", "explain", "limit_bp")) == 3
    assert "no rule is called" in answer("rulebook", "explain", "limit", code=66)["error"]["message"]


def test_a_change_of_the_rules_from_the_command_line_to_the_bulletin(tmp_path: Path) -> None:
    data = tmp_path / "data"
    answer("init", str(data), "--rulebook", "chongqing")
    later = tmp_path / "later.toml"
    text = rulebook.shipped("chongqing").replace("\nversion = { value = 1,", "\nversion = { value = 2,")
    later.write_text(text.replace("limit_bp = { value = 1000,", "limit_bp = { value = 2000,"), encoding="utf-8")
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("[market]\n", encoding="utf-8")

    def operate(*words: str, operator: str = FIRST, code: int = 0) -> Any:
        return answer("operator", *words, "--operator", operator, "--data", str(data), code=code)

    def adopt(file: Path, day: str, code: int = 0) -> Any:
        words = ("--approval", "渝环办〔2026〕9号", "--approval", "No. 2", "--reason", "wider band")
        return operate("adopt-rulebook", str(file), "--effective", day, *words, code=code)

    with serving(data) as running:

        def public(path: str) -> Any:
            with urlopen(f"{running.http_url}/api/v1/{path}", timeout=DEADLINE_S) as reply:
                return json.load(reply)

        listing = ("list-instrument", "CQEA-25", "--product", "CQEA", "--vintage", "2025", "--base-price", "40.00")
        operate(*listing, "--name-zh", "配额", "--name-en", "Allowance")
        operate("open-day", "20261123")
        assert len(adopt(faulty, "20261124", code=20)["error"]["data"]["faults"]) > 4
        assert adopt(later, "20261123", code=20)["error"]["name"] == "RULEBOOK_TOO_SOON"
        proposed = adopt(later, "20261124")
        assert public("rulebook")["next"] is None
        operate("approve", proposed["proposal_id"], "--sha256", proposed["sha256"], operator=SECOND)
        rules = public("rulebook")
        assert (rules["version"], rules["in_force_since"]) == (1, None)
        following = rules["next"]
        assert (following["version"], following["effective_day"]) == (2, "2026-11-24")
        assert following["approvals"] == ["渝环办〔2026〕9号", "No. 2"]
        assert following["sha256"] == hashlib.sha256(later.read_bytes()).hexdigest()
        assert following["changes"] == [
            {"rule": "market.version", "before": 1, "after": 2},
            *(
                {"rule": f"product.{code}.limit_bp", "before": 1000, "after": 2000}
                for code in ("CQEA", "CCER", "CQCER")
            ),
        ]
        told = public("phase")
        assert (told["rulebook_version"], told["next_rulebook"]["version"]) == (1, 2)
        assert public("ticker")["tickers"][0]["limit_up"] == "44.00"
        operate("close-day")
    with serving(data) as running:  # what waits survives a restart
        assert public("phase")["next_rulebook"]["effective_day"] == "2026-11-24"
        operate("open-day", "20261124")
        told = public("phase")
        assert (told["rulebook_version"], told["next_rulebook"]) == (2, None)
        assert public("ticker")["tickers"][0]["limit_up"] == "48.00"
        rules = public("rulebook")
        assert (rules["version"], rules["in_force_since"], rules["next"]) == (2, "2026-11-24", None)
        operate("close-day")
        operate("reconcile")
    versions = [json.loads((data / "bulletins" / f"{day}.json").read_bytes())["rulebook_version"] for day in DAYS]
    assert versions == [1, 2]
    assert "all invariants kept" in answer("verify", str(data))["registry"]
