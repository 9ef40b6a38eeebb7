"""A client written from docs/protocol.md alone, that can be told to err in the ways clients do."""

import asyncio
import contextlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import websockets
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from websockets.asyncio.client import ClientConnection

from yutan.conform.run import Invitation

ORDER_EVERY_S = 0.03
STORM_S = 0.002


class Bot:
    """Places a small order again and again. `errs`: the names of its faults; none for a client that does right."""

    def __init__(self, invited: Invitation, errs: Collection[str] = ()) -> None:
        self.invited = invited
        self.errs = set(errs)
        self.key: Any = load_pem_private_key(Path(invited.key).read_bytes(), None)
        self.last: dict[str, int] = {}
        self.orders = 0
        self.doubtful: dict[str, Any] | None = None
        self.away_s = 0.0
        self.is_open = True

    async def run(self) -> None:
        """Connect and trade, again and again, until canceled."""
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                async with websockets.connect(f"{self.invited.url}/ws/v1/trade", open_timeout=60) as socket:
                    await self._session(socket)
            if "stays_away" in self.errs:
                return
            pause_s = 0.0 if "impatient" in self.errs else self.away_s
            self.away_s = 0.0
            await asyncio.sleep(max(pause_s, STORM_S if "storms" in self.errs else 0.2))

    async def _session(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.answers: dict[int, asyncio.Future[Any]] = {}
        self.asked = 0
        hello = json.loads(await socket.recv())["data"]
        text = f"{hello['env']}|{hello['host']}|{hello['connection_id']}|{hello['nonce']}|{self.invited.key_id}"
        reader = asyncio.create_task(self._read())
        try:
            signature = self.key.sign(text.encode()).hex()
            await self._ask("session.auth", {"key_id": self.invited.key_id, "signature": signature})
            channels = [f"exec.{self.invited.account}", f"book.{self.invited.instrument}", "phase"]
            await self._ask("subscribe", {"channels": channels})
            while not reader.done():
                await self._trade()
                await asyncio.sleep(ORDER_EVERY_S)
        finally:
            reader.cancel()
            await asyncio.wait([reader])

    async def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self.asked += 1
        answer = self.answers[self.asked] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        return await answer

    async def _trade(self) -> None:
        if not self.is_open and "impatient" not in self.errs:
            return
        order = self.doubtful
        if order is None or "forgets" in self.errs:
            self.orders += 1
            price = f"39.{self.orders % 90:02}"
            order = {"instrument": self.invited.instrument, "side": "buy", "price": price, "quantity": 10}
            order["client_order_id"] = f"bot-{self.orders}"
        elif "alters" in self.errs:
            order = {**order, "quantity": order["quantity"] + 1}
        self.doubtful = order
        if "scribbles" in self.errs:
            await self._ask("order.place", {**order, "mood": "good"})
        said = await self._ask("order.place", order)
        error = said.get("error")
        if error is None:
            self.doubtful = None
        elif error["data"]["retry"] == "after":
            await asyncio.sleep(0 if "impatient" in self.errs else error["data"]["retry_after_ms"] / 1000)
        elif error["data"]["retry"] == "phase":
            self.is_open = "impatient" in self.errs
        elif error["data"]["retry"] == "never" and "stubborn" not in self.errs:
            self.doubtful = None

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                said = json.loads(frame)
                if "ch" not in said:
                    answer = self.answers.pop(said["id"], None)
                    if answer is not None:
                        answer.set_result(said)
                elif not await self._take(said):
                    await self.socket.close()
        finally:
            for answer in self.answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError())
                    answer.exception()

    async def _take(self, said: dict[str, Any]) -> bool:
        """An event; False where the client gives up."""
        channel, kind = said["ch"], said["kind"]
        if "strict" in self.errs and kind == "weather":
            return False
        if kind == "going_away":
            self.away_s = said["data"]["reconnect_after_ms"] / 1000
        if channel == "phase":
            self.is_open = said["data"]["phase"] == "continuous"
        if channel == "$session":
            if kind == "heartbeat":
                for name, seq in said["data"]["last"].items():
                    await self._replay(name, seq)
            return True
        if kind == "update" and said["seq"] <= self.last.get(channel, 0):
            return "strict" not in self.errs
        await self._replay(channel, said["seq"] - (kind == "update"))
        self.last[channel] = said["seq"]
        return True

    async def _replay(self, channel: str, seq: int) -> None:
        """Have what lies between the last seq and this one."""
        last = self.last.get(channel, seq)
        if seq <= last or "deaf" in self.errs:
            return
        self.asked += 1
        method, params = "channel.replay", {"channel": channel, "from_seq": last + 1}
        if "hasty" in self.errs:
            method, params = "channel.snapshot", {"channel": channel}
        await self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
