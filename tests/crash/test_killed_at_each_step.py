"""One order that trades, or one purchase that is awarded, killed on its way: what the next start has, and what is answered then."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from engine import crashpoints
from tests.crash.faults import Fault
from tests.crash.market import Founded
from tests.crash.member import Member
from tests.crash.operators import Operators, Stock, act, both
from tests.crash.own_orders import yuan
from tests.crash.peer import Gone, Peer, Refusal
from tests.crash.serving import Server, Unstarted

TONNES = 10
SETTLED_WITHIN_SECONDS = 180
ORDER = {"instrument": "CQEA-25", "price": "40.00", "quantity": TONNES}
PURCHASE = {  # at the application of M3, which pays a fee of one per cent on top
    **{"code": "P-1", "direction": "purchase", "method": "sealed_uniform", "instrument": "CQEA-25", "tonnes": 100},
    **{
        "unit_account": "M3",
        "cash_account": "M3",
        "limit_price": "42.00",
        "buyer_fee_ppm": 10_000,
        "qty_min": 1,
        "lot": 1,
    },
    **{"trading_day": "2026-03-03", "categories": ["institution"], "tie": "time", "undersubscribed": "partial"},
}
OFFER = {"auction": "P-1", "price": "40.00", "quantity": 30, "client_bid_id": "offer"}
PAID_FEN = 30 * 40_00

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
    """A market in continuous trading: M2 offers ten tonnes, M4 thirty to the purchase of M3; made once, stopped."""
    return asyncio.run(_offer(tmp_path_factory.mktemp("offered") / "exchange", founded))


async def _offer(folder: Path, founded: Founded) -> Path:
    members, operators = founded.begin(folder, seed=8, members=4)
    async with await Server.start(folder) as server:
        desk, other = await operators.desks(server.url)
        await act(desk, "open_day", trading_day="2026-03-03")
        await act(desk, "change_phase", phase="continuous")
        await both(desk, other, "announce_auction", **PURCHASE)
        await act(desk, "open_auction", auction="P-1")
        await desk.close()
        await other.close()
        offerer = await members[3].connect(server.url)
        await offerer.call("auction.bid", **OFFER)
        await offerer.close()
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


async def close_and_die(operators: Operators, server: Server) -> None:
    """Close the purchase's window on a server that dies of it."""
    desk, other = await operators.desks(server.url)
    try:
        with pytest.raises(Gone):
            await act(desk, "close_auction", auction="P-1")
    finally:
        await desk.close()
        await other.close()
    assert await server.ended() == -signal.SIGKILL, server.said()


async def settled_fen(member: Member, server: Server) -> str:
    """A member's settled cash once the purchase's trade is settled."""
    peer = await member.connect(server.url)
    try:
        await settled(peer, "T-1")
        return str((await peer.call("account.cash"))["settled"])
    finally:
        await peer.close()


@pytest.mark.parametrize("step", ["before_append", "after_write"])
async def test_a_purchase_killed_at_its_award_is_awarded_once(
    tmp_path: Path, offered: Path, founded: Founded, step: str
) -> None:
    folder = tmp_path / "exchange"
    members, operators = founded._replace(folder=offered).begin(folder, seed=8, members=4)
    async with await Server.start(folder, **{crashpoints.VARIABLE: f"{step}:1"}) as server:
        await close_and_die(operators, server)
    async with await Server.start(folder) as server:
        desk, other = await operators.desks(server.url)
        if STEPS[step]:
            with pytest.raises(Refusal, match="ACT_NOT_ALLOWED_NOW"):
                await act(desk, "close_auction", auction="P-1")
        else:
            assert (await act(desk, "close_auction", auction="P-1"))["status"] == "done"
        assert (await desk.call("auction.get", auction="P-1"))["status"] == "cleared"
        assert await settled_fen(members[2], server) == yuan(Stock.cash_fen - PAID_FEN - PAID_FEN // 100)
        assert await settled_fen(members[3], server) == yuan(Stock.cash_fen + PAID_FEN)
        assert (await desk.call("ops.reconcile"))["ok"]
        await desk.close()
        await other.close()
        await server.stop()
