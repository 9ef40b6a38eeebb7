"""`yutan operator plan|import-allocations|reviews`: a year's allocation at the operators' door."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.importing import read_whole
from yutan.cli.options import Act, Desk, as_act, as_operator
from yutan.client import Client

Year = Annotated[int, typer.Option("--year", min=2000, max=2999, help="Compliance year (履约年度).")]
Notified = Annotated[
    int, typer.Option("--notified-on", help="Day of the bureau's notice, yyyymmdd: 7 working days to object (通知日).")
]

plan_app = typer.Typer(no_args_is_help=True, help="A year's allocation plan (配额分配方案).")


def with_notice(fields: dict[str, Any], notified_on: int) -> dict[str, Any]:
    """The fields of an act with the day of the notice, where one is given."""
    return {**fields, "notified_on": day_text(notified_on)} if notified_on else fields


@plan_app.command("set")
@as_act("allocation plan")
def set_plan(
    act: Act,
    year: Year,
    total: Annotated[int, typer.Option("--total", min=0, help="All that may be issued, tonnes (总量, 吨).")],
    reserve: Annotated[int, typer.Option("--reserve", min=0, help="Of it the government's reserve (政府预留, 吨).")],
) -> None:
    """Set or change a year's plan (设定分配方案); two persons. Its document is published; what is issued stays within it."""
    fields = {"year": year, "total": total, "reserve": reserve, "basis": act.document}
    session.act(act, "set_allocation_plan", fields)


@plan_app.command("show")
@as_operator
def show_plans(desk: Desk) -> None:
    """List plans with what was issued of them (分配方案及已发放量)."""
    session.operator_reads(desk, "allocation plans (分配方案, 吨)", lambda client: client.allocations.plans())


@as_act("allocation file")
def import_allocations(
    act: Act,
    file: Annotated[Path, typer.Argument(help="CSV: account,instrument,kind,tonnes (文件).")],
    year: Year,
    notified_on: Notified = 0,
) -> None:
    """Issue what a file lists (导入配额分配): all of it by one act of two persons, or a report of its wrong rows and nothing."""
    from yutan.imports import Allocations, read_allocations  # stands on the core, which no other act needs

    async def read(client: Client, content: bytes) -> Allocations:
        categories = {row.account: row.category for row in await client.ops_accounts()}
        return read_allocations(content, categories, [row.instrument for row in await client.instruments()])

    found = read_whole(act.desk, file, read)
    fields = {"year": year, "issues": found.issues, "sha256": found.sha256}
    session.act(act, "import_allocations", with_notice(fields, notified_on))


@as_operator
def reviews(desk: Desk) -> None:
    """List deadlines and requests for review of all accounts (复核申请及期限)."""
    session.operator_reads(desk, "reviews (复核)", lambda client: client.allocations.reviews())


def register(app: typer.Typer) -> None:
    """Add the commands to `yutan operator`."""
    app.add_typer(plan_app, name="plan")
    app.command("import-allocations")(import_allocations)
    app.command()(reviews)
