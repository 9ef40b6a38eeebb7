"""Which form of the hot modules runs: compiled by mypyc, or the same source as plain Python.

The whole message path is hot, not only the book: matching is a few per cent of an order's cost end to end.
`setup.py` compiles the modules of `HOT` in place and writes `engine/core/_built.json` with the digest of each source. Importing
`engine` checks them: a compiled module that was built from other source than the one beside it is refused, because it would
judge orders by rules that nobody can read. YUTAN_PURE=1 runs the plain form whether or not a compiled one is there.
"""

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
HOT: Final = (
    *(
        f"engine.core.{name}"
        for name in (
            "book",
            "state",
            "positions",
            "admission",
            "trading",
            "day",
            "acts",
            "market",
            "entry",
            "order_events",
            "units",
            "phases",
            "reasons",
        )
    ),
    *(f"engine.{name}" for name in ("monitoring", "sequencer", "watched_day")),
    *(f"gateway.{name}" for name in ("connection", "directory", "members", "reports", "server")),
    *(f"gateway.protocol.{name}" for name in ("answers", "codec", "exec_texts", "frames", "prices", "quick", "times")),
    *(f"gateway.feed.{name}" for name in ("depth", "instrument", "public", "trades")),
    *(f"settlement.core.{name}" for name in ("checks", "clearing", "dvp", "intake", "ledger", "postings")),
)
REMEDY: Final = "build it again with `make build`, or set YUTAN_PURE=1 to run plain Python"


def source_of(module: str) -> Path:
    """The source file of a hot module."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def digest_of(module: str) -> str:
    """SHA-256 of a hot module's source."""
    return hashlib.sha256(source_of(module).read_bytes()).hexdigest()


class PlainFinder:
    """Finds the hot modules' source even where a compiled form lies beside it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The importlib protocol."""
        if name in HOT:
            return importlib.util.spec_from_file_location(name, source_of(name))
        return None


def is_compiled() -> bool:
    """Whether the compiled form is the one that runs."""
    from engine.core import book

    return not str(book.__file__).endswith(".py")


def choose() -> None:
    """Force the plain form where asked to, else refuse a compiled form of other source. Raises ImportError with the remedy."""
    if not __debug__:
        raise ImportError("the exchange does not run without its assertions: start Python without -O")
    if os.environ.get("YUTAN_PURE", "") not in ("", "0"):
        sys.meta_path.insert(0, PlainFinder)
        return
    built = ROOT / "engine" / "core" / "_built.json"
    if not built.exists():
        return
    digests = json.loads(built.read_text(encoding="utf-8"))
    stale = [module for module in HOT if digests.get(module) != digest_of(module)]
    if stale:
        raise ImportError(f"the compiled core was built from other source ({', '.join(stale)}): {REMEDY}")
