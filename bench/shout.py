"""`python -m bench.shout`: the least a server can do for many followers: write the same bytes to each socket, in a loop.

Prints its port. A line on stdin, "FOLLOWERS ROUNDS BYTES": once so many have connected, writes a chunk of so many bytes to
each of them, that many times; then the next line. Ends with its stdin.
"""

import asyncio
import sys
from typing import cast

import uvloop


class Listener(asyncio.Protocol):
    """One follower's socket, which only listens."""

    def __init__(self, all_of_them: list[asyncio.WriteTransport]) -> None:
        self._all = all_of_them

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One more."""
        self._all.append(cast(asyncio.WriteTransport, transport))


async def _serve() -> None:
    sockets: list[asyncio.WriteTransport] = []
    server = await asyncio.get_running_loop().create_server(lambda: Listener(sockets), "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        followers, rounds, size = (int(word) for word in line.split())
        while len(sockets) < followers:  # noqa: ASYNC110 - nothing to be woken by
            await asyncio.sleep(0.01)
        chunk = bytes(size)
        for _ in range(rounds):
            for socket in sockets:
                socket.write(chunk)
            while any(socket.get_write_buffer_size() for socket in sockets):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
        for socket in sockets:
            socket.close()
        sockets.clear()


if __name__ == "__main__":
    uvloop.run(_serve())
