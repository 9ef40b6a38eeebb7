"""docs/coverage.md is true: what it names exists, no line of the rules is left out, and its lists are its tables' own."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from engine.core.rulewords import RULES
from gateway.http import (
    api,
    calendar,
    checkpoints,
    datasets,
    disclosure_pages,
    intentions,
    key_units,
    notices,
    pages,
    reports,
    trust,
)
from gateway.protocol.doors import DOORS
from yutan.cli.app import tree

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
STATES = {"done", "part", "not done", "others", "unknown"}
BOOKS = {path.stem for path in (ROOT / "engine/rulebooks").glob("*.toml")}
EXPECTED = (  # how many lines each part of the rules has
    [f"Art. {number}" for number in range(1, 35)]
    + [f"C1.{number}" for number in range(1, 13)]
    + [f"C2.{number}" for number in range(1, 27)]
    + [f"C3.{number}" for number in range(1, 5)]
    + [f"D.{number}" for number in range(1, 16)]
    + [f"E1.{number}" for number in range(1, 9)]
    + [f"E2.{number}" for number in range(1, 5)]
    + [f"E3.{number}" for number in range(1, 11)]
    + [f"E4.{number}" for number in range(1, 5)]
    + [f"F.{number}" for number in range(1, 22)]
    + [f"G.{number}" for number in range(1, 31)]
    + [f"H.{number}" for number in range(1, 25)]
)


@dataclass(frozen=True)
class Row:
    """One line of the rules."""

    line: str
    asks: str
    state: str
    done_by: str
    shown_by: str


def rows() -> list[Row]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:1] == "|"]
    return [Row(*row) for row in cells if len(row) == 5 and row[0] != "line" and not row[0].startswith("-")]


ROWS = rows()


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def commands() -> set[str]:
    """Every command of the command line, with its groups."""
    found: set[str] = set()
    waiting = [("yutan", typer.main.get_command(tree()))]
    while waiting:
        name, command = waiting.pop()
        found.add(name)
        waiting += [(f"{name} {part}", below) for part, below in getattr(command, "commands", {}).items()]
    return found


def paths() -> set[str]:
    """Every path of the public answers over HTTP."""
    answers = [
        *api.HANDLERS,
        *checkpoints.HANDLERS,
        calendar.calendar,
        *notices.HANDLERS,
        *key_units.HANDLERS,
        *intentions.HANDLERS,
    ]
    answers += [*reports.HANDLERS, *trust.HANDLERS]
    shown = [*pages.HANDLERS, *notices.PAGES, *datasets.HANDLERS, *disclosure_pages.PAGES]
    told = {"/api/v1" + path for handler in answers for path in handler.paths}
    return {path.replace(":str}", "}") for path in told | {path for handler in shown for path in handler.paths}}


def methods() -> set[str]:
    """Every method of the websocket doors."""
    return {str(request.__struct_config__.tag) for union in DOORS.values() for request in union.__args__}


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_line_is_left_out() -> None:
    assert [row.line for row in ROWS] == EXPECTED
    assert {row.state for row in ROWS} <= STATES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line)
def test_what_is_said_to_exist_exists(row: Row) -> None:
    known = commands() | paths() | methods() | set(RULES) | BOOKS
    named = [span for span in spans(row.done_by) if not span.startswith("--")]
    assert [span for span in named if span not in known] == []
    for span in spans(row.shown_by):
        file, _, name = span.partition(": ")
        assert f"test_{name}" in functions(ROOT / "tests" / file), span


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line)
def test_what_is_done_names_a_door_and_a_test_and_what_is_not_names_nothing(row: Row) -> None:
    if row.state in ("done", "part"):
        assert spans(row.done_by) or "](" in row.done_by
        assert spans(row.shown_by)
    else:
        assert row.done_by == row.shown_by == ""


@pytest.mark.parametrize(("heading", "state"), [("Not done", "not done"), ("In part", "part")])
def test_the_lists_at_the_top_are_the_tables_own(heading: str, state: str) -> None:
    listed = re.findall(r"^- ([^:]+): .+$", TEXT.split(f"## {heading}\n")[1].split("\n## ")[0], re.MULTILINE)
    assert listed == [row.line for row in ROWS if row.state == state]


def test_nothing_is_promised() -> None:
    assert re.findall(r"\b(planned|soon|later version|to do)\b", TEXT, re.IGNORECASE) == []
