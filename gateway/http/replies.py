"""How an answer looks: JSON with a validator, errors with their number, and headers that let a page do nothing but be read."""

import hashlib
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from engine.core import reasons
from gateway.addresses import Proxies

AnyRequest = Request[Any, Any, Any]
JSON: Final = "application/json"
_encode = msgspec.json.Encoder().encode
_RETRY_AFTER_S: Final = "1"

STATUS: Final = {
    reasons.LOGIN_REFUSED: 401,
    reasons.LOGIN_LOCKED: 429,
    reasons.RATE_LIMITED: 429,
    reasons.LOGIN_NEEDED: 401,
    reasons.ORIGIN_REFUSED: 403,
    reasons.NOT_PERMITTED: 403,
    reasons.UNKNOWN_METHOD: 404,
    reasons.UNKNOWN_INSTRUMENT: 404,
    reasons.UNKNOWN_DOCUMENT: 404,
    reasons.UNKNOWN_AUCTION: 404,
    reasons.FORM_NOT_INSTALLED: 501,
    reasons.OVERLOADED: 503,
    reasons.ENGINE_RECOVERING: 503,
    reasons.INTERNAL: 500,
}
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Refused(Exception):
    """The request cannot be answered: `reason` is the catalogue number, `field` the parameter it is about."""

    def __init__(self, reason: int, field: str = "", detail: str = "") -> None:
        super().__init__(reasons.BY_NUMBER[reason].name)
        self.reason = reason
        self.field = field
        self.detail = detail


def address_of(request: AnyRequest, proxies: Proxies) -> str:
    """Where the request comes from."""
    peer = request.client.host if request.client is not None else ""
    return proxies.visitor(peer, proxies.said(request.headers))


def is_reader(request: AnyRequest) -> bool:
    """Whether a browser asks for a page to look at; scripts and programs ask for something else."""
    return "text/html" in request.headers.get("accept", "")


def json_reply(request: AnyRequest, value: Any, max_age_s: int = 0, vary: str = "") -> Response[bytes]:
    """`value` as JSON, with a validator, so that who asks again for what has not changed is sent nothing."""
    return bytes_reply(request, _encode(value), JSON, max_age_s, {"vary": vary} if vary else None)


def bytes_reply(
    request: AnyRequest, body: bytes, media_type: str, max_age_s: int = 0, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """Exactly these bytes; 304 where the asker has them."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    cache = f"public, max-age={max_age_s}" if max_age_s else "no-cache"
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    sent = {"etag": etag, "cache-control": cache, **(headers or {})}
    if etag in known or "*" in known:
        return Response(b"", status_code=304, headers=sent, media_type=media_type)
    return Response(body, headers=sent, media_type=media_type)


def refusal(request: AnyRequest, refused: Refused, status: int | None = None) -> Response[bytes]:
    """The error in the same form as on the websocket, in the language that was asked for (Chinese without a wish)."""
    row = reasons.BY_NUMBER[refused.reason]
    is_english = request.headers.get("accept-language", "").lower().startswith("en")
    named = (("field", refused.field), ("detail", refused.detail), ("rule", row.article))
    data = {"retry": row.retry, **{key: text for key, text in named if text}}
    message = row.en if is_english else row.zh
    body = _encode({"error": {"code": row.number, "name": row.name, "message": message, "data": data}})
    headers = {"cache-control": "no-store", "vary": "accept-language"}
    if row.retry == "after":
        headers["retry-after"] = _RETRY_AFTER_S
    return Response(body, status_code=status or STATUS.get(row.number, 400), headers=headers, media_type=JSON)


async def secure(message: Message, _scope: Scope) -> None:
    """Put the strict headers on every response, whoever made it; a page's own policy stays."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
