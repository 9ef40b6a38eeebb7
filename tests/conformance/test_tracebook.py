"""tracebook-conformance qualifies the market: its generated traces and fixed cases, on an engine of its own beside ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tracebook.conformance", reason="pip install 'yutan[tests]'")

from tracebook.conformance.model import ConformanceConfig, Outcome
from tracebook.conformance.qualification import run_qualification
from tracebook.conformance.suite import copy_bundled_conformance_suite, run_conformance_suite
from tracebook.events import MarketEvent

from engine.core import commands as c
from engine.core.book import Order
from tests.conformance.adapter import APPLIED, MarketAdapter

ROOT = Path(__file__).resolve().parents[2]
IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
TRACES = 100 if IS_PROVING else 10
EVENTS = 200  # of each trace
PROFILES = ("fifo-limit-v1", "fifo-partial-fill-v1", "fifo-full-v1")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_market_qualifies(profile: str) -> None:
    result = run_qualification(MarketAdapter, profile, seed=42, traces=TRACES, events_per_trace=EVENTS)
    assert result.qualified, result.to_dict()
    assert result.coverage_complete
    assert len(result.campaign.traces) == TRACES


def test_the_fixed_suite_passes_but_for_allocation_pro_rata_which_this_market_has_not(tmp_path: Path) -> None:
    suite = copy_bundled_conformance_suite(tmp_path / "suite")
    fifo = [case for case in suite.cases if case.config.matching_algorithm == "fifo"]
    assert [case.name for case in suite.cases if case not in fifo] == ["pro-rata-allocation"]
    report = run_conformance_suite(type(suite)(**{**vars(suite), "cases": tuple(fifo)}), MarketAdapter)
    assert report["conformant"], report
    assert report["conformant_cases"] == 8
    with pytest.raises(ValueError, match="price and time only"):
        MarketAdapter(ConformanceConfig(matching_algorithm="pro_rata"))


class PlaceLost(MarketAdapter):
    """Wrong on purpose: who makes an order smaller goes to the end of the queue."""

    def _reduce(self, event: MarketEvent, order: Order) -> Outcome:
        less = self._tonnes(event.quantity)
        if less >= order.leaves:
            return super()._reduce(event, order)
        account, side, price, left = order.account, order.side, order.price_ticks, order.leaves - less
        self.desk.do(c.CancelOrder(account, order.number, ""))
        self._place(event, account, side, price, left, [])
        return APPLIED


def test_a_market_that_loses_the_place_in_the_queue_does_not_qualify() -> None:
    result = run_qualification(PlaceLost, PROFILES[0], seed=42, traces=2, events_per_trace=EVENTS, max_minimize_runs=20)
    assert not result.qualified
    assert result.campaign.failure is not None


def test_the_command_qualifies_the_market_as_a_process_of_its_own(tmp_path: Path) -> None:
    command = ["-m", "tracebook.conformance.cli", "qualify", "--profile", PROFILES[2], "--seed", "7", "--traces", "2"]
    candidate = f"{sys.executable} -m tests.conformance"
    done = subprocess.run(
        [
            sys.executable,
            *command,
            "--timeout",
            "60",
            "--candidate-cmd",
            candidate,
            "--output-dir",
            str(tmp_path / "out"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "qualification.json").exists()
