"""The trust list (电子认证机构信任列表): whose certificates open the exchange's doors, and which of them no longer do."""

from typing import Final

import msgspec
from litestar import Response, get

from engine.core import reasons
from gateway.http import queries
from gateway.http.calendar import today_of
from gateway.http.replies import AnyRequest, Refused, json_reply
from gateway.http.sources import sources_of
from gateway.identity_desk import trust_list
from gateway.protocol.times import day_text


@get("/trust-list", sync_to_thread=False)
def authorities(request: AnyRequest) -> Response[bytes]:
    """The certification authorities on the list today and those that were on it, in the order of their first listing."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    today = today_of(sources)
    rows = msgspec.to_builtins(trust_list(sources.view, today))
    return json_reply(request, {"as_of": day_text(today), "authorities": rows})


@get("/trust-list/{authority:str}/revoked", sync_to_thread=False)
def revoked(request: AnyRequest) -> Response[bytes]:
    """Serial numbers of an authority's certificates that open nothing any more, in the order of their recording."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    name = str(request.path_params["authority"])
    if all(found.authority != name for found in sources.view.authorities()):
        raise Refused(reasons.UNKNOWN_DOCUMENT, "authority")
    rows = [
        {"serial": serial, "recorded_on": day_text(day) if day else None}
        for serial, day in sources.view.revoked(name).items()
    ]
    return json_reply(request, {"authority": name, "revoked": rows})


HANDLERS: Final = [authorities, revoked]
