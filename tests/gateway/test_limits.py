"""Limits: whoever is slow, silent, late or too many is dealt with, and costs the others nothing."""

import asyncio
import datetime
from pathlib import Path

import pytest

from tests.gateway.kit import SPOT, House, RawPeer, order, until
from yutan.client import Client, Event, ExecReport, Refused


async def slow_peer(house: House, key_id: str) -> RawPeer:
    """A logged-in peer whose kernel takes next to nothing."""
    peer = await RawPeer.connect(house.gateway.port, "trade", {}, receive_bytes=4_096)
    house.peers.append(peer)
    await peer.log_in(key_id, house.settings.env)
    return peer


async def test_a_member_that_does_not_read_is_closed_and_the_others_notice_nothing(tmp_path: Path) -> None:
    house = await House.start(tmp_path, outbox_bytes_max=1_000_000)
    slow = await slow_peer(house, "a001")
    await slow.ask("subscribe", {"channels": ["exec.A001"]})
    async with house.member("both") as both, house.member("b001") as b:
        await b.subscribe("exec.B001")
        told: list[int] = []
        b.on_report = lambda channel, seq, report: told.append(seq)  # B001 reads as fast as it is told
        placed = 0
        while not house.gateway.metrics()["closed_slow"]:
            assert placed < 60_000, "the slow peer was never closed"
            for account in ("A001", "B001"):
                placed += 1
                both.place_nowait(
                    SPOT, "sell", 1, "43.00", f"x-{placed}", lambda said: None, account=account, time_in_force="ioc"
                )
            await both.wait_room(200)
        await both.ping()
        await until(lambda: len(told) == b_seq(house), "every report of the other account")
        assert told == list(range(1, len(told) + 1))
        assert both.is_connected
        assert b.is_connected
    async with house.member("a001") as again:
        assert again.welcome is not None
        last = again.welcome.last_seqs["exec.A001"]
        assert [event.seq for event in await again.replay("exec.A001", last - 9)] == list(range(last - 9, last + 1))
    await house.stop()


def b_seq(house: House) -> int:
    """Last number of B001's stream."""
    found = house.sequencer.view.account(2)
    assert found is not None
    return found.exec_seq


async def test_thousands_of_requests_without_reading_an_answer_end_with_4008(tmp_path: Path) -> None:
    house = await House.start(tmp_path, outbox_bytes_max=65_536)
    peer = await slow_peer(house, "a001")
    reference = b'{"id":1,"method":"reference.get"}'
    for _ in range(2_000):
        peer.send_frame(reference)
    await until(lambda: house.gateway.metrics()["closed_slow"] == 1, "closed")
    async with house.member("b001") as b:
        await b.ping()
    await house.stop()


async def test_a_public_follower_that_falls_behind_gets_the_present_state(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    peer = await RawPeer.connect(house.gateway.port, "market", {}, receive_bytes=4_096)
    house.peers.append(peer)
    await peer.ask("subscribe", {"channels": [f"book.{SPOT}"]})
    await peer.event(f"book.{SPOT}", "snapshot")
    (connection,) = house.gateway._connections
    connection.pause_writing()  # as the kernel would, at a moment of our choosing
    async with house.member("a001") as a:
        for number in range(20):
            await a.place(SPOT, "sell", 1 + number, "43.00", time_in_force="ioc")
            said = house.gateway.feed.last_seq(f"book.{SPOT}")
            await a.place(SPOT, "sell", 1, f"42.{10 + number}")
            await until(lambda said=said: house.gateway.feed.last_seq(f"book.{SPOT}") > said, "the feed has said it")
    connection.resume_writing()
    said = await peer.event(f"book.{SPOT}", "snapshot")
    assert said["seq"] == house.gateway.feed.last_seq(f"book.{SPOT}")
    assert len(said["data"]["asks"]) == 20
    await house.stop()


async def test_trades_are_never_conflated(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    peer = await house.raw("market")
    await peer.ask("subscribe", {"channels": [f"trades.{SPOT}"]})
    await peer.event(f"trades.{SPOT}", "snapshot")
    (connection,) = house.gateway._connections
    connection.pause_writing()
    async with house.member("a001") as a, house.member("b001") as b:
        for _ in range(5):
            said = house.gateway.feed.last_seq(f"trades.{SPOT}")
            await a.place(SPOT, "sell", 1, "40.00")
            await b.place(SPOT, "buy", 1, "40.00")
            await until(lambda said=said: house.gateway.feed.last_seq(f"trades.{SPOT}") > said, "the feed has said it")
    connection.resume_writing()
    trades: list[str] = []
    while len(trades) < 5:
        said = await peer.event(f"trades.{SPOT}", "update")
        trades += [row["trade_id"] for row in said["data"]["trades"]]
    assert trades == ["T-1", "T-2", "T-3", "T-4", "T-5"]
    await house.stop()


async def test_who_does_not_log_in_is_closed(tmp_path: Path) -> None:
    house = await House.start(tmp_path, login_ms=50)
    peer = await house.raw("trade")
    visitor = await house.raw("market")
    assert await peer.closed() == 4001
    assert "result" in await visitor.ask("time.get")
    await house.stop()


async def test_a_silent_member_is_closed_and_one_that_speaks_stays(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=3_600_000)  # the heart beats when the test says so
    silent = await house.logged_in("a001")
    speaking = await house.logged_in("b001")
    for _ in range(1 + house.settings.silent_heartbeats_max):
        assert "result" in await speaking.ask("session.ping")
        house.gateway._beat()
    assert await silent.closed() == 4010
    assert "result" in await speaking.ask("session.ping")
    await house.stop()


async def test_a_heartbeat_names_the_last_seq_of_each_channel(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=300)
    peer = await house.logged_in("a001")
    await peer.ask("order.place", order(side="sell", price="43.00"))
    await peer.ask("subscribe", {"channels": ["exec.A001", "phase"]})
    beat = await peer.event("$session", "heartbeat")
    assert beat["data"]["phase"] == "continuous"
    assert beat["data"]["last"] == {"exec.A001": 1, "phase": house.gateway.feed.last_seq("phase")}
    await house.stop()


async def test_connections_have_a_bound(tmp_path: Path) -> None:
    house = await House.start(tmp_path, connections_max=3)
    peers = [await house.raw("market") for _ in range(3)]
    refused = await house.raw("market")
    assert refused.status == 503
    assert "Retry-After: 1" in refused.head
    assert "result" in await peers[0].ask("time.get")
    await house.stop()


async def test_logins_that_wait_have_a_bound_and_do_not_shut_the_public_door(tmp_path: Path) -> None:
    house = await House.start(tmp_path, logins_waiting_max=2)
    for _ in range(2):
        assert (await house.raw("trade")).status == 101
    assert (await house.raw("trade")).status == 503
    assert (await house.raw("market")).status == 101
    await house.stop()


async def test_connections_of_one_key_and_of_one_address_have_a_bound(tmp_path: Path) -> None:
    house = await House.start(tmp_path, connections_per_key_max=1, connections_per_address_max=3)
    first = await house.logged_in("a001")
    second = await house.raw("trade")
    assert (await second.log_in("a001", house.settings.env))["error"]["name"] == "SESSION_LIMIT"
    await house.raw("market")
    assert await (await house.raw("market")).closed() == 4029
    assert "result" in await first.ask("time.get")
    await house.stop()


async def test_a_participant_has_a_bound_over_all_its_keys(tmp_path: Path) -> None:
    house = await House.start(tmp_path, connections_per_participant_max=2, channels_per_participant_max=3)
    first, second = await house.logged_in("a001"), await house.logged_in("both")
    third = await house.raw()
    said = (await third.log_in("a001", house.settings.env))["error"]
    assert (said["name"], said["data"]["limit"], said["data"]["actual"]) == ("SESSION_LIMIT", 2, 2)
    other = await house.logged_in("c001")
    assert (await other.ask("session.status"))["result"]["limits"]["connections_per_participant_max"] == 2
    wanted = {"channels": ["phase", "notices"]}
    assert len((await first.ask("subscribe", wanted))["result"]["subscribed"]) == 2
    made = (await second.ask("subscribe", wanted))["result"]
    assert [row["name"] for row in made["refused"]] == ["RATE_LIMITED"]
    assert len((await other.ask("subscribe", wanted))["result"]["subscribed"]) == 2
    await first.end()
    await until(lambda: house.gateway.metrics()["connections"] == 3, "the first is gone")
    assert (await second.ask("subscribe", wanted))["result"]["refused"] == []
    assert "result" in await (await house.raw()).log_in("a001", house.settings.env)
    await house.stop()


async def test_commands_under_way_have_a_bound(tmp_path: Path) -> None:
    house = await House.start(tmp_path, requests_in_flight_max=5)
    async with house.member("a001") as a:
        answers: list[object] = []
        for number in range(10):
            a.place_nowait(SPOT, "sell", 1, "43.00", f"x-{number}", answers.append)
        await until(lambda: len(answers) == 10, "ten answers")
        names = [said.name for said in answers if isinstance(said, Refused)]
        assert names == ["RATE_LIMITED"] * 5
        assert [said.data.retry_after_ms > 0 for said in answers if isinstance(said, Refused)] == [True] * 5
        assert len(await a.orders()) == 5
    await house.stop()


async def test_an_exchange_that_refuses_orders_still_cancels(house: House) -> None:
    async with house.member("a001") as a:
        placed = await a.place(SPOT, "sell", 1, "43.00")
        house.gateway.is_refusing_orders = True
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "sell", 1, "43.00")
        assert (refused.value.name, refused.value.retry) == ("OVERLOADED", "after")
        assert (await a.cancel(placed.order_id)).order_status == "canceled"


async def test_a_planned_stop_says_goodbye(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    peer = await house.logged_in("a001")
    closed = asyncio.create_task(peer.event("$session", "going_away"))
    await house.gateway.close_doors()
    assert (await closed)["data"]["reconnect_after_ms"] > 0
    assert await peer.closed() == 1012
    await house.stop()


async def test_until_the_deadline_of_a_planned_stop_one_may_finish_and_nobody_comes_in(tmp_path: Path) -> None:
    house = await House.start(tmp_path, going_away_ms=60_000)
    peer = await house.logged_in("a001")
    stopping = asyncio.create_task(house.gateway.close_doors())
    said = await peer.event("$session", "going_away")
    left = datetime.datetime.fromisoformat(said["data"]["deadline"]) - datetime.datetime.fromisoformat(said["ts"])
    assert left > datetime.timedelta(seconds=50)
    refused = await house.raw("trade")
    assert refused.status == 503
    assert "Retry-After: " in refused.head
    assert "result" in await peer.ask("order.place", order())
    assert "result" in await peer.ask("order.cancel_all")
    await peer.ask("session.logout")
    assert await peer.closed() == 1000
    await refused.end()
    await stopping  # long before its deadline: nobody is there any more
    await house.stop()


async def test_a_member_may_choose_how_often_the_heart_beats(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=3_600_000)
    peer = await house.raw()
    said = await peer.log_in("a001", house.settings.env, heartbeat_ms=1_000)
    assert said["result"]["heartbeat_ms"] == 1_000
    assert (await peer.ask("session.status"))["result"]["limits"]["heartbeat_ms"] == 1_000
    await peer.ask("subscribe", {"channels": ["phase"]})
    assert (await peer.event("$session", "heartbeat"))["data"]["last"].keys() == {"phase"}
    assert await peer.closed() == 4010, "it answered none"
    other = await house.raw()
    assert (await other.log_in("b001", house.settings.env, heartbeat_ms=999))["error"]["name"] == "INVALID_FIELD"
    assert (await other.log_in("b001", house.settings.env))["result"]["heartbeat_ms"] == 3_600_000
    await house.stop()


async def test_a_logout_ends_in_good_order(house: House) -> None:
    peer = await house.logged_in("a001")
    assert (await peer.ask("session.logout"))["result"] == {}
    assert await peer.closed() == 1000


async def test_an_idempotent_answer_survives_a_restart(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.member("a001") as a:
        first = await a.place(SPOT, "sell", 10, "43.00", client_order_id="s-1")
        with pytest.raises(Refused, match="PRICE_OUT_OF_BAND"):
            await a.place(SPOT, "sell", 10, "50.00", client_order_id="s-2")
    await house.stop()
    await house.open()
    async with house.member("a001") as a:
        again = await a.place(SPOT, "sell", 10, "43.00", client_order_id="s-1")
        assert (again.order_id, again.duplicate) == (first.order_id, True)
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "sell", 10, "50.00", client_order_id="s-2")
        assert (refused.value.name, refused.value.data.duplicate) == ("PRICE_OUT_OF_BAND", True)
        with pytest.raises(Refused, match="CLIENT_ORDER_ID_CONFLICT"):
            await a.place(SPOT, "buy", 10, "43.00", client_order_id="s-1")
        assert [row.client_order_id for row in await a.orders()] == ["s-1"]
    await house.stop()


async def test_a_client_sees_a_gap_healed_when_events_were_lost(house: House) -> None:
    async with house.member("a001") as a:
        await a.subscribe("exec.A001")
        link = a._link
        assert link is not None
        swallowed: list[bytes] = []
        hear = link._on_text
        await a.place(SPOT, "sell", 1, "43.00", client_order_id="o-0")
        link._on_text = lambda said: swallowed.append(said) if b'"exec.A001"' in said else hear(said)
        await a.place(SPOT, "sell", 1, "43.00", client_order_id="o-1")
        await a.place(SPOT, "sell", 1, "43.00", client_order_id="o-2")
        await a.ping()  # what is told before this answer has come
        link._on_text = hear
        await a.place(SPOT, "sell", 1, "43.00", client_order_id="o-3")
        seen = await reports(a, 4)
        assert len(swallowed) == 2
        assert [report.client_order_id for report in seen] == ["o-0", "o-1", "o-2", "o-3"]


async def reports(client: Client, wanted: int) -> list[ExecReport]:
    """The next so many reports."""
    found: list[ExecReport] = []
    async for event in client.events():
        if isinstance(event, Event) and isinstance(event.data, ExecReport):
            found.append(event.data)
            if len(found) == wanted:
                break
    return found
