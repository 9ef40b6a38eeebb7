"""Asking the public side of an exchange over HTTP, as any browser may."""

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

import msgspec

TIMEOUT_S: Final = 10.0


class Unreachable(Exception):
    """Nobody answered there, or what answered is no exchange; the text says what was tried."""


class Refused(Exception):
    """The exchange refused: number, name and sentence of the catalogue, and its data."""

    def __init__(self, code: int, name: str, message: str, data: Any) -> None:
        super().__init__(f"{code} {name}: {message}")
        self.code = code
        self.name = name
        self.message = message
        self.data = data


def get(url: str, path: str, asked: Mapping[str, str], tls: ssl.SSLContext | None = None) -> bytes:
    """The content at a path of the exchange at this address; without `tls` as this machine trusts. Raises Unreachable or Refused."""
    if not url.startswith(("http://", "https://")):
        raise Unreachable(f"{url}: not an http address")
    query = urllib.parse.urlencode({name: value for name, value in asked.items() if value})
    whole = f"{url.rstrip('/')}/{urllib.parse.quote(path)}" + (f"?{query}" if query else "")
    try:
        with urllib.request.urlopen(whole, timeout=TIMEOUT_S, context=tls) as reply:
            content: bytes = reply.read()
            return content
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error
    except (urllib.error.URLError, TimeoutError) as error:
        raise Unreachable(f"{whole}: {error}") from error


def _refusal(error: urllib.error.HTTPError) -> Refused | Unreachable:
    try:
        told = msgspec.json.decode(error.read())["error"]
        return Refused(told["code"], told["name"], told["message"], told["data"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return Unreachable(f"{error.url}: {error}")
