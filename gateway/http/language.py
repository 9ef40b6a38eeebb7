"""In which language a page speaks: Chinese, until its reader asks for English by the switch on every page."""

from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.datastructures import Cookie
from msgspec import Meta

from gateway.http import queries
from gateway.http.replies import AnyRequest

COOKIE: Final = "language"
_KEPT_S: Final = 365 * 86_400


class BackQuery(msgspec.Struct, forbid_unknown_fields=True):
    """back: the path to return to, on this host only."""

    back: Annotated[str, Meta(pattern=r"^/(?![/\\])[A-Za-z0-9/._~%?=&+-]*$", max_length=512)] = "/"


def is_english(request: AnyRequest) -> bool:
    """Whether the reader has switched to English."""
    return request.cookies.get(COOKIE) == "en"


def _switched(request: AnyRequest, language: str) -> Response[bytes]:
    back = queries.read(request, BackQuery).back
    kept = Cookie(COOKIE, value=language, max_age=_KEPT_S, samesite="lax", secure=request.url.scheme == "https")
    headers = {"location": back, "cache-control": "no-store"}
    return Response(b"", status_code=303, headers=headers, cookies=[kept])


@get("/language/zh", sync_to_thread=False)
def chinese(request: AnyRequest) -> Response[bytes]:
    """Pages in Chinese from now on."""
    return _switched(request, "zh")


@get("/language/en", sync_to_thread=False)
def english(request: AnyRequest) -> Response[bytes]:
    """Pages in English from now on."""
    return _switched(request, "en")


HANDLERS: Final = [chinese, english]
