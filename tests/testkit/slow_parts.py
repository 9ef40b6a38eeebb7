"""What the slow market is made of: accounts, orders, instruments. Nothing here is kept that can be worked out."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from engine.core import commands as c
from engine.core import rulebook, units

Why = tuple[int, int, int]  # reason, limit, actual
HOUR_NS = 3_600_000_000_000
PROPOSALS_MAX = 1_000


@dataclass
class Account:
    number: int
    code: str
    owner: int
    category: str
    restriction: int = 0
    exec_seq: int = 0
    cash: int = 0  # owned and usable: free plus what open buys hold
    pending: int = 0  # proceeds usable from the next day on
    units: dict[int, int] = field(default_factory=dict)  # owned, by instrument: available, held and locked together
    locks: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # instrument, first day on which they are free, tonnes
    retained: dict[int, int] = field(default_factory=dict)  # year -> tonnes
    answers: list["Answer"] = field(default_factory=list)

    def next_exec_seq(self) -> int:
        self.exec_seq += 1
        return self.exec_seq


@dataclass
class Lien:
    """Units apart from trading."""

    account: int
    instrument: int
    tonnes: int
    kind: str


@dataclass(frozen=True)
class Issued:
    account: int
    instrument: int
    tonnes: int
    kind: str
    year: int


@dataclass
class Answer:
    client_order_id: str
    day: int
    body: tuple[Any, ...]
    order: int
    reason: int
    is_filled: bool = False


@dataclass
class Order:
    number: int
    account: Account
    client_order_id: str
    instrument: int
    side: int
    price: int
    tonnes: int
    time_in_force: int
    filled: int = 0
    turn: int = 0  # who waits longer has the smaller turn

    @property
    def leaves(self) -> int:
        return self.tonnes - self.filled


@dataclass
class Instrument:
    number: int
    code: str
    rules: rulebook.ProductRules
    reference: int
    vintage: int = 0
    halted: bool = False
    low_limit: int = 0
    high_limit: int = 0
    trades: list[tuple[int, int, int]] = field(default_factory=list)  # today's: price, tonnes, amount
    issued: int = 0

    def fix_band(self) -> None:
        if self.rules.limit_bp == 0:
            self.low_limit, self.high_limit = 1, units.PRICE_TICKS_MAX
        else:
            share = Fraction(self.rules.limit_bp, 10_000)
            self.low_limit = max(1, half_up(self.reference * (1 - share)))
            self.high_limit = min(units.PRICE_TICKS_MAX, half_up(self.reference * (1 + share)))

    def amount(self, price: int, tonnes: int) -> int:
        return price * tonnes * self.rules.tick_fen

    def fee(self, amount: int) -> int:
        return amount * (self.rules.trading_fee_ppm + self.rules.settlement_fee_ppm) // 1_000_000

    def need(self, price: int, tonnes: int) -> int:
        """Worst case of a buy, fees included."""
        amount = self.amount(price, tonnes)
        return amount + self.fee(amount)

    def close(self) -> int:
        """Domain rules A2: A, B, C; L is the last trade's price."""
        if not self.trades:
            return self.reference
        volume = sum(tonnes for _, tonnes, _ in self.trades)
        if self.rules.close_rule == "L":
            return self.trades[-1][0]
        if self.rules.close_rule == "C" and volume <= self.rules.close_min_tonnes:
            return self.reference
        counted = self.trades
        if self.rules.close_rule == "B" and len(self.trades) >= 5:
            counted = self.trades[-5:]
        value = sum(price * tonnes for price, tonnes, _ in counted)
        return half_up(Fraction(value, sum(tonnes for _, tonnes, _ in counted)))


@dataclass
class Proposal:
    at_ns: int
    command: c.Propose
    digest: bytes


def half_up(exact: Fraction) -> int:
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def shown(number: int) -> int:
    """A number as a refusal says it: absurd ones are cut to 62 bits."""
    return max(-(2**62), min(number, 2**62))


def is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._-]{1,32}", text) is not None


def is_same_product(before: rulebook.ProductRules, after: rulebook.ProductRules | None) -> bool:
    """Kind, tick and T+N of a product that has been listed stay."""
    if after is None:
        return False
    return (before.kind, before.tick_fen, before.lock_days) == (after.kind, after.tick_fen, after.lock_days)
