"""How many seconds pass from the start until an exchange with 1,000,000 commands in its journal trades again?

Included: opening and checking the journal, decoding, applying every entry, telling a follower; then the same from a
snapshot. Excluded: starting Python, the registry's and the gateway's own catching up.
"""

import asyncio
import time
from pathlib import Path

import uvloop

from bench.core import commands_of
from bench.journal import data_folder
from bench.measure import Figure, Measured, require
from bench.sequencer import Counter, found
from bench.workload import Flow, mix, scaled
from engine.journal import Journal
from engine.recovery import JOURNAL_FOLDER, recover
from engine.settings import EngineSettings

DOUBTS = (
    "The journal has just been written, so it is read from memory and not from the disk.",
    "Batches of 256 commands; a quiet market has smaller ones, whose records cost more to check.",
    "A whole replay is the worst case: an exchange that was closed, or has run for a while, has a snapshot.",
    "The snapshot holds the client order ids of the whole day, which are most of it; the book is small beside them.",
)
FORMS = ("plain", "compiled")
COMMANDS = 1_000_000
BATCH = 256


def measure(scale: float, seed: int) -> Measured:
    """Replay all, then start once more from the snapshot that closing wrote."""
    flow = mix(scaled(COMMANDS, scale), scaled(5_000, scale), seed)
    with data_folder() as name:
        folder = Path(name)
        last_seq = write(folder, flow)
        counter = Counter()
        return uvloop.run(_measure(folder, flow, last_seq, counter))


def write(folder: Path, flow: Flow) -> int:
    """Journal a founded market and a flow; returns the last seq."""
    first_seq = found(folder) + 1
    commands = commands_of(flow, first_seq)
    journal = Journal.open(folder / JOURNAL_FOLDER)
    for start in range(0, len(commands), BATCH):
        journal.append_commands(journal.at_ns + 1, commands[start : start + BATCH])
    journal.close()
    return first_seq - 1 + len(commands)


async def _measure(folder: Path, flow: Flow, last_seq: int, counter: Counter) -> Measured:
    settings = EngineSettings(snapshot_every=10**9)
    start = time.perf_counter()
    sequencer = await recover(folder, [counter], settings=settings)
    replayed = time.perf_counter() - start
    require("last seq", sequencer.view.day().seq, last_seq)
    require("commands told", counter.commands, last_seq)
    start = time.perf_counter()
    written = asyncio.create_task(sequencer.snapshot())
    await asyncio.sleep(0)  # the copy is made in the task's first step, in which nothing else can run
    copied = time.perf_counter() - start
    await written
    whole = time.perf_counter() - start
    await sequencer.close()
    require("snapshots", len(list((folder / JOURNAL_FOLDER).glob("*.snapshot"))), 1)
    start = time.perf_counter()
    again = await recover(folder, [Counter()], settings=settings)
    loaded = time.perf_counter() - start
    require("last seq", again.view.day().seq, last_seq)
    await again.close()
    return Measured(
        [
            Figure(f"replay of {last_seq:,} commands", replayed, "s", "less"),
            Figure("replay", last_seq / replayed, "commands/s"),
            Figure("snapshot: the market stands still", copied, "s", "less"),
            Figure("snapshot: until it is on disk", whole, "s", "less"),
            Figure("start from the snapshot", loaded, "s", "less"),
        ],
        {"commands": last_seq, "live orders": flow.live},
    )
