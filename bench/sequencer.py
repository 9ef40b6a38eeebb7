"""How many durable commands a second go through the sequencer: number, journal, apply, tell a follower?

Included: journal with sync, the whole core, a follower that counts. Excluded: sockets and the wire.
"""

import time
from pathlib import Path

import uvloop

from bench.core import Founded, commands_of
from bench.journal import data_folder
from bench.measure import Figure, Measured, percentile, rate, require
from bench.workload import mix, scaled
from engine.clock import wall_ns
from engine.core import phases
from engine.core.commands import AnyCommand
from engine.journal import Journal
from engine.recovery import JOURNAL_FOLDER, recover
from engine.sequencer import NO_STORE_MARK, Batch, Sequencer
from engine.view import MarketView

DOUBTS = (
    "One process does all of it on one core; the figure is what is left for sockets to share.",
    "'Waiting for each' is the shortest road of one command: loop turn, sync, apply, answer. It is mostly the disk.",
)
FORMS = ("plain", "compiled")
IN_FLIGHT = (16, 256, 4_096)


class Counter:
    """A follower that stores nothing."""

    mark = NO_STORE_MARK

    def __init__(self) -> None:
        self.commands = 0
        self.events = 0

    def on_start(self, view: MarketView) -> None:
        """Nothing to begin from."""

    def on_batch(self, batch: Batch) -> None:
        """Count it."""
        self.commands += len(batch.entries)
        self.events += sum(len(events) for events in batch.events)


def found(folder: Path) -> int:
    """Journal a market whose day is open, in continuous trading; returns its seq."""
    founded = Founded()
    founded.enter(phases.CONTINUOUS)
    journal = Journal.open(folder / JOURNAL_FOLDER)
    journal.append_commands(wall_ns(), founded.commands)
    journal.close()
    return founded.market.seq


def measure(scale: float, seed: int) -> Measured:
    """With so many commands waiting at a time, then one at a time."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    figures = []
    facts: dict[str, int | str] = {}
    for in_flight in IN_FLIGHT:
        flow = mix(scaled(min(200_000, in_flight * 2_000), scale), scaled(5_000, scale), seed)
        with data_folder() as name:
            before = found(Path(name))
            counter = Counter()
            sequencer = await recover(Path(name), [counter])
            commands = commands_of(flow, before + 1)
            seconds = await _keep_in_flight(sequencer, counter, commands, in_flight)
            require("commands told", sequencer.view.day().seq, before + len(commands))
            facts["journal is written"] = "in a thread" if sequencer.is_in_thread else "inline"
            await sequencer.close()
        figures.append(rate(f"{in_flight:,} in flight", len(commands), seconds, "commands/s"))
    times = await _one_at_a_time(scaled(2_000, scale), seed)
    for share, label in ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9")):
        name = f"waiting for each, {label}"
        figures.append(Figure(name, percentile(times, share) / 1_000, "µs", "less"))
    return Measured(figures, facts)


async def _keep_in_flight(sequencer: Sequencer, counter: Counter, commands: list[AnyCommand], in_flight: int) -> float:
    """Seconds for all commands when so many are submitted before anyone waits for the last of them."""
    submit = sequencer.submit_nowait
    start = time.perf_counter()
    for first in range(0, len(commands), in_flight):
        part = commands[first : first + in_flight]
        for command in part[:-1]:
            require("room in the inbox", submit(command), True)
        await sequencer.submit(part[-1])
    return time.perf_counter() - start


async def _one_at_a_time(count: int, seed: int) -> list[int]:
    flow = mix(0, count, seed)
    times = []
    with data_folder() as name:
        before = found(Path(name))
        sequencer = await recover(Path(name), [Counter()])
        clock = time.perf_counter_ns
        for command in commands_of(flow, before + 1):
            start = clock()
            await sequencer.submit(command)
            times.append(clock() - start)
        await sequencer.close()
    return sorted(times)
