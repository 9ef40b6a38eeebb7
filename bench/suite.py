"""Which benchmarks there are, and how they are run: each run in a process of its own, the forms of the core in turn."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Final

import msgspec

from bench import consensus, page, report
from bench.child import Run
from engine.compiled import is_compiled

NAMES: Final = tuple(
    name
    for name in (
        "book",
        "consensus",
        "peers",
        "core",
        "call",
        "memory",
        "journal",
        "sequencer",
        "end_to_end",
        "parts",
        "acknowledge",
        "settle",
        "feed",
        "silent",
        "page",
        "recover",
    )
    if (name != "consensus" or consensus.is_there()) and (name != "page" or page.is_there())
)
RUNS: Final = 5
RUN_SECONDS_MAX: Final = 900


class BenchmarkFailed(Exception):
    """A run ended with an error: nothing is reported for it."""


def module_of(name: str) -> ModuleType:
    """The module of a benchmark: QUESTION is its docstring's first line, DOUBTS, FORMS, and `measure`."""
    return import_module(f"bench.{name}")


def question_of(name: str) -> str:
    """What the benchmark answers."""
    return (module_of(name).__doc__ or "").partition("\n")[0]


def forms_of(name: str) -> list[str]:
    """The forms of the core in which the benchmark runs here: the plain one always, the compiled one where it was built."""
    wanted: tuple[str, ...] = module_of(name).FORMS
    here = "compiled" if is_compiled() else "plain"
    if wanted == ("as built",):
        return [here]
    return [form for form in wanted if form == "plain" or here == "compiled"]


def run_once(name: str, form: str, scale: float, seed: int) -> Run:
    """One run in a child process."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    if form == "plain" and is_compiled():
        environment["YUTAN_PURE"] = "1"
    command = [sys.executable, "-m", "bench.child", name, "--scale", str(scale), "--seed", str(seed)]
    done = subprocess.run(
        command, cwd=report.ROOT, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS_MAX
    )
    if done.returncode != 0:
        raise BenchmarkFailed(f"{name}, {form}: exit code {done.returncode}\n{done.stderr}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Run)


def run_suite(
    names: tuple[str, ...], runs: int, scale: float, seed: int, say: Callable[[str], None]
) -> Iterator[tuple[str, report.Report]]:
    """Run the benchmarks one after the other; after each, its name and the report of all so far."""
    gathered = report.Gathered()
    load_before, machine, commit, taken_at = report.load_average(), report.machine(), report.commit(), report.now()
    for name in names:
        forms = forms_of(name)
        for turn in range(runs):
            for form in forms:  # in turn, so that a slow minute of the machine meets all forms
                say(f"{name}: run {turn + 1} of {runs}, {form}")
                run = run_once(name, form, scale, seed)
                gathered.add(name, run.form, run.measured)
        yield (
            name,
            report.Report(
                taken_at,
                commit,
                machine,
                runs,
                scale,
                seed,
                load_before,
                report.load_average(),
                gathered.lines(),
                gathered.facts,
                gathered.skipped,
            ),
        )
