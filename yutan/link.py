"""One websocket connection of a client: text in, text out, everything said in one loop turn in one write."""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from typing import Final, Self

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from gateway.protocol.wire import FRAME_BYTES_MAX

_INCOMING_BYTES_MAX: Final = 64 * 1024 * 1024


class Link(WSListener):
    """A connection. `close`: code and words of the server's close frame; (0, "") without one."""

    def __init__(self, on_text: Callable[[bytes], None], on_end: Callable[["Link"], None]) -> None:
        self.close = (0, "")
        self._on_text = on_text
        self._on_end = on_end
        self._outbox: list[bytes] = []
        self._transport: WSTransport | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls,
        url: str,
        tls: ssl.SSLContext | None,
        timeout_s: float,
        language: str,
        on_text: Callable[[bytes], None],
        on_end: Callable[["Link"], None],
    ) -> Self:
        """Connect; `language`: of what is said before a login, and to visitors always.

        Raises OSError, TimeoutError, or picows' WSError for a refused handshake.
        """
        link = cls(on_text, on_end)
        await ws_connect(
            lambda: link,
            url,
            ssl_context=tls,
            max_frame_size=_INCOMING_BYTES_MAX,
            websocket_handshake_timeout=timeout_s,
            logger_name="client",
            extra_headers={"Accept-Language": language},
        )
        return link

    @property
    def is_open(self) -> bool:
        """Whether the socket is there."""
        return self._transport is not None

    def send(self, payload: bytes) -> None:
        """Say this with everything else that is said in this turn of the loop."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outbox.append(payload)

    def flush(self) -> None:
        """Write what waits now."""
        outbox, self._outbox = self._outbox, []
        if outbox and self._transport is not None:
            mask = secrets.token_bytes(4)
            self._transport.underlying_transport.write(b"".join([_masked_frames(payload, mask) for payload in outbox]))

    def drop(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    async def wait_ended(self) -> None:
        """Wait until the socket is gone."""
        await asyncio.shield(self._ended)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame of the server."""
        if frame.msg_type == WSMsgType.TEXT:
            self._on_text(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            said = frame.get_payload_as_bytes()
            self.close = (int.from_bytes(said[:2], "big"), said[2:].decode("utf-8", "replace"))
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._transport = None
        self._outbox.clear()
        if not self._ended.done():
            self._ended.set_result(None)
        self._on_end(self)

    def pause_writing(self) -> None:
        """The window of `Client.wait_room` bounds what is under way."""

    def resume_writing(self) -> None:
        """Nothing waits for it."""


def _masked_frames(payload: bytes, mask: bytes) -> bytes:
    """A client's text message: one frame, or several where it is larger than the server takes in one."""
    if len(payload) <= FRAME_BYTES_MAX:
        return _masked_frame(payload, mask, 0x81)
    parts = [payload[at : at + FRAME_BYTES_MAX] for at in range(0, len(payload), FRAME_BYTES_MAX)]
    heads = [0x01, *[0x00] * (len(parts) - 2), 0x80]
    return b"".join([_masked_frame(part, mask, head) for part, head in zip(parts, heads, strict=True)])


def _masked_frame(payload: bytes, mask: bytes, head: int) -> bytes:
    """A client's frame; `head`: FIN bit and opcode."""
    size = len(payload)
    if size <= 125:
        header = bytes((head, 0x80 | size))
    else:
        header = bytes((head, 0xFE)) + size.to_bytes(2, "big")
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return header + mask + (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")
