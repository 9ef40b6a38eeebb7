"""`yutan serve, demo, replay`: programs that hold an exchange."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine.journal import JournalError, JournalLocked
from engine.recovery import RecoveryError
from settlement.store import StoreRefused
from yutan import demo as demo_module
from yutan import replay as replay_module
from yutan.cli import logs
from yutan.cli.house import settings_or_fail
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, EXIT_UNREACHABLE, console, emit_json, fail, show
from yutan.compose import Exchange, NotFounded
from yutan.flowfile import FlowError
from yutan.founding import FoundingError
from yutan.keys import KeyFileError
from yutan.settings import Settings

Result = TypeVar("Result")

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (监听地址).")]
WsPort = Annotated[int | None, typer.Option("--ws-port", help="Port of the websocket doors; 0: any free one.")]
HttpPort = Annotated[int | None, typer.Option("--http-port", help="Port of page, REST, metrics; 0: any free one.")]
Disk = Annotated[str | None, typer.Option("--disk", help="auto, inline or thread.")]


def run_exchange(work: Coroutine[Any, Any, Result], as_json: bool) -> Result:
    """Run a program that holds an exchange; what it cannot start with becomes a message and an exit code."""
    try:
        return uvloop.run(work)
    except NotFounded as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)
    except (JournalError, JournalLocked, RecoveryError, StoreRefused, FoundingError, KeyFileError) as error:
        fail(f"{type(error).__name__}: {error}", code=EXIT_DATA, as_json=as_json)
    except OSError as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)


def stop_signal() -> asyncio.Event:
    """Set by SIGINT (Ctrl-C) and SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


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
    settings = settings_or_fail(data, flags, as_json)
    logs.to_stderr(as_json=as_json)
    run_exchange(_serve(data, settings, as_json), as_json)


async def _serve(data: Path, settings: Settings, as_json: bool) -> None:
    stop = stop_signal()
    exchange = await Exchange.start(data, settings)
    try:
        exchange.drive()
        torn = exchange.recovery.torn if exchange.recovery is not None else None
        opened = {
            "page": exchange.running.http_url,
            "websocket": exchange.running.ws_url,
            "seq": exchange.view.day().seq,
            "timetable": settings.timetable,
            "torn_tail": torn._asdict() if torn is not None else None,
        }
        show(opened, as_json=as_json, title="the exchange is open (已开放)")
        await stop.wait()
    finally:
        await exchange.close()


def demo(
    data: DataDir = DEFAULT_DATA,
    day_seconds: Annotated[int | None, typer.Option("--day-seconds", help="Length of a trading day.")] = None,
    pace: Annotated[float, typer.Option("--pace", min=0.1, max=100.0, help="How busy the members are.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the members' wishes.")] = 1,
    host: Host = None,
    ws_port: WsPort = None,
    http_port: HttpPort = None,
    as_json: Json = False,
) -> None:
    """Run a living demo market: forty participants, seeded members, short days (演示市场)."""
    flags = {
        "env": "demo",
        "timetable": "compressed",
        "compressed_day_seconds": day_seconds,
        "host": host,
        "ws_port": ws_port,
        "http_port": http_port,
    }
    settings = settings_or_fail(data, flags, as_json)
    logs.to_file(data / "demo.log")
    run_exchange(_demo(data, settings, pace, seed, as_json), as_json)


async def _demo(data: Path, settings: Settings, pace: float, seed: int, as_json: bool) -> None:
    show_progress = demo_module.lines if as_json or not console().is_terminal else demo_module.live
    await demo_module.run(data, settings, stop_signal(), show_progress, pace=pace, seed=seed)


def replay(
    flow: Annotated[Path, typer.Argument(metavar="FILE", help="Recorded order flow, .csv or .csv.gz.")],
    trades: Annotated[Path, typer.Option("--trades", help="Where to write the trades (成交输出).")],
    data: Annotated[Path | None, typer.Option("--data", help="Fresh data folder to keep; none: a temporary.")] = None,
    as_json: Json = False,
) -> None:
    """Play a recorded day through the real gateway, settle it, write its trades (回放)."""
    logs.quiet()
    if not flow.is_file():
        fail(f"{flow}: no such file", code=EXIT_MISSING, as_json=as_json)
    try:
        summary = run_exchange(_replay(flow, trades, data, as_json), as_json)
    except (FlowError, replay_module.ReplayError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    if as_json:
        emit_json(summary._asdict())
    else:
        show(summary._asdict(), as_json=False, title="replayed (回放完成)")


async def _replay(flow: Path, trades: Path, data: Path | None, as_json: bool) -> replay_module.Summary:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), disable=as_json) as bar:
        task = bar.add_task("orders (委托)", total=None)

        def on_progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        return await replay_module.replay(flow, trades, data, on_progress)
