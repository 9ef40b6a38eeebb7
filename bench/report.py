"""Runs gathered into one report: medians with their spread, the machine they hold for, tables and comparison.

A report is what `bench/results/*.json` holds; documents quote nothing else.
"""

import datetime
import os
import platform
import subprocess
import sysconfig
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.measure import Better, Figure, Measured

ROOT: Final = Path(__file__).resolve().parent.parent
_LIBRARIES: Final = ("uvloop", "picows", "msgspec", "aiosqlite")


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured."""

    processor: str
    cores: int
    memory_gib: int
    system: str
    python: str
    libraries: dict[str, str]


class Line(msgspec.Struct, frozen=True):
    """One figure in all its runs. `form` of the core: compiled or plain."""

    benchmark: str
    form: str
    name: str
    unit: str
    better: Better
    values: list[float]
    note: str = ""

    @property
    def median(self) -> float:
        """The middle run."""
        return median(self.values)

    @property
    def spread(self) -> str:
        """Lowest and highest run."""
        return f"{shown(min(self.values))} – {shown(max(self.values))}"


class Report(msgspec.Struct, frozen=True):
    """All figures of one invocation. `facts`: by benchmark and form, of its last run. `skipped`: by benchmark, what and why."""

    taken_at: str
    commit: str
    machine: Machine
    runs: int
    scale: float
    seed: int
    load_before: float
    load_after: float
    lines: list[Line]
    facts: dict[str, dict[str, int | str]]
    skipped: dict[str, dict[str, str]] = {}


class Gathered:
    """Figures of runs as they come in."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str], list[float]] = {}
        self._figures: dict[tuple[str, str, str], Figure] = {}
        self.facts: dict[str, dict[str, int | str]] = {}
        self.skipped: dict[str, dict[str, str]] = {}

    def add(self, benchmark: str, form: str, measured: Measured) -> None:
        """Take in one run."""
        for figure in measured.figures:
            key = (benchmark, form, figure.name)
            self._values.setdefault(key, []).append(figure.value)
            self._figures[key] = figure
        self.facts[f"{benchmark}, {form}"] = measured.facts
        if measured.skipped:
            self.skipped[benchmark] = measured.skipped

    def lines(self) -> list[Line]:
        """In the order in which figures first came."""
        return [
            Line(benchmark, form, name, figure.unit, figure.better, self._values[benchmark, form, name], figure.note)
            for (benchmark, form, name), figure in self._figures.items()
        ]


def load_average() -> float:
    """How many programs wanted a processor in the last minute."""
    return round(os.getloadavg()[0], 2)


def now() -> str:
    """UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str:
    """The commit that was measured; "+" behind it: with changes that are not in it."""
    try:
        named = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return named + ("+" if changed else "")


def machine() -> Machine:
    """This machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        _processor(),
        os.cpu_count() or 1,
        round(pages / 2**30),
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()} ({_build_of_python()})",
        {name: metadata.version(name) for name in _LIBRARIES},
    )


def shown(value: float) -> str:
    """A number with three or four digits that count."""
    if value >= 1_000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def head(report: Report) -> str:
    """What every number of the report holds for."""
    machine = report.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    text = (
        f"{report.taken_at}, commit {report.commit}; {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_gib} GiB, {machine.system}, {machine.python}, {libraries}; "
        f"median of {report.runs} run(s) (lowest – highest), scale {report.scale:g}, seed {report.seed}"
    )
    if max(report.load_before, report.load_after) > machine.cores:
        text += f"; other programs were running (load {report.load_before} before, {report.load_after} after)"
    return text


def table(report: Report, benchmark: str) -> list[list[str]]:
    """Rows of one benchmark: the figure, its unit, a column for each form; notes in the last column, if there are any."""
    lines = [line for line in report.lines if line.benchmark == benchmark]
    forms = list(dict.fromkeys(line.form for line in lines))
    by_name: dict[str, dict[str, Line]] = {}
    for line in lines:
        by_name.setdefault(line.name, {})[line.form] = line
    has_notes = any(line.note for line in lines)
    rows = [["", "unit", *forms, *([""] if has_notes else [])]]
    for name, of_form in by_name.items():
        first = next(iter(of_form.values()))
        notes = [first.note] if has_notes else []
        rows.append([name, first.unit, *[_cell(of_form.get(form)) for form in forms], *notes])
    return rows


def left_out(report: Report, benchmark: str) -> list[str]:
    """A sentence for each thing that a benchmark could not measure."""
    return [f"{name}: {why}" for name, why in report.skipped.get(benchmark, {}).items()]


def as_text(rows: list[list[str]]) -> str:
    """A table in columns: names, units and notes to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text = [
        "  ".join(
            cell.rjust(width) if _is_number(rows, column) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(text)


def as_markdown(rows: list[list[str]]) -> str:
    """A table for the documents."""
    rule = ["---:" if _is_number(rows, column) else "---" for column in range(len(rows[0]))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]])


def _is_number(rows: list[list[str]], column: int) -> bool:
    return column >= 2 and rows[0][column] != ""


def compare(old: Report, new: Report) -> list[list[str]]:
    """Each figure that both reports have: old and new median, and the change where the two spreads do not meet."""
    before = {(line.benchmark, line.form, line.name): line for line in old.lines}
    rows = [["", "unit", "then", "now", "change"]]
    for line in new.lines:
        was = before.get((line.benchmark, line.form, line.name))
        if was is not None:
            name = f"{line.benchmark}, {line.form}: {line.name}"
            rows.append([name, line.unit, shown(was.median), shown(line.median), _change(was, line)])
    return rows


def _change(was: Line, line: Line) -> str:
    if was.median == 0 or (min(line.values) <= max(was.values) and min(was.values) <= max(line.values)):
        return "within the spread"
    ratio = line.median / was.median
    is_better = (ratio > 1) == (line.better == "more")
    return f"{ratio:.2f} × {'better' if is_better else 'WORSE'}"


def _cell(line: Line | None) -> str:
    if line is None:
        return "–"
    return shown(line.median) if len(line.values) == 1 else f"{shown(line.median)} ({line.spread})"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [row.partition(":")[2].strip() for row in text.splitlines() if row.startswith("model name")]
    return names[0] if names else platform.machine()


def _build_of_python() -> str:
    """How the interpreter was built: half of an order's time is spent in it, so the same source differs by a seventh."""
    is_optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    try:
        is_shared = "libpython" in Path("/proc/self/maps").read_text(encoding="utf-8")
    except OSError:
        is_shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    optimised = "with" if is_optimised else "without"
    return f"{'a shared library' if is_shared else 'one binary'}, configured {optimised} --enable-optimizations"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
