"""Each benchmark runs to its end at a tiny size and reports figures that can be; no test judges a speed."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench import suite
from bench.measure import Figure, Measured
from bench.report import Gathered, Line, Machine, Report, as_markdown, as_text, compare, table

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.002


@pytest.mark.parametrize("name", suite.NAMES)
def test_every_benchmark_does_its_work_and_gives_figures_above_zero(name: str) -> None:
    run = suite.run_once(name, suite.forms_of(name)[0], SCALE, 7)
    assert run.form in ("plain", "compiled")
    assert run.measured.figures
    names = [figure.name for figure in run.measured.figures]
    assert len(set(names)) == len(names)
    for figure in run.measured.figures:
        assert figure.unit
        assert figure.value >= 0
        if figure.better == "more":
            assert figure.value > 0, figure


@pytest.mark.parametrize("name", suite.NAMES)
def test_every_benchmark_states_its_question_and_its_doubts(name: str) -> None:
    assert suite.question_of(name)
    assert suite.module_of(name).DOUBTS


def test_the_command_prints_tables_and_writes_a_report_that_can_be_compared(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "bench", "memory", "--runs", "2", "--scale", str(SCALE), "--json", str(out)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    first = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert first.returncode == 0, first.stderr
    assert "Doubts:" in first.stdout
    report = msgspec.json.decode(out.read_bytes(), type=Report)
    assert report.runs == 2
    assert all(len(line.values) == 2 for line in report.lines)
    again = subprocess.run(
        [*command, "--compare", str(out)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )
    assert again.returncode == 0, again.stderr
    assert "Against" in again.stdout


def test_an_unknown_benchmark_is_refused_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 2
    assert "unknown benchmark speed" in done.stderr


def test_a_change_is_said_only_where_the_spreads_do_not_meet() -> None:
    then = _report([Line("book", "plain", "mix", "commands/s", "more", [100.0, 110.0, 120.0])])
    faster = _report([Line("book", "plain", "mix", "commands/s", "more", [200.0, 220.0, 240.0])])
    near = _report([Line("book", "plain", "mix", "commands/s", "more", [115.0, 125.0, 130.0])])
    slower = _report([Line("book", "plain", "mix", "commands/s", "more", [50.0, 55.0, 60.0])])
    assert compare(then, faster)[1][-1] == "2.00 × better"
    assert compare(then, near)[1][-1] == "within the spread"
    assert compare(then, slower)[1][-1] == "0.50 × WORSE"


def test_a_smaller_time_is_better() -> None:
    then = _report([Line("book", "plain", "p50", "µs", "less", [2.0])])
    now = _report([Line("book", "plain", "p50", "µs", "less", [1.0])])
    assert compare(then, now)[1][-1] == "0.50 × better"


def test_forms_stand_beside_each_other_in_a_table() -> None:
    gathered = Gathered()
    gathered.add("book", "plain", Measured([Figure("mix", 1_000_000.0, "commands/s")]))
    gathered.add("book", "compiled", Measured([Figure("mix", 3_000_000.0, "commands/s")]))
    rows = table(_report(gathered.lines()), "book")
    assert rows == [["", "unit", "plain", "compiled"], ["mix", "commands/s", "1,000,000", "3,000,000"]]
    assert as_text(rows).splitlines()[1] == "mix  commands/s  1,000,000  3,000,000"
    assert as_markdown(rows).splitlines()[1] == "| --- | --- | ---: | ---: |"


def _report(lines: list[Line]) -> Report:
    machine = Machine("cpu", 2, 4, "Linux", "CPython 3.11", {})
    return Report("2026-01-01T00:00:00Z", "abc", machine, 1, 1.0, 1, 0.0, 0.0, lines, {})
