"""Bulletins as files, so that an operator can look at exactly the bytes whose hash they publish.

A day's first bulletin is DIR/bulletins/20261120.json; weekly, monthly and yearly ones and later versions have their version
in the name: 2026-W47.v1.json, 2026-11-20.v2.json.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine import disk
from engine.title import Title

FOLDER = "bulletins"


class BulletinFile(NamedTuple):
    """A bulletin on disk, the last day that it covers, and its SHA-256 (hex)."""

    trading_day: int
    path: Path
    sha256: str


async def write_new(data: Path, title: Title, key: Ed25519PrivateKey) -> list[BulletinFile]:
    """Write every bulletin that is not yet in DIR/bulletins, each with its signature; returns the new ones, oldest first of
    each sort."""
    place = data / FOLDER
    place.mkdir(exist_ok=True)
    written = []
    for row in reversed(await title.bulletins()):
        path = place / f"{row.trading_day}.json"
        if not _is_written(path):
            written.append(_write(path, await title.bulletin(row.trading_day), row.trading_day, row.sha256, key))
    for later in reversed(await title.publications()):
        path = place / f"{later.period}.v{later.version}.json"
        if not _is_written(path):
            body = await title.publication(later.period, later.version)
            written.append(_write(path, body, later.last_day, later.sha256, key))
    return written


def _is_written(path: Path) -> bool:
    return path.exists() and _signature(path).exists()


def _signature(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".json") + ".sig")


def _write(path: Path, content: bytes | None, trading_day: int, sha256: str, key: Ed25519PrivateKey) -> BulletinFile:
    assert content is not None, f"bulletin {path.stem} is listed but has no content"
    disk.write_file(_signature(path), key.sign(content))
    disk.write_file(path, content)
    return BulletinFile(trading_day, path, sha256)


def newest(data: Path, trading_day: int = 0) -> BulletinFile | None:
    """The first bulletin file of this day, or of the newest one; None where there is none."""
    paths = sorted((data / FOLDER).glob("[0-9]" * 8 + ".json"))
    if trading_day:
        paths = [path for path in paths if path.stem == str(trading_day)]
    if not paths:
        return None
    return BulletinFile(int(paths[-1].stem), paths[-1], _sha256(paths[-1].read_bytes()))


def of_period(data: Path, period: str) -> BulletinFile | None:
    """The newest version of a period's bulletin; None where there is none."""
    paths = list((data / FOLDER).glob("*.json"))
    versions = [path for path in paths if path.name.startswith(f"{period}.v")]
    if not versions:
        return None
    newest_version = max(versions, key=lambda path: int(path.stem.rpartition(".v")[2]))
    content = newest_version.read_bytes()
    last_day = int(orjson.loads(content)["trading_day"].replace("-", ""))
    return BulletinFile(last_day, newest_version, _sha256(content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
