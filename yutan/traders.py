"""The demo market's seeded members: `python -m yutan.traders --data DIR`, a program of its own like any member's.

Each member logs in through the members' door with their own key, follows their own reports, and looks at the public feed
like everybody else. What they want next comes from `yutan.flow`. Ends on SIGINT or SIGTERM, or when the exchange does.
"""

import asyncio
import contextlib
import signal
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from engine.core import phases, reasons
from engine.core.units import BUY
from gateway import rehearsal
from yutan import folder, keys, population
from yutan.client import Client, ConnectionLost, Event, ExecReport, Refused
from yutan.flow import Cancel, FairPrice, Member, OpenOrder, Place, Replace, Sight, Wish
from yutan.population import Participant

HOLDINGS_EVERY = 12  # wishes between two looks at one's own cash and units
CLOSED_PAUSE_S = 0.5
SIDE_WORDS = {1: "buy", 2: "sell"}
SIDE_NUMBERS = {word: number for number, word in SIDE_WORDS.items()}
_ALLOWED = dict(zip(phases.NAMES, phases.ALLOWS, strict=True))


class PublicSight:
    """What everybody sees: phase, best levels, price limits; kept up to date from the market door."""

    def __init__(self, seed: int) -> None:
        self.phase = phases.NAMES[phases.CLOSED]
        self.codes = [listing.code for listing in population.LISTINGS]
        self._fair = {
            item.code: FairPrice(f"{seed}/{item.code}", item.base_price_ticks) for item in population.LISTINGS
        }
        self._book: dict[str, dict[str, Any]] = {}
        self._ticker: dict[str, dict[str, Any]] = {}
        self._began = time.monotonic()

    async def follow(self, client: Client) -> None:
        """Read the feed until the connection ends."""
        await client.subscribe("phase", *(f"{kind}.{code}" for code in self.codes for kind in ("book5", "ticker")))
        async for event in client.events():
            if not isinstance(event, Event) or event.kind == "reset":
                continue
            kind, _, code = event.channel.partition(".")
            if kind == "phase":
                self.phase = event.data["phase"]
            elif kind == "book5":
                self._book[code] = event.data
            else:
                self._ticker[code] = event.data
        raise ConnectionLost(client.close_code, "the public feed ended")

    def may_place(self) -> bool:
        """Whether the phase takes new orders."""
        return _ALLOWED[self.phase][0]

    def may_cancel(self) -> bool:
        """Whether the phase takes cancels."""
        return _ALLOWED[self.phase][1]

    def fair_ticks(self, code: str) -> int:
        """The fair price now."""
        return self._fair[code].at(time.monotonic() - self._began)

    def of(self, code: str, available_tonnes: int, free_fen: int) -> Sight:
        """The sight of one instrument by a member who has this much."""
        book, ticker = self._book.get(code, {}), self._ticker.get(code, {})
        return Sight(
            code,
            _best(book.get("bids")),
            _best(book.get("asks")),
            _ticks(ticker.get("limit_down")),
            _ticks(ticker.get("limit_up")),
            available_tonnes,
            free_fen,
            self.may_cancel(),
        )


def _best(levels: list[list[Any]] | None) -> int:
    return _ticks(levels[0][0]) if levels else 0


def _ticks(price: str | Decimal | None) -> int:
    return int(Decimal(price) * 100) if price else 0


class TradingMember:
    """One seeded member at the members' door."""

    def __init__(self, person: Participant, client: Client, sight: PublicSight, seed: int, pace: float) -> None:
        self._person = person
        self._client = client
        self._sight = sight
        self._mind = Member(f"{seed}/{person.code}", person.category)
        self._mean_wait = 1.0 / pace
        self._own: dict[str, OpenOrder] = {}
        self._units: dict[str, int] = {}
        self._free_fen = 0
        self._wishes = 0

    async def trade(self) -> None:
        """Wish and act until the connection ends; a member who is shut out just leaves."""
        with contextlib.suppress(ConnectionLost):
            await self._trade()

    async def _trade(self) -> None:
        self._client.on_report = self._on_report
        await self._client.subscribe(f"exec.{self._person.code}")
        for order in await self._client.orders():
            self._own[order.client_order_id] = OpenOrder(
                order.client_order_id,
                order.instrument,
                SIDE_NUMBERS[order.side],
                _ticks(order.price),
                order.order_qty,
                order.leaves_qty,
            )
        while True:
            await asyncio.sleep(self._mind.wait_seconds(self._mean_wait))
            if not self._sight.may_place():
                await asyncio.sleep(CLOSED_PAUSE_S)
                continue
            if self._wishes % HOLDINGS_EVERY == 0:
                await self._look_at_holdings()
            self._wishes += 1
            code = self._mind.choose(self._sight.codes)
            sight = self._sight.of(code, self._units.get(code, 0), self._free_fen)
            wish = self._mind.wish(sight, self._sight.fair_ticks(code), list(self._own.values()))
            if wish is not None:
                await self._act(wish)

    async def _look_at_holdings(self) -> None:
        cash = await self._client.cash()
        self._free_fen = int(cash.available * 100)
        allowances = await self._client.allowances()
        self._units = {row.instrument: row.available for row in allowances.holdings}

    async def _act(self, wish: Wish) -> None:
        """Carry a wish out. Refusals are part of the market, but for those of malformed requests."""
        try:
            if isinstance(wish, Place):
                side = SIDE_WORDS[wish.side]
                await self._client.place(
                    wish.instrument, side, wish.tonnes, wish.price, time_in_force=wish.time_in_force
                )
            elif isinstance(wish, Cancel):
                await self._client.cancel(client_order_id=wish.client_order_id)
            elif isinstance(wish, Replace):
                await self._client.replace(wish.tonnes, wish.price, client_order_id=wish.client_order_id)
        except Refused as refused:
            if refused.code < reasons.NOT_PERMITTED:
                raise

    def _on_report(self, _channel: str, _seq: int, report: ExecReport) -> None:
        """Keep the list of own open orders, from the reports alone."""
        if report.exec_type == "rejected":
            return
        name = report.client_order_id
        if report.leaves_qty == 0 or report.order_status in ("canceled", "expired", "filled"):
            self._own.pop(name, None)
        else:
            side = SIDE_NUMBERS[report.side]
            price = _ticks(report.price)
            self._own[name] = OpenOrder(name, report.instrument, side, price, report.order_qty, report.leaves_qty)
        if report.exec_type == "trade" and SIDE_NUMBERS[report.side] == BUY:
            return  # bought today, so locked: it adds nothing that could be sold
        if report.exec_type == "trade":
            self._units[report.instrument] = max(0, self._units.get(report.instrument, 0) - report.last_qty)


async def run(data: Path, pace: float, seed: int) -> None:
    """Trade until canceled. Raises ConnectionLost when the exchange goes away."""
    running = folder.read_running(data)
    sight = PublicSight(seed)
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        public = await stack.enter_async_context(Client.connect(running.ws_url, env=running.env, tls=running.tls()))
        tasks.create_task(sight.follow(public), name="feed")
        for person in population.traders():
            name = rehearsal.key_id(running.env, person.key_id)
            key = keys.load(folder.keys(data) / f"{name}.pem")
            client = await stack.enter_async_context(
                Client.connect(running.ws_url, key_id=name, private_key=key, env=running.env, tls=running.tls())
            )
            tasks.create_task(TradingMember(person, client, sight, seed, pace).trade(), name=person.code)


async def _until_signal(data: Path, pace: float, seed: int) -> None:
    work = asyncio.create_task(run(data, pace, seed))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        try:
            await work
        except* ConnectionLost:
            typer.echo("the exchange has closed the connection", err=True)


def main(
    data: Annotated[Path, typer.Option("--data")],
    pace: Annotated[float, typer.Option("--pace")] = 1.0,
    seed: Annotated[int, typer.Option("--seed")] = 1,
) -> None:
    """Run the seeded members of the demo."""
    uvloop.run(_until_signal(data, pace, seed))


if __name__ == "__main__":
    typer.run(main)
