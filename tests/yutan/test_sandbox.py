"""The rehearsal market by its command: its own environment and keys, members who trade, the visitor's program, faults."""

import asyncio
from pathlib import Path

import pytest

from gateway.protocol import wire
from tests.yutan.kit import run, start, stop, wait_for, wait_until_open
from yutan import folder
from yutan.client import Client, ConnectionLost

WORDS = ("--ws-port", "0", "--http-port", "0", "--day-seconds", "30", "--pace", "8")


def test_a_rehearsal_market_trades_and_breaks_on_request(tmp_path: Path) -> None:
    data = tmp_path / "sandbox"
    process = start("sandbox", "--data", str(data), *WORDS)
    try:
        running = wait_until_open(data, process)
        assert running.env == "sandbox"
        wait_for(
            "the visitor's cash", lambda: '"2000000.00"' in run("cash", "--data", str(data), "--demo", "--json").stdout
        )
        asyncio.run(_lose_a_reply(data, running))
        said = stop(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert "env sandbox" in said
    assert "test_demo.pem account P900" in said


async def _lose_a_reply(data: Path, running: folder.Running) -> None:
    """Cut off on request before the answer comes; a new connection has it."""
    key = folder.keys(data) / "test_demo.pem"
    async with Client.connect(running.ws_url, key_id="test_demo", private_key=key, env="sandbox") as client:
        client.simulate(wire.Simulate(cut=True))
        with pytest.raises(ConnectionLost):
            await client.cash()
    async with Client.connect(running.ws_url, key_id="test_demo", private_key=key, env="sandbox") as client:
        assert (await client.cash()).account == "P900"
