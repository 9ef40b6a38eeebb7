"""The members' side of the benchmarks over sockets: the same code drives the exchange and the echo it is compared with.

Frames are made before the clock starts; each connection keeps a window of requests under way and sends the next when an
answer comes. All requests that one reading of the socket lets go are written in one call.
"""

import asyncio
import time
from array import array
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

_ANSWERS: Final = b'{"id":'  # how answers begin; events begin otherwise
_HEAD_BYTES: Final = 40  # where in an answer the mark stands that says what it is
ANSWER_SECONDS_MAX: Final = 120


class AnswersMissing(Exception):
    """The peer closed, refused or fell silent."""


def client_frame(payload: bytes) -> bytes:
    """A text frame of a client, masked with zeros: legal, and it costs this side nothing."""
    size = len(payload)
    head = bytes((0x80 | size,)) if size <= 125 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + head + bytes(4) + payload


class Peer(WSListener):
    """One connection. `good`: what an answer to a request that was carried out contains near its beginning."""

    def __init__(self, good: bytes) -> None:
        self.good = good
        self.refused = 0
        self.first_refusal = b""
        self.times: array[int] = array("q")
        self._frames: Sequence[bytes] = ()
        self._due_ns: Sequence[int] = ()
        self._next = 0
        self._sent_ns: deque[int] = deque()
        self._outbox: list[bytes] = []
        self._socket: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.hello: asyncio.Future[bytes] = self._loop.create_future()
        self._answer: asyncio.Future[bytes] | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The socket stands."""
        self._socket = transport.underlying_transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._socket = None
        for waiting in (self.done, self.hello, self._answer):
            if waiting is not None and not waiting.done():
                waiting.set_exception(AnswersMissing("the connection ended"))
                waiting.exception()  # whoever waits still gets it; nobody need wait

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame: an answer in the order of requests, or an event, of which only the first is looked at."""
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        if not payload.startswith(_ANSWERS):
            if not self.hello.done():
                self.hello.set_result(payload)
            return
        if self._answer is not None:
            self._answer.set_result(payload)
            self._answer = None
            return
        now = time.perf_counter_ns()
        self.times.append(now - self._sent_ns.popleft())
        if payload.find(self.good, 0, _HEAD_BYTES) < 0:
            self.refused += 1
            self.first_refusal = self.first_refusal or payload
        if not self._due_ns and self._next < len(self._frames):
            self._send(now)
        elif len(self.times) == len(self._frames):
            self.done.set_result(None)

    async def ask(self, payload: bytes) -> bytes:
        """One request and its answer, outside of any measurement."""
        assert self._socket is not None
        self._answer = self._loop.create_future()
        self._socket.write(client_frame(payload))
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await self._answer

    def begin(self, frames: Sequence[bytes], in_flight: int) -> None:
        """Send these, so many under way at a time; `done` when all are answered, `times` from sending to answer."""
        self._reset(frames)
        now = time.perf_counter_ns()
        for _ in range(min(in_flight, len(frames))):
            self._send(now)

    def begin_open(self, frames: Sequence[bytes], due_ns: Sequence[int]) -> None:
        """Send each when it is due, answered or not; `times` are from when it was due."""
        self._reset(frames)
        self._due_ns = due_ns
        self._send_due()

    def _reset(self, frames: Sequence[bytes]) -> None:
        self._frames, self._next, self._due_ns = frames, 0, ()
        self.times = array("q")
        self.done = self._loop.create_future()

    def _send_due(self) -> None:
        now = time.perf_counter_ns()
        while self._next < len(self._frames) and self._due_ns[self._next] <= now:
            self._send(self._due_ns[self._next])
        if self._next < len(self._frames) and not self.done.done():
            wait_ns = max(0, self._due_ns[self._next] - time.perf_counter_ns())
            self._loop.call_later(wait_ns / 1e9, self._send_due)

    def _send(self, since_ns: int) -> None:
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(self._frames[self._next])
        self._sent_ns.append(since_ns)
        self._next += 1

    def _flush(self) -> None:
        if self._socket is not None:
            self._socket.write(b"".join(self._outbox))
        self._outbox.clear()

    def close(self) -> None:
        """Leave without a word."""
        if self._socket is not None:
            self._socket.abort()


class Load(msgspec.Struct, frozen=True):
    """What came of one load: seconds from the first request to the last answer, and each answer's time."""

    answers: int
    refused: int
    first_refusal: str
    seconds: float
    times_ns: list[int]


async def connect(url: str, good: bytes) -> Peer:
    """A connection to this address."""
    _, listener = await ws_connect(lambda: Peer(good), url, max_frame_size=1 << 20)
    assert isinstance(listener, Peer)
    return listener


async def drive(peers: list[Peer], frames: list[list[bytes]], in_flight: int) -> Load:
    """Drive all peers at once, each with its frames."""
    start = time.perf_counter()
    for peer, mine in zip(peers, frames, strict=True):
        peer.begin(mine, in_flight)
    return await _finish(peers, start)


async def drive_open(peers: list[Peer], frames: list[list[bytes]], rate: int) -> Load:
    """Requests come at this rate a second over all peers, whether the answers come or not."""
    begin = time.perf_counter_ns() + 10_000_000
    step = 1_000_000_000 * len(peers) // rate
    start = time.perf_counter()
    for index, (peer, mine) in enumerate(zip(peers, frames, strict=True)):
        first = begin + step * index // len(peers)
        peer.begin_open(mine, [first + step * place for place in range(len(mine))])
    return await _finish(peers, start)


async def _finish(peers: list[Peer], start: float) -> Load:
    async with asyncio.timeout(ANSWER_SECONDS_MAX):
        await asyncio.gather(*(peer.done for peer in peers))
    seconds = time.perf_counter() - start
    times = sorted(value for peer in peers for value in peer.times)
    refusals = [peer.first_refusal for peer in peers if peer.first_refusal]
    return Load(
        len(times),
        sum(peer.refused for peer in peers),
        refusals[0].decode("utf-8", "replace") if refusals else "",
        seconds,
        times,
    )
