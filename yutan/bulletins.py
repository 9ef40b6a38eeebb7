"""The day's bulletin as a file, so that an operator can look at exactly the bytes whose hash they publish."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from engine import disk
from engine.title import Title

FOLDER = "bulletins"


class BulletinFile(NamedTuple):
    """A bulletin on disk and its SHA-256 (hex)."""

    trading_day: int
    path: Path
    sha256: str


async def write_new(data: Path, title: Title) -> list[BulletinFile]:
    """Write every bulletin that is not yet in DIR/bulletins; returns the new ones, oldest first."""
    place = data / FOLDER
    place.mkdir(exist_ok=True)
    written = []
    for row in reversed(await title.bulletins()):
        path = place / f"{row.trading_day}.json"
        if path.exists():
            continue
        content = await title.bulletin(row.trading_day)
        assert content is not None, f"bulletin {row.trading_day} is listed but has no content"
        disk.write_file(path, content)
        written.append(BulletinFile(row.trading_day, path, row.sha256))
    return written


def newest(data: Path, trading_day: int = 0) -> BulletinFile | None:
    """The bulletin file of this day, or the newest one; None where there is none."""
    paths = sorted((data / FOLDER).glob("[0-9]*.json"))
    if trading_day:
        paths = [path for path in paths if path.stem == str(trading_day)]
    if not paths:
        return None
    return BulletinFile(int(paths[-1].stem), paths[-1], hashlib.sha256(paths[-1].read_bytes()).hexdigest())
