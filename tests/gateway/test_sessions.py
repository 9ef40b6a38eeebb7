"""Cancel-on-disconnect and dead-man timers through sockets: what was entered on a lost session ends, and nothing else does."""

from typing import Any

import pytest

from gateway.protocol import session
from tests.gateway.kit import SPOT, House, RawPeer, key_of, order, until
from yutan.client import Refused

LONG_MS = 30_000


async def entered(house: House, key_id: str = "a001", **wanted: Any) -> tuple[RawPeer, dict[str, Any]]:
    """A peer whose login wants its orders canceled when it is lost, and what it was told."""
    peer = await house.raw()
    hello = (await peer.event("$session", "hello"))["data"]
    text = session.login_text(house.settings.env, peer.host, hello["connection_id"], hello["nonce"], key_id)
    signature = session.sign_login(key_of(key_id), text)
    said = await peer.ask(
        "session.auth", {"key_id": key_id, "signature": signature, "language": "en", "cancel_on_disconnect": wanted}
    )
    return peer, said


async def place(peer: RawPeer, name: str, account: str = "A001") -> str:
    said = await peer.ask("order.place", order(side="sell", price="41.00", client_order_id=name, account=account))
    found: str = said["result"]["order_id"]
    return found


def open_orders(house: House, account: int = 1) -> list[str]:
    return [f"O-{found.order}" for found in house.sequencer.view.open_orders(account)]


async def test_a_dropped_socket_ends_its_own_orders_and_no_other(house: House) -> None:
    lost, said = await entered(house, "both", grace_ms=20)
    granted = said["result"]["cancel_on_disconnect"]
    assert (granted["grace_ms"], granted["resumed"], granted["session"][:2]) == (20, False, "L-")
    stays, _ = await entered(house, "both", grace_ms=20)
    plain = await house.logged_in("both")
    await place(lost, "l-1")
    await place(lost, "l-2", "B001")
    kept = [await place(stays, "s-1"), await place(plain, "p-1")]
    async with house.member("a001") as a:
        await a.subscribe("exec.A001")
        told: list[tuple[str, int]] = []
        a.on_report = lambda channel, seq, report: told.append(
            (report.order_id, report.reason.code if report.reason is not None else 0)
        )
        await lost.end()
        await until(lambda: open_orders(house) == kept and not open_orders(house, 2), "its orders are gone")
        await until(lambda: bool(told), "the member is told")
        assert [code for _, code in told] == [4108]
    assert (await stays.ask("session.status"))["result"]["state"] == "logged_in"
    assert house.sequencer.view.controls().session(int(granted["session"][2:])) is None


async def test_a_key_of_several_accounts_says_for_which_it_holds(house: House) -> None:
    lost, said = await entered(house, "both", grace_ms=0, accounts=["B001"])
    granted = said["result"]["cancel_on_disconnect"]
    assert granted["accounts"] == ["B001"]
    kept = [await place(lost, "l-1")]
    await place(lost, "l-2", "B001")
    await lost.end()
    await until(lambda: not open_orders(house, 2), "the orders of B001 are gone")
    assert open_orders(house) == kept
    stranger, said = await entered(house, "both", accounts=["B001", "C001"])
    assert (said["error"]["name"], said["error"]["data"]["field"]) == (
        "UNKNOWN_ACCOUNT",
        "cancel_on_disconnect.accounts",
    )
    assert "error" not in await stranger.log_in("both", house.settings.env), "the connection may log in otherwise"
    async with house.member("both", cancel_grace_ms=30_000, cancel_accounts=["A001"]) as client:
        assert client.welcome is not None
        assert client.welcome.cancel_on_disconnect is not None
        assert client.welcome.cancel_on_disconnect.accounts == ["A001"]


async def test_an_order_may_say_that_it_stays(house: House) -> None:
    lost, _ = await entered(house, grace_ms=0)
    await place(lost, "l-1")
    said = await lost.ask(
        "order.place", order(side="sell", price="41.00", client_order_id="stays", cancel_on_disconnect=False)
    )
    await lost.end()
    await until(lambda: open_orders(house) == [said["result"]["order_id"]], "the other one has ended")


async def test_a_logout_leaves_the_orders_and_ends_the_session(house: House) -> None:
    peer, said = await entered(house, grace_ms=0)
    kept = await place(peer, "k-1")
    await peer.ask("session.logout")
    await until(lambda: not house.sequencer.view.controls().sessions(), "the session is over")
    again, said = await entered(house, grace_ms=LONG_MS, resume=said["result"]["cancel_on_disconnect"]["session"])
    assert said["result"]["cancel_on_disconnect"]["resumed"] is False
    assert open_orders(house) == [kept]
    await again.ask("session.logout")


async def test_who_comes_back_in_time_goes_on_and_takes_over_from_a_connection_that_hangs(house: House) -> None:
    first, said = await entered(house, grace_ms=LONG_MS)
    name = said["result"]["cancel_on_disconnect"]["session"]
    kept = await place(first, "k-1")
    second, said = await entered(house, resume=name)
    assert said["result"]["cancel_on_disconnect"] == {"session": name, "grace_ms": LONG_MS, "resumed": True}
    assert await first.closed() == 4009
    await second.end()
    third, said = await entered(house, resume=name)
    assert said["result"]["cancel_on_disconnect"]["resumed"] is True
    stranger, said = await entered(house, "b001", resume=name)
    assert said["result"]["cancel_on_disconnect"]["resumed"] is False
    assert open_orders(house) == [kept]
    more = await place(third, "k-2")
    assert open_orders(house) == [kept, more]
    for peer in (third, stranger):
        await peer.ask("session.logout")


async def test_a_start_takes_every_session_for_lost_that_was_open(house: House) -> None:
    peer, said = await entered(house, grace_ms=300)
    await place(peer, "l-1")
    plain = await house.logged_in("both")
    kept = await place(plain, "p-1")
    other, other_said = await entered(house, "both", grace_ms=LONG_MS)
    later = await place(other, "o-1")
    house.gateway.sessions.stop()  # as a process that is no more: no timer of its runs
    await house.stop()
    await house.open()
    await until(lambda: open_orders(house) == [kept, later], "the orders of the lost session end")
    back, said = await entered(house, "both", resume=other_said["result"]["cancel_on_disconnect"]["session"])
    assert said["result"]["cancel_on_disconnect"]["resumed"] is True
    await back.ask("session.logout")
    await until(lambda: not house.sequencer.view.controls().sessions(), "no session is left")
    assert open_orders(house) == [kept, later]


async def test_a_key_that_may_not_trade_has_no_session_and_may_log_in_without(house: House) -> None:
    _, said = await entered(house, "eyes", grace_ms=0)
    assert said["error"]["code"] == 2001
    _, said = await entered(house, "a001", grace_ms=40_000)
    assert said["error"]["code"] == 1004
    async with house.member("eyes") as eyes:
        await eyes.ping()


async def test_a_client_that_reconnects_goes_on_with_its_session(house: House) -> None:
    async with house.member("a001", reconnect=True, cancel_grace_ms=LONG_MS) as a:
        placed = await a.place(SPOT, "sell", 10, "41.00")
        assert a.welcome is not None
        first = a.welcome
        assert a._link is not None
        a._link.drop()
        await until(lambda: a.welcome is not first and a.is_connected, "it is back")
        assert a.welcome.cancel_on_disconnect is not None
        assert a.welcome.cancel_on_disconnect.resumed
        assert open_orders(house) == [placed.order_id]


async def test_a_dead_man_timer_ends_the_accounts_orders_unless_it_is_set_again(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        kept = await b.place(SPOT, "sell", 10, "41.00")
        armed = await a.controls.set_dead_man(3_600)
        assert (armed.account, armed.seconds, armed.fires_at > "2") == ("A001", 3_600, True)
        seq = house.sequencer.view.day().seq
        await a.controls.set_dead_man(3_600)
        assert house.sequencer.view.day().seq == seq  # set again is not written down
        assert (await a.controls.set_dead_man(0)).fires_at == ""
        await a.place(SPOT, "sell", 10, "41.00")
        await a.controls.set_dead_man(1)
    await until(lambda: not open_orders(house), "the timer has run out, whether or not anybody is connected")
    assert open_orders(house, 2) == [kept.order_id]
    assert house.sequencer.view.controls().dead_men() == []
    with pytest.raises(Refused, match="NOT_PERMITTED"):
        async with house.member("eyes") as eyes:
            await eyes.controls.set_dead_man(5)


async def test_a_dead_man_timer_survives_a_restart(house: House) -> None:
    async with house.member("a001") as a:
        await a.place(SPOT, "sell", 10, "41.00")
        await a.controls.set_dead_man(1)
        house.gateway.sessions.stop()
    await house.stop()
    await house.open()
    await until(lambda: not open_orders(house), "the timer runs on")
