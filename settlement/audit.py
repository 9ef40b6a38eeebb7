"""`python -m settlement.audit DIR/registry.db`: check every invariant of a registry and print what was found.

Exit code 0: all kept. 1: something is broken. 2: the file could not be read, or an exchange has it open (a second
connection could harm the file with SQLite before 3.51.3; audit a copy, or when the exchange is closed).
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from settlement.core.audit import Auditor
from settlement.core.awards import AwardRow
from settlement.core.bulletin import TradeRow
from settlement.core.remedies import VoidRow
from settlement.core.statement import CashPosting, UnitPosting
from settlement.store import StoreRefused
from settlement.store.sqlite import APPLICATION_ID, SCHEMA_VERSION, take_lock

USAGE: Final = "usage: python -m settlement.audit DIR/registry.db"


def audit(path: Path) -> Auditor:
    """Read a whole registry and judge it. Raises `StoreRefused` or `sqlite3.Error` where it cannot be read."""
    if not path.is_file():
        raise StoreRefused(f"{path}: there is no such file")
    lock = take_lock(path)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return _audit(connection, path)
        finally:
            connection.close()
    finally:
        os.close(lock)


def _audit(connection: sqlite3.Connection, path: Path) -> Auditor:
    def rows(sql: str) -> Iterator[Any]:
        return connection.execute(sql)

    if (
        next(rows("PRAGMA application_id"))[0] != APPLICATION_ID
        or next(rows("PRAGMA user_version"))[0] != SCHEMA_VERSION
    ):
        raise StoreRefused(f"{path} is not a registry of schema {SCHEMA_VERSION}")
    auditor = Auditor()
    for (sentence,) in rows("PRAGMA integrity_check"):
        if sentence != "ok":
            auditor.findings.append(f"file: {sentence}")
    for table, rowid, parent, _ in rows("PRAGMA foreign_key_check"):
        auditor.findings.append(f"file: {table} row {rowid} has no {parent}")
    for row in rows("SELECT instrument, code, kind, lock_days FROM instruments"):
        auditor.instrument(*row)
    for row in rows("SELECT closed_seq FROM days ORDER BY closed_seq"):
        auditor.day(*row)
    for row in rows("SELECT account, seq, scope FROM restrictions ORDER BY seq"):
        auditor.restriction(*row)
    for row in rows("SELECT account FROM accounts WHERE successor > 0"):
        auditor.merged(*row)
    for row in rows("SELECT seq, account, successor FROM account_splits"):
        auditor.split(*row)
    for row in rows("SELECT account, year, seq, floor_tonnes FROM retention ORDER BY seq"):
        auditor.floor(*row)
    for row in rows("SELECT * FROM trades ORDER BY trade"):
        auditor.trade(TradeRow(*row))
    for row in rows("SELECT * FROM awards ORDER BY trade"):
        auditor.award(AwardRow(*row))
    for *void, done_seq in rows(
        "SELECT v.*, coalesce((SELECT done_seq FROM set_aside a WHERE a.trade = v.trade AND a.kind = 'void'), v.seq) FROM voids v"
    ):
        auditor.void(VoidRow(*void), done_seq)
    for row in rows("SELECT auction, direction, revenue_fen, applicant_fee_fen FROM auctions"):
        auditor.auction(*row)
    for row in rows("SELECT * FROM cash_postings ORDER BY posting"):
        auditor.cash_posting(CashPosting(*row))
    for row in rows("SELECT * FROM unit_postings ORDER BY posting"):
        auditor.unit_posting(UnitPosting(*row))
    for row in rows("SELECT account, amount_fen FROM cash_balances"):
        auditor.cash_balance(*row)
    for row in rows("SELECT * FROM unit_balances"):
        auditor.unit_balance(*row)
    _audit_serials(auditor, connection)
    for row in rows("SELECT account, instrument, day_number, tonnes FROM lockups"):
        auditor.lockup(*row)
    for *line, chain in rows("SELECT * FROM audit_trail ORDER BY line"):
        auditor.audit_line(tuple(line), line[5], line[6], chain)
    for row in rows("SELECT trading_day, number, sha256, body FROM bulletins ORDER BY number"):
        auditor.bulletin(*row)
    for row in rows("SELECT number, period, version, sha256, supersedes, body FROM publications ORDER BY number"):
        auditor.publication(*row)
    for row in rows("SELECT account, trading_day, sha256, body FROM statements ORDER BY account, trading_day"):
        auditor.statement(*row)
    auditor.finish()
    return auditor


def _audit_serials(auditor: Auditor, connection: sqlite3.Connection) -> None:
    """Every serial once, in the hand whose units are as many."""
    for row in connection.execute(
        "SELECT i.instrument, i.last_serial - i.first_serial + 1, coalesce(sum(b.last_serial - b.first_serial + 1), 0) "
        "FROM offset_issues i LEFT JOIN serial_blocks b ON b.issue = i.issue "
        "AND b.first_serial >= i.first_serial AND b.last_serial <= i.last_serial GROUP BY i.issue"
    ):
        auditor.serials(*row)
    for row in connection.execute(
        "SELECT a.issue, max(a.first_serial, b.first_serial) FROM serial_blocks a JOIN offset_issues i ON i.issue = a.issue "
        "JOIN offset_issues j ON j.project = i.project AND (i.project <> '' OR j.instrument = i.instrument) "
        "JOIN serial_blocks b ON b.issue = j.issue AND (a.issue, a.first_serial) < (b.issue, b.first_serial) "
        "AND a.first_serial <= b.last_serial AND b.first_serial <= a.last_serial"
    ):
        auditor.serial_overlap(*row)
    for row in connection.execute(
        "SELECT account, instrument, sum(tonnes), sum(serials) FROM ("
        "SELECT account, u.instrument, available + locked + encumbered + preallocated + use_restricted AS tonnes, 0 AS serials "
        "FROM unit_balances u JOIN instruments i ON i.instrument = u.instrument WHERE i.kind <> 'allowance' AND account <> -1 "
        "UNION ALL SELECT account, instrument, 0, last_serial - first_serial + 1 FROM serial_blocks) GROUP BY 1, 2"
    ):
        auditor.serial_holding(*row)


def main(arguments: list[str]) -> int:
    """Audit the named registry; returns the exit code."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        auditor = audit(path)
    except (StoreRefused, sqlite3.Error, OSError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    for invariant, count in sorted(auditor.checked.items()):
        broken = sum(finding.startswith(f"{invariant}:") for finding in auditor.findings)
        print(f"{invariant:12} {count:>10} checks  {f'{broken} BROKEN' if broken else 'kept'}")
    for finding in auditor.findings:
        print(f"BROKEN {finding}")
    print(f"{path}: {'BROKEN' if auditor.findings else 'all invariants kept'}")
    return 1 if auditor.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
