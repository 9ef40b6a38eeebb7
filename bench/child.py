"""`python -m bench.child NAME`: one run of one benchmark in a process of its own; its JSON is the last line of stdout."""

import argparse
import sys
from importlib import import_module

import msgspec

from bench.measure import Measured
from engine.compiled import is_compiled


class Run(msgspec.Struct, frozen=True):
    """One run, as the child process reports it: which form of the core ran, and what was measured."""

    form: str
    measured: Measured


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="bench.child", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    measured = import_module(f"bench.{options.name}").measure(options.scale, options.seed)
    print(msgspec.json.encode(Run("compiled" if is_compiled() else "plain", measured)).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
