"""Someone of the public who listens to every trade, through every restart: what it hears must have happened."""

import asyncio
import contextlib
import json
import urllib.request
from typing import Any

from tests.crash.member import INSTRUMENTS, Address
from tests.crash.own_orders import fen
from tests.crash.peer import REPLY_S, Gone, Peer

PublicTrade = tuple[str, int, int]  # instrument, price in fen, tonnes


class Listener:
    """Follows the public trades. A channel's numbers begin anew with each run of the exchange."""

    def __init__(self) -> None:
        self.heard: dict[str, PublicTrade] = {}  # by trade id
        self.events = 0
        self._last: dict[str, int] = {}

    async def live(self, address: Address) -> None:
        """Listen until canceled."""
        while True:
            url = await address.find()
            self._last = {}
            with contextlib.suppress(Gone):
                peer = await Peer.open(url, "market", on_event=self._on_event)
                try:
                    await peer.call("subscribe", channels=[f"trades.{code}" for code in INSTRUMENTS])
                    await peer.gone()
                finally:
                    await peer.close()
            await asyncio.sleep(0.01)

    def _on_event(self, raw: str, event: dict[str, Any]) -> None:
        channel = event["ch"]
        if channel == "$session":
            return
        if channel in self._last:
            assert event["seq"] == self._last[channel] + 1, f"a hole in {channel}: {event['seq']} after {self._last}"
        else:
            assert event["kind"] == "snapshot", event
        self._last[channel] = event["seq"]
        self.events += 1
        for trade in event["data"].get("trades", ()):
            said = (channel.removeprefix("trades."), fen(trade["price"]), trade["quantity"])
            assert self.heard.setdefault(trade["trade_id"], said) == said, (
                f"{trade} was {self.heard[trade['trade_id']]}"
            )


async def public_archive(page: str, days: list[str]) -> dict[str, PublicTrade]:
    """Every public trade of these days as the exchange's HTTP side gives them."""
    found: dict[str, PublicTrade] = {}
    for day in days:
        for instrument in INSTRUMENTS:
            after: str | None = "T-0"
            while after is not None:
                query = f"instrument={instrument}&day={day}&after={after}&limit=10000"
                answer = await asyncio.to_thread(_get, f"{page}/api/v1/trades?{query}")
                for trade in answer["trades"]:
                    assert trade["trade_id"] not in found
                    found[trade["trade_id"]] = (instrument, fen(trade["price"]), trade["quantity"])
                after = answer["next"]
    return found


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=REPLY_S) as answer:
        return json.load(answer)
