"""One order that trades, killed at each step of its way: what the next start has, and what sending it again answers."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from engine import crashpoints
from tests.crash.faults import Fault
from tests.crash.market import Founded
from tests.crash.member import Member
from tests.crash.peer import Gone, Peer
from tests.crash.serving import Server, Unstarted

TONNES = 10
SETTLED_WITHIN_SECONDS = 180
ORDER = {"instrument": "CQEA-25", "price": "40.00", "quantity": TONNES}

# Step -> whether the command is in the journal when the process dies there. A power cut may take back what "after_write"
# has written; nobody has been told of it either way.
STEPS = {
    "before_append": False,
    "after_write": True,
    "after_append": True,
    "after_apply": True,
    "after_publish": True,
}


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory, founded: Founded) -> Path:
    """A market in continuous trading in which M2 offers ten tonnes; made once, stopped."""
    return asyncio.run(_offer(tmp_path_factory.mktemp("offered") / "exchange", founded))


async def _offer(folder: Path, founded: Founded) -> Path:
    members, operators = founded.begin(folder, seed=8, members=2)
    async with await Server.start(folder) as server:
        desk, other = await operators.desks(server.url)
        for act, fields in (
            ("open_day", {"trading_day": "2026-03-03"}),
            ("change_phase", {"phase": "continuous"}),
        ):
            await desk.call("ops.act", act=act, reason="test", document="DOC-0", fields=fields)
        await desk.close()
        await other.close()
        seller = await members[1].connect(server.url)
        await seller.call("order.place", side="sell", client_order_id="maker", **ORDER)
        await seller.close()
        await server.stop()
    return folder


@pytest.fixture
def market(tmp_path: Path, offered: Path, founded: Founded) -> tuple[Path, list[Member]]:
    """A copy of that market, and its members M1 and M2."""
    members, _ = founded._replace(folder=offered).begin(tmp_path / "exchange", seed=8, members=2)
    return tmp_path / "exchange", members


async def buy(member: Member, server: Server) -> dict[str, Any]:
    """Send the order that takes the offer. Raises `Gone` where the server dies of it."""
    peer = await member.connect(server.url)
    try:
        placed: dict[str, Any] = await peer.call("order.place", side="buy", client_order_id="taker", **ORDER)
    finally:
        await peer.close()
    return placed


async def buy_and_die(member: Member, server: Server) -> dict[str, Any] | None:
    """Send the order to a server that dies of it: the answer, if one came before the end."""
    try:
        return await buy(member, server)
    except Gone:
        return None
    finally:
        assert await server.ended() == -signal.SIGKILL, server.said()


async def settled(peer: Peer, trade_id: str) -> None:
    """Wait until settlement, which follows after the answer, has settled the trade."""
    deadline = asyncio.get_running_loop().time() + SETTLED_WITHIN_SECONDS
    while (await peer.call("trade.get", trade_id=trade_id))["status"] != "settled":
        assert asyncio.get_running_loop().time() < deadline, "the trade was never settled"
        await asyncio.sleep(0.01)


async def judge_trade(
    folder: Path, members: list[Member], is_journaled: bool, told: dict[str, Any] | None = None
) -> None:
    """After the restart the order is there or not; sent again it is answered as what it is; both sides have one trade."""
    async with await Server.start(folder) as server:
        placed = await buy(members[0], server)
        assert placed.get("duplicate", False) == is_journaled
        assert told is None or placed == told | {"duplicate": True}
        again = await buy(members[0], server)
        assert again == placed | {"duplicate": True}
        for member in members:
            await member.look(server.url)
            [fill] = member.own.fills.values()
            assert (fill.trade_id, fill.tonnes) == ("T-1", TONNES)
            assert [order.state for order in member.own.orders.values()] == ["done"]
        assert members[0].own.ids == {"taker": placed["order_id"]}
        peer: Peer = await members[1].connect(server.url)
        await settled(peer, "T-1")
        await peer.close()
        await server.stop()


@pytest.mark.parametrize("step", crashpoints.NAMES)
async def test_an_order_killed_on_its_way_is_journaled_whole_or_not_at_all(
    market: tuple[Path, list[Member]], step: str
) -> None:
    folder, members = market
    async with await Server.start(folder, **{crashpoints.VARIABLE: f"{step}:1"}) as server:
        told = await buy_and_die(members[0], server)
    assert told is None or step == "after_publish", "the answer came before the order was applied"
    await judge_trade(folder, members, STEPS[step], told)


async def test_an_order_whose_record_was_half_written_was_never_there(
    market: tuple[Path, list[Member]], failing_disk: Path
) -> None:
    folder, members = market
    torn = Fault("write", ".segment", "torn", 1).settings(failing_disk)
    async with await Server.start(folder, **torn) as server:
        assert await buy_and_die(members[0], server) is None
    await judge_trade(folder, members, is_journaled=False)


async def test_a_trade_whose_settlement_was_half_written_is_settled_once_at_the_next_start(
    market: tuple[Path, list[Member]], failing_disk: Path
) -> None:
    folder, members = market
    told, is_dead = None, False
    for at in range(1, 200, 5):  # a start writes a little too: go on until it is the trade's own transaction
        torn = Fault("write", "registry.db-wal", "torn", at).settings(failing_disk)
        try:
            async with await Server.start(folder, **torn) as server:
                told, is_dead = await buy_and_die(members[0], server), True
        except Unstarted:
            continue
        break
    assert is_dead
    await judge_trade(folder, members, True, told)
