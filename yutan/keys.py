"""Ed25519 keys as PEM files that only their owner can read. The file's stem is the key id, or the operator's person."""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class KeyFileError(Exception):
    """A key file is missing, unreadable, open to others or not an Ed25519 key."""


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 raw bytes of the public key: what RegisterKey and RegisterOperator carry."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def create(path: Path) -> Ed25519PrivateKey:
    """Make a key and store it (mode 0600). An existing file is never overwritten: raises KeyFileError."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyFileError(f"{path}: a key exists already") from error
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def load(path: Path) -> Ed25519PrivateKey:
    """Read a private key. Raises KeyFileError, also where group or others may read the file."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path}: readable by others; run chmod 600")
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: not an unencrypted PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not an Ed25519 key")
    return key


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key at `path`, made where there is none: a set-up that was cut short goes on with the same keys."""
    return load(path) if path.exists() else create(path)


Key = Ed25519PrivateKey | bytes | str | Path  # itself, its 32 raw private bytes, or its PEM file


def given_key(key: Key | None) -> Ed25519PrivateKey | None:
    """A key in any of its forms; None stays None. Raises KeyFileError for a file as `load` does, ValueError for bytes."""
    if key is None or isinstance(key, Ed25519PrivateKey):
        return key
    return Ed25519PrivateKey.from_private_bytes(key) if isinstance(key, bytes) else load(Path(key))
