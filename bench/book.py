"""How many commands a second does the book alone take, and does depth slow it down?

Excluded: accounts, rules, holds, events, journal. Included: the call of each command, and looking at each fill.
"""

import time
from array import array

from bench.measure import Figure, Measured, Pauses, clock_cost_ns, cpu_seconds, latency_figures, rate, require, steady
from bench.workload import FLOWS, PLACE, Flow, Row
from engine.core.book import Book

DOUBTS = (
    "The loop that feeds the book is in the figure; an empty one runs at the speed given as 'feeding loop alone'.",
    "The flow is invented: prices near the touch, sizes uniform. Real flow has bursts and other depths.",
    "A cancel names a live order at random, which misses the processor's cache more often than recent ones would.",
)
FORMS = ("plain", "compiled")


def play(book: Book, rows: list[Row]) -> int:
    """Bring rows to the book; returns the tonnes traded."""
    place, cancel = book.place, book.cancel
    traded = 0
    for op, number, _, side, price_ticks, tonnes, time_in_force in rows:
        if op == PLACE:
            for fill in place(number, side, price_ticks, tonnes, time_in_force):
                traded += fill.tonnes
        else:
            cancel(number)
    return traded


def feed_nothing(rows: list[Row]) -> int:
    """The loop of `play` without a book."""
    traded = 0
    for op, _number, _, _side, _price_ticks, tonnes, _time_in_force in rows:
        if op == PLACE:
            traded += tonnes
    return traded


def run_flow(flow: Flow) -> tuple[float, Pauses]:
    """Processor seconds for the timed part of a flow on a fresh book, and the collector's pauses in it."""
    book = Book()
    warm, rows = flow.rows[: flow.warm], flow.rows[flow.warm :]
    traded = play(book, warm)
    with steady() as pauses:
        start = cpu_seconds()
        traded += play(book, rows)
        seconds = cpu_seconds() - start
    require("traded tonnes", traded, flow.traded_tonnes)
    require("live orders", len(book.orders), flow.live)
    return seconds, pauses


def latencies(flow: Flow) -> "array[int]":
    """Nanoseconds of each timed command, clock included."""
    book = Book()
    play(book, flow.rows[: flow.warm])
    rows = flow.rows[flow.warm :]
    times = array("q", bytes(8 * len(rows)))
    place, cancel, clock = book.place, book.cancel, time.perf_counter_ns
    with steady():
        for index, (op, number, _, side, price_ticks, tonnes, time_in_force) in enumerate(rows):
            start = clock()
            if op == PLACE:
                place(number, side, price_ticks, tonnes, time_in_force)
            else:
                cancel(number)
            times[index] = clock() - start
    return times


def measure(scale: float, seed: int) -> Measured:
    """All flows once, then the mix again with a clock around each command."""
    figures = []
    facts: dict[str, int | str] = {}
    seconds_of: dict[str, float] = {}
    longest_ns = 0
    for name, make in FLOWS.items():
        flow = make(scale, seed)
        seconds, pauses = run_flow(flow)
        seconds_of[name] = seconds / flow.timed
        longest_ns = max(longest_ns, pauses.longest_ns)
        figures.append(rate(name, flow.timed, seconds, "commands/s"))
        facts[f"{name}: fills"] = flow.timed_fills
        facts[f"{name}: collections"] = pauses.count
        if name == "mix":
            start = cpu_seconds()
            feed_nothing(flow.rows[flow.warm :])
            figures.append(rate("feeding loop alone", flow.timed, cpu_seconds() - start, "commands/s"))
            mixed = flow
        elif name == "sweep":
            figures.append(rate("sweep, fills", flow.timed_fills, seconds, "fills/s"))
    growth = seconds_of["100,000 live"] / seconds_of["1,000 live"]
    figures.append(Figure("a command at 100,000 live to one at 1,000", growth, "×", "less"))
    figures.append(Figure("longest pause of the collector", longest_ns / 1_000, "µs", "less"))
    facts["clock cost ns"] = clock_cost_ns()
    figures += latency_figures("mix, one command", latencies(mixed), int(facts["clock cost ns"]))
    return Measured(figures, facts)
