"""Bytes that no proper client sends, many in one exchange: each has exactly its outcome, and a member who trades notices nothing.

The rows are those of docs/hostile.md; `test_malformed_input.py` has the orders and logins.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.heads import HEAD_BYTES_MAX
from gateway.settings import tls_context
from tests.gateway.kit import DEADLINE_S, House, RawPeer, masked, order
from tests.gateway.test_access import certificate

KEY = "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=="
GOOD = ("Upgrade: websocket", "Connection: Upgrade", KEY, "Sec-WebSocket-Version: 13")
PAGE = "https://ex.example"


def handshake(*headers: str, line: str = "GET /ws/v1/trade HTTP/1.1", good: tuple[str, ...] = GOOD) -> bytes:
    """A request with these headers beside what is needed."""
    return "\r\n".join((line, "Host: here", *good, *headers, "", "")).encode("latin-1")


def without(name: str, *instead: str) -> bytes:
    """A request that has other headers in place of this one."""
    return handshake(*instead, good=tuple(header for header in GOOD if not header.startswith(name)))


def of_bytes(size: int) -> bytes:
    """A request of exactly so many bytes."""
    return handshake("X-Long: " + "x" * (size - len(handshake("X-Long: "))))


HANDSHAKES: dict[str, tuple[bytes, int, str]] = {  # the request, its status, and what the answer's head has besides
    "as it should be": (handshake(), 101, "Sec-WebSocket-Accept: "),
    "as some browsers say it": (without("Connection", "Connection: keep-alive, Upgrade", f"Origin: {PAGE}"), 101, ""),
    "16 request line of 9 KB": (handshake(line=f"GET /{'x' * 9_000} HTTP/1.1"), 414, ""),
    "16 header of 9 KB": (handshake("X-Long: " + "x" * 9_000), 431, ""),
    "16 many headers of 9 KB together": (handshake(*[f"X-{n}: {'x' * 90}" for n in range(100)]), 431, ""),
    "16 129 headers": (handshake(*[f"X-{n}: 1" for n in range(129)]), 400, ""),
    "16 a head of 16 KiB": (of_bytes(HEAD_BYTES_MAX), 431, ""),
    "16 a head of 16 KiB and one byte": (of_bytes(HEAD_BYTES_MAX + 1), 431, ""),
    "16 headers that go on after 16 KiB": (handshake("X-Long: " + "x" * 100_000), 431, ""),
    "16 a request line that goes on after 16 KiB": (handshake(line=f"GET /{'x' * 17_000} HTTP/1.1"), 414, ""),
    "16 a line that never ends": (b"x" * 50_000, 414, ""),
    "17 another page": (handshake("Origin: https://evil.example"), 403, ""),
    "17 no page": (handshake("Origin: null"), 403, ""),
    "17 a page whose name goes on": (handshake(f"Origin: {PAGE}.evil.com"), 403, ""),
    "17 a page in upper case": (handshake(f"Origin: {PAGE.upper()}"), 403, ""),
    "17 a page with a dot behind": (handshake(f"Origin: {PAGE}."), 403, ""),
    "17 a page with a port": (handshake(f"Origin: {PAGE}:443"), 403, ""),
    "17 two pages": (handshake(f"Origin: {PAGE}", "Origin: https://evil.example"), 400, ""),
    "18 a token in the query": (handshake(line="GET /ws/v1/trade?token=abc HTTP/1.1"), 400, ""),
    "18 two Authorization headers": (handshake("Authorization: a", "Authorization: b"), 400, ""),
    "18 another subprotocol": (handshake("Sec-WebSocket-Protocol: chat, yutan.v2"), 400, ""),
    "18 ours among others": (
        handshake("Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: yutan.v1"),
        101,
        "Sec-WebSocket-Protocol: yutan.v1",
    ),
    "18 version 8": (
        without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
        426,
        "Sec-WebSocket-Version: 13",
    ),
    "18 no version": (without("Sec-WebSocket-Version"), 426, "Sec-WebSocket-Version: 13"),
    "18 no upgrade": (without("Upgrade"), 426, "Upgrade: websocket"),
    "18 upgrade to something else": (without("Upgrade", "Upgrade: h2c"), 426, "Upgrade: websocket"),
    "18 no connection header": (without("Connection"), 400, ""),
    "18 connection without upgrade": (without("Connection", "Connection: keep-alive"), 400, ""),
    "18 no key": (without("Sec-WebSocket-Key"), 400, ""),
    "18 key of 15 bytes": (without("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0O"), 400, ""),
    "18 two keys": (handshake(KEY), 400, ""),
    "20 two hosts": (handshake("Host: there"), 400, ""),
    "20 no host": (handshake().replace(b"Host: here\r\n", b""), 400, ""),
    "20 length and chunks": (handshake("Content-Length: 3", "Transfer-Encoding: chunked"), 400, ""),
    "20 chunks": (handshake("Transfer-Encoding: chunked"), 400, ""),
    "20 two lengths": (handshake("Content-Length: 0", "Content-Length: 0"), 400, ""),
    "20 a body": (handshake("Content-Length: 3") + b"{}\n", 400, ""),
    "20 a folded header": (handshake("X-A: 1\r\n X-B: 2"), 400, ""),
    "20 a bare line feed": (handshake("X-A: 1\nX-B: 2"), 400, ""),
    "20 a carriage return in a value": (handshake("X-A: 1\rX-B: 2"), 400, ""),
    "20 a space before the colon": (handshake("X-A : 1"), 400, ""),
    "20 NUL in a value": (handshake("X-A: \0"), 400, ""),
    "20 POST": (handshake(line="POST /ws/v1/trade HTTP/1.1"), 400, ""),
    "20 HTTP/1.0": (handshake(line="GET /ws/v1/trade HTTP/1.0"), 400, ""),
    "20 HTTP/2 on the same socket": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, ""),
    "20 the address in full": (handshake(line="GET http://here/ws/v1/trade HTTP/1.1"), 404, ""),
    "20 no door": (handshake(line="GET /ws/v1/../trade HTTP/1.1"), 404, ""),
}


async def answered(port: int, request: bytes, tls: ssl.SSLContext | None = None) -> str:
    """The head of the answer; "" where there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(request)
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return ""
    finally:
        writer.close()
    return head.decode("latin-1")


@contextlib.asynccontextmanager
async def trading(house: House) -> AsyncIterator[Callable[[], Any]]:
    """A member on a connection of their own; called, they place an order and take it back."""
    peer = await house.logged_in("b001")
    before = house.sequencer.view.day().seq
    done = 0

    async def trade() -> None:
        nonlocal done
        done += 1
        name = {"client_order_id": f"t-{done}"}
        assert "result" in await peer.ask("order.place", order(price="39.00", **name))
        assert "result" in await peer.ask("order.cancel", name)

    yield trade
    await trade()
    assert house.sequencer.view.day().seq == before + 2 * done, "nothing but this member's orders is in the journal"


async def test_a_handshake_that_breaks_the_rules_is_turned_away_with_its_status(tmp_path: Path) -> None:
    house = await House.start(tmp_path, origins=(PAGE,))
    async with trading(house) as trade:
        for name, (request, status, has) in HANDSHAKES.items():
            head = await answered(house.gateway.port, request)
            assert (name, int(head.split(" ", 2)[1]) if head else 0) == (name, status)
            assert has in head, name
            assert "Traceback" not in head
        await trade()
    await house.stop()


async def test_a_head_in_pieces_is_read_and_a_long_one_answered_also_under_tls(tmp_path: Path) -> None:
    house = await House.start(tmp_path, tls=tls_context(*certificate(tmp_path)))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    for request, status in ((of_bytes(HEAD_BYTES_MAX + 1), 431), (b"x" * 50_000, 414), (handshake("A: 1\nB: 2"), 400)):
        assert (await answered(house.gateway.port, request, tls)).startswith(f"HTTP/1.1 {status} ")
    reader, writer = await asyncio.open_connection("127.0.0.1", house.gateway.port, ssl=tls)
    *bytes_of_it, last = handshake(line="GET /ws/v1/market HTTP/1.1")
    for byte in bytes_of_it:
        writer.write(bytes((byte,)))  # a record of TLS each, and read so
    writer.write(bytes((last,)) + masked(b'{"id":77,"method":"time.get"}'))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
    assert head.startswith(b"HTTP/1.1 101 ")
    await asyncio.wait_for(reader.readuntil(b'"id":77'), DEADLINE_S)
    writer.close()
    await house.stop()


async def test_who_is_told_that_a_head_is_too_long_has_the_answer_and_the_end(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.gateway.port)
    writer.write(handshake("X-Long: " + "x" * 1_000_000))
    said = await asyncio.wait_for(reader.read(), DEADLINE_S)
    assert said.startswith(b"HTTP/1.1 431 ")
    assert said.endswith(b"headers too large\n")
    writer.close()


CLOSES: dict[str, tuple[bytes, int]] = {
    "empty": (b"", 1000),
    **{f"code {code}": (code.to_bytes(2, "big"), 1000) for code in (1000, 1001, 1007, 1011, 1012, 1014, 3000, 4999)},
    **{
        f"code {code}": (code.to_bytes(2, "big"), 1002)
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535)
    },
    "half a code": (b"\x03", 1002),
    "reason that is not UTF-8": (b"\x03\xe8\xff", 1007),
    "longest reason": (b"\x03\xe8" + b"x" * 123, 1000),
}


async def test_each_close_of_a_peer_has_its_answer(house: House) -> None:
    async with trading(house) as trade:
        for name, (payload, code) in CLOSES.items():
            peer = await house.raw("market")
            peer.send_frame(payload, 0x88)
            assert (name, await peer.closed()) == (name, code)
        await trade()


async def test_after_the_servers_close_the_peers_is_the_end_and_nothing_else_is_heard(house: House) -> None:
    peer = await house.logged_in("a001")
    peer.send({"id": 1, "method": "session.logout"})
    peer.send_bytes(masked(b'{"id":2,"method":"time.get"}'))
    with pytest.raises(ConnectionError):
        await peer.reply(2)
    assert peer.close_code == 1000
    peer.send_frame((1000).to_bytes(2, "big"), 0x88)
    assert await asyncio.wait_for(peer.reader.read(), DEADLINE_S) == b""


LONG = b'{"id":1,"method":"time.get","params":{}}'


def header(first: int, size_bytes: bytes) -> bytes:
    """A frame's head with the mask bit, and a mask."""
    return bytes((first,)) + size_bytes + b"\0\0\0\0"


FRAMES = {
    "1 not masked": (b"\x81\x02{}", 1002),
    "2 reserved bit 1": (masked(LONG, 0xC1), 1002),
    "2 reserved bit 2": (masked(LONG, 0xA1), 1002),
    "2 reserved bit 3": (masked(LONG, 0x91), 1002),
    "3 opcode 3": (masked(LONG, 0x83), 1002),
    "3 opcode 11": (masked(b"", 0x8B), 1002),
    "4 ping in fragments": (masked(b"", 0x09), 1002),
    "4 ping of 126 bytes": (masked(b"x" * 126, 0x89), 1002),
    "5 continuation of nothing": (masked(LONG, 0x80), 1002),
    "5 new message inside a fragmented one": (masked(b"{", 0x01) + masked(LONG), 1002),
    "6 overlong UTF-8": (masked(b'{"id":"\xc0\xaf","method":"time.get"}'), 1007),
    "6 surrogate in UTF-8": (masked(b'{"id":"\xed\xa0\x80","method":"time.get"}'), 1007),
    "6 UTF-8 cut at the end": (masked(b'{"id":"\xe6\xb8'), 1007),
    "7 announces 4 GiB": (header(0x81, b"\xff" + (2**32).to_bytes(8, "big")), 1009),
    "7 announces 2^63": (header(0x81, b"\xff" + (2**63).to_bytes(8, "big")), 1002),
    "8 one byte too long": (masked(b" " * 16_385), 1009),
    "9 fragments for ever": (masked(b"{", 0x01) + masked(b"", 0x00) * 100, 1009),
    "9 fragments too long together": (masked(b"{" + b" " * 9_000, 0x01) + masked(b" " * 9_000, 0x80), 1009),
    "10 binary": (masked(LONG, 0x82), 1003),
    "11 ping flood": (masked(b"", 0x89) * 200, 1008),
    "11 pongs nobody asked for": (masked(b"", 0x8A) * 200, 1008),
}


async def test_every_bad_frame_beside_a_member_who_trades(house: House) -> None:
    async with trading(house) as trade:
        for name, (data, code) in FRAMES.items():
            peer = await house.raw("market")
            peer.send_bytes(data)
            assert (name, await peer.closed()) == (name, code)
            await trade()


async def test_any_mask_is_a_mask(house: House) -> None:
    peer = await house.raw("market")
    for number, mask in enumerate((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x80\x00\x7f", b"{}[]")):
        peer.send_bytes(masked(b'{"id":%d,"method":"time.get"}' % number, mask=mask))
        assert "result" in await peer.reply(number)


async def test_who_never_ends_a_handshake_is_dropped(tmp_path: Path) -> None:
    house = await House.start(tmp_path, handshake_ms=100)
    async with trading(house) as trade:
        for begun in (b"", b"GET /ws/v1/trade HTTP/1.1\r\nHost: ", handshake()[:-2]):
            reader, writer = await asyncio.open_connection("127.0.0.1", house.gateway.port)
            writer.write(begun)
            assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b""
            writer.close()
        await trade()
    await house.stop()


async def test_a_frame_that_comes_byte_by_byte_does_not_count_as_speaking(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=3_600_000)  # the heart beats when the test says so
    peer = await house.logged_in("a001")
    assert "result" in await peer.ask("time.get")
    async with trading(house) as trade:
        for byte in masked(b'{"id":1,"method":"time.get"}')[: 1 + house.settings.silent_heartbeats_max]:
            peer.send_bytes(bytes((byte,)))
            await trade()
            house.gateway._beat()
        assert await peer.closed() == 4010
    await house.stop()


async def test_a_tls_port_hears_no_plain_text_and_no_old_tls(tmp_path: Path) -> None:
    house = await House.start(tmp_path, tls=tls_context(*certificate(tmp_path)))
    assert "HTTP" not in await answered(house.gateway.port, handshake())
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", house.gateway.port, ssl=old)
    await house.stop()


def placed(**raw: str) -> str:
    """A request for an order; the values are JSON text, an empty one leaves the field away."""
    fields = {
        "instrument": '"CQEA-25"',
        "side": '"buy"',
        "price": '"40.00"',
        "quantity": "10",
        "client_order_id": '"o"',
    } | raw
    params = ",".join(f'"{name}":{value}' for name, value in fields.items() if value)
    return f'{{"id":1,"method":"order.place","params":{{{params}}}}}'


def envelope(more: str) -> str:
    """A request for the time with more in its envelope."""
    return f'{{"id":1,"method":"time.get"{more}}}'


def nested(depth: int) -> str:
    """An act whose fields are so deep."""
    return '{"id":1,"method":"ops.act","params":{"act":"halt","reason":"r","fields":%s}}' % (
        '{"a":' * depth + "1" + "}" * depth
    )


MALFORMED, INVALID, UNKNOWN, FLOAT = "MALFORMED_JSON", "INVALID_FIELD", "UNKNOWN_FIELD", "FLOAT_NOT_ALLOWED"
TEXTS: dict[str, tuple[str, ...]] = {
    "21": (MALFORMED, "", " \t\n", "\ufeff" + envelope("")),
    "22": (MALFORMED, "null", "[]", '"x"', "123", "true"),
    "23": (MALFORMED, '{"id":1,', "{} {}", '{"id":1,"method":"time.get",}', envelope("/* a */"), "{'id':1}", "{id:1}"),
    "24": (MALFORMED, *(placed(quantity=word) for word in ("NaN", "Infinity", "-Infinity"))),
    "25": (INVALID, placed(quantity="1e400"), placed(quantity="-1e400")),
    "25 next to nothing": (FLOAT, placed(quantity="1e-400")),
    "26": (MALFORMED, '{"id":1,"method":"time.get","params":' + "[" * 8_000, "[" * 16_000),
    "26 well formed": (INVALID, placed(instrument="[" * 33 + "]" * 33)),
    "26 well formed and deep": (MALFORMED, placed(instrument="[" * 5_000 + "]" * 5_000)),
    "27": (MALFORMED, placed(**{'quantity":10,"quantity': "1000"}), placed(**{'quantity":10,"\\u0071uantity': "1000"})),
    "28": (UNKNOWN, *(placed(**{name: "1"}) for name in ("tiff", "Quantity", "__proto__", "constructor", "__class__"))),
    "28 as a method": ("UNKNOWN_METHOD", *(f'{{"id":1,"method":"{name}"}}' for name in ("__class__", "Time.get", ""))),
    "29": (INVALID, *(placed(**{name: text}) for name in ("side", "price", "quantity") for text in ("", "null"))),
    "30": (INVALID, *(placed(quantity=text) for text in ('"100"', "true", "[1]", "{}"))),
    "31": (FLOAT, *(placed(quantity=text) for text in ("1.0", "1.5", "1e3", "-0.0")), placed(price="40.00")),
    "31 minus nothing": ("QTY_BELOW_MIN", placed(quantity="-0")),
    "32 below": ("QTY_BELOW_MIN", placed(quantity="0"), placed(quantity="-1")),
    "32 above": (
        "QTY_ABOVE_MAX",
        *(placed(quantity=str(2**power)) for power in (31, 53, 63, 64)),
        placed(quantity="1" + "0" * 400),
    ),
    "32 beyond any number": (INVALID, placed(quantity="9" * 5_000)),
    "34": (
        INVALID,
        *(
            placed(price=f'"{text}"')
            for text in ("9.05e1", "0x10", "NaN", "Infinity", " 90.5", "90.5\\n", "1_000", "90,5", "+90", "090")
        ),
        placed(price='"９０.５０"'),
    ),
    "36": (
        INVALID,
        *(placed(side=text) for text in ('"b"', '"BUY "', '"ВUY"', "1")),
        placed(time_in_force='"gtc"'),
        placed(post_only='"yes"'),
    ),
    "37": (
        INVALID,
        *(
            placed(client_order_id=f'"{text}"')
            for text in ("", "x" * 65, "a\\u0000", "a\\nb", "a\\r\\n[info] filled", "a\\u202eb", "é", " a", "a ", "😀")
        ),
    ),
    "38": (MALFORMED, envelope("").replace("1,", '"\\ud800",'), placed(instrument='"\\ud800"')),
    "39": (
        "UNKNOWN_INSTRUMENT",
        *(placed(instrument=f'"{text}"') for text in ("NONE", "'; DROP TABLE j--", "\\u0000")),
    ),
    "39 of 10 KB": (INVALID, placed(instrument='"' + "x" * 10_000 + '"')),
    "45": (
        INVALID,
        *(envelope(f',"expires_at":{text}') for text in ("0", "-1", '"yesterday"', '"1763600000"', "1" + "0" * 18)),
        envelope(',"expires_at":"2026-11-20T09:30:00"'),
    ),
    "53": (INVALID, '{"id":[],"method":"time.get"}', '{"method":"time.get"}', '{"id":null,"method":"time.get"}'),
    "53 long": (INVALID, '{"id":"' + "x" * 10_000 + '","method":"time.get"}'),
    "55": (
        INVALID,
        *(envelope(f',"expires_at":"{text}"') for text in ("2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z")),
    ),
}


async def test_each_text_that_is_no_request_is_refused_by_its_name(house: House) -> None:
    peer = await house.logged_in("a001")
    async with trading(house) as trade:
        for row, (name, *texts) in TEXTS.items():
            for text in texts:
                peer.send(text)
                said = await answer(peer)
                assert (row, text[:200], said["error"]["name"]) == (row, text[:200], name)
                assert "result" in await peer.ask("time.get"), "the next request is heard"
            await trade()


@pytest.mark.parametrize("depth", [33, 500])
async def test_fields_of_an_act_are_as_deep_as_their_types(house: House, depth: int) -> None:
    peer = await house.logged_in("chen", "ops")
    before = house.sequencer.view.day().seq
    peer.send(nested(depth))
    assert (await answer(peer))["error"]["name"] in (MALFORMED, INVALID, UNKNOWN)
    assert house.sequencer.view.day().seq == before


async def answer(peer: RawPeer) -> dict[str, Any]:
    """The next message that is no event."""
    said = await peer.message()
    while "ch" in said:
        said = await peer.message()
    return said
