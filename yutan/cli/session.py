"""From a command line to the running exchange and back: which address, which key, what to print, which exit code."""

import asyncio
import hashlib
import secrets
import string
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yutan import bulletins, folder, keys
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, EXIT_UNREACHABLE, exit_code, fail, show
from yutan.client import Client, Refused

VISITOR_KEY = "demo"


class Who(NamedTuple):
    """Which member asks, where, and how to answer: the shared options of member commands."""

    data: Path
    key: Path | None
    member: str
    demo: bool
    url: str
    env: str
    account: str
    as_json: bool


class Address(NamedTuple):
    """Base of the websocket doors and the environment's name."""

    url: str
    env: str


def address(data: Path, url: str, env: str, as_json: bool) -> Address:
    """The exchange at --url, or the one that runs on --data."""
    if url:
        return Address(url.rstrip("/"), env or "local")
    try:
        running = folder.read_running(data)
    except folder.FolderError as error:
        fail(str(error), code=EXIT_UNREACHABLE, as_json=as_json)
    return Address(running.ws_url, env or running.env)


def load_key(path: Path, as_json: bool) -> Ed25519PrivateKey:
    """The private key in this file."""
    try:
        return keys.load(path)
    except keys.KeyFileError as error:
        fail(str(error), code=EXIT_MISSING, as_json=as_json)


def member_key(who: Who) -> Path:
    """The key file a member command names; exactly one way to name it."""
    named = [path for path in (who.key, _named(who.data, who.member), _demo(who)) if path is not None]
    if len(named) != 1:
        fail("name the key by exactly one of --key FILE, --member NAME, --demo", code=2, as_json=who.as_json)
    return named[0]


def _named(data: Path, name: str) -> Path | None:
    return folder.keys(data) / f"{name}.pem" if name else None


def _demo(who: Who) -> Path | None:
    return folder.keys(who.data) / f"{VISITOR_KEY}.pem" if who.demo else None


def operator_key(data: Path, operator: str) -> Path:
    """A key file, or the file of that person in the data folder."""
    path = Path(operator)
    return path if path.suffix == ".pem" else folder.keys(data) / f"{operator}.pem"


def public_key(text: str, as_json: bool) -> bytes:
    """32 bytes from 64 hex digits or from a PEM private key's file."""
    if len(text) == 64 and all(letter in string.hexdigits for letter in text):
        return bytes.fromhex(text)
    return keys.public_bytes(load_key(Path(text), as_json))


def day_text(number: int) -> str:
    """yyyymmdd as the wire writes it."""
    return f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}"


def run(work: Callable[[], Awaitable[Any]], *, as_json: bool) -> Any:
    """Run `work` to its end; refusals and failures to connect become a message and an exit code."""
    try:
        return asyncio.run(_whole(work))
    except Refused as error:
        fail(
            error.message,
            code=exit_code(error.code),
            as_json=as_json,
            reason=error.code,
            name=error.name,
            data=error.data,
        )
    except (OSError, TimeoutError) as error:
        fail(f"the exchange cannot be reached: {error}", code=EXIT_UNREACHABLE, as_json=as_json)
    except KeyboardInterrupt:
        return None


async def _whole(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()
