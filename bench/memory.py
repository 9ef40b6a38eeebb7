"""How many bytes does one resting order cost, in the book alone and in the whole core?

Counted twice: by Python's own trace of its allocations, and by what the process has in RAM.
"""

import gc
import os
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Final

from bench.core import Founded, account_of, entries_of
from bench.measure import Figure, Measured, require, resident_bytes
from bench.workload import queued, scaled
from engine.core import phases
from engine.core.book import Book
from engine.core.commands import PlaceOrder

DOUBTS = (
    "The whole core's figure holds the client order id, which stays known for six trading days, order or not.",
    "RAM is taken in pages and pools, so its figure jumps; the trace counts what was asked for.",
    "Books with few orders at a price carry more levels; here about 300 prices on each side are used.",
)
FORMS = ("plain", "compiled")
_PIPE_BYTES: Final = 64


def measure(scale: float, seed: int) -> Measured:
    """Each way of counting in a process of its own, so that freed memory of one is not reused by the other."""
    orders = scaled(100_000, scale)
    figures = []
    for name, fill in (("book alone", fill_book), ("whole core", fill_core)):
        for way, is_traced in (("allocated", True), ("in RAM", False)):
            used = _in_fork(partial(fill, orders, seed, is_traced))
            figures.append(Figure(f"{name}, {way}", used / orders, "bytes/order", "less"))
    return Measured(figures, {"orders": orders})


def fill_book(orders: int, seed: int, is_traced: bool) -> int:
    """Bytes more after this many orders rest in a bare book."""
    book = Book()
    before = _begin(is_traced)
    for row in queued(orders, seed):
        book.place(row.number, row.side, row.price_ticks, row.tonnes, row.time_in_force)
    used = _used(is_traced) - before
    require("resting orders", len(book.orders), orders)
    return used


def fill_core(orders: int, seed: int, is_traced: bool) -> int:
    """Bytes more after this many orders rest in a market. Commands are made one by one, as they come from the wire."""
    founded = Founded()
    founded.enter(phases.CONTINUOUS)
    market = founded.market
    before = _begin(is_traced)
    for row in queued(orders, seed):
        account = account_of(row.number, row.side)
        command = PlaceOrder(
            account, 1, row.side, row.price_ticks, row.tonnes, row.time_in_force, f"order-{row.number}"
        )
        market.apply(entries_of([command], market.seq + 1)[0])
    used = _used(is_traced) - before
    require("resting orders", sum(len(a.orders) for a in market.state.accounts if a is not None), orders)
    return used


def _begin(is_traced: bool) -> int:
    gc.collect()
    if is_traced:
        tracemalloc.start()
    return _used(is_traced)


def _used(is_traced: bool) -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] if is_traced else resident_bytes()


def _in_fork(work: Callable[[], int]) -> int:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, str(work()).encode())
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read(_PIPE_BYTES)
    _, status = os.waitpid(child, 0)
    require("exit of the counting process", status, 0)
    return int(text)
