"""How many commands a second does the journal make durable, by the size of a batch, and how fast is it read back?

Included: encoding, checksums, the chain of hashes, one write and one sync for each batch. Excluded: the market.
"""

import tempfile
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from bench.core import Founded, commands_of
from bench.measure import Figure, Measured, percentile, rate, require
from bench.report import ROOT
from bench.workload import mix, scaled
from engine.core.commands import Command
from engine.journal import Journal

DOUBTS = (
    "A sync here is as durable as this machine's disk makes it: a virtual disk may answer before anything is on a medium.",
    "The folder is on the disk of the checkout, which may differ from the one an exchange would use.",
)
FORMS = ("as built",)
BATCHES = ((1, 2_000), (16, 2_000), (256, 1_000), (4_096, 100))  # commands in a batch, how many batches


def data_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder on the disk of the checkout, since /tmp is often memory; removed afterwards."""
    return tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT)


def measure(scale: float, seed: int) -> Measured:
    """Append batches of each size, then read all of it."""
    commands = commands_of(mix(scaled(20_000, scale), scaled(5_000, scale), seed), Founded().market.seq + 1)
    figures = []
    facts: dict[str, int | str] = {}
    with data_folder() as folder:
        for size, wanted in BATCHES:
            batch = (commands * (size // len(commands) + 1))[:size]
            rounds = scaled(wanted, scale, 3)
            path = Path(folder) / str(size)
            seconds, times = append(path, batch, rounds)
            figures.append(rate(f"append, batches of {size:,}", size * rounds, seconds, "commands/s"))
            ordered = sorted(times)
            for share, label in ((50.0, "p50"), (99.0, "p99")):
                name = f"one batch of {size:,}, {label}"
                figures.append(Figure(name, percentile(ordered, share) / 1_000, "µs", "less"))
            facts[f"bytes for each command, batches of {size}"] = round(
                sum(file.stat().st_size for file in path.glob("*.segment")) / (size * rounds)
            )
        start = time.perf_counter()
        journal = Journal.open(path)
        count = sum(len(entries) for entries in journal.read())
        figures.append(rate("open, check and read", count, time.perf_counter() - start, "commands/s"))
        journal.close()
        require("commands read", count, size * rounds)
    return Measured(figures, facts)


def append(folder: Path, batch: Sequence[Command], rounds: int) -> tuple[float, "array[int]"]:
    """Seconds for so many appends of the batch, and the nanoseconds of each."""
    journal = Journal.open(folder)
    times = array("q")
    clock = time.perf_counter_ns
    begin = time.perf_counter()
    for turn in range(1, rounds + 1):
        start = clock()
        journal.append_commands(turn, batch)
        times.append(clock() - start)
    seconds = time.perf_counter() - begin
    journal.close()
    return seconds, times
