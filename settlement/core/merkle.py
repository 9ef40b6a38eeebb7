"""A Merkle tree (RFC 6962 hashing) over the day's trades: one root in the bulletin, a short proof for each trade."""

import hashlib
from typing import Final

EMPTY: Final = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Hash of one leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleRoot:
    """The root of a tree whose leaves come one by one; keeps only one hash for each level."""

    def __init__(self) -> None:
        self.leaves = 0
        self._whole: list[tuple[int, bytes]] = []  # (height, root) of whole subtrees, highest first

    def add(self, content: bytes) -> None:
        """Add the next leaf."""
        self.leaves += 1
        height, node = 0, leaf_hash(content)
        while self._whole and self._whole[-1][0] == height:
            node = node_hash(self._whole.pop()[1], node)
            height += 1
        self._whole.append((height, node))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._whole:
            return EMPTY
        node = self._whole[-1][1]
        for _, left in reversed(self._whole[:-1]):
            node = node_hash(left, node)
        return node
