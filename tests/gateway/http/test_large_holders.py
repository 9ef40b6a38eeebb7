"""Large holders in public: names only, and only where the rule book has them published."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.core import commands as c
from engine.view import MarketView
from gateway.feed import FeedSettings, PublicFeed, Tape
from gateway.http import HttpSettings, Sources, create_app, serve_http
from settlement.worker import Settlement
from tests.gateway.kit import DEADLINE_S
from tests.testkit.build import Desk, rulebook_text

MINUTE_NS = 60_000_000_000


def world(**rules: Any) -> Desk:
    """One owner of 501 t where 500 t is the threshold."""
    desk = Desk(rulebook_text({"CQEA": {"large_holder_tonnes": 500} | rules}))
    desk.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
        c.OpenAccount("A", 1, "水泥", "institution"),
        c.OpenAccount("B", 2, "投资", "institution"),
        c.AllocateUnits(1, 1, 501, "paid", 2025),
    )
    return desk


async def told(desk: Desk, folder: Path, *acts: c.AnyAct) -> list[list[dict[str, Any]]]:
    """What is told at first, after the acts, and a minute of market time after them."""
    failures: list[object] = []
    tape = await Tape.open(folder / "tape.db")
    title = await Settlement.open(folder / "registry.db", on_failure=failures.append, on_break=failures.append)
    sources = Sources(
        MarketView(desk.market), PublicFeed(FeedSettings()), tape, title, HttpSettings(), lambda: {}, lambda: {}
    )
    server = await serve_http(create_app(sources), "127.0.0.1", 0)
    answers: list[list[dict[str, Any]]] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=DEADLINE_S) as client:
        for step in range(3):
            if step == 1:
                desk.act(*acts)
            elif step == 2:
                desk.at_ns += MINUTE_NS
                desk.act(c.Halt(0))
            answers.append((await client.get("/api/v1/large-holders")).json()["large_holders"])
    await server.close()
    await tape.close()
    await title.close()
    assert failures == []
    return answers


@pytest.mark.parametrize("rules", [{}, {"large_holders_published": False}, {"large_holders_published": True}])
async def test_names_are_public_only_where_the_rule_book_says_so(rules: dict[str, Any], tmp_path: Path) -> None:
    one = {"product": "CQEA", "names": ["水泥"]}
    assert await told(world(**rules), tmp_path) == ([[one]] * 3 if rules.get("large_holders_published") else [[]] * 3)


async def test_they_are_taken_anew_once_a_minute(tmp_path: Path) -> None:
    one, two = {"product": "CQEA", "names": ["水泥"]}, {"product": "CQEA", "names": ["投资"]}
    desk = world(large_holders_published=True)
    assert await told(desk, tmp_path, c.AllocateUnits(2, 1, 600, "paid", 2025)) == [[one], [one], [two, one]]
