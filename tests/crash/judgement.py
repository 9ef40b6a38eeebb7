"""What must be true in the end, from what the members were told, what they can fetch now, and the files of the exchange."""

import asyncio
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.crash.audience import Listener, public_archive
from tests.crash.member import Member
from tests.crash.operators import Money, Operators, Stock
from tests.crash.own_orders import Fill, OwnOrders, fen
from tests.crash.peer import Peer
from tests.crash.serving import ROOT, Server, environment

ISSUE, BANK, FEES = -1, -2, -3  # the registry's own accounts


# ---- while the exchange still runs --------------------------------------------------------------------------


async def judge_streams(url: str, members: Iterable[Member]) -> None:
    """A fresh replay from 1 is what each member was told, byte for byte, and nothing is missing in it."""
    for member in members:
        replayed: list[str] = []
        channel = f"exec.{member.account}"

        def keep(raw: str, event: dict[str, Any], replayed: list[str] = replayed) -> None:
            if event["ch"] != "$session":
                replayed.append(raw)

        peer = await Peer.open(url, "trade", member.key_id, member.key, keep)
        last_seq = peer.welcome["last_seqs"][channel]
        while len(replayed) < last_seq:
            answer = await peer.call("channel.replay", channel=channel, from_seq=len(replayed) + 1)
            while len(replayed) < answer["to_seq"]:
                assert not peer.is_gone
                await asyncio.sleep(0.001)
        assert replayed == member.stream, f"{member.account}: a fresh replay differs"
        await peer.close()


async def judge_accounts(url: str, members: Iterable[Member]) -> None:
    """What members are shown of their accounts: the engine's figures are the settled ones, and follow from the fills."""
    for member in members:
        peer = await Peer.open(url, "trade", member.key_id, member.key)
        cash = await peer.call("account.cash", account=member.account)
        assert fen(cash["available"]) + fen(cash["held"]) == fen(cash["settled"]), cash
        holdings = await peer.call("account.allowances", account=member.account)
        for row in holdings["holdings"]:
            assert row["available"] + row["held"] + row["locked"] == row["settled"], row
            assert row["settled"] == Stock.tonnes + member.own.units.get(row["instrument"], 0), row
        await peer.close()


async def judge_public(page: str, members: list[Member], listener: Listener) -> None:
    """The public archive has each trade once; what the public heard at any time is in it."""
    archive = await public_archive(page, sorted({day for member in members for day in member.own.days if day}))
    trades = {
        fill.trade_id: (fill.instrument, fill.price_fen, fill.tonnes)
        for member in members
        for fill in member.own.fills.values()
    }
    assert archive == trades
    assert listener.heard.items() <= trades.items(), "the public heard of a trade that never was"


async def judge_reconciliation(desk: Peer) -> None:
    """Engine = registry = bank."""
    report = await desk.call("ops.reconcile")
    assert report["ok"], report
    assert report["cash"] == report["bank"], report
    assert (report["unsettled"], report["breaks"]) == (0, []), report


# ---- what the members know ----------------------------------------------------------------------------------


def judge_orders(member: Member) -> None:
    """Every acknowledged order is there exactly once, with the number it was given, and nothing else is."""
    own = member.own
    answered = {key: placement.answer for key, placement in member.placements.items()}
    assert None not in answered.values()
    assert own.ids == {key: answer[1] for key, answer in answered.items() if answer is not None}
    for key, placement in member.placements.items():
        assert placement.answer is not None
        order, body = own.orders[placement.answer[1]], placement.body
        assert (order.last == "rejected") == bool(placement.answer[0]), f"{key}: {placement.answer}, but {order.last}"
        assert (order.instrument, order.side, order.time_in_force) == (
            body["instrument"],
            body["side"],
            body["time_in_force"],
        )
        if not order.replaces:
            assert (order.price_fen, order.qty) == (fen(body["price"]), body["quantity"])
        if order.time_in_force == "fok":
            assert order.cum in (0, order.qty)
    assert not own.open_orders(), "the day is closed"
    _judge_changes(member)


def _judge_changes(member: Member) -> None:
    own, told = member.own, member.told
    by_member = {order.order_id for order in own.orders.values() if order.origin == "member"}
    assert told.canceled <= by_member, "an acknowledged cancel did not happen"
    assert len(by_member) >= len(told.canceled) + told.canceled_in_all
    for order in own.orders.values():
        least, most = (
            told.replaced[order.order_id],
            told.replaced[order.order_id] + told.replaced_unsure[order.order_id],
        )
        assert least <= order.replaces <= most, f"{order.order_id}: {order.replaces} replaces, told {least} to {most}"


def judge_trades(members: list[Member]) -> dict[str, tuple[Fill, str, Fill, str]]:
    """Each trade is in exactly one buyer's and one seller's stream, with the same price and quantity."""
    buys = {fill.trade_id: (fill, member.account) for member in members for fill in _fills(member.own, "buy")}
    sells = {fill.trade_id: (fill, member.account) for member in members for fill in _fills(member.own, "sell")}
    assert len(buys) == sum(len(_fills(member.own, "buy")) for member in members), "a trade has two buyers"
    assert len(sells) == sum(len(_fills(member.own, "sell")) for member in members), "a trade has two sellers"
    assert buys.keys() == sells.keys()
    trades: dict[str, tuple[Fill, str, Fill, str]] = {}
    for trade_id, (buy, buyer) in buys.items():
        sell, seller = sells[trade_id]
        assert (buy.instrument, buy.price_fen, buy.tonnes) == (sell.instrument, sell.price_fen, sell.tonnes)
        assert buyer != seller
        trades[trade_id] = (buy, buyer, sell, seller)
    assert {int(trade_id[2:]) for trade_id in trades} == set(range(1, len(trades) + 1)), "a trade number is missing"
    return trades


def _fills(own: OwnOrders, side: str) -> list[Fill]:
    return [fill for fill in own.fills.values() if fill.side == side]


# ---- the files, after the exchange has been stopped ---------------------------------------------------------


def judge_registry(folder: Path, members: list[Member], operators: Operators) -> None:
    """Each trade is settled exactly once, both legs; balances follow from the fills; nothing was made or lost."""
    with sqlite3.connect(f"file:{folder / 'registry.db'}?mode=ro", uri=True) as registry:
        _judge_settled(registry, judge_trades(members))
        _judge_money(registry, operators.money)
        _judge_balances(registry, members, operators.money)
    registry.close()


def _judge_settled(registry: sqlite3.Connection, trades: dict[str, tuple[Fill, str, Fill, str]]) -> None:
    codes = dict(registry.execute("SELECT account, code FROM accounts").fetchall())
    instruments = dict(registry.execute("SELECT instrument, code FROM instruments").fetchall())
    rows = registry.execute(
        "SELECT trade, instrument, price_ticks, tonnes, amount_fen, buyer, buy_order, buy_fee_fen,"
        " seller, sell_order, sell_fee_fen, status FROM trades"
    ).fetchall()
    assert len(rows) == len(trades)
    for (
        trade,
        instrument,
        price,
        tonnes,
        amount,
        buyer,
        buy_order,
        buy_fee,
        seller,
        sell_order,
        sell_fee,
        status,
    ) in rows:
        buy, buyer_code, sell, seller_code = trades[f"T-{trade}"]
        assert (instruments[instrument], price, tonnes) == (buy.instrument, buy.price_fen, buy.tonnes)
        assert amount == price * tonnes
        assert (codes[buyer], f"O-{buy_order}", buy_fee) == (buyer_code, buy.order_id, buy.fee_fen)
        assert (codes[seller], f"O-{sell_order}", sell_fee) == (seller_code, sell.order_id, sell.fee_fen)
        assert status == "settled"
    legs = registry.execute("SELECT trade, count(*) FROM unit_postings WHERE kind = 'trade' GROUP BY trade").fetchall()
    assert len(legs) == len(trades)
    assert all(count == 1 for _, count in legs), "units of a trade moved twice"
    payments = registry.execute(
        "SELECT trade, count(*) FROM cash_postings WHERE kind = 'payment' GROUP BY trade"
    ).fetchall()
    assert len(payments) == len(trades)
    assert all(count == 1 for _, count in payments), "a trade was paid twice"


def _judge_money(registry: sqlite3.Connection, moved: list[Money]) -> None:
    """Each document was proposed once and taken once."""
    for event in ("proposed", "taken"):
        found = registry.execute(
            "SELECT document FROM audit_trail WHERE event = ? AND document <> 'DOC-0' AND content LIKE '%amount_fen%'",
            (event,),
        ).fetchall()
        assert sorted(document for (document,) in found) == sorted(money.document for money in moved), event


def _judge_balances(registry: sqlite3.Connection, members: list[Member], moved: list[Money]) -> None:
    codes = dict(registry.execute("SELECT code, account FROM accounts").fetchall())
    instruments = dict(registry.execute("SELECT code, instrument FROM instruments").fetchall())
    cash: dict[int, int] = {}
    for source, target, amount in registry.execute("SELECT from_account, to_account, amount_fen FROM cash_postings"):
        cash[source] = cash.get(source, 0) - amount
        cash[target] = cash.get(target, 0) + amount
    assert {a: v for a, v in cash.items() if v} == {
        a: v for a, v in registry.execute("SELECT account, amount_fen FROM cash_balances") if v
    }
    units: dict[tuple[int, int], int] = {}
    for source, target, instrument, tonnes in registry.execute(
        "SELECT from_account, to_account, instrument, tonnes FROM unit_postings"
    ):
        units[source, instrument] = units.get((source, instrument), 0) - tonnes
        units[target, instrument] = units.get((target, instrument), 0) + tonnes
    stock, moved_fen = Stock.cash_fen, 0
    for member in members:
        account = codes[member.account]
        signed = {"deposit_cash": 1, "withdraw_cash": -1}
        own_money = sum(signed[m.act] * m.amount_fen for m in moved if m.account == member.account)
        moved_fen += own_money
        assert cash[account] == stock + own_money + member.own.cash_fen, f"{member.account}: cash"
        for code, instrument in instruments.items():
            expected = Stock.tonnes + member.own.units.get(code, 0)
            assert units[account, instrument] == expected, f"{member.account}: {code}"
    assert sum(cash.values()) == 0
    assert -cash[BANK] == stock * len(codes) + moved_fen, "money came from nowhere, or went"
    fees = sum(fill.fee_fen for member in members for fill in member.own.fills.values())
    assert cash.get(FEES, 0) == fees
    for instrument in instruments.values():
        assert -units[ISSUE, instrument] == Stock.tonnes * len(codes), "units came from nowhere, or went"


def live_state(folder: Path) -> tuple[int, str]:
    """Seq and state hash that the exchange itself wrote when it was stopped (docs/journal.md, Snapshot)."""
    newest = max((folder / "journal").glob("*.snapshot"), key=lambda path: int(path.stem))
    data = newest.read_bytes()
    (seq,) = struct.unpack_from("<Q", data, 16)
    assert sha256(data[128:]).digest() == data[64:96]
    return seq, data[64:96].hex()


def judge_replay(folder: Path) -> tuple[int, str]:
    """Full replays in other processes, with other hash seeds and once with the plain core, end in the live state."""
    live = live_state(folder)
    for variables in (
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "271828"},
        {"PYTHONHASHSEED": "3", "YUTAN_PURE": "1"},
    ):
        ran = _python("engine.replay", str(folder), **variables)
        seq, state = ran.stdout.split()
        assert (int(seq), state) == live, f"{variables}: {ran.stdout}, live {live}"
    return live


def judge_files(folder: Path) -> None:
    """The exchange's own verifiers, each in a process of its own."""
    _python("engine.journal.verify", str(folder / "journal"))
    _python("settlement.audit", str(folder / "registry.db"))


def _python(module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(**variables), cwd=ROOT, timeout=600
    )
    assert ran.returncode == 0, f"{module}: {ran.stdout}{ran.stderr}"
    return ran


async def judge_all(server: Server, members: list[Member], operators: Operators, listener: Listener) -> tuple[int, str]:
    """Everything, on a running exchange whose day is closed; it is stopped on the way. Returns seq and state hash."""
    desk, other = await operators.desks(server.url)
    await judge_reconciliation(desk)
    await desk.close()
    await other.close()
    await judge_streams(server.url, members)
    await judge_accounts(server.url, members)
    await judge_public(server.page, members, listener)
    await server.stop()
    for member in members:
        judge_orders(member)
    judge_registry(server.folder, members, operators)
    judge_files(server.folder)
    return judge_replay(server.folder)
