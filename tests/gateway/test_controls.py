"""Kill switches and own limits at the doors: everyone concerned is told at once, nobody else is, and a restart changes nothing."""

import pytest

from engine.core import commands as c
from tests.gateway.kit import COARSE, SPOT, House, order, public_of
from yutan.client import Refused

USERS = (("wu", "i-1"), ("he", "i-2"))
RIGHTS = ("view", "trade", "limits")


async def with_users(house: House) -> None:
    """Participant 1 has two users, each with a key of their own that bears their name."""
    await house.act(c.AdmitParticipant(1, "a-1", "企业"))
    for user, identity in USERS:
        await house.act(
            c.AppointUser(user, 1, user, identity, RIGHTS), c.RegisterKey(user, public_of(user), (1,), RIGHTS, user)
        )


async def test_a_member_stops_itself_and_two_of_its_users_let_go(house: House) -> None:
    await with_users(house)
    told, other = await house.logged_in("eyes"), await house.logged_in("b001")
    async with house.member("a001") as a, house.member("wu") as wu, house.member("he") as he:
        placed = await a.place(SPOT, "sell", 10, "41.00")
        done = await a.controls.engage(note="runaway program")
        assert (done.status, done.kill_switch_id, done.orders) == ("done", "X-1", 1)
        news = (await told.event("$session", "control"))["data"]
        assert news == {
            "what": "kill_switch_engaged",
            "kill_switch_id": "X-1",
            "kind": "account",
            "target": "A001",
            "by": "a001",
            "why": "runaway program",
        }
        with pytest.raises(Refused, match="KILL_SWITCH_ENGAGED"):
            await a.place(SPOT, "sell", 10, "41.00")
        assert (await a.order(placed.order_id)).order_status == "canceled"
        [row] = await a.controls.switches()
        assert (row.kill_switch_id, row.target, row.by, row.is_waiting) == ("X-1", "A001", "a001", False)
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await a.controls.release("X-1")
        waiting = await wu.controls.release("X-1", "mended")
        assert waiting.status == "pending"
        [proposal] = await he.controls.proposals()
        assert (proposal.user, proposal.act, proposal.fields) == (
            "wu",
            "kill_switch.release",
            {"kill_switch_id": "X-1"},
        )
        with pytest.raises(Refused, match="SELF_APPROVAL"):
            await wu.controls.approve(proposal.proposal_id, proposal.sha256)
        assert (await he.controls.approve(proposal.proposal_id, proposal.sha256)).status == "done"
        assert (await told.event("$session", "control"))["data"]["what"] == "kill_switch_released"
        assert (await a.place(SPOT, "sell", 10, "41.00")).account == "A001"
    other.send({"id": "still", "method": "session.ping"})
    heard = await other.message()
    while "ch" in heard:  # heartbeats alone: what concerns others is not told
        assert heard["kind"] == "heartbeat"
        heard = await other.message()
    assert heard["id"] == "still"


async def test_the_exchange_stops_an_instrument_and_the_public_sees_it_halted(house: House) -> None:
    async with house.member("a001") as a, house.operator("chen") as chen, house.operator("li") as li:
        await a.place(SPOT, "sell", 10, "41.00")
        kept = await a.place(COARSE, "sell", 10, "41.00")
        fields = {"kind": "instrument", "instrument": SPOT}
        outcome = await chen.act("engage_kill_switch", fields, "orders of a broken algorithm", "急停1")
        assert outcome.status == "done"
        assert [order.order_id for order in await a.orders()] == [kept.order_id]
        with pytest.raises(Refused, match="KILL_SWITCH_ENGAGED"):
            await a.place(SPOT, "buy", 10, "40.00")
        [row] = [row for row in await chen.instruments() if row.instrument == SPOT]
        assert row.halted
        [switch] = await chen.controls.all_switches()
        assert (switch.kind, switch.target, switch.by) == ("instrument", SPOT, "exchange")
        assert [row.kill_switch_id for row in await a.controls.switches()] == ["X-1"]
        with pytest.raises(Refused, match="KILL_SWITCH_ENGAGED"):
            await chen.act("resume", {"instrument": SPOT}, "resume")
        waiting = await chen.act("release_kill_switch", {"kill_switch_id": "X-1"}, "mended")
        assert waiting.status == "pending"
        assert (await li.approve(waiting.proposal_id, waiting.sha256)).status == "done"
        await chen.act("resume", {"instrument": SPOT}, "resume")
        await a.place(SPOT, "buy", 10, "40.00")
        assert await chen.controls.all_switches() == []


async def test_own_limits_are_set_refuse_with_limit_and_actual_and_loosen_by_two(house: House) -> None:
    await with_users(house)
    peer = await house.logged_in("wu")
    async with house.member("wu") as wu, house.member("he") as he:
        done = await wu.controls.set_limits(order_value_max="400.00", order_quantity_max=8, open_value_max="1000")
        assert done.status == "done"
        async with house.operator("chen") as chen:
            standing = [account for row in await chen.participants.all() for account in row.accounts]
            (told,) = [account.limits for account in standing if account.limits is not None]
            assert (told.order_value_max, told.order_quantity_max, told.open_value_max) == ("400.00", 8, "1000.00")
        limits = await he.controls.limits()
        assert (limits.order_value_max, limits.order_quantity_max, limits.open_value_max) == ("400.00", 8, "1000.00")
        said = await peer.ask("order.place", order(price="40.01"))
        assert said["error"]["message"]
        data = said["error"]["data"]
        assert (said["error"]["code"], data["limit"], data["actual"]) == (3006, "400.00", "400.10")
        assert (await wu.controls.limits()).open_value == "0.00"
        with pytest.raises(Refused, match="OWN_ORDER_QUANTITY"):
            await wu.place(SPOT, "buy", 9, "40.00")
        waiting = await wu.controls.set_limits(order_value_max="0", note="season")
        [proposal] = await he.controls.proposals()
        assert proposal.fields == {
            "account": "A001",
            "order_value_max": None,
            "order_quantity_max": 8,
            "open_value_max": "1000.00",
        }
        assert (proposal.proposal_id, proposal.note, proposal.sha256) == (waiting.proposal_id, "season", waiting.sha256)
        assert (await he.controls.approve(waiting.proposal_id, waiting.sha256)).status == "done"
        await wu.place(SPOT, "buy", 8, "40.00")
        assert (await wu.controls.limits()).open_value == "320.00"
        waiting = await he.controls.set_limits(order_quantity_max=30)
        assert (await wu.controls.reject(waiting.proposal_id)).status == "rejected"
        assert await wu.controls.proposals() == []
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await wu.controls.set_limits(order_value_max="much")


async def test_a_restart_keeps_switches_limits_and_what_waits(house: House) -> None:
    await with_users(house)
    async with house.member("wu") as wu:
        await wu.controls.set_limits(order_quantity_max=5)
        await wu.controls.engage(kind="participant")
        waiting = await wu.controls.release("X-1")
    await house.stop()
    await house.open()
    async with house.member("he") as he:
        with pytest.raises(Refused, match="KILL_SWITCH_ENGAGED"):
            await he.place(SPOT, "buy", 1, "40.00")
        await he.controls.approve(waiting.proposal_id, waiting.sha256)
        with pytest.raises(Refused, match="OWN_ORDER_QUANTITY"):
            await he.place(SPOT, "buy", 6, "40.00")


async def test_a_lost_key_is_revoked_by_its_person_or_by_who_may_limit_and_its_connections_end(house: House) -> None:
    await with_users(house)
    await house.act(
        c.AppointUser("ma", 1, "ma", "i-3", ("view", "trade")),
        c.RegisterKey("ma", public_of("ma"), (1,), ("view", "trade"), "ma"),
        c.RegisterKey("ma-2", public_of("ma-2"), (1,), ("view",), "ma"),
    )
    lost = await house.logged_in("a001")
    async with house.member("ma") as ma, house.member("wu") as wu:
        rows = {row.key_id: row for row in await ma.participants.own_keys()}
        assert set(rows) == {"a001", "both", "eyes", "gone", "wu", "he", "ma", "ma-2"}
        assert (rows["a001"].user, rows["a001"].connections, rows["gone"].status) == ("", 1, "KEY_REVOKED")
        assert (rows["ma"].user, rows["ma"].connections, rows["ma-2"].connections) == ("ma", 1, 0)
        unknown = dict.fromkeys(("b001", "both", "no"), "UNKNOWN_KEY")
        for key, reason in {"a001": "NOT_PERMITTED", "gone": "KEY_REVOKED", **unknown}.items():
            with pytest.raises(Refused, match=reason):
                await ma.controls.revoke_key(key)
        assert (await ma.controls.revoke_key("ma-2", "a lost telephone")).status == "done"
        assert (await wu.controls.revoke_key("a001", "stolen")).status == "done"
        assert await lost.closed() == 4003
        revoked = [row.key_id for row in await wu.participants.own_keys() if row.status == "KEY_REVOKED"]
        assert revoked == ["a001", "gone", "ma-2"]
    with pytest.raises(Refused, match="KEY_REVOKED"):
        async with house.member("a001"):
            pass
