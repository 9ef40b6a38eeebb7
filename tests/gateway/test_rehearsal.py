"""A rehearsal market at its doors: whose keys open them, and what goes wrong when a member asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.core import commands, reasons
from gateway import rehearsal
from gateway.protocol import wire
from tests.gateway.kit import SPOT, House, RawPeer, order, public_of
from yutan.client import ConnectionLost, Event, Refused

OURS, THEIRS = "test_a", "test_b"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A rehearsal market with a key for each of two accounts."""
    house = await House.start(tmp_path, env=rehearsal.ENV)
    await house.act(
        commands.RegisterKey(OURS, public_of(OURS), (1,)), commands.RegisterKey(THEIRS, public_of(THEIRS), (2,))
    )
    yield house
    await house.stop()


async def spoilt(peer: RawPeer, sim: dict[str, Any], request_id: Any, **changes: Any) -> None:
    """Ask for an order with faults; no answer is waited for."""
    peer.send({"id": request_id, "method": "order.place", "params": order(**changes), "sim": sim})


async def test_only_keys_of_a_rehearsal_market_open_it_and_replies_name_it(house: House) -> None:
    stranger = await house.raw()
    said = await stranger.log_in("a001", rehearsal.ENV)
    assert said["error"]["code"] == reasons.WRONG_ENVIRONMENT
    assert said["env"] == "sandbox"
    assert await stranger.closed() == 4002
    peer = await house.logged_in(OURS)
    assert (await peer.ask("order.place", order()))["env"] == "sandbox"
    assert (await peer.ask("order.get", {"client_order_id": "none"}))["env"] == "sandbox"


async def test_a_key_can_be_registered_only_where_it_belongs(house: House, tmp_path: Path) -> None:
    fields = {"public_key": public_of("new").hex(), "accounts": ["A001"]}
    async with house.operator("chen") as operator:
        with pytest.raises(Refused, match="WRONG_ENVIRONMENT"):
            await operator.act("register_key", {"key_id": "new", **fields}, "test")
        assert (await operator.act("register_key", {"key_id": "test_new", **fields}, "test")).status == "done"
    (tmp_path / "market").mkdir()
    market = await House.start(tmp_path / "market")
    async with market.operator("chen") as operator:
        with pytest.raises(Refused, match="WRONG_ENVIRONMENT"):
            await operator.act("register_key", {"key_id": "test_new", **fields}, "test")
    await market.act(commands.RegisterKey(OURS, public_of(OURS), (1,)))  # as one that was founded as a rehearsal has it
    stranger = await market.raw()
    assert (await stranger.log_in(OURS, "local"))["error"]["code"] == reasons.WRONG_ENVIRONMENT
    await market.stop()


async def test_elsewhere_nothing_goes_wrong_on_request(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    peer = await house.logged_in()
    await spoilt(peer, {"drop_next": 1}, "q", client_order_id="o-9")
    said = await peer.reply("q")
    assert said["error"]["name"] == "WRONG_ENVIRONMENT"
    assert said["error"]["data"]["field"] == "sim"
    assert "env" not in said
    assert house.sequencer.view.order_number(1, "o-9") == 0
    await house.stop()


async def test_lost_replies_leave_the_order_and_the_same_id_gets_its_answer(house: House) -> None:
    peer = await house.logged_in(OURS)
    await spoilt(peer, {"drop_next": 2}, 1)
    peer.send({"id": 2, "method": "session.ping"})
    peer.send({"id": 3, "method": "order.place", "params": order()})
    said = await peer.message()
    assert said["id"] == 3
    assert said["result"]["duplicate"] is True


async def test_a_cut_line_takes_the_answer_with_it(house: House) -> None:
    peer = await house.logged_in(OURS)
    await spoilt(peer, {"cut": True}, 1)
    with pytest.raises(ConnectionError):
        await peer.reply(1)
    assert peer.close_code is None
    again = await house.logged_in(OURS)
    assert (await again.ask("order.place", order()))["result"]["duplicate"] is True


async def test_a_late_reply_is_overtaken(house: House) -> None:
    peer = await house.logged_in(OURS)
    await spoilt(peer, {"delay_ms": 300}, 1)
    assert (await peer.ask("session.ping", None, 2))["id"] == 2
    assert (await peer.reply(1))["result"]["account"] == "A001"


async def test_a_refusal_by_name_leaves_no_trace(house: House) -> None:
    peer = await house.logged_in(OURS)
    await spoilt(peer, {"reject": "RATE_LIMITED"}, 1)
    error = (await peer.reply(1))["error"]
    assert (error["code"], error["data"]["retry"]) == (reasons.RATE_LIMITED, "after")
    assert error["data"]["retry_after_ms"] > 0
    assert house.sequencer.view.order_number(1, "o-1") == 0
    await spoilt(peer, {"reject": "BAD_WEATHER"}, 2)
    assert (await peer.reply(2))["error"]["data"]["field"] == "sim.reject"


@pytest.mark.parametrize("sim", [{"delay_ms": 0}, {"delay_ms": 30_001}, {"drop_next": 101}, {"mood": 1}, 1])
async def test_wishes_that_make_no_sense_are_refused(house: House, sim: Any) -> None:
    peer = await house.logged_in(OURS)
    await spoilt(peer, sim, 1)
    assert (await peer.reply(1))["error"]["code"] in (reasons.INVALID_FIELD, reasons.UNKNOWN_FIELD)


async def test_an_event_that_was_lost_can_be_had_again(house: House) -> None:
    peer = await house.logged_in(OURS)
    await peer.ask("subscribe", {"channels": ["exec.A001"]})
    peer.send({"id": 5, "method": "session.ping", "sim": {"gap": "exec.A001"}})
    await peer.reply(5)
    for number in (1, 2):
        peer.send({"id": number, "method": "order.place", "params": order(client_order_id=f"o-{number}")})
    assert (await peer.event("exec.A001", "update"))["seq"] == 2
    await peer.ask("channel.replay", {"channel": "exec.A001", "from_seq": 1}, 6)
    assert (await peer.event("exec.A001", "update"))["seq"] == 1


async def test_our_own_client_mends_a_gap(house: House) -> None:
    async with house.member(OURS) as buyer, house.member(THEIRS) as seller:
        await buyer.subscribe("exec.A001")
        buyer.simulate(wire.Simulate(gap="exec.A001"))
        await buyer.place(SPOT, "buy", 10, "40.00")  # its acceptance is lost, and the fill comes next
        await seller.place(SPOT, "sell", 10, "40.00")
        seqs: list[int] = []
        async for event in buyer.events():
            if isinstance(event, Event) and event.kind == "update":
                seqs.append(event.seq)
                if len(seqs) == 2:
                    break
        assert seqs == [1, 2]


async def test_an_order_of_unknown_outcome_trades_once(house: House) -> None:
    async with house.member(OURS) as lost:
        lost.simulate(wire.Simulate(cut=True))
        with pytest.raises(ConnectionLost):
            await lost.place(SPOT, "buy", 10, "40.00", client_order_id="once")
    async with house.member(OURS) as back:
        assert (await back.place(SPOT, "buy", 10, "40.00", client_order_id="once")).duplicate
        assert len(await back.orders()) == 1
