"""What the engine's tests start from: a founded market, a seeded flow of commands, followers that remember."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from engine.core import commands, phases, rulebook, units
from engine.core.commands import AnyAct, AnyCommand
from engine.journal import form
from engine.recovery import recover
from engine.sequencer import NO_STORE_MARK, Batch, Sequencer
from engine.settings import EngineSettings
from engine.view import MarketView

FOUND = commands.Found(
    rulebook.shipped("sse_auction_continuous"), (("chen", "Chen", bytes(32)), ("li", "Li", bytes([1] * 32)))
)
INLINE = EngineSettings(disk="inline")
THREAD = EngineSettings(disk="thread")


class Remembering:
    """A follower that stores nothing and remembers everything."""

    mark = NO_STORE_MARK

    def __init__(self) -> None:
        self.start_seq = -1
        self.batches: list[Batch] = []
        self.has_room = True

    def on_start(self, view: MarketView) -> None:
        self.start_seq = view.day().seq if view.is_founded else 0

    def on_batch(self, batch: Batch) -> None:
        self.batches.append(batch)

    @property
    def seqs(self) -> list[int]:
        return [entry.seq for batch in self.batches for entry in batch.entries]


class Ticking:
    """A clock that shows what it is told."""

    def __init__(self, at_ns: int = 1_700_000_000_000_000_000) -> None:
        self.at_ns = at_ns

    def __call__(self) -> int:
        return self.at_ns


def act(wanted: AnyAct) -> commands.Propose:
    return commands.Propose(1, "test", "doc-1", wanted)


def opened_market() -> list[AnyCommand]:
    """Found a market, list one instrument, give four accounts cash and units, open the day for continuous trading."""
    setup: list[AnyCommand] = [FOUND, act(commands.ListInstrument("SHARE-1", "SHARE", 2023, "股", "share", 5000))]
    for number in range(1, 5):
        setup.append(act(commands.OpenAccount(f"A{number}", number, f"member {number}", "key_emitter")))
        setup.append(act(commands.DepositCash(number, 1_000_000_000_000)))
        setup.append(act(commands.AllocateUnits(number, 1, 1_000_000, "free", 2023)))
    setup.append(act(commands.OpenDay(20230207)))
    setup.append(act(commands.ChangePhase(phases.CONTINUOUS)))
    return setup


def flow(seed: int, length: int) -> list[AnyCommand]:
    """Orders, cancels and replaces of the four accounts; many trade, some are refused."""
    dice = random.Random(seed)
    wanted: list[AnyCommand] = []
    for number in range(length):
        account, draw = dice.randint(1, 4), dice.random()
        name = f"{seed}-{number}"
        price, tonnes = 5000 + dice.randint(-20, 20), dice.randint(1, 500)
        if draw < 0.7:
            side = dice.choice((units.BUY, units.SELL))
            life = dice.choice((units.DAY, units.DAY, units.IOC))
            wanted.append(commands.PlaceOrder(account, 1, side, price, tonnes, life, name))
        elif draw < 0.85:
            wanted.append(commands.CancelOrder(account, 0, f"{seed}-{dice.randint(0, number)}"))
        elif draw < 0.98:
            wanted.append(commands.ReplaceOrder(account, 0, f"{seed}-{dice.randint(0, number)}", price, tonnes))
        else:
            wanted.append(commands.CancelAll(account, 0, 0))
    return wanted


async def run_flow(
    folder: Path, wanted: list[AnyCommand], settings: EngineSettings = INLINE, step: int = 50
) -> Sequencer:
    """Recover the exchange in the folder and send it these commands in groups; left open."""
    sequencer = await recover(folder, [], settings=settings)
    for start in range(0, len(wanted), step):
        group = wanted[start : start + step]
        for command in group[:-1]:
            assert sequencer.submit_nowait(command, None)
        await sequencer.submit(group[-1])
    return sequencer


async def wait_until(is_so: Callable[[], bool], deadline_s: float = 60) -> None:
    """Let the loop run until it is so; fails after the deadline."""
    loop = asyncio.get_running_loop()
    until = loop.time() + deadline_s
    while not is_so():
        assert loop.time() < until
        await asyncio.sleep(0.001)


def only_segment(folder: Path) -> Path:
    [path] = folder.glob("*.segment")
    return path


def record_bounds(path: Path) -> list[int]:
    """Offsets at which the records of a segment begin, and the end of the last one."""
    data = memoryview(path.read_bytes())
    head = form.decode_segment_head(path.name, bytes(data[: form.SEGMENT_HEAD_BYTES]))
    offset, seq, chain, bounds = form.SEGMENT_HEAD_BYTES, head.first_seq, head.chain, [form.SEGMENT_HEAD_BYTES]
    while offset < len(data):
        record = form.decode_record(path.name, data, offset, seq, 0, chain)
        assert record is not None
        offset, seq, chain = record.end, record.first_seq + record.commands, record.chain
        bounds.append(offset)
    return bounds
