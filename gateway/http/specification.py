"""What the doors speak: the websockets as AsyncAPI and as a page to read, the HTTP side as OpenAPI."""

from functools import cache
from typing import Final

import orjson
from litestar import Response, get
from litestar.response import Template

from engine.core import reasons
from gateway.http import openapi
from gateway.http.pages import page
from gateway.http.replies import JSON, AnyRequest, bytes_reply
from gateway.http.sources import sources_of
from gateway.protocol import session
from gateway.protocol.wire import PROTOCOL_VERSION
from gateway.specification import asyncapi
from gateway.specification.reference import Reference, reference

_MAX_AGE_S: Final = 3600


@cache
def _document() -> bytes:
    return orjson.dumps(asyncapi.document(PROTOCOL_VERSION), option=orjson.OPT_SORT_KEYS)


@cache
def _reference() -> Reference:
    return reference(asyncapi.document(PROTOCOL_VERSION))


@get("/asyncapi.json", sync_to_thread=False)
def asyncapi_json(request: AnyRequest) -> Response[bytes]:
    """The websocket doors as AsyncAPI 3.0."""
    return bytes_reply(request, _document(), JSON, _MAX_AGE_S)


@cache
def _openapi() -> bytes:
    return orjson.dumps(openapi.document(PROTOCOL_VERSION), option=orjson.OPT_SORT_KEYS)


@get("/openapi.json", sync_to_thread=False)
def openapi_json(request: AnyRequest) -> Response[bytes]:
    """The HTTP side as OpenAPI 3.1."""
    return bytes_reply(request, _openapi(), JSON, _MAX_AGE_S)


@get("/reference", sync_to_thread=False)
def reference_page(request: AnyRequest) -> Template:
    """Methods, channels, refusals and close codes to read."""
    found = _reference()
    return page(
        request,
        sources_of(request),
        "reference.html",
        methods=found.methods,
        events=found.events,
        refusals=reasons.CATALOGUE,
        closes=session.CLOSE_CODES,
    )


HANDLERS = [asyncapi_json, openapi_json, reference_page]
