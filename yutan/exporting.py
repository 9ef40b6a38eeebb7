"""A member's own data of a period as files (数据导出): orders, execution reports, fills, ledger, holdings, statements.

Everything comes through the member's own door: statements day by day, reports page by page. What was fetched is kept in
the folder, so an export that was interrupted goes on where it stopped. At the end the tables are written and checked
against the statements: each fill stands in its day's statement, cash and units go from each day's opening to its closing.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from gateway.tables import Row, data_package, described, forms_made, resource, table_bytes
from yutan.client import Client
from yutan.export_check import differences
from yutan.export_tables import tables_of

REPORTS_A_PAGE = 1_000
REPORTS_MAX: Final = 2_000_000  # in one export, about 2 GB; a longer period is exported in parts
STATE: Final = "export.json"
REPORTS: Final = "reports.partial"
STATEMENTS: Final = "statements"


class ExportError(ValueError):
    """The export cannot go on: the folder holds something else, or the period is too long."""


class Progress(msgspec.Struct):
    """What an export is of and how far it has come. next_seq: of the private stream; bytes: of the reports kept so far."""

    account: str
    first_day: str
    last_day: str
    next_seq: int = 1
    reports: int = 0
    bytes: int = 0
    is_done: bool = False


class Exported(msgspec.Struct):
    """What was written, and what the check against the statements found (nothing where all is right)."""

    account: str
    first_day: str
    last_day: str
    statements: int
    reports: int
    files: list[str]
    differences: list[str]


async def export(client: Client, folder: Path, account: str, first_day: str, last_day: str) -> Exported:
    """Export the account's days from first_day to last_day (both included, yyyy-mm-dd) into a folder.

    Raises `ExportError`, and `Refused` or `ConnectionLost` as every question does; afterwards it can be called again.
    """
    progress = _begin(folder, Progress(account, first_day, last_day))
    days = [day for day in reversed(await client.statement_days(account)) if first_day <= day <= last_day]
    for day in days:
        await _fetch_statement(client, folder, account, day)
    if not progress.is_done:
        await _fetch_reports(client, folder, progress)
    return _write(folder, progress, days)


def _begin(folder: Path, wanted: Progress) -> Progress:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STATE
    if not path.exists():
        if any(folder.iterdir()):
            raise ExportError(f"{folder} holds something else")
        (folder / STATEMENTS).mkdir()
        (folder / REPORTS).touch()
        _store(path, msgspec.json.encode(wanted))
        return wanted
    found = msgspec.json.decode(path.read_bytes(), type=Progress)
    if (found.account, found.first_day, found.last_day) != (wanted.account, wanted.first_day, wanted.last_day):
        raise ExportError(f"{folder} holds the export of {found.account} from {found.first_day} to {found.last_day}")
    return found


async def _fetch_statement(client: Client, folder: Path, account: str, day: str) -> None:
    path = folder / STATEMENTS / f"{day}.json"
    if not path.exists():
        statement = await client.statement(day, account)
        _store(path, orjson.dumps(statement, option=orjson.OPT_SORT_KEYS))


async def _fetch_reports(client: Client, folder: Path, progress: Progress) -> None:
    """Go on with the private stream, page by page; each page is on disk before the next is asked for."""
    channel = f"exec.{progress.account}"
    assert client.welcome is not None, "the client has logged in"
    last_seq = client.welcome.last_seqs[channel]
    with (folder / REPORTS).open("r+b") as file:
        file.truncate(progress.bytes)  # a page that was not noted as kept is fetched again
        file.seek(progress.bytes)
        while progress.next_seq <= last_seq and not progress.is_done:
            page = await client.replay(channel, progress.next_seq, REPORTS_A_PAGE)
            for event in page:
                day = event.data.trading_day
                if progress.first_day <= day <= progress.last_day:
                    file.write(orjson.dumps({"seq": event.seq, **msgspec.to_builtins(event.data)}) + b"\n")
                    progress.reports += 1
            if progress.reports > REPORTS_MAX:
                raise ExportError(f"more than {REPORTS_MAX} reports: export a shorter period")
            file.flush()
            os.fsync(file.fileno())
            progress.next_seq = page[-1].seq + 1
            progress.is_done = page[-1].data.trading_day > progress.last_day  # no later one is of the period
            progress.bytes = file.tell()
            _store(folder / STATE, msgspec.json.encode(progress))


def _reports(folder: Path) -> Iterator[Row]:
    with (folder / REPORTS).open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def _write(folder: Path, progress: Progress, days: list[str]) -> Exported:
    statements = {day: orjson.loads((folder / STATEMENTS / f"{day}.json").read_bytes()) for day in days}
    reports = list(_reports(folder))
    resources: list[dict[str, Any]] = []
    for table in tables_of(reports, statements):
        for form in forms_made():
            body = table_bytes(table, form)
            _store(folder / f"{table.name}.{form}", body)
            resources.append(resource(table, form, described(body)))
    for day in days:
        body = (folder / STATEMENTS / f"{day}.json").read_bytes()
        resources.append(_statement_resource(day, body))
    name = f"{progress.account}-{progress.first_day}-{progress.last_day}".lower()
    title = f"{progress.account} {progress.first_day} – {progress.last_day}"
    package = data_package(name, title, "", resources)
    _store(folder / "datapackage.json", orjson.dumps(package, option=orjson.OPT_INDENT_2))
    return Exported(
        progress.account,
        progress.first_day,
        progress.last_day,
        len(days),
        len(reports),
        [str(one["path"]) for one in resources],
        differences(reports, statements),
    )


def _statement_resource(day: str, body: bytes) -> dict[str, Any]:
    file = described(body)
    return {
        "profile": "data-resource",
        "name": f"statement-{day}",
        "title": f"结算单 Statement {day}",
        "path": f"{STATEMENTS}/{day}.json",
        "format": "json",
        "mediatype": "application/json",
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
    }


def _store(path: Path, body: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(body)
    partial.replace(path)
