"""Heads of requests that the HTTP door does not read: each gets the status that fits, and the door goes on."""

import asyncio

import pytest

from gateway.http.serving import HEAD_BYTES_MAX
from tests.gateway.http.conftest import Door
from tests.gateway.kit import DEADLINE_S

LINE = b"GET /api/v1/instruments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def status_of(door: Door, request: bytes) -> int:
    assert door.client.base_url.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", door.client.base_url.port)
    writer.write(request)
    async with asyncio.timeout(DEADLINE_S):
        said = await reader.read()
    writer.close()
    return int(said.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (LINE + b"\r\n", 200),
        (LINE + b"X-Long: " + b"x" * (HEAD_BYTES_MAX // 2) + b"\r\n\r\n", 200),
        (LINE + b"X-Long: " + b"x" * HEAD_BYTES_MAX, 431),
        (b"GET /" + b"x" * (HEAD_BYTES_MAX + 1), 431),
        (LINE + b"no header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (LINE + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
async def test_a_head_that_is_too_long_is_answered_and_not_taken_for_nonsense(
    door: Door, request_bytes: bytes, status: int
) -> None:
    assert await status_of(door, request_bytes) == status
    assert await status_of(door, LINE + b"\r\n") == 200
