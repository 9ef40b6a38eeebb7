"""`python -m bench [NAME …]`: measure, and print tables with their doubts."""

import argparse
import sys
from pathlib import Path

import msgspec

from bench import report, suite


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named, or all; 1 when a run failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(suite.NAMES)} (default: all)")
    parser.add_argument("--runs", type=int, default=suite.RUNS, help="runs of each, in processes of their own")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the workloads; documents quote 1.0")
    parser.add_argument("--seed", type=int, default=1, help="seed of the workloads; documents quote 1")
    parser.add_argument("--quick", action="store_true", help="the same as --runs 1 --scale 0.1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here too")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier report, to say what has changed")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in suite.NAMES]
    if unknown or options.runs < 1 or not 0 < options.scale <= 10:
        parser.error(f"unknown benchmark {unknown[0]}" if unknown else "runs are at least 1, the scale is 0 to 10")
    old = msgspec.json.decode(options.compare.read_bytes(), type=report.Report) if options.compare else None
    runs, scale = (1, 0.1) if options.quick else (options.runs, options.scale)
    names = tuple(options.names) or suite.NAMES
    new = None
    try:
        for name, new in suite.run_suite(names, runs, scale, options.seed, _say):
            _print_benchmark(name, new)
            if options.json:  # after each, so that a run that is broken off leaves what it has measured
                options.json.write_bytes(msgspec.json.format(msgspec.json.encode(new), indent=1) + b"\n")
    except suite.BenchmarkFailed as error:
        _say("")
        print(error, file=sys.stderr)
        return 1
    assert new is not None
    print(report.head(new))
    if old is not None:
        print(f"\nAgainst {old.taken_at}, commit {old.commit}:\n")
        print(report.as_text(report.compare(old, new)))
    return 0


def _print_benchmark(name: str, new: report.Report) -> None:
    _say("")
    print(f"{name}: {suite.question_of(name)}\n")
    print(report.as_text(report.table(new, name)))
    for sentence in report.left_out(new, name):
        print(f"Not measured: {sentence}")
    print("\nDoubts:")
    for doubt in suite.module_of(name).DOUBTS:
        print(f"- {doubt}")
    print(flush=True)


def _say(text: str) -> None:
    """Progress, on one line of a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="" if text else "\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
