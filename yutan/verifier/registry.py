"""The registry's file as plain SQL sees it: opened for reading only, its structure, and rows by the names of columns."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from yutan.verifier.findings import LEDGER, Report

APPLICATION_ID: Final = 0x59544152
FILE: Final = "registry.db"
UNCHANGEABLE: Final = ("unit_postings", "cash_postings", "trades", "awards", "audit_trail")


class NotReadable(Exception):
    """The files cannot be judged: they are missing, or an exchange is running on them."""


class Deal(NamedTuple):
    """A trade or an award: who pays whom, who delivers to whom. `auction` is 0 for a trade."""

    number: int
    seq: int
    at_ns: int
    trading_day: int
    day_number: int
    method: str
    instrument: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    buyer: int
    buy_order: int
    buy_fee_fen: int
    seller: int
    sell_order: int
    sell_fee_fen: int
    status: str
    settled_seq: int
    payee: int
    receiver: int
    auction: int


class Void(NamedTuple):
    """A voided trade. done_seq: when its counter-postings were made, 0 while they are set aside."""

    trade: int
    seq: int
    at_ns: int
    was_settled: int
    buy_refund_fen: int
    sell_refund_fen: int
    basis: str
    done_seq: int


class Instrument(NamedTuple):
    """What the checks need of an instrument."""

    number: int
    code: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick_fen: int
    lock_days: int
    listed_seq: int


class Instruments(dict[int, Instrument]):
    """Instruments by number; one that is missing is told by what fails to agree, not by a stop."""

    def __missing__(self, number: int) -> Instrument:
        return Instrument(number, f"no instrument {number}", "", "", 0, "", "", 1, 0, 0)


class Day(NamedTuple):
    """A closed day, with the first postings and trade of what its documents cover."""

    trading_day: int
    day_number: int
    closed_seq: int
    closed_at_ns: int
    last_unit_posting: int
    last_cash_posting: int
    last_trade: int
    after_seq: int
    unit_posting: int
    cash_posting: int
    trade: int


class Registry:
    """An open registry."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.instruments = Instruments(
            (row[0], Instrument(*row))
            for row in self.rows("SELECT {} FROM instruments", Instrument, instrument="number")
        )
        self.accounts: dict[int, str] = dict(self.query("SELECT account, code FROM accounts"))
        self.deals = {deal.number: deal for deal in self._deals()}
        self.days = list(self._days())
        self.voids = {void.trade: void for void in self._voids()}
        mark: tuple[int, int] = next(self.query("SELECT mark_seq, mark_at_ns FROM registry"), (0, 0))
        self.mark_seq, self.mark_at_ns = mark

    def query(self, sql: str, *parameters: int | str) -> Iterator[Any]:
        """The rows of a statement."""
        return self.connection.execute(sql, parameters)

    def rows(self, sql: str, row: Any, **columns: str) -> Iterator[Any]:
        """Rows with the fields of a named tuple; `columns` says which column is called otherwise in it."""
        called = {field: column for column, field in columns.items()}
        return self.query(sql.format(", ".join(called.get(field, field) for field in row._fields)))

    def columns(self, table: str) -> list[tuple[str, int]]:
        """Names of a table's columns, each with its place in the primary key (0: not part of it)."""
        return [(row[1], row[5]) for row in self.query(f"PRAGMA table_info({table})")]

    def tables(self) -> list[str]:
        """Names of all tables."""
        return [row[0] for row in self.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]

    def deals_of(self, day: Day) -> list[Deal]:
        """The trades, then the awards, that belong to a closed day's documents."""
        deals = [self.deals[number] for number in range(day.trade, day.last_trade + 1) if number in self.deals]
        return [deal for deal in deals if not deal.auction] + [deal for deal in deals if deal.auction]

    def _deals(self) -> Iterator[Deal]:
        shared = "trade, seq, at_ns, trading_day, day_number"
        for row in self.query(
            f"SELECT {shared}, method, instrument, price_ticks, tonnes, amount_fen, buyer, buy_order, buy_fee_fen, "
            "seller, sell_order, sell_fee_fen, status, settled_seq, seller, buyer, 0 FROM trades ORDER BY trade"
        ):
            yield Deal(*row)
        for row in self.query(
            f"SELECT {shared}, 'auction', instrument, price_ticks, tonnes, amount_fen, buyer, bid, buy_fee_fen, "
            "seller, bid, sell_fee_fen, status, settled_seq, payee, receiver, auction FROM awards ORDER BY trade"
        ):
            yield Deal(*row)

    def voids_of(self, deals: list[Deal], to_seq: int) -> list[Void]:
        """Which of these were void when the entry `to_seq` was through, in their order."""
        found = (self.voids.get(deal.number) for deal in deals if not deal.auction)
        return [void for void in found if void is not None and void.seq <= to_seq]

    def _voids(self) -> Iterator[Void]:
        if "voids" in self.tables():  # a registry that no newer exchange has opened has none
            for row in self.query(
                "SELECT trade, seq, at_ns, was_settled, buy_refund_fen, sell_refund_fen, basis, coalesce("
                "(SELECT done_seq FROM set_aside a WHERE a.trade = v.trade AND a.kind = 'void'), seq) FROM voids v ORDER BY trade"
            ):
                yield Void(*row)

    def _days(self) -> Iterator[Day]:
        after_seq, units, cash, trade = 0, 1, 1, 1
        for row in self.query(
            "SELECT trading_day, day_number, closed_seq, closed_at_ns, last_unit_posting, last_cash_posting, last_trade "
            "FROM days ORDER BY closed_seq"
        ):
            day = Day._make((*row, after_seq, units, cash, trade))
            yield day
            after_seq, units, cash = day.closed_seq, day.last_unit_posting + 1, day.last_cash_posting + 1
            trade = day.last_trade + 1

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def lock(path: Path) -> int:
    """Take the registry's lock, so that no exchange starts meanwhile. Raises `NotReadable` where one runs."""
    handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise NotReadable(f"{path} is in use: stop the exchange, or verify a copy") from error
    return handle


def connect(path: Path) -> sqlite3.Connection:
    """Open a database for reading only, leaving nothing beside it where nothing lies there."""
    wal = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if wal.exists() and wal.stat().st_size else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)


def open_registry(path: Path, report: Report) -> Registry | None:
    """Open the registry and look at its structure; None where nothing in it can be read."""
    connection = connect(path)
    try:
        if not _is_sound(connection, path.name, report):
            connection.close()
            return None
        return Registry(connection)
    except (sqlite3.Error, ValueError, TypeError) as error:
        report.wrong(LEDGER, path.name, "tables", "a registry that can be read", error)
        connection.close()
        return None


def _is_sound(connection: sqlite3.Connection, name: str, report: Report) -> bool:
    sound = check_pages(connection, name, LEDGER, report)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    sound = report.expect(LEDGER, name, "application id", APPLICATION_ID, application) and sound
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        report.wrong(LEDGER, name, f"{table} row {rowid}", f"a row of {parent} that it names", "none")
    loose = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 "
        "AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    report.expect(LEDGER, name, "tables that are not STRICT", [], loose)
    triggers = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    expected = {f"{table}_{suffix}" for table in UNCHANGEABLE for suffix in ("stay", "last")}
    report.expect(LEDGER, name, "triggers that keep rows unchanged", sorted(expected), sorted(expected & triggers))
    return sound


def check_pages(connection: sqlite3.Connection, name: str, kind: str, report: Report) -> bool:
    """SQLite's own check of pages, indexes and constraints."""
    sentences = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return report.expect(kind, name, "integrity check", ["ok"], sentences)
