"""Open data: each table in each form says what the registry's ledger says, and a data package describes every file truly."""

import csv
import hashlib
import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.core.commands import CorrectBulletin
from engine.core.events import Traded
from gateway.http import datafiles
from tests.gateway.feed.flow import void_of
from tests.gateway.http.conftest import Door

DAYS = ("2026-11-20", "2026-11-21")
_KINDS = {"string": str, "integer": int, "number": (int, str), "date": str, "datetime": str}


async def get(door: Door, path: str) -> bytes:
    answer = await door.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.content


async def arrow(door: Door, path: str) -> Any:
    return pq.read_table(io.BytesIO(await get(door, path)))


def ledger(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"{(folder / 'registry.db').as_uri()}?mode=ro", uri=True) as registry:
        return list(registry.execute(sql, values))


async def test_the_trades_of_a_day_are_those_of_the_ledger_with_their_types(door: Door, tmp_path: Path) -> None:
    found = await arrow(door, "/data/2026-11-20/trades-2026-11-20.parquet")
    assert {field.name: field.type for field in found.schema} == {
        "trade": pa.string(), "instrument": pa.string(), "trading_day": pa.date32(), "at": pa.timestamp("us", "UTC"),
        "price_fen": pa.int64(), "quantity": pa.int64(), "unit": pa.string(), "amount_fen": pa.int64(),
        "taker_side": pa.string(), "voided": pa.string(),
    }  # fmt: skip
    tick_fen = {row.code: row.tick_fen for row in door.run.view.instruments()}
    told = [
        (
            row["trade"],
            row["instrument"],
            row["price_fen"] // tick_fen[row["instrument"]],
            row["quantity"],
            row["amount_fen"],
        )
        for row in found.to_pylist()
    ]
    held = ledger(
        tmp_path,
        "SELECT 'T-' || trade, code, price_ticks, tonnes, amount_fen FROM trades JOIN instruments USING (instrument) "
        "WHERE trading_day = 20261120 ORDER BY trade",
    )
    assert told == held
    assert len(told) > 20
    assert set(found["trading_day"].to_pylist()) == {date(2026, 11, 20)}
    assert all(at.astimezone(UTC).date() == date(2026, 11, 20) for at in found["at"].to_pylist())


async def test_every_form_of_a_table_has_the_same_rows_and_another_reader_reads_them(door: Door) -> None:
    stem = "/data/2026-11/bulletins-2026-11"
    body = await get(door, f"{stem}.csv")
    assert body.startswith(b"\xef\xbb\xbf")
    cells = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    named = json.loads(await get(door, f"{stem}.json"))
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in named] == cells
    frame = polars.read_parquet(io.BytesIO(await get(door, f"{stem}.parquet")))
    assert frame["trading_day"].dtype == polars.Date
    assert frame["turnover_fen"].to_list() == [round(float(row["turnover"]) * 100) for row in cells]
    assert frame["tonnes"].to_list() == [int(row["tonnes"]) for row in cells]
    assert [str(value) for value in frame["change_percent"].to_list()] == [row["change_percent"] for row in cells]
    assert frame.height == len(cells) == len(door.run.view.instruments())


async def test_the_history_sums_the_trades_of_each_closed_day_and_of_no_other(door: Door, tmp_path: Path) -> None:
    found = (await arrow(door, "/data/2026-W47/history-2026-W47.parquet")).to_pylist()
    held = ledger(
        tmp_path,
        "SELECT trading_day, code, sum(tonnes), sum(amount_fen), count(*) FROM trades JOIN instruments USING (instrument) "
        "WHERE trading_day <= 20261121 GROUP BY trading_day, code ORDER BY trading_day, code",
    )
    told = [
        (int(f"{row['trading_day']:%Y%m%d}"), row["instrument"], row["quantity"], row["turnover_fen"], row["trades"])
        for row in found
    ]
    assert sorted(told) == held
    assert {str(row["trading_day"]) for row in found} == set(DAYS)


def numbers(schema: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
    for field in schema["fields"]:
        for row in rows:
            if row[field["name"]] is not None:
                yield row[field["name"]], _KINDS[field["type"]]


@pytest.mark.parametrize("period", ["2026-11-20", "2026-W47", "2026-11", "2026"])
async def test_a_data_package_describes_each_file_with_its_schema_size_and_hash(door: Door, period: str) -> None:
    package = json.loads(await get(door, f"/data/{period}/datapackage.json"))
    assert package["licenses"] == [{"name": "CC-BY-4.0"}]
    named = {row["path"] for row in package["resources"]}
    expected = {f"history-{period}", f"bulletins-{period}"}
    if period != "2026":
        expected |= {f"trades-{day}" for day in DAYS if day.startswith(period) or "W" in period}
    assert named == {f"{stem}.{form}" for stem in expected for form in ("csv", "json", "parquet")}
    for row in package["resources"]:
        body = await get(door, f"/data/{period}/{row['path']}")
        assert (row["bytes"], row["hash"]) == (len(body), f"sha256:{hashlib.sha256(body).hexdigest()}"), row["path"]
        names = [field["name"] for field in row["schema"]["fields"]]
        assert set(row["schema"]["primaryKey"]) < set(names)
        if row["format"] == "csv":
            assert next(csv.reader(io.StringIO(body.decode("utf-8-sig")))) == names
        elif row["format"] == "json":
            rows = json.loads(body)
            assert list(rows[0]) == names
            assert all(isinstance(value, kind) for value, kind in numbers(row["schema"], rows))
        else:
            assert pq.read_schema(io.BytesIO(body)).names == names


async def test_a_correction_makes_new_files_and_leaves_the_trades_as_they_were(door: Door) -> None:
    before = json.loads(await get(door, "/data/2026-11-20/datapackage.json"))
    door.run.act(CorrectBulletin("2026-11-20", "更正"))
    await door.title.wait_settled(door.run.market.seq)
    after = json.loads(await get(door, "/data/2026-11-20/datapackage.json"))
    changed = {old["name"] for old, new in zip(before["resources"], after["resources"], strict=True) if old != new}
    assert changed <= {"bulletins-2026-11-20-csv", "bulletins-2026-11-20-json", "bulletins-2026-11-20-parquet"}
    newest = json.loads(await get(door, "/bulletins/2026-11-20.json"))
    (row,) = [row for row in after["resources"] if row["path"] == "bulletins-2026-11-20.json"]
    told = json.loads(await get(door, "/data/2026-11-20/bulletins-2026-11-20.json"))
    assert [one["close"] for one in told] == [one["close"] for one in newest["instruments"]]
    assert row["bytes"] == len(await get(door, "/data/2026-11-20/bulletins-2026-11-20.json"))


async def test_bulletins_and_key_units_are_had_as_parquet_where_they_are_had_as_csv(door: Door) -> None:
    for path in ("/bulletins/2026-11-20", "/api/v1/bulletins/2026-11-20", "/bulletins/day-2026", "/api/v1/key-units"):
        names = next(csv.reader(io.StringIO((await get(door, f"{path}.csv")).decode("utf-8-sig"))))
        answer = await door.client.get(f"{path}.parquet")
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        typed = pq.read_schema(io.BytesIO(answer.content)).names
        assert [name.removesuffix("_fen") for name in typed] == names, path
    package = json.loads(await get(door, "/bulletins/datapackage.json"))
    assert {row["path"] for row in package["resources"]} == {"day-2026.csv", "day-2026.json", "day-2026.parquet"}


async def test_periods_are_listed_once_a_day_of_them_is_closed(door: Door) -> None:
    listed = [row["period"] for row in json.loads(await get(door, "/data"))["packages"]]
    assert sorted(listed) == sorted([*DAYS, "2026-W47", "2026-11", "2026"])
    refused = (
        ("/data/2026-11-22/datapackage.json", 404, "UNKNOWN_DOCUMENT"),  # still open
        ("/data/2026-11-20/trades-2026-11-21.csv", 404, "UNKNOWN_DOCUMENT"),
        ("/data/2026-11-20/trades-2026-11-20.pdf", 404, "UNKNOWN_DOCUMENT"),
        ("/data/2026-13/datapackage.json", 400, "INVALID_FIELD"),
        ("/data/2026-11-21/bulletins-2026-11-21.csv", 404, "UNKNOWN_DOCUMENT"),  # not published
        ("/data?x=1", 400, "UNKNOWN_FIELD"),
    )
    for path, status, name in refused:
        answer = await door.client.get(path)
        assert (answer.status_code, answer.json()["error"]["name"]) == (status, name), path


async def test_without_what_makes_parquet_its_files_are_refused_and_not_described(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed: the import fails
    answer = await door.client.get("/data/2026-11-20/trades-2026-11-20.parquet")
    error = answer.json()["error"]
    assert (answer.status_code, error["name"]) == (501, "FORM_NOT_INSTALLED")
    assert "yutan[parquet]" in error["data"]["detail"]
    assert datafiles.DataFiles().forms == ["csv", "json"]
    assert await get(door, "/data/2026-11-20/trades-2026-11-20.csv")


async def test_a_voided_trade_is_marked_in_the_answer_and_in_a_file_that_was_made_before(door: Door) -> None:
    path = "/data/2026-11-20/trades-2026-11-20.json"
    before = json.loads(await get(door, path))
    told = [event for batch in door.run.batches for happened in batch.events for event in happened]
    trade = next(event for event in told if type(event) is Traded)
    door.run.act(void_of(trade))
    after = json.loads(await get(door, path))
    rows = after["rows"] if isinstance(after, dict) else after
    assert [row["trade"] for row in rows if row["voided"]] == [f"T-{trade.trade}"]
    assert len(rows) == len(before["rows"] if isinstance(before, dict) else before)
    code = next(row.code for row in door.run.view.instruments() if row.number == trade.instrument)
    page = json.loads(await get(door, f"/api/v1/trades?instrument={code}&day=2026-11-20&limit=10000"))
    assert [row["trade_id"] for row in page["trades"] if row.get("voided")] == [f"T-{trade.trade}"]


async def test_files_are_kept_only_while_there_is_room(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/data/2026-11-20/trades-2026-11-20"
    first = await get(door, f"{path}.csv")
    monkeypatch.setattr(datafiles, "KEPT_BYTES_MAX", len(first))
    for form in ("json", "parquet", "csv", "json"):
        assert await get(door, f"{path}.{form}")
    assert await get(door, f"{path}.csv") == first
    monkeypatch.setattr(datafiles, "WAITING_MAX", 0)
    answer = await door.client.get("/data/2026-11-21/trades-2026-11-21.csv")
    assert (answer.status_code, answer.json()["error"]["name"]) == (503, "OVERLOADED")


def test_times_are_told_to_the_microsecond() -> None:
    from gateway.tables import Column
    from gateway.tables.parquet import parquet_bytes

    body = parquet_bytes("t", [Column("at", "时间", ("at",), "datetime")], [{"at": "2026-11-20T01:30:00.000001Z"}])
    (row,) = pq.read_table(io.BytesIO(body)).to_pylist()
    assert row["at"] == datetime(2026, 11, 20, 1, 30, 0, 1, tzinfo=UTC)
