"""Merkle trees as RFC 6962 hashes them: leaf = SHA-256(00 ‖ content), node = SHA-256(01 ‖ left ‖ right)."""

import hashlib
from collections.abc import Iterable


def root(contents: Iterable[bytes]) -> str:
    """The root over the leaves in their order, hex; of no leaves, the SHA-256 of nothing."""
    level = [hashlib.sha256(b"\x00" + content).digest() for content in contents]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex()
