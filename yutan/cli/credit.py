"""`yutan operator credit-record` and `credit strike`: what enters the environmental credit rating (环境信用评价)."""

import csv
import hashlib
import io
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from msgspec import structs

from engine import disk
from gateway.protocol.report_wire import CreditRow
from yutan.cli import session
from yutan.cli.options import Act, Desk, as_act, as_operator
from yutan.cli.output import show
from yutan.client import Client

BOM = b"\xef\xbb\xbf"  # so that spreadsheets read it as UTF-8


credit_app = typer.Typer(no_args_is_help=True, help="Decisions about the credit record (信用记录).")


def register(app: typer.Typer) -> None:
    """Add the commands to `yutan operator`."""
    app.command("credit-record")(credit_record)
    app.add_typer(credit_app, name="credit")


@as_operator
def credit_record(
    desk: Desk,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write what is due as JSON here, to be sent (输出文件).")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="The same as CSV (输出 CSV).")] = None,
) -> None:
    """List the credit record (信用记录), or write what is due and was not sent; `report sent bureau credit-DAY` records it."""
    rows, version, day = session.ask_operator(desk, _record)
    if out is None and csv_file is None:
        show(rows, as_json=desk.as_json, title="credit record (信用记录)")
        return
    due = [structs.asdict(row) for row in rows if row.status == "due"]
    struck = [
        structs.asdict(row) for row in rows if row.status == "struck" and row.sent_as
    ]  # to be taken back there too
    written: dict[str, Any] = {
        "subject": f"credit-{day}",
        "version": version,
        "records": len(due),
        "struck": len(struck),
    }
    if out is not None:
        document = {"kind": "credit", "as_of": day, "version": version, "records": due, "struck": struck}
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        disk.write_file(out, content)
        written |= {"file": str(out), "sha256": hashlib.sha256(content).hexdigest()}
    if csv_file is not None:
        disk.write_file(csv_file, BOM, _csv(due))
        written["csv"] = str(csv_file)
    show(written, as_json=desk.as_json, title="credit record (信用记录)")


@credit_app.command("strike")
@as_act()
def strike(
    act: Act,
    record: Annotated[str, typer.Argument(help="Name of the record, such as R-3, K-3 or U-2025-K01 (记录编号).")],
    basis: Annotated[str, typer.Option("--basis", help="What it rests on; the reason, unless given (依据).")] = "",
) -> None:
    """Strike a record that should not stand (撤销信用记录); always two persons. It stays visible as struck."""
    session.act(act, "strike_credit_record", {"record": record, "basis": basis or act.reason})


async def _record(client: Client) -> tuple[list[CreditRow], int, str]:
    """The record, the number of the next document about it, and the day as of which it is."""
    rows = await client.reports.credit()
    sent = [row for row in await client.reports.dispatches() if row.subject.startswith("credit-")]
    return rows, len(sent) + 1, (await client.ops_status()).trading_day


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, CreditRow.__struct_fields__, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
