"""Block trades in the short text of `script`: `B1 offers sell 100000 @ 50.00 to AC` in, `A confirms B1: T1 100000 @ 50.00` out.

B1 offers sell 100000 @ 50.00 to AC     A2 counters B1 120000 @ 49.00
A confirms B1     A declines B1         B withdraws B1      window open | window close
"""

from typing import Any

from engine.core import commands as c
from engine.core import events as e
from engine.core.commands import AnyCommand
from engine.core.units import BUY
from tests.testkit.build import act
from tests.testkit.script import SIDES, Scene, fen, yuan

BLOCKS = {"block_tonnes_min": 100_000, "block_limit_bp": 3000}


class BlockScene(Scene):
    """A market at 50.00 whose product is traded in blocks of 100,000 t and more; the window is open."""

    def __init__(
        self, product: dict[str, Any] | None = None, is_open: bool = True, has_blocks: bool = True, **rules: Any
    ) -> None:
        defaults = {"cash": "100000000.00", "tonnes": 1_000_000, "order_value_max_fen": 100_000_000_000}
        super().__init__(product=(BLOCKS if has_blocks else {}) | (product or {}), **(defaults | rules))
        if is_open:
            self.desk.act(c.OpenBlockWindow())

    def offer(self, name: str) -> int:
        """The number of an offer by its client offer id, 0 where there is none."""
        return self.desk.market.state.blocks.numbers.get((self.numbers[name[0]], name), 0)

    def command(self, words: list[str]) -> AnyCommand:
        """The command that a line means."""
        if words[0] == "window":
            return act(c.OpenBlockWindow() if words[1] == "open" else c.CloseBlockWindow())
        name, verb, rest = words[0], words[1] if len(words) > 1 else "", words[2:]
        if verb == "offers":
            side, tonnes, price, to = SIDES[rest[0]], int(rest[1]), fen(rest[3]), rest[5]
            accounts = tuple(self.numbers[letter] for letter in to)
            return c.BlockOffer(self.numbers[name[0]], 1, side, price, tonnes, accounts, name)
        if verb == "counters":
            account = self.numbers[name[0]]
            return c.BlockCounter(account, self.offer(rest[0]), fen(rest[3]), int(rest[1]), name)
        if verb == "confirms":
            return c.BlockConfirm(self.numbers[name], self.offer(rest[0]))
        if verb == "declines":
            return c.BlockDecline(self.numbers[name], self.offer(rest[0]))
        if verb == "withdraws":
            return c.BlockWithdraw(self.numbers[name], self.offer(rest[0]), rest[0])
        return super().command(words)

    def words(self, event: e.Event) -> list[str]:
        """What an event says."""
        match event:
            case e.BlockOffered():
                terms = f"{event.tonnes} @ {yuan(event.price_ticks)}"
                verb = "buy" if event.side == BUY else "sell"
                to = self.all_of(event.counterparties)
                return [f"{event.client_offer_id} offers {to} to {verb} {terms}"]
            case e.BlockRepeated():
                return [f"{event.client_offer_id} again" + (f": T{event.trade}" if event.trade else "")]
            case e.BlockDeclined():
                who = self.letters[event.counterparty]
                return [
                    f"{who} declines {event.client_offer_id}: {self.why(event.reason, 0, 0)}, {event.remaining} left"
                ]
            case e.BlockEnded():
                why = self.why(event.reason, 0, 0) if event.reason else "withdrawn"
                return [f"{event.client_offer_id} ends: {why}, {self.all_of(event.counterparties)} told"]
            case e.BlockTraded():
                buyer, seller = self.letters[event.buyer], self.letters[event.seller]
                terms = f"{event.tonnes} @ {yuan(event.price_ticks)}"
                return [f"{event.client_offer_id} trades: T{event.trade} {seller} to {buyer} {terms}"]
            case e.BlockTaken():
                return [f"gone for {self.all_of(event.counterparties)}"]
        return super().words(event)

    def all_of(self, accounts: tuple[int, ...]) -> str:
        """Accounts by their letters."""
        return "".join(self.letters[account] for account in accounts)
