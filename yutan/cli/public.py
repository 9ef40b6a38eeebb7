"""Asking the public door of a running exchange over HTTP, as any browser may."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from yutan import folder
from yutan.cli.output import EXIT_UNREACHABLE, exit_code, fail

HttpUrl = Annotated[str, typer.Option("--url", help="HTTP address of an exchange elsewhere, such as http://host:9100.")]
TIMEOUT_S = 10.0


def fetch(data: Path, url: str, path: str, asked: Mapping[str, str], as_json: bool) -> bytes:
    """The content at a path of the exchange at --url, or of the one that runs on --data."""
    tls = None
    if not url:
        try:
            running = folder.read_running(data)
            url, tls = running.http_url, running.tls()
        except folder.FolderError as error:
            fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)
    if not url.startswith(("http://", "https://")):
        fail(f"{url}: not an http address", code=EXIT_UNREACHABLE, as_json=as_json)
    query = urllib.parse.urlencode({name: value for name, value in asked.items() if value})
    whole = f"{url.rstrip('/')}/{urllib.parse.quote(path)}" + (f"?{query}" if query else "")
    try:
        with urllib.request.urlopen(whole, timeout=TIMEOUT_S, context=tls) as reply:
            content: bytes = reply.read()
            return content
    except urllib.error.HTTPError as error:
        _refused(error, as_json)
    except (urllib.error.URLError, TimeoutError) as error:
        fail(f"{whole}: {error}", code=EXIT_UNREACHABLE, as_json=as_json)


def _refused(error: urllib.error.HTTPError, as_json: bool) -> NoReturn:
    try:
        told = msgspec.json.decode(error.read())["error"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        fail(f"{error.url}: {error}", code=EXIT_UNREACHABLE, as_json=as_json)
    fail(
        told["message"],
        code=exit_code(told["code"]),
        as_json=as_json,
        reason=told["code"],
        name=told["name"],
        data=told["data"],
    )


def ask(data: Path, url: str, path: str, asked: Mapping[str, str], as_json: bool) -> Any:
    """The JSON at a path of /api/v1."""
    return msgspec.json.decode(fetch(data, url, f"api/v1/{path}", asked, as_json))
