"""How many commands a second does the whole core take: admission, holds, matching, events?

Excluded: reading the command from the wire, journal, followers. Included: `Market.apply` of each entry, and looking at the
events. Entries are made batch by batch while the clock stands still: fresh in the processor's cache, as they come from the
wire; what making them costs is in the benchmarks of the sequencer and of the whole road. The batch door takes turns with the
single one on the same market, batch by batch, so that both find the same memory and the same moods of the machine.
"""

import time
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from bench.measure import (
    Figure,
    Measured,
    Pauses,
    clock_cost_ns,
    cpu_seconds,
    latency_figures,
    rate,
    require,
    steady,
)
from bench.workload import CANCEL, FLOWS, MID, Flow, Row, mix, scaled
from engine.core import phases
from engine.core.commands import (
    Act,
    AllocateUnits,
    AnyCommand,
    Approve,
    CancelOrder,
    ChangePhase,
    DepositCash,
    Entry,
    Found,
    ListInstrument,
    OpenAccount,
    OpenDay,
    PlaceOrder,
    Propose,
)
from engine.core.events import ActProposed, ActRefused, ActRejected
from engine.core.market import Market
from engine.core.rulebook import shipped
from engine.core.units import SELL
from engine.sequencer import STRIDE_COMMANDS_MAX

DOUBTS = (
    "Half of the 40 accounts only buy and half only sell, so self-trade prevention looks at every fill and never acts.",
    "Every order is admitted; a refused one costs less.",
    "One trading day: the table of known client order ids grows by each order, as it would in that day.",
    "Between batches of 256 other work runs (making entries), but less than in an exchange: caches are kinder here.",
    "The batch door takes the 64 commands of the sequencer's stride; the more, the longer its events stay alive together.",
)
FORMS = ("plain", "compiled")
ACCOUNTS: Final = 40
_BUYERS: Final = ACCOUNTS // 2
_FIRST_NS: Final = 1_700_000_000_000_000_000
_BATCH: Final = 256


class Founded:
    """A market on its way to an open day."""

    def __init__(self, instruments: int = 1) -> None:
        self.market = Market()
        text = shipped("chongqing-call").replace(
            "open_orders_max = { value = 1000,", "open_orders_max = { value = 10_000_000,"
        )
        self.commands: list[AnyCommand] = []
        self._do(Found(text, (("a", "A", b"a" * 32), ("b", "B", b"b" * 32))))
        for number in range(1, ACCOUNTS + 1):
            self.act(OpenAccount(f"A{number:03}", number, f"Account {number}", "institution"))
        for number in range(1, instruments + 1):
            self.act(ListInstrument(f"CQEA-{number}", "CQEA", 2025, "重庆碳配额", "allowance", MID))
        for number in range(1, ACCOUNTS + 1):
            self.act(DepositCash(number, 10**15))
        for instrument in range(1, instruments + 1):
            for number in range(_BUYERS + 1, ACCOUNTS + 1):
                self.act(AllocateUnits(number, instrument, 10**9, "paid", 2025))
        self.act(OpenDay(20260105))

    def act(self, act: Act) -> None:
        """An operator's act, with the second operator's consent where the rules want it."""
        events = self._do(Propose(1, "benchmark", "", act))  # type: ignore[arg-type]
        if isinstance(events[0], ActProposed):
            events = self._do(Approve(2, events[0].proposal, events[0].act_sha256))
        for event in events:
            require("act", isinstance(event, ActRefused | ActRejected), False)

    def enter(self, phase: int) -> None:
        """Change the phase."""
        self.act(ChangePhase(phase))

    def _do(self, command: AnyCommand) -> list[object]:
        self.commands.append(command)
        seq = self.market.seq + 1
        return list(self.market.apply(Entry(seq, _FIRST_NS + seq, command)))


def account_of(number: int, side: int) -> int:
    """Which account places the order of this number."""
    return 1 + number % _BUYERS + (_BUYERS if side == SELL else 0)


def command_of(row: Row, before: int) -> AnyCommand:
    """A row as a command; row 1 gets seq `before` + 1."""
    account = account_of(row.number, row.side)
    if row.op == CANCEL:
        return CancelOrder(account, before + row.number, "")
    _, number, instrument, side, price_ticks, tonnes, time_in_force = row
    return PlaceOrder(account, instrument, side, price_ticks, tonnes, time_in_force, f"order-{number}")


def commands_of(flow: Flow, first_seq: int) -> list[AnyCommand]:
    """The flow's rows as commands, the first of which gets this seq."""
    return [command_of(row, first_seq - 1) for row in flow.rows]


def entries_of(commands: Sequence[AnyCommand], first_seq: int) -> list[Entry]:
    """Commands with their places and times."""
    return [Entry(seq, _FIRST_NS + seq, command) for seq, command in enumerate(commands, first_seq)]


def prepare(flow: Flow, batch: int = _BATCH) -> tuple[Market, Iterator[list[Entry]]]:
    """A market in continuous trading in which the warm part of the flow has happened, and batches of what is to be timed."""
    founded = Founded(flow.instruments)
    founded.enter(phases.CONTINUOUS)
    market = founded.market
    before = market.seq
    for entry in entries_of([command_of(row, before) for row in flow.rows[: flow.warm]], before + 1):
        market.apply(entry)
    return market, _batches(flow, before, batch)


def _batches(flow: Flow, before: int, batch: int) -> Iterator[list[Entry]]:
    for first in range(flow.warm, len(flow.rows), batch):
        commands = [command_of(row, before) for row in flow.rows[first : first + batch]]
        yield entries_of(commands, before + first + 1)


def check(market: Market, flow: Flow) -> None:
    """The core did what the book did when the flow was made."""
    state = market.state
    require("trades", int(state.trade_number), flow.fills)
    require("live orders", sum(len(a.orders) for a in state.accounts if a is not None), flow.live)
    require("traded tonnes", sum(int(i.tonnes) for i in state.instruments if i is not None), flow.traded_tonnes)
    market.audit()


def run_flow(flow: Flow) -> tuple[float, Pauses]:
    """Processor seconds for the timed part of a flow in a fresh market, and the collector's pauses in it."""
    market, batches = prepare(flow)
    apply = market.apply
    events = 0
    seconds = 0.0
    with steady() as pauses:
        for entries in batches:
            start = cpu_seconds()
            for entry in entries:
                events += len(apply(entry))
            seconds += cpu_seconds() - start
    require("events of each command", events >= flow.timed, True)
    check(market, flow)
    return seconds, pauses


def run_in_turns(flow: Flow) -> tuple[float, float]:
    """Processor seconds a command through the single door and through the batch door, which take turns on one market."""
    market, batches = prepare(flow, STRIDE_COMMANDS_MAX)
    apply, apply_batch = market.apply, market.apply_batch
    events = 0
    seconds = [0.0, 0.0]
    commands = [0, 0]
    with steady():
        for turn, entries in enumerate(batches):
            is_batch = turn % 2
            asked = [entry.command for entry in entries]
            start = cpu_seconds()
            if is_batch:
                for happened in apply_batch(entries[-1].at_ns, asked):
                    events += len(happened)
            else:
                for entry in entries:
                    events += len(apply(entry))
            seconds[is_batch] += cpu_seconds() - start
            commands[is_batch] += len(entries)
    require("events of each command", events >= flow.timed, True)
    check(market, flow)
    return seconds[0] / commands[0], seconds[1] / commands[1]


def latencies(flow: Flow) -> "array[int]":
    """Nanoseconds of each timed command, clock included."""
    market, batches = prepare(flow)
    times = array("q")
    note = times.append
    apply, clock = market.apply, time.perf_counter_ns
    with steady():
        for entries in batches:
            for entry in entries:
                start = clock()
                apply(entry)
                note(clock() - start)
    return times


def measure(scale: float, seed: int) -> Measured:
    """All flows once, many instruments, then the mix again with a clock around each command."""
    figures = []
    facts: dict[str, int | str] = {}
    seconds_of: dict[str, float] = {}
    longest_ns = 0
    flows = dict(FLOWS)
    flows["100 instruments × 1,000 live"] = lambda scale, seed: mix(
        scaled(100_000, scale), scaled(100_000, scale), seed, instruments=100
    )
    for name, make in flows.items():
        flow = make(scale, seed)
        seconds, pauses = run_flow(flow)
        seconds_of[name] = seconds / flow.timed
        longest_ns = max(longest_ns, pauses.longest_ns)
        figures.append(rate(name, flow.timed, seconds, "commands/s"))
        facts[f"{name}: fills"] = flow.timed_fills
        facts[f"{name}: collections"] = pauses.count
        if name == "mix":
            mixed = flow
            single, batched = run_in_turns(flow)
            figures.append(Figure("mix, batch door", 1 / batched, "commands/s"))
            figures.append(Figure("the batch door to one entry at a time", single / batched, "×"))
        elif name == "sweep":
            figures.append(rate("sweep, fills", flow.timed_fills, seconds, "fills/s"))
    growth = seconds_of["100,000 live"] / seconds_of["1,000 live"]
    figures.append(Figure("a command at 100,000 live to one at 1,000", growth, "×", "less"))
    figures.append(Figure("longest pause of the collector", longest_ns / 1_000, "µs", "less"))
    facts["clock cost ns"] = clock_cost_ns()
    figures += latency_figures("mix, one command", latencies(mixed), int(facts["clock cost ns"]))
    return Measured(figures, facts)
