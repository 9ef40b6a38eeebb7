"""One instrument's resting orders: best price first, then longest waiting. Usable alone.

    book = Book()
    book.place(1, SELL, 5000, 10)            # order 1 rests: 10 tonnes offered at 5,000 ticks
    fills = book.place(2, BUY, 5001, 4)      # [Fill(maker=order 1, price_ticks=5000, tonnes=4)]
    book.best_bid(), book.best_ask()         # 0 (none), 5000
    book.tonnes_at(SELL, 5000)               # 6
    book.cancel(1)

Structure: a price level is an intrusive first-in-first-out list of orders, found by price in a dict; a heap of prices
finds the next best level when the best one empties. An emptied level stays in dict and heap until it surfaces or until
such levels outnumber the live ones, so nothing dead accumulates. No command costs more than O(log levels) amortised,
however many orders wait at one price. Measured against a tick-indexed ladder and a sorted dict in `bench/book.py`.

Orders and levels point at each other, but whoever leaves a queue is unlinked from it, so reference counts free everything;
compiled, these classes are therefore kept from the cyclic collector (`acyclic`), which would otherwise walk 100,000 live
orders and pause the market. The price: a compiled book that is dropped with open orders keeps their memory, so whoever makes
many books in one process cancels their orders first.

The book knows nothing of money, rights or phases: `engine.core.trading` asks those questions and uses the same book.
"""

from heapq import heapify, heappop, heappush
from typing import Any, Final, final

from mypy_extensions import i64, mypyc_attr

from engine.core.units import BUY, DAY, FOK, IOC, PRICE_TICKS_MAX, SELL, TONNES_MAX

STP_OFF: Final = 0  # self-trade prevention: what happens when an order meets one of the same owner
STP_CANCEL_TAKER: Final = 1
STP_CANCEL_MAKER: Final = 2
STP_CANCEL_BOTH: Final = 3

DEAD_LEVELS_SLACK: Final = 64  # emptied levels kept beyond the number of live ones, before they are swept


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Order:
    """One order. `leaves` is unfilled; `level` is None unless it rests, and only then `older` and `newer` have a meaning.

    There is no `__init__`: going through one costs plain Python 50 ns, a twelfth of a command, so `Book.place` fills in the
    first group itself. The market fills in both by `belong`; the second is unset in a book used alone. `filled_value` is
    the sum of price_ticks x tonnes of its fills; `body` and `terms` are what was first asked, packed so as to know the same
    order again (`state.body_of`, `state.terms_of`). `session`: on which it was entered, 0 for none that cancels on disconnect.
    """

    __slots__ = (
        "account",
        "body",
        "client_order_id",
        "filled_value",
        "instrument",
        "leaves",
        "level",
        "newer",
        "number",
        "older",
        "owner",
        "price_ticks",
        "session",
        "side",
        "terms",
        "tonnes",
    )

    number: i64
    owner: i64
    side: i64
    price_ticks: i64
    tonnes: i64
    leaves: i64
    level: "Level | None"
    older: "Order | None"
    newer: "Order | None"

    account: i64
    instrument: i64
    filled_value: i64
    body: i64
    terms: i64
    session: i64
    client_order_id: str

    def belong(
        self,
        number: i64,
        owner: i64,
        side: i64,
        price_ticks: i64,
        tonnes: i64,
        account: i64,
        instrument: i64,
        body: i64,
        terms: i64,
        client_order_id: str,
    ) -> None:
        """Make it an account's order, nothing filled, resting nowhere."""
        self.number = number
        self.owner = owner
        self.side = side
        self.price_ticks = price_ticks
        self.tonnes = tonnes
        self.leaves = tonnes
        self.level = None
        self.account = account
        self.instrument = instrument
        self.filled_value = 0
        self.body = body
        self.terms = terms
        self.session = 0
        self.client_order_id = client_order_id


@mypyc_attr(acyclic=True)
@final
class Level:
    """All orders at one price, oldest first. `key` orders levels from best to worst: price for asks, -price for bids."""

    __slots__ = ("count", "head", "key", "price_ticks", "tail", "tonnes")

    def __init__(self, key: i64, price_ticks: i64) -> None:
        self.key: i64 = key
        self.price_ticks: i64 = price_ticks
        self.tonnes: i64 = 0
        self.count: i64 = 0
        self.head: Order | None = None
        self.tail: Order | None = None


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Fill:
    """One maker met by a taker (or one pair of a call auction): quantities are those left after this fill."""

    __slots__ = ("maker", "maker_leaves", "price_ticks", "taker", "taker_leaves", "tonnes")

    def __init__(self, maker: Order, taker: Order, price_ticks: i64, tonnes: i64) -> None:
        self.maker: Order = maker
        self.taker: Order = taker
        self.price_ticks: i64 = price_ticks
        self.tonnes: i64 = tonnes
        self.maker_leaves: i64 = maker.leaves
        self.taker_leaves: i64 = taker.leaves

    def __repr__(self) -> str:
        return f"Fill(maker={self.maker.number}, taker={self.taker.number}, {self.tonnes} @ {self.price_ticks})"


@final
class Half:
    """One side of a book."""

    __slots__ = ("best", "dead", "heap", "levels", "sign")

    def __init__(self, sign: i64) -> None:
        self.sign: i64 = sign  # key = sign x price: +1 asks, -1 bids
        self.levels: dict[int, Level] = {}
        self.heap: list[int] = []
        self.best: Level | None = None
        self.dead: i64 = 0

    def add(self, order: Order) -> None:
        """Queue an order last at its price."""
        key: i64 = self.sign * order.price_ticks
        best = self.best
        if best is not None and best.key == key:
            level = best
        else:
            found = self.levels.get(key)
            if found is None:
                level = Level(key, order.price_ticks)
                self.levels[key] = level
                heappush(self.heap, key)
            else:
                level = found
                if level.count == 0:
                    self.dead -= 1
            if best is None or key < best.key:
                self.best = level
        last = level.tail
        order.level = level
        order.older = last
        order.newer = None
        if last is None:
            level.head = order
        else:
            last.newer = order
        level.tail = order
        level.count += 1
        level.tonnes += order.leaves

    def remove(self, order: Order) -> None:
        """Take an order out of its queue."""
        level = order.level
        assert level is not None
        older = order.older
        newer = order.newer
        if older is None:
            level.head = newer
        else:
            older.newer = newer
        if newer is None:
            level.tail = older
        else:
            newer.older = older
        order.level = None
        order.older = None
        order.newer = None
        level.tonnes -= order.leaves
        level.count -= 1
        if older is newer:  # only None is both
            self.emptied(level)

    def emptied(self, level: Level) -> None:
        """A level has lost its last order: find the next best, or leave it for later."""
        assert level.tonnes == 0
        self.dead += 1
        best = self.best
        if best is not None and best.key == level.key:
            self.best = None
            heap = self.heap
            levels = self.levels
            while heap:
                top = levels[heap[0]]
                if top.count > 0:
                    self.best = top
                    break
                del levels[heappop(heap)]
                self.dead -= 1
        elif self.dead > DEAD_LEVELS_SLACK and self.dead * 2 > len(self.levels):
            self.sweep()

    def sweep(self) -> None:
        """Drop all emptied levels at once; amortised over the cancels that emptied them."""
        self.levels = {key: level for key, level in self.levels.items() if level.count > 0}
        self.heap = list(self.levels)
        heapify(self.heap)
        self.dead = 0

    def sorted_levels(self) -> list[Level]:
        """Live levels, best first. O(levels log levels): for auctions, fill-or-kill and readers, not for matching."""
        return [self.levels[key] for key in sorted(self.levels) if self.levels[key].count > 0]


@final
class Uncross:
    """The single price of a call auction. price_ticks 0: nothing crosses. imbalance: buy minus sell tonnes left at it."""

    __slots__ = ("imbalance", "price_ticks", "tonnes")

    def __init__(self, price_ticks: i64, tonnes: i64, imbalance: i64) -> None:
        self.price_ticks: i64 = price_ticks
        self.tonnes: i64 = tonnes
        self.imbalance: i64 = imbalance


@final
class Book:
    """Resting orders of one instrument.

    `orders` indexes them by number for those who use the book alone; the market keeps its own index by account and calls
    only the second half of the methods, which never touch this one.
    """

    __slots__ = ("asks", "bids", "orders")

    def __init__(self) -> None:
        self.bids: Half = Half(-1)
        self.asks: Half = Half(1)
        self.orders: dict[int, Order] = {}

    # ---- for use alone ----------------------------------------------------------------------------------

    def place(
        self, number: Any, side: i64, price_ticks: i64, tonnes: i64, time_in_force: i64 = DAY, owner: i64 = 0
    ) -> list[Fill]:
        """Place an order; what is left rests (DAY), lapses (IOC), or the order does nothing unless filled whole (FOK).

        `number` is an int that is not alive; it is left as the caller's object, since boxing it anew for each look at the
        index cost a tenth of the call. Raises ValueError on a side that is neither BUY nor SELL, on price or quantity
        that is not positive or above units.PRICE_TICKS_MAX and TONNES_MAX, and on a number that is alive. The compiled
        book raises TypeError instead on what is beyond 64 bits.
        """
        if side == BUY:
            own = self.bids
            other = self.asks
        elif side == SELL:
            own = self.asks
            other = self.bids
        else:
            raise ValueError("side is 1 (buy) or 2 (sell)")
        if not (0 < price_ticks <= PRICE_TICKS_MAX and 0 < tonnes <= TONNES_MAX):
            raise ValueError("price_ticks and tonnes are positive and at most 1,000,000,000")
        order = Order()
        order.number = number
        order.owner = owner
        order.side = side
        order.price_ticks = price_ticks
        order.tonnes = tonnes
        order.leaves = tonnes
        order.level = None
        fills: list[Fill] = []
        best = other.best
        if best is not None and best.key <= other.sign * price_ticks:  # most orders meet nothing: no call for them
            if number in self.orders:
                raise ValueError("order number is alive")
            if time_in_force != FOK or self.can_fill(order, STP_OFF):
                self.match(order, STP_OFF, fills, [])
                for fill in fills:
                    if fill.maker_leaves == 0:
                        del self.orders[fill.maker.number]
            if order.leaves == 0:
                return fills
        if time_in_force == DAY:
            if self.orders.setdefault(number, order) is not order:  # to ask first would be another look-up
                raise ValueError("order number is alive")
            own.add(order)
        elif number in self.orders:
            raise ValueError("order number is alive")
        return fills

    def cancel(self, number: Any) -> i64:
        """Take an order out; returns the tonnes that were unfilled. Raises KeyError where it is not open."""
        order = self.orders.pop(number)
        half = self.bids if order.side == BUY else self.asks
        half.remove(order)
        return order.leaves

    def replace(self, number: Any, price_ticks: i64, tonnes: i64) -> list[Fill]:
        """Set price and total quantity; only a smaller quantity at the same price keeps the place in the queue.

        Raises KeyError where the order is not open, ValueError where the price is not one that `place` takes or `tonnes`
        is not above what has been filled or is above units.TONNES_MAX.
        """
        order = self.orders[number]
        if not (0 < price_ticks <= PRICE_TICKS_MAX and order.tonnes - order.leaves < tonnes <= TONNES_MAX):
            raise ValueError("price is positive and tonnes above what has been filled, both at most 1,000,000,000")
        fills: list[Fill] = []
        if price_ticks == order.price_ticks and tonnes <= order.tonnes:
            self.reduce(order, tonnes)
            return fills
        self.take_out(order)
        order.leaves += tonnes - order.tonnes
        order.tonnes = tonnes
        order.price_ticks = price_ticks
        self.match(order, STP_OFF, fills, [])
        for fill in fills:
            if fill.maker_leaves == 0:
                del self.orders[fill.maker.number]
        if order.leaves > 0:
            self.rest(order)
        else:
            del self.orders[number]
        return fills

    def get(self, number: i64) -> Order | None:
        """The open order of this number."""
        return self.orders.get(number)

    def best_bid(self) -> i64:
        """Highest price bid in ticks, 0 where there is none."""
        best = self.bids.best
        return 0 if best is None else best.price_ticks

    def best_ask(self) -> i64:
        """Lowest price asked in ticks, 0 where there is none."""
        best = self.asks.best
        return 0 if best is None else best.price_ticks

    def tonnes_at(self, side: i64, price_ticks: i64) -> i64:
        """Tonnes resting at one price."""
        half = self.half(side)
        level = half.levels.get(half.sign * price_ticks)
        return 0 if level is None else level.tonnes

    def depth(self, side: i64, levels: i64 = 0) -> list[tuple[int, int, int]]:
        """(price_ticks, tonnes, orders) from the best price on; `levels` 0 means all."""
        live = self.half(side).sorted_levels()
        if levels > 0:
            live = live[:levels]
        return [(level.price_ticks, level.tonnes, level.count) for level in live]

    # ---- the parts the market uses ----------------------------------------------------------------------

    def half(self, side: i64) -> Half:
        """The half in which orders of this side rest."""
        return self.bids if side == BUY else self.asks

    def rest(self, order: Order) -> None:
        """Queue an order without matching it."""
        assert order.leaves > 0
        self.half(order.side).add(order)

    def take_out(self, order: Order) -> None:
        """Remove an open order."""
        self.half(order.side).remove(order)

    def reduce(self, order: Order, tonnes: i64) -> None:
        """Lower an open order's total quantity where it stands."""
        less: i64 = order.tonnes - tonnes
        assert 0 <= less < order.leaves
        level = order.level
        assert level is not None
        level.tonnes -= less
        order.leaves -= less
        order.tonnes = tonnes

    def match(
        self, taker: Order, stp: i64, fills: list[Fill], prevented: list[Order], picks: bool = False, last: i64 = 0
    ) -> bool:
        """Trade `taker` against the other half at the makers' prices: best price first, then longest waiting.

        picks: only the level at the taker's own price is traded with, better ones are left alone. last: above 0, each
        trade is made at the middle of bid, ask and the last trade, which is `last` before the first.

        Appends to `fills`, and to `prevented` the makers taken out because they have the taker's owner. True where
        self-trade prevention ends the taker. The caller decides what becomes of the taker's rest.
        """
        half = self.asks if taker.side == BUY else self.bids
        limit: i64 = half.sign * taker.price_ticks
        best = half.levels.get(limit) if picks else half.best
        while best is not None and taker.leaves > 0 and best.key <= limit:
            maker = best.head
            if maker is None:
                assert picks  # the level picked is used up; the best one never is empty
                break
            if stp != STP_OFF and maker.owner == taker.owner:
                if stp != STP_CANCEL_TAKER:
                    half.remove(maker)
                    prevented.append(maker)
                if stp != STP_CANCEL_MAKER:
                    return True
            else:
                tonnes: i64 = maker.leaves
                if tonnes > taker.leaves:  # min() would cost plain Python a call of a builtin
                    tonnes = taker.leaves
                price: i64 = best.price_ticks
                if last > 0:
                    price = middle_of(price, taker.price_ticks, last)
                    last = price
                taker.leaves -= tonnes
                if tonnes == maker.leaves:
                    half.remove(maker)
                    maker.leaves = 0
                else:
                    maker.leaves -= tonnes
                    best.tonnes -= tonnes
                fills.append(Fill(maker, taker, price, tonnes))
            if not picks:
                best = half.best
        return False

    def would_trade(self, side: i64, price_ticks: i64) -> bool:
        """Whether an order of this side and price would meet anything."""
        half = self.asks if side == BUY else self.bids
        best = half.best
        return best is not None and best.key <= half.sign * price_ticks

    def can_fill(self, taker: Order, stp: i64, picks: bool = False) -> bool:
        """Whether `match` would fill the whole order, not counting what self-trade prevention would keep from it."""
        half = self.asks if taker.side == BUY else self.bids
        limit: i64 = half.sign * taker.price_ticks
        wanted: i64 = taker.leaves
        for level in half.sorted_levels():
            if level.key > limit:
                break
            if picks and level.key != limit:
                continue
            maker = level.head
            while maker is not None:
                if stp != STP_OFF and maker.owner == taker.owner:
                    if stp != STP_CANCEL_MAKER:
                        return False
                else:
                    wanted -= maker.leaves
                    if wanted <= 0:
                        return True
                maker = maker.newer
        return False

    def find_uncross(self, reference_ticks: i64, is_by_pressure: bool = False) -> Uncross:
        """The call auction's price: most volume, then smallest imbalance, then nearest to the reference, then lower.

        Candidates are the prices of the orders. Better-priced orders and at least one side at the price fill whole.
        `is_by_pressure` asks, before the reference, which side has the surplus: the highest price if buyers, the lowest if
        sellers (the Shanghai exchange's way).
        """
        bids = self.bids.sorted_levels()
        asks = self.asks.sorted_levels()
        none = Uncross(0, 0, 0)
        if not bids or not asks or bids[0].price_ticks < asks[0].price_ticks:
            return none
        low: i64 = asks[0].price_ticks
        high: i64 = bids[0].price_ticks
        crossing_bids = [level for level in bids if level.price_ticks >= low]
        crossing_asks = [level for level in asks if level.price_ticks <= high]
        prices = sorted({level.price_ticks for level in crossing_bids} | {level.price_ticks for level in crossing_asks})
        demand: i64 = 0
        for level in crossing_bids:
            demand += level.tonnes
        supply: i64 = 0
        asks_seen: i64 = 0
        bids_left: i64 = len(crossing_bids)
        best = none
        for boxed_price in prices:
            price: i64 = boxed_price
            while asks_seen < len(crossing_asks) and crossing_asks[asks_seen].price_ticks <= price:
                supply += crossing_asks[asks_seen].tonnes
                asks_seen += 1
            while bids_left > 0 and crossing_bids[bids_left - 1].price_ticks < price:
                bids_left -= 1
                demand -= crossing_bids[bids_left].tonnes
            candidate = Uncross(price, min(demand, supply), demand - supply)
            if is_better_uncross(candidate, best, reference_ticks, is_by_pressure):
                best = candidate
        return best

    def uncross(self, at: Uncross) -> list[Fill]:
        """Trade the crossing volume at the one price, in price-time order on both sides. The buyer is the `maker` of a fill."""
        fills: list[Fill] = []
        left: i64 = at.tonnes
        while left > 0:
            best_bid = self.bids.best
            best_ask = self.asks.best
            assert best_bid is not None
            assert best_ask is not None
            buy = best_bid.head
            sell = best_ask.head
            assert buy is not None
            assert sell is not None
            assert buy.price_ticks >= at.price_ticks >= sell.price_ticks
            tonnes: i64 = min(left, buy.leaves, sell.leaves)
            self._fill_resting(self.bids, buy, tonnes)
            self._fill_resting(self.asks, sell, tonnes)
            fills.append(Fill(buy, sell, at.price_ticks, tonnes))
            left -= tonnes
        return fills

    def _fill_resting(self, half: Half, order: Order, tonnes: i64) -> None:
        if tonnes == order.leaves:
            half.remove(order)
            order.leaves = 0
        else:
            level = order.level
            assert level is not None
            order.leaves -= tonnes
            level.tonnes -= tonnes


def is_better_uncross(candidate: Uncross, best: Uncross, reference_ticks: i64, is_by_pressure: bool) -> bool:
    """Whether a later (higher) candidate price beats the best one so far."""
    if candidate.tonnes != best.tonnes:
        return candidate.tonnes > best.tonnes
    imbalance = distance(candidate.imbalance, 0)
    least = distance(best.imbalance, 0)
    if imbalance != least:
        return imbalance < least
    if is_by_pressure and imbalance != 0:
        # a higher price never has more demand: of two equal candidates, the surplus is of the same side or changes from buy to sell
        return candidate.imbalance > 0
    return distance(candidate.price_ticks, reference_ticks) < distance(best.price_ticks, reference_ticks)


def middle_of(a: i64, b: i64, c: i64) -> i64:
    """The middle one of three prices."""
    return max(min(a, b), min(max(a, b), c))


def distance(a: i64, b: i64) -> i64:
    """How far apart two integers are (mypyc knows no abs of a 64-bit integer)."""
    return a - b if a > b else b - a


__all__ = [
    "BUY",
    "DAY",
    "FOK",
    "IOC",
    "SELL",
    "STP_CANCEL_BOTH",
    "STP_CANCEL_MAKER",
    "STP_CANCEL_TAKER",
    "STP_OFF",
    "Book",
    "Fill",
    "Half",
    "Level",
    "Order",
    "Uncross",
]
