"""The twins of the member door's methods in the OpenAPI document, made of the same types as the websocket's."""

from typing import Any, Final

import msgspec

from gateway.http import trade
from gateway.http.replies import JSON
from gateway.protocol import wire
from gateway.protocol.doors import DOORS
from gateway.protocol.results import RESULTS
from gateway.signed import REPLAY, TWINS
from gateway.specification.asyncapi import first_line, name_of, speak_ecmascript

Schema = dict[str, Any]
PREFIX: Final = "trade."
TWINS_PATH: Final = "/api/v1/trade/"
_REF: Final = "#/components/schemas/" + PREFIX + "{name}"
_HEADERS: Final = {
    trade.KEY: "The key's id.",
    trade.TIMESTAMP: "Milliseconds since 1970, at most 30 s from the exchange's clock (/api/v1/time).",
    trade.NONCE: "1 to 64 characters without |, once for each request.",
    trade.SIGNATURE: "Ed25519 over env|host|key|method|timestamp|nonce|sha256(body in hex), as 128 hex digits.",
}


class Refused(msgspec.Struct):
    """The answer to a request that was refused, as on a websocket."""

    error: wire.Error


class ReplayedReports(msgspec.Struct):
    """A part of a private stream: what channel.replay says, with the events themselves."""

    channel: str
    from_seq: int
    to_seq: int
    more: bool
    events: list[wire.ExecEvent]


def document() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """(paths, components)."""
    requests = {name_of(request): request for request in DOORS["trade"].__args__ if name_of(request) in TWINS}
    params = {name: _params_of(request) for name, request in requests.items()}
    results = {name: RESULTS[request] for name, request in requests.items()} | {REPLAY: (ReplayedReports,)}
    types = [Refused, *params.values(), *(found for forms in results.values() for found in forms)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = {id(found): schema for found, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Schema] = {}
    for name, request in sorted(requests.items()):
        said = [schema_of[id(found)] for found in results[name]]
        paths[f"{TWINS_PATH}{name}"] = {
            "post": {
                "operationId": name,
                "summary": first_line(request),
                "parameters": [
                    {
                        "name": header,
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string"},
                        "description": words,
                    }
                    for header, words in _HEADERS.items()
                ],
                "requestBody": {"content": {JSON: {"schema": schema_of[id(params[name])]}}},
                "responses": {
                    "200": {"description": "Done.", "content": {JSON: {"schema": {"anyOf": said} if said else {}}}},
                    "default": {
                        "description": "Refused: see `error.code`.",
                        "content": {JSON: {"schema": schema_of[id(Refused)]}},
                    },
                },
            }
        }
    named = {PREFIX + name: schema for name, schema in components.items()}
    speak_ecmascript(named)
    return paths, named


def _params_of(request: type[wire.Request]) -> Any:
    declared = next(field.type for field in msgspec.structs.fields(request) if field.name == "params")
    return next(form for form in getattr(declared, "__args__", (declared,)) if form is not msgspec.UnsetType)
