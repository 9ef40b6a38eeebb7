"""The websocket doors as an AsyncAPI 3.0 document, made of the types that the doors decode and encode.

Seen from the exchange: it receives requests, replies to each on the same connection, and sends events unasked.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from engine.core import reasons
from gateway.protocol import session, wire
from gateway.protocol.doors import DOORS
from gateway.protocol.results import RESULTS
from gateway.specification.channels import CHANNELS, SESSION, Channel

_SCHEMAS: Final = "#/components/schemas/{name}"
_DOOR_WORDS: Final = {
    "trade": "Members: orders, accounts, private streams, public channels too.",
    "ops": "Operators: acts with four eyes, and what an operator must see.",
    "market": "Everybody: public channels, no login.",
}

Json = dict[str, Any]


def document(version: str) -> Json:
    """The whole document; `version` is the program's."""
    requests = {request: name_of(request) for union in DOORS.values() for request in union.__args__}
    types = [
        *requests,
        *(result for results in RESULTS.values() for result in results),
        *(data for channel in CHANNELS for data in channel.kinds.values()),
        wire.Reply,
        wire.Refusal,
        wire.Event,
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    speak_ecmascript(components)
    schema_of = dict(zip(map(id, types), schemas, strict=True))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "渝碳 Yutan",
            "version": version,
            "description": (
                "The websocket doors of a regional carbon market's exchange: JSON in text frames. "
                "Login, numbering, resuming and examples are told in docs/protocol.md."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {door: _door(door) for door in DOORS},
        "operations": dict(_operations()),
        "components": {
            "schemas": components,
            "messages": dict(_messages(schema_of)),
        },
        "x-refusals": [
            {"code": row.number, "name": row.name, "retry": row.retry, "zh": row.zh, "en": row.en, "rule": row.article}
            for row in reasons.CATALOGUE
        ],
        "x-close-codes": {str(code): words for code, words in session.CLOSE_CODES.items()},
    }


def speak_ecmascript(node: Any) -> None:
    """JSON Schema's patterns are ECMAScript's, where the end of the text is `$`."""
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            node["pattern"] = node["pattern"].removesuffix(r"\Z") + "$" * node["pattern"].endswith(r"\Z")
        for inner in node.values():
            speak_ecmascript(inner)
    elif isinstance(node, list):
        for inner in node:
            speak_ecmascript(inner)


def name_of(request: type[wire.Request]) -> str:
    """The method of a request's type, such as order.place."""
    return str(request.__struct_config__.tag)


def first_line(thing: Any) -> str:
    """What a type says of itself."""
    return (thing.__doc__ or "").strip().splitlines()[0]


def _door(door: str) -> Json:
    names = [name_of(request) for request in DOORS[door].__args__]
    messages = [f"{name}.{part}" for name in names for part in ("request", "reply")]
    messages += ["refusal", *(event_name(channel, kind) for channel, kind in _events(door))]
    return {
        "address": f"/ws/v1/{door}",
        "description": _DOOR_WORDS[door],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _events(door: str) -> Iterator[tuple[Channel, str]]:
    for channel in CHANNELS:
        if door in channel.doors:
            for kind in channel.kinds:
                yield channel, kind


def event_name(channel: Channel, kind: str) -> str:
    """Name of an event's message, such as book.update."""
    word = "session" if channel.name == SESSION else re.sub(r"\.?\{\w+\}", "", channel.name)
    return f"{word}.{kind}"


def _operations() -> Iterator[tuple[str, Json]]:
    for door, union in DOORS.items():
        here = {"$ref": f"#/channels/{door}"}
        for request in union.__args__:
            name = name_of(request)
            yield (
                f"{door}.{name}",
                {
                    "action": "receive",
                    "summary": first_line(request),
                    "channel": here,
                    "messages": [_of_door(door, f"{name}.request")],
                    "reply": {
                        "channel": here,
                        "messages": [_of_door(door, f"{name}.reply"), _of_door(door, "refusal")],
                    },
                },
            )
        for channel in CHANNELS:
            if door in channel.doors:
                yield (
                    f"{door}.{event_name(channel, 'events')}",
                    {
                        "action": "send",
                        "summary": channel.words,
                        "channel": here,
                        "messages": [_of_door(door, event_name(channel, kind)) for kind in channel.kinds],
                    },
                )


def _of_door(door: str, message: str) -> Json:
    return {"$ref": f"#/channels/{door}/messages/{message}"}


def _messages(schema_of: dict[int, Json]) -> Iterator[tuple[str, Json]]:
    for request, results in RESULTS.items():
        name = name_of(request)
        yield f"{name}.request", _message(first_line(request), schema_of[id(request)])
        said = _one_of([schema_of[id(result)] for result in results])
        yield f"{name}.reply", _message(f"The answer to {name}.", _with(schema_of[id(wire.Reply)], result=said))
    yield "refusal", _message("The answer to a request that was refused.", schema_of[id(wire.Refusal)])
    for channel in CHANNELS:
        for kind, data in channel.kinds.items():
            fields = {"ch": {"type": "string"}, "kind": {"const": kind}, "data": schema_of[id(data)]}
            yield event_name(channel, kind), _message(channel.words, _with(schema_of[id(wire.Event)], **fields))


def _message(summary: str, payload: Json) -> Json:
    return {"summary": summary, "payload": payload}


def _one_of(schemas: list[Json]) -> Json:
    """What a reply's result is; a method without one answers with an empty object."""
    if not schemas:
        return {"type": "object", "maxProperties": 0}
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _with(base: Json, **properties: Json) -> Json:
    """The base's fields, some of them narrowed to what stands there in this message."""
    return {"allOf": [base, {"type": "object", "properties": properties, "required": list(properties)}]}
