"""What does an order cost end to end if fewer parts follow the market, and so what would be left without them?

Three servers take the same frames from the same client in turn, 50 connections × 16 in flight, beside a plain picows echo in
the same run: the whole exchange; the same without settlement, tape and watch; and one that only hears, journals, matches and
answers. The last is the least that an order costs behind these doors, durable before its answer.
"""

from pathlib import Path

import uvloop

from bench import end_to_end, serving
from bench.end_to_end import LIVE, share
from bench.journal import data_folder
from bench.measure import Figure, Measured
from bench.workload import scaled

DOUBTS = (
    *end_to_end.DOUBTS[:3],
    "Servers take turns, so a slow minute of the machine meets one of them: read the runs' medians, not one run.",
    "A part costs more than its own work: what it keeps pushes what others need out of the processor's cache, and its threads "
    "take the interpreter's lock. So parts do not add up.",
)
FORMS = ("as built",)
CONNECTIONS = 50
IN_FLIGHT = 16
ORDERS = 200_000
TURNS = 3
SERVERS = (
    ("whole exchange", ""),
    ("without settlement, tape and watch", "reports"),
    ("hear, journal, match and answer only", "answers"),
)


def measure(scale: float, seed: int) -> Measured:
    """Each server fresh, with turns of its own; each turn right after one of the echo."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    figures: list[Figure] = []
    count = scaled(ORDERS, scale) // TURNS // CONNECTIONS or 1
    live = max(1, scaled(LIVE, scale) // CONNECTIONS)
    for label, kept in SERVERS:
        with data_folder() as name:
            data = Path(name)
            serving.found_exchange(data, CONNECTIONS)
            with serving.exchange(data, kept) as exchange, serving.echo() as echo:
                rates, echoes, cpu_us = 0.0, 0.0, 0.0
                for turn in range(TURNS):
                    shares = [share(number, f"{kept}{turn}", live, count, seed) for number in range(CONNECTIONS)]
                    echoed = await end_to_end.on_echo(echo, shares, IN_FLIGHT)
                    traded = await end_to_end.on_exchange(exchange, data, shares, IN_FLIGHT)
                    rates, echoes, cpu_us = rates + traded.rate, echoes + echoed.rate, cpu_us + traded.cpu_us
        figures += [
            Figure(f"{label}", rates / TURNS, "orders/s"),
            Figure(f"{label}: to the echo", rates / echoes, "×"),
            Figure(f"{label}: processor", cpu_us / TURNS, "µs/order", "less"),
        ]
    return Measured(figures, {"orders a server": count * CONNECTIONS * TURNS})
