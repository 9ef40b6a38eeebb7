"""A stranger's client that loses its connection a thousand times knows exactly what has happened.

Everything in this folder is written from docs/protocol.md and docs/feed.md and imports nothing of the exchange (a test of the house
holds that). One member trades over a wire that breaks at any byte of either direction, the others over whole ones, all at once.
"""

import asyncio
import contextlib
import json
import random
import urllib.request
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.independent.book import Book
from tests.independent.cutting import Proxy
from tests.independent.exchange import INSTRUMENT, Exchange, found
from tests.independent.member import BOOK, Member
from tests.independent.wire import Wire

CUTS = 1_000
SEED = 20_261_122
ACCOUNTS = ("M1", "M2", "M3")


async def test_a_client_that_loses_its_connection_a_thousand_times_knows_its_orders_balance_and_the_book(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "exchange"
    await asyncio.to_thread(found, folder)
    keys = {account: Ed25519PrivateKey.generate() for account in ACCOUNTS}
    async with await Exchange.start(folder) as exchange:
        await exchange.populate(keys)
        proxy = Proxy(exchange.host, random.Random(SEED))
        await proxy.start()
        members = [Member(account, key, SEED + number) for number, (account, key) in enumerate(keys.items())]
        watching = await watch(exchange.host, watched := Book())
        async with asyncio.TaskGroup() as living:
            lives = [living.create_task(members[0].live(proxy.host))]
            lives += [living.create_task(member.live(exchange.host)) for member in members[1:]]
            while proxy.cuts < CUTS and not any(life.done() for life in lives):  # noqa: ASYNC110 - the wire cuts, not we
                await asyncio.sleep(0.01)
            proxy.is_cutting = False
            for member in members:
                member.finish()
        await judge(exchange, members, watched)
        await watching.close()
        await proxy.close()
        await exchange.stop()
    broken = members[0]
    print(
        f"\n{proxy.cuts} cuts, {broken.logins} logins, {broken.resumes} sessions gone on with, {broken.resent} orders sent "
        f"again, {broken.repeated} answered as repeats, {broken.account.last} reports, {len(broken.account.fills)} fills, "
        f"{broken.compared} balances and {broken.book.proven} checksums compared"
    )
    assert proxy.cuts >= CUTS
    assert [member.logins for member in members[1:]] == [2, 2]  # one to trade, one to be judged: they noticed nothing
    assert broken.resumes > 0
    assert broken.resent > 0
    assert broken.repeated > 0
    assert broken.compared > 0
    assert broken.book.proven > 0
    assert len(broken.account.fills) > 0


async def watch(host: str, book: Book) -> Wire:
    """Somebody of the public whose connection never breaks."""
    wire = await Wire.open(host, "market", lambda raw, event: book.read(event) if event["ch"] == BOOK else None)
    await wire.call("subscribe", channels=[BOOK])
    return wire


async def judge(exchange: Exchange, members: list[Member], watched: Book) -> None:
    """Nobody trades any more: what the members have is what the exchange says over fresh connections, and agrees among them."""
    sides: dict[str, list[tuple[str, int, int]]] = {}
    for member in members:
        wire = await member.connect(exchange.host)
        await member.catch_up(wire)
        await member.compare_balance(wire)
        await judge_stream(exchange.host, member)
        for order_id, (_, quantity, cum) in member.account.open().items():
            said = await wire.call("order.get", order_id=order_id)
            assert (said["order_qty"], said["cum_qty"]) == (quantity, cum)
        for name, answer in member.answers.items():
            assert answer is not None
            assert member.account.orders[answer[1]].client_order_id == name
            assert (member.account.orders[answer[1]].status == "rejected") == (answer[0] != "")
        for trade, (side, price, quantity, _) in member.account.fills.items():
            sides.setdefault(trade, []).append((side, price, quantity))
        await judge_book(exchange, member.book)
        await wire.close()
    # Each trade was told to its two members, or twice to one who met nobody else's order, and never else.
    public = {row["trade_id"]: row for row in await public_trades(exchange)}
    for trade, told in sides.items():
        assert sorted(side for side, _, _ in told) == ["buy", "sell"], trade
        assert len({(price, quantity) for _, price, quantity in told}) == 1, trade
        price, quantity = told[0][1], told[0][2]
        assert (public[trade]["price"], public[trade]["quantity"]) == (f"{price // 100}.{price % 100:02d}", quantity)
    assert sides.keys() == public.keys()
    both = watched.seen.keys() & members[0].book.seen.keys()
    assert both
    assert {seq: watched.seen[seq] for seq in both} == {seq: members[0].book.seen[seq] for seq in both}


async def judge_stream(host: str, member: Member) -> None:
    """A replay from 1 over a whole connection is, byte for byte, what was told over the broken ones."""
    told: list[str] = []
    wire = await Wire.log_in(
        host,
        "trade",
        member._key_id,
        member._key,
        lambda raw, event: told.append(raw) if event["ch"] == member.channel else None,
    )
    while len(told) < member.account.last:
        said = await wire.call("channel.replay", channel=member.channel, from_seq=len(told) + 1, limit=1_000)
        while len(told) < said["to_seq"]:
            assert not wire.is_gone
            await asyncio.sleep(0.001)
    await wire.close()
    assert told == member.account.stream


async def judge_book(exchange: Exchange, book: Book) -> None:
    """The book that was put together is the one that the exchange publishes."""
    async with asyncio.timeout(60):
        while True:
            said = await asyncio.to_thread(fetch, f"{exchange.page}/api/v1/book?instrument={INSTRUMENT}&levels=0")
            if (said["bids"], said["asks"]) == book.levels():
                break
            await asyncio.sleep(0.02)  # its last update may be on its way


async def public_trades(exchange: Exchange) -> list[dict[str, Any]]:
    """All trades of the day, page by page."""
    rows: list[dict[str, Any]] = []
    after = "T-0"
    while after:
        url = f"{exchange.page}/api/v1/trades?instrument={INSTRUMENT}&limit=10000&after={after}"
        page = await asyncio.to_thread(fetch, url)
        rows += page["trades"]
        after = page["next"] if page["trades"] else ""
    return rows


def fetch(url: str) -> Any:
    """A JSON document."""
    with contextlib.closing(urllib.request.urlopen(url, timeout=60)) as answer:
        return json.loads(answer.read())
