"""Snapshots: the whole market at one seq, so that a start need not replay everything. A convenience, never the record."""

import hashlib
import struct
from pathlib import Path
from typing import Final, NamedTuple

from engine import disk
from engine.core.market import Market

MAGIC: Final = b"YUTANSNP"
VERSION: Final = 1
KEPT: Final = 3

# magic, version, zero, seq, bytes of the body, the journal's chain at seq, SHA-256 of the body; then SHA-256 of all that
_HEAD: Final = struct.Struct("<8sIIQQ32s32s")
_HEAD_BYTES: Final = _HEAD.size + 32


class SnapshotError(Exception):
    """A snapshot is damaged, or of a form this program does not read."""


class Head(NamedTuple):
    """Where a snapshot stands: its seq, the journal's chain there, and the SHA-256 of the market's state (both hex)."""

    seq: int
    chain: str
    state_sha256: str


class Loaded(NamedTuple):
    """A market as loaded, the journal's chain at its seq, and where it came from."""

    market: Market
    chain: bytes
    path: Path


def write(folder: Path, seq: int, chain: bytes, body: bytes) -> Path:
    """Write a market's dump durably and whole; `chain` is the journal's at that seq."""
    head = _HEAD.pack(MAGIC, VERSION, 0, seq, len(body), chain, hashlib.sha256(body).digest())
    path = folder / f"{seq:020d}.snapshot"
    disk.write_file(path, head, hashlib.sha256(head).digest(), body)
    return path


def save(folder: Path, market: Market, chain: bytes) -> Path:
    """Write a snapshot of the market as it is now."""
    return write(folder, market.seq, chain, market.dump())


def load(path: Path) -> tuple[Market, bytes]:
    """The market in one snapshot and the journal's chain at its seq. Raises `SnapshotError`."""
    data = path.read_bytes()
    head = data[: _HEAD.size]
    if len(data) < _HEAD_BYTES or hashlib.sha256(head).digest() != data[_HEAD.size : _HEAD_BYTES]:
        raise SnapshotError(f"{path.name}: the head is damaged")
    magic, version, _, seq, length, chain, digest = _HEAD.unpack(head)
    body = data[_HEAD_BYTES:]
    if magic != MAGIC or version != VERSION:
        raise SnapshotError(f"{path.name}: form {version} is not read by this program")
    if len(body) != length or hashlib.sha256(body).digest() != digest:
        raise SnapshotError(f"{path.name}: the body is damaged")
    try:
        market = Market.load(body)
    except ValueError as error:
        raise SnapshotError(f"{path.name}: {error}") from error
    if market.seq != seq:
        raise SnapshotError(f"{path.name}: holds seq {market.seq}, its head says {seq}")
    return market, chain


def newest_head(folder: Path) -> Head | None:
    """The head of the newest snapshot; None where there is none. Raises `SnapshotError` where it is damaged."""
    for _, path in reversed(_list(folder)):
        with path.open("rb") as file:
            data = file.read(_HEAD_BYTES)
        if len(data) < _HEAD_BYTES or hashlib.sha256(data[: _HEAD.size]).digest() != data[_HEAD.size :]:
            raise SnapshotError(f"{path.name}: the head is damaged")
        _, _, _, seq, _, chain, digest = _HEAD.unpack_from(data)
        return Head(seq, chain.hex(), digest.hex())
    return None


def load_newest(folder: Path, not_after_seq: int, damaged: list[str]) -> Loaded | None:
    """The newest whole snapshot not after this seq. Damaged ones are passed over; `damaged` gets what is wrong with each."""
    for seq, path in reversed(_list(folder)):
        if seq <= not_after_seq:
            try:
                market, chain = load(path)
            except SnapshotError as error:
                damaged.append(str(error))
            else:
                return Loaded(market, chain, path)
    return None


def newest_seq(folder: Path) -> int:
    """Seq of the newest snapshot, whole or not; 0: there is none. Each was written when the journal held that seq."""
    return max((seq for seq, _ in _list(folder)), default=0)


def prune(folder: Path, needed_seq: int) -> None:
    """Remove old snapshots: the newest `KEPT` stay, and the newest one not after `needed_seq`."""
    found = _list(folder)
    needed = max((seq for seq, _ in found if seq <= needed_seq), default=0)
    for seq, path in found[:-KEPT]:
        if seq != needed:
            path.unlink()


def _list(folder: Path) -> list[tuple[int, Path]]:
    return sorted((int(path.stem), path) for path in folder.glob("*.snapshot") if path.stem.isdigit())
