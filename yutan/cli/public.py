"""Asking the public door of a running exchange over HTTP, as any browser may."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from yutan import folder, web
from yutan.cli.output import EXIT_UNREACHABLE, exit_code, fail

HttpUrl = Annotated[str, typer.Option("--url", help="HTTP address of an exchange elsewhere, such as http://host:9100.")]


def address(data: Path, url: str, as_json: bool) -> tuple[str, ssl.SSLContext | None]:
    """--url, or the address of the exchange that runs on --data, with the TLS by which it is known."""
    if url:
        return url, None
    try:
        running = folder.read_running(data)
        return running.http_url, running.tls()
    except folder.FolderError as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)


def fetch(data: Path, url: str, path: str, asked: Mapping[str, str], as_json: bool) -> bytes:
    """The content at a path of the exchange at --url, or of the one that runs on --data."""
    where, tls = address(data, url, as_json)
    try:
        return web.get(where, path, asked, tls)
    except web.Unreachable as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)
    except web.Refused as error:
        fail(
            error.message,
            code=exit_code(error.code),
            as_json=as_json,
            reason=error.code,
            name=error.name,
            data=error.data,
        )


def ask(data: Path, url: str, path: str, asked: Mapping[str, str], as_json: bool) -> Any:
    """The JSON at a path of /api/v1."""
    return msgspec.json.decode(fetch(data, url, f"api/v1/{path}", asked, as_json))
