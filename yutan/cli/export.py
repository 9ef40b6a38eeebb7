"""`yutan export`: a member's own data of a period as files (数据导出)."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from yutan import exporting
from yutan.cli import session
from yutan.cli.options import Who, as_member
from yutan.cli.output import EXIT_DATA, fail, show
from yutan.client import Client

Day = Annotated[str, typer.Option("--from", help="First trading day, yyyy-mm-dd (起始日).")]
LastDay = Annotated[str, typer.Option("--to", help="Last trading day, yyyy-mm-dd (截止日).")]


@as_member
def export(
    who: Who,
    folder: Annotated[Path, typer.Argument(help="Folder to write; one that was interrupted goes on (目录).")],
    first_day: Day,
    last_day: LastDay,
) -> None:
    """Export the own orders, fills, ledger, holdings and statements as CSV, JSON and Parquet, checked (导出本方数据)."""
    try:
        if date.fromisoformat(first_day) > date.fromisoformat(last_day):
            raise ValueError("--from is after --to")
    except ValueError as error:
        fail(f"{error}", code=2, as_json=who.as_json)

    async def question(client: Client) -> exporting.Exported | exporting.ExportError:
        try:
            account = session.account_of(client, who)
            return await exporting.export(client, folder, account, first_day, last_day)
        except exporting.ExportError as error:
            return error

    done = session.ask_member(who, question)
    if isinstance(done, exporting.ExportError):
        fail(str(done), code=EXIT_DATA, as_json=who.as_json)
    show(done, as_json=who.as_json, title="exported (已导出)")
    if done.differences:
        raise typer.Exit(EXIT_DATA)
