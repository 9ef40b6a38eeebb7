"""Frames -> requests: whatever is wrong with a frame has exactly one number, and the id where it can be read."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol import wire
from gateway.protocol.codec import BadRequest, NotText, RequestDecoder, encode, has_duplicate_keys
from gateway.protocol.doors import DOORS

decode = RequestDecoder("trade").decode
ORDER = '{"id":1,"method":"order.place","params":{"instrument":"X","side":"buy","price":"1","quantity":%s,"client_order_id":"c"}}'


def fault(frame: str | bytes) -> tuple[str, Any, str]:
    """Name, id and field of the refusal."""
    with pytest.raises(BadRequest) as caught:
        decode(frame if isinstance(frame, bytes) else frame.encode())
    return caught.value.args[0], caught.value.request_id, caught.value.field


@pytest.mark.parametrize(
    "frame",
    [
        "", "  ", "\ufeff{}", "null", "[]", '"x"', "123", '{"id":1', "{} {}", '{"id":1,}', "{'id':1}", '{"id":1 // c\n}',
        ORDER % "NaN", ORDER % "Infinity", ORDER % "-Infinity", '{"id":' + "[" * 100_000,
        '{"x":' + "[" * 100_000, "[" * 100_000, '{"id":"\\ud800","method":"time.get"}', "{" * 33,
    ],
)  # fmt: skip
def test_a_frame_that_is_no_json_object_is_malformed(frame: str) -> None:
    assert fault(frame)[0] == "MALFORMED_JSON"


@pytest.mark.parametrize(
    "frame", [b'{"id":"\xc0\xaf"}', b'{"id":"\xed\xa0\x80"}', b'{"id":1,"method":"time.get","\xc0":1}', b"\xff"]
)
def test_a_frame_that_is_not_utf8_is_no_text(frame: bytes) -> None:
    with pytest.raises(NotText):
        decode(frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"id":1,"id":2,"method":"time.get"}',
        '{"id":1,"method":"time.get","method":"time.get"}',
        '{"id":1,"i\\u0064":2,"method":"time.get"}',
        '{"id":1,"method":"time.get","params":{},"params":{}}',
        '{"id":1,"method":"order.place","params":{"instrument":"X","side":"buy","price":"1","quantity":1,"quantity":1000,"client_order_id":"c"}}',
        '{"id":1,"method":"order.place","params":{"instrument":"X","side":"buy","price":"1","quantity":1,'
        '"client_order_id":"c","post_only":false,"post_only" : false}}',
        '{"id":1,"method":"order.place","params":{"instrument":"X","side":"buy","price":"1","quantity":1,"client_order_id":"post_only","price":"2"}}',
    ],
)  # fmt: skip
def test_a_key_named_twice_is_malformed(frame: str) -> None:
    assert fault(frame)[0] == "MALFORMED_JSON"


_PLACE = {"instrument": '"X:1"', "side": '"buy"', "price": '"1"', "quantity": "1", "client_order_id": '"c"'}
_PLACE_MORE = {"account": '"A"', "time_in_force": '"day"', "post_only": "false"}
_BESIDE = {"jsonrpc": '"2.0"', "expires_at": '"2026-11-22T06:00:00Z"'}


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}"


@given(st.sets(st.sampled_from([*_PLACE_MORE, *_BESIDE])), st.none() | st.integers(0, 20), st.booleans())
def test_whichever_optional_keys_are_sent_a_second_one_is_found(
    sent: set[str], repeated: int | None, is_escaped: bool
) -> None:
    params = [pair for pair in (_PLACE | _PLACE_MORE).items() if pair[0] in _PLACE or pair[0] in sent]
    beside = [("id", "1"), ("method", '"order.place"'), *(pair for pair in _BESIDE.items() if pair[0] in sent)]
    if repeated is not None:
        pairs = params if repeated % 2 else beside
        key, value = pairs[repeated // 2 % len(pairs)]
        pairs.append((f"\\u{ord(key[0]):04x}{key[1:]}" if is_escaped else key, value))
    frame = _object([*beside, ("params", _object(params))])
    if repeated is None:
        assert decode(frame.encode()).params.instrument == "X:1"
    else:
        assert fault(frame) == ("MALFORMED_JSON", 1, "duplicate key")


@pytest.mark.parametrize(
    "params",
    [
        '"client_order_id":"a","client_order_id":"a"',
        '"order_id":"O-1","order_id":"O-1"',
        '"client_order_id":"a","account":"A","account":"A"',
    ],
)
def test_the_name_of_an_order_is_sent_once(params: str) -> None:
    assert fault(f'{{"id":1,"method":"order.cancel","params":{{{params}}}}}')[0] == "MALFORMED_JSON"


@pytest.mark.parametrize(
    ("text", "is_double"),
    [
        ('{"a":"\\"b\\":","b":1}', False),
        ('{"a":{"a":1}}', False),
        ('{"a":1,"\\u0061":2}', True),
        ('{"a":[{"b":1,"b":2}]}', True),
        ('{"a":"x:y","c":"a"}', False),
    ],
)
def test_duplicate_keys_are_found_in_each_object_by_itself(text: str, is_double: bool) -> None:
    assert has_duplicate_keys(text.encode()) is is_double


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=8)
)
def test_what_json_writes_has_no_duplicate_keys(document: Any) -> None:
    assert not has_duplicate_keys(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("quantity", "name"),
    [
        ("0", "QTY_BELOW_MIN"), ("-1", "QTY_BELOW_MIN"), ("-0", "QTY_BELOW_MIN"), (str(2**31), "QTY_ABOVE_MAX"),
        (str(2**53 + 1), "QTY_ABOVE_MAX"), (str(2**63), "QTY_ABOVE_MAX"), (str(2**64), "QTY_ABOVE_MAX"),
        ("1" + "0" * 400, "QTY_ABOVE_MAX"), ("1.0", "FLOAT_NOT_ALLOWED"), ("1.5", "FLOAT_NOT_ALLOWED"), ("1e3", "FLOAT_NOT_ALLOWED"),
        ("-0.0", "FLOAT_NOT_ALLOWED"), ('"1"', "INVALID_FIELD"), ("true", "INVALID_FIELD"), ("null", "INVALID_FIELD"),
        ("[1]", "INVALID_FIELD"), ("{}", "INVALID_FIELD"),
    ],
)  # fmt: skip
def test_a_quantity_is_a_json_integer_in_bounds(quantity: str, name: str) -> None:
    assert fault(ORDER % quantity) == (name, 1, "quantity")


@pytest.mark.parametrize(
    ("changes", "name", "field"),
    [
        ({"side": "b"}, "INVALID_FIELD", "side"),
        ({"side": "BUY "}, "INVALID_FIELD", "side"),
        ({"side": "ВUY"}, "INVALID_FIELD", "side"),
        ({"price": 34}, "FLOAT_NOT_ALLOWED", "price"),
        ({"price": 34.0}, "FLOAT_NOT_ALLOWED", "price"),
        ({"price": None}, "INVALID_FIELD", "price"),
        ({"price": "1" * 65}, "INVALID_FIELD", "price"),
        ({"time_in_force": "gtc"}, "INVALID_FIELD", "time_in_force"),
        ({"post_only": 1}, "INVALID_FIELD", "post_only"),
        ({"account": None}, "INVALID_FIELD", "account"),
        ({"instrument": ""}, "INVALID_FIELD", "instrument"),
        ({"instrument": "x" * 10_000}, "INVALID_FIELD", "instrument"),
        ({"tiff": "day"}, "UNKNOWN_FIELD", "tiff"),
        ({"Side": "buy"}, "UNKNOWN_FIELD", "Side"),
        ({"__proto__": {}}, "UNKNOWN_FIELD", "__proto__"),
        ({"constructor": 1}, "UNKNOWN_FIELD", "constructor"),
        *(
            ({"client_order_id": text}, "INVALID_FIELD", "client_order_id")
            for text in (
                "",
                "x" * 37,
                "a\0",
                "a\n",
                "a\r\nfake",
                "a\u202e",
                "a😀",
                "é",
                "e\u0301",
                " a",
                "a ",
                "a/b",
                7,
                None,
            )
        ),
    ],
)
def test_a_field_outside_its_declaration_is_named(changes: dict[str, Any], name: str, field: str) -> None:
    params = {"instrument": "X", "side": "buy", "price": "1", "quantity": 1, "client_order_id": "c"} | changes
    frame = json.dumps({"id": "q", "method": "order.place", "params": params})
    assert fault(frame) == (name, "q", field)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5_000])
def test_a_number_that_nothing_can_hold_is_refused(number: str) -> None:
    assert fault(ORDER % number) == ("INVALID_FIELD", None, "quantity")


@pytest.mark.parametrize("missing", ["instrument", "side", "price", "quantity", "client_order_id"])
def test_a_missing_field_is_named(missing: str) -> None:
    params = {"instrument": "X", "side": "buy", "price": "1", "quantity": 1, "client_order_id": "c"}
    del params[missing]
    assert fault(json.dumps({"id": 5, "method": "order.place", "params": params})) == ("INVALID_FIELD", 5, missing)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"id":1,"method":"no.such"}', ("UNKNOWN_METHOD", 1, "method")),
        ('{"id":1,"method":"__class__"}', ("UNKNOWN_METHOD", 1, "method")),
        ('{"id":1,"method":7}', ("UNKNOWN_METHOD", 1, "method")),
        ('{"id":1}', ("INVALID_FIELD", 1, "method")),
        ('{"method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":null,"method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":[1],"method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":"","method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":"' + "x" * 65 + '","method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":1.5,"method":"time.get"}', ("INVALID_FIELD", None, "id")),
        ('{"id":1,"method":"time.get","params":[]}', ("INVALID_FIELD", 1, "")),
        ('{"id":1,"method":"time.get","jsonrpc":"1.0"}', ("INVALID_FIELD", 1, "jsonrpc")),
        ('{"id":1,"method":"time.get","expires_at":"yesterday"}', ("INVALID_FIELD", 1, "expires_at")),
        ('{"id":1,"method":"time.get","expires_at":"2026-11-20T09:30:00"}', ("INVALID_FIELD", 1, "expires_at")),
        ('{"id":1,"method":"ops.status"}', ("UNKNOWN_METHOD", 1, "method")),
    ],
)
def test_an_envelope_that_is_not_ours_is_named(frame: str, expected: tuple[str, Any, str]) -> None:
    assert fault(frame) == expected


def test_every_request_can_be_said_and_read_on_its_door() -> None:
    for door, union in DOORS.items():
        read = RequestDecoder(door).decode
        for request in union.__args__:
            assert request.__struct_config__.tag_field == "method"
            assert request.__struct_config__.forbid_unknown_fields
            if request is wire.TimeGet:
                assert read(encode(wire.TimeGet(id=1))) == wire.TimeGet(id=1)


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_be_a_request_or_be_refused(frame: bytes) -> None:
    try:
        decode(frame)
    except (BadRequest, NotText):
        return
    raise AssertionError(frame)


@given(st.text(max_size=40), st.sampled_from(["id", "method", "params", "expires_at"]))
def test_no_text_in_an_envelope_is_an_uncaught_error(text: str, key: str) -> None:
    document = {"id": 1, "method": "time.get"} | {key: text}
    with contextlib.suppress(BadRequest, NotText):
        decode(json.dumps(document).encode("utf-8", "surrogatepass"))
