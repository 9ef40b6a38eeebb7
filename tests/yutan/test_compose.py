"""The composition root: what it refuses to start on, what it announces, and what it does when registry and engine differ."""

import asyncio
import os
import sqlite3
import time
from pathlib import Path

import pytest
from picows import WSError, WSListener, ws_connect

from engine.core import rulebook
from engine.core.commands import AnyAct, ChangePhase, CloseDay, DepositCash, Halt, OpenAccount, OpenDay, Propose, Resume
from engine.core.events import ActTaken
from engine.core.phases import CONTINUOUS
from tests.yutan.kit import DEADLINE_S
from yutan import folder, founding
from yutan.compose import Exchange, NotFounded, own_origins
from yutan.settings import Settings

ANY_PORTS = Settings(ws_port=0, http_port=0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    founding.found(tmp_path / "data", rulebook.shipped("sse_auction_continuous"), founding.DEFAULT_OPERATORS)
    return tmp_path / "data"


async def do(exchange: Exchange, act: AnyAct) -> None:
    events = await exchange.sequencer.submit(Propose(1, "test", "", act))
    assert any(isinstance(event, ActTaken) for event in events), events


async def test_a_folder_without_a_market_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFounded, match="yutan init"):
        await Exchange.start(tmp_path, ANY_PORTS)
    assert os.listdir(tmp_path) == []


async def test_a_market_is_founded_once(data: Path) -> None:
    with pytest.raises(founding.FoundingError, match="already"):
        founding.found(data, rulebook.shipped("chongqing"), founding.DEFAULT_OPERATORS)


async def test_the_running_exchange_announces_itself_and_takes_it_back(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    assert folder.read_running(data) == exchange.running
    assert exchange.running.ws_port != exchange.running.http_port
    await exchange.close()
    with pytest.raises(folder.FolderError, match="no exchange is running"):
        folder.read_running(data)


async def test_its_own_page_may_open_the_feed_and_a_foreign_one_may_not(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    try:
        url = f"{exchange.running.ws_url}/ws/v1/market"
        own = own_origins("127.0.0.1", exchange.running.http_port)[0]
        transport, _ = await ws_connect(WSListener, url, extra_headers={"Origin": own})
        transport.disconnect()
        with pytest.raises(WSError):
            await ws_connect(WSListener, url, extra_headers={"Origin": "http://elsewhere.example"})
    finally:
        await exchange.close()


async def test_a_port_that_is_taken_leaves_nothing_open(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    await exchange.close()
    blocker = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = blocker.sockets[0].getsockname()[1]
    with pytest.raises(OSError, match="in use"):
        await Exchange.start(data, Settings(ws_port=0, http_port=port))
    blocker.close()
    await blocker.wait_closed()
    again = await Exchange.start(data, Settings(ws_port=0, http_port=port))
    await again.close()


async def test_a_difference_between_engine_and_registry_halts_the_market(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    await do(exchange, OpenAccount("A001", 1, "one", "institution"))
    await do(exchange, OpenAccount("A002", 2, "two", "institution"))
    await do(exchange, DepositCash(1, 100_00))
    await do(exchange, DepositCash(2, 100_00))
    await do(exchange, OpenDay(20261123))
    await do(exchange, ChangePhase(CONTINUOUS))
    assert (await exchange.settlement.reconcile()).ok
    await exchange.close()
    with sqlite3.connect(folder.registry(data)) as database:
        database.execute("UPDATE cash_balances SET amount_fen = amount_fen - 1 WHERE account = 1")
        database.execute("UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = 2")
    database.close()
    exchange = await Exchange.start(data, ANY_PORTS)
    try:
        assert not exchange.view.day().halted
        report = await exchange.settlement.reconcile()
        assert {(found.account, found.engine - found.registry) for found in report.breaks} == {(1, 1), (2, -1)}
        deadline = time.monotonic() + DEADLINE_S
        while not exchange.view.day().halted:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
    finally:
        await exchange.close()


async def test_a_halt_survives_a_restart_and_a_person_lifts_it(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    await do(exchange, Halt(0))
    await exchange.close()
    exchange = await Exchange.start(data, ANY_PORTS)
    assert exchange.view.day().halted
    await do(exchange, Resume(0))
    assert not exchange.view.day().halted
    await exchange.close()


async def test_a_week_that_ends_is_published_by_itself_also_after_a_restart(data: Path) -> None:
    exchange = await Exchange.start(data, ANY_PORTS)
    sunday = 20260111
    await do(exchange, OpenDay(sunday))
    await do(exchange, CloseDay())
    await wait_published(exchange, ["2026-W02"])
    assert (data / "bulletins" / "2026-W02.v1.json").exists()
    await do(exchange, OpenDay(20260118))
    # closed and made, and then the process ends before anybody has published
    exchange._documented.on_batch = lambda batch: None  # type: ignore[method-assign]
    await do(exchange, CloseDay())
    await exchange.settlement.wait_settled(exchange.view.day().seq)
    await exchange.close()
    exchange = await Exchange.start(data, ANY_PORTS)
    try:
        await wait_published(exchange, ["2026-W03", "2026-W02"])
    finally:
        await exchange.close()


async def wait_published(exchange: Exchange, periods: list[str]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while [row.period for row in await exchange.settlement.publications() if row.published] != periods:
        assert time.monotonic() < deadline, await exchange.settlement.publications()
        await asyncio.sleep(0.02)
