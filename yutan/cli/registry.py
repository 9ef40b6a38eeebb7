"""`yutan operator emissions|obligation …`: the compliance year at the operators' door."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.protocol import wire
from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import DEFAULT_DATA, DataDir, Document, Json, Operator, Why
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, console, fail, show
from yutan.client import Client
from yutan.imports import Emissions, ImportRefused, read_emissions

emissions_app = typer.Typer(no_args_is_help=True, help="Verified emissions of key emitters (经核查的排放量).")
obligation_app = typer.Typer(no_args_is_help=True, help="Compliance obligations (履约义务).")

Year = Annotated[int, typer.Option("--year", min=2000, max=2999, help="Compliance year (履约年度).")]
AnyYear = Annotated[int, typer.Option("--year", help="Compliance year; none: all (履约年度).")]


@emissions_app.command("import")
def import_emissions(
    file: Annotated[Path, typer.Argument(help="CSV of the reporting system: account,emissions_t,reported_on (文件).")],
    year: Year,
    operator: Operator,
    objection_until: Annotated[
        int, typer.Option("--objection-until", help="Last day to ask for a review, yyyymmdd (复核申请截止日).")
    ] = 0,
    reason: Why = "verified emissions of the reporting system",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Import verified emissions (导入核查排放量): the whole file, or a report of its wrong rows and nothing."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=EXIT_MISSING, as_json=as_json)

    async def question(client: Client) -> Emissions | ImportRefused:
        categories = {row.account: row.category for row in await client.ops_accounts()}
        try:
            return read_emissions(content, categories)
        except ImportRefused as refused:
            return refused

    found = session.ask_operator(data, operator, question, as_json)
    if isinstance(found, ImportRefused):
        rows = [fault._asdict() for fault in found.faults]
        if not as_json:
            show(rows, as_json=False, title=f"{file} (逐行报告)")
        fail(f"{file}: {found}", code=EXIT_DATA, as_json=as_json, data={"rows": rows} if as_json else None)
    fields: dict[str, Any] = {"year": year, "rows": found.rows, "sha256": found.sha256}
    if objection_until:
        fields["objection_until"] = day_text(objection_until)
    session.act("import_emissions", fields, data, operator, reason, document, as_json)


@obligation_app.command("show")
def show_obligation(
    account: Annotated[str, typer.Argument(help="Account code (交易账户).")],
    operator: Operator,
    year: AnyYear = 0,
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Show a key emitter's compliance years (履约情况): allocation, emissions, surrendered, shortfall."""
    found = session.ask_operator(data, operator, lambda client: client.ops_obligation(account, year), as_json)
    print_obligation(found, as_json)


def print_obligation(found: wire.ObligationView, as_json: bool) -> None:
    """Compliance years as JSON, or each as a table of its fields."""
    if as_json:
        show(found, as_json=True)
        return
    if not found.years:
        console().print(f"{found.account}: no compliance year yet (尚无履约年度)", markup=False)
    for row in found.years:
        show(row, as_json=False, title=f"{found.account} {row.year} (履约, 吨)")
