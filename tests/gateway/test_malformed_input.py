"""Bad input at the doors: each gets exactly its named outcome, changes nothing, and nobody else notices."""

import json
from typing import Any

import pytest

from gateway.protocol import session
from tests.gateway.kit import COARSE, SPOT, House, RawPeer, key_of, masked, order, until
from yutan.client import Refused


async def test_a_message_in_fragments_is_one_message(house: House) -> None:
    peer = await house.logged_in("a001")
    peer.send_bytes(masked(b'{"id":"f","meth', 0x01) + masked(b"", 0x89) + masked(b'od":"time.get"}', 0x80))
    assert "result" in await peer.reply("f")
    await peer.end()


async def test_the_longest_frame_is_read(house: House) -> None:
    peer = await house.logged_in("a001")
    frame = b'{"id":"f","method":"time.get"}'
    peer.send_frame(frame + b" " * (16_384 - len(frame)))
    assert "result" in await peer.reply("f")
    await peer.end()


async def test_no_extension_is_negotiated(house: House) -> None:
    peer = await house.raw("trade", **{"Sec-WebSocket-Extensions": "permessage-deflate"})
    assert peer.status == 101
    assert "extensions" not in peer.head.lower()
    await peer.end()


async def test_the_subprotocol_is_taken_where_it_is_offered(house: House) -> None:
    peer = await house.raw("trade", **{"Sec-WebSocket-Protocol": "other, yutan.v1"})
    assert "Sec-WebSocket-Protocol: yutan.v1" in peer.head
    await peer.end()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://ex.example.evil.com",
        "HTTPS://EX.EXAMPLE",
        "https://ex.example.",
        "https://ex.example:444",
    ],
)
@pytest.mark.parametrize("door", ["trade", "ops", "market"])
async def test_a_page_of_another_origin_gets_no_socket(house: House, door: str, origin: str) -> None:
    peer = await house.raw(door, Origin=origin)
    assert peer.status == 403
    await peer.end()


@pytest.mark.parametrize("path", ["/", "/ws/v1/trade/", "/ws/v2/trade", "/ws/v1/../trade"])
async def test_an_unknown_path_is_not_found(house: House, path: str) -> None:
    peer = await house.raw(path)
    assert peer.status == 404
    await peer.end()


TEXTS = {
    "21 empty": ("", "MALFORMED_JSON"),
    "21 spaces": ("   ", "MALFORMED_JSON"),
    "21 BOM": ("\ufeff" + '{"id":1,"method":"time.get"}', "MALFORMED_JSON"),
    "22 null": ("null", "MALFORMED_JSON"),
    "22 list": ("[]", "MALFORMED_JSON"),
    "23 truncated": ('{"id":1,', "MALFORMED_JSON"),
    "23 two objects": ("{} {}", "MALFORMED_JSON"),
    "24 NaN": ('{"id":1,"method":"order.place","params":{"quantity":NaN}}', "MALFORMED_JSON"),
    "26 nesting": ('{"id":1,"method":"time.get","params":' + "[" * 8_000, "MALFORMED_JSON"),
    "27 duplicate key": ('{"id":1,"method":"time.get","method":"time.get"}', "MALFORMED_JSON"),
    "28 unknown field": ('{"id":1,"method":"time.get","__proto__":1}', "UNKNOWN_FIELD"),
    "38 lone surrogate": ('{"id":"\\ud800","method":"time.get"}', "MALFORMED_JSON"),
    "53 unknown method": ('{"id":1,"method":"order.explode"}', "UNKNOWN_METHOD"),
    "53 method as number": ('{"id":1,"method":1}', "UNKNOWN_METHOD"),
    "53 id of 10 KB": ('{"id":"' + "x" * 10_000 + '","method":"time.get"}', "INVALID_FIELD"),
    "53 id as list": ('{"id":[],"method":"time.get"}', "INVALID_FIELD"),
    "53 no id": ('{"method":"time.get"}', "INVALID_FIELD"),
}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_that_is_no_request_is_refused_by_name(house: House, name: str) -> None:
    text, reason = TEXTS[name]
    peer = await house.logged_in("a001")
    before = house.sequencer.view.day().seq
    peer.send(text)
    said = await peer.message()
    while "ch" in said:
        said = await peer.message()
    assert said["error"]["name"] == reason
    assert said["error"]["message"]
    assert "Traceback" not in json.dumps(said)
    assert house.sequencer.view.day().seq == before
    assert "result" in await peer.ask("time.get")
    await peer.end()


ORDERS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "32 quantity 0": ({"quantity": 0}, "QTY_BELOW_MIN", {}),
    "32 quantity 2^53": ({"quantity": 2**53}, "QTY_ABOVE_MAX", {}),
    "33 price 0": ({"price": "0"}, "PRICE_OFF_TICK", {"limit": "0.01", "actual": "0"}),
    "33 price below the band": ({"price": "35.99"}, "PRICE_OUT_OF_BAND", {"limit": "36.00", "actual": "35.99"}),
    "33 price above the band": ({"price": "44.01"}, "PRICE_OUT_OF_BAND", {"limit": "44.00", "actual": "44.01"}),
    "33 off a coarse tick": (
        {"instrument": COARSE, "price": "40.03"},
        "PRICE_OFF_TICK",
        {"limit": "0.05", "actual": "40.03"},
    ),
    "33 band of a coarse tick": (
        {"instrument": COARSE, "price": "44.05"},
        "PRICE_OUT_OF_BAND",
        {"limit": "44.00", "actual": "44.05"},
    ),
    "34 half a fen": ({"price": "40.005"}, "PRICE_OFF_TICK", {}),
    "34 exponent": ({"price": "4e1"}, "INVALID_FIELD", {"field": "price"}),
    "34 full width": ({"price": "４０"}, "INVALID_FIELD", {"field": "price"}),
    "35 above the largest": ({"quantity": 100_000}, "QTY_ABOVE_MAX", {"limit": 99_999, "actual": 100_000}),
    "35 off lot": ({"instrument": COARSE, "quantity": 15}, "QTY_OFF_LOT", {"limit": 10, "actual": 15}),
    "35 below the smallest": ({"instrument": COARSE, "quantity": 5}, "QTY_BELOW_MIN", {"limit": 10, "actual": 5}),
    "37 client order id": ({"client_order_id": "a b"}, "INVALID_FIELD", {"field": "client_order_id"}),
    "39 unknown": ({"instrument": "'; DROP TABLE j--"}, "UNKNOWN_INSTRUMENT", {"field": "instrument"}),
    "39 lower case": ({"instrument": SPOT.lower()}, "UNKNOWN_INSTRUMENT", {}),
    "39 path": ({"instrument": "../../etc/passwd"}, "UNKNOWN_INSTRUMENT", {}),
    "41 another's account": ({"account": "B001"}, "UNKNOWN_ACCOUNT", {"field": "account"}),
    "41 no such account": ({"account": "Z"}, "UNKNOWN_ACCOUNT", {"field": "account"}),
    "42 more than there is": (
        {"side": "sell", "quantity": 10_001},
        "INSUFFICIENT_ALLOWANCE",
        {"limit": 10_000, "actual": 10_001},
    ),
    "42 more than one can pay": (
        {"quantity": 50_000, "price": "40.00"},
        "INSUFFICIENT_CASH",
        {"limit": "1000000.00", "actual": "2002000.00"},
    ),
    "44 expired": ({}, "EXPIRED_REQUEST", {"field": "expires_at"}),
}


@pytest.mark.parametrize("name", ORDERS)
async def test_an_order_that_cannot_be_is_refused_with_limit_and_actual(house: House, name: str) -> None:
    changes, reason, data = ORDERS[name]
    peer = await house.logged_in("a001")
    request: dict[str, Any] = {"id": "q", "method": "order.place", "params": order(**changes)}
    if reason == "EXPIRED_REQUEST":
        request["expires_at"] = "2020-01-01T00:00:00Z"
    peer.send(request)
    error = (await peer.reply("q"))["error"]
    assert error["name"] == reason
    assert data.items() <= error["data"].items()
    assert "retry" in error["data"]
    assert (await peer.ask("order.list"))["result"]["orders"] == []
    assert (await peer.ask("account.cash"))["result"]["held"] == "0.00"
    await peer.end()


async def test_an_expiry_in_the_future_does_not_hinder(house: House) -> None:
    peer = await house.logged_in("a001")
    peer.send({"id": "q", "method": "order.place", "params": order(), "expires_at": "2099-01-01T00:00:00+08:00"})
    assert "result" in await peer.reply("q")
    await peer.end()


async def test_another_members_order_is_as_unknown_as_none(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        placed = await a.place(SPOT, "sell", 10, "41.00", client_order_id="mine")
        for order_id in (placed.order_id, "O-999999"):
            for ask in (b.cancel(order_id), b.replace(5, "41.00", order_id=order_id), b.order(order_id)):
                with pytest.raises(Refused, match="UNKNOWN_ORDER"):
                    await ask
        with pytest.raises(Refused, match="UNKNOWN_ACCOUNT"):
            await b.cancel(placed.order_id, account="A001")
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await b.trade("T-1")
        assert (await a.order(placed.order_id)).leaves_qty == 10


async def test_an_order_that_has_ended_says_how(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        sold = await a.place(SPOT, "sell", 10, "40.00")
        await b.place(SPOT, "buy", 10, "40.00")
        gone = await a.place(SPOT, "sell", 10, "41.00")
        await a.cancel(gone.order_id)
        for ask, reason in (
            (a.cancel(sold.order_id), "ALREADY_FILLED"),
            (a.replace(20, "40.00", order_id=sold.order_id), "ALREADY_FILLED"),
            (a.cancel(gone.order_id), "ALREADY_CANCELED"),
            (a.cancel("O-1"), "UNKNOWN_ORDER"),
        ):
            with pytest.raises(Refused) as refused:
                await ask
            assert refused.value.name == reason


async def test_a_replace_that_changes_nothing_or_too_much_is_refused(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        placed = await a.place(COARSE, "sell", 50, "40.00")
        await b.place(COARSE, "buy", 20, "40.00")
        for quantity, price, reason, field in (
            (50, "40.00", "NO_CHANGE", ""),
            (20, "40.00", "QTY_BELOW_FILLED", "quantity"),
            (55, "40.00", "QTY_OFF_LOT", "quantity"),
            (50, "44.05", "PRICE_OUT_OF_BAND", "price"),
            (50, "40.01", "PRICE_OFF_TICK", "price"),
        ):
            with pytest.raises(Refused) as refused:
                await a.replace(quantity, price, order_id=placed.order_id)
            assert (refused.value.name, refused.value.data.field) == (reason, field)
            if reason == "PRICE_OUT_OF_BAND":
                assert (refused.value.data.limit, refused.value.data.actual) == ("44.00", "44.05")


async def test_one_order_is_named_by_exactly_one_name(house: House) -> None:
    peer = await house.logged_in("a001")
    for params in ({}, {"order_id": "O-5", "client_order_id": "c"}, {"order_id": "5"}, {"order_id": "O-0"}):
        assert (await peer.ask("order.cancel", params))["error"]["name"] == "INVALID_FIELD"
    await peer.end()


async def test_a_key_for_several_accounts_must_say_which(house: House) -> None:
    async with house.member("both") as both:
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await both.place(SPOT, "sell", 1, "41.00")
        assert (await both.place(SPOT, "sell", 1, "41.00", account="B001")).account == "B001"


async def test_a_key_that_may_only_look_cannot_trade(house: House) -> None:
    async with house.member("eyes") as eyes:
        assert await eyes.orders() == []
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.place(SPOT, "sell", 1, "41.00")
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.cancel_all()


@pytest.mark.parametrize(
    "signature", ["", "00", "zz" * 64, "00" * 64, "upper"], ids=["empty", "short", "no hex", "zeros", "other text"]
)
async def test_a_wrong_signature_closes_the_door(house: House, signature: str) -> None:
    peer = await house.raw()
    said = await peer.ask("session.auth", {"key_id": "a001", "signature": signature})
    assert said["error"]["name"] == "BAD_SIGNATURE"
    assert await peer.closed() == 4002


async def test_a_login_of_another_connection_opens_nothing(house: House) -> None:
    first = await house.raw()
    hello = (await first.event("$session", "hello"))["data"]
    for nonce, reason in ((hello["nonce"], "NONCE_USED"), (None, "BAD_SIGNATURE")):
        second = await house.raw()
        params = {"key_id": "a001", "signature": _signature(first, hello, "a001")}
        said = await second.ask("session.auth", params | ({"nonce": nonce} if nonce else {}))
        assert said["error"]["name"] == reason
        assert await second.closed() == 4002
    await first.end()


async def test_a_login_for_another_host_opens_nothing(house: House) -> None:
    peer = await house.raw()
    hello = (await peer.event("$session", "hello"))["data"]
    peer.host = "exchange.example"
    said = await peer.ask("session.auth", {"key_id": "a001", "signature": _signature(peer, hello, "a001")})
    assert said["error"]["name"] == "BAD_SIGNATURE"
    await peer.end()


@pytest.mark.parametrize(
    ("key_id", "reason"), [("gone", "KEY_REVOKED"), ("nobody", "BAD_SIGNATURE"), ("chen", "BAD_SIGNATURE")]
)
async def test_a_key_that_is_void_or_unknown_opens_nothing(house: House, key_id: str, reason: str) -> None:
    peer = await house.raw()
    assert (await peer.log_in(key_id, house.settings.env))["error"]["name"] == reason
    assert await peer.closed() == 4002


async def test_before_login_only_the_session_can_be_talked_about(house: House) -> None:
    peer = await house.raw()
    hello = (await peer.event("$session", "hello"))["data"]
    for method, params in (
        ("order.place", order()),
        ("order.cancel_all", {}),
        ("account.cash", {}),
        ("subscribe", {"channels": ["exec.A001", "phase"]}),
        ("instrument.list", {}),
    ):
        assert (await peer.ask(method, params))["error"]["name"] == "NOT_AUTHENTICATED"
    assert "result" in await peer.ask("session.status")
    login = {"key_id": "a001", "signature": _signature(peer, hello, "a001")}
    assert (await peer.ask("session.auth", login))["result"]["accounts"] == ["A001"]
    assert (await peer.ask("session.auth", {"key_id": "a001", "signature": ""}))["error"][
        "name"
    ] == "ALREADY_AUTHENTICATED"
    await peer.end()


@pytest.mark.parametrize(
    ("channels", "refused"),
    [
        (["book.*"], ["book.*"]),
        (["exec.B001"], ["exec.B001"]),
        (["trades.NONE", f"trades.{SPOT}"], ["trades.NONE"]),
        ([f"trades.{SPOT}", f"trades.{SPOT}"], []),
        (["$session"], ["$session"]),
    ],
)
async def test_a_channel_that_is_not_there_or_not_theirs_is_refused_by_itself(
    house: House, channels: list[str], refused: list[str]
) -> None:
    peer = await house.logged_in("a001")
    said = (await peer.ask("subscribe", {"channels": channels}))["result"]
    assert [row["channel"] for row in said["refused"]] == refused
    assert {row["channel"] for row in said["subscribed"]} == set(channels) - set(refused)
    await peer.end()


async def test_too_many_channels_in_a_call_are_refused(house: House) -> None:
    peer = await house.logged_in("a001")
    many = [f"book.{number}" for number in range(500)]
    assert (await peer.ask("subscribe", {"channels": many}))["error"]["name"] == "INVALID_FIELD"
    assert (await peer.ask("subscribe", {"channels": []}))["error"]["name"] == "INVALID_FIELD"
    await peer.end()


async def test_a_peer_that_only_sends_rubbish_is_closed(house: House) -> None:
    peer = await house.logged_in("a001")
    peer.send_bytes(masked(b"rubbish") * 200)
    assert await peer.closed() == 4029


async def test_faults_change_neither_the_state_nor_the_journal(house: House) -> None:
    before = house.sequencer.head
    peers: list[RawPeer] = []
    for text, _ in TEXTS.values():
        peers.append(await house.logged_in("a001"))
        peers[-1].send(text)
    for peer in peers:
        await peer.ask("time.get")
        await peer.end()
    assert house.sequencer.head == before
    await until(lambda: house.gateway.metrics()["connections"] == 0, "all gone")


def _signature(peer: RawPeer, hello: dict[str, Any], key_id: str) -> str:
    text = session.login_text(hello["env"], peer.host, hello["connection_id"], hello["nonce"], key_id)
    return session.sign_login(key_of(key_id), text)
