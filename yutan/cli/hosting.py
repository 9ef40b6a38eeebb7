"""What `serve`, `demo`, `sandbox` and `replay` do: hold an exchange in this process until they are done or told to stop.

Demo and replay, which are clients too, are imported when they run: an exchange that is only served is open sooner.
"""

import asyncio
import contextlib
import io
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import uvloop

from engine.journal import JournalError, JournalLocked
from engine.recovery import RecoveryError
from gateway.feed.tape import TapeBroken
from gateway.history import HistoryBroken
from gateway.logins.store import LoginsBroken
from settlement.store import StoreRefused
from yutan.cli import logs
from yutan.cli.house import settings_or_fail
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, EXIT_UNREACHABLE, console, emit_json, fail, show
from yutan.compose import Exchange, NotFounded
from yutan.founding import FoundingError
from yutan.keys import KeyFileError
from yutan.settings import Settings

if TYPE_CHECKING:
    from yutan.replay import Summary

Result = TypeVar("Result")
UNUSABLE = (
    JournalError,
    JournalLocked,
    RecoveryError,
    StoreRefused,
    HistoryBroken,
    LoginsBroken,
    TapeBroken,
    FoundingError,
    KeyFileError,
)


def run_exchange(work: Coroutine[Any, Any, Result], as_json: bool) -> Result:
    """Run a program that holds an exchange; what it cannot start with becomes a message and an exit code."""
    try:
        return uvloop.run(work)
    except NotFounded as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)
    except UNUSABLE as error:
        fail(f"{type(error).__name__}: {error}", code=EXIT_DATA, as_json=as_json)
    except OSError as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)


def stop_signal() -> asyncio.Event:
    """Set by SIGINT (Ctrl-C) and SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def serve(data: Path, flags: dict[str, Any], as_json: bool) -> None:
    """Serve until Ctrl-C or SIGTERM."""
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
        try:
            show(opened, as_json=as_json, title="the exchange is open (已开放)")
        except BrokenPipeError:  # nobody listens to what it prints; the market is open all the same
            sys.stdout = io.StringIO()
        await stop.wait()
    finally:
        await exchange.close()


def demo(data: Path, flags: dict[str, Any], pace: float, seed: int, as_json: bool) -> None:
    """Run the demo or the rehearsal market until Ctrl-C or SIGTERM."""
    settings = settings_or_fail(data, flags, as_json)
    logs.to_file(data / f"{settings.env}.log")
    run_exchange(_demo(data, settings, pace, seed, as_json), as_json)


async def _demo(data: Path, settings: Settings, pace: float, seed: int, as_json: bool) -> None:
    from yutan import demo as demo_module

    show_progress = demo_module.lines if as_json or not console().is_terminal else demo_module.live
    await demo_module.run(data, settings, stop_signal(), show_progress, pace=pace, seed=seed)


def replay(flow: Path, trades: Path, data: Path | None, as_json: bool) -> None:
    """Replay a recorded day and show how it went."""
    from yutan.flowfile import FlowError
    from yutan.replay import ReplayError

    logs.quiet()
    if not flow.is_file():
        fail(f"{flow}: no such file", code=EXIT_MISSING, as_json=as_json)
    try:
        summary = run_exchange(_replay(flow, trades, data, as_json), as_json)
    except (FlowError, ReplayError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    if as_json:
        emit_json(summary._asdict())
    else:
        show(summary._asdict(), as_json=False, title="replayed (回放完成)")


async def _replay(flow: Path, trades: Path, data: Path | None, as_json: bool) -> "Summary":
    from yutan import replay as replay_module

    with _progress("orders (委托)", as_json) as on_progress:
        return await replay_module.replay(flow, trades, data, on_progress)


@contextlib.contextmanager
def _progress(first: str, as_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that stands while the block runs; what it gives takes what is being done, how much, and of how much."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), disable=as_json) as bar:
        task = bar.add_task(first, total=None)

        def on_progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield on_progress


def show_past_day(data: Path, day: str, speed: str, flags: dict[str, Any], as_json: bool) -> None:
    """Show a past day until Ctrl-C or SIGTERM."""
    from yutan.past_day import NoSuchDay

    try:
        number = int(date.fromisoformat(day).strftime("%Y%m%d"))
        times = 0.0 if speed == "max" else float(speed)
    except ValueError as error:
        fail(f"--day is 2026-11-20, --speed a number or max: {error}", code=2, as_json=as_json)
    if speed != "max" and not 0.01 <= times <= 1_000_000:
        fail("--speed is from 0.01 to 1000000, or max", code=2, as_json=as_json)
    settings = settings_or_fail(data, flags, as_json)
    logs.quiet()
    try:
        run_exchange(_show_past_day(data, number, times, settings, as_json), as_json)
    except NoSuchDay as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)


async def _show_past_day(data: Path, day: int, speed: float, settings: Settings, as_json: bool) -> None:
    from yutan.past_day import COMING, PastDay

    stop = stop_signal()
    with _progress(COMING, as_json) as on_progress:
        past = await PastDay.open(data, day, settings, on_progress)
    playing = asyncio.get_running_loop().create_task(past.play(speed), name="past day")
    try:
        stretch = past.stretch
        lasts_s = (stretch.last_ns - stretch.first_ns) / 1e9
        opened = {
            "page": past.running.http_url,
            "websocket": past.running.ws_url,
            "env": past.running.env,
            "trading_day": day,
            "entries": stretch.last_seq - stretch.first_seq,
            "seconds": round(lasts_s / speed, 1) if speed else 0.0,
        }
        show(opened, as_json=as_json, title="a past day is shown (历史交易日回放)")
        sys.stdout.flush()
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((playing, stopped), return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
            console(stderr=True).print("the day is over; its last state stays until Ctrl-C (回放完毕)", markup=False)
            await stopped
    finally:
        playing.cancel()
        await asyncio.wait((playing,))
        await past.close()
