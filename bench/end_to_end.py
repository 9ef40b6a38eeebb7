"""How many orders a second does the whole exchange take over sockets, each on disk before its answer, and how long does one wait?

Included: websocket, login once, decode, admission, journal with sync, matching, private streams kept, feed, and settlement
running beside. Compared in the same run with a plain picows echo of the same frames, driven by the same client.
"""

import random
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import uvloop

from bench import load, serving
from bench.core import ACCOUNTS
from bench.journal import data_folder
from bench.measure import Figure, Measured, percentile, require
from bench.workload import MID, scaled
from gateway.protocol import session, wire
from yutan import folder, keys
from yutan.flow import yuan

DOUBTS = (
    "Server and client share this machine: with two cores, a client that waits for the processor looks like a slow server.",
    "Loopback: no network, no TLS. The client masks with zeros, which costs it nothing.",
    "The echo sends each frame back as it came (about 190 bytes); the exchange's answers are longer, and it joins its writes.",
    "Members follow no channel, so no report is made text, but in the line that says so: there each member follows its two "
    "accounts, and so hears of every connection's orders for them. The public feed has its own benchmark.",
    "Flow: 45 % resting, 40 % cancels of own orders, 15 % crossing; about 5,000 live orders over all connections.",
    "Closed loop: a slow answer delays the next request and so hides waiting. The last line is an open loop instead.",
)
FORMS = ("plain", "compiled")
COMBINATIONS: Final = (
    (1, 1, 4_000),
    (10, 1, 20_000),
    (50, 1, 50_000),
    (1, 16, 30_000),
    (10, 16, 100_000),
    (50, 16, 200_000),
)
LIVE: Final = 5_000
OPEN_RATE: Final = 10_000
OPEN_SECONDS: Final = 5
_NEAR: Final = 12  # ticks from the middle within which orders are taken by others and so not canceled
_SIDES: Final = ("buy", "sell")
_encode: Final = msgspec.json.encode


class Share(NamedTuple):
    """What one connection sends: first its part of the live orders, then what is measured."""

    warm: list[bytes]
    timed: list[bytes]


def accounts_of(number: int) -> tuple[str, str]:
    """The two accounts of a member: one buys, the other sells."""
    half = ACCOUNTS // 2
    return f"A{1 + number % half:03}", f"A{1 + half + number % half:03}"


class Member:
    """Makes the requests of one connection. Its own orders rest with one account on each side."""

    def __init__(self, number: int, label: str, seed: int, instruments: int) -> None:
        self._draw = random.Random(f"{seed} {label} {number}")
        self._label = f"{label}-{number}"
        self._instruments = instruments
        self._accounts = accounts_of(number)
        self._open: list[tuple[str, str]] = []
        self._count = 0

    def rest(self, near: int) -> bytes:
        """An order that waits `near` to 60 ticks from the middle; far ones may be canceled later."""
        side = self._draw.randrange(2)
        away = near + self._draw.randrange(60 - near)
        name = self._name()
        if away > _NEAR:
            self._open.append((name, self._accounts[side]))
        price = MID - away if side == 0 else MID + away
        return self._place(name, side, price, 1 + self._draw.randrange(99), "day")

    def next(self, live: int) -> bytes:
        """One request of the mix, with about `live` own orders open."""
        kind = self._draw.random()
        if kind < 0.15:
            side = self._draw.randrange(2)
            price = MID + _NEAR if side == 0 else MID - _NEAR
            return self._place(self._name(), side, price, 1 + self._draw.randrange(60), "ioc")
        if kind < 0.55 and len(self._open) > live // 2:
            place = self._draw.randrange(len(self._open))
            self._open[place], self._open[-1] = self._open[-1], self._open[place]
            name, account = self._open.pop()
            params: dict[str, object] = {"account": account, "client_order_id": name}
            return self._frame("order.cancel", params)
        return self.rest(1)

    def _place(self, name: str, side: int, price_ticks: int, tonnes: int, life: str) -> bytes:
        params: dict[str, object] = {
            "account": self._accounts[side],
            "instrument": f"CQEA-{1 + self._draw.randrange(self._instruments)}",
            "side": _SIDES[side],
            "price": yuan(price_ticks),
            "quantity": tonnes,
            "time_in_force": life,
            "client_order_id": name,
        }
        return self._frame("order.place", params)

    def _frame(self, method: str, params: dict[str, object]) -> bytes:
        return load.client_frame(_encode({"id": self._count, "method": method, "params": params}))

    def _name(self) -> str:
        self._count += 1
        return f"{self._label}-{self._count}"


def share(number: int, label: str, live: int, count: int, seed: int, instruments: int = 1) -> Share:
    """The requests of one connection."""
    member = Member(number, label, seed, instruments)
    return Share([member.rest(_NEAR + 1) for _ in range(live)], [member.next(live) for _ in range(count)])


async def log_in(peer: load.Peer, port: int, data: Path, number: int) -> None:
    """Prove who one is."""
    hello = msgspec.json.decode(await peer.hello)["data"]
    key = keys.load(folder.keys(data) / f"{serving.key_id(number)}.pem")
    text = session.login_text(
        hello["env"], f"127.0.0.1:{port}", hello["connection_id"], hello["nonce"], serving.key_id(number)
    )
    params = wire.SessionAuthParams(serving.key_id(number), session.sign_login(key, text))
    answer = await peer.ask(_encode(wire.SessionAuth(id=0, params=params)))
    require("login", b'"result"' in answer, True)


class Result(NamedTuple):
    """One load on one server."""

    rate: float
    times_ns: list[int]
    cpu_us: float


async def follow(peer: load.Peer, number: int) -> None:
    """Have the reports of the member's accounts sent."""
    channels = [f"exec.{account}" for account in accounts_of(number)]
    answer = await peer.ask(_encode({"id": 0, "method": "subscribe", "params": {"channels": channels}}))
    require("refused channels", msgspec.json.decode(answer)["result"]["refused"], [])


async def on_exchange(
    server: serving.Server,
    data: Path,
    shares: list[Share],
    in_flight: int,
    rate: int = 0,
    is_following: bool = False,
) -> Result:
    """Log in, bring the live orders, then the measured part; afterwards nothing of it stays open."""
    peers = []
    for number in range(len(shares)):
        peer = await load.connect(f"ws://127.0.0.1:{server.port}/ws/v1/trade", b'"result"')
        await log_in(peer, server.port, data, number)
        if is_following:
            await follow(peer, number)
        peers.append(peer)
    warm = await load.drive(peers, [share.warm for share in shares], 64)
    require("refused while filling the book", (warm.refused, warm.first_refusal), (0, ""))
    before = server.cpu_seconds()
    timed = [share.timed for share in shares]
    done = await (load.drive_open(peers, timed, rate) if rate else load.drive(peers, timed, in_flight))
    used = server.cpu_seconds() - before
    require("refused", (done.refused, done.first_refusal), (0, ""))
    for number in range(ACCOUNTS):
        request = {"id": 1, "method": "order.cancel_all", "params": {"account": f"A{number + 1:03}"}}
        await peers[0].ask(_encode(request))
    for peer in peers:
        peer.close()
    return Result(done.answers / done.seconds, done.times_ns, used / done.answers * 1e6)


async def on_echo(server: serving.Server, shares: list[Share], in_flight: int, rate: int = 0) -> Result:
    """The same frames, sent back; with a rate as an open loop."""
    peers = [await load.connect(f"ws://127.0.0.1:{server.port}/", b'"method"') for _ in shares]
    before = server.cpu_seconds()
    timed = [share.timed for share in shares]
    done = await (load.drive_open(peers, timed, rate) if rate else load.drive(peers, timed, in_flight))
    used = server.cpu_seconds() - before
    require("frames that did not come back", done.refused, 0)
    for peer in peers:
        peer.close()
    return Result(done.answers / done.seconds, done.times_ns, used / done.answers * 1e6)


def measure(scale: float, seed: int) -> Measured:
    """Each number of connections and window, exchange and echo in turn; then an open loop."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    figures: list[Figure] = []
    facts: dict[str, int | str] = {}
    with data_folder() as name:
        data = Path(name)
        serving.found_exchange(data, max(connections for connections, _, _ in COMBINATIONS))
        with serving.exchange(data) as exchange, serving.echo() as echo:
            facts["journal is written"] = serving.journal_is_written(data)
            for connections, in_flight, wanted in COMBINATIONS:
                count = scaled(wanted, scale) // connections or 1
                label = f"{connections} × {in_flight}"
                live = max(1, scaled(LIVE, scale) // connections)
                shares = [
                    share(number, f"c{connections}w{in_flight}", live, count, seed) for number in range(connections)
                ]
                facts["bytes of a request"] = len(shares[0].timed[0])
                echoed = await on_echo(echo, shares, in_flight)
                traded = await on_exchange(exchange, data, shares, in_flight)
                figures.append(Figure(f"{label}: exchange", traded.rate, "orders/s"))
                figures.append(Figure(f"{label}: echo", echoed.rate, "frames/s"))
                figures.append(Figure(f"{label}: exchange to echo", traded.rate / echoed.rate, "×"))
                for percent, word in ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9")):
                    value = percentile(traded.times_ns, percent) / 1_000
                    figures.append(Figure(f"{label}: acknowledged, {word}", value, "µs", "less"))
            figures.append(Figure("50 × 16: exchange, processor", traded.cpu_us, "µs/order", "less"))
            figures.append(Figure("50 × 16: echo, processor", echoed.cpu_us, "µs/frame", "less"))
            shares = [share(number, "follow", live, count, seed) for number in range(connections)]
            followed = await on_exchange(exchange, data, shares, in_flight, is_following=True)
            figures.append(Figure("50 × 16, following their reports: exchange", followed.rate, "orders/s"))
            ratio = followed.rate / echoed.rate
            figures.append(Figure("50 × 16, following their reports: exchange to echo", ratio, "×"))
            figures.append(Figure("50 × 16, following their reports: processor", followed.cpu_us, "µs/order", "less"))
            figures += await _open_loop(exchange, data, scale, seed)
    return Measured(figures, facts)


async def _open_loop(exchange: serving.Server, data: Path, scale: float, seed: int) -> list[Figure]:
    count = scaled(OPEN_RATE * OPEN_SECONDS, scale) // 50 or 1
    live = max(1, scaled(LIVE, scale) // 50)
    shares = [share(number, "open", live, count, seed) for number in range(50)]
    done = await on_exchange(exchange, data, shares, 0, OPEN_RATE)
    return [
        Figure(
            f"open loop, {OPEN_RATE:,} orders/s: acknowledged, {word}",
            percentile(done.times_ns, percent) / 1_000,
            "µs",
            "less",
        )
        for percent, word in ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"))
    ]
