"""A process that settles a long, always equal stream of events, to be killed: `python busy_session.py FOLDER`.

Prints a line each time more of it is committed, and "done" at the end; started again it goes on from the mark. With
`lines N` behind the folder it commits so much and then waits for its end; with `statement N` it kills itself before the
Nth statement that it would send to the database after starting.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiosqlite

from engine.core import events
from engine.sequencer import Batch
from tests.settlement.kit import SPOT, PaperEngine, Watch, open_settlement

DAYS, TRADES = 4, 150
CYCLE_DAY = 1  # the second day's trades settle together when it closes


def stream() -> tuple[PaperEngine, list[Batch]]:
    """Four days of random trades, one of them settled at its close; the same in every process."""
    rng, engine = random.Random(11), PaperEngine()
    batches = engine.founded(accounts=8, cash_fen=100_000_000, tonnes=100_000)
    for day in range(DAYS):
        if day:
            unlocked = [
                events.UnitsUnlocked(a, SPOT, held[1]) for (a, i), held in sorted(engine.held.items()) if held[1]
            ]
            batches.append(engine.open_day(*unlocked, at_close=day == CYCLE_DAY))
        for _ in range(TRADES):
            pairs = [rng.sample(range(1, 9), 2) for _ in range(rng.randint(1, 4))]
            batches.append(engine.entry(*[engine.traded(b, s, rng.randint(1, 50), fee=2) for b, s in pairs]))
        batches.append(engine.close_day())
    return engine, batches


async def main(folder: Path, lines_max: int = 0) -> None:
    """Settle what is not settled yet; at most so many lines of it, if there is a limit."""
    engine, batches = stream()
    watch = Watch()
    settlement = await open_settlement(folder, watch, engine)
    stored, lines = settlement.mark, 0
    for batch in batches:
        settlement.on_batch(batch)
        seq = batch.entries[-1].seq
        if seq > stored:
            await settlement.wait_settled(seq)
            print(seq, flush=True)
            lines += 1
            if lines == lines_max:
                await asyncio.Event().wait()
    await settlement.close()
    assert not watch.failures
    print("done", flush=True)


def die_before_statement(number: int) -> None:
    """Count statements from the first transaction after the tables are there, and die before this one."""
    send = aiosqlite.Connection.execute_fetchall
    left = -1

    async def counting(self: aiosqlite.Connection, sql: str, parameters: Any = None) -> Iterable[Any]:
        nonlocal left
        if left < 0 and sql == "SELECT number, sha256 FROM bulletins ORDER BY number DESC LIMIT 1":
            left = number  # the last read of loading
        elif left > 0:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return await send(self, sql, parameters)

    aiosqlite.Connection.execute_fetchall = counting  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    limit, number = (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else ("", 0)
    if limit == "statement":
        die_before_statement(number)
    asyncio.run(main(Path(sys.argv[1]), number if limit == "lines" else 0))
