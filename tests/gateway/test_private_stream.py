"""exec.{account}: dense from 1, durable, replayable over reconnects and restarts, told to its account only."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.kit import DEADLINE_S, SPOT, House, until
from yutan.client import Client, Event, ExecReport, LinkEvent, Refused


async def reports(client: Client, wanted: int) -> list[ExecReport]:
    """The next so many reports."""
    found: list[ExecReport] = []
    async with asyncio.timeout(DEADLINE_S):
        async for event in client.events():
            if isinstance(event, Event) and isinstance(event.data, ExecReport):
                found.append(event.data)
                if len(found) == wanted:
                    return found
    raise ConnectionError("the connection ended")


async def test_each_event_of_an_order_is_one_report_in_fix_words(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        await a.subscribe("exec.A001")
        await a.place(SPOT, "sell", 100, "40.00", client_order_id="s-1")
        await b.place(SPOT, "buy", 60, "40.10", client_order_id="b-1")
        await a.replace(90, "40.00", client_order_id="s-1")
        await a.cancel(client_order_id="s-1")
        with pytest.raises(Refused, match="PRICE_OUT_OF_BAND"):
            await a.place(SPOT, "sell", 100, "50.00", client_order_id="s-2")
        told = await reports(a, 5)
        assert [(r.exec_type, r.order_status, r.order_qty, r.cum_qty, r.leaves_qty) for r in told] == [
            ("new", "new", 100, 0, 100),
            ("trade", "partially_filled", 100, 60, 40),
            ("replaced", "partially_filled", 90, 60, 30),
            ("canceled", "canceled", 90, 60, 0),
            ("rejected", "rejected", 100, 0, 0),
        ]
        fill = told[1]
        assert (str(fill.last_price), fill.last_qty, fill.trade_id, fill.liquidity) == ("40.00", 60, "T-1", "maker")
        assert (str(fill.fee), str(fill.avg_price)) == ("2.40", "40.0000")
        assert told[3].origin == "member"
        assert told[4].reason is not None
        assert told[4].reason.name == "PRICE_OUT_OF_BAND"


async def test_a_stream_is_replayed_whole_after_a_restart(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.member("a001") as a:
        await a.subscribe("exec.A001")
        for number in range(20):
            await a.place(SPOT, "sell", 10, "41.00", client_order_id=f"s-{number}")
        await a.cancel_all()
        before = [event for event in await a.replay("exec.A001", 1)]
    await house.stop()
    await house.open()
    async with house.member("a001") as a:
        assert a.welcome is not None
        assert a.welcome.last_seqs == {"exec.A001": 40}
        assert await a.replay("exec.A001", 1) == before
        assert [event.seq for event in before] == list(range(1, 41))
        assert [event.seq for event in await a.replay("exec.A001", 15, 3)] == [15, 16, 17]
        assert await a.replay("exec.A001", 41) == []
    await house.stop()


async def test_a_store_that_was_lost_is_rebuilt_from_the_journal(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.member("a001") as a, house.member("b001") as b:
        await a.place(SPOT, "sell", 100, "40.00")
        await b.place(SPOT, "buy", 60, "40.00")
        before = await a.replay("exec.A001", 1)
    await house.stop()
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    await house.open()
    async with house.member("a001") as a:
        assert await a.replay("exec.A001", 1) == before
    await house.stop()


async def test_a_store_of_an_older_program_is_rebuilt_from_the_journal(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.member("a001") as a:
        await a.place(SPOT, "sell", 100, "40.00")
        before = await a.replay("exec.A001", 1)
    await house.stop()
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as older:
        older.executescript("DROP TABLE reports; CREATE TABLE reports (number INTEGER); PRAGMA user_version = 1;")
    await house.open()
    async with house.member("a001") as a:
        assert await a.replay("exec.A001", 1) == before
    await house.stop()


async def test_a_client_that_lost_its_connection_gets_what_it_missed(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    port = house.gateway.port
    async with house.member("a001", reconnect=True) as a:
        await a.subscribe("exec.A001")
        await a.place(SPOT, "sell", 10, "41.00", client_order_id="s-1")
        assert [report.client_order_id for report in await reports(a, 1)] == ["s-1"]
        await house.stop()
        house.settings = type(house.settings)(
            **{name: getattr(house.settings, name) for name in house.settings.__struct_fields__} | {"port": port}
        )
        await house.open()
        async with house.member("both") as other:
            await other.place(SPOT, "sell", 10, "41.50", client_order_id="s-2", account="A001")
        assert [report.client_order_id for report in await reports(a, 1)] == ["s-2"]
        await until(lambda: a.is_connected, "the client is back")
    await house.stop()


async def test_events_of_a_lost_link_are_visible(house: House) -> None:
    async with house.member("a001", reconnect=True) as a:
        for connection in list(house.gateway._connections):
            connection._drop()
        seen = []
        async for event in a.events():
            seen.append(event)
            if len(seen) == 2:
                break
        assert seen == [LinkEvent("lost"), LinkEvent("back")]


@pytest.mark.parametrize(("from_seq", "name"), [(0, "BAD_SEQ"), (-1, "BAD_SEQ"), (3, "BAD_SEQ"), (10**15, "BAD_SEQ")])
async def test_a_seq_that_is_not_the_streams_is_refused(house: House, from_seq: int, name: str) -> None:
    async with house.member("a001") as a:
        await a.place(SPOT, "sell", 10, "41.00")
        with pytest.raises(Refused, match=name):
            await a.replay("exec.A001", from_seq)


async def test_another_members_stream_is_unknown(house: House) -> None:
    async with house.member("a001") as a:
        for channel in ("exec.B001", "exec.Z999", "exec.", "exec.*"):
            with pytest.raises(Refused, match="UNKNOWN_CHANNEL"):
                await a.subscribe(channel)
            with pytest.raises(Refused, match="UNKNOWN_CHANNEL"):
                await a.replay(channel, 1)


async def test_nobody_hears_of_another_members_orders(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        await a.subscribe("exec.A001")
        await b.place(SPOT, "sell", 10, "41.00", client_order_id="secret")
        await a.place(SPOT, "buy", 10, "39.00", client_order_id="mine")
        assert [report.client_order_id for report in await reports(a, 1)] == ["mine"]
        with pytest.raises(Refused, match="UNKNOWN_ORDER"):
            await a.order(client_order_id="secret")


async def test_subscribing_begins_with_the_open_orders_at_the_streams_seq(house: House) -> None:
    peer = await house.logged_in()
    for number in range(3):
        params = {"instrument": SPOT, "side": "sell", "price": "41.00", "quantity": 5, "client_order_id": f"s-{number}"}
        assert "result" in await peer.ask("order.place", params)
    said = await peer.ask("subscribe", {"channels": ["exec.A001", "exec.B001"]})
    assert said["result"]["subscribed"] == [{"channel": "exec.A001", "seq": 3}]
    assert said["result"]["refused"][0]["name"] == "UNKNOWN_CHANNEL"
    snapshot = await peer.event("exec.A001", "snapshot")
    assert snapshot["seq"] == 3
    assert [row["client_order_id"] for row in snapshot["data"]["orders"]] == ["s-0", "s-1", "s-2"]
    await peer.end()
