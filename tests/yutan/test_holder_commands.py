"""Large holders as an operator types them, against a real exchange with a rule book of its own."""

from pathlib import Path

from engine.core import rulebook
from tests.yutan.kit import answer, serving
from tests.yutan.test_cli import Desk

RULES = """[product.CQEA]
holding_limit_tonnes = { value = 1000, source = "test", confidence = "design" }
large_holder_tonnes = { value = 500, source = "test", confidence = "design" }
"""


def test_a_large_holder_is_listed_with_its_accounts_and_limit(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text(rulebook.shipped("chongqing").replace("[product.CQEA]\n", RULES), encoding="utf-8")
    answer("init", str(tmp_path / "data"), "--rulebook", str(book))
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        desk.operator(
            "list-instrument", "CQEA-25", "--product", "CQEA", "--vintage", "2025", "--base-price", "40.00",
            "--name-zh", "配额", "--name-en", "Allowance",
        )  # fmt: skip
        desk.operator("open-account", "K01", "水泥厂", "--category", "key_emitter", "--owner", "1")
        desk.operator("open-account", "I01", "投资", "--category", "institution", "--owner", "2")
        desk.both("allocate", "K01", "CQEA-25", "900", "--kind", "free", "--year", "2025")
        desk.both("allocate", "I01", "CQEA-25", "700", "--kind", "paid", "--year", "2025")
        [row] = desk.operator("large-holders")  # the emitter has its allocation, and no more
        assert row == {
            "product": "CQEA",
            "owner": 2,
            "accounts": ["I01"],
            "names": ["投资"],
            "quantity": 700,
            "threshold": 500,
            "limit": 1000,
            "is_above_limit": False,
            **dict.fromkeys(("since", "report_due", "reported_on", "purpose", "funds", "related"), ""),
            "is_report_late": False,
        }
        why = ("--kind", "gift", "--reason", "contract 7")
        proposed = desk.operator("transfer", "K01", "I01", "CQEA-25", "301", *why, code=50)
        assert (proposed["error"]["name"], proposed["error"]["data"]["limit"]) == ("HOLDING_LIMIT", 1000)
