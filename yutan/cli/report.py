"""`yutan operator report …`: reports (报告) to the authorities and the auction monitor's, as one JSON document each.

A report is written with sorted keys, so that the same figures are the same bytes; its SHA-256 is said with the file.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from engine import disk
from yutan.cli import session, supervision
from yutan.cli.options import Act, Desk, as_act, as_operator
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, fail, show

app = typer.Typer(no_args_is_help=True, help="Reports to the authorities and the monitor's (报告).")

Period = Annotated[str, typer.Argument(help="2026-11-20, 2026-W47, 2026-11, 2026-Q4 or 2026 (期间).")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the report's JSON here (输出文件).")]


def _give(desk: Desk, found: dict[str, Any], out: Path | None) -> None:
    """Show a report, or write it and say its hash."""
    if out is None:
        show(found, as_json=desk.as_json, title=f"report (报告) {found['kind']} {found['period']}")
        return
    content = orjson.dumps(found, option=orjson.OPT_SORT_KEYS)
    disk.write_file(out, content)
    show({"file": str(out), "sha256": hashlib.sha256(content).hexdigest()}, as_json=desk.as_json, title="report (报告)")


def _made(desk: Desk, kind: str, period: str) -> dict[str, Any]:
    found: dict[str, Any] = session.ask_operator(desk, lambda client: client.reports.of(kind, period))
    return found


@app.command()
@as_operator
def bureau(desk: Desk, period: Period, out: Out = None) -> None:
    """Report to the ecology bureau (报生态环境局): registration, trading, settlement, supervision, major matters."""
    _give(desk, _made(desk, "bureau", period), out)


@app.command()
@as_operator
def finance(desk: Desk, period: Period, out: Out = None) -> None:
    """Report to the finance bureau (报财政局): what each auction brought, and what the treasury has of it."""
    _give(desk, _made(desk, "finance", period), out)


@app.command()
@as_operator
def monitor(
    desk: Desk,
    period: Annotated[str, typer.Argument(help="An auction's code, or a period such as 2026-Q4 (竞价编号或期间).")],
    out: Out = None,
) -> None:
    """Make the monitor's report (监测报告) on an auction or on the secondary market, with the journal's alerts counted."""
    found = _made(desk, "monitor", period)
    if "first_day" in found:
        inside = [
            row for row in supervision.alerts_of(desk.data, desk.as_json)
            if found["first_day"] <= row["trading_day"] <= found["last_day"]
        ]  # fmt: skip
        found["alerts"] = {
            name: sum(row["pattern"] == name for row in inside) for name in {r["pattern"] for r in inside}
        }
    _give(desk, found, out)


@app.command()
@as_operator
def matters(desk: Desk) -> None:
    """List what has to be told to the ecology bureau at once (重大事项), and under which number it was; 65 where one is overdue."""
    found = session.ask_operator(desk, lambda client: client.reports.matters())
    show(found, as_json=desk.as_json, title="matters to be told at once (重大事项)")
    if any(row.is_overdue for row in found):
        raise typer.Exit(EXIT_DATA)


@app.command()
@as_operator
def dispatches(desk: Desk) -> None:
    """List what was sent to authorities, under which document numbers (报送记录)."""
    session.operator_reads(desk, "dispatches (报送记录)", lambda client: client.reports.dispatches())


@app.command()
@as_act("record what was sent")
def sent(
    act: Act,
    kind: Annotated[str, typer.Argument(help="bureau, finance, regulator or matter (报送对象).")],
    subject: Annotated[str, typer.Argument(help="Its period, or the matter's id (期间或事项编号).")],
    sent_as: Annotated[str, typer.Option("--as", help="Document number under which it was sent (发文字号).")],
    file: Annotated[Path | None, typer.Option("--file", help="What was sent: its SHA-256 is recorded (文件).")] = None,
) -> None:
    """Record that a report or a matter was sent to an authority (登记报送)."""
    fields = {"kind": kind, "subject": subject, "sent_as": sent_as}
    if file is not None:
        fields["sha256"] = hashlib.sha256(_read(file, act.as_json)).hexdigest()
    session.act(act, "record_dispatch", fields)


@app.command()
@as_act("publish the monitor's report")
def publish(
    act: Act, file: Annotated[Path, typer.Argument(help="A report of `report monitor --out` (报告文件).")]
) -> None:
    """Sign a monitor's report off for publication, as its very bytes (发布监测报告); takes two persons."""
    body = _read(file, act.as_json)
    try:
        found = orjson.loads(body)
        fields = {"subject": found["period"], "body": body.decode()}
        is_fit = found["kind"] == "monitor"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        is_fit = False
    if not is_fit:
        fail(f"{file} is no monitor's report", code=EXIT_DATA, as_json=act.as_json)
    session.act(act, "publish_report", fields)


def _read(file: Path, as_json: bool) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)
