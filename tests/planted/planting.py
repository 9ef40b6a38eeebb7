"""Plant a defect in a copy of the project and run its tests there, on the plain form, one after the other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from tests.planted.defects import Defect, Edit

ROOT: Final = Path(__file__).resolve().parents[2]
_NEEDED: Final = ("engine", "gateway", "settlement", "yutan", "bench", "tests")
_NOT_COPIED: Final = shutil.ignore_patterns("*.so", "_built.json", "__pycache__", "static", "results")
_SECONDS_MAX: Final = 240
# A test that ends so has met a planted text that does not fit its surroundings, not a market that does wrong.
_MISPLANTED: Final = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "UnboundLocalError")


class AnchorGone(Exception):
    """The text that a defect replaces is not in the source, or is there more than once."""


class Caught(NamedTuple):
    """What a test said of a defect; empty `by`: it passed."""

    test: str
    by: str


def planted(edit: Edit, source: str) -> str:
    """The source with one edit made. Raises AnchorGone."""
    count = source.count(edit.right)
    if count != 1:
        raise AnchorGone(
            f"{edit.file}: {edit.right!r} is there {count} times; the code has changed, so say in tests/planted/defects.py "
            f"where this defect would be made now"
        )
    return source.replace(edit.right, edit.wrong)


def copy_of_the_project(folder: Path) -> Path:
    """What tests need, without anything compiled."""
    for name in _NEEDED:
        shutil.copytree(ROOT / name, folder / name, ignore=_NOT_COPIED)
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def plant(defect: Defect, folder: Path) -> None:
    """Make the defect's edits in a copy. Raises AnchorGone."""
    for edit in defect.edits:
        path = folder / edit.file
        path.write_text(planted(edit, path.read_text(encoding="utf-8")), encoding="utf-8")


def run_test(test: str, folder: Path) -> Caught:
    """Run one named test in a copy until its first failure."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-rf", "--tb=line", "-p", "no:cacheprovider", test],
        cwd=folder,
        env=os.environ | {"YUTAN_PURE": "1", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
    )
    if done.returncode not in (0, 1):
        raise AssertionError(f"{test} could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    failures = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    if done.returncode == 0:
        return Caught(test, "")
    said = failures[0].partition(" - ")[2]
    if said.startswith(_MISPLANTED):
        raise AssertionError(f"the planted text does not fit where it stands: {said}")
    return Caught(test, said or "failed")


def catch(defect: Defect, folder: Path) -> list[Caught]:
    """Plant in a fresh copy; what each named test says."""
    copy_of_the_project(folder)
    plant(defect, folder)
    return [run_test(test, folder) for test in defect.tests]
