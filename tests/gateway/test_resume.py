"""session.resume: a new connection goes on with the session of a lost one, and has of each channel what it missed, in order."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands, units
from tests.gateway.kit import SPOT, House, RawPeer, order, until
from tests.gateway.test_sessions import LONG_MS, entered, open_orders, place

BOOK, TRADES, EXEC = f"book.{SPOT}", f"trades.{SPOT}", "exec.A001"


async def resume(house: House, welcome: dict[str, Any], **last_seqs: int) -> tuple[RawPeer, dict[str, Any]]:
    """A new connection that goes on with the session of this welcome, and what it was told."""
    peer = await house.raw()
    params = {"session_id": welcome["session_id"], "resume_token": welcome["resume_token"]}
    return peer, await peer.ask("session.resume", params | ({"last_seqs": last_seqs} if last_seqs else {}))


async def welcomed(house: House, key_id: str = "a001") -> tuple[RawPeer, dict[str, Any]]:
    """A logged-in peer and its welcome, once the feed has said that the day is open."""
    feed = house.gateway.feed
    await until(lambda: feed.last_seq("phase") > 0 and feed.last_seq(TRADES) > 1, "the day is told")
    peer = await house.raw()
    said = await peer.log_in(key_id, house.settings.env)
    return peer, said["result"]


async def trade(house: House, name: str) -> None:
    """A001 sells one tonne to B001; both by another connection. Waits until the feed has said it."""
    said = house.gateway.feed.last_seq(TRADES)
    async with house.member("both") as both, house.member("b001") as b:
        await both.place(SPOT, "sell", 1, "40.00", client_order_id=f"s-{name}", account="A001")
        await b.place(SPOT, "buy", 1, "40.00", client_order_id=f"b-{name}")
    await until(lambda: house.gateway.feed.last_seq(TRADES) > said, "the feed has said it")


async def test_what_was_missed_of_each_channel_comes_in_order_and_then_what_is_new(house: House) -> None:
    first, welcome = await welcomed(house)
    await first.ask("subscribe", {"channels": [EXEC, TRADES, "phase"]})
    was = (await first.event(TRADES, "snapshot"))["seq"]
    phase = (await first.event("phase", "snapshot"))["seq"]
    await trade(house, "1")
    report = await first.event(EXEC, "update")
    told = await first.event(TRADES, "update")
    assert (report["seq"], told["seq"]) == (1, was + 1)
    await first.end()
    await trade(house, "2")
    second, said = await resume(house, welcome, **{EXEC: 1, TRADES: was + 1, "phase": phase})
    result = said["result"]
    assert (result["session_id"], result["key_id"], result["accounts"]) == (welcome["session_id"], "a001", ["A001"])
    assert result["subscribed"] == [
        {"channel": EXEC, "seq": 4, "from_seq": 2},
        {"channel": TRADES, "seq": was + 2, "from_seq": was + 2},
        {"channel": "phase", "seq": phase, "from_seq": phase + 1},
    ]
    await trade(house, "3")
    heard: dict[str, list[int]] = {EXEC: [], TRADES: []}
    while len(heard[EXEC]) < 5 or len(heard[TRADES]) < 2:
        event = await second.message()
        if event.get("ch") in heard:
            assert event["kind"] == "update"
            heard[event["ch"]].append(event["seq"])
    assert heard == {EXEC: [2, 3, 4, 5, 6], TRADES: [was + 2, was + 3]}
    assert (await second.ask("session.status"))["result"]["session_id"] == welcome["session_id"]
    assert (await second.ask("order.place", order(side="sell", price="41.00")))["result"]["account"] == "A001"


async def test_a_channel_whose_past_is_gone_begins_with_a_snapshot_and_a_seq_of_the_future_is_refused(
    house: House,
) -> None:
    peer, welcome = await welcomed(house)
    await trade(house, "1")
    await peer.end()
    seq = house.gateway.feed.last_seq(TRADES)
    house.gateway.feed._channels[TRADES][0]._ring.clear()
    second, said = await resume(house, welcome, **{TRADES: 0, EXEC: 99, "exec.B001": 0, "book.none": 1})
    assert said["result"]["subscribed"] == [{"channel": TRADES, "seq": seq}]
    assert [(row["channel"], row["name"]) for row in said["result"]["refused"]] == [
        (EXEC, "BAD_SEQ"),
        ("exec.B001", "UNKNOWN_CHANNEL"),
        ("book.none", "UNKNOWN_CHANNEL"),
    ]
    assert (await second.event(TRADES, "snapshot"))["seq"] == seq


async def test_a_token_counts_once_for_its_own_session_and_not_after_a_logout(house: House) -> None:
    peer, welcome = await welcomed(house)
    other, other_welcome = await welcomed(house, "b001")
    for wrong in (
        welcome | {"resume_token": other_welcome["resume_token"]},
        welcome | {"resume_token": ""},
        welcome | {"session_id": "C-none"},
    ):
        stranger, said = await resume(house, wrong)
        assert said["error"]["name"] == "RESUME_EXPIRED"
        assert "result" in await stranger.log_in("a001", house.settings.env)
    second, said = await resume(house, welcome)
    assert await peer.closed() == 4009
    assert said["result"]["resume_token"] != welcome["resume_token"]
    _, again = await resume(house, welcome)
    assert again["error"]["name"] == "RESUME_EXPIRED"
    third, said = await resume(house, said["result"])
    assert await second.closed() == 4009
    assert (await third.ask("session.resume", {"session_id": "C-1", "resume_token": ""}))["error"]["name"] == (
        "ALREADY_AUTHENTICATED"
    )
    await third.ask("session.logout")
    await third.closed()
    _, gone = await resume(house, said["result"])
    assert gone["error"]["name"] == "RESUME_EXPIRED"
    await other.end()


async def test_a_session_is_kept_for_its_time_and_no_longer_and_not_without_end(tmp_path: Path) -> None:
    house = await House.start(tmp_path, resume_ms=60_000, resumable_sessions_max=1)
    welcomes = []
    for key_id in ("a001", "b001"):
        peer, welcome = await welcomed(house, key_id)
        await peer.end()
        welcomes.append(welcome)
        await until(lambda: house.gateway.metrics()["connections"] == 0, "the peer is gone")
    assert (await resume(house, welcomes[0]))[1]["error"]["name"] == "RESUME_EXPIRED"
    house.gateway.resuming._sessions[welcomes[1]["session_id"]].lost_ns -= 61 * 10**9
    _, late = await resume(house, welcomes[1])
    assert (late["error"]["name"], late["error"]["data"]["limit"]) == ("RESUME_EXPIRED", 60_000)
    assert late["error"]["data"]["actual"] > 60_000
    await house.stop()


async def test_the_order_session_goes_on_and_one_whose_orders_have_ended_does_not(house: House) -> None:
    peer, said = await entered(house, grace_ms=LONG_MS)
    kept = await place(peer, "k-1")
    await peer.end()
    second, said = await resume(house, said["result"])
    assert said["result"]["cancel_on_disconnect"]["resumed"] is True
    assert open_orders(house) == [kept]
    await second.ask("session.logout")
    third, said = await entered(house, grace_ms=0)
    await place(third, "k-2")
    await third.end()
    await until(lambda: open_orders(house) == [kept], "the order of the lost session has ended")
    _, said = await resume(house, said["result"])
    assert (said["error"]["name"], said["error"]["data"]["field"]) == ("RESUME_EXPIRED", "cancel_on_disconnect")


async def test_who_may_not_log_in_any_more_does_not_go_on_either(house: House) -> None:
    peer, welcome = await welcomed(house)
    await peer.end()
    await house.act(commands.Restrict(1, units.RESTRICT_LOGIN, "Art. 30"))
    _, said = await resume(house, welcome)
    assert said["error"]["name"] == "ACCOUNT_RESTRICTED"
    peer, welcome = await welcomed(house, "b001")
    await peer.end()
    await house.act(commands.RevokeKey("b001"))
    last, said = await resume(house, welcome)
    assert said["error"]["name"] == "KEY_REVOKED"
    assert await last.closed() == 4002


async def test_a_private_stream_goes_on_by_subscribe_after_a_restart_too(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await trade(house, "1")
    await house.stop()
    await house.open()
    peer = await house.logged_in("a001")
    said = await peer.ask("subscribe", {"channels": [EXEC, TRADES], "last_seqs": {EXEC: 1, TRADES: 1}})
    private, public = said["result"]["subscribed"]
    assert private == {"channel": EXEC, "seq": 2, "from_seq": 2}
    assert public.keys() == {"channel", "seq"}  # public seqs are of one life of the exchange: from a snapshot
    assert (await peer.event(TRADES, "snapshot"))["seq"] == public["seq"]
    assert (await peer.event(EXEC, "update"))["seq"] == 2
    assert (await peer.ask("subscribe", {"channels": [TRADES], "last_seqs": {EXEC: 1}}))["error"][
        "name"
    ] == "INVALID_FIELD"
    await house.stop()


async def test_who_is_too_far_behind_gets_the_snapshot_and_replays_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.subscriptions.GO_ON_EVENTS_MAX", 3)
    peer, welcome = await welcomed(house)
    for number in range(4):
        await peer.ask("order.place", order(side="sell", price="41.00", client_order_id=f"s-{number}"))
    await peer.end()
    second, said = await resume(house, welcome, **{EXEC: 0})
    assert said["result"]["subscribed"] == [{"channel": EXEC, "seq": 4}]
    assert (await second.event(EXEC, "snapshot"))["seq"] == 4


async def test_a_client_that_lost_its_link_goes_on_with_its_session_and_misses_nothing(house: House) -> None:
    async with house.member("a001", reconnect=True) as a:
        await a.subscribe(EXEC, TRADES)
        assert a.welcome is not None
        before = a.welcome
        heard: list[int] = []
        a.on_report = lambda channel, seq, report: heard.append(seq)
        assert a._link is not None
        a._link.drop()
        await trade(house, "1")
        await until(lambda: heard == [1, 2], "what was missed has come")
        assert (a.welcome.session_id, a.welcome.resume_token != before.resume_token) == (before.session_id, True)
        await trade(house, "2")
        await until(lambda: heard == [1, 2, 3, 4], "and what is new")
