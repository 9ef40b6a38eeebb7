"""Two operators who turn the days and take in money, through every crash: each act exactly once, checked by two people.

Days and phases follow from where the market is, so they can simply go on. Money has a document number, and what became of
an unanswered act is looked up before anything is sent again.
"""

import asyncio
import contextlib
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.crash.member import Address
from tests.crash.own_orders import yuan
from tests.crash.peer import Gone, Peer, Refusal

PERSONS = ("li-qing", "wang-heng")
FIRST_DAY = date(2026, 3, 2)
# What follows each phase, and how long the market stays in it, in seconds. Most runs live no longer than a day.
STEPS = {
    "closed": ("open_day", 0.02),
    "pre_open": ("opening_call", 0.02),
    "opening_call": ("continuous", 0.1),
    "continuous": ("closing_call", 0.4),
    "closing_call": ("post_close", 0.1),
    "post_close": ("close_day", 0.02),
}


class Stock:
    """What each member begins with."""

    cash_fen = 5_000_000_00
    tonnes = 50_000


class Money:
    """One movement of cash under a document: sent once, approved once, however often the server dies in between."""

    def __init__(self, document: str, act: str, account: str, amount_fen: int) -> None:
        self.document = document
        self.act = act
        self.account = account
        self.amount_fen = amount_fen
        self.is_proposed = False  # that much is sure: it is in the journal
        self.is_done = False


class Operators:
    """Two people at two desks."""

    def __init__(self, folder: Path, accounts: list[str], seed: int) -> None:
        self.accounts = accounts
        self.money: list[Money] = []
        self._dice = random.Random(seed)
        self._keys = [_key(folder / "keys" / f"{person}.pem") for person in PERSONS]
        self.phase = ""  # of the market, as long as they are connected
        self.stays_open = False  # leave the market in continuous trading once it is there
        self._is_last_day = False

    def finish(self) -> None:
        """Close the day that is open, and open no other."""
        self._is_last_day = True

    async def live(self, address: Address) -> None:
        """Turn the days until `finish` and the market is closed."""
        is_over = False
        while not is_over:
            url = await address.find()
            with contextlib.suppress(Gone):
                is_over = await self._connected(url)
            await asyncio.sleep(0.01)

    async def desks(self, url: str) -> tuple[Peer, Peer]:
        """Both desks, logged in. Raises `Gone`."""
        first = await Peer.open(url, "ops", PERSONS[0], self._keys[0])
        try:
            return first, await Peer.open(url, "ops", PERSONS[1], self._keys[1])
        except BaseException:
            await first.close()
            raise

    async def _connected(self, url: str) -> bool:
        first, second = await self.desks(url)
        try:
            while True:
                await self._finish_money(first, second)
                status = await first.call("ops.status")
                if status["phase"] == "closed" and self._is_last_day:
                    return True
                await self._take_in_money(first, second)
                self.phase = status["phase"]
                if self.stays_open and self.phase == "continuous":
                    await first.gone()
                    continue
                step, seconds = STEPS[status["phase"]]
                await asyncio.sleep(seconds * (0.5 + self._dice.random()))
                await self._turn(first, step, status["trading_day"])
        finally:
            self.phase = ""
            await first.close()
            await second.close()

    async def _turn(self, desk: Peer, step: str, trading_day: str) -> None:
        """The next step of the day. If it was done already and the answer was lost, the status says so next time."""
        if step == "open_day":
            last = date.fromisoformat(trading_day) if trading_day >= FIRST_DAY.isoformat() else FIRST_DAY
            try:
                await act(desk, "open_day", trading_day=(last + timedelta(1)).isoformat())
            except Refusal as refusal:  # the next try comes once the exchange has compared the closed day
                if refusal.name != "NOT_RECONCILED":
                    raise
        elif step == "close_day":
            await act(desk, "close_day")
        else:
            await act(desk, "change_phase", phase=step)

    # ---- money: two people, one document, exactly once ----------------------------------------------------

    async def _take_in_money(self, first: Peer, second: Peer) -> None:
        name = self._dice.choice(("deposit_cash", "deposit_cash", "withdraw_cash"))
        account = self._dice.choice(self.accounts)
        self.money.append(Money(f"DOC-{len(self.money) + 1}", name, account, self._dice.randint(1, 1_000_000)))
        await self._finish_money(first, second)

    async def _finish_money(self, first: Peer, second: Peer) -> None:
        for money in self.money:
            if not money.is_done:
                await self._move(money, first, second)

    async def _move(self, money: Money, first: Peer, second: Peer) -> None:
        waiting = {row["document"]: row for row in await second.call("ops.list")}
        row = waiting.get(money.document)
        if row is not None:
            money.is_proposed = True
            proposal_id, sha256 = row["proposal_id"], row["sha256"]
        elif money.is_proposed:
            money.is_done = True  # it was proposed and waits no longer: the approval's answer was lost
            return
        else:
            fields = {"account": money.account, "amount": yuan(money.amount_fen)}
            outcome = await act(first, money.act, document=money.document, **fields)
            assert outcome["status"] == "pending", outcome
            money.is_proposed = True
            proposal_id, sha256 = outcome["proposal_id"], outcome["sha256"]
        outcome = await second.call("ops.approve", proposal_id=proposal_id, sha256=sha256)
        assert outcome["status"] == "done", outcome
        money.is_done = True


async def populate(desks: tuple[Peer, Peer], keys: dict[str, Ed25519PrivateKey]) -> None:
    """List what is traded, admit the members, give each its stock. The last two have one owner."""
    first, second = desks
    for code, product, base in (("CQEA-25", "CQEA", "40.00"), ("CCER-25", "CCER", "60.00")):
        fields = {"code": code, "product": product, "vintage": 2025, "name_zh": code, "name_en": code}
        await both(first, second, "list_instrument", base_price=base, **fields)
    for number, (account, key) in enumerate(keys.items(), 1):
        owner = min(number, len(keys) - 1)
        fields = {"code": account, "owner": owner, "name": account, "category": "institution"}
        await both(first, second, "open_account", **fields)
        public_key = key.public_key().public_bytes_raw().hex()
        await both(first, second, "register_key", key_id=account.lower(), public_key=public_key, accounts=[account])
        await both(first, second, "deposit_cash", account=account, amount=yuan(Stock.cash_fen))
        for instrument, kind in (("CQEA-25", "paid"), ("CCER-25", "offset")):
            fields = {"account": account, "instrument": instrument, "kind": kind, "year": 2025}
            await both(first, second, "allocate_units", tonnes=Stock.tonnes, **fields)


async def both(first: Peer, second: Peer, name: str, /, **fields: Any) -> None:
    """The act, proposed by the first and approved by the second where it takes two."""
    outcome = await act(first, name, **fields)
    if outcome["status"] == "pending":
        await second.call("ops.approve", proposal_id=outcome["proposal_id"], sha256=outcome["sha256"])


async def act(desk: Peer, name: str, /, document: str = "DOC-0", **fields: Any) -> Any:
    """Do or propose an act: what became of it."""
    return await desk.call("ops.act", act=name, reason="crash test", document=document, fields=fields)


def _key(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key
