"""What a seeded member of the demo market does next. Pure: given the same seed and the same sight, the same wish.

Each instrument has a fair price that every member estimates alike: a mean-reverting walk around its base, drawn from
the seed of the market, not of the member. Institutions quote both sides, emitters work orders slowly, individuals take.
Some orders are wrong on purpose (off the tick, out of the band, too large), so that refusals are seen too.
"""

import math
import random
from typing import NamedTuple

from engine.core.units import BUY, SELL

WALK_SECONDS = 2
PULL = 0.03
STEP = 0.0022
OPEN_ORDERS_WANTED = {"institution": 10, "key_emitter": 3, "individual": 2}
PATIENCE = {"institution": 1.0, "key_emitter": 3.0, "individual": 5.0}


class OpenOrder(NamedTuple):
    """One of the member's own open orders, oldest first in `Sight`."""

    client_order_id: str
    instrument: str
    side: int
    price_ticks: int
    tonnes: int
    leaves: int


class Sight(NamedTuple):
    """What the member sees of one instrument; 0 where there is no such price."""

    instrument: str
    best_bid_ticks: int
    best_ask_ticks: int
    low_limit_ticks: int
    high_limit_ticks: int
    available_tonnes: int
    free_fen: int
    cancel_allowed: bool


class Place(NamedTuple):
    """Wish: a new order. `price` is a decimal string, since it may be wrong on purpose."""

    instrument: str
    side: int
    price: str
    tonnes: int
    time_in_force: str


class Cancel(NamedTuple):
    """Wish: cancel this order."""

    client_order_id: str


class Replace(NamedTuple):
    """Wish: give this order another price and total quantity."""

    client_order_id: str
    price: str
    tonnes: int


Wish = Place | Cancel | Replace


def yuan(price_ticks: int) -> str:
    """Ticks of one fen as a decimal string of yuan."""
    return f"{price_ticks // 100}.{price_ticks % 100:02d}"


class FairPrice:
    """The walk of one instrument's fair price: one step every WALK_SECONDS, pulled back to its base."""

    def __init__(self, seed: str, base_ticks: int) -> None:
        self._random = random.Random(seed)
        self._base = math.log(base_ticks)
        self._now = self._base
        self._steps = 0

    def at(self, seconds: float) -> int:
        """Fair price in ticks, `seconds` after the start; time never goes back."""
        while self._steps < int(seconds / WALK_SECONDS):
            self._now += PULL * (self._base - self._now) + self._random.gauss(0.0, STEP)
            self._steps += 1
        return max(1, round(math.exp(self._now)))


class Member:
    """One member's mind: temper by category, own seed."""

    def __init__(self, seed: str, category: str) -> None:
        self._random = random.Random(seed)
        self._category = category
        self._bias = self._random.gauss(0.0, 0.004)

    def wait_seconds(self, mean: float) -> float:
        """How long until the next wish, by this member's patience; `mean` is an institution's."""
        return self._random.expovariate(1.0 / (mean * PATIENCE[self._category]))

    def choose(self, instruments: list[str]) -> str:
        """Which instrument to look at: the first ones of the list are the busiest."""
        weights = [1.0 / (1 + index) for index in range(len(instruments))]
        return self._random.choices(instruments, weights)[0]

    def wish(self, sight: Sight, fair_ticks: int, own: list[OpenOrder]) -> Wish | None:
        """What to do now, or None."""
        draw = self._random.random
        here = [order for order in own if order.instrument == sight.instrument]
        full = len(own) >= OPEN_ORDERS_WANTED[self._category]
        if own and sight.cancel_allowed and (full or draw() < 0.10):
            order = self._random.choice(own) if draw() < 0.3 else own[0]
            if order in here and draw() < 0.35:
                step = self._random.randint(1, 6)
                price = self._clamp(sight, order.price_ticks + (step if order.side == BUY else -step))
                if price != order.price_ticks:
                    return Replace(order.client_order_id, yuan(price), order.tonnes)
            return Cancel(order.client_order_id)
        if full:
            return None
        side = BUY if draw() < 0.5 else SELL
        if draw() < 0.02:
            return self._mistake(sight, side, fair_ticks)
        tonnes = self._size()
        opinion = fair_ticks * (1.0 + self._bias)
        if self._category == "institution" or draw() < 0.55:
            spread = fair_ticks * (0.001 + abs(self._random.gauss(0.0, 0.004)))
            price = round(opinion - spread if side == BUY else opinion + spread)
            life = "day"
        else:
            touch = sight.best_ask_ticks if side == BUY else sight.best_bid_ticks
            price = touch or round(opinion)
            life = "ioc" if touch and draw() < 0.3 and sight.best_bid_ticks else "day"
        price = self._clamp(sight, price)
        if side == SELL:
            tonnes = min(tonnes, sight.available_tonnes)
        else:
            tonnes = min(tonnes, sight.free_fen * 9 // 10 // price)
        return Place(sight.instrument, side, yuan(price), tonnes, life) if tonnes > 0 else None

    def _size(self) -> int:
        scale = {"institution": 180, "key_emitter": 320, "individual": 25}[self._category]
        tonnes = max(1, round(self._random.lognormvariate(math.log(scale), 0.7)))
        return tonnes if tonnes < 20 else tonnes // 10 * 10

    @staticmethod
    def _clamp(sight: Sight, price: int) -> int:
        low = max(1, sight.low_limit_ticks)
        return min(max(price, low), sight.high_limit_ticks or price)

    def _mistake(self, sight: Sight, side: int, fair_ticks: int) -> Wish:
        kind = self._random.randrange(3)
        if kind == 0:
            return Place(sight.instrument, side, yuan(fair_ticks) + "5", 10, "day")
        if kind == 1:
            beyond = fair_ticks * 2 if side == BUY else max(1, fair_ticks // 2)
            return Place(sight.instrument, side, yuan(beyond), 10, "day")
        too_many = sight.available_tonnes + 50_000
        return Place(sight.instrument, SELL, yuan(self._clamp(sight, fair_ticks)), too_many, "day")
