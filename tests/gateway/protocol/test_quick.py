"""The quick way of reading a frame says what the general way says, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from engine.core import units
from gateway.protocol import quick, wire
from gateway.protocol.codec import BadRequest, NotText, RequestDecoder, encode

decode = RequestDecoder("trade").decode
SIDES = {"buy": units.BUY, "sell": units.SELL}
TIMES = {"day": units.DAY, "ioc": units.IOC, "fok": units.FOK}
PLACE = (
    b'{"id":12,"method":"order.place","params":{"account":"A001","instrument":"CQEA-1","side":"buy","price":"40.10",'
    b'"quantity":12,"time_in_force":"ioc","client_order_id":"x-1"}}'
)
CANCEL = b'{"id":"7","method":"order.cancel","params":{"account":"A001","client_order_id":"x-1"}}'


PLACE_FIELDS = (
    "id", "account", "instrument", "side", "price", "quantity", "time_in_force", "client_order_id", "post_only",
)  # fmt: skip
CANCEL_FIELDS = ("id", "account", "client_order_id")


def facts(asked: quick.Place | quick.Cancel) -> dict[str, Any]:
    """All that a quick request says."""
    names = PLACE_FIELDS if type(asked) is quick.Place else CANCEL_FIELDS
    return {"kind": type(asked).__name__} | {name: getattr(asked, name) for name in names}


def in_general(frame: bytes) -> dict[str, Any] | None:
    """The same of what the general way reads; None where that refuses the frame or finds another request."""
    try:
        request = decode(frame)
    except (BadRequest, NotText):
        return None
    if request.jsonrpc is not UNSET or request.expires_at is not UNSET:
        return None
    p = request.params
    if type(request) is wire.OrderPlace:
        return {
            "kind": "Place", "id": request.id, "account": p.account, "instrument": p.instrument, "side": SIDES[p.side],
            "price": p.price, "quantity": p.quantity, "time_in_force": TIMES[p.time_in_force],
            "client_order_id": p.client_order_id, "post_only": p.post_only,
        }  # fmt: skip
    if type(request) is wire.OrderCancel and p.order_id is UNSET and p.client_order_id is not UNSET:
        return {"kind": "Cancel", "id": request.id, "account": p.account, "client_order_id": p.client_order_id}
    return None


def check(frame: bytes) -> bool:
    """Both ways agree on the frame; whether the quick way knew it."""
    asked = quick.read(frame)
    if asked is not None:
        assert facts(asked) == in_general(frame), frame
    return asked is not None


SMALL = st.text(st.sampled_from('aZ09._-:{}[]," /\\é\x7f\x00'), max_size=6)
VALUES = st.one_of(SMALL, st.integers(-2, 10**19), st.floats(), st.none(), st.booleans(), st.just("x" * 65))
FIELDS = {
    "account": st.one_of(st.sampled_from(["A001", "帐"]), VALUES),
    "instrument": st.one_of(st.just("CQEA-1"), VALUES),
    "side": st.one_of(st.sampled_from(["buy", "sell"]), VALUES),
    "price": st.one_of(st.just("40.10"), VALUES),
    "quantity": st.one_of(st.integers(0, 10), st.sampled_from([units.TONNES_MAX, units.TONNES_MAX + 1]), VALUES),
    "time_in_force": st.one_of(st.sampled_from(["day", "ioc", "fok"]), VALUES),
    "client_order_id": st.one_of(st.sampled_from(["x-1", "a" * 36, "a" * 37]), VALUES),
    "order_id": st.just("O-1"),
    "post_only": st.booleans(),
}
PLAIN_FIELDS = {
    "account": st.text(
        st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), min_size=1, max_size=64
    ),
    "instrument": st.just("CQEA-1"),
    "side": st.sampled_from(["buy", "sell"]),
    "price": st.just("40.10"),
    "quantity": st.integers(1, units.TONNES_MAX),
    "time_in_force": st.sampled_from(["day", "ioc", "fok"]),
    "client_order_id": st.from_regex(r"\A[A-Za-z0-9._-]{1,36}\Z"),
}
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": ")])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Requests with any fields, sound or not, in any order, as JSON of the two usual spellings."""
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
    params = {name: draw(FIELDS[name]) for name in names}
    document = {
        "id": draw(st.one_of(st.integers(0, 2**53), VALUES)),
        "method": draw(st.sampled_from(["order.place", "order.cancel", "order.replace"])),
        "params": params,
    }
    order = draw(st.permutations(sorted(document)))
    text = json.dumps(
        {key: document[key] for key in order}, separators=draw(SEPARATORS), ensure_ascii=draw(st.booleans())
    )
    return text.encode("utf-8", "surrogatepass")


@st.composite
def plain_frames(draw: st.DrawFn) -> bytes:
    """Sound requests as programs write them."""
    optional = draw(st.lists(st.sampled_from(["account", "time_in_force"]), unique=True))
    is_place = draw(st.booleans())
    needed = ["instrument", "side", "price", "quantity", "client_order_id"] if is_place else ["client_order_id"]
    names = draw(st.permutations([*needed, *[name for name in optional if is_place or name == "account"]]))
    document = {
        "id": draw(st.one_of(st.integers(0, 10**15 - 1), st.text(st.sampled_from("abc-1"), min_size=1, max_size=64))),
        "method": "order.place" if is_place else "order.cancel",
        "params": {name: draw(PLAIN_FIELDS[name]) for name in names},
    }
    order = draw(st.permutations(sorted(document)))
    return json.dumps({key: document[key] for key in order}, separators=draw(SEPARATORS)).encode()


@given(plain_frames())
def test_a_plain_request_is_known_and_read_alike(frame: bytes) -> None:
    assert check(frame)


@given(frames())
def test_any_other_request_is_read_alike_or_left_to_the_general_way(frame: bytes) -> None:
    check(frame)


@given(
    st.sampled_from([PLACE, CANCEL]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=3),
)
@example(PLACE, [(9, 2, b"")])
def test_a_frame_with_bytes_changed_is_read_alike_or_left_to_the_general_way(
    frame: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, taken, put in changes:
        frame = frame[:at] + put + frame[at + taken :]
    check(frame)


@given(st.sampled_from([PLACE, CANCEL]), st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_a_frame_with_a_part_said_again_is_read_alike_or_left_to_the_general_way(
    frame: bytes, begin: int, end: int, at: int
) -> None:
    check(frame[:at] + frame[begin:end] + frame[at:])


@pytest.mark.parametrize("frame", [PLACE, CANCEL])
def test_a_frame_cut_short_or_made_longer_is_left_to_the_general_way(frame: bytes) -> None:
    assert check(frame)
    assert check(frame + b" ")
    for size in range(len(frame)):
        assert quick.read(frame[:size]) is None
    for more in (b"}", b",", b"\n", b"\x00", frame):
        assert not check(frame + more)


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (b'"id":12', b'"id":12,"id":12'), (b'"id":12', b'"id" "method":"order.place"'), (b'"id":12', b'"id" :12'),
        (b'"id":12', b'"id":012'), (b'"id":12', b'"id":-0'), (b'"id":12', b'"id":9007199254740993'), (b'"id":12', b'"id":""'),
        (b'"id":12,', b""), (b'"id":12', b'"id":12,"jsonrpc":"2.0"'), (b'"id":12', b'"id":12.0'), (b'"id":12', b'"id":1e1'),
        (b'"quantity":12', b'"quantity":0'), (b'"quantity":12', b'"quantity":1000000001'), (b'"quantity":12', b'"quantity":12.0'),
        (b'"quantity":12', b'"quantity":"12"'), (b'"quantity":12', b'"quantity":12,"quantity":13'), (b"12,", b"12,,"),
        (b'"side":"buy"', b'"side":"Buy"'), (b'"side":"buy"', b'"side":"buy","side":"buy"'), (b"x-1", b"x\\u002d1"),
        (b'"price":"40.10"', b'"price":"40.10","price":"40.20"'), (b"x-1", b"x 1"), (b"x-1", b""), (b"A001", b"A\xff"),
        (b"A001", "渝".encode()), (b"A001", b""), (b'"account"', b'"acc\\u006funt"'), (b'"x-1"', b'"x-1","post_only":false'),
        (b"order.place", b"order.cancel"), (b'"params"', b'"params":{},"params"'), (b'"x-1"}', b'"x-1",}'), (b"ioc", b"gtc"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_general_way(change: bytes, by: bytes) -> None:
    frame = PLACE.replace(change, by, 1)
    assert frame != PLACE
    assert quick.read(frame) is None


def test_the_client_of_this_package_writes_what_the_quick_way_knows() -> None:
    params = wire.OrderPlaceParams(instrument="X", side="sell", price="1.00", quantity=1, client_order_id="c")
    assert check(encode(wire.OrderPlace(id=1, params=params)))
    name = wire.OrderNameParams(client_order_id="c", account="A")
    assert check(encode(wire.OrderCancel(id="1", params=name)))
