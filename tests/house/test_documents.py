"""The documents point at things that exist: every `file: function` of ARCHITECTURE.md, every link, every shown command."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POINTER = re.compile(r"`([a-z_/]+\.py): ([A-Za-z_.]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]


def names_of(path: Path) -> set[str]:
    """Functions, classes and methods (Class.method) of a file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if hasattr(part, "name")}
    return found


def test_the_life_of_an_order_points_at_code_that_exists() -> None:
    pointers = POINTER.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert len(pointers) >= 20
    missing = [f"{file}: {name}" for file, name in pointers if name not in names_of(ROOT / file)]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_names_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = set(re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"run", "test", "bench"} <= shown <= targets
