"""A whole exchange in one folder for the gateway's tests: real engine, real settlement, real sockets."""

import asyncio
import base64
import contextlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from engine.clock import wall_ns
from engine.core import commands, phases, units
from engine.core.commands import AnyAct
from engine.core.events import Event
from engine.recovery import recover
from engine.sequencer import Sequencer
from engine.settings import EngineSettings
from gateway.feed import FeedSettings, PublicFeed
from gateway.protocol import session
from gateway.server import Gateway
from gateway.settings import GatewaySettings
from settlement.worker import Settlement
from tests.testkit.build import rulebook_text
from tests.testkit.said import Listener
from yutan.client import Client

DAY: Final = 20261120
SPOT: Final = "CQEA-25"  # tick 0.01
COARSE: Final = "BIGT-25"  # tick 0.05
ACCOUNTS: Final = ("A001", "B001", "C001")
PRODUCTS: Final = {
    "CQEA": {
        "trading_fee_ppm": 700,
        "settlement_fee_ppm": 300,
        "block_tonnes_min": 5_000,
        "block_limit_bp": 3000,
    },
    "BIGT": {"tick_fen": 5, "lot_tonnes": 10, "order_tonnes_min": 10, "order_tonnes_max": 1000},
}
DEADLINE_S: Final = 60.0  # a loaded machine may stand still for seconds; who waits so long has waited in vain


def key_of(name: str) -> Ed25519PrivateKey:
    """A key made from a name."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def public_of(name: str) -> bytes:
    """Its public half."""
    return key_of(name).public_key().public_bytes_raw()


class House:
    """An exchange with three members and two operators; stop it and start it again on the same folder."""

    def __init__(self, folder: Path, settings: GatewaySettings) -> None:
        self.folder = folder
        self.settings = settings
        self.failures: list[BaseException] = []
        self.peers: list[RawPeer] = []
        self.sequencer: Sequencer
        self.settlement: Settlement
        self.gateway: Gateway

    @classmethod
    async def start(
        cls, folder: Path, *, two_person_acts: tuple[str, ...] = (), rules: str = "", **settings: Any
    ) -> Self:
        """Start on this folder; a fresh one is founded (with these rules, if given), filled and opened for trading."""
        stores = {"history_file": folder / "history.db", "logins_file": folder / "logins.db"}
        defaults = GatewaySettings(port=0, feed_flush_ms=10, close_ms=200, **stores)
        house = cls(folder, replace(defaults, **settings))
        await house.open(two_person_acts, rules)
        return house

    async def open(self, two_person_acts: tuple[str, ...] = (), rules: str = "") -> None:
        """Recover what is there and open the doors."""
        self.settlement = await Settlement.open(
            self.folder / "registry.db", on_failure=self.failures.append, on_break=lambda report: None
        )
        self.gateway = await Gateway.open(self.settings, PublicFeed(FeedSettings()), self.settlement)
        self.sequencer = await recover(
            self.folder,
            [self.settlement, self.gateway],
            wall_ns,
            EngineSettings(disk="inline"),
            on_failure=self.failures.append,
        )
        self.gateway.attach(self.sequencer)
        if not self.sequencer.view.is_founded:
            await self._found(rules or rulebook_text(PRODUCTS, two_person_acts=list(two_person_acts)))
        await self.gateway.start()

    async def stop(self) -> None:
        """Stop in good order."""
        for peer in self.peers:
            await peer.end()
        await self.gateway.close_doors()
        await self.sequencer.close()
        await self.gateway.close()
        await self.settlement.close()
        assert not self.failures, self.failures

    async def _found(self, text: str) -> None:
        operators = tuple((person, person.title(), public_of(person)) for person in ("chen", "li"))
        await self.sequencer.submit(commands.Found(text, operators))
        await self.act(
            commands.ListInstrument(SPOT, "CQEA", 2025, "重庆配额2025", "Chongqing allowance 2025", 4000),
            commands.ListInstrument(COARSE, "BIGT", 2025, "大", "Big", 800),
        )
        for number, code in enumerate(ACCOUNTS, 1):
            await self.act(
                commands.OpenAccount(code, number, f"企业 {code}", "institution"),
                commands.RegisterKey(code.lower(), public_of(code.lower()), (number,)),
                commands.DepositCash(number, 100_000_000),
                commands.AllocateUnits(number, 1, 10_000, "paid", 2025),
                commands.AllocateUnits(number, 2, 10_000, "paid", 2025),
            )
        await self.act(
            commands.RegisterKey("both", public_of("both"), (1, 2)),
            commands.RegisterKey("eyes", public_of("eyes"), (1,), ("view",)),
            commands.RegisterKey("gone", public_of("gone"), (1,)),
            commands.RevokeKey("gone"),
            commands.OpenDay(DAY),
            commands.ChangePhase(phases.CONTINUOUS),
        )

    async def act(self, *acts: AnyAct) -> list[Event]:
        """Acts of the first operator, past the doors; a second approves where two are wanted."""
        happened: list[Event] = []
        for act in acts:
            done = await self.sequencer.submit(commands.Propose(1, "test", "doc-1", act))
            if type(done[0]).__name__ == "ActProposed":
                proposed: Any = done[0]
                done = await self.sequencer.submit(commands.Approve(2, proposed.proposal, proposed.act_sha256))
            happened += done
        return happened

    @property
    def url(self) -> str:
        """Base address of the doors."""
        return f"ws://127.0.0.1:{self.gateway.port}"

    def member(self, key_id: str, **options: Any) -> Client:
        """A member's client, not yet connected."""
        asked = {"timeout_s": DEADLINE_S, "language": "en"} | options
        return Client.connect(self.url, key_id=key_id, private_key=key_of(key_id), **asked)

    def operator(self, person: str) -> Client:
        """An operator's client."""
        return self.member(person, door="ops")

    def visitor(self, **options: Any) -> Client:
        """A client of the public door."""
        return Client.connect(self.url, timeout_s=DEADLINE_S, **options)

    async def raw(self, door: str = "trade", **headers: str) -> "RawPeer":
        """A bare socket after the handshake."""
        self.peers.append(await RawPeer.connect(self.gateway.port, door, headers))
        return self.peers[-1]

    async def logged_in(self, key_id: str = "a001", door: str = "trade") -> "RawPeer":
        """A bare socket after the login."""
        peer = await self.raw(door)
        await peer.log_in(key_id, self.settings.env)
        return peer


class RawPeer:
    """A websocket client made by hand, to say what no proper client would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, host: str) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        self.host = host
        self.close_code: int | None = None
        self.close_reason = ""
        self._listener = Listener()
        self._hello: dict[str, Any] = {}

    @classmethod
    async def connect(cls, port: int, door: str, headers: dict[str, str], receive_bytes: int = 0) -> "RawPeer":
        """Shake hands. `head` is the answer's head, whatever it says."""
        sock = socket.socket()
        if receive_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        limit = receive_bytes or 2**16
        reader, writer = await asyncio.open_connection(sock=sock, limit=limit)
        host = f"127.0.0.1:{port}"
        key = base64.b64encode(os.urandom(16)).decode()
        path = door if door.startswith("/") else f"/ws/v1/{door}"
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)).decode("latin-1")
        return cls(reader, writer, head, host)

    @property
    def status(self) -> int:
        """Status of the handshake."""
        return int(self.head.split(" ", 2)[1])

    def send_bytes(self, data: bytes) -> None:
        """Send exactly these bytes."""
        self.writer.write(data)

    def send_frame(self, payload: bytes, first: int = 0x81) -> None:
        """Send a masked frame; `first` is its first byte."""
        self.send_bytes(masked(payload, first))

    def send(self, document: Any) -> None:
        """Send JSON text, or an object as JSON."""
        with contextlib.suppress(ValueError, RecursionError):
            self._listener.asked(json.loads(document) if isinstance(document, str) else document)
        self.send_frame(
            (document if isinstance(document, str) else json.dumps(document)).encode("utf-8", "surrogatepass")
        )

    async def message(self) -> dict[str, Any]:
        """The next text message, held against the specification. Raises ConnectionError once closed (`close_code`)."""
        while True:
            head = await asyncio.wait_for(self._exactly(2), DEADLINE_S)
            size = head[1] & 127
            if size == 126:
                size = int.from_bytes(await self._exactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self._exactly(8), "big")
            payload = await self._exactly(size)
            if head[0] == 0x88:
                self.close_code, self.close_reason = int.from_bytes(payload[:2], "big"), payload[2:].decode()
                raise ConnectionError(self.close_code)
            if head[0] == 0x81:
                document: dict[str, Any] = json.loads(payload)
                if document.get("kind") == "hello":
                    self._hello = document["data"]
                self._listener.said(document)
                return document

    async def _exactly(self, size: int) -> bytes:
        try:
            return await self.reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("ended without a close frame") from error

    async def reply(self, request_id: Any) -> dict[str, Any]:
        """The answer with this id; events before it are passed over."""
        while True:
            said = await self.message()
            if "ch" not in said and said["id"] == request_id:
                return said

    async def ask(self, method: str, params: Any = None, request_id: Any = "q") -> dict[str, Any]:
        """Send a request and have its answer."""
        request = {"id": request_id, "method": method}
        self.send(request if params is None else request | {"params": params})
        return await self.reply(request_id)

    async def event(self, channel: str, kind: str) -> dict[str, Any]:
        """The next event of this channel and kind."""
        while True:
            said = await self.message()
            if said.get("ch") == channel and said["kind"] == kind:
                return said

    async def closed(self) -> int:
        """Read until the close frame; its code."""
        try:
            while True:
                await self.message()
        except ConnectionError:
            if self.close_code is None:
                raise
            return self.close_code
        finally:
            await self.end()

    async def log_in(self, key_id: str, env: str, **wanted: Any) -> dict[str, Any]:
        """Log in with the key made from this name."""
        self._hello = self._hello or (await self.event("$session", "hello"))["data"]
        text = session.login_text(env, self.host, self._hello["connection_id"], self._hello["nonce"], key_id)
        signature = session.sign_login(key_of(key_id), text)
        params = {"key_id": key_id, "signature": signature, "language": "en"}
        return await self.ask("session.auth", params | wanted)

    async def end(self) -> None:
        """Drop the socket."""
        self.writer.close()


def masked(payload: bytes, first: int = 0x81, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    """A client's frame."""
    size = len(payload)
    if size <= 125:
        header = bytes((first, 0x80 | size))
    elif size <= 65_535:
        header = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        header = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return header + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


async def until(happened: Callable[[], Any], what: str = "") -> None:
    """Wait until something holds. Raises TimeoutError saying what was waited for."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not happened():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(what)
        await asyncio.sleep(0.002)


def order(**changes: Any) -> dict[str, Any]:
    """Params of an order that would be accepted, with changes; None takes a field away."""
    params: dict[str, Any] = {
        "instrument": SPOT,
        "side": "buy",
        "price": "40.00",
        "quantity": 10,
        "client_order_id": "o-1",
    }
    return {name: value for name, value in (params | changes).items() if value is not None}


__all__ = [
    "ACCOUNTS",
    "COARSE",
    "DAY",
    "SPOT",
    "House",
    "RawPeer",
    "key_of",
    "masked",
    "order",
    "public_of",
    "units",
    "until",
]
