"""How many commands a second does the whole core take: admission, holds, matching, events?

Excluded: reading the command from the wire, journal, followers. Included: `Market.apply` of each entry, and looking at the
events. Entries are made before the clock starts, since the sequencer's cost has its own benchmark.
"""

import time
from array import array
from typing import Final, NamedTuple

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
from bench.workload import CANCEL, FLOWS, MID, Flow, mix, scaled
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
from engine.core.events import ActProposed, ActRefused, ActRejected, Traded
from engine.core.market import Market
from engine.core.rulebook import shipped
from engine.core.units import DAY, SELL

DOUBTS = (
    "Half of the 40 accounts only buy and half only sell, so self-trade prevention looks at every fill and never acts.",
    "Every order is admitted; a refused one costs less.",
    "One trading day: the table of known client order ids grows by each order, as it would in that day.",
    "Entries and commands exist before the clock starts; they come from memory that the processor may have forgotten.",
)
FORMS = ("plain", "compiled")
ACCOUNTS: Final = 40
_BUYERS: Final = ACCOUNTS // 2
_FIRST_NS: Final = 1_700_000_000_000_000_000


class Prepared(NamedTuple):
    """A market whose day is open, and the entries to be timed."""

    market: Market
    entries: list[Entry]


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


def commands_of(flow: Flow, first_seq: int) -> list[AnyCommand]:
    """The flow's rows as commands, the first of which gets this seq."""
    before = first_seq - 1
    return [
        CancelOrder(account_of(row.number, row.side), before + row.number, "")
        if row.op == CANCEL
        else PlaceOrder(
            account_of(row.number, row.side),
            row.instrument,
            row.side,
            row.price_ticks,
            row.tonnes,
            row.time_in_force,
            f"order-{row.number}",
        )
        for row in flow.rows
    ]


def entries_of(commands: list[AnyCommand], first_seq: int) -> list[Entry]:
    """Commands with their places and times."""
    return [Entry(seq, _FIRST_NS + seq, command) for seq, command in enumerate(commands, first_seq)]


def prepare(flow: Flow) -> Prepared:
    """A market in continuous trading in which the warm part of the flow has happened."""
    founded = Founded(flow.instruments)
    founded.enter(phases.CONTINUOUS)
    market = founded.market
    entries = entries_of(commands_of(flow, market.seq + 1), market.seq + 1)
    for entry in entries[: flow.warm]:
        market.apply(entry)
    return Prepared(market, entries[flow.warm :])


def check(market: Market, flow: Flow) -> None:
    """The core did what the book did when the flow was made."""
    state = market.state
    require("trades", int(state.trade_number), flow.fills)
    require("live orders", sum(len(a.orders) for a in state.accounts if a is not None), flow.live)
    require("traded tonnes", sum(int(i.tonnes) for i in state.instruments if i is not None), flow.traded_tonnes)
    market.audit()


def run_flow(flow: Flow) -> tuple[float, Pauses]:
    """Processor seconds for the timed part of a flow in a fresh market, and the collector's pauses in it."""
    market, entries = prepare(flow)
    apply = market.apply
    events = 0
    with steady() as pauses:
        start = cpu_seconds()
        for entry in entries:
            events += len(apply(entry))
        seconds = cpu_seconds() - start
    require("events of each command", events >= len(entries), True)
    check(market, flow)
    return seconds, pauses


def latencies(flow: Flow) -> "array[int]":
    """Nanoseconds of each timed command, clock included."""
    market, entries = prepare(flow)
    times = array("q", bytes(8 * len(entries)))
    apply, clock = market.apply, time.perf_counter_ns
    with steady():
        for index, entry in enumerate(entries):
            start = clock()
            apply(entry)
            times[index] = clock() - start
    return times


def call_auction(orders: int, seed: int) -> list[Figure]:
    """Orders collected in the opening call, and its uncross."""
    flow = _call_flow(orders, seed)
    founded = Founded()
    founded.enter(phases.OPENING_CALL)
    market = founded.market
    entries = entries_of(flow, market.seq + 1)
    apply = market.apply
    with steady():
        start = cpu_seconds()
        for entry in entries:
            apply(entry)
        collected = cpu_seconds()
        seq = market.seq + 1
        events = apply(Entry(seq, _FIRST_NS + seq, Propose(1, "benchmark", "", ChangePhase(phases.CONTINUOUS))))
        uncrossed = cpu_seconds()
    fills = sum(1 for event in events if isinstance(event, Traded))
    require("fills of the call", fills > orders // 4, True)
    market.audit()
    return [
        rate("call auction, collecting", orders, collected - start, "commands/s"),
        rate("call auction, uncross", fills, uncrossed - collected, "fills/s"),
    ]


def _call_flow(orders: int, seed: int) -> list[AnyCommand]:
    rows = mix(0, orders, seed).rows
    return [
        # What rests in the mix is mirrored at the reference price, so that all of it is willing to trade.
        PlaceOrder(
            account_of(row.number, row.side),
            1,
            row.side,
            2 * MID - row.price_ticks,
            row.tonnes,
            DAY,
            f"order-{row.number}",
        )
        for row in rows
    ]


def measure(scale: float, seed: int) -> Measured:
    """All flows once, a call auction, many instruments, then the mix again with a clock around each command."""
    figures = []
    facts: dict[str, int | str] = {}
    seconds_of: dict[str, float] = {}
    longest_ns = 0
    flows = dict(FLOWS)
    flows["100 instruments × 1,000 live"] = lambda scale, seed: mix(
        scaled(200_000, scale), scaled(100_000, scale), seed, instruments=100
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
        elif name == "sweep":
            figures.append(rate("sweep, fills", flow.timed_fills, seconds, "fills/s"))
    growth = seconds_of["100,000 live"] / seconds_of["1,000 live"]
    figures.append(Figure("a command at 100,000 live to one at 1,000", growth, "×", "less"))
    figures.append(Figure("longest pause of the collector", longest_ns / 1_000, "µs", "less"))
    figures += call_auction(scaled(50_000, scale), seed)
    facts["clock cost ns"] = clock_cost_ns()
    figures += latency_figures("mix, one command", latencies(mixed), int(facts["clock cost ns"]))
    return Measured(figures, facts)
