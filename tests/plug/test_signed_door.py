"""The member door over HTTP: signed requests, judged as by websocket, with the same answers, ids and refusals."""

import asyncio
import hashlib
import json
import secrets
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.core import reasons
from gateway import signed
from gateway.signed import TWINS
from tests.gateway.kit import DEADLINE_S
from yutan import keys
from yutan.client import Client, Refused
from yutan.conform import market as market_module
from yutan.conform import run
from yutan.conform.market import ACCOUNT, INSTRUMENT, KEY_ID, Market
from yutan.settings import Settings


class Member:
    """A program with nothing but an HTTP client and its key."""

    def __init__(self, http: httpx.AsyncClient, key_id: str, key: Ed25519PrivateKey) -> None:
        self.http = http
        self.key_id = key_id
        self.key = key

    def headers(self, method: str, body: bytes, **changes: str) -> dict[str, str]:
        host = f"{self.http.base_url.host}:{self.http.base_url.port}"
        stamp = changes.get("timestamp", str(time.time_ns() // 1_000_000))
        nonce = changes.get("nonce", secrets.token_hex(8))
        env = changes.get("env", "sandbox")
        text = "|".join((env, host, self.key_id, method, stamp, nonce, hashlib.sha256(body).hexdigest()))
        signature = self.key.sign(text.encode()).hex()
        given = {"key": self.key_id, "timestamp": stamp, "nonce": nonce, "signature": signature}
        return {f"yutan-{name}": value for name, value in given.items()} | {"accept-language": "en"}

    async def send(self, method: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        told = self.headers(method, body) if headers is None else headers
        return await self.http.post(f"/api/v1/trade/{method}", content=body, headers=told)

    async def ask(self, method: str, status: int = 200, **params: Any) -> Any:
        answer = await self.send(method, json.dumps(params).encode())
        assert answer.status_code == status, answer.text
        return answer.json()


def order(name: str, **changes: Any) -> dict[str, Any]:
    wanted = {"instrument": INSTRUMENT, "side": "buy", "price": "39.00", "quantity": 10, "client_order_id": name}
    return wanted | changes


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with run.opened(tmp_path / "market", 0) as market:
        yield market


@pytest.fixture
async def member(market: Market) -> AsyncIterator[Member]:
    url = market.exchange.running.http_url
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_S) as http:
        yield Member(http, KEY_ID, keys.load(market.key_file))


async def test_an_order_lives_as_by_websocket(market: Market, member: Member) -> None:
    placed = await member.ask("order.place", **order("h-1"))
    assert placed == {"order_id": placed["order_id"], "client_order_id": "h-1", "account": ACCOUNT}
    assert (await member.ask("order.place", **order("h-1")))["duplicate"] is True
    conflict = await member.ask("order.place", 409, **order("h-1", quantity=11))
    assert conflict["error"]["name"] == "CLIENT_ORDER_ID_CONFLICT"
    url = market.exchange.running.ws_url
    async with Client.connect(url, key_id=KEY_ID, private_key=market.key_file) as client:
        assert (await client.place(INSTRUMENT, "buy", 10, "39.00", client_order_id="h-1")).duplicate
        assert [row.client_order_id for row in await client.orders()] == ["h-1"]
    assert (await member.ask("order.get", client_order_id="h-1"))["leaves_qty"] == 10
    assert (await member.ask("order.cancel", client_order_id="h-1"))["order_status"] == "canceled"
    assert (await member.ask("order.cancel", 400, client_order_id="h-1"))["error"]["name"] == "ALREADY_CANCELED"
    replayed = await member.ask("channel.replay", channel=f"exec.{ACCOUNT}", from_seq=1)
    assert [event["data"]["exec_type"] for event in replayed["events"]] == ["new", "canceled"]
    assert replayed["more"] is False


async def test_an_engine_that_answers_too_late_leaves_the_outcome_unknown_and_the_same_id_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_module, "Settings", partial(Settings, disk="thread"))
    monkeypatch.setattr(signed, "ANSWER_S_MAX", 0.3)
    stands, goes_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        stands.set()
        goes_on.wait(DEADLINE_S)

    async with run.opened(tmp_path / "market", 0) as market, AsyncExitStack() as stack:
        running, key = market.exchange.running, keys.load(market.key_file)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=running.http_url, timeout=DEADLINE_S))
        hasty = Client.connect(running.ws_url, key_id=KEY_ID, private_key=key, answer_timeout_s=0.3)
        client = await stack.enter_async_context(hasty)
        patient = await stack.enter_async_context(Client.connect(running.ws_url, key_id=KEY_ID, private_key=key))
        stack.callback(goes_on.set)
        assert market.exchange.sequencer._writer is not None
        market.exchange.sequencer._writer.submit(stand_still)  # the disk's thread stops
        await asyncio.to_thread(stands.wait, DEADLINE_S)
        late = (await Member(http, KEY_ID, key).ask("order.place", 504, **order("h-1")))["error"]
        assert (late["name"], late["data"]["retry"]) == ("OUTCOME_UNKNOWN", "same_id")
        with pytest.raises(Refused, match="OUTCOME_UNKNOWN") as refused:
            await client.place(INSTRUMENT, "buy", 10, "39.00", client_order_id="h-2")
        assert refused.value.retry == "same_id"
        asking = [
            asyncio.create_task(client.place_until_known(INSTRUMENT, "buy", 10, "39.00", client_order_id=name))
            for name in ("h-1", "h-2")
        ]
        assert await patient.orders() == []
        goes_on.set()
        placed = await asyncio.gather(*asking)
        assert [row.duplicate for row in placed] == [True, True]
        assert [(row.order_id, row.client_order_id) for row in await patient.orders()] == [
            (row.order_id, name) for row, name in zip(placed, ("h-1", "h-2"), strict=True)
        ]


async def test_many_requests_at_once_get_their_own_answers(member: Member) -> None:
    names = [f"many-{number}" for number in range(40)]
    placed = await asyncio.gather(*(member.ask("order.place", **order(name)) for name in names))
    assert [row["client_order_id"] for row in placed] == names
    firsts = range(1, 12)  # fewer than may wait for a store at once
    spans = await asyncio.gather(
        *(member.ask("channel.replay", channel=f"exec.{ACCOUNT}", from_seq=seq, limit=3) for seq in firsts)
    )
    assert [[event["seq"] for event in span["events"]] for span in spans] == [[n, n + 1, n + 2] for n in firsts]


async def test_refusals_have_their_status_and_say_what_to_do(market: Market, member: Member) -> None:
    far = (await member.ask("order.place", 400, **order("h-2", price="99.00")))["error"]
    assert (far["name"], far["data"]["field"], far["data"]["retry"]) == ("PRICE_OUT_OF_BAND", "price", "never")
    assert far["data"]["limit"] < far["data"]["actual"] == "99.00"
    await market.enter("break")
    closed = (await member.ask("order.place", 400, **order("h-3")))["error"]
    assert (closed["name"], closed["data"]["retry"]) == ("PHASE_FORBIDS", "phase")
    assert (await member.ask("order.get", 404, client_order_id="none"))["error"]["name"] == "UNKNOWN_ORDER"
    assert (await member.ask("order.dance", 404))["error"]["name"] == "UNKNOWN_METHOD"
    assert (await member.ask("session.logout", 404))["error"]["name"] == "UNKNOWN_METHOD"
    assert (await member.ask("order.list", 400, mood="good"))["error"]["name"] == "UNKNOWN_FIELD"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{}, "method": "order.cancel_all"',
        b"\xff",
        b'{"a":1}{"a":1}',
        b"[" * 9_000,
        b'{"a":1,"a":1}',
    ],
)
async def test_a_body_that_is_no_object_is_refused(member: Member, body: bytes) -> None:
    answer = await member.send("order.cancel_all", body)
    assert (answer.status_code, answer.json()["error"]["code"] // 1000) == (400, 1)
    assert (await member.ask("order.list"))["orders"] == []


async def test_who_does_not_sign_as_they_should_is_not_let_in(market: Market, member: Member) -> None:
    async def refused(name: str, headers: dict[str, str], body: bytes = b"{}") -> None:
        answer = await member.send("account.cash", body, headers)
        assert (answer.status_code, answer.json()["error"]["name"]) == (401, name)

    good = member.headers("account.cash", b"{}")
    late = str(time.time_ns() // 1_000_000 - signed.CLOCK_MS_MAX - 1_000)
    await refused("NOT_AUTHENTICATED", {})
    await refused("EXPIRED_REQUEST", member.headers("account.cash", b"{}", timestamp=late))
    await refused("BAD_SIGNATURE", member.headers("order.cancel_all", b"{}"))
    await refused("BAD_SIGNATURE", member.headers("account.cash", b"{}", env="local"))
    await refused("BAD_SIGNATURE", good, b'{"account":"C001"}')
    await refused("BAD_SIGNATURE", good | {"yutan-signature": "00" * 64})
    await refused("WRONG_ENVIRONMENT", good | {"yutan-key": "mine"})
    assert (await member.send("account.cash", b"{}", good)).status_code == 200
    await refused("NONCE_USED", good)
    eyes = Ed25519PrivateKey.generate()
    public = keys.public_bytes(eyes).hex()
    fields = {"key_id": "test_eyes", "public_key": public, "accounts": [ACCOUNT], "scopes": ["view"]}
    await market.act("register_key", fields)
    await market.act("revoke_key", {"key_id": KEY_ID})
    await refused("KEY_REVOKED", member.headers("account.cash", b"{}"))
    looker = Member(member.http, "test_eyes", eyes)
    assert (await looker.ask("account.cash"))["account"] == ACCOUNT
    assert (await looker.ask("order.place", 403, **order("h-4")))["error"]["code"] == reasons.NOT_PERMITTED


async def test_a_key_is_held_to_its_networks_its_last_day_and_its_scope(market: Market, member: Member) -> None:
    access = market.exchange.gateway.access
    now_ns, day = access.now_ns(), str(access.today())
    access.now_ns = lambda: now_ns  # no midnight in between
    made: dict[str, Member] = {}
    for name, given in (
        ("test_there", {"networks": ["10.0.0.0/8"]}),
        ("test_copy", {"scopes": ["drop_copy"], "expires_day": f"{day[:4]}-{day[4:6]}-{day[6:]}"}),
    ):
        key = Ed25519PrivateKey.generate()
        fields = {"key_id": name, "public_key": keys.public_bytes(key).hex(), "accounts": [ACCOUNT]}
        await market.act("register_key", fields | given)
        made[name] = Member(member.http, name, key)
    assert (await made["test_there"].ask("account.cash", 401))["error"]["name"] == "ADDRESS_NOT_ALLOWED"
    copy = made["test_copy"]
    assert (await copy.ask("account.cash"))["account"] == ACCOUNT
    for method in ("order.cancel_all", "kill_switch.engage"):
        assert (await copy.ask(method, 403))["error"]["name"] == "NOT_PERMITTED"
    access.now_ns = lambda: now_ns + 400 * 86_400 * 1_000_000_000  # past the trading days of a market that runs ahead
    assert (await copy.ask("account.cash", 401))["error"]["name"] == "KEY_EXPIRED"


async def test_every_twin_is_in_the_specification_and_nothing_else(member: Member) -> None:
    paths = (await member.http.get("/openapi.json")).json()["paths"]
    twins = {path.removeprefix("/api/v1/trade/") for path in paths if path.startswith("/api/v1/trade/")}
    assert twins == TWINS
    assert {"order.place", "order.cancel", "order.test", "account.cash", "channel.replay"} <= twins
    place = paths["/api/v1/trade/order.place"]["post"]
    assert {row["name"] for row in place["parameters"]} >= {"yutan-key", "yutan-nonce", "yutan-signature"}
    now = (await member.http.get("/api/v1/time")).json()["time_ms"]
    assert abs(now - time.time_ns() // 1_000_000) < 3_600_000
