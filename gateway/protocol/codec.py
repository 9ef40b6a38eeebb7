"""Bytes of the wire <-> its types; every way in which a frame can be wrong becomes one numbered refusal.

The happy path is one msgspec call, and for most frames of a busy day not even that (`quick`). Only a frame that fails is
looked at again, slowly, to say exactly what is wrong with it. msgspec takes the last of duplicate keys without a word, so a
frame with more colons than its keys account for is checked for them; one that sends nothing superfluous pays one count of a byte.
"""

import json
import re
from typing import Any, Final, final

import msgspec
from msgspec import UNSET

from engine.core import reasons
from gateway.protocol import quick, wire
from gateway.protocol.doors import DOORS

encode: Final = msgspec.json.Encoder().encode

_KEYS: Final = re.compile(rb'"([^"]*)"[ \t\r\n]*:')
_UNKNOWN_FIELD: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING_FIELD: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`\Z")
_GOT_NUMBER: Final = re.compile(r"Expected `str`, got `(?:int|float)`")
_NUMERIC_TEXTS: Final = ("price", "amount", "base_price")  # fields that are decimal strings
_FIELD_CHARACTERS_MAX: Final = 64
_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"


class NotText(Exception):
    """The frame is not UTF-8: RFC 6455 wants close 1007, not a reply."""


class Refused(Exception):
    """A request is refused: the number of the catalogue, and what else is known about it."""

    def __init__(
        self, reason: int, field: str = "", *, limit: str | int | None = None, actual: str | int | None = None
    ) -> None:
        super().__init__(reasons.BY_NUMBER[reason].name)
        self.reason = reason
        self.field = field
        self.limit = limit
        self.actual = actual


class BadRequest(Refused):
    """A frame is no request; `request_id` is its id where one could be read."""

    def __init__(self, reason: int, request_id: str | int | None, field: str = "") -> None:
        super().__init__(reason, field)
        self.request_id = request_id


@final
class _Shape:
    """How many keys a request has at least, which may be there besides, and which of its params are client order ids.

    Of a field that is UNSET unless it is sent, the request tells by itself; of one with a default, only the frame does.
    """

    def __init__(self, request: type[wire.Request]) -> None:
        declared = next(field.type for field in msgspec.structs.fields(request) if field.name == "params")
        params = next(type_ for type_ in getattr(declared, "__args__", (declared,)) if type_ is not msgspec.UnsetType)
        in_params, beside = msgspec.structs.fields(params), msgspec.structs.fields(request)
        self.keys_min = 1 + sum(field.required for field in (*in_params, *beside))  # 1: `method`
        self.plain = [field.name for field in in_params if _is_or_has(field.type, wire.ClientOrderId)]
        assert not self.plain or isinstance(declared, type), "where params may be left out, none of them is looked at"
        self.in_params = [field.name for field in in_params if field.default is UNSET]
        self.beside = [field.name for field in beside if field.default is UNSET and field.name != "params"]
        self.defaulted = [
            f'"{field.name}":'.encode()
            for field in (*in_params, *beside)
            if not field.required and (field.default is not UNSET or field.name == "params")
        ]


def _is_or_has(declared: Any, wanted: Any) -> bool:
    return declared == wanted or wanted in getattr(declared, "__args__", ())


_SHAPES: Final = {request: _Shape(request) for union in DOORS.values() for request in union.__args__}


class RequestDecoder:
    """Reads the requests of one door."""

    def __init__(self, door: str) -> None:
        self._decode = msgspec.json.Decoder(DOORS[door]).decode
        self._is_quick = door == "trade" and not str(quick.__file__).endswith(".py")

    def read_in_general(self) -> None:
        """Read every frame in the general way from now on."""
        self._is_quick = False

    def read(self, frame: bytes) -> Any:
        """The request in a frame: one of `quick` where that knows it, or one of `wire`. Raises `BadRequest` or `NotText`."""
        if self._is_quick:
            asked = quick.read(frame)
            if asked is not None:
                return asked
        return self.decode(frame)

    def decode(self, frame: bytes) -> Any:
        """The request in a frame, in the general way: one of `wire`. Raises `BadRequest` or `NotText`."""
        try:
            request = self._decode(frame)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise _fault_of(frame, error) from None
        shape: _Shape = _SHAPES[type(request)]
        if _may_have_duplicates(shape, request, frame) and has_duplicate_keys(frame):
            raise BadRequest(reasons.MALFORMED_JSON, request.id, "duplicate key")
        for name in shape.plain:
            value = getattr(request.params, name)
            # A pattern in the wire type says the same; it took a sixth of the time to decode an order, this half of that.
            if value is not UNSET and not (value.isascii() and not value.encode().translate(None, _PLAIN)):
                raise BadRequest(reasons.INVALID_FIELD, request.id, name)
        return request


def _may_have_duplicates(shape: _Shape, request: Any, frame: bytes) -> bool:
    """Whether the frame has more colons than its required keys and the optional ones it names account for.

    Exact in one direction: each key has its colon, a field that is not UNSET was sent, and inside a string a quote is
    escaped, so `"name":` can only be a key.
    A colon inside a string, or a space before one, only makes the answer a careful yes.
    """
    unexplained: int = frame.count(b":") - shape.keys_min
    if unexplained:
        params = request.params
        if params is not UNSET:
            for name in shape.in_params:
                if getattr(params, name) is not UNSET:
                    unexplained -= 1
    for key in shape.defaulted:
        if not unexplained:
            return False
        if frame.find(key) >= 0:  # `in` would first try the key as a number, for three times the cost
            unexplained -= 1
    if unexplained:
        for name in shape.beside:
            if getattr(request, name) is not UNSET:
                unexplained -= 1
    return unexplained != 0


def has_duplicate_keys(frame: bytes) -> bool:
    """Whether an object of this well-formed JSON text names a key twice, however it is spelt."""
    if b"\\" not in frame:  # then a string followed by a colon is a key, and nothing else is
        names = _KEYS.findall(frame)
        if len(names) == len(set(names)):
            return False
    found = False

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len(pairs) != len({name for name, _ in pairs})

    json.loads(frame, object_pairs_hook=note)
    return found


def _fault_of(frame: bytes, error: Exception) -> BadRequest | NotText:
    """What is wrong with a frame that could not be decoded."""
    try:
        frame.decode("utf-8")
    except UnicodeDecodeError:
        return NotText()
    reason, field = explain(str(error))
    try:
        document = msgspec.json.decode(frame)
    except msgspec.ValidationError:  # well formed, but with a number that no type could hold
        return BadRequest(reason, None, field)
    except (msgspec.DecodeError, RecursionError):
        return BadRequest(reasons.MALFORMED_JSON, None)
    if type(document) is not dict:
        return BadRequest(reasons.MALFORMED_JSON, None)
    return BadRequest(reason, _readable_id(document.get("id")), field)


def explain(sentence: str) -> tuple[int, str]:
    """Catalogue number and field of a msgspec ValidationError."""
    at = _PATH.search(sentence)
    path = at.group(1) if at else ""
    sentence = sentence[: at.start()] if at else sentence
    field = path.removeprefix("params").removeprefix(".")[:_FIELD_CHARACTERS_MAX]
    unknown = _UNKNOWN_FIELD.match(sentence)
    if unknown:
        name = unknown.group(1)[:_FIELD_CHARACTERS_MAX]
        return reasons.UNKNOWN_FIELD, f"{field}.{name}" if field else name
    missing = _MISSING_FIELD.match(sentence)
    if missing:
        return reasons.INVALID_FIELD, f"{field}.{missing.group(1)}" if field else missing.group(1)
    if path == "method":
        return reasons.UNKNOWN_METHOD, "method"
    if field in _NUMERIC_TEXTS and _GOT_NUMBER.match(sentence):
        return reasons.FLOAT_NOT_ALLOWED, field
    if sentence.startswith("Expected `int`, got `float`"):
        return reasons.FLOAT_NOT_ALLOWED, field
    if field == "quantity" and sentence.startswith("Expected `int` >="):
        return reasons.QTY_BELOW_MIN, field
    if field == "quantity" and sentence.startswith("Expected `int` <="):
        return reasons.QTY_ABOVE_MAX, field
    return reasons.INVALID_FIELD, field


def _readable_id(value: Any) -> str | int | None:
    try:
        return msgspec.convert(value, wire.RequestId)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        return None


def refusal(request_id: str | int | None, refused: Refused, language: str, **data: Any) -> wire.Refusal:
    """The reply to a refused request; `data` are further fields of ErrorData."""
    reason = reasons.BY_NUMBER[refused.reason]
    details = wire.ErrorData(
        retry=reason.retry,
        field=refused.field,
        limit=refused.limit,
        actual=refused.actual,
        rule=reason.article,
        **data,
    )
    sentence = reason.en if language == "en" else reason.zh
    return wire.Refusal(request_id, wire.Error(reason.number, reason.name, sentence, details))
