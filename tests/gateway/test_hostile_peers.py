"""Members that read nothing, flood, or reconnect all the time: what the others do has the same result as without them."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.kit import SPOT, House, RawPeer, masked, order
from yutan.client import Refused

ORDERS = 100
Result = list[tuple[str, str, str, int, str]]


async def trading(house: House) -> Result:
    """What two members trade with each other, always the same: each report's name, what happened, and how far it is filled."""
    dice = random.Random(7)
    told: dict[str, Result] = {"exec.B001": [], "exec.C001": []}
    async with house.member("b001") as b, house.member("c001") as c:
        for client, channel in ((b, "exec.B001"), (c, "exec.C001")):
            await client.subscribe(channel)
            client.on_report = lambda channel, seq, report: told[channel].append(
                (report.client_order_id, report.exec_type, report.order_status, report.cum_qty, str(report.avg_price))
            )
        for number in range(ORDERS):
            client, side = (b, "buy") if number % 2 else (c, "sell")
            price = f"40.{dice.randint(0, 9):02d}"
            await client.place(SPOT, side, dice.randint(1, 20), price, client_order_id=f"n-{number}")
            if number % 7 == 0:
                with contextlib.suppress(Refused):  # it may be filled
                    await client.cancel(client_order_id=f"n-{number}")
        await b.cancel_all()
        await c.cancel_all()
        await b.ping()
        await c.ping()
    return told["exec.B001"] + told["exec.C001"]


async def reads_nothing(house: House, done: asyncio.Event) -> None:
    """Asks for much and takes none of it."""
    peer = await RawPeer.connect(house.gateway.port, "trade", {}, receive_bytes=4_096)
    house.peers.append(peer)
    await peer.log_in("a001", house.settings.env)
    peer.send({"id": 1, "method": "subscribe", "params": {"channels": [f"book.{SPOT}", f"trades.{SPOT}", "exec.A001"]}})
    for number in range(3_000):
        if done.is_set():
            return
        peer.send({"id": number, "method": "reference.get"})
        await asyncio.sleep(0.001)


async def floods(house: House, done: asyncio.Event) -> None:
    """Sends orders that are refused, cancels of nothing, rubbish and pings, as fast as it can; begins again where it is shut out."""
    while not done.is_set():
        peer = await house.logged_in("a001")
        hearing = asyncio.ensure_future(peer.closed())
        try:
            for number in range(2_000):
                params = order(price="99.00", client_order_id=f"f-{number}")
                peer.send({"id": number, "method": "order.place", "params": params})
                peer.send({"id": number, "method": "order.cancel", "params": {"order_id": "O-1"}})
                peer.send_bytes(masked(b"rubbish") + masked(b"", 0x89))
                if hearing.done() or done.is_set():
                    break
                await asyncio.sleep(0.001)  # the same loop serves the others: as fast as a peer of its own would be
            await peer.end()
        finally:
            with contextlib.suppress(ConnectionError):
                await hearing


async def reconnects(house: House, done: asyncio.Event) -> None:
    """Logs in, follows everything, and is gone again, as often as there is time."""
    while not done.is_set():
        peer = await house.logged_in("a001")
        peer.send({"id": 1, "method": "subscribe", "params": {"channels": [f"book.{SPOT}", "exec.A001"]}})
        await peer.end()
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def hostile(house: House, *kinds: str) -> AsyncIterator[None]:
    """So many of each kind at work meanwhile."""
    doing = {"reads_nothing": reads_nothing, "floods": floods, "reconnects": reconnects}
    done = asyncio.Event()
    working = [asyncio.create_task(doing[kind](house, done)) for kind in kinds]
    try:
        yield
    finally:
        done.set()  # not cancelled, which would leave a connection that is just being made to nobody
        await asyncio.gather(*working)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The result where nobody is hostile."""

    async def run() -> Result:
        house = await House.start(tmp_path_factory.mktemp("undisturbed"))
        result = await trading(house)
        await house.stop()
        return result

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ["reads_nothing", "floods", "reconnects"])
async def test_the_others_results_stay_as_they_were(tmp_path: Path, undisturbed: Result, kind: str) -> None:
    house = await House.start(tmp_path, outbox_bytes_max=1_000_000)
    async with hostile(house, kind):
        assert await trading(house) == undisturbed
    assert len(undisturbed) > ORDERS
    await house.stop()
