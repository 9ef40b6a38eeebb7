"""`python -m bench.fewer WHAT DATA`: an exchange of which fewer parts follow the market than of a real one; ends at SIGTERM.

Doors, journal, core and answers are the real ones. WHAT: "reports" leaves out settlement, tape and watch, so that the market's
private streams and feed are all that follows; "answers" leaves those out too. It settles nothing and is good for measuring only.
"""

import sys
from pathlib import Path

from engine.sequencer import NO_STORE_MARK, Batch
from engine.view import MarketView
from gateway.connection import Asked, Connection
from gateway.server import Gateway
from yutan.cli import logs
from yutan.cli.hosting import run_exchange, stop_signal
from yutan.compose import Exchange
from yutan.settings import Settings

KEPT = ("reports", "answers")


class Answers:
    """Answers who asked, in one write for each connection, and does nothing else."""

    mark = NO_STORE_MARK

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def on_start(self, view: MarketView) -> None:
        """The gateway was started with it."""

    def on_batch(self, batch: Batch) -> None:
        """As the gateway's own, less what it tells to others."""
        answered: dict[Connection, None] = {}
        events = batch.events
        for place, asked in enumerate(batch.origins):
            if type(asked) is Asked:
                self._gateway._answer(asked, batch.entries[place], events[place])
                answered[asked.connection] = None
        for connection in answered:
            connection.flush()


async def _serve(kept: str, data: Path) -> None:
    stop = stop_signal()
    exchange = await Exchange.start(data, Settings(timetable="manual", ws_port=0, http_port=0))
    try:
        followers = exchange.sequencer._followers  # there is no other reason to reach for them
        followers[:] = [exchange.gateway] if kept == "reports" else [Answers(exchange.gateway)]
        exchange.drive()
        await stop.wait()
    finally:
        await exchange.close()


if __name__ == "__main__":
    logs.to_stderr(as_json=True)
    what, folder = sys.argv[1:]
    assert what in KEPT, f"one of {', '.join(KEPT)}"
    run_exchange(_serve(what, Path(folder)), as_json=True)
