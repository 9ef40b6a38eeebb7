"""The signed checkpoints: signatures, keys, their chain, and what they say of journal, audit trail, bulletins and stores."""

import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from yutan.verifier.contents import Claim
from yutan.verifier.findings import CHECKPOINTS, Report
from yutan.verifier.journal import Journal, Snapshot
from yutan.verifier.registry import FILE, Registry

FOLDER: Final = "checkpoints"
KEY_FILE: Final = "exchange-key.pem"
ZEROS: Final = "0" * 64


class Head(msgspec.Struct, frozen=True):
    """Where the journal stood."""

    seq: int
    chain: str
    state_sha256: str


class Trail(msgspec.Struct, frozen=True):
    """Where the audit trail stood."""

    lines: int
    chain: str


class Bulletin(msgspec.Struct, frozen=True):
    """The newest bulletin then."""

    number: int
    sha256: str


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a checkpoint says."""

    format: str
    market: str
    number: int
    at_ns: int
    journal: Head
    audit_trail: Trail
    bulletin: Bulletin | None
    stores_sha256: str
    previous_sha256: str
    public_key: str
    next_public_key: str


class Published(NamedTuple):
    """A checkpoint with the bytes and the signature that were published."""

    checkpoint: Checkpoint
    body: bytes
    signature: bytes

    @property
    def sha256(self) -> str:
        """What the next one names."""
        return hashlib.sha256(self.body).hexdigest()


def load(path: Path, report: Report) -> Published | None:
    """One checkpoint and the `.sig` beside it; a finding and None where they cannot be read."""
    place = f"{path.parent.name}/{path.name}"
    try:
        body, signature = path.read_bytes(), path.with_suffix(".sig").read_bytes()
        checkpoint = msgspec.json.decode(body, type=Checkpoint)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        report.wrong(CHECKPOINTS, place, "file", "a checkpoint and its signature", error)
        return None
    report.expect(CHECKPOINTS, place, "format", "yutan-checkpoint-1", checkpoint.format)
    return Published(checkpoint, body, signature)


def is_signed(body: bytes, signature: bytes, public_key: str) -> bool:
    """Whether the Ed25519 signature (64 bytes) is of this key (64 hex digits) over these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_chain(found: list[Published], key: str, report: Report, *, is_from_first: bool = True) -> None:
    """Signatures, keys and links of checkpoints in their order. key: the one trusted for the first of them, "" for its own."""
    key = key or (found[0].checkpoint.public_key if found else "")
    previous, number, seq = ZEROS if is_from_first else "", 1 if is_from_first else 0, 0
    for each in found:
        said = each.checkpoint
        place = f"{FOLDER}/{said.number:06d}.json"
        report.expect(CHECKPOINTS, place, "public_key", key, said.public_key)
        is_right = is_signed(each.body, each.signature, key)
        report.require(CHECKPOINTS, place, "signature", is_right, f"a signature by {key}", each.signature)
        if previous:
            report.expect(CHECKPOINTS, place, "previous_sha256", previous, said.previous_sha256)
            report.expect(CHECKPOINTS, place, "number", number, said.number)
        report.require(CHECKPOINTS, place, "journal seq", said.journal.seq >= seq, f"at least {seq}", said.journal.seq)
        key, previous, number, seq = said.next_public_key, each.sha256, said.number + 1, said.journal.seq


class Folder:
    """The checkpoints of a data folder."""

    def __init__(self, data: Path, report: Report) -> None:
        self.data, self.report = data, report
        self.folder = data / FOLDER
        self.found: list[Published] = []
        self.claims: dict[str, list[Claim]] = {}

    @property
    def newest_bulletin(self) -> int:
        """Number of the newest bulletin that a checkpoint names."""
        return max((each.checkpoint.bulletin.number for each in self.found if each.checkpoint.bulletin), default=0)

    def read(self) -> frozenset[int]:
        """Read all; returns the journal's seqs that they name."""
        paths = sorted(path for path in self.folder.glob("[0-9]*.json") if path.stem.isdigit())
        for number, path in enumerate(paths, 1):
            self.report.expect(CHECKPOINTS, f"{FOLDER}/{path.name}", "name", f"{number:06d}.json", path.name)
            published = load(path, self.report)
            if published is not None:
                self.found.append(published)
                self._stores(published.checkpoint)
        self._newest()
        known = {path.name.split(".")[0] for path in paths}
        if self.folder.exists():
            strange = sorted(
                p.name for p in self.folder.iterdir() if p.name != "newest" and p.name.split(".")[0] not in known
            )
            self.report.expect(CHECKPOINTS, FOLDER, "files of no checkpoint", [], strange)
        return frozenset(each.checkpoint.journal.seq for each in self.found)

    def _stores(self, said: Checkpoint) -> None:
        path = self.folder / f"{said.number:06d}.stores.json"
        place = f"{FOLDER}/{path.name}"
        try:
            body = path.read_bytes()
        except OSError as error:
            self.report.wrong(CHECKPOINTS, place, "file", "what the checkpoint says of the stores", error)
            return
        if not self.report.expect(CHECKPOINTS, place, "SHA-256", said.stores_sha256, hashlib.sha256(body).hexdigest()):
            return
        told: dict[str, Any] = msgspec.json.decode(body)
        for name, store in told["stores"].items():
            tables = {table["table"]: table for table in store["tables"]}
            claim = Claim(said.number, store["schema"], store["identity"], store["seq"], tables)
            self.claims.setdefault(name, []).append(claim)

    def _newest(self) -> None:
        """The note of which is the newest; a crash may have left it one behind."""
        path, place = self.folder / "newest", f"{FOLDER}/newest"
        if not self.found and not path.exists():
            return
        try:
            told = msgspec.json.decode(path.read_bytes(), type=Bulletin)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            self.report.wrong(CHECKPOINTS, place, "file", "number and SHA-256 of the newest checkpoint", error)
            return
        heads = [Bulletin(each.checkpoint.number, each.sha256) for each in self.found]
        if told in heads[-2:-1]:
            self.report.notes.append(f"{place}: one behind; the exchange was ended while it wrote the last checkpoint")
        else:
            self.report.expect(CHECKPOINTS, place, "newest", heads[-1] if heads else None, told)

    def check(self, journal: Journal, snapshots: dict[int, Snapshot], key: str) -> None:
        """Signatures and chain, and the journal's part of what they say."""
        check_chain(self.found, key, self.report)
        for each in self.found:
            head = each.checkpoint.journal
            place = f"{FOLDER}/{each.checkpoint.number:06d}.json"
            if head.seq > journal.last_seq and not journal.is_whole:
                continue
            told = journal.chains.get(
                head.seq, f"none: the journal ends at seq {journal.last_seq}, or no record ends there"
            )
            self.report.expect(CHECKPOINTS, place, f"journal's chain at seq {head.seq}", told, head.chain)
            if head.seq in snapshots:
                state = snapshots[head.seq].state_sha256
                self.report.expect(CHECKPOINTS, place, f"state at seq {head.seq}", state, head.state_sha256)
        self._own_key()

    def _own_key(self) -> None:
        """The key that the exchange would sign with next."""
        path = self.data / KEY_FILE
        if not self.found or not path.exists():
            return
        public, text = "", path.read_bytes()
        try:
            key = serialization.load_pem_private_key(text, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            self.report.wrong(CHECKPOINTS, KEY_FILE, "key", "an Ed25519 private key", error)
            return
        if isinstance(key, Ed25519PrivateKey):
            plain = serialization.NoEncryption()
            again = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
            self.report.require(
                CHECKPOINTS, KEY_FILE, "file", text == again, "PEM of the key and nothing else", "another text"
            )
            public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
        self.report.expect(CHECKPOINTS, KEY_FILE, "public key", self.found[-1].checkpoint.next_public_key, public)

    def check_registry(self, registry: Registry) -> None:
        """The registry's part of what they say."""
        chains = {line: chain.hex() for line, chain in registry.query("SELECT line, chain FROM audit_trail")}
        bulletins = dict(registry.query("SELECT number, sha256 FROM bulletins"))
        for each in self.found:
            said = each.checkpoint
            place = f"{FOLDER}/{said.number:06d}.json"
            told = chains.get(said.audit_trail.lines, "none" if said.audit_trail.lines else ZEROS)
            self.report.expect(
                CHECKPOINTS, place, f"audit trail at line {said.audit_trail.lines}", told, said.audit_trail.chain
            )
            if said.bulletin is not None:
                known = bulletins.get(said.bulletin.number, f"none in {FILE}")
                self.report.expect(CHECKPOINTS, place, f"bulletin {said.bulletin.number}", known, said.bulletin.sha256)

    def check_bulletins(self, folder: Path) -> None:
        """The signatures beside the bulletins' files, by one of the keys that the checkpoints name."""
        keys = {key for each in self.found for key in (each.checkpoint.public_key, each.checkpoint.next_public_key)}
        for path in sorted(folder.glob("*.json")) if keys else []:
            signature = path.with_suffix(".sig")
            said = signature.read_bytes() if signature.exists() else b""
            body = path.read_bytes()
            is_right = any(is_signed(body, said, key) for key in keys)
            self.report.require(
                CHECKPOINTS,
                f"{folder.name}/{signature.name}",
                "signature",
                is_right,
                "a signature by the exchange's key",
                said,
            )

    def check_published(self, kept: Path) -> None:
        """Checkpoints that were kept elsewhere, a file or a folder of them, are among these, byte for byte."""
        mine = {each.checkpoint.number: each.sha256 for each in self.found}
        paths = sorted(kept.glob("[0-9]*.json")) if kept.is_dir() else [kept]
        for path in paths:
            if not path.name.endswith(".stores.json") and (published := load(path, self.report)) is not None:
                number = published.checkpoint.number
                place = f"checkpoint {number} of the folder"
                self.report.expect(CHECKPOINTS, str(path), place, published.sha256, mine.get(number, "none"))
        self.report.require(CHECKPOINTS, str(kept), "files", bool(paths), "at least one checkpoint", "none")
