"""uvicorn in the loop that is already running, started when it listens and stopped when it has said goodbye."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import h11
import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_BYTES_MAX: Final = 16_384  # request line and headers together


class _Server(uvicorn.Server):
    """Leaves signals to the process that owns the loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the composition root decides when the exchange ends."""
        yield


class HttpServer:
    """A listening HTTP door."""

    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None], port: int) -> None:
        self.port = port  # the real one, also where 0 was asked for
        self._server = server
        self._task = task

    async def close(self) -> None:
        """Let requests in progress finish, then stop."""
        self._server.should_exit = True
        await self._task


class _Protocol(H11Protocol):
    """Answers what cannot be read with the status that fits: 431 for a head that is too long, not 400 as for everything."""

    def send_400_response(self, msg: str) -> None:
        """Called while the fault is handled, which knows its status."""
        fault = sys.exception()
        status = HTTPStatus(fault.error_status_hint if isinstance(fault, h11.RemoteProtocolError) else 400)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        for event in (head, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self.transport.close()


async def serve_http(app: Litestar, host: str, port: int, tls: ssl.SSLContext | None = None) -> HttpServer:
    """Listen and return. Raises OSError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # else it takes the word of whoever asks from this machine; see gateway/addresses.py
        date_header=True,
        lifespan="on",
        ws="none",
        limit_concurrency=1000,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=15,
        http=_Protocol,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    task = asyncio.get_running_loop().create_task(_serve(server, listening), name="http")
    while not server.started:
        if task.done():
            await task
            raise OSError(f"the HTTP server did not start on {host}:{port}")
        await asyncio.sleep(0.01)
    return HttpServer(server, task, listening.getsockname()[1])


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        await server.serve([listening])
    finally:
        listening.close()
