"""Whether what the doors say is what the specification declares: every answer and event a test reads is held against it."""

import types
import typing
from typing import Any

import msgspec

from gateway.protocol import wire
from gateway.protocol.doors import DOORS
from gateway.protocol.results import RESULTS
from gateway.specification.asyncapi import name_of
from gateway.specification.channels import channel_of

RESULTS_BY_METHOD = {name_of(request): results for request, results in RESULTS.items()}
METHODS = {name_of(request) for union in DOORS.values() for request in union.__args__}


class Listener:
    """Remembers what was asked, and judges what is said. Raises AssertionError for what the specification does not know."""

    def __init__(self) -> None:
        self._asked: dict[Any, str] = {}

    def asked(self, document: Any) -> None:
        """A request went out; one that is malformed on purpose is nothing to remember."""
        if (
            isinstance(document, dict)
            and document.get("method") in METHODS
            and isinstance(document.get("id"), str | int)
        ):
            self._asked[document["id"]] = document["method"]

    def said(self, document: dict[str, Any]) -> None:
        """An answer or an event came."""
        if "ch" in document:
            channel = channel_of(document["ch"])
            assert channel.kinds.keys() >= {document["kind"]}, f"{document['ch']} says {document['kind']}"
            check(document, (wire.Event,))
            check(document["data"], (channel.kinds[document["kind"]],))
        elif "error" in document:
            check(document, (wire.Refusal,))
        else:
            check(document, (wire.Reply,))
            if (method := self._asked.get(document["id"])) is not None:
                results = RESULTS_BY_METHOD[method]
                if results:
                    check(document["result"], results)
                else:
                    assert document["result"] == {}


def check(value: Any, forms: tuple[Any, ...]) -> None:
    """`value` is one of these forms, with every field it must have and none it may not."""
    faults = [fault for form in forms if (fault := fault_of(value, form))]
    assert len(faults) < len(forms), f"{faults}: {value}"


def fault_of(value: Any, form: Any) -> str:
    """What is wrong with a value of this type; "" for nothing."""
    try:
        msgspec.convert(value, form, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    return _unknown(value, form)


def _unknown(value: Any, form: Any) -> str:
    """The first field that the type does not declare."""
    origin, arguments = typing.get_origin(form), typing.get_args(form)
    if origin is typing.Annotated:
        return _unknown(value, arguments[0])
    if origin in (typing.Union, types.UnionType):
        faults = [_unknown(value, argument) for argument in arguments if _can_be(value, argument)]
        return min(faults, key=len, default="")
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(form)}
        for name, inner in value.items():
            if name not in fields:
                return f"{form.__name__} has no {name}"
            if fault := _unknown(inner, fields[name]):
                return fault
    elif origin is list:
        return next((fault for inner in value if (fault := _unknown(inner, arguments[0]))), "")
    elif origin is dict:
        return next((fault for inner in value.values() if (fault := _unknown(inner, arguments[1]))), "")
    return ""


def _can_be(value: Any, form: Any) -> bool:
    try:
        msgspec.convert(value, form, strict=True)
    except (msgspec.ValidationError, TypeError):
        return False
    return True
