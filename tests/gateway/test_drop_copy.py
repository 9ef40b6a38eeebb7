"""A drop copy sees the private streams, orders and balances of its accounts, nothing of any other, and does nothing."""

import json
from typing import Any

import pytest

from engine.core import commands as c
from gateway.protocol.doors import DOORS
from tests.gateway.kit import SPOT, House, public_of
from tests.gateway.test_protocol_document import BLOCKS
from yutan.client import Event, Refused

ENDS = 20991231
SEES = {
    "order.get",
    "order.list",
    "trade.get",
    "account.cash",
    "account.allowances",
    "subscribe",
    "unsubscribe",
    "channel.snapshot",
    "channel.replay",
    "instrument.list",
    "phase.get",
    "reference.get",
    "time.get",
}


@pytest.fixture
async def copied(house: House) -> House:
    """An auditor reads along for A001 and B001, which belong to two participants."""
    await house.act(c.RegisterKey("audit", public_of("audit"), (1, 2), ("drop_copy",), expires_day=ENDS))
    return house


async def test_it_sees_orders_fills_and_balances_of_its_accounts_and_of_no_other(copied: House) -> None:
    async with copied.member("audit") as audit, copied.member("a001") as a, copied.member("c001") as c_member:
        assert audit.welcome is not None
        assert (audit.welcome.accounts, audit.welcome.scopes) == (["A001", "B001"], ["drop_copy"])
        await audit.subscribe("exec.A001", "exec.B001")
        sold = await a.place(SPOT, "sell", 10, "41.00")
        await c_member.place(SPOT, "buy", 4, "41.00")
        kinds = []
        async for event in audit.events():
            if isinstance(event, Event) and event.kind == "update":
                kinds.append((event.channel, event.data.exec_type))
                if kinds[-1][1] == "trade":
                    break
        assert kinds == [("exec.A001", "new"), ("exec.A001", "trade")]
        assert (await audit.order(sold.order_id, account="A001")).leaves_qty == 6
        assert [row.order_id for row in await audit.orders(account="A001")] == [sold.order_id]
        assert (await audit.cash("A001")).account == (await audit.allowances("A001")).account == "A001"
        assert len(await audit.replay("exec.A001", 1, 2)) == 2
        for question in (audit.cash("C001"), audit.orders(account="C001"), audit.replay("exec.C001", 1, 1)):
            with pytest.raises(Refused, match=r"UNKNOWN_ACCOUNT|UNKNOWN_CHANNEL"):
                await question


async def test_every_other_method_of_the_door_is_refused_and_leaves_no_trace(copied: House) -> None:
    peer = await copied.logged_in("audit")
    seq = copied.sequencer.view.day().seq
    lines = [line for door, _, block in BLOCKS if door == "trade" for line in block.splitlines()]
    examples: list[dict[str, Any]] = [json.loads(line[2:]) for line in lines if line.startswith("→ {")]
    refused: dict[str, set[str]] = {}
    for asked in [*examples, {"method": "login.code"}]:  # whose example is an operator's
        method = asked.get("method", "session.")
        if method not in SEES and not method.startswith("session."):
            peer.send(json.dumps(asked | {"id": "x"}))
            answer = await peer.message()
            assert "result" not in answer, asked
            refused.setdefault(method, set()).add(answer["error"]["name"])
    methods = {str(request.__struct_config__.tag) for request in DOORS["trade"].__args__}
    assert set(refused) == {name for name in methods - SEES if not name.startswith("session.")}
    assert [method for method, names in refused.items() if "NOT_PERMITTED" not in names] == []
    assert copied.sequencer.view.day().seq == seq


async def test_it_opens_no_session_that_cancels_and_ends_with_its_day(copied: House) -> None:
    with pytest.raises(Refused, match="NOT_PERMITTED"):
        await copied.member("audit", cancel_grace_ms=1_000).open()
    inside = await copied.logged_in("audit")
    await copied.act(c.EngageKillSwitch("account", account=1))  # of which members are told
    await copied.act(c.CloseDay(), c.OpenDay(ENDS + 8_870))
    assert await inside.closed() == 4003
    with pytest.raises(Refused, match="KEY_EXPIRED"):
        await copied.member("audit").open()
