"""Signed checkpoints: where journal, registry and audit trail stood at each day's close and at each end in good order.

A chain of hashes does not tell that its end was cut off or that all of it was written anew; a signed head that others have
does. Each checkpoint is a JSON document, signed by the exchange's Ed25519 key over its very bytes, naming its predecessor. What it
says of the stores is one hash: the document behind it (`.stores.json`) stays in the house. docs/verification.md has the form.
"""

import hashlib
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiosqlite
import msgspec
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine import disk
from engine.journal import segments
from engine.recovery import RecoveryError
from engine.snapshot import Head, newest_head
from engine.title import CheckpointRow, KeyRow
from settlement.store import contents
from settlement.store.contents import Contents, Log
from settlement.store.sqlite import MARK_SQL, take_lock
from yutan import folder, keys

FOLDER: Final = "checkpoints"
FORMAT: Final = "yutan-checkpoint-1"
STORES_FORMAT: Final = "yutan-stores-1"
REGISTRY: Final = "registry.db"
# The stores: what selects their mark and identity, and their logs. A close hashes the registry, an end in good order all.
_STORES: Final[Mapping[str, tuple[str, Mapping[str, Log]]]] = {
    REGISTRY: (MARK_SQL, contents.REGISTRY_LOGS),
    "history.db": (
        "SELECT seq, made FROM mark",
        {"reports": Log("number"), "run": Log("reports"), "finished": Log("reports")},
    ),
    "tape.db": ("SELECT seq, '' FROM mark", {"trade": Log("trade")}),
}


class JournalHead(msgspec.Struct, frozen=True):
    """A seq of the journal, the chain behind it, and the SHA-256 of the market's state there (both hex)."""

    seq: int
    chain: str
    state_sha256: str


class TrailHead(msgspec.Struct, frozen=True):
    """How many lines the audit trail has, and its last link (hex)."""

    lines: int
    chain: str


NO_LINES: Final = TrailHead(0, "0" * 64)


class BulletinHead(msgspec.Struct, frozen=True):
    """The newest bulletin: its number and SHA-256 (hex)."""

    number: int
    sha256: str


class Checkpoint(msgspec.Struct, frozen=True):
    """One checkpoint. next_public_key: the key that signs the next one; another than `public_key` where the key changes here."""

    format: str
    market: str
    number: int
    at_ns: int
    journal: JournalHead
    audit_trail: TrailHead
    bulletin: BulletinHead | None
    stores_sha256: str
    previous_sha256: str
    public_key: str
    next_public_key: str


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint as it is published: its very bytes and the signature over them."""

    checkpoint: Checkpoint
    body: bytes
    signature: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex: what the next checkpoint names."""
        return hashlib.sha256(self.body).hexdigest()


class Stores(msgspec.Struct, frozen=True):
    """What the stores held: by file name."""

    format: str
    stores: dict[str, Contents]


class Standing(msgspec.Struct, frozen=True):
    """What the exchange says of itself at the moment of a checkpoint."""

    market: str
    audit_trail: TrailHead
    bulletin: BulletinHead | None
    at_ns: int
    journal: Head


class Checkpoints:
    """The checkpoints of one data folder. Only one process makes any; everybody may read them."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER
        self._data = data
        self._keys: list[KeyRow] = []
        self._keys_read = 0  # the newest checkpoint whose keys are in the list
        self._key_file = folder.exchange_key(data)
        self._next_key_file = self._key_file.with_name(f"next-{self._key_file.name}")

    def newest_number(self) -> int:
        """Number of the newest checkpoint; 0 where there is none."""
        return max((int(path.stem) for path in self.folder.glob("[0-9]*.json") if path.stem.isdigit()), default=0)

    def read(self, number: int) -> Signed | None:
        """One checkpoint, or None."""
        try:
            body = self._path(number, "json").read_bytes()
            signature = self._path(number, "sig").read_bytes()
        except FileNotFoundError:
            return None
        return Signed(msgspec.json.decode(body, type=Checkpoint), body, signature)

    def checkpoint(self, number: int) -> CheckpointRow | None:
        """One checkpoint, as it is published."""
        signed = self.read(number)
        if signed is None:
            return None
        said = signed.checkpoint
        head = said.journal
        return CheckpointRow(number, said.at_ns, head.seq, head.chain, signed.sha256, signed.body, signed.signature)

    def exchange_keys(self) -> list[KeyRow]:
        """All keys the exchange has signed with, and the one it signs with next."""
        newest = self.newest_number()
        for number in range(self._keys_read + 1, newest + 1):
            signed = self.read(number)
            assert signed is not None, f"checkpoint {number} is listed"
            self._note_key(KeyRow(signed.checkpoint.public_key, number))
            self._note_key(KeyRow(signed.checkpoint.next_public_key, number + 1))
        self._keys_read = newest
        return self._keys or [KeyRow(keys.public_bytes(self.key()).hex(), 1)]

    def _note_key(self, row: KeyRow) -> None:
        if not self._keys or self._keys[-1].public_key != row.public_key:
            self._keys.append(row)

    def sign(self, body: bytes) -> bytes:
        """The signature, by the key of the next checkpoint, over the bytes of something published."""
        return self.key().sign(body)

    def check_journal(self, journal: Path) -> None:
        """Refuse a journal that is older or other than the newest checkpoint (INV-22). Raises `RecoveryError`."""
        newest = self.read(self.newest_number())
        if newest is None:
            return
        head = newest.checkpoint.journal
        chain = segments.chain_at(journal, head.seq)
        if chain is None or chain.hex() != head.chain:
            raise RecoveryError(
                f"checkpoint {newest.checkpoint.number} names the journal's seq {head.seq} with chain {head.chain}; this journal "
                f"has {chain.hex() if chain else 'no record that ends there'}: it was rolled back or is another one"
            )

    def key(self) -> Ed25519PrivateKey:
        """The key that signs the next checkpoint; made where there is none. Raises `KeyFileError`.

        A change of keys that was cut short after its checkpoint is finished here.
        """
        newest = self.read(self.newest_number())
        if self._next_key_file.exists() and newest is not None:
            following = keys.load(self._next_key_file)
            if keys.public_bytes(following).hex() == newest.checkpoint.next_public_key:
                os.replace(self._next_key_file, self._key_file)
                disk.sync_folder(self._data)
        key = keys.load_or_create(self._key_file) if newest is None else keys.load(self._key_file)
        if newest is not None and keys.public_bytes(key).hex() != newest.checkpoint.next_public_key:
            raise keys.KeyFileError(
                f"{self._key_file}: checkpoint {newest.checkpoint.number} names another key for the next one"
            )
        return key

    def rotate(self, standing: Standing, stores: dict[str, Contents]) -> Signed:
        """Change the key: a checkpoint signed by the old one names the new one, which signs from the next on."""
        following = keys.load_or_create(self._next_key_file)
        signed = self.make(standing, stores, following)
        self.key()
        return signed

    def last_contents(self, store: str) -> Contents | None:
        """What the newest checkpoint that hashed this store says of it."""
        for number in range(self.newest_number(), 0, -1):
            path = self._path(number, "stores.json")
            if path.exists():
                found = msgspec.json.decode(path.read_bytes(), type=Stores).stores.get(store)
                if found is not None:
                    return found
        return None

    def make(
        self, standing: Standing, stores: dict[str, Contents], next_key: Ed25519PrivateKey | None = None
    ) -> Signed:
        """Sign the next checkpoint and write it durably: stores and signature first, so that none is ever there without."""
        key = self.key()
        number = self.newest_number() + 1
        previous = self.read(number - 1)
        told = orjson.dumps(msgspec.to_builtins(Stores(STORES_FORMAT, stores)), option=orjson.OPT_SORT_KEYS)
        public = keys.public_bytes(key).hex()
        checkpoint = Checkpoint(
            FORMAT,
            standing.market,
            number,
            standing.at_ns,
            JournalHead(*standing.journal),
            standing.audit_trail,
            standing.bulletin,
            hashlib.sha256(told).hexdigest(),
            previous.sha256 if previous else "0" * 64,
            public,
            keys.public_bytes(next_key).hex() if next_key else public,
        )
        body = orjson.dumps(msgspec.to_builtins(checkpoint), option=orjson.OPT_SORT_KEYS)
        signed = Signed(checkpoint, body, key.sign(body))
        self.folder.mkdir(exist_ok=True)
        disk.write_file(self._path(number, "stores.json"), told)
        disk.write_file(self._path(number, "sig"), signed.signature)
        disk.write_file(self._path(number, "json"), body)
        self.note_newest(signed)
        return signed

    def note_newest(self, newest: Signed) -> None:
        """Say beside the checkpoints which is the newest, so that a missing last one is seen."""
        told = {"number": newest.checkpoint.number, "sha256": newest.sha256}
        disk.write_file(self.folder / "newest", orjson.dumps(told, option=orjson.OPT_SORT_KEYS))

    def _path(self, number: int, form: str) -> Path:
        return self.folder / f"{number:06d}.{form}"


async def seal(data: Path, at_ns: int, *, is_rotation: bool = False) -> Signed | None:
    """The checkpoint of a folder on which no exchange runs any more; None where it has no snapshot or no registry yet."""
    checkpoints = Checkpoints(data)
    head = newest_head(folder.journal(data))
    if head is None or not folder.registry(data).exists():
        return None
    stores = await _closed_stores(data, checkpoints)
    standing = Standing(*_registry_heads(folder.registry(data)), at_ns, head)
    return checkpoints.rotate(standing, stores) if is_rotation else checkpoints.make(standing, stores)


async def _closed_stores(data: Path, checkpoints: Checkpoints) -> dict[str, Contents]:
    found = {}
    for name, (mark_sql, logs) in _STORES.items():
        path = data / name
        if not path.exists():
            continue
        lock = take_lock(path) if name == REGISTRY else None
        try:
            async with aiosqlite.connect(path) as connection:
                found[name] = await contents.read(connection, mark_sql, logs, checkpoints.last_contents(name))
        finally:
            if lock is not None:
                os.close(lock)
    return found


def _registry_heads(registry: Path) -> tuple[str, TrailHead, BulletinHead | None]:
    """Market, head of the audit trail and newest bulletin of a registry that nobody has open."""
    connection = sqlite3.connect(registry)
    try:
        (market,) = connection.execute("SELECT market FROM registry").fetchone()
        line = connection.execute("SELECT line, chain FROM audit_trail ORDER BY line DESC LIMIT 1").fetchone()
        bulletin = connection.execute("SELECT number, sha256 FROM bulletins ORDER BY number DESC LIMIT 1").fetchone()
    finally:
        connection.close()
    return (
        market,
        TrailHead(line[0], line[1].hex()) if line else NO_LINES,
        BulletinHead(*bulletin) if bulletin else None,
    )
