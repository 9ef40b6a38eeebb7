"""`python -m bench.document bench/results/FILE.json …`: write docs/benchmarks.md, and its charts, from reports."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from bench import suite
from bench.report import ROOT, Line, Report, as_markdown, head, left_out, shown, table

PAGE: Final = ROOT / "docs" / "benchmarks.md"
CHART: Final = ROOT / "docs" / "benchmarks.svg"
PEERS_CHART: Final = ROOT / "docs" / "peers.svg"
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
_OTHERS: Final = "#c9c9c9"


def page(reports: dict[str, Report]) -> str:
    """The whole document. `reports` by their paths in the repository, the oldest first: a benchmark is told from the last
    report that has it."""
    parts = [
        "# Benchmarks",
        f"Written by `python -m bench.document {' '.join(reports)}` from these reports; not by hand. "
        "A benchmark is told from the last report that has it. How to measure: `bench/README.md`.",
        "\n".join(f"{number}. {head(of)}." for number, of in enumerate(reports.values(), 1)),
        "![Commands a second, by layer](benchmarks.svg)",
    ]
    counted: list[str] = []
    for name, number in _told(reports).items():
        of = list(reports.values())[number - 1]
        doubts = "\n".join(f"- {doubt}" for doubt in suite.module_of(name).DOUBTS)
        picture = ["![Commands a second of each engine](peers.svg)"] if name == "peers" else []
        missing = "\n".join(f"- Not measured: {sentence}" for sentence in left_out(of, name))
        parts += [
            f"## {name}",
            f"{suite.question_of(name)} (Report {number}.)",
            as_markdown(table(of, name)),
            *picture,
            *([missing] if missing else []),
        ]
        parts += ["Doubts:", doubts]
        if name in of.facts:
            counted.append(f"- {name}: " + "; ".join(f"{key} {value}" for key, value in of.facts[name].items()))
    parts += [
        "## What was done",
        "Counts of the last run of each, so that the work can be checked.",
        "\n".join(counted),
    ]
    return "\n\n".join(parts) + "\n"


def _told(reports: dict[str, Report]) -> dict[str, int]:
    """Each benchmark with the number of the report that tells it, from 1."""
    return {line.benchmark: number for number, of in enumerate(reports.values(), 1) for line in of.lines}


def charts(reports: dict[str, Report]) -> dict[Path, str]:
    """Every picture of the document, by the file it belongs in."""
    told = _told(reports)
    lines = [
        line for number, of in enumerate(reports.values(), 1) for line in of.lines if told[line.benchmark] == number
    ]
    found = {CHART: chart(_layers(lines))}
    peers = _peers(lines)
    if peers:
        found[PEERS_CHART] = chart(peers)
    return found


def _layers(told: list[Line]) -> list[tuple[str, Line]]:
    lines = {(line.benchmark, line.name, line.form): line for line in told}
    bars: list[tuple[str, Line]] = []
    for benchmark, name, label in _BARS:
        for form in ("compiled", "plain"):
            line = lines.get((benchmark, name, form))
            if line is not None:
                bars.append((f"{label}, {form}", line))
    return bars


def _peers(told: list[Line]) -> list[tuple[str, Line]]:
    """Ours in both forms, the others once, the fastest first; a wrong engine has no bar."""
    bars: dict[str, Line] = {}
    for line in told:
        if line.benchmark == "peers" and line.unit == "commands/s" and "WRONG" not in line.note:
            bars[f"{line.name}, {line.form}" if line.name.startswith("our ") else line.name] = line
    return sorted(bars.items(), key=lambda bar: -bar[1].median)


def chart(bars: list[tuple[str, Line]]) -> str:
    """Medians a second as bars, each with its value; the length is in proportion to it."""
    longest = max((line.median for _, line in bars), default=1.0)
    height = _ROW * len(bars) + 20
    rows = []
    for place, (label, line) in enumerate(bars):
        top = 10 + place * _ROW
        length = max(1, round(_WIDTH * line.median / longest))
        is_other = line.benchmark == "peers" and not line.name.startswith("our ")
        rows.append(
            f'<text x="{_LEFT - 8}" y="{top + 16}" text-anchor="end">{label}</text>'
            f'<rect x="{_LEFT}" y="{top + 3}" width="{length}" height="{_ROW - 8}" '
            f'fill="{_OTHERS if is_other else _COLOURS[line.form]}"/>'
            f'<text x="{_LEFT + length + 6}" y="{top + 16}">{shown(line.median)} {line.unit}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 170}" height="{height}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(rows)
        + "\n</svg>\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the page and its pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench.document", description=__doc__)
    parser.add_argument("report", type=Path, nargs="+", help="the oldest first")
    paths = [path.resolve() for path in parser.parse_args(arguments).report]
    reports = {path.relative_to(ROOT).as_posix(): msgspec.json.decode(path.read_bytes(), type=Report) for path in paths}
    PAGE.write_text(page(reports), encoding="utf-8")
    for picture, text in charts(reports).items():
        picture.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
