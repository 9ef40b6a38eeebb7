"""What does an opening call cost: gathering an order, and the one match at its end, as the orders grow?

Excluded: reading commands from the wire, journal, followers. Gathering is `Book.rest` of each order, or `Market.apply` of
its command; the uncross is finding the one price and making every fill, in the market with holds, settlement and reports.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from bench.core import Founded, account_of, entries_of
from bench.measure import Figure, Measured, cpu_seconds, rate, require, steady
from bench.workload import MID, Row, gathered, scaled
from engine.core import phases
from engine.core.book import Book, Order
from engine.core.commands import ChangePhase, Entry, PlaceOrder, Propose
from engine.core.events import CallUncrossed, Traded
from engine.core.units import BUY

DOUBTS = (
    "Both sides ask for prices around the same middle, so half of the orders trade; a real call may have fewer fills.",
    "The market's uncross is one operator's act: it also ends the call and begins the continuous phase.",
    "The orders' objects are made outside the timed part of the book, as the market has them made from commands.",
)
FORMS = ("plain", "compiled")
SIZES: Final = (1_000, 10_000, 100_000)
_ORDERS_MIN: Final = 20_000  # a small call is held so often that the clock can tell


class Called(NamedTuple):
    """What calls cost: seconds to gather so many orders, and to uncross them."""

    orders: int
    fills: int
    gathering: float
    uncrossing: float


def most_tonnes(rows: Sequence[Row]) -> int:
    """The most that can trade at one price: what the call must find. Searched at every price, with no book."""
    wanted: Counter[int] = Counter()
    offered: Counter[int] = Counter()
    for row in rows:
        (wanted if row.side == BUY else offered)[row.price_ticks] += row.tonnes
    prices = range(min(row.price_ticks for row in rows), max(row.price_ticks for row in rows) + 1)
    demand = list(accumulate(wanted[price] for price in reversed(prices)))[::-1]
    supply = list(accumulate(offered[price] for price in prices))
    return max(min(pair) for pair in zip(demand, supply, strict=True))


def in_book(rows: Sequence[Row]) -> Called:
    """The call of a bare book."""
    book = Book()
    orders = [_order(row) for row in rows]
    rest = book.rest
    with steady():
        start = cpu_seconds()
        for order in orders:
            rest(order)
        middle = cpu_seconds()
        fills = book.uncross(book.find_uncross(MID))
        end = cpu_seconds()
    require("tonnes of the book's call", sum(fill.tonnes for fill in fills), most_tonnes(rows))
    require("a crossed book", 0 < book.best_ask() <= book.best_bid(), False)
    return Called(len(rows), len(fills), middle - start, end - middle)


def _order(row: Row) -> Order:
    order = Order()
    order.belong(row.number, 0, row.side, row.price_ticks, row.tonnes, 0, 1, 0, 0, "")
    return order


def in_market(rows: Sequence[Row]) -> Called:
    """The opening call of a market."""
    founded = Founded()
    founded.enter(phases.OPENING_CALL)
    market = founded.market
    entries = entries_of(
        [
            PlaceOrder(
                account_of(row.number, row.side),
                1,
                row.side,
                row.price_ticks,
                row.tonnes,
                row.time_in_force,
                f"order-{row.number}",
            )
            for row in rows
        ],
        market.seq + 1,
    )
    end_of_call = Propose(1, "benchmark", "", ChangePhase(phases.CONTINUOUS))
    last = Entry(entries[-1].seq + 1, entries[-1].at_ns + 1, end_of_call)
    apply = market.apply
    with steady():
        start = cpu_seconds()
        for entry in entries:
            apply(entry)
        middle = cpu_seconds()
        events = apply(last)
        end = cpu_seconds()
    require("tonnes of the market's call", sum(e.tonnes for e in events if type(e) is Traded), most_tonnes(rows))
    require("calls that uncrossed", sum(type(event) is CallUncrossed for event in events), 1)
    market.audit()
    return Called(len(rows), sum(type(event) is Traded for event in events), middle - start, end - middle)


def measure(scale: float, seed: int) -> Measured:
    """Calls of growing size, in the bare book and in the market, on the same orders."""
    figures: list[Figure] = []
    facts: dict[str, int | str] = {}
    for name, call in (("book", in_book), ("market", in_market)):
        shares: list[float] = []
        for size in SIZES:
            rows = list(gathered(scaled(size, scale, size // 50), seed))
            calls = [call(rows) for _ in range(max(1, scaled(_ORDERS_MIN, scale) // len(rows)))]
            orders, fills, gathering, uncrossing = (sum(column) for column in zip(*calls, strict=True))
            shares.append(uncrossing / orders)
            what = f"{name}, {size:,} orders"
            figures += [
                rate(f"{what}: gathering", int(orders), gathering, "orders/s"),
                Figure(f"{what}: uncross", uncrossing / len(calls) * 1e3, "ms", "less"),
                Figure(f"{what}: uncross, each order", shares[-1] * 1e6, "µs/order", "less"),
            ]
            facts[f"{what}: fills"] = int(fills) // len(calls)
        growth = f"{name}: an order's share of the uncross at {SIZES[-1]:,} to one at {SIZES[0]:,}"
        figures.append(Figure(growth, shares[-1] / shares[0], "×", "less"))
    return Measured(figures, facts)
