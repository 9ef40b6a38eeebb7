"""`python -m bench.document bench/results/FILE.json`: write docs/benchmarks.md, and its chart, from one report."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from bench import report, suite
from bench.report import ROOT, Line, Report, as_markdown, head, shown, table

PAGE: Final = ROOT / "docs" / "benchmarks.md"
CHART: Final = ROOT / "docs" / "benchmarks.svg"
_BARS: Final = (
    ("book", "mix", "book alone, mix"),
    ("core", "mix", "whole core, mix"),
    ("sequencer", "4,096 in flight", "durable, 4,096 in flight"),
    ("end_to_end", "50 × 16: exchange", "over sockets, 50 × 16"),
    ("end_to_end", "50 × 16: echo", "plain echo, 50 × 16"),
    ("settle", "settled", "fills settled"),
)
_LEFT: Final = 250
_WIDTH: Final = 460
_ROW: Final = 26
_COLOURS: Final = {"compiled": "#1b6ca8", "plain": "#9db8cc"}


def page(source: str, of: Report) -> str:
    """The whole document. `source`: the report's path in the repository."""
    parts = [
        "# Benchmarks",
        f"Written by `python -m bench.document {source}` from that report; not by hand. How to measure: `bench/README.md`.",
        head(of) + ".",
        "![Commands a second, by layer](benchmarks.svg)",
    ]
    for name in dict.fromkeys(line.benchmark for line in of.lines):
        doubts = "\n".join(f"- {doubt}" for doubt in suite.module_of(name).DOUBTS)
        parts += [f"## {name}", suite.question_of(name), as_markdown(table(of, name)), "Doubts:", doubts]
    facts = [f"- {name}: " + "; ".join(f"{key} {value}" for key, value in of.facts[name].items()) for name in of.facts]
    parts += ["## What was done", "Counts of the last run of each, so that the work can be checked.", "\n".join(facts)]
    return "\n\n".join(parts) + "\n"


def chart(of: Report) -> str:
    """Medians a second as bars, each with its value; the length is in proportion to it."""
    lines = {(line.benchmark, line.name, line.form): line for line in of.lines}
    bars: list[tuple[str, Line]] = []
    for benchmark, name, label in _BARS:
        for form in ("compiled", "plain"):
            line = lines.get((benchmark, name, form))
            if line is not None:
                bars.append((f"{label}, {form}", line))
    longest = max((line.median for _, line in bars), default=1.0)
    height = _ROW * len(bars) + 20
    rows = []
    for place, (label, line) in enumerate(bars):
        top = 10 + place * _ROW
        length = max(1, round(_WIDTH * line.median / longest))
        rows.append(
            f'<text x="{_LEFT - 8}" y="{top + 16}" text-anchor="end">{label}</text>'
            f'<rect x="{_LEFT}" y="{top + 3}" width="{length}" height="{_ROW - 8}" fill="{_COLOURS[line.form]}"/>'
            f'<text x="{_LEFT + length + 6}" y="{top + 16}">{shown(line.median)} {line.unit}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 170}" height="{height}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(rows)
        + "\n</svg>\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Write both files."""
    parser = argparse.ArgumentParser(prog="python -m bench.document", description=__doc__)
    parser.add_argument("report", type=Path)
    path = parser.parse_args(arguments).report.resolve()
    of = msgspec.json.decode(path.read_bytes(), type=report.Report)
    PAGE.write_text(page(path.relative_to(ROOT).as_posix(), of), encoding="utf-8")
    CHART.write_text(chart(of), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
