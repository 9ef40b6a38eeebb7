"""A whole data folder, file by file: what is checked, in which order.

Journal first, because the registry is judged by it; then the ledger, the trail of acts, the documents. A part that cannot
be read is a finding and ends what depends on it, not the rest.
"""

import os
from pathlib import Path

from yutan.verifier import documents, journal, ledger, trail
from yutan.verifier.findings import LEDGER, Report
from yutan.verifier.journal import Journal
from yutan.verifier.registry import FILE, NotReadable, Registry, lock, open_registry


class Verification:
    """What was found, and where the journal and the registry end."""

    def __init__(self, report: Report, read: Journal, mark_seq: int) -> None:
        self.report = report
        self.seq = read.last_seq
        self.chain = read.head_chain
        self.registry_seq = mark_seq


def verify(data: Path) -> Verification:
    """Check everything in the folder of a stopped exchange. Raises `NotReadable` where there is none, or it runs."""
    if not (data / "journal").is_dir():
        raise NotReadable(f"{data}: no market was founded here")
    report = Report()
    snapshots = journal.read_snapshots(data / "journal", report)
    read = journal.read(data / "journal", frozenset(snapshots), report)
    journal.check_snapshots(snapshots, read, report)
    mark = 0
    if (data / FILE).exists():
        held = lock(data / FILE)
        try:
            registry = open_registry(data / FILE, report)
            if registry is not None:
                try:
                    mark = registry.mark_seq
                    _check_registry(registry, read, data, report)
                finally:
                    registry.close()
        finally:
            os.close(held)
    else:
        report.require(LEDGER, FILE, "file", not (data / "bulletins").exists(), "a registry", "none")
    return Verification(report, read, mark)


def _check_registry(registry: Registry, read: Journal, data: Path, report: Report) -> None:
    ledger.check(registry, read, report)
    heads = trail.check(registry, read, report)
    documents.check(registry, heads, data / "bulletins", report)
