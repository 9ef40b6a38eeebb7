"""Figures at the edge: money and percent, Merkle roots that can be proven."""

import hashlib

import pytest

from settlement.core.merkle import EMPTY, MerkleRoot, leaf_hash, node_hash
from settlement.core.money import iso_day, percent, yuan


def test_money_and_percent_are_exact() -> None:
    assert [yuan(fen) for fen in (0, 5, 123, -5, -123_456)] == ["0.00", "0.05", "1.23", "-0.05", "-1234.56"]
    assert [percent(*pair) for pair in ((1, 3), (-1, 3), (1, 8), (5, 100_000), (0, 7), (1, 0))] == [
        "33.33", "-33.33", "12.50", "0.01", "0.00", "0.00",
    ]  # fmt: skip
    assert iso_day(20230207) == "2023-02-07"


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(slow_root(leaves[:split]), slow_root(leaves[split:]))


@pytest.mark.parametrize("count", range(18))
def test_the_merkle_root_is_that_of_rfc_6962(count: int) -> None:
    leaves = [bytes([n]) * (n + 1) for n in range(count)]
    tree = MerkleRoot()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == slow_root(leaves)
    assert (count == 0) == (tree.root() == EMPTY)
