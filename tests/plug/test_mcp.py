"""The disclosure as MCP tools: the protocol's own client, over stdio, against a running exchange."""

import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from engine.core import phases
from gateway.protocol.times import day_text
from tests.gateway.kit import until
from tests.yutan.kit import ROOT, run
from yutan import keys
from yutan.client import Client as Member
from yutan.conform.market import INSTRUMENT, Market
from yutan.conform.run import opened
from yutan.plug.disclosure_mcp import Disclosure

TOOLS = {
    *("phase", "instruments", "quote", "book", "trades", "history", "bulletins", "bulletin", "verify_bulletin"),
    *("notices", "calendar", "rulebook"),
}


async def ask(client: Client, tool: str, **asked: Any) -> dict[str, Any]:
    """The answer of a tool that succeeds."""
    said = await client.call_tool(tool, asked)
    assert not said.is_error, said
    assert said.structured_content is not None
    return said.structured_content


async def refused(client: Client, tool: str, **asked: Any) -> str:
    """What a tool says that does not."""
    said = await client.call_tool(tool, asked)
    assert said.is_error, said
    return str(said.content)


async def trade_and_publish(market: Market) -> str:
    """A trade, the close, and the day's bulletin; the day."""
    member = Member.connect(
        market.exchange.running.ws_url,
        key_id=market.key_file.stem,
        private_key=keys.load(market.key_file),
        env="sandbox",
    )
    async with member:
        await member.place(INSTRUMENT, "buy", 30, "39.50")
        market.trade_with_the_resting()
        await until(lambda: market.exec_seq() > 1, "the trade")
    await market.act("close_day", {})
    await market.exchange.bulletin_written.wait()
    (row,) = await market.exchange.settlement.bulletins()
    fields = {"trading_day": day_text(row.trading_day), "sha256": row.sha256}
    await market.act("publish_bulletin", fields)
    await market.exchange.settlement.wait_settled(market.exchange.view.day().seq)
    return day_text(row.trading_day)


async def test_every_tool_answers_from_the_public_side(tmp_path: Path) -> None:
    async with opened(tmp_path / "market", 0) as market:
        url = market.exchange.running.http_url
        day = await trade_and_publish(market)
        server = StdioServerParameters(command=sys.executable, args=["-m", "yutan", "mcp", "--url", url], cwd=str(ROOT))
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == TOOLS
            assert all(tool.annotations and tool.annotations.read_only_hint and tool.description for tool in tools)
            assert (await ask(client, "phase"))["phase"] == phases.NAMES[phases.CLOSED]
            assert [row["instrument"] for row in (await ask(client, "instruments"))["instruments"]] == [INSTRUMENT]
            assert INSTRUMENT in str(await ask(client, "quote"))
            assert (await ask(client, "book", instrument=INSTRUMENT))["bids"] == []
            (trade,) = (await ask(client, "trades", instrument=INSTRUMENT, day=day))["trades"]
            assert trade["price"] == "39.50"
            assert "39.50" in str(await ask(client, "history", instrument=INSTRUMENT, first_day=day, last_day=day))
            (row,) = (await ask(client, "bulletins"))["bulletins"]
            assert (await ask(client, "bulletin", name=row["period"]))["trading_day"] == day
            judged = await ask(client, "verify_bulletin", name=day)
            assert (judged["is_genuine"], judged["findings"], judged["key_from"]) == (True, [], "exchange")
            assert "notices" in await ask(client, "notices")
            assert (await ask(client, "calendar"))["today"]
            assert (await ask(client, "rulebook"))["headings"]["settlement"] > 1
            (rule,) = (await ask(client, "rulebook", words="settlement.retention_bp"))["rules"]
            assert rule["source"]
            assert "UNKNOWN_INSTRUMENT" in await refused(client, "book", instrument="NONE-1")
            assert "levels" in await refused(client, "book", instrument=INSTRUMENT, levels=0)
            assert "name" in await refused(client, "bulletin", name="../secret")


async def test_a_bulletin_of_another_exchange_is_not_genuine(tmp_path: Path) -> None:
    stranger = keys.public_bytes(keys.create(tmp_path / "stranger.pem")).hex()
    async with opened(tmp_path / "market", 0) as market:
        day = await trade_and_publish(market)
        judged = await Disclosure(market.exchange.running.http_url, stranger).verify_bulletin(day)
    assert (judged["is_genuine"], judged["key_from"]) == (False, "given")
    assert any("signature" in finding for finding in judged["findings"])


def test_without_an_exchange_it_does_not_start(tmp_path: Path) -> None:
    done = run("mcp", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (69, "")
    assert "no exchange is running" in done.stderr


async def test_an_exchange_that_is_gone_is_said_by_each_tool() -> None:
    async with Client(Disclosure("http://127.0.0.1:1").server()) as client:
        assert "127.0.0.1:1" in await refused(client, "phase")
    with pytest.raises(Exception, match="not an http address"):
        await Disclosure("ftp://x").phase()
