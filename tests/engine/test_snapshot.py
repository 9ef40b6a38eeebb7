"""A snapshot is whole or passed over, and none that is needed is removed."""

import os
from pathlib import Path

import pytest

from engine import snapshot
from engine.core.commands import Entry
from engine.core.market import Market
from engine.recovery import state_hash
from tests.engine import build

CHAIN = bytes(range(32))


def market_at(seq: int) -> Market:
    market = Market()
    for number, command in enumerate((build.opened_market() + build.flow(5, seq))[:seq], 1):
        market.apply(Entry(number, number, command))
    return market


def damage(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_market_comes_back_as_it_was(tmp_path: Path) -> None:
    market = market_at(100)
    loaded, chain = snapshot.load(snapshot.save(tmp_path, market, CHAIN))
    assert (loaded.seq, loaded.at_ns, chain) == (100, 100, CHAIN)
    assert state_hash(loaded) == state_hash(market)
    loaded.audit()


def test_the_newest_that_is_not_too_new_is_loaded(tmp_path: Path) -> None:
    for seq in (10, 20, 30):
        snapshot.save(tmp_path, market_at(seq), CHAIN)
    damaged: list[str] = []
    for not_after, found in ((1_000, 30), (30, 30), (29, 20), (10, 10)):
        loaded = snapshot.load_newest(tmp_path, not_after, damaged)
        assert loaded is not None
        assert (loaded.market.seq, damaged) == (found, [])
    assert snapshot.load_newest(tmp_path, 9, damaged) is None


@pytest.mark.parametrize("offset", [0, 9, 20, 30, 40, 70, 100, 128, -1])
def test_a_damaged_one_is_passed_over_and_named(tmp_path: Path, offset: int) -> None:
    snapshot.save(tmp_path, market_at(20), CHAIN)
    damage(snapshot.save(tmp_path, market_at(30), CHAIN), offset)
    damaged: list[str] = []
    loaded = snapshot.load_newest(tmp_path, 1_000, damaged)
    assert loaded is not None
    assert loaded.market.seq == 20
    assert len(damaged) == 1
    assert "00000000000000000030.snapshot" in damaged[0]


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 500])
def test_one_that_ends_early_is_passed_over(tmp_path: Path, size: int) -> None:
    os.truncate(snapshot.save(tmp_path, market_at(30), CHAIN), size)
    assert snapshot.load_newest(tmp_path, 1_000, []) is None


def test_one_whose_body_is_of_another_program_is_passed_over(tmp_path: Path) -> None:
    snapshot.write(tmp_path, 30, CHAIN, b"of another program")
    snapshot.write(tmp_path, 20, CHAIN, market_at(10).dump())
    assert snapshot.load_newest(tmp_path, 1_000, []) is None
    with pytest.raises(snapshot.SnapshotError, match="holds seq 10, its head says 20"):
        snapshot.load(tmp_path / f"{20:020d}.snapshot")


def test_what_a_crash_left_half_written_is_no_snapshot(tmp_path: Path) -> None:
    whole = snapshot.save(tmp_path, market_at(20), CHAIN)
    (tmp_path / "00000000000000000030.snapshot.partial").write_bytes(whole.read_bytes())
    loaded = snapshot.load_newest(tmp_path, 1_000, [])
    assert loaded is not None
    assert loaded.path == whole


@pytest.mark.parametrize(
    ("needed", "kept"),
    [(60, [40, 50, 60]), (45, [40, 50, 60]), (39, [30, 40, 50, 60]), (10, [10, 40, 50, 60]), (5, [40, 50, 60])],
)
def test_the_newest_three_stay_and_one_that_is_still_needed(tmp_path: Path, needed: int, kept: list[int]) -> None:
    for seq in (10, 20, 30, 40, 50, 60):
        snapshot.write(tmp_path, seq, CHAIN, b"")
    snapshot.prune(tmp_path, needed)
    assert sorted(int(path.stem) for path in tmp_path.glob("*.snapshot")) == kept
