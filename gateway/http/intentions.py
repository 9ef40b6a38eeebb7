"""The public board of intentions (意向申报): adverts that bind nobody."""

from typing import Final

import msgspec
from litestar import Response, get

from gateway.http import queries
from gateway.http.replies import AnyRequest, json_reply
from gateway.http.sources import sources_of
from gateway.intentions import board


@get("/intentions", sync_to_thread=False)
def intentions(request: AnyRequest) -> Response[bytes]:
    """The board, newest first."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    rows = msgspec.to_builtins(board(sources.view, set()))
    return json_reply(request, {"intentions": rows})


HANDLERS: Final = [intentions]
