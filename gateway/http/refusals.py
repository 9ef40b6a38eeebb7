"""What the framework does with a refusal: a program gets it as JSON, a reader in a browser as a page that leads back."""

from typing import Any, Final

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from engine.core import reasons
from gateway.feed.tape import TapeBusy
from gateway.http.pages import page
from gateway.http.replies import STATUS, AnyRequest, Refused, is_reader, refusal
from gateway.http.sources import Sources
from gateway.protocol import codec

_log: Final = structlog.get_logger("gateway.http")
_FILES: Final = ("/api/", "/static/", "/udf/", "/v1/")


def _wants_page(request: AnyRequest) -> bool:
    """A browser that opens a page, not one of our files."""
    path = request.url.path
    return is_reader(request) and not path.startswith(_FILES) and "." not in path[-8:]


def _answer(request: AnyRequest, refused: Refused, status: int | None = None) -> Response[Any]:
    sources = request.app.state.sources
    if not (_wants_page(request) and isinstance(sources, Sources) and sources.view.is_founded):
        return refusal(request, refused, status)
    row = reasons.BY_NUMBER[refused.reason]
    shown = page(request, sources, "refused.html", row=row, detail=refused.detail)
    shown.status_code = status or STATUS.get(row.number, 400)
    shown.headers["cache-control"] = "no-store"
    return shown


def on_refused(request: AnyRequest, error: Refused) -> Response[Any]:
    """Litestar's hook for our own refusals."""
    return _answer(request, error)


def on_wire_refused(request: AnyRequest, error: codec.Refused) -> Response[Any]:
    """Litestar's hook for what is refused by parts that the websocket doors have too."""
    detail = "" if error.actual is None else str(error.actual)
    return on_refused(request, Refused(error.reason, error.field, detail))


def on_busy(request: AnyRequest, _error: TapeBusy) -> Response[Any]:
    """The tape has too many questions waiting."""
    return _answer(request, Refused(reasons.OVERLOADED))


def on_http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """What the framework refuses: no such path, a wrong method, a broken request."""
    if isinstance(error, NotFoundException | MethodNotAllowedException):
        return _answer(request, Refused(reasons.UNKNOWN_METHOD), error.status_code)
    if error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return _answer(request, Refused(reasons.FRAME_TOO_LARGE), error.status_code)
    return _answer(request, Refused(reasons.INVALID_FIELD, detail=error.detail), error.status_code)


def on_internal_error(request: AnyRequest, error: Exception) -> Response[Any]:
    """A fault of ours: told without its inside; the inside goes to the log."""
    _log.error("http request failed", path=request.url.path, exc_info=error)
    return refusal(request, Refused(reasons.INTERNAL))
