"""What a benchmark hands back, and the few ways of timing that all of them share."""

import gc
import math
import os
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import msgspec

from engine import collector

PERCENTILES: Final = ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"), (99.99, "p99.99"))

# Work that only computes is timed by the processor's clock for this process: other programs then disturb less.
cpu_seconds: Final = time.process_time

Better = Literal["more", "less"]


class Figure(msgspec.Struct, frozen=True):
    """One number of one run. `better` says which way is progress; `note` is what a reader of the number must know."""

    name: str
    value: float
    unit: str
    better: Better = "more"
    note: str = ""


class Measured(msgspec.Struct, frozen=True):
    """One run of one benchmark: its figures, the facts that show that the work was really done, and what was left out and why."""

    figures: list[Figure]
    facts: dict[str, int | str] = {}
    skipped: dict[str, str] = {}


class WorkNotDone(Exception):
    """A run ended with other results than its workload must cause: its speed means nothing."""


def require(name: str, actual: object, expected: object) -> None:
    """Refuse to report the speed of wrong work."""
    if actual != expected:
        raise WorkNotDone(f"{name} is {actual}, the workload must give {expected}")


def rate(name: str, count: int, seconds: float, unit: str) -> Figure:
    """So many per second."""
    return Figure(name, count / seconds, unit)


def clock_cost_ns(samples: int = 20_001) -> int:
    """Median distance of two readings of the clock: what every timed command is charged too much."""
    clock = time.perf_counter_ns
    gaps = [-(clock() - clock()) for _ in range(samples)]
    return sorted(gaps)[samples // 2]


def percentile(ordered: Sequence[int], share: float) -> int:
    """The value below which `share` percent of the ascending values lie (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def latency_figures(prefix: str, times_ns: "array[int]", clock_ns: int) -> list[Figure]:
    """Percentiles and the maximum in microseconds, less the clock's own cost."""
    ordered = sorted(times_ns)
    rows = [(label, percentile(ordered, share)) for share, label in PERCENTILES] + [("max", ordered[-1])]
    return [Figure(f"{prefix} {label}", max(0, value - clock_ns) / 1_000, "µs", "less") for label, value in rows]


class Pauses:
    """How often and how long the garbage collector stopped the work."""

    def __init__(self) -> None:
        self.count = 0
        self.longest_ns = 0
        self._started_ns = 0

    def note(self, phase: str, _info: dict[str, int]) -> None:
        """The callback of gc.callbacks."""
        if phase == "start":
            self._started_ns = time.perf_counter_ns()
        else:
            self.count += 1
            self.longest_ns = max(self.longest_ns, time.perf_counter_ns() - self._started_ns)


@contextmanager
def steady() -> Iterator[Pauses]:
    """Run with the collector set as the exchange sets it."""
    collector.tame()
    pauses = Pauses()
    gc.callbacks.append(pauses.note)
    try:
        yield pauses
    finally:
        gc.callbacks.remove(pauses.note)
        collector.untame()


def resident_bytes() -> int:
    """Memory of this process that is in RAM (Linux)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
