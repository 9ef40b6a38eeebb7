"""A wire that breaks: passes bytes between a client and the exchange and cuts them off at any byte, in either direction."""

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass
from typing import Final

_CHUNK: Final = 2**16
FOR_EVER: Final = 2**62


@dataclass
class Cut:
    """After how many bytes the connection is lost; `is_half` leaves the exchange's end open, as a lost network does."""

    up_bytes: int = FOR_EVER
    down_bytes: int = FOR_EVER
    is_half: bool = False


class Proxy:
    """Listens where the client connects; every connection ends as `dice` has it while `is_cutting`."""

    def __init__(self, host: str, dice: random.Random) -> None:
        self.host = ""
        self.is_cutting = True
        self.cuts = 0
        self._address = host.rsplit(":", 1)
        self._dice = dice
        self._server: asyncio.Server | None = None
        self._left_open: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        """Listen on any free port of this machine."""
        self._server = await asyncio.start_server(self._on_client, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Listen no more, and let go what was left open."""
        assert self._server is not None
        self._server.close()
        for writer in self._left_open:
            writer.transport.abort()

    def _fate(self) -> Cut:
        if not self.is_cutting:
            return Cut()
        is_half = self._dice.random() < 0.02
        if self._dice.random() < 0.4:
            return Cut(up_bytes=self._dice.randrange(3_000), is_half=is_half)
        return Cut(down_bytes=self._dice.randrange(12_000), is_half=is_half)

    async def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self._fate()
        up_reader, up_writer = await asyncio.open_connection(self._address[0], int(self._address[1]))
        ways = [
            asyncio.ensure_future(_pass(reader, up_writer, fate.up_bytes)),
            asyncio.ensure_future(_pass(up_reader, writer, fate.down_bytes)),
        ]
        _, going = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in going:
            way.cancel()
        was_cut = any(way.done() and not way.cancelled() and way.result() for way in ways)
        self.cuts += was_cut
        if was_cut and fate.is_half:
            self._left_open.append(up_writer)
        else:
            _drop(up_writer)
        _drop(writer)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_left: int) -> bool:
    """Hand on so many bytes; True: the rest is withheld, False: one end has gone by itself."""
    while bytes_left > 0:
        try:
            some = await reader.read(_CHUNK)
        except OSError:
            return False
        if not some:
            return False
        writer.write(some[:bytes_left])
        bytes_left -= len(some)
        with contextlib.suppress(OSError):
            await writer.drain()
    return True


def _drop(writer: asyncio.StreamWriter) -> None:
    """Reset the connection, once what was written has had its chance to leave."""
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
