"""`yutan serve, demo, sandbox, replay`: programs that hold an exchange.

The exchange itself is imported only when one of them runs: all other commands start twice as fast without it.
"""

from pathlib import Path
from typing import Annotated

import typer

from yutan.cli.options import DEFAULT_DATA, DataDir, Json

SANDBOX_DATA = DEFAULT_DATA / "sandbox"
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (监听地址).")]
WsPort = Annotated[int | None, typer.Option("--ws-port", help="Port of the websocket doors; 0: any free one.")]
HttpPort = Annotated[int | None, typer.Option("--http-port", help="Port of page, REST, metrics; 0: any free one.")]
DaySeconds = Annotated[int | None, typer.Option("--day-seconds", help="Length of a trading day.")]
Pace = Annotated[float, typer.Option("--pace", min=0.1, max=100.0, help="How busy the members are.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the members' wishes.")]
Disk = Annotated[str | None, typer.Option("--disk", help="auto, inline or thread.")]


def serve(
    data: DataDir = DEFAULT_DATA,
    timetable: Annotated[str | None, typer.Option("--timetable", help="real, compressed or manual.")] = None,
    host: Host = None,
    ws_port: WsPort = None,
    http_port: HttpPort = None,
    disk: Disk = None,
    env: Annotated[str | None, typer.Option("--env", help="Name of this environment.")] = None,
    as_json: Json = False,
) -> None:
    """Run the exchange on a data folder until Ctrl-C (运行交易所)."""
    flags = {
        "timetable": timetable,
        "host": host,
        "ws_port": ws_port,
        "http_port": http_port,
        "disk": disk,
        "env": env,
    }
    from yutan.cli import hosting

    hosting.serve(data, flags, as_json)


def demo(
    data: DataDir = DEFAULT_DATA,
    day_seconds: DaySeconds = None,
    pace: Pace = 1.0,
    seed: Seed = 1,
    host: Host = None,
    ws_port: WsPort = None,
    http_port: HttpPort = None,
    as_json: Json = False,
) -> None:
    """Run a living demo market: forty participants, seeded members, short days (演示市场)."""
    _live(data, "demo", day_seconds, pace, seed, (host, ws_port, http_port), as_json)


def sandbox(
    data: DataDir = SANDBOX_DATA,
    day_seconds: DaySeconds = None,
    pace: Pace = 1.0,
    seed: Seed = 1,
    host: Host = None,
    ws_port: WsPort = None,
    http_port: HttpPort = None,
    as_json: Json = False,
) -> None:
    """Run a rehearsal market: its own keys (test_…), seeded members, short days, faults on request (演练市场)."""
    _live(data, "sandbox", day_seconds, pace, seed, (host, ws_port, http_port), as_json)


def _live(
    data: Path,
    env: str,
    day_seconds: int | None,
    pace: float,
    seed: int,
    doors: tuple[str | None, int | None, int | None],
    as_json: bool,
) -> None:
    host, ws_port, http_port = doors
    flags = {
        "env": env,
        "timetable": "compressed",
        "compressed_day_seconds": day_seconds,
        "host": host,
        "ws_port": ws_port,
        "http_port": http_port,
    }
    from yutan.cli import hosting

    hosting.demo(data, flags, pace, seed, as_json)


def replay(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", help="Recorded order flow (.csv, .csv.gz); with --serve a data folder."),
    ],
    trades: Annotated[
        Path | None, typer.Option("--trades", help="Where to write the trades of a recorded flow (成交输出).")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Fresh data folder to keep; none: a temporary.")] = None,
    is_served: Annotated[
        bool, typer.Option("--serve", help="Show a past day of the data folder to the public (回放历史交易日).")
    ] = False,
    day: Annotated[str, typer.Option("--day", help="The trading day to show, 2026-11-20 (交易日).")] = "",
    speed: Annotated[str, typer.Option("--speed", help="Times as fast as it went; max: as fast as can be.")] = "60",
    host: Host = None,
    ws_port: Annotated[int, typer.Option("--ws-port", help="Port of the websocket door; 0: any free one.")] = 9111,
    http_port: Annotated[int, typer.Option("--http-port", help="Port of page and REST; 0: any free one.")] = 9110,
    as_json: Json = False,
) -> None:
    """Play a recorded flow through the real gateway, or show a past day again from the journal (回放)."""
    from yutan.cli import hosting

    if is_served:
        hosting.show_past_day(source, day, speed, {"host": host, "ws_port": ws_port, "http_port": http_port}, as_json)
    elif trades is None:
        raise typer.BadParameter("a recorded flow needs --trades FILE; a past day is shown with --serve --day")
    else:
        hosting.replay(source, trades, data, as_json)
