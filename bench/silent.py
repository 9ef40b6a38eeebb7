"""What do 50 silent connections of 200 cost the others: in orders a second, in waiting, and in the exchange's memory?

Each of 200 connections follows the whole public feed of 16 instruments. Once all of them read; once 50 of them, with small
buffers of their own, stop reading after their snapshots. Members trade as fast as they are answered, the same orders each time;
the turns are reading, silent, silent, reading, so that a machine that slows down slows both.
"""

import asyncio
import socket
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import uvloop

from bench import end_to_end, feed, serving
from bench.feed import CHANNELS, INSTRUMENTS, Follower
from bench.journal import data_folder
from bench.measure import Figure, Measured, percentile, require
from bench.workload import scaled

DOUBTS: Final = (
    "The kernel's buffers take the first megabytes for a peer that reads nothing; only then does the exchange notice.",
    "Each turn is a fresh exchange on a fresh folder: a slow moment of the machine meets only one of the four.",
    "Server, members and 200 followers share two cores.",
    "Memory is what the process has in RAM at the end, silent less reading, with the noise of two processes in it.",
)
FORMS: Final = ("as built",)
FOLLOWERS: Final = 200
SILENT: Final = 50
MEMBERS: Final = 10
ORDERS: Final = 100_000
_BUFFER_BYTES: Final = 4_096
_WHOLE_SCALE: Final = 0.05  # below, where nothing is quoted, each turn comes once


class Had(NamedTuple):
    """What the members and the readers had: orders a second, answers' times, and the server's memory at the end."""

    orders_a_second: float
    times_ns: list[int]
    resident_bytes: int
    bytes_for_each: int
    closed: int  # silent connections that the exchange has closed


async def connect_silent(port: int, count: int) -> list[Follower]:
    """So many followers that will read no more than their buffer of a few kilobytes takes."""
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        _, follower = await loop.create_connection(partial(Follower, feed.upgrade(port), False), sock=sock)
        found.append(follower)
    return found


async def trade(data: Path, followers: int, silent: int, orders: int, seed: int) -> Had:
    """Members trade before so many followers, some of whom read nothing."""
    serving.found_exchange(data, MEMBERS, INSTRUMENTS)
    shares = [
        end_to_end.share(number, "s", 100, max(1, orders // MEMBERS), seed, INSTRUMENTS) for number in range(MEMBERS)
    ]
    with serving.exchange(data) as server:
        readers = await feed.connect(server.port, [feed.upgrade(server.port)] * (followers - silent))
        sleepers = await connect_silent(server.port, silent)
        await feed.wait_snapshots(readers + sleepers)
        await feed.wait_quiet(readers + sleepers)
        for follower in readers + sleepers:
            follower.begin()
        for sleeper in sleepers:
            sleeper.fall_silent()
        traded = await end_to_end.on_exchange(server, data, shares, 16)
        await feed.wait_received(readers, 1)
        await feed.wait_quiet(readers)
        require("readers who were closed", sum(reader.is_closed for reader in readers), 0)
        had = Had(
            traded.rate,
            traded.times_ns,
            server.resident_bytes(),
            readers[0].received,
            sum(sleeper.is_closed for sleeper in sleepers),
        )
        for follower in readers + sleepers:
            follower.close()
    return had


def _both(one: Had, other: Had) -> Had:
    """Two turns as one: the mean of speeds and sizes, all the times."""
    return Had(
        (one.orders_a_second + other.orders_a_second) / 2,
        sorted(one.times_ns + other.times_ns),
        (one.resident_bytes + other.resident_bytes) // 2,
        (one.bytes_for_each + other.bytes_for_each) // 2,
        one.closed + other.closed,
    )


def measure(scale: float, seed: int) -> Measured:
    """All reading, then some of them silent."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    followers, silent = scaled(FOLLOWERS, scale, 8), scaled(SILENT, scale, 2)
    orders = scaled(ORDERS, scale, 200) // 2
    with data_folder() as name:
        reading, sleeping = [
            await trade(Path(name) / f"{silent_now}", followers, silent_now, orders, seed) for silent_now in (0, silent)
        ]
        if scale >= _WHOLE_SCALE:
            sleeping = _both(sleeping, await trade(Path(name) / "again", followers, silent, orders, seed))
            reading = _both(reading, await trade(Path(name) / "last", followers, 0, orders, seed))
    p50, p99 = (
        percentile(sleeping.times_ns, percent) / percentile(reading.times_ns, percent) for percent in (50.0, 99.0)
    )
    more = max(0, sleeping.resident_bytes - reading.resident_bytes)
    return Measured(
        [
            Figure("all read: orders", reading.orders_a_second, "orders/s"),
            Figure("50 silent: orders", sleeping.orders_a_second, "orders/s"),
            Figure("orders, 50 silent to all reading", sleeping.orders_a_second / reading.orders_a_second, "×"),
            Figure("answer p50, 50 silent to all reading", p50, "×", "less"),
            Figure("answer p99, 50 silent to all reading", p99, "×", "less"),
            Figure("memory for 50 silent", more / 2**20, "MiB", "less"),
        ],
        {
            "followers": followers,
            "silent": silent,
            "channels of each": len(CHANNELS),
            "bytes for each reader, all reading": reading.bytes_for_each,
            "bytes for each reader, 50 silent": sleeping.bytes_for_each,
            "silent ones closed by the exchange": sleeping.closed,
        },
    )
