"""The public door: everybody may follow the public channels, all get the same bytes, nobody sees a member."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.gateway.kit import COARSE, DEADLINE_S, SPOT, House, until
from yutan.client import Event


async def test_a_visitor_follows_the_market_without_a_login(house: House) -> None:
    async with house.visitor() as visitor, house.member("a001") as a, house.member("b001") as b:
        said = await visitor.subscribe("phase", f"trades.{SPOT}", f"book.{SPOT}", f"ticker.{SPOT}")
        assert len(said.subscribed) == 4
        await a.place(SPOT, "sell", 100, "40.00")
        await b.place(SPOT, "buy", 60, "40.00")
        kinds: dict[str, list[str]] = {}
        async for event in visitor.events():
            assert isinstance(event, Event)
            kinds.setdefault(event.channel, []).append(event.kind)
            assert "A001" not in json.dumps(event.data)
            if all("update" in kinds.get(f"{name}.{SPOT}", []) for name in ("trades", "book")):
                break
        assert all(found[0] == "snapshot" for found in kinds.values())


async def test_all_who_follow_the_same_channels_get_the_same_bytes(house: House) -> None:
    peers = [await house.raw("market") for _ in range(5)]
    for peer in peers:
        await peer.ask("subscribe", {"channels": [f"trades.{SPOT}", f"book5.{SPOT}"]})
    async with house.member("a001") as a, house.member("b001") as b:
        await a.place(SPOT, "sell", 10, "40.00")
        await b.place(SPOT, "buy", 10, "40.00")
    told = [await peer.event(f"trades.{SPOT}", "update") for peer in peers]
    assert all(event == told[0] for event in told)


async def test_an_instrument_listed_later_has_its_channels_at_once(house: House) -> None:
    async with house.operator("chen") as chen, house.visitor() as visitor:
        fields = {
            "code": "CQEA-26",
            "product": "CQEA",
            "vintage": 2026,
            "name_zh": "配额26",
            "name_en": "allowance 26",
            "base_price": "41.00",
        }
        await visitor.subscribe("phase")
        await chen.act("list_instrument", fields, "admission")
        assert (await visitor.subscribe("book.CQEA-26")).refused == []
        assert [row.instrument for row in await visitor.instruments()] == [SPOT, COARSE, "CQEA-26"]


async def test_a_seq_that_a_public_channel_no_longer_holds_begins_anew(house: House) -> None:
    async with house.member("a001") as a:
        for number in range(3):
            await a.place(SPOT, "sell", 1, "43.00")
            await until(lambda wanted=number: house.gateway.feed.last_seq(f"book.{SPOT}") > wanted, "an update")
    peer = await house.raw("market")
    last = house.gateway.feed.last_seq(f"book.{SPOT}")
    said = await peer.ask("channel.replay", {"channel": f"book.{SPOT}", "from_seq": last - 1})
    assert said["result"] == {"channel": f"book.{SPOT}", "from_seq": last - 1, "to_seq": last, "more": False}
    assert [(await peer.event(f"book.{SPOT}", "update"))["seq"] for _ in range(2)] == [last - 1, last]
    for from_seq in (0, last + 2):
        assert (await peer.ask("channel.replay", {"channel": f"book.{SPOT}", "from_seq": from_seq}))["error"][
            "name"
        ] == "BAD_SEQ"


async def test_a_member_method_is_unknown_on_the_public_door(house: House) -> None:
    peer = await house.raw("market")
    for method in ("order.place", "account.cash", "session.auth", "ops.status"):
        assert (await peer.ask(method, {}))["error"]["name"] == "UNKNOWN_METHOD"


async def test_a_page_of_an_allowed_origin_gets_a_socket(tmp_path: Path) -> None:
    house = await House.start(tmp_path, origins=("https://market.example",))
    peer = await house.raw("market", Origin="https://market.example")
    assert peer.status == 101
    assert "result" in await peer.ask("phase.get")
    await house.stop()


async def test_the_language_follows_the_browser(house: House) -> None:
    for header, words in (("zh-CN,zh;q=0.9", "没有这个方法。"), ("en-GB,en", "There is no such method.")):
        peer = await house.raw("market", **{"Accept-Language": header})
        assert (await peer.ask("no.such"))["error"]["message"] == words


async def test_a_follower_that_missed_public_events_gets_them_in_order(house: House) -> None:
    async with house.visitor() as visitor, house.member("a001") as a, house.member("b001") as b:
        await visitor.subscribe(f"trades.{SPOT}")
        link = visitor._link
        assert link is not None
        hear = link._on_text
        lost: list[bytes] = []
        link._on_text = lost.append
        for number in range(6):
            if number == 3:
                link._on_text = hear
            await a.place(SPOT, "sell", 1, "40.00")
            await b.place(SPOT, "buy", 1, "40.00")
            if number < 3:
                trade = f'"T-{number + 1}"'.encode()
                await until(lambda wanted=trade: any(wanted in said for said in lost), "a trade on its way")
        seqs: list[int] = []
        trades: list[str] = []
        async with asyncio.timeout(DEADLINE_S):
            async for event in visitor.events():
                assert isinstance(event, Event)
                if event.kind == "update":
                    seqs.append(event.seq)
                    trades += [row["trade_id"] for row in event.data["trades"]]
                    if len(trades) == 6:
                        break
        assert lost
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert trades == [f"T-{number}" for number in range(1, 7)]


async def test_a_wrong_environment_is_noticed_before_the_login(house: House) -> None:
    with pytest.raises(ConnectionError, match="environment 'local'"):
        await house.member("a001", env="production").open()
