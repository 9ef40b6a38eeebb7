"""A member that trades until told to stop, over whatever connection there is, and believes only what it was told.

After a lost connection it does what the protocol asks: log in, follow its private stream, replay from the last number it
has, and send again, under the same client order id, what was not answered.
"""

import asyncio
import contextlib
import json
import random
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.crash.own_orders import OwnOrder, OwnOrders, fen, yuan
from tests.crash.peer import REPLY_S, Gone, Peer, Refusal

INSTRUMENTS = ("CQEA-25", "CCER-25")
REFERENCE_FEN = {"CQEA-25": 4_000, "CCER-25": 6_000}
REPEATED_DAYS = 4  # answered orders are sent again for so long: client order ids are remembered for five days more
# What may be refused before the engine sees it: nothing was decided, so the order is sent again.
NOT_DECIDED = frozenset(("OVERLOADED", "ENGINE_RECOVERING"))


class Address:
    """Where the exchange is at the moment, if it is anywhere."""

    def __init__(self) -> None:
        self.url = ""
        self._is_up = asyncio.Event()

    def announce(self, url: str) -> None:
        """The exchange is up."""
        self.url = url
        self._is_up.set()

    def withdraw(self) -> None:
        """The exchange is gone."""
        self._is_up.clear()

    async def find(self) -> str:
        """Wait until the exchange is up."""
        await self._is_up.wait()
        return self.url


@dataclass
class Placement:
    """An order as it was sent, and the answer it got: (name of the refusal or "", order id)."""

    body: dict[str, Any]
    answer: tuple[str, str] | None = None


@dataclass
class Told:
    """What the exchange acknowledged of a member's other requests; `unsure` are those that were never answered."""

    canceled: set[str] = field(default_factory=set)
    replaced: Counter[str] = field(default_factory=Counter)
    replaced_unsure: Counter[str] = field(default_factory=Counter)
    canceled_in_all: int = 0


class Member:
    """One member with one account and one key."""

    def __init__(self, account: str, key_id: str, key: Ed25519PrivateKey, seed: int) -> None:
        self.account = account
        self.placements: dict[str, Placement] = {}
        self.told = Told()
        self.stream: list[str] = []  # the raw events 1, 2, 3, … as they were first received
        self.own = OwnOrders(account)
        self.logins = 0
        self.repeated = 0  # answers that said: this is a repeat
        self.resent = 0  # orders sent again because their answer was lost
        self.connected = asyncio.Event()
        self.key_id = key_id
        self.key = key
        self._dice = random.Random(seed)
        self._held: dict[int, str] = {}  # events behind a gap that is being replayed
        self._snapshot: dict[str, Any] | None = None
        self._is_catching_up = False
        self._recent: deque[tuple[int, str]] = deque()  # days seen when it was first sent, client order id
        self._is_done = False

    def finish(self) -> None:
        """Send nothing new; end once everything is answered."""
        self._is_done = True

    async def live(self, address: Address) -> None:
        """Trade over one connection after another, until `finish` and all is answered."""
        while not self._is_done or any(placement.answer is None for placement in self.placements.values()):
            url = await address.find()
            with contextlib.suppress(Gone):
                await self._connected(url)
            self.connected.clear()
            await asyncio.sleep(0.01)

    async def look(self, url: str) -> None:
        """Only come in, read what was missed, and go."""
        peer = await self.connect(url)
        try:
            await self.catch_up(peer)
        finally:
            await peer.close()

    async def ask_in_vain(self, url: str) -> None:
        """Come in and ask for what must be refused, by a command that is journaled all the same."""
        peer = await self.connect(url)
        try:
            await peer.call("order.cancel", account=self.account, order_id=f"O-{10**17}")
        except Refusal as refusal:
            if refusal.name != "UNKNOWN_ORDER":
                raise
        finally:
            await peer.close()

    async def _connected(self, url: str) -> None:
        peer = await self.connect(url)
        try:
            self.logins += 1
            await self.catch_up(peer)
            self.connected.set()
            await self._send_again(peer)
            while not self._is_done:
                await self._burst(peer)
                await asyncio.sleep(self._dice.random() * 0.02)
            await self.catch_up(peer)
        finally:
            await peer.close()

    # ---- the private stream -------------------------------------------------------------------------------

    async def connect(self, url: str) -> Peer:
        """Log in. What was told before must still be there."""
        peer = await Peer.open(url, "trade", self.key_id, self.key, self._on_event)
        last_seq = peer.welcome["last_seqs"][f"exec.{self.account}"]
        assert last_seq >= len(self.stream), (
            f"{self.account}: the stream ends at {last_seq}, told was {len(self.stream)}"
        )
        return peer

    async def catch_up(self, peer: Peer) -> None:
        """Follow the stream, fetch what was missed, and compare its snapshot with what the events add up to."""
        channel = f"exec.{self.account}"
        self._held.clear()
        self._is_catching_up, self._snapshot = True, None
        async with asyncio.timeout(REPLY_S):
            subscribed = await peer.call("subscribe", channels=[channel])
            [accepted] = subscribed["subscribed"]
            while len(self.stream) < accepted["seq"]:
                replayed = await peer.call("channel.replay", channel=channel, from_seq=len(self.stream) + 1)
                await self._wait(peer, lambda: len(self.stream), replayed["to_seq"])
            await self._wait(peer, lambda: not self._is_catching_up, True)

    async def _wait(self, peer: Peer, reached: Callable[[], int], wanted: int) -> None:
        while reached() < wanted:
            if peer.is_gone:
                raise Gone("the connection ended during a replay")
            await asyncio.sleep(0.001)

    def _on_event(self, raw: str, event: dict[str, Any]) -> None:
        if event["ch"] == "$session":
            return
        seq = event["seq"]
        if event["kind"] == "snapshot":
            assert seq >= len(self.stream), f"{self.account}: a snapshot of the past: {seq} after {len(self.stream)}"
            self._snapshot = event
        elif seq <= len(self.stream):
            assert raw == self.stream[seq - 1], f"{self.account}: history changed: {self.stream[seq - 1]} is now {raw}"
        elif seq == len(self.stream) + 1:
            self._append(raw, event)
            while (later := self._held.pop(len(self.stream) + 1, None)) is not None:
                self._append(later, json.loads(later))
        else:
            assert self._is_catching_up, f"{self.account}: a hole before {seq}, after {len(self.stream)}"
            self._held[seq] = raw
        self._compare_snapshot()

    def _append(self, raw: str, event: dict[str, Any]) -> None:
        assert event["kind"] == "update", event
        self.own.read(event)
        self.stream.append(raw)
        self._compare_snapshot()

    def _compare_snapshot(self) -> None:
        if self._snapshot is None or self._snapshot["seq"] != len(self.stream):
            return
        said = {
            row["order_id"]: (fen(row["price"]), row["order_qty"], row["cum_qty"])
            for row in self._snapshot["data"]["orders"]
        }
        assert said == self.own.open_orders(), f"{self.account}: open orders at {len(self.stream)}: {said}"
        self._snapshot, self._is_catching_up = None, False

    # ---- orders -------------------------------------------------------------------------------------------

    async def _send_again(self, peer: Peer) -> None:
        """Everything that was sent and not answered, under the same client order id."""
        while waiting := [key for key, placement in self.placements.items() if placement.answer is None]:
            self.resent += len(waiting)
            await self._all(*[self._place(peer, key) for key in waiting])

    async def _burst(self, peer: Peer) -> None:
        """A few requests at once, as a program sends them."""
        work = [self._anything(peer) for _ in range(self._dice.randint(1, 8))]
        await self._all(*work)

    async def _all(self, *work: Coroutine[Any, Any, None]) -> None:
        """Wait for all, whatever becomes of each; then let the first fault go on."""
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _anything(self, peer: Peer) -> None:
        draw = self._dice.random()
        open_orders = list(self.own.live.values())
        if draw < 0.60 or not open_orders:
            await self._place(peer, self._new_order())
        elif draw < 0.75:
            await self._cancel(peer, self._dice.choice(open_orders))
        elif draw < 0.90:
            await self._replace(peer, self._dice.choice(open_orders))
        elif draw < 0.92:
            await self._cancel_all(peer)
        else:
            await self._repeat(peer)

    def _new_order(self) -> str:
        dice = self._dice
        key = f"{self.account}-{len(self.placements) + 1}"
        instrument = dice.choice(INSTRUMENTS)
        spread = 900 if dice.random() < 0.02 else 12  # the wide ones are beyond the price limits and are refused
        self.placements[key] = Placement(
            {
                "client_order_id": key,
                "account": self.account,
                "instrument": instrument,
                "side": dice.choice(("buy", "sell")),
                "price": yuan(REFERENCE_FEN[instrument] + dice.randint(-spread, spread)),
                "quantity": dice.randint(1, 60),
                "time_in_force": dice.choice(("day", "day", "day", "ioc", "fok")),
            },
        )
        self._recent.append((len(self.own.days), key))
        return key

    async def _place(self, peer: Peer, key: str) -> None:
        placement = self.placements[key]
        try:
            placed = await peer.call("order.place", **placement.body)
        except Refusal as refusal:
            if refusal.name in NOT_DECIDED:
                return
            answer, is_repeat = (refusal.name, refusal.order_id), refusal.is_repeat
        else:
            answer, is_repeat = ("", placed["order_id"]), placed.get("duplicate", False)
        assert answer[1], f"{self.account}: {key} was refused without a number: {answer}"
        if placement.answer is not None:
            assert is_repeat, f"{key} was answered before, and this is no repeat"
        self.repeated += is_repeat
        assert placement.answer in (None, answer), f"{key}: first {placement.answer}, then {answer}"
        placement.answer = answer

    async def _repeat(self, peer: Peer) -> None:
        """Send an answered order again: the answer must be the same, and nothing must happen."""
        while self._recent and self._recent[0][0] < len(self.own.days) - REPEATED_DAYS:
            self._recent.popleft()
        answered = [key for _, key in self._recent if self.placements[key].answer is not None]
        if answered:
            await self._place(peer, self._dice.choice(answered))

    async def _cancel(self, peer: Peer, order: OwnOrder) -> None:
        with contextlib.suppress(Refusal):  # it may have been filled meanwhile, or the phase forbids it
            changed = await peer.call("order.cancel", account=self.account, order_id=order.order_id)
            assert changed["order_status"] == "canceled", changed
            assert order.order_id not in self.told.canceled, f"{order.order_id} was canceled twice"
            self.told.canceled.add(order.order_id)

    async def _replace(self, peer: Peer, order: OwnOrder) -> None:
        price_fen = REFERENCE_FEN[order.instrument] + self._dice.randint(-12, 12)
        named = (
            {"client_order_id": order.client_order_id} if self._dice.random() < 0.5 else {"order_id": order.order_id}
        )
        self.told.replaced_unsure[order.order_id] += 1
        try:
            changed = await peer.call(
                "order.replace",
                account=self.account,
                price=yuan(price_fen),
                quantity=order.cum + self._dice.randint(1, 60),
                **named,
            )
        except Refusal:
            pass  # nothing happened to the order
        else:
            assert changed["order_id"] == order.order_id, changed
            self.told.replaced[order.order_id] += 1
        self.told.replaced_unsure[order.order_id] -= 1

    async def _cancel_all(self, peer: Peer) -> None:
        with contextlib.suppress(Refusal):  # the phase may forbid it
            done = await peer.call("order.cancel_all", account=self.account)
            self.told.canceled_in_all += done["canceled"]
