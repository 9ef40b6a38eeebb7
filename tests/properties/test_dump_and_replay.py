"""INV-10: a market loaded from its dump, at any moment, goes on exactly like the one that was dumped."""

import os
import subprocess
import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from engine import compiled
from engine.core.market import Market
from tests.testkit.build import hash_of
from tests.testkit.flows import random_flow

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
ROOT = Path(__file__).resolve().parents[2]
PRINT_HASHES = """
from hashlib import sha256
from engine.core.market import Market
from tests.testkit.build import hash_of
from tests.testkit.flows import random_flow
for seed in range(9_000, 9_012):
    market, told = Market(), sha256()
    for entry in random_flow(seed, 300):
        told.update(repr(market.apply(entry)).encode())
    print(seed, hash_of(market), told.hexdigest())
"""


@pytest.mark.parametrize("seed", range(8_000, 8_200 if IS_PROVING else 8_020))
def test_a_loaded_market_goes_on_like_the_one_that_was_dumped(seed: int) -> None:
    flow = random_flow(seed, 100, has_auctions=seed % 4 == 0)
    live, loaded = Market(), Market()
    for entry in flow:
        happened = live.apply(entry)
        assert loaded.apply(entry) == happened, f"seed {seed}, entry {entry.seq}"
        if entry.seq % 3 == 0:
            data = live.dump()
            assert loaded.dump() == data
            loaded = Market.load(data)
            loaded.audit()
    assert hash_of(loaded) == hash_of(live)


@pytest.mark.parametrize("seed", range(8_100, 8_130 if IS_PROVING else 8_105))
def test_replaying_from_every_moment_ends_in_the_same_hash(seed: int) -> None:
    flow = random_flow(seed, 60, has_auctions=seed % 4 == 0)
    market = Market()
    dumps: list[bytes] = []
    for entry in flow:
        market.apply(entry)
        dumps.append(market.dump())
    for place in range(0, len(dumps), 1 if IS_PROVING else 10):
        again = Market.load(dumps[place])
        for entry in flow[place + 1 :]:
            again.apply(entry)
        assert again.dump() == dumps[-1]


@pytest.mark.parametrize("seed", range(8_200, 8_210))
def test_both_doors_lead_to_the_same_events_and_the_same_state(seed: int) -> None:
    one_by_one, in_batches = Market(), Market()
    for at_ns, group in groupby(random_flow(seed, 150, has_auctions=seed % 4 == 0), key=attrgetter("at_ns")):
        entries = list(group)
        expected = [one_by_one.apply(entry) for entry in entries]
        assert in_batches.apply_batch(at_ns, [entry.command for entry in entries]) == expected
        assert in_batches.dump() == one_by_one.dump()


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"\x94\x63\x01\x01\xc0", b"\x01", b"hello"])
def test_bytes_that_are_no_dump_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="dump"):
        Market.load(data)


def hashes_in_another_process(hash_seed: str, pure: bool) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "YUTAN_PURE": "1" if pure else "0"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HASHES], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1_200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_processes_with_other_hash_seeds_reach_the_same_state() -> None:
    hashes = hashes_in_another_process("1", pure=True)
    assert len(hashes.splitlines()) == 12
    assert hashes_in_another_process("4242", pure=True) == hashes


@pytest.mark.skipif(not (compiled.ROOT / "engine/core/_built.json").exists(), reason="no compiled core is built here")
def test_the_compiled_and_the_plain_core_reach_the_same_state() -> None:
    assert hashes_in_another_process("7", pure=False) == hashes_in_another_process("7", pure=True)
