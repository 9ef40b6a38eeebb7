"""Weekly bulletins and corrections over HTTP: stable addresses, every version reachable, tables and their description."""

import csv
import hashlib
import io
import json
from typing import Any

from engine.core.commands import CorrectBulletin, PublishBulletin
from tests.gateway.http.conftest import Door

WEEK = "/bulletins/2026-W47"


async def get(door: Door, path: str) -> Any:
    answer = await door.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def publish_the_week(door: Door) -> None:
    """Close the Sunday that is open, and publish the week that ends with it."""
    door.run.close_day()
    await publish_all(door)


async def publish_all(door: Door) -> None:
    await door.title.wait_settled(door.run.market.seq)
    for row in reversed(await door.title.publications()):
        if not row.published:
            door.run.act(PublishBulletin(row.last_day, row.sha256))
    await door.title.wait_settled(door.run.market.seq)


async def test_a_week_is_published_with_page_json_csv_and_index(door: Door) -> None:
    for path in (WEEK, f"{WEEK}.json", f"{WEEK}.csv", "/bulletins/week-2026.csv"):
        assert (await door.client.get(path)).status_code == 404, path
    await publish_the_week(door)
    (row,) = (await get(door, "/api/v1/bulletins?kind=week"))["bulletins"]
    assert (row["period"], row["version"], row["first_day"], row["trading_day"]) == (
        "2026-W47", 1, "2026-11-20", "2026-11-22",
    )  # fmt: skip
    body = (await door.client.get(row["json"])).content
    assert hashlib.sha256(body).hexdigest() == row["sha256"]
    assert (await door.client.get(f"{WEEK}.json")).content == body
    assert row in (await get(door, "/bulletins/index.json"))["bulletins"]
    assert row not in (await get(door, "/api/v1/bulletins"))["bulletins"]
    for text in ((await door.client.get(row["page"])).text, (await door.client.get("/bulletins")).text):
        assert row["sha256"] in text
    names, headings, *rows = list(
        csv.reader(io.StringIO((await door.client.get(row["csv"])).content.decode("utf-8-sig")))
    )
    assert headings[:3] == ["期间", "首个交易日", "末个交易日"]
    document = json.loads(body)
    assert [dict(zip(names, cells, strict=True))["turnover"] for cells in rows] == [
        found["listed"]["turnover"] for found in document["instruments"]
    ]


async def test_a_weeks_figures_are_those_of_the_public_trades(door: Door) -> None:
    await publish_the_week(door)
    document = await get(door, f"{WEEK}.json")
    total = 0
    for row in document["instruments"]:
        trades: list[Any] = []
        for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
            asked = f"/api/v1/trades?instrument={row['code']}&day={day}&limit=10000"
            trades += (await get(door, asked))["trades"]
        total += sum(trade["quantity"] for trade in trades)
        assert row["listed"]["tonnes"] == sum(trade["quantity"] for trade in trades)
        prices = [float(trade["price"]) for trade in trades]
        assert (float(row["high"]), float(row["low"])) == (max(prices), min(prices))
        assert (row["open"], row["last"]) == (trades[0]["price"], trades[-1]["price"])
    assert document["total"]["tonnes"] == total > 0


async def test_a_correction_takes_nothing_away(door: Door) -> None:
    first = (await door.client.get("/bulletins/2026-11-20.json")).content
    door.run.act(CorrectBulletin("2026-11-20", "=1+1 <b>更正</b>"))
    await door.title.wait_settled(door.run.market.seq)
    assert (await door.client.get("/bulletins/2026-11-20.json")).content == first  # made, and not yet published
    await publish_all(door)
    now = await get(door, "/bulletins/2026-11-20.json")
    assert now["correction"] == {"basis": "=1+1 <b>更正</b>", "supersedes": hashlib.sha256(first).hexdigest()}
    assert (await door.client.get("/bulletins/2026-11-20.v1.json")).content == first
    assert await get(door, "/bulletins/2026-11-20.v2.json") == now
    newest, old = (await get(door, "/api/v1/bulletins"))["bulletins"]
    assert [(row["version"], row["is_newest"], row["page"]) for row in (newest, old)] == [
        (2, True, "/bulletins/2026-11-20"),
        (1, False, "/bulletins/2026-11-20.v1"),
    ]
    page = (await door.client.get("/bulletins/2026-11-20")).text
    assert "=1+1 &lt;b&gt;更正&lt;/b&gt;" in page
    assert "/bulletins/2026-11-20.v1" in page
    assert "本版本已被更正" in (await door.client.get("/bulletins/2026-11-20.v1")).text
    assert (await door.client.get("/bulletins/2026-11-20.v3.json")).status_code == 404


async def test_a_year_of_bulletins_is_one_described_table(door: Door) -> None:
    await publish_the_week(door)
    package = await get(door, "/bulletins/datapackage.json")
    tables = [resource for resource in package["resources"] if resource["format"] == "csv"]
    assert [resource["path"] for resource in tables] == ["day-2026.csv", "week-2026.csv"]
    for resource in tables:
        answer = await door.client.get(f"/bulletins/{resource['path']}")
        assert answer.content.startswith(b"\xef\xbb\xbf")
        names, *rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        fields = resource["schema"]["fields"]
        assert names == [field["name"] for field in fields]
        key = [names.index(name) for name in resource["schema"]["primaryKey"]]
        assert len({tuple(row[place] for place in key) for row in rows}) == len(rows) == 2
        for field, cells in zip(fields, zip(*rows, strict=True), strict=True):
            if field["type"] in ("integer", "number"):
                assert all(cell == "" or float(cell) == float(cell) for cell in cells), field
            if field["type"] == "integer":
                assert all(cell == "" or cell.isdecimal() for cell in cells), field


async def test_what_is_no_bulletin_is_refused_by_number(door: Door) -> None:
    for path, status, name in (
        ("/bulletins/2026-W60", 400, "INVALID_FIELD"),
        ("/bulletins/2026-13.json", 400, "INVALID_FIELD"),
        ("/bulletins/2026-11-20.v0.json", 400, "INVALID_FIELD"),
        ("/bulletins/2026.json", 404, "UNKNOWN_DOCUMENT"),
        ("/bulletins/day-1999.csv", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/bulletins?kind=decade", 400, "INVALID_FIELD"),
    ):
        answer = await door.client.get(path)
        assert (answer.status_code, answer.json()["error"]["name"]) == (status, name), path
