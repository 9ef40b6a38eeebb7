"""An exchange killed with SIGKILL under load cancels what cancel-on-disconnect promises, and nothing else.

From docs/protocol.md, "A lost connection" alone: who had asked for it and does not come back within the grace loses what was entered
on that connection, but for orders that said otherwise and accounts that were not named; who comes back, who had not asked,
and who trades meanwhile lose nothing.
"""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.independent.exchange import INSTRUMENT, Exchange, found
from tests.independent.member import Member
from tests.independent.wire import Gone, Wire

SESSION_LOST = 4108
KEEPS_MS = 30_000
QUIET = ("M1", "M2", "M3", "M4")
BUSY = ("M5", "M6")
PAIR = ("M1", "M2")  # accounts of one more key, which cancels for the first alone


async def place(wire: Wire, name: str, **more: Any) -> str:
    """An order that rests far from where the others trade; its id."""
    said = await wire.call(
        "order.place", instrument=INSTRUMENT, side="sell", price="43.00", quantity=5, client_order_id=name, **more
    )
    order_id: str = said["order_id"]
    return order_id


async def stream(host: str, account: str, key: Ed25519PrivateKey) -> list[dict[str, Any]]:
    """All reports of an account so far."""
    told: list[dict[str, Any]] = []

    def hear(raw: str, event: dict[str, Any]) -> None:
        if event["ch"] == f"exec.{account}" and event["kind"] == "update":
            told.append(event["data"])

    wire = await Wire.log_in(host, "trade", account.lower(), key, hear)
    last = wire.welcome["last_seqs"][f"exec.{account}"]
    while len(told) < last:
        said = await wire.call("channel.replay", channel=f"exec.{account}", from_seq=len(told) + 1, limit=1_000)
        while len(told) < said["to_seq"]:
            assert not wire.is_gone
            await asyncio.sleep(0.001)
    await wire.close()
    return told


async def open_orders(host: str, account: str, key: Ed25519PrivateKey) -> set[str]:
    """What an account has open."""
    wire = await Wire.log_in(host, "trade", account.lower(), key)
    rows = (await wire.call("order.list"))["orders"]
    await wire.close()
    return {row["order_id"] for row in rows}


async def test_an_exchange_killed_under_load_cancels_what_was_promised_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    await asyncio.to_thread(found, folder)
    keys = {account: Ed25519PrivateKey.generate() for account in (*QUIET, *BUSY)}
    busy = [Member(account, keys[account], number) for number, account in enumerate(BUSY)]
    async with await Exchange.start(folder) as exchange:
        await exchange.populate(keys, {"pair": PAIR})

        async def session(account: str, **wanted: Any) -> Wire:
            return await Wire.log_in(exchange.host, "trade", account.lower(), keys[account], **wanted)

        at_once = await session("M1", cancel_on_disconnect={"grace_ms": 0})
        plain = await session("M2")
        returns = await session("M3", cancel_on_disconnect={"grace_ms": KEEPS_MS})
        later = await session("M4", cancel_on_disconnect={"grace_ms": 300})
        beside = await session("M4")
        wanted = {"grace_ms": 300, "accounts": ["M1"]}
        pair = await Wire.log_in(exchange.host, "trade", "pair", keys["M1"], cancel_on_disconnect=wanted)
        assert pair.welcome["cancel_on_disconnect"]["accounts"] == ["M1"]
        lost = {"M1": {await place(at_once, "a"), await place(at_once, "b")}, "M4": {await place(later, "a")}}
        lost["M1"].add(await place(pair, "of-the-pair", account="M1"))
        kept = {
            "M1": {await place(at_once, "stays", cancel_on_disconnect=False)},
            "M2": {await place(plain, "a"), await place(pair, "of-the-pair", account="M2")},
            "M3": {await place(returns, "a"), await place(returns, "b")},
            "M4": {await place(beside, "beside"), await place(later, "stays", cancel_on_disconnect=False)},
        }
        order_session = returns.welcome["cancel_on_disconnect"]["session"]
        trading = [asyncio.create_task(trade(member, exchange.host)) for member in busy]
        while not all(len(member.account.fills) > 20 for member in busy):
            assert not any(task.done() for task in trading)
            await asyncio.sleep(0.005)
        await exchange.kill()
        await asyncio.gather(*trading)
        for wire in (at_once, plain, returns, later, beside, pair):
            await wire.gone()
    open_before = {member.account.code: member.account.open().keys() for member in busy}
    (folder / "running.json").unlink(missing_ok=True)
    async with await Exchange.start(folder) as exchange:
        back = await Wire.log_in(
            exchange.host, "trade", "m3", keys["M3"], cancel_on_disconnect={"resume": order_session}
        )
        assert back.welcome["cancel_on_disconnect"]["resumed"] is True
        async with asyncio.timeout(120):
            for account in QUIET:
                while await open_orders(exchange.host, account, keys[account]) != kept[account]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)  # until the grace has run out there
        for account in QUIET:
            ends = [
                row for row in await stream(exchange.host, account, keys[account]) if row["exec_type"] == "canceled"
            ]
            assert {row["order_id"] for row in ends} == lost.get(account, set())
            assert {row["reason"]["code"] for row in ends} <= {SESSION_LOST}
        for member in busy:
            # What was under way when it was killed is known now, and none of it was canceled for the lost connection.
            wire = await member.connect(exchange.host)
            await member.catch_up(wire)
            assert open_before[member.account.code] <= member.account.orders.keys()
            reasons = [json.loads(raw)["data"].get("reason", {}).get("code") for raw in member.account.stream]
            assert SESSION_LOST not in reasons
            for name in [name for name, answer in member.answers.items() if answer is None]:
                await member._place(wire, name)
            await member.catch_up(wire)
            await member.compare_balance(wire)
            await wire.close()
        assert await open_orders(exchange.host, "M3", keys["M3"]) == kept["M3"]
        await back.close()
        await exchange.stop()


async def trade(member: Member, host: str) -> None:
    """Trade until the exchange is no more."""
    with contextlib.suppress(Gone):
        await member._connected(host)
