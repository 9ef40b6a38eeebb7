"""A real HTTP door over a real market, registry and tape, with one closed and published day and one open day."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import httpx
import pytest

from engine.core.commands import PublishBulletin
from gateway.feed import FeedSettings, PublicFeed, Tape
from gateway.http import HttpSettings, Sources, create_app, serve_http
from gateway.logins import Logins
from settlement.worker import Settlement
from tests.gateway.feed.flow import Run, random_commands
from tests.gateway.kit import DEADLINE_S

ORIGIN = "https://exchange.example"  # of pages that may ask at /v1
DAY_NS = 86_400_000_000_000


class Door(NamedTuple):
    """The door, what is behind it, and the knobs that the composition root would turn."""

    client: httpx.AsyncClient
    run: Run
    tape: Tape
    title: Settlement
    lags: dict[str, int]
    counters: dict[str, int]
    sources: Sources


def busy(run: Run, seed: int, turns: int = 30) -> None:
    """Some minutes of trading."""
    random = Random(seed)
    for _ in range(turns):
        run.tell(*random_commands(run, random, 10), passed_ns=15_000_000_000)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """One published day (20 November), one closed and unpublished (21st), one open (22nd)."""
    failures: list[object] = []
    tape = await Tape.open(tmp_path / "tape.db")
    title = await Settlement.open(tmp_path / "registry.db", on_failure=failures.append, on_break=failures.append)
    feed = PublicFeed(FeedSettings())
    run = Run(title, tape, feed)
    for place, day in enumerate((20261120, 20261121, 20261122)):
        run.open_day(day)
        busy(run, place)
        if day != 20261122:
            run.close_day()
            await title.wait_settled(run.market.seq)
            run.at_ns += DAY_NS - 450_000_000_000
        if day == 20261120:
            (row,) = await title.bulletins()
            run.act(PublishBulletin(day, row.sha256))
    await title.wait_settled(run.market.seq)
    logins = await Logins.open(tmp_path / "logins.db")
    logins.view = lambda: run.view
    lags: dict[str, int] = {"settlement": 3}
    counters: dict[str, int] = {"reports_total": 12, "connections": 4}
    sources = Sources(
        run.view, feed, tape, title, HttpSettings(data_licence="CC-BY-4.0"), lambda: lags, lambda: counters
    )
    sources = sources._replace(logins=logins, origins=lambda: (ORIGIN,))
    server = await serve_http(create_app(sources), "127.0.0.1", 0)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=DEADLINE_S) as client:
        yield Door(client, run, tape, title, lags, counters, sources)
    await server.close()
    await tape.close()
    await logins.close()
    await title.close()
    assert failures == []
