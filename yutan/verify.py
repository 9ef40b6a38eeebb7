"""Checks a stopped exchange from its files alone: first by code that shares nothing with it, then by a replay with its own.

The independent part is `yutan.verifier`. The replay runs in another process with another hash seed, so that an order that
came from a set or a dict by accident would show as another state hash.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from yutan import folder
from yutan.verifier import folder as verifier
from yutan.verifier import package as packages
from yutan.verifier import public
from yutan.verifier.findings import LEDGER, REPLAY, Finding, Report, exit_code
from yutan.verifier.registry import NotReadable

KEY_DIGITS = 64
_HASH_SEEDS = ("0", "4242")


class VerifyError(Exception):
    """The folder cannot be judged; the text says why."""


class NothingThere(VerifyError):
    """There is no such file, or no market in the folder."""


class Verified(NamedTuple):
    """What was checked and found. The state hash is the SHA-256 of the market's canonical state after entry `seq`; empty where
    nothing was replayed."""

    seq: int
    chain: str
    state_hash: str
    registry: str
    checks: dict[str, int]
    notes: list[str]
    findings: list[Finding]
    findings_left_out: int

    @property
    def exit_code(self) -> int:
        """0 where all is right, else by the kind of findings."""
        return exit_code(self.findings)


def public_key(text: str) -> str:
    """The public key that a person names: 64 hex digits, or a file that holds them. Raises VerifyError."""
    digits = text
    if text and len(text) != KEY_DIGITS:
        try:
            digits = Path(text).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise VerifyError(f"{text}: {error}") from error
    if digits and (len(digits) != KEY_DIGITS or set(digits) - set("0123456789abcdef")):
        raise VerifyError(f"{text}: a public key is {KEY_DIGITS} hex digits, 0 to 9 and a to f")
    return digits


def verify(data: Path, key: str = "", kept: Path | None = None, *, is_replayed: bool = True) -> Verified:
    """Check everything; `is_replayed` adds the checks by the exchange's own code. Raises VerifyError.

    key: the public key (hex) trusted for the first checkpoint. kept: published checkpoints, a file or a folder of them.
    """
    if not folder.is_founded(data):
        raise NothingThere(f"{data}: no market was founded here")
    try:
        seen = verifier.verify(data, key, kept)
    except NotReadable as error:
        raise VerifyError(str(error)) from error
    report = seen.report
    state_hash, registry = "", "not audited"
    if is_replayed:
        state_hash = _replay(data, seen.seq, report)
        registry = _audit(data, report)
    return _verified(report, seen.seq, seen.chain, state_hash, registry)


def verify_bulletin(bulletin: Path, key: str, published: Path | None) -> Verified:
    """Check a published bulletin by the key, its signature and published checkpoints. Raises VerifyError."""
    if not key:
        raise VerifyError("a bulletin is verified with the exchange's public key: --key")
    report = Report()
    try:
        seq = public.verify_bulletin(bulletin, key, published, report)
    except OSError as error:
        raise NothingThere(f"{error.filename}: {error.strerror}") from error
    return _verified(report, seq, "", "", "not there")


def verify_package(package: Path, key: str) -> Verified:
    """Check a regulator's package of a day by the exchange's public key. Raises VerifyError."""
    if not key:
        raise VerifyError("a day's package is verified with the exchange's public key: --key")
    report = Report()
    try:
        seq = packages.verify_package(package, key, report)
    except OSError as error:
        raise NothingThere(f"{error.filename}: {error.strerror}") from error
    return _verified(report, seq, "", "", "not there")


def _verified(report: Report, seq: int, chain: str, state_hash: str, registry: str) -> Verified:
    return Verified(
        seq, chain, state_hash, registry, dict(report.checks), report.notes, report.findings, report.left_out
    )


def _replay(data: Path, seq: int, report: Report) -> str:
    hashes = []
    for hash_seed in _HASH_SEEDS:
        done = _run(["engine.replay", str(data.resolve())], {"PYTHONHASHSEED": hash_seed})
        if done.returncode:
            report.wrong(REPLAY, "journal", "replay", "a replay to its end", done.stderr.strip())
            return ""
        reached, state_hash = done.stdout.split()[-2:]
        report.expect(REPLAY, "journal", "last seq replayed", seq, int(reached))
        hashes.append(state_hash)
    report.expect(REPLAY, "journal", "state hash with another hash seed", hashes[0], hashes[1])
    return hashes[0]


def _audit(data: Path, report: Report) -> str:
    """The exchange's own audit: what only its rules tell, such as restrictions and retention as of each delivery."""
    if not folder.registry(data).exists():
        return "none yet"
    done = _run(["settlement.audit", str(folder.registry(data).resolve())], {})
    broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
    for line in broken:
        report.wrong(LEDGER, "registry.db", "the exchange's own audit", "all invariants kept", line)
    if done.returncode and not broken:
        report.wrong(LEDGER, "registry.db", "the exchange's own audit", "an audit to its end", done.stderr.strip())
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
