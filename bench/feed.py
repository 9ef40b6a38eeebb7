"""How many public events a second reach 1,000 followers while members trade, and how near is that to a bare write loop?

Each follower follows the book, the best five levels, the ticker and the trades of 16 instruments. Members trade as fast as
they are answered; the bare loop then writes as many bytes to as many sockets in chunks of the same size. What the followers
alone cost is the processor's time with all of them less that with one, for the same orders.
"""

import asyncio
import base64
import os
import time
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, cast

import msgspec
import uvloop

from bench import end_to_end, load, serving
from bench.journal import data_folder
from bench.measure import Figure, Measured, rate, require
from bench.workload import scaled

DOUBTS = (
    "Followers only count bytes; one of them looks into the frames, and the others are held to have got as many.",
    "Server, members and 1,000 followers share two cores.",
    "The feed gathers for 50 ms and joins what it says into one write for each follower; the bare loop is given the same chunks.",
    "Deliveries a second are those of an exchange that takes orders on the same core meanwhile; the bare loop does nothing else. "
    "So the last line compares what a delivered byte costs the processor: in the bare loop, and in the exchange for each "
    "follower beyond the first.",
    "Book and ticker conflate by design: the faster members trade, the fewer events there are for each trade.",
)
FORMS = ("as built",)
FOLLOWERS: Final = 1_000
INSTRUMENTS: Final = 16
CHANNELS: Final = tuple(
    f"{kind}.CQEA-{number}" for number in range(1, INSTRUMENTS + 1) for kind in ("book", "book5", "ticker", "trades")
)
MEMBERS: Final = 10
ORDERS: Final = 40_000
_FLUSH_S: Final = 0.05
_QUIET_S: Final = 0.5
_WAIT_S_MAX: Final = 300
_TICK_S: Final = 0.01  # what the processor's time of another process is told in


class Follower(asyncio.Protocol):
    """One follower's socket. `received`: bytes since `begin`; `kept`: the bytes themselves, from then on if it is looked into."""

    def __init__(self, request: bytes, is_looked_into: bool) -> None:
        self._request = request
        self._is_looked_into = is_looked_into
        self._keeps = bool(request)
        self._transport: asyncio.Transport | None = None
        self.received = 0
        self.kept: list[bytes] = []
        self.last_at = 0.0
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what there is to say at once."""
        self._transport = cast(asyncio.Transport, transport)
        if self._request:
            self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count."""
        self.received += len(data)
        self.last_at = time.perf_counter()
        if self._keeps:
            self.kept.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has closed, or we have."""
        self.is_closed = True

    def begin(self) -> None:
        """Forget what came so far."""
        self.received = 0
        self.kept = []
        self._keeps = self._is_looked_into

    def fall_silent(self) -> None:
        """Read nothing any more, and stay."""
        if self._transport is not None:
            self._transport.pause_reading()

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.abort()


class Fed(NamedTuple):
    """What the followers got: events and bytes for each of them, seconds until the last one had all, orders a second."""

    events: int
    bytes: int
    seconds: float
    orders_a_second: float
    cpu_seconds: float
    others: int  # followers who got other bytes than the one looked into: the feed conflated for them


def count_frames(data: bytes) -> int:
    """Text frames of a server in these bytes; they begin and end with whole frames."""
    place = count = 0
    while place < len(data):
        size = data[place + 1]
        head = 2
        if size == 126:
            size, head = int.from_bytes(data[place + 2 : place + 4], "big"), 4
        elif size == 127:
            size, head = int.from_bytes(data[place + 2 : place + 10], "big"), 10
        count += data[place] == 0x81
        place += head + size
    return count


def upgrade(port: int) -> bytes:
    """The handshake of a follower, and its subscription behind it."""
    key = base64.b64encode(os.urandom(16)).decode()
    words = (
        f"GET /ws/v1/market HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    request = {"id": 1, "method": "subscribe", "params": {"channels": CHANNELS}}
    return words.encode() + load.client_frame(msgspec.json.encode(request))


async def connect(port: int, requests: list[bytes]) -> list[Follower]:
    """So many followers; the first is looked into."""
    loop = asyncio.get_running_loop()
    followers = []
    for number, request in enumerate(requests):
        _, follower = await loop.create_connection(partial(Follower, request, number == 0), "127.0.0.1", port)
        followers.append(follower)
    return followers


async def wait_snapshots(followers: list[Follower]) -> None:
    """Until everyone has a snapshot of each channel; who came early may have updates besides."""
    deadline = time.perf_counter() + _WAIT_S_MAX
    for follower in followers:
        while b"".join(follower.kept).count(b'"kind":"snapshot"') < len(CHANNELS):
            if time.perf_counter() > deadline:
                raise load.AnswersMissing("the followers never got what they subscribed to")
            await asyncio.sleep(_FLUSH_S)


async def wait_quiet(followers: list[Follower]) -> None:
    """Until nobody has received anything for a while."""
    deadline = time.perf_counter() + _WAIT_S_MAX
    while time.perf_counter() < deadline:
        if time.perf_counter() - max(follower.last_at for follower in followers) > _QUIET_S:
            return
        await asyncio.sleep(_QUIET_S / 3)
    raise load.AnswersMissing("the followers never fell silent")


async def feed_exchange(data: Path, followers: int, orders: int, seed: int) -> Fed:
    """Members trade; followers follow."""
    serving.found_exchange(data, MEMBERS, INSTRUMENTS)
    shares = [
        end_to_end.share(number, "f", 100, max(1, orders // MEMBERS), seed, INSTRUMENTS) for number in range(MEMBERS)
    ]
    with serving.exchange(data) as server:
        everyone = await connect(server.port, [upgrade(server.port) for _ in range(followers)])
        await wait_snapshots(everyone)
        await wait_quiet(everyone)
        require("refused subscription", b'"error"' in b"".join(everyone[0].kept), False)
        for follower in everyone:
            follower.begin()
        before, start = server.cpu_seconds(), time.perf_counter()
        traded = await end_to_end.on_exchange(server, data, shares, 16)
        await wait_received(everyone, 1)  # so few orders may be answered before the feed's first word about them
        await wait_quiet(everyone)
        seconds = max(follower.last_at for follower in everyone) - start
        used = server.cpu_seconds() - before
        first = everyone[0]
        others = sum(follower.received != first.received for follower in everyone)
        for follower in everyone:
            follower.close()
    return Fed(count_frames(b"".join(first.kept)), first.received, seconds, traded.rate, used, others)


class Shouted(NamedTuple):
    """The bare loop: seconds until the last follower had all, and its processor time."""

    seconds: float
    cpu_seconds: float


async def shout(followers: int, rounds: int, size: int) -> Shouted:
    """The bare loop brings as much to as many."""
    with serving.shout() as server:
        everyone = await connect(server.port, [b""] * followers)
        before, start = server.cpu_seconds(), time.perf_counter()
        server.say(f"{followers} {rounds} {size}\n")
        await wait_received(everyone, rounds * size)
        seconds = max(follower.last_at for follower in everyone) - start
        return Shouted(seconds, server.cpu_seconds() - before)


async def wait_received(followers: list[Follower], size: int) -> None:
    """Until everyone has so many bytes."""
    deadline = time.perf_counter() + _WAIT_S_MAX
    while time.perf_counter() < deadline:
        if all(follower.received >= size for follower in followers):
            return
        await asyncio.sleep(_FLUSH_S)
    raise load.AnswersMissing("the followers never got everything")


def measure(scale: float, seed: int) -> Measured:
    """The exchange's feed, then the bare loop."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    followers = scaled(FOLLOWERS, scale)
    with data_folder() as name:
        orders = scaled(ORDERS, scale, 200)
        alone = await feed_exchange(Path(name) / "one", 1, orders, seed)
        fed = await feed_exchange(Path(name) / "all", followers, orders, seed)
    rounds = max(1, round(fed.seconds / _FLUSH_S))
    size = max(1, fed.bytes // rounds)
    bare = await shout(followers, rounds, size)
    deliveries = fed.events * followers
    theirs = max(_TICK_S, fed.cpu_seconds - alone.cpu_seconds) / ((followers - 1) * fed.bytes)
    bare_cost = max(_TICK_S, bare.cpu_seconds) / (followers * rounds * size)
    return Measured(
        [
            rate("deliveries", deliveries, fed.seconds, "events/s"),
            rate("bare loop, the same chunks", deliveries, bare.seconds, "events/s"),
            Figure("deliveries to bare loop", bare.seconds / fed.seconds, "×"),
            Figure("orders/s meanwhile", fed.orders_a_second, "orders/s"),
            Figure("processor, all of it", fed.cpu_seconds / deliveries * 1e6, "µs/delivery", "less"),
            Figure("processor, for each follower beyond the first", theirs * 2**30, "s/GiB", "less"),
            Figure("processor, bare loop", bare_cost * 2**30, "s/GiB", "less"),
            Figure("bare loop to followers, processor", bare_cost / theirs, "×"),
        ],
        {
            "followers": followers,
            "events for each": fed.events,
            "bytes for each": fed.bytes,
            "followers for whom the feed conflated": fed.others,
            "bytes of a chunk": size,
        },
    )
