"""`yutan conform`: take a member's client through what goes wrong, and print what it did right and wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from yutan.cli.options import Json
from yutan.cli.output import EXIT_DATA, console, emit_json, fail

if TYPE_CHECKING:
    from yutan.conform.run import Finding, Invitation


def conform(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- PROGRAM ...]", help="The client's program; without one it comes by itself (会员程序)."
        ),
    ] = None,
    ws_port: Annotated[int, typer.Option("--ws-port", help="Port of the door; 0: any free one.")] = 0,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this exercise; may be repeated.")] = None,
    patience: Annotated[float, typer.Option("--patience", min=0.5, help="Seconds to wait for the client.")] = 30.0,
    pause: Annotated[float, typer.Option("--pause", min=0.1, help="Seconds the client is asked to wait.")] = 2.0,
    data: Annotated[Path | None, typer.Option("--data", help="Fresh folder to keep; none: a temporary.")] = None,
    tls: Annotated[
        str, typer.Option("--tls", help="off, server (wss), or mutual: the client shows a certificate.")
    ] = "off",
    as_json: Json = False,
) -> None:
    """Examine a member's client on a rehearsal market of its own (会员程序一致性测试)."""
    from yutan.cli import hosting, logs
    from yutan.conform import run
    from yutan.conform.market import Tls

    logs.quiet()
    unknown = sorted(set(only or ()) - set(run.NAMES))
    if unknown:
        fail(f"no such exercise: {', '.join(unknown)}; there are {', '.join(run.NAMES)}", code=2, as_json=as_json)

    if tls not in get_args(Tls):
        fail(f"--tls is one of {', '.join(get_args(Tls))}", code=2, as_json=as_json)

    async def whole() -> "list[Finding]":
        async with run.opened(data, ws_port, cast(Tls, tls)) as market:
            invited = run.invitation(market)
            _tell(invited)
            async with run.client(command or [], invited) as has_ended:
                told = _tell_finding if not as_json else lambda _finding: None
                return await run.examine(
                    market, run.chosen(only or ()), run.Waits(patience, patience, pause), told, has_ended
                )

    findings = hosting.run_exchange(whole(), as_json)
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    if as_json:
        emit_json(
            {"findings": [finding._asdict() for finding in findings], "right": len(findings) - wrong, "wrong": wrong}
        )
    else:
        console().print(f"{len(findings) - wrong} right (正确), {wrong} wrong (错误)", markup=False)
    if wrong:
        raise typer.Exit(EXIT_DATA)


def _tell(invited: "Invitation") -> None:
    """Where to come: on standard error, so that the report stands alone."""
    words = " ".join(f"{name}={value}" for name, value in invited._asdict().items())
    console(stderr=True).print(f"the door is open: {words}", markup=False)


def _tell_finding(finding: "Finding") -> None:
    mark = "✓ right" if finding.verdict == "right" else "✗ wrong"
    console().print(f"{mark}  {finding.exercise}: {finding.wrong or finding.asks}", markup=False)
