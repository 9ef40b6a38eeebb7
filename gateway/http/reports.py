"""Published reports of the monitor (监测报告) over HTTP: the list, and each as the very bytes that were signed off."""

import re
from typing import Final

from litestar import Response, get

from engine.core import reasons
from gateway.http import queries
from gateway.http.replies import JSON, AnyRequest, Refused, bytes_reply, json_reply
from gateway.http.sources import sources_of
from gateway.protocol.times import time_text

_NAME: Final = re.compile(r"([0-9a-f]{64})\.json", re.ASCII)
_HOUR_S: Final = 3_600


@get("/monitor-reports")
async def monitor_reports(request: AnyRequest) -> Response[bytes]:
    """Published reports of the monitor on auctions and on the secondary market, newest first."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    rows = [
        {
            "subject": row.subject,
            "published_at": time_text(row.at_ns),
            "sha256": row.sha256,
            "json": f"/api/v1/monitor-reports/{row.sha256}.json",
        }
        for row in await sources.title.monitor_reports()
    ]
    return json_reply(request, {"monitor_reports": rows})


@get("/monitor-reports/{name:str}")
async def monitor_report(request: AnyRequest) -> Response[bytes]:
    """One report by the SHA-256 of its bytes: `{sha256}.json`. It never changes."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    matched = _NAME.fullmatch(request.path_params["name"])
    body = await sources.title.monitor_report(matched[1]) if matched else None
    if body is None:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name")
    return bytes_reply(request, body, JSON, _HOUR_S)


HANDLERS: Final = [monitor_reports, monitor_report]
