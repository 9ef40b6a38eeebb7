"""The twins of the member door's methods: `POST /api/v1/trade/METHOD` with the method's params as body, signed by the member's key."""

from typing import Final

import msgspec
from litestar import Response, get, post
from msgspec import UNSET

from engine.core import reasons
from gateway.http import queries
from gateway.http.replies import JSON, AnyRequest, address_of, json_reply
from gateway.http.replies import Refused as HttpRefused
from gateway.http.sources import sources_of
from gateway.protocol.codec import Refused, refusal
from gateway.signed import Signed

KEY: Final = "yutan-key"
TIMESTAMP: Final = "yutan-timestamp"
NONCE: Final = "yutan-nonce"
SIGNATURE: Final = "yutan-signature"
ENVIRONMENT: Final = "yutan-env"
_STATUS: Final = {
    reasons.UNKNOWN_METHOD: 404,
    reasons.NOT_AUTHENTICATED: 401,
    reasons.BAD_SIGNATURE: 401,
    reasons.NONCE_USED: 401,
    reasons.EXPIRED_REQUEST: 401,
    reasons.KEY_REVOKED: 401,
    reasons.KEY_EXPIRED: 401,
    reasons.ADDRESS_NOT_ALLOWED: 401,
    reasons.CERTIFICATE_INVALID: 401,
    reasons.CERTIFICATE_DIFFERS: 401,
    reasons.CERTIFICATE_UNTRUSTED: 401,
    reasons.CERTIFICATE_REVOKED: 401,
    reasons.CERTIFICATE_EXPIRED: 401,
    reasons.WRONG_ENVIRONMENT: 401,
    reasons.UNKNOWN_ORDER: 404,
    reasons.CLIENT_ORDER_ID_CONFLICT: 409,
    reasons.RATE_LIMITED: 429,
    reasons.OVERLOADED: 503,
    reasons.ENGINE_RECOVERING: 503,
    reasons.INTERNAL: 500,
    reasons.OUTCOME_UNKNOWN: 504,
}
_FORBIDDEN: Final = range(2_000, 3_000)
_encode: Final = msgspec.json.Encoder().encode


@post("/trade/{method:str}", status_code=200)
async def trade(request: AnyRequest) -> Response[bytes]:
    """One method of the member door, signed; `retry` of an error says what a program should do."""
    door = sources_of(request).members
    if door is None:
        raise HttpRefused(reasons.UNKNOWN_METHOD)
    is_english = request.headers.get("accept-language", "").lower().startswith("en")
    signed = Signed(
        str(request.path_params["method"]),
        await request.body() or b"{}",
        request.headers.get("host", ""),
        request.headers.get(KEY, ""),
        request.headers.get(TIMESTAMP, ""),
        request.headers.get(NONCE, ""),
        request.headers.get(SIGNATURE, ""),
        "en" if is_english else "zh",
        address_of(request, sources_of(request).settings.proxies),
    )
    headers = {"cache-control": "no-store", ENVIRONMENT: door.env}
    try:
        answer = await door.ask(signed)
    except Refused as refused:
        error = refusal(None, refused, signed.language).error
    else:
        if answer.error is UNSET:
            assert answer.result is not UNSET
            return Response(bytes(answer.result), headers=headers, media_type=JSON)
        error = answer.error
    status = _STATUS.get(error.code, 403 if error.code in _FORBIDDEN else 400)
    if error.data.retry == "after":
        headers["retry-after"] = str(-(-max(error.data.retry_after_ms, 1) // 1000))
    return Response(_encode({"error": error}), status_code=status, headers=headers, media_type=JSON)


@get("/time", sync_to_thread=False)
def server_time(request: AnyRequest) -> Response[bytes]:
    """The exchange's clock in milliseconds since 1970: what a signed request's time is held against."""
    queries.read(request, queries.NoQuery)
    return json_reply(request, {"time_ms": sources_of(request).now_ns() // 1_000_000})


HANDLERS: Final = (trade, server_time)
