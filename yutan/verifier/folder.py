"""A whole data folder, file by file: what is checked, in which order.

Journal first, because the registry is judged by it; then the ledger, the trail of acts, the documents, and what the signed
checkpoints say of all of them. A part that cannot be read is a finding and ends what depends on it, not the rest.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from yutan.verifier import checkpoints, contents, documents, journal, ledger, rates, said, trail
from yutan.verifier.findings import CHECKPOINTS, DOCUMENTS, LEDGER, STORES, TRAIL, Report
from yutan.verifier.journal import Journal
from yutan.verifier.registry import FILE, NotReadable, Registry, check_pages, connect, lock, open_registry

TAPE: Final = "tape.db"
HISTORY: Final = "history.db"
_TAPE_COLUMNS: Final = "trade, seq, instrument, trading_day, at_ns, price_ticks, tonnes, amount_fen"


class Verification:
    """What was found, and where the journal and the registry end."""

    def __init__(self, report: Report, read: Journal, mark_seq: int) -> None:
        self.report = report
        self.seq = read.last_seq
        self.chain = read.head_chain
        self.registry_seq = mark_seq


def verify(data: Path, key: str = "", kept: Path | None = None) -> Verification:
    """Check everything in the folder of a stopped exchange.

    key: the public key (hex) that is trusted for the first checkpoint. kept: a checkpoint that was published, kept elsewhere.
    Raises `NotReadable` where there is no market, or an exchange runs.
    """
    if not (data / "journal").is_dir():
        raise NotReadable(f"{data}: no market was founded here")
    report = Report()
    signed = checkpoints.Folder(data, report)
    snapshots = journal.read_snapshots(data / "journal", report)
    read = journal.read(data / "journal", frozenset(snapshots) | signed.read(), report)
    journal.check_snapshots(snapshots, read, report)
    signed.check(read, snapshots, key)
    signed.check_bulletins(data / "bulletins")
    if kept is not None:
        signed.check_published(kept)
    mark = 0
    if (data / FILE).exists():
        held = lock(data / FILE)
        try:
            registry = open_registry(data / FILE, report)
            if registry is not None:
                try:
                    mark = registry.mark_seq
                    _check_registry(registry, read, data, signed, report)
                finally:
                    registry.close()
        finally:
            os.close(held)
    else:
        is_missing = (data / "bulletins").exists() or FILE in signed.claims
        report.require(LEDGER, FILE, "file", not is_missing, "a registry", "none")
    _check_history(data, read, signed, report)
    return Verification(report, read, mark)


def _check_registry(registry: Registry, read: Journal, data: Path, signed: checkpoints.Folder, report: Report) -> None:
    heads: dict[int, trail.Head] = {}
    is_sealed = bool(signed.found) and signed.found[-1].checkpoint.journal.seq == read.last_seq
    parts: tuple[tuple[str, Callable[[], None]], ...] = (
        (LEDGER, lambda: ledger.check(registry, read, report)),
        (LEDGER, lambda: rates.check(registry, read, report)),
        (TRAIL, lambda: said.check(registry, read, report)),
        (TRAIL, lambda: heads.update(trail.check(registry, read, report))),
        (
            DOCUMENTS,
            lambda: documents.check(registry, heads, data / "bulletins", signed.newest_bulletin, is_sealed, report),
        ),
        (CHECKPOINTS, lambda: signed.check_registry(registry)),
    )
    for kind, check in parts:
        try:
            check()
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, sqlite3.Error) as error:
            report.wrong(kind, FILE, "content", "what can be judged to its end", f"{type(error).__name__}: {error}")
    if FILE in signed.claims:
        contents.check(FILE, registry.connection, (registry.mark_seq, ""), signed.claims[FILE], report)
    if (data / TAPE).exists():
        _check_tape(data / TAPE, registry, read, signed, report)
    elif TAPE in signed.claims:
        report.wrong(STORES, TAPE, "file", "the public trades", "none")


def _check_tape(path: Path, registry: Registry, read: Journal, signed: checkpoints.Folder, report: Report) -> None:
    """The public trades are the registry's listed ones, figure by figure."""
    with closing(connect(path)) as connection:
        try:
            if not check_pages(connection, TAPE, STORES, report):
                return
            (mark,) = connection.execute("SELECT seq FROM mark").fetchone() or (0,)
            told = {row[0]: row for row in connection.execute(f"SELECT {_TAPE_COLUMNS} FROM trade")}
        except sqlite3.Error as error:
            report.wrong(STORES, TAPE, "tables", "public trades that can be read", error)
            return
        _check_mark(TAPE, mark, read, report)
        both = min(mark, registry.mark_seq)
        listed = {
            deal.number: (
                deal.number, deal.seq, deal.instrument, deal.trading_day, deal.at_ns, deal.price_ticks, deal.tonnes,
                deal.amount_fen,
            )
            for deal in registry.deals.values()
            if deal.method in ledger.LISTED and deal.seq <= both
        }  # fmt: skip
        for number in sorted(listed.keys() | {number for number, row in told.items() if row[1] <= both}):
            report.expect(STORES, TAPE, f"trade {number}", listed.get(number), told.get(number))
        if TAPE in signed.claims:
            contents.check(TAPE, connection, (mark, ""), signed.claims[TAPE], report)


def _check_history(data: Path, read: Journal, signed: checkpoints.Folder, report: Report) -> None:
    """The private streams: whole pages, and what the checkpoints say of them."""
    path = data / HISTORY
    if not path.exists():
        report.require(STORES, HISTORY, "file", HISTORY not in signed.claims, "the private streams", "none")
        return
    with closing(connect(path)) as connection:
        try:
            if not check_pages(connection, HISTORY, STORES, report):
                return
            stands_at = connection.execute("SELECT seq, made FROM mark").fetchone() or (0, "")
            _check_mark(HISTORY, stands_at[0], read, report)
            if HISTORY in signed.claims:
                contents.check(HISTORY, connection, stands_at, signed.claims[HISTORY], report)
        except sqlite3.Error as error:
            report.wrong(STORES, HISTORY, "tables", "private streams that can be read", error)


def _check_mark(name: str, mark: int, read: Journal, report: Report) -> None:
    if read.is_whole:
        report.require(STORES, name, "mark", mark <= read.last_seq, f"at most {read.last_seq}", mark)
