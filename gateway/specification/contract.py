"""What a client may rely on, one fact a line; `docs/contract.txt` holds them, and a test holds the code to it.

`python -m gateway.specification.contract docs/contract.txt` writes down what was added. It refuses, and names every line,
where a client that was written for the recorded contract would break; `--break` records that too, and wants a new version
of the protocol (`yutan.v2`), which is for people to decide.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.core import reasons
from gateway.http import openapi
from gateway.http.openapi_trade import TWINS_PATH
from gateway.protocol import session
from gateway.specification import asyncapi
from gateway.specification.asyncapi import Json

NEVER_SAID: Final = re.compile(
    r"refusal (2006|6003)|(door \w+|said) (book5|ticker)\.reset\b.*"
)  # promised, and no door said it
_ASKED: Final = "asked"  # a client sends it
_SAID: Final = "said"  # a client reads it
_ANY: Final = "any"
_THERE: Final = "there"


def lines() -> dict[str, str]:
    """Every fact: what it is about to what holds. `!` after a field: it is always there, or has to be."""
    found: dict[str, str] = {}
    document = asyncapi.document("")
    schemas = document["components"]["schemas"]
    for name, message in document["components"]["messages"].items():
        side = _ASKED if name.endswith(".request") else _SAID
        for path, words in facts(schemas, message["payload"]):
            found[f"{side} {name} {path}"] = words
    for door, channel in document["channels"].items():
        for name in channel["messages"]:
            found[f"door {door} {name}"] = _THERE
    found.update(_http())
    for row in reasons.CATALOGUE:
        found[f"refusal {row.number}"] = f"{row.name} {row.retry}"
    for code in session.CLOSE_CODES:
        found[f"close {code}"] = _THERE
    return found


def _http() -> Iterator[tuple[str, str]]:
    """Parameters, bodies and answers of every path, as `GET PATH`. A twin is only there: its types are the websocket's."""
    document = openapi.document("")
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, told in operations.items():
            asked = f"{method.upper()} {path}"
            if method == "post":
                yield f"door {asked}", _THERE
            if path.startswith(TWINS_PATH):
                continue
            for parameter in told.get("parameters", ()):
                mark = "!" if parameter["required"] else ""
                yield f"{_ASKED} {asked} {parameter['name']}", _words(parameter["schema"]) + mark
            for form in told.get("requestBody", {}).get("content", {}).values():
                for name, words in facts(schemas, form["schema"]):
                    yield f"{_ASKED} {asked} {name}", words
            for media, form in told["responses"]["200"]["content"].items():
                if method == "get":
                    yield f"door {asked} {media}", _THERE
                for name, words in facts(schemas, form["schema"]):
                    yield f"{_SAID} {asked} {name}", words


def facts(schemas: Json, schema: Json, path: str = "", inside: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Fields of a schema by their path, each with its type in words, and `!` where it is always there."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in inside:  # a type that holds itself is told once
            yield from facts(schemas, schemas[name], path, (*inside, name))
        return
    for part in schema.get("allOf", ()):
        yield from facts(schemas, part, path, inside)
    yield from _common([dict(facts(schemas, part, path, inside)) for part in schema.get("anyOf", ())])
    for name, inner in schema.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        mark = "!" if name in schema.get("required", ()) else ""
        if words := _words(inner):
            yield below, words + mark
        yield from facts(schemas, inner, below, inside)
    items = schema.get("items")
    if isinstance(items, dict):
        yield from facts(schemas, items, f"{path}[]", inside)


def _common(alternatives: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Facts of one of several forms; always there is only what all of them have."""
    forms = [form for form in alternatives if form]
    for form in forms:
        for path, words in form.items():
            is_everywhere = all(other.get(path, "").endswith("!") for other in forms)
            yield path, words if is_everywhere else words.removesuffix("!")


def _words(schema: Json) -> str:
    """The type of one field without what stands inside it; "" where `_with` only narrows."""
    if "$ref" in schema:
        return "object"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ",".join(map(str, schema["enum"]))
    if "const" in schema:
        return f"always {schema['const']}"
    if "pattern" in schema:
        return f"{schema['type']} {schema['pattern']}"
    kind = schema.get("type", _ANY)
    bounds = [
        f"{word} {schema[word]}"
        for word in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
        if word in schema
    ]
    return " ".join([kind, *bounds])


def breaks(recorded: dict[str, str], current: dict[str, str]) -> list[str]:
    """What would break a client of the recorded contract, in words; nothing where it would not notice."""
    gone = [about for about in recorded if about not in current and not NEVER_SAID.fullmatch(about)]
    wrong = [f"gone: {about} {recorded[about]}".strip() for about in gone]
    for about, held in recorded.items():
        if about in current and not _still_holds(about, held, current[about]):
            wrong.append(f"changed: {about}: {held} -> {current[about]}")
    for about, holds in current.items():
        if about not in recorded and about.startswith(_ASKED) and holds.endswith("!") and _is_known(about, recorded):
            wrong.append(f"newly required: {about} {holds}")
    return wrong


def _is_known(about: str, recorded: dict[str, str]) -> bool:
    message = about.rsplit(" ", 1)[0]
    return any(line.startswith(message + " ") for line in recorded)


def _still_holds(about: str, held: str, holds: str) -> bool:
    """Equal; or in a request a field that may now be left out, or an enumeration that grew; in an answer one always there."""
    if held == holds:
        return True
    was, now = held.removesuffix("!"), holds.removesuffix("!")
    if about.startswith(_ASKED):
        grew = set(_enumeration(now)) >= set(_enumeration(was)) != set()
        return (was == now or grew) and not (holds.endswith("!") and not held.endswith("!"))
    return about.startswith(_SAID) and was == now and holds.endswith("!")


def _enumeration(words: str) -> list[str]:
    return words.removeprefix("one of ").split(",") if words.startswith("one of ") else []


def read(text: str) -> dict[str, str]:
    """A recorded contract."""
    pairs = (line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {about: held for about, held in pairs}


def write(found: dict[str, str]) -> str:
    """As a file: sorted, one fact a line, with how to read it."""
    head = (
        "# What clients of yutan.v1 may rely on, written by gateway/specification/contract.py (see there how to add).\n"
        "# asked: fields of requests, `!` required; said: fields of answers and events, `!` always there.\n"
    )
    return head + "".join(f"{about}: {held}\n" for about, held in sorted(found.items()))


def main(arguments: list[str]) -> int:
    """Record additions; 65 where something would break."""
    file = Path(arguments[0])
    current = lines()
    wrong = breaks(read(file.read_text(encoding="utf-8")) if file.exists() else {}, current)
    if wrong and "--break" not in arguments:
        print("a client would break:", *wrong, sep="\n  ", file=sys.stderr)
        return 65
    file.write_text(write(current), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
