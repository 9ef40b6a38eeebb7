"""A disk that fails on purpose: fault.c, built on the spot and preloaded into the server."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("fault.c")


class Fault(NamedTuple):
    """One call on one file that goes wrong; the words are those of fault.c."""

    call: str
    file: str
    act: str
    at: int

    def settings(self, library: Path) -> dict[str, str]:
        """The environment that brings it about."""
        return {
            "LD_PRELOAD": str(library),
            "FAULT_CALL": self.call,
            "FAULT_FILE": self.file,
            "FAULT_ACT": self.act,
            "FAULT_AT": str(self.at),
        }


# Where a process may die while it writes: what it writes, and how often that comes in a second or two of a busy session.
DEATHS: tuple[tuple[str, str, str, int], ...] = (
    ("write", ".segment", "torn", 60),
    ("write", ".segment", "kill", 60),
    ("sync", ".segment", "kill", 60),
    ("sync", ".segment", "done", 60),
    ("write", ".snapshot.partial", "torn", 3),
    ("sync", ".snapshot.partial", "kill", 1),
    ("rename", ".snapshot", "kill", 1),
    ("rename", ".snapshot", "done", 1),
    ("write", "registry.db-wal", "torn", 150),
    ("sync", "registry.db-wal", "kill", 30),
    ("sync", "registry.db-wal", "done", 30),
    ("write", "registry.db", "torn", 10),
    ("write", "history.db-wal", "torn", 60),
    ("write", "history.db", "torn", 10),
    ("write", "tape.db-wal", "torn", 10),
)


def build(folder: Path) -> Path | None:
    """Compile the failing disk; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "fault.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return library
