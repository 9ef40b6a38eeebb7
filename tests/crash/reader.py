"""A second program of a member, on the exchange's own client: it reads the private stream through every restart."""

import asyncio
import contextlib
import json

from tests.crash.member import Address, Member
from yutan.client import Client, Event, GapEvent

Said = tuple[str, str, str, int, int]  # exec_type, order id, trade id, filled, open


class Reader:
    """Follows the private stream of a member from 1 on, with nothing but the last seq to go by."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.read: list[Said] = []
        self.gaps = 0  # how often it was told that something can no longer be had; a private stream always can
        self._news = asyncio.Event()

    async def live(self, address: Address) -> None:
        """Read until canceled."""
        while True:
            url = await address.find()
            with contextlib.suppress(OSError):  # the server is gone; a lost connection is an OSError too
                async with Client.connect(url, key_id=self.member.key_id, private_key=self.member.key) as client:
                    channel = f"exec.{self.member.account}"
                    await client.subscribe(channel, after={channel: len(self.read)})
                    async for event in client.events():
                        if isinstance(event, GapEvent):
                            self.gaps += 1
                            break
                        if isinstance(event, Event) and event.kind == "update":
                            self._take(event)
            await asyncio.sleep(0.01)

    async def reached(self, seq: int) -> None:
        """Wait until it has read so far."""
        while len(self.read) < seq:
            self._news.clear()
            await self._news.wait()

    def _take(self, event: Event) -> None:
        assert event.seq == len(self.read) + 1, f"{event.seq} after {len(self.read)}"
        report = event.data
        self.read.append((report.exec_type, report.order_id, report.trade_id, report.cum_qty, report.leaves_qty))
        self._news.set()

    def wanted(self) -> list[Said]:
        """What the member has received by itself."""
        reports = [json.loads(raw)["data"] for raw in self.member.stream]
        return [
            (row["exec_type"], row["order_id"], row.get("trade_id", ""), row["cum_qty"], row["leaves_qty"])
            for row in reports
        ]
