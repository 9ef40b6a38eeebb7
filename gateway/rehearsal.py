"""A rehearsal market (演练市场): its environment and its keys, and the faults that its members may ask for.

The environment `sandbox` is for trying things out. Its members' key ids begin with `test_`, and nowhere else may one, so that
a key of one market opens no door of the other. There a request may carry `sim`: what is to go wrong with its answer, or with
the next event of a channel. Faults happen on the way out alone; the engine never learns of them.

The environment `replay` shows a past day (回放) to the public. Nobody logs in there, whatever key he has.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET

from engine.core import reasons
from gateway.protocol import frames, wire
from gateway.protocol.codec import Refused, encode

ENV: Final = "sandbox"
KEY_PREFIX: Final = "test_"
PAST_ENV: Final = "replay"
_TEXT: Final = 0x81
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode

Message = dict[str, Any]


def key_id(env: str, name: str) -> str:
    """The id of the key of this name in that environment."""
    return KEY_PREFIX + name if env == ENV else name


def check_present(env: str) -> None:
    """Raise `Refused` PAST_DAY where a past day is shown: nothing can be asked of it."""
    if env == PAST_ENV:
        raise Refused(reasons.PAST_DAY)


def check_key(env: str, key_id: str) -> None:
    """Raise `Refused` for a member's key that belongs to the other kind of market."""
    if key_id.startswith(KEY_PREFIX) != (env == ENV):
        raise Refused(reasons.WRONG_ENVIRONMENT, "key_id", limit=KEY_PREFIX if env == ENV else None)


def simulate(socket: asyncio.Transport | None, request_id: str | int, wanted: wire.Simulate) -> None:
    """Have what a request wants go wrong. Raises `Refused`: as the request wants it, or where this is no rehearsal market."""
    if not isinstance(socket, Line):
        raise Refused(reasons.WRONG_ENVIRONMENT, "sim")
    if wanted.reject is not UNSET:
        row = reasons.BY_NAME.get(wanted.reject)
        raise Refused(reasons.INVALID_FIELD, "sim.reject") if row is None else Refused(row.number)
    socket.spoil(request_id, wanted)


class Line(asyncio.Transport):
    """The way from the gateway to one peer of a rehearsal market: replies name the environment, what was asked for goes wrong."""

    def __init__(self, socket: asyncio.Transport) -> None:
        super().__init__()
        self._socket = socket
        self._spoilt: dict[str | int, wire.Simulate] = {}  # by request, while its reply is under way
        self._replies_to_lose = 0
        self._gaps: set[str] = set()

    def spoil(self, request_id: str | int, wanted: wire.Simulate) -> None:
        """From now on, do to this request's reply, or to a channel, what is wanted."""
        if wanted.gap is not UNSET:
            self._gaps.add(wanted.gap)
        self._spoilt[request_id] = wanted

    def write(self, data: Any) -> None:
        """Send frames, but for those that get lost."""
        out: list[bytes] = []
        for frame in split(bytes(data)):
            if frame[0] != _TEXT:
                out.append(frame)
                continue
            said = self.pass_on(_decode(payload_of(frame)))
            out += [frames.text_frame(encode(message)) for message in said]
            if self._socket.is_closing():
                return
        if out:
            self._socket.write(b"".join(out))

    def pass_on(self, message: Message) -> Iterable[Message]:
        """What is sent in place of a message: itself, nothing, or more than it."""
        if "ch" in message:
            if message["kind"] == "update" and message["ch"] in self._gaps:
                self._gaps.discard(message["ch"])
                return ()
            return (message,)
        message["env"] = ENV
        wanted = self._spoilt.pop(message["id"], None)
        if wanted is not None and wanted.cut:
            self._socket.abort()
            return ()
        if wanted is not None and wanted.drop_next is not UNSET:
            self._replies_to_lose += wanted.drop_next
        if self._replies_to_lose:
            self._replies_to_lose -= 1
            return ()
        if wanted is not None and wanted.delay_ms is not UNSET:
            asyncio.get_running_loop().call_later(wanted.delay_ms / 1000, self._send_late, message)
            return ()
        return (message,)

    def _send_late(self, message: Message) -> None:
        if not self._socket.is_closing():
            self._socket.write(frames.text_frame(encode(message)))

    def abort(self) -> None:
        """Let the socket go at once."""
        self._socket.abort()

    def is_closing(self) -> bool:
        """Whether the socket is on its end."""
        return self._socket.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Of the socket."""
        return self._socket.get_extra_info(name, default)


def split(data: bytes) -> Iterable[bytes]:
    """The frames of a server's bytes, each with its head."""
    at = 0
    while at < len(data):
        head, size = _measure(data, at)
        yield data[at : at + head + size]
        at += head + size


def payload_of(frame: bytes) -> bytes:
    """What a server's frame carries."""
    return frame[_measure(frame, 0)[0] :]


def _measure(data: bytes, at: int) -> tuple[int, int]:
    """Sizes of the head and of the payload of the frame that begins at `at`; a server's frames have no mask."""
    size = data[at + 1]
    if size == 126:
        return 4, int.from_bytes(data[at + 2 : at + 4], "big")
    if size == 127:
        return 10, int.from_bytes(data[at + 2 : at + 10], "big")
    return 2, size
