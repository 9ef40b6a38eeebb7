"""How many fills a second does settlement bring into a real registry file, and does it keep up with matching?

Included: the follower as the exchange runs it (delivery versus payment of each trade, every posting, balances, one durable
transaction for some thousands of events), then a reconciliation of engine and registry. Excluded: matching, sockets.
"""

import asyncio
import time
from pathlib import Path

import uvloop

from bench.core import Founded, entries_of, prepare
from bench.journal import data_folder
from bench.measure import Figure, Measured, cpu_seconds, rate, require
from bench.workload import Flow, scaled, sweep
from engine.core import phases
from engine.core.market import Market
from engine.sequencer import Batch
from engine.view import MarketView
from settlement.worker import Settlement

DOUBTS = (
    "The flow is sweeps: nearly every order trades, so there are more fills for each command than in any real market.",
    "Forty accounts and one instrument: a market with thousands of accounts touches more balances for each transaction.",
    "Settlement has the event loop to itself; in the exchange it shares it with the gateway.",
)
FORMS = ("as built",)
_BATCH = 256


class Broken(Exception):
    """Settlement stopped or found a difference."""


def measure(scale: float, seed: int) -> Measured:
    """Match first, keeping the batches; then hand them to settlement as fast as it takes them."""
    return uvloop.run(_measure(sweep(scaled(200, scale, 2), seed=seed)))


def _match(flow: Flow) -> tuple[Market, list[Batch], float]:
    """The market afterwards, what its followers are told, and the processor seconds that matching took."""
    market, batches = prepare(flow)
    told: list[Batch] = []
    seconds = 0.0
    apply = market.apply
    for entries in batches:
        start = cpu_seconds()
        events = [apply(entry) for entry in entries]
        seconds += cpu_seconds() - start
        told.append(Batch(entries, events, [None] * len(entries)))
    return market, told, seconds


def _founding() -> list[Batch]:
    founded = Founded()
    founded.enter(phases.CONTINUOUS)
    market = Market()
    return [Batch([entry], [market.apply(entry)], [None]) for entry in entries_of(founded.commands, 1)]


def _fail(error: BaseException) -> None:
    raise Broken(repr(error)) from error


async def _measure(flow: Flow) -> Measured:
    market, told, matched = _match(flow)
    with data_folder() as name:
        settlement = await Settlement.open(Path(name) / "registry.db", on_failure=_fail, on_break=_on_break)
        settlement.on_start(MarketView(market))
        for batch in _founding():
            settlement.on_batch(batch)
        await settlement.wait_settled(told[0].entries[0].seq - 1)
        start, start_cpu = time.perf_counter(), cpu_seconds()
        for batch in told:
            while not settlement.has_room:  # noqa: ASYNC110 - a follower has a flag, no event
                await asyncio.sleep(0.001)
            settlement.on_batch(batch)
        await settlement.wait_settled(market.seq)
        seconds, used = time.perf_counter() - start, cpu_seconds() - start_cpu
        report = await settlement.reconcile()
        require("reconciliation", report.ok, True)
        require("unsettled", report.unsettled, 0)
        await settlement.close()
    return Measured(
        [
            rate("settled", flow.fills, seconds, "fills/s"),
            Figure("processor time", used / flow.fills * 1e6, "µs/fill", "less"),
            rate("matching the same flow", flow.fills, matched, "fills/s"),
            Figure("settling to matching", matched / seconds, "×"),
        ],
        {"fills": flow.fills, "commands": flow.timed, "cash of all members, fen": report.cash_fen},
    )


def _on_break(report: object) -> None:
    raise Broken(str(report))
