"""Key units over HTTP: list, allocation, verified emissions and surrender status are what the registry's own rows say."""

import csv
import io
import sqlite3
from pathlib import Path
from typing import Any

from engine.core.commands import (
    AllocateUnits,
    ImportEmissions,
    ListInstrument,
    OpenAccount,
    PreallocateUnits,
    SetAllocationPlan,
    SurrenderUnits,
)
from tests.gateway.http.conftest import Door

YEAR = 2025
UNITS = (("K1", "=cmd|' /C calc'!A0", 900), ("K2", "嘉陵水泥", 500), ("K3", "新厂", 0))


async def get(door: Door, path: str) -> Any:
    answer = await door.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def a_year(door: Door) -> None:
    first = len(door.run.view.accounts()) + 1
    door.run.act(ListInstrument("CQEA-26", "CQEA", 2026, "配额26", "CQEA-26", 4000))
    for owner, (code, name, tonnes) in enumerate(UNITS, 50):
        door.run.act(OpenAccount(code, owner, name, "key_emitter"))
        if tonnes:
            door.run.act(AllocateUnits(owner - 50 + first, 1, tonnes, "free", YEAR))
    door.run.act(PreallocateUnits(first + 2, 3, 70, YEAR + 1, 0))
    door.run.act(ImportEmissions(YEAR, ((first, 600, 20260420), (first + 1, 450, 20260421)), 0, "0" * 64))
    door.run.act(SurrenderUnits(first, 1, 600, YEAR, True))
    door.run.act(SurrenderUnits(first + 1, 1, 100, YEAR, False))
    await door.title.wait_settled(door.run.market.seq)


async def test_units_are_listed_with_allocation_emissions_and_status(door: Door, tmp_path: Path) -> None:
    assert await get(door, "/api/v1/key-units") == {
        "year": None,
        "years": [],
        "plan": None,
        "units": [],
        "totals": {
            "units": 0, "free_allocation": 0, "preallocation": 0, "verified_emissions": 0,
            "by_status": {"unknown": 0, "none": 0, "partial": 0, "overdue": 0, "complete": 0},
        },
    }  # fmt: skip
    await a_year(door)
    found = await get(door, f"/api/v1/key-units?year={YEAR}")
    assert [(row["unit"], row["surrender_status"]) for row in found["units"]] == [
        ("K1", "complete"), ("K2", "partial"), ("K3", "unknown"),
    ]  # fmt: skip
    assert found["totals"]["by_status"] == {"unknown": 1, "none": 0, "partial": 1, "overdue": 0, "complete": 1}
    with sqlite3.connect(f"{(tmp_path / 'registry.db').as_uri()}?mode=ro", uri=True) as registry:
        allocated = dict(
            registry.execute(
                "SELECT code, sum(tonnes) FROM registry_acts JOIN accounts USING (account) "
                "WHERE act = 'issue' AND class = 'free' AND year = ? GROUP BY code",
                (YEAR,),
            )
        )
        emitted = dict(
            registry.execute(
                "SELECT code, tonnes FROM emissions JOIN accounts USING (account) WHERE year = ? ORDER BY seq", (YEAR,)
            )
        )
    registry.close()
    assert {row["unit"]: row["free_allocation"] for row in found["units"] if row["free_allocation"]} == allocated
    assert {row["unit"]: row["verified_emissions"] for row in found["units"] if row["verified_emissions"]} == emitted
    assert found["totals"]["free_allocation"] == sum(allocated.values())
    newest = await get(door, "/api/v1/key-units")
    assert (newest["year"], newest["years"]) == (YEAR + 1, [YEAR, YEAR + 1])
    assert [row["preallocation"] for row in newest["units"]] == [0, 0, 70]


async def test_the_plan_is_public_with_its_document_and_what_was_issued_of_it(door: Door) -> None:
    door.run.act(SetAllocationPlan(YEAR + 1, 6_009_000, 500, "渝环〔2026〕5号"))
    found = await get(door, "/api/v1/key-units")
    plan = {"document": "渝环〔2026〕5号", "total": 6_009_000, "reserve": 500, "allocated": 6_000_000, "reserved": 0}
    assert (found["year"], found["plan"]) == (YEAR + 1, plan)
    await a_year(door)
    assert (await get(door, "/api/v1/key-units"))["plan"] == plan | {"allocated": 6_000_070}
    assert (await get(door, f"/api/v1/key-units?year={YEAR}"))["plan"] is None


async def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(door: Door) -> None:
    await a_year(door)
    answer = await door.client.get(f"/api/v1/key-units.csv?year={YEAR}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    names, headings, *rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert headings[:3] == ["履约年度", "账户代码", "单位名称"]
    first = dict(zip(names, rows[0], strict=True))
    assert (first["unit"], first["name"], first["verified_emissions"]) == ("K1", "'" + UNITS[0][1], "600")


async def test_what_a_unit_holds_is_not_told(door: Door) -> None:
    await a_year(door)
    text = (await door.client.get(f"/api/v1/key-units?year={YEAR}")).text
    for secret in ("surrendered", "offset", "shortfall", "owner", "available"):
        assert secret not in text


async def test_a_year_without_a_record_is_refused_by_number(door: Door) -> None:
    answer = await door.client.get("/api/v1/key-units?year=2019")
    assert (answer.status_code, answer.json()["error"]["name"]) == (404, "UNKNOWN_DOCUMENT")
    answer = await door.client.get("/api/v1/key-units?year=soon")
    assert (answer.status_code, answer.json()["error"]["name"]) == (400, "INVALID_FIELD")
