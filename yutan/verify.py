"""Checks a stopped exchange from its files alone: journal chain, replay from entry 1, registry audit.

The replay runs in another process with another hash seed, so that an order that came from a set or a dict by accident
would show as another state hash.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from engine.journal import JournalError, JournalLocked
from engine.journal.verify import verify as verify_journal
from yutan import folder


class VerifyError(Exception):
    """Something is not right; the text says what and where."""


class Verified(NamedTuple):
    """What was checked. The state hash is the SHA-256 of the market's canonical state after entry `seq`."""

    seq: int
    chain: str
    state_hash: str
    registry: str


def verify(data: Path) -> Verified:
    """Check everything. Raises VerifyError at the first thing that is wrong."""
    if not folder.is_founded(data):
        raise VerifyError(f"{data}: no market was founded here")
    try:
        seq, chain = verify_journal(folder.journal(data))
    except (JournalError, JournalLocked) as error:
        raise VerifyError(f"journal: {error}") from error
    hashes = {_replayed(data, hash_seed) for hash_seed in ("0", "4242")}
    if len(hashes) != 1:
        raise VerifyError(f"replay: two replays differ: {sorted(hashes)}")
    replayed_seq, state_hash = hashes.pop()
    if replayed_seq != seq:
        raise VerifyError(f"replay: reached entry {replayed_seq} of {seq}")
    return Verified(seq, chain, state_hash, _audit(data))


def _replayed(data: Path, hash_seed: str) -> tuple[int, str]:
    done = _run(["engine.replay", str(data)], {"PYTHONHASHSEED": hash_seed})
    if done.returncode:
        raise VerifyError(f"replay: {done.stderr.strip()}")
    seq, state_hash = done.stdout.split()[-2:]
    return int(seq), state_hash


def _audit(data: Path) -> str:
    if not folder.registry(data).exists():
        return "none yet"
    done = _run(["settlement.audit", str(folder.registry(data))], {})
    if done.returncode:
        raise VerifyError(f"registry: {(done.stdout + done.stderr).strip()}")
    return done.stdout.strip()


def _run(module: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *module],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
        cwd=Path(__file__).parents[1],
    )
