"""The key units of a compliance year (重点排放单位): who they are, what they were allocated, their verified emissions, and
whether they have surrendered.

Source: domain rules (g): list of key units, allocation, surrender status (CQ-M Art. 29), emission reports (Art. 24). Of a
report only the verified figure is public; what a unit holds, and how it surrendered, is its own.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get
from msgspec import Meta

from engine.core import reasons
from engine.view import AccountView, ComplianceView
from gateway.http import queries
from gateway.http.calendar import today_of
from gateway.http.datafiles import Dataset, data_files
from gateway.http.files import table_file
from gateway.http.replies import AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import Sources, sources_of
from gateway.protocol.times import day_text
from gateway.tables import Column, Row, Table, csv_bytes

KEY_EMITTER: Final = "key_emitter"
STATUS_ZH: Final = {
    "unknown": "排放量待核定", "none": "未清缴", "partial": "部分清缴", "overdue": "逾期未足额清缴", "complete": "已足额清缴",
}  # fmt: skip
COLUMNS: Final = (
    Column("year", "履约年度", ("year",), "integer"),
    Column("unit", "账户代码", ("unit",), "string"),
    Column("name", "单位名称", ("name",), "string"),
    Column("free_allocation", "免费分配(吨)", ("free_allocation",), "integer"),
    Column("preallocation", "预分配(吨)", ("preallocation",), "integer"),
    Column("verified_emissions", "核定排放量(吨)", ("verified_emissions",), "integer"),
    Column("reported_on", "报告日期", ("reported_on",), "date"),
    Column("surrender_status", "清缴状态", ("surrender_status",), "string"),
    Column("surrender_status_zh", "清缴状态(中文)", ("surrender_status_zh",), "string"),
)


class KeyUnitsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Without `year`: the newest that has a record."""

    year: Annotated[int, Meta(ge=2000, le=9999)] | None = None


@get("/key-units", sync_to_thread=False)
def key_units(request: AnyRequest) -> Response[bytes]:
    """Key units of a compliance year, with the sums over all of them."""
    sources = sources_of(request)
    value = units_of_year(sources, queries.read(request, KeyUnitsQuery))
    return json_reply(request, value)


@get("/key-units.csv", sync_to_thread=False)
def key_units_csv(request: AnyRequest) -> Response[bytes]:
    """The same for spreadsheets."""
    sources = sources_of(request)
    value = units_of_year(sources, queries.read(request, KeyUnitsQuery))
    rows = [{"year": value["year"], **row} for row in value["units"]]
    headers = {"content-disposition": f'attachment; filename="key-units-{value["year"]}.csv"'}
    return bytes_reply(request, csv_bytes(COLUMNS, rows), "text/csv", 0, headers)


@get("/key-units.parquet")
async def key_units_parquet(request: AnyRequest) -> Response[bytes]:
    """The same as Apache Parquet, each column with its type."""
    sources = sources_of(request)
    value = units_of_year(sources, queries.read(request, KeyUnitsQuery))
    units = [{"year": value["year"], **row} for row in value["units"]]
    name = f"key-units-{value['year']}"

    async def rows() -> list[Row]:
        return units

    found = Dataset(
        Table(name, f"重点排放单位 Key units {value['year']}", COLUMNS, ("year", "unit"), ()), repr(units), rows
    )
    return table_file(request, f"{name}.parquet", await data_files(request).body(found, "parquet"), "parquet")


def units_of_year(sources: Sources, query: KeyUnitsQuery) -> dict[str, Any]:
    """The units of a year, its plan and the sums, as the answer has them. Raises `Refused` for a year without a record."""
    units = [each for each in sources.view.accounts() if each.category == KEY_EMITTER and not each.successor]
    years = {unit.number: {row.year: row for row in sources.view.compliance(unit.number)} for unit in units}
    planned = {year for year, plan in sources.view.allocation_plans() if plan.is_set}
    known = sorted(planned.union(*years.values()))
    if query.year is None and not known:
        rows = [_unit(unit, None, 0) for unit in units]
        return {"year": None, "years": [], "plan": None, "units": rows, "totals": _totals([])}
    year = known[-1] if query.year is None else query.year
    if year not in known:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "year")
    today = today_of(sources)
    rows = [_unit(unit, years[unit.number].get(year), today) for unit in units]
    plan = _plan(sources, year)
    return {"year": year, "years": known, "plan": plan, "units": rows, "totals": _totals(rows)}


def _plan(sources: Sources, year: int) -> dict[str, Any] | None:
    """The year's allocation plan and what was issued of it; nothing where none is set."""
    plan = dict(sources.view.allocation_plans()).get(year)
    if plan is None or not plan.is_set:
        return None
    return {
        "document": plan.basis,
        "total": plan.total,
        "reserve": plan.reserve,
        "allocated": plan.allocated,
        "reserved": plan.reserved,
    }


def _unit(unit: AccountView, record: ComplianceView | None, today: int) -> dict[str, Any]:
    status = status_of(record, today)
    return {
        "unit": unit.code,
        "name": unit.name,
        "free_allocation": record.free if record is not None else 0,
        "preallocation": record.preallocated if record is not None else 0,
        "verified_emissions": record.emissions if record is not None and record.emissions >= 0 else None,
        "reported_on": day_text(record.reported_on) if record is not None and record.reported_on else None,
        "surrender_deadline": day_text(record.surrender_deadline) if record and record.surrender_deadline else None,
        "surrender_status": status,
        "surrender_status_zh": STATUS_ZH[status],
    }


def status_of(record: ComplianceView | None, today: int) -> str:
    """How far a unit's surrender has come: a key of `STATUS_ZH`."""
    if record is None or record.emissions < 0:
        return "unknown"
    if record.is_final or record.shortfall == 0:
        return "complete"
    if 0 < record.surrender_deadline < today:
        return "overdue"
    return "partial" if record.surrendered + sum(record.offsets.values()) else "none"


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "units": len(rows),
        "free_allocation": sum(row["free_allocation"] for row in rows),
        "preallocation": sum(row["preallocation"] for row in rows),
        "verified_emissions": sum(row["verified_emissions"] or 0 for row in rows),
        "by_status": {status: sum(row["surrender_status"] == status for row in rows) for status in STATUS_ZH},
    }


HANDLERS: Final = [key_units, key_units_csv, key_units_parquet]
