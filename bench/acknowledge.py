"""How long does an order wait for its answer at 1,000 orders a second, beside an echo of the same frames and one journal write?

An open loop: each order has its time, whether the one before was answered or not. Allowed are the echo's answer, one journal
write of one command, and 0.3 ms for everything an exchange is besides; the last line says how much of that was used.
"""

from pathlib import Path
from typing import Final

import uvloop

from bench import end_to_end, serving
from bench.core import Founded, commands_of
from bench.end_to_end import LIVE, Result
from bench.journal import append, data_folder
from bench.measure import Figure, Measured, percentile
from bench.workload import mix, scaled

DOUBTS: Final = (
    "Server and client share this machine, and the client's timers have steps of a millisecond: an order is a little late "
    "before it is sent. Both are so with the echo, whose answer is subtracted for that.",
    "Loopback: no network, no TLS.",
    "The journal write is timed alone, with nothing else to do; in the exchange it may meet settlement's own sync.",
)
FORMS: Final = ("plain", "compiled")
RATE: Final = 1_000
SECONDS: Final = 20
CONNECTIONS: Final = 50
OTHER_WORK_US: Final = 300
_WRITES: Final = 2_000


def measure(scale: float, seed: int) -> Measured:
    """The echo, the exchange, and the journal, one after the other."""
    return uvloop.run(_measure(scale, seed))


async def _measure(scale: float, seed: int) -> Measured:
    count = scaled(RATE * SECONDS, scale, CONNECTIONS) // CONNECTIONS
    live = max(1, scaled(LIVE, scale) // CONNECTIONS)
    shares = [end_to_end.share(number, "ack", live, count, seed) for number in range(CONNECTIONS)]
    with data_folder() as name:
        data = Path(name) / "exchange"
        serving.found_exchange(data, CONNECTIONS)
        with serving.exchange(data) as exchange, serving.echo() as echo:
            echoed = await end_to_end.on_echo(echo, shares, 0, RATE)
            traded = await end_to_end.on_exchange(exchange, data, shares, 0, RATE)
        commands = commands_of(mix(scaled(_WRITES, scale), 20, seed), Founded().market.seq + 1)
        _, times = append(Path(name) / "journal", commands[:1], scaled(_WRITES, scale))
    write_us = percentile(sorted(times), 50.0) / 1_000
    allowed_us = _us(echoed, 50.0) + write_us + OTHER_WORK_US
    return Measured(
        [
            *_percentiles("exchange", traded),
            *_percentiles("echo", echoed),
            Figure("journal write of one command, p50", write_us, "µs", "less"),
            Figure("over echo and journal write, p50", max(0.0, allowed_after(traded, allowed_us)), "µs", "less"),
            Figure("p50 to what is allowed", _us(traded, 50.0) / allowed_us, "×", "less"),
        ],
        {"orders": len(traded.times_ns), "allowed for other work, µs": OTHER_WORK_US},
    )


def allowed_after(traded: Result, allowed_us: float) -> float:
    """What the exchange took at p50 beyond echo and journal write, in microseconds."""
    return _us(traded, 50.0) - (allowed_us - OTHER_WORK_US)


def _us(result: Result, percent: float) -> float:
    return percentile(result.times_ns, percent) / 1_000


def _percentiles(who: str, result: Result) -> list[Figure]:
    return [
        Figure(f"{who}, {word}", _us(result, percent), "µs", "less")
        for percent, word in ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"))
    ]
