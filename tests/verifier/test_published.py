"""Checkpoints, keys and signatures as the public gets them: over HTTP and on the feed's channel."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import orjson

from engine.core import commands as c
from tests.verifier import market
from tests.yutan.kit import DEADLINE_S
from yutan.checkpoints import Checkpoints
from yutan.client import Client, Event
from yutan.compose import Exchange
from yutan.verifier.checkpoints import is_signed

THIRD_DAY = 20260107


async def next_said(client: Client) -> Event:
    async for event in client.events():
        assert isinstance(event, Event), event
        return event
    raise AssertionError("the feed has ended")


def is_whole(said: Any, key: str) -> bool:
    body = said["checkpoint"].encode()
    is_named = hashlib.sha256(body).hexdigest() == said["sha256"]
    return is_named and is_signed(body, bytes.fromhex(said["signature"]), key)


async def test_the_feed_tells_each_checkpoint_as_it_is_signed(data: Path) -> None:
    exchange = await Exchange.start(data, market.ANY_PORTS)
    try:
        key = Checkpoints(data).exchange_keys()[-1].public_key
        async with Client.connect(exchange.running.ws_url, timeout_s=DEADLINE_S) as client:
            await client.subscribe("checkpoints")
            first = await next_said(client)
            assert (first.kind, first.data["number"]) == ("snapshot", 4)
            assert is_whole(first.data, key)
            desk = market.Desk(exchange)
            await desk.act(c.OpenDay(THIRD_DAY))
            await desk.act(c.CloseDay())
            second = await next_said(client)
            assert (second.kind, second.data["number"]) == ("update", 5)
            assert is_whole(second.data, key)
            assert orjson.loads(second.data["checkpoint"])["previous_sha256"] == first.data["sha256"]
    finally:
        await exchange.close()


async def test_checkpoints_keys_and_signatures_are_served(data: Path) -> None:
    exchange = await Exchange.start(data, market.ANY_PORTS)
    try:
        async with httpx.AsyncClient(base_url=exchange.running.http_url, timeout=DEADLINE_S) as client:
            told = (await client.get("/api/v1/keys")).json()
            (row,) = told["keys"]
            assert (told["algorithm"], row["first_checkpoint"]) == ("Ed25519", 1)
            listed = (await client.get("/api/v1/checkpoints")).json()["checkpoints"]
            assert [each["number"] for each in listed] == [4, 3, 2, 1]
            older = (await client.get("/api/v1/checkpoints", params={"before": 2})).json()["checkpoints"]
            assert [each["number"] for each in older] == [1]
            for each in listed:
                body = (await client.get(each["json"])).content
                assert hashlib.sha256(body).hexdigest() == each["sha256"]
                assert is_signed(body, (await client.get(each["sig"])).content, row["public_key"])
            *_, bulletin = (await client.get("/api/v1/bulletins")).json()["bulletins"]
            body, signature = [(await client.get(bulletin[form])).content for form in ("json", "sig")]
            assert is_signed(body, signature, row["public_key"])
            for name in ("000005.json", "1.json", "000001.stores.json", "000001.exe", "x.json"):
                answer = await client.get(f"/api/v1/checkpoints/{name}")
                assert (answer.status_code, answer.json()["error"]["name"]) == (404, "UNKNOWN_DOCUMENT"), name
            unpublished = await client.get("/api/v1/bulletins/2026-01-06.v1.sig")
            assert unpublished.status_code == 404
    finally:
        await exchange.close()
