"""The book a researcher imports alone, beside a list that is searched from end to end: the same fills, the same queues."""

import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.core.book import Book, Fill
from engine.core.units import BUY, DAY, FOK, IOC, SELL

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
# Near each other so that they meet, and far apart so that levels empty, come back, and leave any array of prices.
PRICES = st.one_of(st.integers(98, 103), st.sampled_from((1, 2, 5_000, 999_999_999, 1_000_000_000)))
TONNES = st.one_of(st.integers(1, 9), st.just(1_000_000_000))
NUMBERS = st.integers(1, 25)
SIDES = st.sampled_from((BUY, SELL))
Told = tuple[int, int, int, int, int, int]  # maker, taker, price, tonnes, leaves of both


@dataclass
class Listed:
    """An order in the list; its place there is its time."""

    number: int
    side: int
    price: int
    tonnes: int
    leaves: int


class SlowBook:
    """Resting orders in the order in which they came."""

    def __init__(self) -> None:
        self.orders: list[Listed] = []

    def find(self, number: int) -> Listed | None:
        return next((order for order in self.orders if order.number == number), None)

    def against(self, side: int, price: int) -> list[Listed]:
        """Whom an order would meet, in the order in which it would meet them."""
        sign = 1 if side == BUY else -1
        met = [order for order in self.orders if order.side != side and sign * order.price <= sign * price]
        return sorted(met, key=lambda order: sign * order.price)

    def enter(self, order: Listed, life: int) -> list[Told]:
        told: list[Told] = []
        makers = self.against(order.side, order.price)
        if life == FOK and sum(maker.leaves for maker in makers) < order.leaves:
            return told
        for maker in makers:
            if order.leaves > 0:
                tonnes = min(order.leaves, maker.leaves)
                order.leaves -= tonnes
                maker.leaves -= tonnes
                told.append((maker.number, order.number, maker.price, tonnes, maker.leaves, order.leaves))
        self.orders = [each for each in self.orders if each.leaves > 0]
        if order.leaves > 0 and life == DAY:
            self.orders.append(order)
        return told

    def depth(self, side: int) -> list[tuple[int, int, int]]:
        mine = [order for order in self.orders if order.side == side]
        prices = sorted({order.price for order in mine}, reverse=side == BUY)
        at = {price: [order.leaves for order in mine if order.price == price] for price in prices}
        return [(price, sum(leaves), len(leaves)) for price, leaves in at.items()]


def told_of(fills: list[Fill]) -> list[Told]:
    return [(f.maker.number, f.taker.number, f.price_ticks, f.tonnes, f.maker_leaves, f.taker_leaves) for f in fills]


class TwoBooks(RuleBasedStateMachine):
    """Both books take each command, refused ones too."""

    def __init__(self) -> None:
        super().__init__()
        self.fast, self.slow = Book(), SlowBook()

    @rule(number=NUMBERS, side=SIDES, price=PRICES, tonnes=TONNES, life=st.sampled_from((DAY, DAY, DAY, IOC, FOK)))
    def place(self, number: int, side: int, price: int, tonnes: int, life: int) -> None:
        if self.slow.find(number) is not None:
            with pytest.raises(ValueError, match="alive"):
                self.fast.place(number, side, price, tonnes, life)
        else:
            expected = self.slow.enter(Listed(number, side, price, tonnes, tonnes), life)
            assert told_of(self.fast.place(number, side, price, tonnes, life)) == expected

    @rule(number=NUMBERS, side=st.sampled_from((BUY, SELL, 0, 3)), price=st.integers(-1, 1), tonnes=st.integers(-1, 1))
    def place_nonsense(self, number: int, side: int, price: int, tonnes: int) -> None:
        if side not in (BUY, SELL) or price <= 0 or tonnes <= 0:
            with pytest.raises(ValueError, match=r"side|positive"):
                self.fast.place(number, side, price, tonnes)

    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        found = self.slow.find(number)
        if found is None:
            with pytest.raises(KeyError):
                self.fast.cancel(number)
        else:
            self.slow.orders.remove(found)
            assert self.fast.cancel(number) == found.leaves

    @rule(number=NUMBERS, price=PRICES, tonnes=TONNES)
    def replace(self, number: int, price: int, tonnes: int) -> None:
        found = self.slow.find(number)
        if found is None:
            with pytest.raises(KeyError):
                self.fast.replace(number, price, tonnes)
            return
        filled = found.tonnes - found.leaves
        if tonnes <= filled:
            with pytest.raises(ValueError, match="filled"):
                self.fast.replace(number, price, tonnes)
        elif price == found.price and tonnes <= found.tonnes:
            found.tonnes, found.leaves = tonnes, tonnes - filled
            assert self.fast.replace(number, price, tonnes) == []
        else:
            self.slow.orders.remove(found)
            expected = self.slow.enter(Listed(number, found.side, price, tonnes, tonnes - filled), DAY)
            assert told_of(self.fast.replace(number, price, tonnes)) == expected

    @invariant()
    def books_are_equal(self) -> None:
        bids, asks = self.slow.depth(BUY), self.slow.depth(SELL)
        assert self.fast.depth(BUY) == bids
        assert self.fast.depth(SELL) == asks
        assert self.fast.best_bid() == (bids[0][0] if bids else 0)
        assert self.fast.best_ask() == (asks[0][0] if asks else 0)
        assert len(self.fast.orders) == len(self.slow.orders)
        for order in self.slow.orders:
            seen = self.fast.get(order.number)
            assert seen is not None
            assert (seen.side, seen.price_ticks, seen.tonnes, seen.leaves) == (
                order.side,
                order.price,
                order.tonnes,
                order.leaves,
            )


TwoBooks.TestCase.settings = settings(
    max_examples=5_000 if IS_PROVING else 150,
    stateful_step_count=50,
    deadline=None,
    derandomize=not IS_PROVING,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTwoBooks = TwoBooks.TestCase
