"""`python -m bench.document bench/results/FILE.json`: write docs/benchmarks.md, and its charts, from one report."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from bench import report, suite
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
        picture = ["![Commands a second of each engine](peers.svg)"] if name == "peers" else []
        missing = "\n".join(f"- Not measured: {sentence}" for sentence in left_out(of, name))
        parts += [
            f"## {name}",
            suite.question_of(name),
            as_markdown(table(of, name)),
            *picture,
            *([missing] if missing else []),
        ]
        parts += ["Doubts:", doubts]
    facts = [f"- {name}: " + "; ".join(f"{key} {value}" for key, value in of.facts[name].items()) for name in of.facts]
    parts += ["## What was done", "Counts of the last run of each, so that the work can be checked.", "\n".join(facts)]
    return "\n\n".join(parts) + "\n"


def charts(of: Report) -> dict[Path, str]:
    """Every picture of the document, by the file it belongs in."""
    found = {CHART: chart(_layers(of))}
    peers = _peers(of)
    if peers:
        found[PEERS_CHART] = chart(peers)
    return found


def _layers(of: Report) -> list[tuple[str, Line]]:
    lines = {(line.benchmark, line.name, line.form): line for line in of.lines}
    bars: list[tuple[str, Line]] = []
    for benchmark, name, label in _BARS:
        for form in ("compiled", "plain"):
            line = lines.get((benchmark, name, form))
            if line is not None:
                bars.append((f"{label}, {form}", line))
    return bars


def _peers(of: Report) -> list[tuple[str, Line]]:
    """Ours in both forms, the others once, the fastest first; a wrong engine has no bar."""
    bars: dict[str, Line] = {}
    for line in of.lines:
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
    parser.add_argument("report", type=Path)
    path = parser.parse_args(arguments).report.resolve()
    of = msgspec.json.decode(path.read_bytes(), type=report.Report)
    PAGE.write_text(page(path.relative_to(ROOT).as_posix(), of), encoding="utf-8")
    for picture, text in charts(of).items():
        picture.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
