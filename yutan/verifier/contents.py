"""What a database holds, hashed table by table again and compared with what a signed checkpoint says it held."""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from yutan.verifier.findings import STORES, Report

# Columns of logs that may change after a row was added; each follows from rows that may not.
_MAY_BE_LEFT_OUT: Final = frozenset({"settled_seq", "status"})


class Claim(NamedTuple):
    """What checkpoint `number` says of one store."""

    number: int
    schema: int
    identity: str
    seq: int
    tables: dict[str, dict[str, Any]]


def check(
    name: str, connection: sqlite3.Connection, stands_at: tuple[int, str], claims: Sequence[Claim], report: Report
) -> None:
    """Check a store that stands at (seq, identity). claims: of all checkpoints that speak of it, oldest first.

    Every period of every log is hashed again; the other tables as of the newest claim, where nothing has been added since.
    """
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    seq, identity = stands_at
    newest = claims[-1]
    report.require(
        STORES, name, "seq", seq >= newest.seq, f"at least {newest.seq}, as in checkpoint {newest.number}", seq
    )
    if seq == newest.seq and schema >= newest.schema:
        report.expect(
            STORES, name, f"schema and identity in checkpoint {newest.number}", _form(newest), (schema, identity)
        )
    mine = [claim for claim in claims if _form(claim) == (schema, identity)]
    if len(mine) < len(claims):
        report.notes.append(
            f"{name}: made anew or brought to another form after some checkpoints; those are not compared"
        )
    stops: dict[str, int] = {}
    for claim in mine:
        for table, told in claim.tables.items():
            if told["key"]:
                place = f"{table} of checkpoint {claim.number}"
                report.expect(STORES, name, f"{place}, after", stops.get(table, 0), told["after"])
                _compare(name, connection, place, table, told, report)
                stops[table] = told["to"]
    if mine and mine[-1] is newest and seq == newest.seq:
        _tables_now(name, connection, newest, report)
    elif mine:
        report.notes.append(
            f"{name}: went on after checkpoint {newest.number}, up to seq {seq}; what can change is not compared"
        )


def _form(claim: Claim) -> tuple[int, str]:
    return claim.schema, claim.identity


def _tables_now(name: str, connection: sqlite3.Connection, newest: Claim, report: Report) -> None:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    there = ["sqlite_master", *(row[0] for row in connection.execute(sql))]
    report.expect(STORES, name, f"tables of checkpoint {newest.number}", sorted(newest.tables), sorted(there))
    for table, told in newest.tables.items():
        place = f"{table} of checkpoint {newest.number}"
        if not told["key"]:
            _compare(name, connection, place, table, told, report)
        else:
            after = connection.execute(
                f"SELECT count(*) FROM {_safe(table)} WHERE {_safe(told['key'])} > ?", (told["to"],)
            )
            report.expect(STORES, name, f"{place}, rows added since", (0,), after.fetchone())
            before = connection.execute(f"SELECT count(*) FROM {_safe(table)} WHERE {_safe(told['key'])} <= 0")
            report.expect(STORES, name, f"{place}, rows before the first", (0,), before.fetchone())


def _compare(
    name: str, connection: sqlite3.Connection, place: str, table: str, told: dict[str, Any], report: Report
) -> None:
    try:
        found = _hash(connection, table, told)
    except (sqlite3.Error, ValueError) as error:
        report.wrong(STORES, name, place, "a table that can be read", error)
        return
    report.expect(STORES, name, f"{place}, rows and SHA-256", (told["rows"], told["sha256"]), found)


def _hash(connection: sqlite3.Connection, table: str, told: dict[str, Any]) -> tuple[int, str]:
    """Rows and SHA-256: each row as a JSON array (bytes as hex) and a line feed, in the order of the primary key."""
    if table == "sqlite_master":
        columns, order = ["type", "name", "sql"], ["type", "name"]
    else:
        info = connection.execute(f"PRAGMA table_info({_safe(table)})").fetchall()
        order = [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]
        left_out = set(told["left_out"])
        if not left_out <= _MAY_BE_LEFT_OUT:
            raise ValueError(f"leaves out {sorted(left_out)}")
        columns = [row[1] for row in info if row[1] not in left_out]
    key = _safe(told["key"])
    condition = f"WHERE {key} > {int(told['after'])} AND {key} <= {int(told['to'])} " if key else ""
    digest, count = hashlib.sha256(), 0
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table} {condition}ORDER BY {', '.join(order)}"):
        digest.update(orjson.dumps([value.hex() if isinstance(value, bytes) else value for value in row]) + b"\n")
        count += 1
    return count, digest.hexdigest()


def _safe(name: str) -> str:
    """A name that may stand in a statement. Raises ValueError for anything else."""
    if name and not name.isidentifier():
        raise ValueError(f"{name!r} is no name of a table or column")
    return name
