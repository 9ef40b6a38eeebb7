"""No command leaves a reference cycle behind: the collector has nothing to find in a market (`engine.collector` relies on it)."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench.book import play
from bench.workload import cancel_storm, mix, sweep
from engine.core.book import Book
from engine.core.market import Market
from tests.testkit.flows import random_flow

FLOWS = 1_000 if os.environ.get("YUTAN_PROVE", "") not in ("", "0") else 40
COMMANDS = 200  # of each flow, after founding


@contextmanager
def collector_off() -> Iterator[None]:
    """What was there before is out of sight, and what is made in here is walked by `found` only."""
    gc.collect()
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        gc.unfreeze()


def found() -> list[str]:
    """What kinds of unreachable cycles there are."""
    gc.collect()
    return sorted({type(thing).__qualname__ for thing in gc.garbage})


def test_a_command_makes_no_cycles() -> None:
    kept = []  # a market dropped whole takes its open orders with it, and they point at each other
    with collector_off():
        for seed in range(FLOWS):
            market = Market()
            kept.append(market)
            for entry in random_flow(seed, COMMANDS):
                market.apply(entry)
            assert found() == [], f"seed {seed}"


def test_a_book_makes_no_cycles() -> None:
    flows = (mix(20_000, 1_000), sweep(10), cancel_storm(2_000))
    books = [Book() for _ in flows]
    with collector_off():
        for book, flow in zip(books, flows, strict=True):
            assert play(book, flow.rows) == flow.traded_tonnes
            assert found() == [], flow.name


def test_a_cycle_would_be_found() -> None:
    with collector_off():
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert found() == ["list"]
