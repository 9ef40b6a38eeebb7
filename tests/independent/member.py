"""A member's program that believes only what it was told, over connections that break at any byte."""

import asyncio
import contextlib
import json
import random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.independent.account import Account, fen
from tests.independent.book import Book
from tests.independent.exchange import CASH, INSTRUMENT, TONNES
from tests.independent.wire import Gone, Message, Refused, Wire

BOOK: Final = f"book.{INSTRUMENT}"
OPEN_MAX: Final = 8


class Member:
    """One account, one key. `live` trades until `finish`, whatever becomes of its connections."""

    def __init__(self, account: str, key: Ed25519PrivateKey, seed: int) -> None:
        self.account = Account(account)
        self.book = Book()
        self.logins = 0
        self.resumes = 0
        self.resent = 0
        self.repeated = 0  # answers that were said to be repeats
        self.compared = 0  # balances that the exchange was asked for and that were the stream's
        self.answers: dict[str, tuple[str, str] | None] = {}  # by client order id: (refusal or "", order id)
        self._key_id = account.lower()
        self._key = key
        self._dice = random.Random(seed)
        self._bodies: dict[str, Message] = {}
        self._held: dict[int, str] = {}  # events behind others that are still to come
        self._snapshot: Message | None = None
        self._welcome: Message | None = None  # the last one, whose token is unused
        self._is_done = False

    @property
    def channel(self) -> str:
        """Its private stream."""
        return f"exec.{self.account.code}"

    def finish(self) -> None:
        """Place nothing new; end once everything is answered."""
        self._is_done = True

    @property
    def is_unsure(self) -> bool:
        """Whether an order was sent whose outcome is not known."""
        return None in self.answers.values()

    async def live(self, host: str) -> None:
        """Trade over one connection after another, until `finish` and all is answered."""
        while not self._is_done or self.is_unsure:
            with contextlib.suppress(Gone):
                await self._connected(host)

    async def _connected(self, host: str) -> None:
        wire = await self._resume(host)
        try:
            if wire is None:
                wire = await self.connect(host)
                await self.catch_up(wire)
            for name in [name for name, answer in self.answers.items() if answer is None]:
                self.resent += 1
                await self._place(wire, name)
            while not self._is_done:
                await asyncio.gather(*[self._anything(wire) for _ in range(self._dice.randint(1, 4))])
                await self.compare_balance(wire)
                await asyncio.sleep(self._dice.random() * 0.004)
            await self.catch_up(wire)
        finally:
            if wire is not None:
                await wire.close()

    async def connect(self, host: str) -> Wire:
        """Log in. What was told before must still be there."""
        self._held.clear()
        self.book.begin()
        wire = await Wire.log_in(host, "trade", self._key_id, self._key, self._on_event)
        self.logins += 1
        self._welcome = wire.welcome
        assert wire.welcome["last_seqs"][self.channel] >= self.account.last, "told was more than there is"
        return wire

    async def _resume(self, host: str) -> Wire | None:
        """Go on with the last session, as docs/protocol.md, "A lost connection" has it; None where that cannot be."""
        if self._welcome is None or self.book.seq < 0 or self._dice.random() < 0.3:
            return None
        welcome, self._welcome = self._welcome, None  # a token counts once; without the answer there is no next one
        self._held.clear()
        last_seqs = {self.channel: self.account.last, BOOK: self.book.seq}
        try:
            wire = await Wire.resume(host, welcome, self._on_event, last_seqs)
        except Refused as refused:
            if refused.name != "RESUME_EXPIRED":
                raise
            return None
        self._welcome = wire.welcome
        self.resumes += 1
        assert wire.welcome["refused"] == [], wire.welcome
        for row in wire.welcome["subscribed"]:
            assert row["from_seq"] == last_seqs[row["channel"]] + 1, row
        return wire

    # ---- channels: the rule for gaps ------------------------------------------------------------------------

    async def catch_up(self, wire: Wire) -> None:
        """Subscribe, and have all that was missed: docs/protocol.md, "The rule for gaps"."""
        said = await wire.call("subscribe", channels=[self.channel, BOOK])
        assert said["refused"] == [], said
        wanted = {row["channel"]: row["seq"] for row in said["subscribed"]}[self.channel]
        while self.account.last < wanted:
            replayed = await wire.call("channel.replay", channel=self.channel, from_seq=self.account.last + 1)
            await self._reached(wire, replayed["to_seq"])

    async def _reached(self, wire: Wire, seq: int) -> None:
        while self.account.last < seq:
            if wire.is_gone:
                raise Gone("ended during a replay")
            await asyncio.sleep(0.001)

    def _on_event(self, raw: str, event: Message) -> None:
        if event["ch"] == BOOK:
            self.book.read(event)
        elif event["ch"] == self.channel:
            if event["kind"] == "snapshot":
                assert event["seq"] >= self.account.last, f"a snapshot of the past: {raw}"
                self._snapshot = event
            elif event["seq"] <= self.account.last:
                assert raw == self.account.stream[event["seq"] - 1], f"history has changed: {raw}"
            else:
                self._held[event["seq"]] = raw
            self._read_on()

    def _read_on(self) -> None:
        while (raw := self._held.pop(self.account.last + 1, None)) is not None:
            self._compare_orders()
            self.account.read(raw, json.loads(raw))
        self._compare_orders()

    def _compare_orders(self) -> None:
        """A snapshot's open orders are what the events up to it add up to."""
        if self._snapshot is not None and self._snapshot["seq"] == self.account.last:
            said = {
                row["order_id"]: (fen(row["price"]), row["order_qty"], row["cum_qty"])
                for row in self._snapshot["data"]["orders"]
            }
            assert said == self.account.open(), f"open orders at {self.account.last}"
            self._snapshot = None

    # ---- trading --------------------------------------------------------------------------------------------

    async def _anything(self, wire: Wire) -> None:
        is_open = list(self.account.open())
        draw = self._dice.random()
        if not is_open or (draw < 0.6 and len(is_open) < OPEN_MAX):
            await self._place(wire, self._new_order())
        elif draw < 0.7:
            answered = [name for name in list(self.answers)[-50:] if self.answers[name] is not None]
            await self._place(wire, self._dice.choice(answered)) if answered else None
        elif draw < 0.8:
            with contextlib.suppress(Refused):  # it may have been filled meanwhile
                await wire.call("order.replace", order_id=self._dice.choice(is_open), **self._price_and_quantity())
        else:
            with contextlib.suppress(Refused):
                await wire.call("order.cancel", order_id=self._dice.choice(is_open))

    def _new_order(self) -> str:
        name = f"{self._key_id}-{len(self.answers) + 1}"
        self._bodies[name] = {
            "client_order_id": name,
            "instrument": INSTRUMENT,
            "side": self._dice.choice(("buy", "sell")),
            "time_in_force": self._dice.choice(("day", "day", "ioc")),
            **self._price_and_quantity(),
        }
        self.answers[name] = None
        return name

    def _price_and_quantity(self) -> Message:
        """Around 40.00; one in fifty is beyond the price limits and is refused."""
        price = self._dice.randint(3_990, 4_010) if self._dice.random() < 0.98 else 5_000
        return {"price": f"{price // 100}.{price % 100:02d}", "quantity": self._dice.randint(1, 40)}

    async def _place(self, wire: Wire, name: str) -> None:
        """Send an order, or send it again: the same id with the same body has the same answer."""
        is_repeat = False
        try:
            said = await wire.call("order.place", **self._bodies[name])
            answer, is_repeat = ("", said["order_id"]), said.get("duplicate", False)
        except Refused as refused:
            if refused.name != "PRICE_OUT_OF_BAND":
                raise
            answer, is_repeat = (refused.name, refused.data["order_id"]), refused.data.get("duplicate", False)
        before = self.answers[name]
        assert before in (None, answer), f"{name}: first {before}, then {answer}"
        assert before is None or is_repeat, f"{name} was answered before, and this is no repeat"
        self.repeated += is_repeat
        self.answers[name] = answer

    # ---- balances -------------------------------------------------------------------------------------------

    async def compare_balance(self, wire: Wire) -> None:
        """What the exchange says of cash and units at an event of the stream is what the events up to it add up to."""
        cash, units = await asyncio.gather(wire.call("account.cash"), wire.call("account.allowances"))
        await self._reached(wire, max(cash["exec_seq"], units["exec_seq"]))
        fen_now = fen(cash["available"]) + fen(cash["held"])
        assert fen_now == fen(CASH) + self.account.balances[cash["exec_seq"]][0], cash
        row = next(row for row in units["holdings"] if row["instrument"] == INSTRUMENT)
        tonnes = row["available"] + row["held"] + row["locked"]
        assert tonnes == TONNES + self.account.balances[units["exec_seq"]][1], row
        self.compared += 1
