"""What a page shows as an Excel workbook, asked for as a page does and read by a program of others."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.core.units import TONNES_MAX
from gateway.http.logins import WORKBOOK_BYTES_MAX
from settlement.core.statement import STATEMENT_TRADES_MAX
from tests.gateway.http.people import street
from tests.gateway.http.test_logins import enrolled

ROWS: list[list[Any]] = [
    [{"bold": "甲"}, '=1+1 & <b> "x"', "@cmd\u0007\n次行", "-2", 7, "1234567.80", "-0.05", "00123", None],
    [*(f"{column}列" for column in range(28)), 10_000_000],
]


async def test_texts_are_texts_and_figures_are_figures(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        refused = await browser.post("/v1/workbook", sheets=[{"name": "A", "rows": ROWS}])
        assert refused.json()["error"]["name"] == "LOGIN_NEEDED"
        await browser.log_in("trade", "wu-1")
        made = await browser.post("/v1/workbook", sheets=[{"name": "A & B", "rows": ROWS}])
        assert made.content == (await browser.post("/v1/workbook", sheets=[{"name": "A & B", "rows": ROWS}])).content
        paths = (await browser.client.get("/openapi.json")).json()["paths"]
        declared = paths["/v1/workbook"]["post"]
        assert set(declared["responses"]["200"]["content"]) == {made.headers["content-type"]}
        example = declared["requestBody"]["content"]["application/json"]["example"]
        said = await browser.post("/v1/workbook", **example)
        assert openpyxl.load_workbook(io.BytesIO(said.content)).sheetnames == [example["sheets"][0]["name"]]
    sheet = openpyxl.load_workbook(io.BytesIO(made.content))["A & B"]
    # a control character, which XML has no place for, stands there as ECMA-376 writes it
    first, second = ([(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows())
    assert first[:9] == [
        ("甲", "s"), ('=1+1 & <b> "x"', "s"), ("@cmd_x0007_\n次行", "s"), ("-2", "s"),
        (7, "n"), (1_234_567.8, "n"), (-0.05, "n"), ("00123", "s"), (None, "n"),
    ]  # fmt: skip
    assert second[26:] == [("26列", "s"), ("27列", "s"), (10_000_000, "n")]
    assert (sheet["A1"].font.b, sheet["E1"].number_format, sheet["F1"].number_format) == (True, "#,##0", "#,##0.00")


@pytest.mark.parametrize(
    ("sheets", "status"),
    [
        ([], 400),
        ([{"name": "[1]", "rows": []}], 400),
        ([{"name": "a" * 32, "rows": []}], 400),
        ([{"name": "a", "rows": []}, {"name": "A", "rows": []}], 400),
        ([{"name": "a", "rows": [[1.5]]}], 400),
        ([{"name": "a", "rows": [[2**53 + 1]]}], 400),
        ([{"name": "a", "rows": [["x" * 9_000] * 100] * 5}], 413),
    ],
)
async def test_what_is_no_workbook_is_refused(tmp_path: Path, sheets: list[Any], status: int) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        assert (await browser.post("/v1/workbook", sheets=sheets)).status_code == status
        assert (await browser.post("/v1/workbook", sheets=[{"name": "a", "rows": []}])).status_code == 200


def test_the_longest_statement_is_taken() -> None:
    row = [
        "T-123456789012",
        "2026-11-20 14:59:59",
        "收盘集合竞价",
        "O-123456789012",
        "CQCER-2025",
        "买入",
        "12345.67",
        TONNES_MAX,
    ]
    rows = [[*row, "12345678901.23", "12345678.90", "争议暂缓"]] * (STATEMENT_TRADES_MAX + 1)
    body = json.dumps({"sheets": [{"name": "成交", "rows": rows}]}, ensure_ascii=False, separators=(",", ":"))
    assert len(body.encode()) < WORKBOOK_BYTES_MAX
