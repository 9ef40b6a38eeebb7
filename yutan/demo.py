"""Demo and rehearsal market: a real exchange in this process, two operators at its ops door, seeded members in another process.

Nothing is simulated but the wishes: accounts, cash and units come in by operators' acts with two persons, orders through
the members' door, and every bulletin is published by its hash. The next run on the same folder goes on where it stopped.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.core import phases, rulebook
from gateway import rehearsal
from gateway.feed.messages import TickerData
from gateway.protocol.times import day_text
from yutan import bulletins, folder, founding, keys, population
from yutan.client import Client
from yutan.compose import Exchange
from yutan.flow import yuan
from yutan.populate import FourEyes, populate
from yutan.settings import Settings

RULEBOOK = "chongqing-call"
DISPLAY_SECONDS = 0.5
STOP_SECONDS_MAX = 10.0


class Rates(NamedTuple):
    """What the display shows beside the market: per second, over the last interval."""

    orders: float
    trades: float


Display = Callable[["DemoMarket"], AsyncIterator[None]]


class DemoMarket:
    """The exchange of the demo and those who look after it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.step = (0, 1)
        self.published: list[int] = []
        self.traders: asyncio.subprocess.Process | None = None
        self._at = time.monotonic()
        self._counted = (0, 0)

    def note_step(self, done: int, total: int) -> None:
        """How far the founding of the market has come."""
        self.step = (done, total)

    def rates(self) -> Rates:
        """Orders and trades a second since the last call."""
        now = time.monotonic()
        counted = (self.exchange.counters()["requests"], self.trades_today())
        seconds = max(now - self._at, 0.001)
        orders, trades = (max(0, new - old) / seconds for new, old in zip(counted, self._counted, strict=True))
        self._at, self._counted = now, counted
        return Rates(orders, trades)

    def trades_today(self) -> int:
        """Trades of all instruments today."""
        return sum(instrument.trades for instrument in self.exchange.view.instruments())

    def invitation(self) -> str:
        """A command line that places an order as the visitor, at a price that is good now."""
        instruments = self.exchange.view.instruments()
        shown = next((found for found in instruments if found.code == "CQEA-25"), None)
        ticks = 4_010 if shown is None else shown.last_ticks or shown.reference_ticks
        return f"{own_command()} place buy CQEA-25 100 {yuan(ticks)} --data {self.exchange.data} --demo"

    def visitor_key(self) -> Path:
        """The key by which a program of one's own trades here."""
        name = rehearsal.key_id(self.exchange.settings.env, population.VISITOR.key_id)
        return folder.keys(self.exchange.data) / f"{name}.pem"


def own_command() -> str:
    """How a person at this terminal calls this program."""
    if shutil.which("yutan"):
        return "yutan"
    if Path(sys.argv[0]).name == "yutan":
        return sys.argv[0]
    return f"{os.path.relpath(sys.executable)} -m yutan"


async def run(
    data: Path, settings: Settings, stop: asyncio.Event, display: Display, *, pace: float = 1.0, seed: int = 1
) -> None:
    """Run the market until `stop` is set, then close in good order. In the environment `sandbox` it is a rehearsal market."""
    if not folder.is_founded(data):
        founding.found(data, rulebook.shipped(RULEBOOK), founding.DEFAULT_OPERATORS)
    exchange = await Exchange.start(data, settings)
    try:
        async with operators(exchange) as (first, second):
            market = DemoMarket(exchange)
            desk = FourEyes(first, second)
            await populate(data, exchange.view, desk, market.note_step, settings.env)
            exchange.drive()
            clerk = asyncio.create_task(_publish_bulletins(market, desk), name="clerk")
            market.traders = await _start_traders(data, pace, seed)
            ended = asyncio.create_task(market.traders.wait(), name="traders")
            try:
                await _show_until(stop, display(market), (clerk, ended))
            finally:
                clerk.cancel()
                await asyncio.wait([clerk])
                await _stop_traders(market.traders)
                await ended
    finally:
        await exchange.close()


@asynccontextmanager
async def operators(exchange: Exchange) -> AsyncIterator[tuple[Client, Client]]:
    """The two founding operators at their door."""
    url, tls = exchange.running.ws_url, exchange.running.tls()
    people = founding.DEFAULT_OPERATORS
    paths = [folder.keys(exchange.data) / f"{person}.pem" for person in people]
    async with (
        Client.connect(url, key_id=people[0], private_key=keys.load(paths[0]), door="ops", tls=tls) as first,
        Client.connect(url, key_id=people[1], private_key=keys.load(paths[1]), door="ops", tls=tls) as second,
    ):
        yield first, second


async def _show_until(
    stop: asyncio.Event, shown: AsyncIterator[None], watched: tuple["asyncio.Task[Any]", ...]
) -> None:
    """Show the market until `stop`; a clerk or a trader program that ends by itself is an error."""
    async for _ in shown:
        for task in watched:
            if task.done():
                raise RuntimeError(f"the demo's {task.get_name()} ended: {task.exception() or task.result()}")
        try:
            await asyncio.wait_for(stop.wait(), DISPLAY_SECONDS)
        except TimeoutError:
            continue
        return


async def _publish_bulletins(market: DemoMarket, desk: FourEyes) -> None:
    """Publish each new bulletin as two operators would: by the hash of the bytes in the file."""
    exchange = market.exchange
    while True:
        for row in reversed(await exchange.settlement.bulletins()):
            written = bulletins.newest(exchange.data, row.trading_day)
            if not row.published and written is not None:
                fields = {"trading_day": day_text(row.trading_day), "sha256": written.sha256}
                await desk.act("publish_bulletin", fields, "the day's bulletin", f"BULLETIN-{row.trading_day}")
                market.published.append(row.trading_day)
        await exchange.bulletin_written.wait()
        exchange.bulletin_written.clear()


async def _start_traders(data: Path, pace: float, seed: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "yutan.traders",
        "--data",
        str(data),
        "--pace",
        str(pace),
        "--seed",
        str(seed),
        stdin=asyncio.subprocess.DEVNULL,
    )


async def _stop_traders(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()


async def live(market: DemoMarket) -> AsyncIterator[None]:
    """A display that redraws itself: phase, prices, rates, lag."""
    with Live(_picture(market), console=Console(), refresh_per_second=4, screen=False) as screen:
        while True:
            yield
            screen.update(_picture(market))


async def lines(market: DemoMarket) -> AsyncIterator[None]:
    """One line where the market opens and one a phase, for logs and pipes."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"page: {market.exchange.running.http_url}")
    console.print(f"programs: {_programs(market)}")
    console.print(f"place an order: {market.invitation()}")
    said = -1
    while True:
        day = market.exchange.view.day()
        if day.phase != said:
            said = day.phase
            trades = market.trades_today()
            console.print(
                f"{day.trading_day} {phases.NAMES[said]} {phases.NAMES_ZH[said]} seq={day.seq} trades={trades}"
            )
        yield


def _programs(market: DemoMarket) -> str:
    running = market.exchange.running
    return f"{running.ws_url} env {running.env} key {market.visitor_key()} account {population.VISITOR.code}"


def _picture(market: DemoMarket) -> Group:
    exchange = market.exchange
    day, rates, counters = exchange.view.day(), market.rates(), exchange.counters()
    left = exchange.timetable.seconds_left()
    head = Text.assemble(
        (f"渝碳 Yutan {exchange.settings.env}  ", "bold"),
        (f"{day.trading_day} 第{day.day_number}日  ", "cyan"),
        (f"{phases.NAMES_ZH[day.phase]} {phases.NAMES[day.phase]}", "bold yellow"),
        f"  {left:.0f} s" if left is not None else "",
    )
    table = Table("品种", "最新", "涨跌%", "成交量(吨)", "成交额(元)", "笔数", box=None, pad_edge=False)
    for code in exchange.feed.instrument_codes():
        table.add_row(*_row(code, exchange.feed.ticker_now(code)))
    figures = Text(
        f"orders/s {rates.orders:.1f}   trades/s {rates.trades:.1f}   journal {day.seq:,}   "
        f"settlement lag {exchange.settlement.lag}   members {counters['logged_in']}   "
        f"bulletins {len(market.published)}"
    )
    foot = Text.assemble(
        "\npage: ",
        (exchange.running.http_url, "bold underline"),
        "\nprograms: ",
        _programs(market),
        "\nplace an order: ",
        (market.invitation(), "bold green"),
        "\nCtrl-C ends it; the next run goes on from here.",
    )
    return Group(head, table, figures, foot)


def _row(code: str, ticker: TickerData | None) -> tuple[str | Text, ...]:
    if ticker is None or ticker.last is None:
        return (code, "-", "-", "0", "0.00", "0")
    change = ticker.change_pct or "0.00"
    if change.strip("-0.") == "":
        shown = Text(f"  {change}")
    elif change.startswith("-"):
        shown = Text(f"▼ {change}", style="green")  # mainland China: red rises, green falls
    else:
        shown = Text(f"▲ {change}", style="red")
    return (code, ticker.last, shown, f"{ticker.volume:,}", ticker.turnover, str(ticker.trades))
