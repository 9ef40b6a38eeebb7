"""The comparison with the slow market has teeth: each fault planted in a copy of the core is found by random flows.

A planted text that is no longer in the source fails the test: plant the fault anew.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
FLOWS = 400
FIND = f"""
import sys
from engine.core.market import Market
from tests.testkit.flows import random_flow
from tests.testkit.slow_market import SlowMarket
for seed in range({FLOWS}):
    fast, slow = Market(), SlowMarket()
    for entry in random_flow(seed, 100):
        try:
            same = fast.apply(entry) == slow.apply(entry)
            fast.audit()
        except AssertionError:
            same = False
        if not same:
            print("found by seed", seed)
            sys.exit(1)
"""
PREVENTION = "maker.owner == taker.owner:\n                if stp != STP_CANCEL_TAKER"
NEAREST = "distance(candidate.price_ticks, reference_ticks) {} distance(best.price_ticks, reference_ticks)"
FAULTS = [  # what is wrong, where, the right text, the wrong one
    ("trading at the taker's price", "book.py", "price: i64 = best.price_ticks", "price: i64 = taker.price_ticks"),
    ("the newest maker first", "book.py", "            maker = best.head\n", "            maker = best.tail\n"),
    ("one tick past the limit", "book.py", "> 0 and best.key <= limit:", "> 0 and best.key <= limit + 1:"),
    ("replacing down loses the place", "trading.py", "keeps_place = price == old_price and", "keeps_place = False and"),
    ("no fee is held", "state.py", "return amount + amount * self.fee_ppm // 1_000_000", "return amount"),
    ("price improvement is kept", "trading.py", "buyer.free += held - cost", "buyer.free += 0"),
    ("the seller pays no fee", "trading.py", "sell_leaves, tonnes, amount - fee)", "sell_leaves, tonnes, amount)"),
    ("locks end a day early", "day.py", "unlock(state.day_number)", "unlock(state.day_number + 1)"),
    (
        "the floor may be passed",
        "admission.py",
        "left < account.retention_floor:",
        "left < account.retention_floor - 1:",
    ),
    ("bands are rounded down", "day.py", "(10_000 - instrument.limit_bp) + 5_000", "(10_000 - instrument.limit_bp)"),
    ("ties go to the higher price", "book.py", NEAREST.format("<"), NEAREST.format("<=")),
    ("imbalance is ignored", "book.py", "if imbalance != least:", "if False:"),
    ("prevention by account", "book.py", PREVENTION, PREVENTION.replace("owner", "account")),
    (
        "fill or kill counts own orders",
        "book.py",
        "                if stp != STP_OFF and maker.owner",
        "                if False and maker.owner",
    ),
    ("restrictions leave sells", "acts.py", "account, 0, SELL, reasons.RESTRICTION_IMPOSED", "account, 9, SELL, 0"),
    ("ids are kept too long", "day.py", "[0][0] < forget_before", "[0][0] < forget_before - 1"),
    ("proceeds are usable at once", "trading.py", "seller.pending += proceeds", "seller.free += proceeds"),
    ("approving one's own act", "acts.py", "return Verdict(reasons.SELF_APPROVAL)", "return ADMITTED"),
    ("the close is rounded down", "day.py", "(value + volume // 2) // volume", "value // volume"),
    ("halted calls stay crossed", "day.py", "            cancel_crossing(state, instrument, out)", "            pass"),
]
ALWAYS = 4  # the others when proving


@pytest.mark.parametrize(
    ("file", "right", "wrong"), [fault[1:] for fault in FAULTS], ids=[fault[0].replace(" ", "-") for fault in FAULTS]
)
def test_a_planted_fault_is_found(file: str, right: str, wrong: str, tmp_path: Path) -> None:
    if not IS_PROVING and right not in {fault[2] for fault in FAULTS[:ALWAYS]}:
        pytest.skip("with YUTAN_PROVE=1")
    source = (ROOT / "engine" / "core" / file).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"{right!r} is {source.count(right)} times in {file}: plant this fault anew"
    assert run_with(file, source.replace(right, wrong), tmp_path) == 1


def test_the_core_as_it_is_passes_the_same_search(tmp_path: Path) -> None:
    file = "book.py"
    assert run_with(file, (ROOT / "engine" / "core" / file).read_text(encoding="utf-8"), tmp_path) == 0


def run_with(file: str, source: str, folder: Path) -> int:
    """Search for a difference in a copy of the engine where one file is another; 1: found, 0: not found."""
    without_builds = shutil.ignore_patterns("*.so", "_built.json", "__pycache__")
    shutil.copytree(ROOT / "engine", folder / "engine", ignore=without_builds)
    shutil.copytree(ROOT / "tests" / "testkit", folder / "tests" / "testkit", ignore=without_builds)
    (folder / "engine" / "core" / file).write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", FIND],
        cwd=folder,
        env=os.environ | {"YUTAN_PURE": "1", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 1) == done.stdout.startswith("found by seed"), done.stderr
    return done.returncode
