"""Every close code comes through a socket, and every kind of event of every channel; nothing is specified that no socket says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from engine.alerts import Alert
from engine.core import commands as c
from engine.core import phases
from engine.title import CheckpointRow
from gateway.protocol import session, wire
from gateway.specification.channels import CHANNELS, channel_of
from tests.gateway.http.people import street
from tests.gateway.http.test_logins import enrolled
from tests.gateway.kit import DAY, SPOT, House, RawPeer, masked
from tests.gateway.test_auctions import announced
from tests.gateway.test_resume import resume

ASK: Final = b'{"id":1,"method":"time.get"}'
Closing = Callable[[House], Awaitable[RawPeer]]


def after(data: bytes) -> Closing:
    """A peer that sends these bytes."""

    async def send(house: House) -> RawPeer:
        peer = await house.raw("market")
        peer.send_bytes(data)
        return peer

    return send


async def logs_out(house: House) -> RawPeer:
    peer = await house.logged_in()
    peer.send({"id": 1, "method": "session.logout"})
    return peer


async def meets_a_fault(house: House) -> RawPeer:
    def fails(connection: Any, request: Any) -> None:
        raise RuntimeError("a handler that fails")

    house.gateway.handlers[wire.TimeGet] = fails
    return await after(masked(ASK))(house)


async def is_there_at_a_restart(house: House) -> RawPeer:
    peer = await house.logged_in()
    await house.gateway.close_doors()
    return peer


async def never_logs_in(house: House) -> RawPeer:
    return await house.raw()


async def signs_wrongly(house: House) -> RawPeer:
    peer = await house.raw()
    peer.send({"id": 1, "method": "session.auth", "params": {"key_id": "a001", "signature": "00" * 64}})
    return peer


async def loses_its_key(house: House) -> RawPeer:
    peer = await house.logged_in()
    await house.act(c.RevokeKey("a001"))
    return peer


async def is_followed_by_another(house: House) -> RawPeer:
    peer = await house.raw()
    welcome = (await peer.log_in("a001", house.settings.env))["result"]
    await resume(house, welcome)
    return peer


async def says_nothing(house: House) -> RawPeer:
    peer = await house.raw("market")
    await peer.event("$session", "hello")
    for _ in range(1 + house.settings.silent_heartbeats_max):
        house.gateway._beat()
    return peer


CLOSES: Final[dict[int, tuple[Closing, dict[str, Any]]]] = {
    1000: (logs_out, {}),
    1002: (after(b"\x81\x02{}"), {}),
    1003: (after(masked(ASK, 0x82)), {}),
    1007: (after(masked(b"\xff")), {}),
    1008: (after(masked(b"", 0x89) * 200), {}),
    1009: (after(masked(b" " * 16_385)), {}),
    1011: (meets_a_fault, {}),
    1012: (is_there_at_a_restart, {}),
    4001: (never_logs_in, {"login_ms": 20}),
    4002: (signs_wrongly, {}),
    4003: (loses_its_key, {}),
    4008: (after(masked(ASK) * 20), {"outbox_messages_max": 5}),
    4009: (is_followed_by_another, {}),
    4010: (says_nothing, {"heartbeat_ms": 3_600_000}),
    4029: (after(masked(b"rubbish") * 200), {}),
}
ELSEWHERE: Final = {4011}  # below: it takes a browser


@pytest.mark.parametrize("code", CLOSES)
async def test_a_connection_ends_with_this_code(tmp_path: Path, code: int) -> None:
    closing, settings = CLOSES[code]
    house = await House.start(tmp_path, **settings)
    assert await (await closing(house)).closed() == code
    await house.stop()


async def test_a_ticket_s_connection_ends_with_its_browser_s_session(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        peer = await there.socket("trade", await browser.ticket())
        assert "result" in await peer.message()
        await browser.post("/v1/logout")
        assert await peer.closed() == 4011


def test_no_close_code_is_missing() -> None:
    assert set(CLOSES) | ELSEWHERE == set(session.CLOSE_CODES)
    codes = {code for _, code in session.TRANSITIONS.values() if code} | {1011}  # 1011: of the library, where we fail
    assert codes == set(session.CLOSE_CODES)


@asynccontextmanager
async def following(house: House) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """A member that follows everything there is; called, it waits until this kind of this channel was heard."""
    peer = await house.logged_in("a001")
    heard: set[tuple[str, str]] = set()

    async def wait(channel: str, kind: str) -> None:
        while (channel, kind) not in heard:
            said = await peer.message()
            if "ch" in said:
                heard.add((channel_of(said["ch"]).name, said["kind"]))

    peer.send({"id": 1, "method": "subscribe", "params": {"channels": [*house.gateway.feed.channels(), "exec.A001"]}})
    await wait("exec.{account}", "snapshot")
    yield wait
    await house.gateway.close_doors()
    await wait("$session", "going_away")
    every = {(channel.name, kind) for channel in CHANNELS for kind in channel.kinds}
    assert every - heard == {
        ("$session", "hello"),
        ("$session", "alert"),
    }  # one is read by the login, one told to operators


async def test_an_operator_is_told_of_an_alert(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    peer = await house.logged_in("chen", "ops")
    house.gateway.alerts.tell([Alert(1, "layering", DAY, 7, 1, (1, 2), (), (5,), {"tonnes": 10})])
    assert (await peer.event("$session", "alert"))["data"]["accounts"] == ["A001", "B001"]
    await house.stop()


async def test_every_kind_of_every_channel_is_said(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=200)
    async with following(house) as wait:
        for channel in CHANNELS:
            if channel.name != "$session":
                await wait(channel.name, "snapshot")
        await wait("$session", "heartbeat")
        async with house.member("both") as both, house.member("b001") as b:
            await both.place(SPOT, "sell", 1, "40.00", account="A001")
            await b.place(SPOT, "buy", 1, "40.00")
        for name in ("exec.{account}", "trades.{instrument}", "ticker.{instrument}"):
            await wait(name, "update")
        async with house.member("a001") as a:
            await a.place(SPOT, "sell", 1, "41.00")
        await wait("book.{instrument}", "update")
        await wait("book5.{instrument}", "update")
        await house.act(c.EngageKillSwitch("account", account=1))
        await wait("$session", "control")
        await house.act(c.PublishNotice("risk_warning", "风险", "Risk", "谨慎", "Take care."))
        await wait("notices", "update")
        await announced(house)
        await wait("auctions", "update")
        house.gateway.feed.tell_checkpoint(CheckpointRow(1, 0, 1, "00", "00", b"{}", b""))
        await wait("checkpoints", "update")
        await house.act(c.ChangePhase(phases.CLOSING_CALL))
        await wait("phase", "update")
        await wait("book.{instrument}", "reset")
        await house.act(c.CloseDay(), c.OpenDay(DAY + 3), c.ChangePhase(phases.CONTINUOUS))
        async with house.member("c001") as third, house.member("b001") as b:
            await third.place(SPOT, "sell", 1, "40.00")
            await b.place(SPOT, "buy", 1, "40.00")
        await wait("trades.{instrument}", "reset")
        await house.act(c.CloseDay())
        await wait("kline.{instrument}.1m", "update")
        await wait("kline.{instrument}.1m", "reset")
    await house.stop()
