"""The handshake of a websocket (RFC 6455, 4.2): who gets a socket, and with which status the others are turned away.

The library has read the request before (GET and HTTP/1.1 alone, at most 128 headers, no body, nothing folded or with control
characters: else 400; what is beyond 16 KiB never comes to it, see `heads`) and checks the key and the upgrade after. What it is too
kind about is here.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

PATHS: Final = {"/ws/v1/trade": "trade", "/ws/v1/ops": "ops", "/ws/v1/market": "market"}
SUBPROTOCOL: Final = "yutan.v1"
VERSION: Final = "13"
_LINE_BYTES_MAX: Final = 8_192  # of the request line
_HEADER_BYTES_MAX: Final = 8_192  # of all headers together
_ONCE: Final = ("Host", "Origin", "Authorization", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version")


def turned_away(status: HTTPStatus, body: str, headers: dict[str, str] | None = None) -> WSUpgradeResponseWithListener:
    """The answer to a handshake that gets no connection."""
    response = WSUpgradeResponse.create_error_response(status, body.encode() + b"\n", headers)
    return WSUpgradeResponseWithListener(response, None)


def full(retry_after_s: int = 1) -> WSUpgradeResponseWithListener:
    """No room for another connection now."""
    return turned_away(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections", {"Retry-After": str(retry_after_s)})


def fault_of(request: WSUpgradeRequest, origins: Collection[str]) -> WSUpgradeResponseWithListener | None:
    """Why this request gets no socket; None where it may have one. `origins`: pages that may open one."""
    headers = request.headers
    if len(request.path) > _LINE_BYTES_MAX:
        return turned_away(HTTPStatus.REQUEST_URI_TOO_LONG, "request line too long")
    if sum(len(name) + len(value) for name, value in headers.items()) > _HEADER_BYTES_MAX:
        return turned_away(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers too large")
    path, query, _ = request.path.decode("latin-1").partition("?")
    if path not in PATHS:
        return turned_away(HTTPStatus.NOT_FOUND, "no such door")
    if query:
        return turned_away(HTTPStatus.BAD_REQUEST, "a door takes no query: what stands in an address lands in logs")
    twice = [name for name in _ONCE if len(headers.getall(name, [])) > 1]
    if twice or not headers.get("Host"):
        return turned_away(HTTPStatus.BAD_REQUEST, f"exactly one {twice[0] if twice else 'Host'} header")
    if headers.get("Upgrade", "").lower() != "websocket":
        return turned_away(HTTPStatus.UPGRADE_REQUIRED, "a websocket door", {"Upgrade": "websocket"})
    if headers.get("Sec-WebSocket-Version") != VERSION:
        return turned_away(HTTPStatus.UPGRADE_REQUIRED, f"version {VERSION}", {"Sec-WebSocket-Version": VERSION})
    if "Origin" in headers and headers["Origin"] not in origins:
        return turned_away(HTTPStatus.FORBIDDEN, "origin not allowed")
    if "Sec-WebSocket-Protocol" in headers and SUBPROTOCOL not in _words(request, "Sec-WebSocket-Protocol"):
        return turned_away(HTTPStatus.BAD_REQUEST, f"the subprotocol is {SUBPROTOCOL}")
    if "upgrade" in (word.lower() for word in _words(request, "Connection")):
        headers["Connection"] = "Upgrade"  # all the library knows; some browsers send `keep-alive, Upgrade`
    return None


def accepted_headers(request: WSUpgradeRequest) -> dict[str, str]:
    """What the answer to a good request says besides what every answer says."""
    return {"Sec-WebSocket-Protocol": SUBPROTOCOL} if "Sec-WebSocket-Protocol" in request.headers else {}


def _words(request: WSUpgradeRequest, name: str) -> list[str]:
    """The comma-separated words of a header, however many lines it has."""
    return [word.strip() for line in request.headers.getall(name, []) for word in line.split(",")]
