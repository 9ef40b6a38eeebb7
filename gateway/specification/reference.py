"""The specification in an order for people: each method with what it takes and answers, each channel with what it carries."""

from typing import NamedTuple

from gateway.protocol.doors import DOORS
from gateway.protocol.results import RESULTS
from gateway.specification import asyncapi, contract
from gateway.specification.asyncapi import Json
from gateway.specification.channels import CHANNELS


class Field(NamedTuple):
    """`words`: its type and bounds. `is_required`: it has to be sent, or is always there."""

    name: str
    words: str
    is_required: bool


class Part(NamedTuple):
    """A method or a kind of event. `doors` by the last word of their path."""

    name: str
    doors: tuple[str, ...]
    words: str
    asked: tuple[Field, ...]
    said: tuple[Field, ...]


class Reference(NamedTuple):
    """All of it, methods and channels by name."""

    methods: tuple[Part, ...]
    events: tuple[Part, ...]


def reference(document: Json) -> Reference:
    """Of an AsyncAPI document as `asyncapi.document` makes it."""
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]

    def fields(message: str, below: str) -> tuple[Field, ...]:
        found = contract.facts(schemas, messages[message]["payload"])
        return tuple(
            Field(path.removeprefix(below), words.removesuffix("!"), words.endswith("!"))
            for path, words in found
            if path.startswith(below)
        )

    methods = []
    for request in sorted(RESULTS, key=asyncapi.name_of):
        name = asyncapi.name_of(request)
        doors = tuple(door for door, union in DOORS.items() if request in union.__args__)
        asked, said = fields(f"{name}.request", "params."), fields(f"{name}.reply", "result.")
        methods.append(Part(name, doors, asyncapi.first_line(request), asked, said))
    events = tuple(
        Part(
            f"{channel.name} {kind}",
            channel.doors,
            channel.words,
            (),
            fields(asyncapi.event_name(channel, kind), "data."),
        )
        for channel in CHANNELS
        for kind in channel.kinds
    )
    return Reference(tuple(methods), events)
