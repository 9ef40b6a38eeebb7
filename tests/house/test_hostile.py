"""docs/hostile.md is true: every row names its tests, every test in it exists, and no row of a number is left out."""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/hostile.md").read_text(encoding="utf-8")
ROWS = [
    line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| row", "| -"))
]


@functools.cache
def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_row_names_tests_that_exist() -> None:
    for row in ROWS:
        named = re.findall(r"`([^`]+)`", row[3])
        assert named, row
        for span in named:
            file, _, name = span.partition(": ")
            assert f"test_{name}" in functions(ROOT / "tests" / file), span


def test_no_number_is_left_out() -> None:
    beside = TEXT.split("## What does not apply")[1]
    numbered = (
        ", ".join(row[0].removeprefix("| ") for row in ROWS) + ", " + ", ".join(re.findall(r"\bF?\d\d\b", beside))
    )
    said = set(re.findall(r"F?\d+", numbered))
    assert {str(number) for number in range(1, 61)} | {f"F{number}" for number in range(39, 63)} <= said
