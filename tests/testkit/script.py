"""Markets played in short text: `A1 sell 10 @ 50.00` in, `B1 trades 10 with A1 @ 50.00` out.

The letter of an order's name is its account, the whole name its client order id. Prices and money are in yuan. One line:

    A1 buy 10 @ 50.00 [ioc|fok] [post]      A1 replace 5 @ 50.01     A1 cancel     A cancel all [buy|sell]
    A deposit 100.00    A withdraw 100.00   A allocate 10 free       A surrender 10 [final]
    A restrict buy|sell|cash|all            A lift all               halt | resume
    open | close | phase opening_call
"""

from decimal import Decimal
from typing import Any

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, rulebook, units
from engine.core.commands import AnyAct, AnyCommand
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, act, rulebook_text, unchecked

SIDES = {"buy": BUY, "sell": SELL}
SCOPES = {
    "buy": units.RESTRICT_BUY,
    "sell": units.RESTRICT_SELL,
    "cash": units.RESTRICT_CASH_OUT,
    "all": units.RESTRICT_ALL,
}
YEAR = 2025


def fen(text: str) -> int:
    """Yuan as fen (and, with a tick of one fen, a price as ticks)."""
    amount = Decimal(text) * 100
    assert amount == int(amount)
    return int(amount)


def yuan(amount: int) -> str:
    """Fen or ticks as yuan."""
    return f"{amount // 100}.{amount % 100:02d}"


class Scene:
    """A founded market with one allowance at 50.00 and the accounts named, in the continuous phase of its first day.

    Under a shipped rule book (`book`), or one of defaults with `product` and `rules` laid over them.
    """

    def __init__(
        self,
        accounts: str = "ABCD",
        cash: str = "1000000.00",
        tonnes: int = 10_000,
        owners: dict[str, int] | None = None,
        phase: int = phases.CONTINUOUS,
        product: dict[str, Any] | None = None,
        book: str = "",
        **rules: Any,
    ) -> None:
        text = unchecked(rulebook.shipped(book)) if book else rulebook_text({"CQEA": product or {}}, **rules)
        self.desk = Desk(text)
        self.numbers = {letter: number for number, letter in enumerate(accounts, 1)}
        self.letters = {number: letter for letter, number in self.numbers.items()}
        self.day = 20260105
        code = next(iter(rulebook.parse(text).products))
        self.desk.act_both(c.ListInstrument(f"{code}-2025", code, YEAR, "配额", "Allowance", 5000))
        for letter, number in self.numbers.items():
            self.desk.act_both(c.OpenAccount(letter, (owners or {}).get(letter, number), letter, "key_emitter"))
            if cash != "0":
                self.desk.act_both(c.DepositCash(number, fen(cash)))
            if tonnes:
                self.desk.act_both(c.AllocateUnits(number, 1, tonnes, "paid", YEAR))
        if phase != phases.CLOSED:
            self.desk.open_day(self.day, phase)

    @property
    def view(self) -> MarketView:
        """The market as others may read it."""
        return MarketView(self.desk.market)

    def allocate(self, letter: str, tonnes: int, kind: str) -> None:
        """Issue units to an account, two persons acting where the rule book wants them."""
        self.desk.act_both(c.AllocateUnits(self.numbers[letter], 1, tonnes, kind, YEAR))

    # ---- in ---------------------------------------------------------------------------------------------

    def play(self, text: str) -> list[str]:
        """Do each line; tell what happened. The market is audited after each."""
        told: list[str] = []
        for line in text.strip().splitlines():
            for event in self.desk.do(self.command(line.split())):
                told += self.words(event)
            self.desk.market.audit()
        return told

    def command(self, words: list[str]) -> AnyCommand:
        """The command that a line means."""
        if words[0] in ("open", "close", "phase", "halt", "resume"):
            return act(self.day_act(words))
        name, verb, rest = words[0], words[1], words[2:]
        account = self.numbers[name[0]]
        if verb in SIDES:
            assert rest[1] == "@"
            life = IOC if "ioc" in rest else FOK if "fok" in rest else DAY
            return c.PlaceOrder(account, 1, SIDES[verb], fen(rest[2]), int(rest[0]), life, name, "post" in rest)
        if verb == "replace":
            return c.ReplaceOrder(account, 0, name, fen(rest[2]), int(rest[0]))
        if verb == "cancel" and rest:
            return c.CancelAll(account, 0, SIDES[rest[1]] if len(rest) > 1 else 0)
        if verb == "cancel":
            return c.CancelOrder(account, 0, name)
        return act(self.account_act(account, verb, rest))

    def day_act(self, words: list[str]) -> AnyAct:
        """An act on the whole market."""
        if words[0] == "open":
            self.day += 1
            return c.OpenDay(self.day)
        if words[0] == "close":
            return c.CloseDay()
        if words[0] == "phase":
            return c.ChangePhase(phases.NAMES.index(words[1]))
        return c.Halt(1) if words[0] == "halt" else c.Resume(1)

    def account_act(self, account: int, verb: str, rest: list[str]) -> AnyAct:
        """An act on one account."""
        if verb == "deposit":
            return c.DepositCash(account, fen(rest[0]))
        if verb == "withdraw":
            return c.WithdrawCash(account, fen(rest[0]))
        if verb == "allocate":
            return c.AllocateUnits(account, 1, int(rest[0]), rest[1], YEAR)
        if verb == "surrender":
            return c.SurrenderUnits(account, 1, int(rest[0]), YEAR, "final" in rest)
        if verb == "emits":
            return c.ImportEmissions(YEAR, ((account, int(rest[0]), 20260420),), 0, "0" * 64)
        if verb == "restrict":
            return c.Restrict(account, SCOPES[rest[0]], "court")
        assert verb == "lift", f"no such verb: {verb}"
        return c.LiftRestriction(account, SCOPES[rest[0]])

    # ---- out --------------------------------------------------------------------------------------------

    def words(self, event: e.Event) -> list[str]:
        """What an event says; who did an act goes without saying."""
        match event:
            case e.OrderAccepted():
                return [f"{event.client_order_id} accepted"]
            case e.OrderRefused():
                return [f"{event.client_order_id} refused: {self.why(event.reason, event.limit, event.actual)}"]
            case e.RequestRefused():
                name = event.client_order_id or self.letters[event.account]
                return [f"{name} told: {self.why(event.reason, event.limit, event.actual)}"]
            case e.OrderRepeated():
                return [f"{event.client_order_id} again: {self.why(event.reason, 0, 0)}"]
            case e.Traded():
                buy, sell = event.buy_client_order_id, event.sell_client_order_id
                what = f"{event.tonnes} with {{}} @ {yuan(event.price_ticks)}"
                taker, maker = (sell, buy) if event.taker_side == SELL else (buy, sell)
                return [f"{taker} {'trades' if event.taker_side else 'meets'} {what.format(maker)}"]
            case e.OrderCanceled():
                reason = f": {reasons.BY_NUMBER[event.reason].name}" if event.reason else ""
                return [f"{event.client_order_id} canceled {event.tonnes}{reason}"]
            case e.OrderReplaced():
                return [f"{event.client_order_id} now {event.leaves} of {event.tonnes} @ {yuan(event.price_ticks)}"]
            case e.AllCanceled():
                return [f"{self.letters[event.account]} canceled {event.orders} orders"]
            case e.CallUncrossed():
                return [f"call {event.tonnes} @ {yuan(event.price_ticks)}, surplus {event.imbalance}"]
            case e.ActRefused():
                return [f"act refused: {self.why(event.reason, event.limit, event.actual)}"]
            case e.DayClosed():
                return [f"close {yuan(event.stats[0].close_ticks)}"]
            case e.UnitsUnlocked():
                return [f"{self.letters[event.account]} unlocked {event.tonnes}"]
            case e.RetentionChanged():
                return [f"{self.letters[event.account]} keeps {event.floor_tonnes}"]
        return []

    def why(self, reason: int, limit: int, actual: int) -> str:
        """A reason's name with limit and actual value, where there are any."""
        name = reasons.BY_NUMBER[reason].name if reason else "accepted"
        return f"{name} {limit} {actual}" if limit or actual else name

    def cash(self, letter: str) -> str:
        """An account's money: free and held."""
        account = self.view.account(self.numbers[letter])
        assert account is not None
        return f"free {yuan(account.free_fen)} held {yuan(account.held_fen)}"

    def tonnes(self, letter: str) -> str:
        """An account's units: available, held, locked."""
        rows = self.view.units(self.numbers[letter])
        available, held, locked = (rows[0].available, rows[0].held, rows[0].locked) if rows else (0, 0, 0)
        return f"available {available} held {held} locked {locked}"

    def book(self) -> str:
        """The book on one line: bids | asks, the best first."""
        bids, asks = self.view.depth(1, 0)
        sides = (" ".join(f"{tonnes}@{yuan(price)}" for price, tonnes, _ in side) for side in (bids, asks))
        return " | ".join(sides).strip()


def play(text: str, **scene: Any) -> list[str]:
    """Play a text on a new scene."""
    return Scene(**scene).play(text)
