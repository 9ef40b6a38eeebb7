"""An exchange that was brought to a point past its doors, and what is then said at them: for provoking what they answer.

The way to the point is a list of commands, most of them those of the core's own tests; an exchange is founded by them once and
copied for each case. What is said there is a request as a peer writes it, or a command put into the words of the wire.
"""

import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.core import commands as c
from engine.core import events as e
from gateway.protocol import acts
from gateway.protocol.prices import price_text
from gateway.reports import SIDES, TIMES_IN_FORCE
from tests.gateway.kit import House, RawPeer, public_of
from tests.testkit.build import Desk, act

OPERATORS: Final = ("chen", "li")
REFUSALS: Final = (e.OrderRefused, e.RequestRefused, e.BidRefused, e.ActRefused, e.OwnActRefused)

Step = c.AnyCommand | c.AnyAct


@dataclass(frozen=True)
class Say:
    """A request at a door, by the holder of a key ("": nobody logs in)."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)
    key: str = "chen"
    more: dict[str, Any] = field(default_factory=dict)  # in the envelope

    @property
    def door(self) -> str:
        return "ops" if self.key in OPERATORS else "trade" if self.key else "market"


class Point(House):
    """A house that was founded by the commands of a desk, each account with a key of its own: `k1` for the first."""

    commands: tuple[c.AnyCommand, ...] = ()

    async def _found(self, text: str) -> None:
        founded, *rest = self.commands
        people = tuple((person, person.title(), public_of(person)) for person in OPERATORS)
        assert isinstance(founded, c.Found)
        await self.sequencer.submit(msgspec.structs.replace(founded, operators=people))
        for command in rest:
            await self.sequencer.submit(command)
        for number in self.gateway.directory.accounts:
            await self.act(c.RegisterKey(f"k{number}", public_of(f"k{number}"), (number,)))

    async def do(self, *steps: Step) -> int:
        """Do these past the doors, none of which may be refused; the number of the first command among them."""
        number = 0
        for step in steps:
            said = await self.act(step) if isinstance(step, c.Act) else await self.sequencer.submit(step)
            assert not isinstance(said[0], REFUSALS), said
            if not isinstance(step, c.Act):
                number = number or self.sequencer.view.day().seq
        return number


class Grounds:
    """Exchanges that were founded once, by name of what founded them; each use is of a copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies = 0

    @asynccontextmanager
    async def point(self, world: Callable[[], Desk], **settings: Any) -> AsyncIterator[Point]:
        """A fresh copy of this world, stopped in the end."""
        founded = self._folder / world.__name__
        if not founded.exists():
            founded.mkdir(parents=True)
            Point.commands = tuple(world().commands)
            house = await Point.start(founded)
            await house.settlement.wait_settled(house.sequencer.view.day().seq)
            await house.stop()
        self._copies += 1
        copy = self._folder / f"{world.__name__}-{self._copies}"
        shutil.copytree(founded, copy)
        house = await Point.start(copy, **settings)
        try:
            yield house
        finally:
            await house.stop()


def names_in(said: Any) -> set[str]:
    """Every text in a message."""
    if isinstance(said, dict):
        return {name for inner in said.values() for name in names_in(inner)}
    if isinstance(said, list):
        return {name for inner in said for name in names_in(inner)}
    return {said} if isinstance(said, str) else set()


async def heard(peer: RawPeer, name: str) -> dict[str, Any]:
    """The first message in which a refusal or an end is given this name. Raises ConnectionError where none comes."""
    while True:
        said = await peer.message()
        if name in names_in(said):
            return said


def spoken(command: c.AnyCommand, house: House) -> Say:
    """A command of the core in the words of the wire. Raises KeyError for one that no door takes."""
    return _WORDS[type(command)](command, house)


def _account(house: House, number: int) -> str:
    return house.gateway.directory.accounts.get(number, "NONE")


def _key(house: House, number: int) -> str:
    return f"k{number}" if number in house.gateway.directory.accounts else "k1"


def _price(house: House, instrument: int, ticks: int) -> str:
    found = house.gateway.directory.instruments.get(instrument)
    return price_text(ticks, found.tick_fen if found is not None else 1)


def _instrument(house: House, number: int) -> str:
    found = house.gateway.directory.instruments.get(number)
    return found.code if found is not None else "NONE"


def _place(command: Any, house: House) -> Say:
    params = {
        "account": _account(house, command.account),
        "instrument": _instrument(house, command.instrument),
        "side": SIDES[command.side],
        "price": _price(house, command.instrument, command.price_ticks),
        "quantity": command.tonnes,
        "client_order_id": command.client_order_id,
        "time_in_force": TIMES_IN_FORCE[command.time_in_force],
        "post_only": command.post_only,
    }
    return Say("order.place", params, _key(house, command.account))


def _named(command: Any) -> dict[str, Any]:
    if command.client_order_id:
        return {"client_order_id": command.client_order_id}
    return {"order_id": f"O-{command.order}"}


def _cancel(command: Any, house: House) -> Say:
    return Say("order.cancel", _named(command), _key(house, command.account))


def _replace(command: Any, house: House) -> Say:
    params = {"price": _price(house, 1, command.price_ticks), "quantity": command.tonnes}
    return Say("order.replace", _named(command) | params, _key(house, command.account))


def _offer(command: Any, house: House) -> Say:
    params = {
        "instrument": _instrument(house, command.instrument),
        "side": SIDES[command.side],
        "price": _price(house, command.instrument, command.price_ticks),
        "quantity": command.tonnes,
        "counterparties": [_account(house, number) for number in command.counterparties],
        "client_offer_id": command.client_offer_id,
    }
    return Say("block.offer", params, _key(house, command.account))


def _confirm(command: Any, house: House) -> Say:
    return Say("block.confirm", {"block_id": f"B-{command.offer}"}, _key(house, command.account))


def _bid(command: Any, house: House) -> Say:
    params = {
        "auction": house.gateway.directory.auction_code(command.auction) or "NONE",
        "price": _price(house, 1, command.price_ticks),
        "quantity": command.tonnes,
        "client_bid_id": command.client_bid_id,
    }
    return Say("auction.bid", params, _key(house, command.account))


def _withdraw_bid(command: Any, house: House) -> Say:
    return Say("auction.withdraw", {"bid_id": f"A-{command.bid}"}, _key(house, command.account))


def _propose(command: Any, house: House) -> Say:
    name, fields = acts.show_act(command.act, house.gateway.directory)
    return Say("ops.act", {"act": name, "fields": fields, "reason": "test", "document": "doc-1"})


def _approve(command: Any, house: House) -> Say:
    params = {"proposal_id": f"P-{command.proposal}", "sha256": command.act_sha256.hex()}
    return Say("ops.approve", params, OPERATORS[command.operator - 1])


_WORDS: Final[dict[type[c.Command], Callable[[Any, House], Say]]] = {
    c.PlaceOrder: _place,
    c.CancelOrder: _cancel,
    c.ReplaceOrder: _replace,
    c.BlockOffer: _offer,
    c.BlockConfirm: _confirm,
    c.PlaceBid: _bid,
    c.WithdrawBid: _withdraw_bid,
    c.Propose: _propose,
    c.Approve: _approve,
}


async def refused(house: Point, name: str, ask: Step | Say, before: Iterable[Step] = (), of_first: str = "") -> None:
    """Say it at the door after these, and hear that name; of who may not even come in, at the login."""
    number = await house.do(*before)
    if isinstance(ask, c.Command):
        ask = spoken(msgspec.structs.replace(ask, **{of_first: number}) if of_first else ask, house)
    elif not isinstance(ask, Say):
        ask = spoken(act(ask), house)
    peer = await house.raw(ask.door)
    said = await peer.log_in(ask.key, house.settings.env) if ask.key else {}
    if "error" not in said:
        peer.send({"id": "q", "method": ask.method, "params": ask.params} | ask.more)
        said = await peer.reply("q")
    assert said.get("error", said).get("name") == name, said


async def told(
    house: Point, name: str, watcher: int, before: Iterable[Step], then: Step, of_first: str = ""
) -> dict[str, Any]:
    """What whoever follows this account's stream hears by that name, after this happened."""
    peer = await house.logged_in(f"k{watcher}")
    await peer.ask("subscribe", {"channels": [f"exec.{_account(house, watcher)}"]})
    number = await house.do(*before)
    await house.do(msgspec.structs.replace(then, **{of_first: number}) if of_first else then)
    return await heard(peer, name)
