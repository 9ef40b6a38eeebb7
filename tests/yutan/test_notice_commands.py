"""What the exchange tells the public, as two operators type it and anyone reads it."""

import time
from pathlib import Path
from typing import Any

from engine.core import rulebook
from tests.yutan.kit import DEADLINE_S, answer, run, serving, wait_for
from tests.yutan.test_cli import Desk

TEXTS = (
    "--title-zh",
    "风险提示",
    "--title-en",
    "Risk warning [red]",
    "--body-zh",
    "价格异常。",
    "--body-en",
    "Take care.",
)
SUNDAY = 20260111


def wait_for_notices(data: Path, *categories: str) -> list[Any]:
    """The newest notices, once they are of these categories; the registry tells them when it has them."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        rows: list[Any] = answer("notices", "--data", str(data), "--limit", str(len(categories)))
        if [row["category"] for row in rows] == list(categories):
            return rows
        assert time.monotonic() < deadline, rows


def test_a_risk_warning_goes_from_two_operators_to_everyone(tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    every_day = rulebook.shipped("chongqing").replace(
        'calendar = { value = "china"', 'calendar = { value = "every-day"'
    )
    book.write_text(every_day, encoding="utf-8")
    answer("init", str(tmp_path / "data"), "--rulebook", str(book))
    desk = Desk(tmp_path / "data")
    with serving(desk.data):
        desk.both("announce", "risk-warning", *TEXTS, "--document", "渝环〔2026〕9号")
        (told,) = wait_for_notices(desk.data, "risk_warning")
        assert (told["title_zh"], told["document"]) == ("风险提示", "渝环〔2026〕9号")
        shown = run("notices", "--data", str(desk.data))
        assert "Risk warning [red]" in shown.stdout
        one = answer("notices", "--data", str(desk.data), "--id", told["notice_id"])
        assert one == told
        missing = answer("notices", "--data", str(desk.data), "--id", "G-99999-1", code=60)
        assert missing["error"]["name"] == "UNKNOWN_DOCUMENT"
        refused = desk.operator("announce", "risk-warning", *TEXTS[:-1], "\x1b[2J", code=20)
        assert (refused["error"]["name"], refused["error"]["data"]["actual"]) == ("TEXT_NOT_PLAIN", 0x1B)

        desk.operator("open-day", str(SUNDAY))
        desk.operator("close-day")
        desk.both("bulletin", "correct", "2026-01-11", "--basis", "笔误 a slip of the pen")
        (corrected,) = wait_for_notices(desk.data, "correction")
        assert corrected["body_zh"] == "笔误 a slip of the pen"
        for name in ("2026-01-11.v2.json", "2026-W02.v1.json"):
            wait_for(name, (desk.data / "bulletins" / name).exists)
        # the week was published by the exchange itself; an operator may say so again
        desk.operator("bulletin", "publish", "--period", "2026-W02")
