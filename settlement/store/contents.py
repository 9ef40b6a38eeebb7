"""What a database holds, table by table, as hashes that a checkpoint can name and anyone can count again.

docs/verification.md has the form. A log (rows are only ever added, under a growing key) is hashed from where the checkpoint before
stopped, so a close costs what the day has added; every other table is hashed whole. A table that nobody has declared a log is
therefore covered too. Columns of a log that change later are left out; they follow from rows that do not.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import aiosqlite
import msgspec
import orjson

PAGE_ROWS: Final = 500


class Log(NamedTuple):
    """A table whose rows are only ever added, in the order of `key`; `left_out` are columns that may change."""

    key: str
    left_out: tuple[str, ...] = ()


REGISTRY_LOGS: Final[Mapping[str, Log]] = {
    "account_splits": Log("seq"),
    "audit_trail": Log("line"),
    "awards": Log("trade", ("settled_seq", "status")),
    "bank_files": Log("seq"),
    "cash_postings": Log("posting"),
    "day_stats": Log("trading_day"),
    "days": Log("trading_day"),
    "emissions": Log("seq"),
    "dispatches": Log("seq"),
    "monitor_reports": Log("seq"),
    "notices": Log("seq"),
    "objections": Log("seq"),
    "registry_acts": Log("seq"),
    "reserve_movements": Log("seq"),
    "restrictions": Log("seq"),
    "retention": Log("seq"),
    "statement_answers": Log("seq"),
    "statements": Log("trading_day"),
    "statement_corrections": Log("seq"),
    "trades": Log("trade", ("settled_seq", "status")),
    "unit_postings": Log("posting"),
    "voids": Log("seq"),
}


class TableContents(msgspec.Struct, frozen=True):
    """One table. Of a log, the rows with `key` above `after` and up to `to`, without the columns `left_out`; of another table
    all rows, `key` is empty and both are None."""

    table: str
    key: str
    left_out: tuple[str, ...]
    after: int | None
    to: int | None
    rows: int
    sha256: str


class Contents(msgspec.Struct, frozen=True):
    """A whole database as of the entry `seq`. identity: of the file, where making it anew from the journal gives other rows."""

    schema: int
    identity: str
    seq: int
    tables: tuple[TableContents, ...]


async def read(
    connection: aiosqlite.Connection, mark_sql: str, logs: Mapping[str, Log], since: Contents | None
) -> Contents:
    """Hash every table; logs from where `since` stopped, if that was of the same file and form.

    `mark_sql` selects the seq that the database stands at, and its identity.
    """
    (schema,) = (await _rows(connection, "PRAGMA user_version"))[0]
    seq, identity = (await _rows(connection, mark_sql))[0]
    stops: dict[str, int] = {}
    if since is not None and (since.schema, since.identity) == (schema, identity):
        stops = {table.table: table.to for table in since.tables if table.to is not None}
    found = [await _table(connection, "sqlite_master", ("type", "name", "sql"), ("type", "name"), Log(""), 0)]
    for (name,) in await _rows(
        connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ):
        info = await _rows(connection, f"PRAGMA table_info({name})")
        order = [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]
        log = logs.get(name)
        columns = [row[1] for row in info if log is None or row[1] not in log.left_out]
        found.append(await _table(connection, name, columns, order, log or Log(""), stops.get(name, 0)))
    return Contents(schema, identity, seq, tuple(found))


async def _table(
    connection: aiosqlite.Connection, name: str, columns: Sequence[str], order: Sequence[str], log: Log, after: int
) -> TableContents:
    condition, to = "", None
    if log.key:
        ((to,),) = await _rows(connection, f"SELECT max(coalesce(max({log.key}), 0), {after}) FROM {name}")
        condition = f"WHERE {log.key} > {after} AND {log.key} <= {to} "
    digest, count = hashlib.sha256(), 0
    sql = f"SELECT {', '.join(columns)} FROM {name} {condition}ORDER BY {', '.join(order)}"
    async with connection.execute(sql) as cursor:
        while page := list(await cursor.fetchmany(PAGE_ROWS)):
            for row in page:
                digest.update(orjson.dumps([_plain(value) for value in row]) + b"\n")
            count += len(page)
    return TableContents(name, log.key, log.left_out, after if log.key else None, to, count, digest.hexdigest())


async def _rows(connection: aiosqlite.Connection, sql: str) -> list[Any]:
    return list(await connection.execute_fetchall(sql))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
