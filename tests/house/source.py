"""The repository's own source as syntax trees, for the rules of the house."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "gateway", "settlement", "yutan")
NOT_OURS = {".venv", "build", "node_modules", ".git"}


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its dotted name, its text and its tree."""

    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.module.split(".")[0]


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file under these folders of the root, by path."""
    found: list[Source] = []
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT)
            if NOT_OURS.isdisjoint(path.parts):
                module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
                text = file.read_text(encoding="utf-8")
                found.append(Source(str(path), module, text, ast.parse(text)))
    assert found, f"nothing under {folders}"
    return tuple(found)


def imports(source: Source) -> list[tuple[int, str]]:
    """(line, dotted name) of everything the file imports, also inside functions and for type checking only."""
    names: list[tuple[int, str]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.path}:{node.lineno}: imports are absolute"
            names += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return names


def tracked_texts() -> list[tuple[str, str]]:
    """(path, text) of every text file that git tracks."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    texts: list[tuple[str, str]] = []
    for path in listed.stdout.splitlines():
        data = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        if b"\0" not in data:
            texts.append((path, data.decode("utf-8")))
    return texts
