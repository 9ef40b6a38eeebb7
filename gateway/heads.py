"""The head of a handshake before the websocket library has it: one that is too long is answered, not only hung up on.

The library's bound is 16 KiB, is not to be set, and ends the socket without a word and without asking anything of ours. So a
protocol of ours reads up to that bound and hands over, with all that has come, once the head is whole; it then has no part in the
connection any more. Of the library's own protocol only its server knows the factory, hence the one private name here.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final, cast

from picows import WSUpgradeResponse

HEAD_BYTES_MAX: Final = 16_384  # request line and headers together: the library's own bound
_LINE_END: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"


def answer_long_heads(server: asyncio.Server) -> None:
    """Put a reader of heads before each protocol that the server makes. To be called before it serves."""
    listening: Any = server
    make = listening._protocol_factory
    listening._protocol_factory = lambda: _Head(make())


class _Head(asyncio.BufferedProtocol):
    """Reads one head. `library`: what goes on from there; it has the socket's time limit from the beginning."""

    def __init__(self, library: asyncio.BufferedProtocol) -> None:
        self._library = library
        self._transport: asyncio.Transport
        self._head = bytearray(HEAD_BYTES_MAX)
        self._filled = 0
        self._is_answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A socket stands."""
        self._transport = cast(asyncio.Transport, transport)
        self._library.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go: there is always room, or the head was too long."""
        return memoryview(self._head)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """More of the head has come, and perhaps frames behind it."""
        if self._is_answered:
            return  # the rest of what was too long
        since = max(0, self._filled - len(_HEAD_END) + 1)
        self._filled += nbytes
        if self._head.find(_HEAD_END, since, self._filled) >= 0:
            self._hand_over()
        elif self._filled == HEAD_BYTES_MAX:
            self._turn_away()

    def eof_received(self) -> bool | None:
        """The peer says no more, so there will be no handshake."""
        return self._library.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone before its head was whole."""
        self._library.connection_lost(exc)

    def _hand_over(self) -> None:
        self._transport.set_protocol(self._library)
        told = 0
        while told < self._filled and not self._transport.is_closing():
            room = memoryview(self._library.get_buffer(-1))
            step = min(len(room), self._filled - told)
            room[:step] = self._head[told : told + step]
            told += step
            self._library.buffer_updated(step)

    def _turn_away(self) -> None:
        """Answer, and wait for the peer to close, or for the end of the time that a handshake has.

        Who closes while bytes are on their way resets the connection, and the peer may lose the answer by it.
        """
        if self._head.find(_LINE_END) >= 0:
            status, said = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, b"headers too large\n"
        else:
            status, said = HTTPStatus.REQUEST_URI_TOO_LONG, b"request line too long\n"
        answer = WSUpgradeResponse.create_error_response(status, said, {"Connection": "close"})
        self._transport.write(answer.to_bytes())
        if self._transport.can_write_eof():  # not under TLS
            self._transport.write_eof()
        self._is_answered, self._filled = True, 0
