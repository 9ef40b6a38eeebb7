"""The command `yutan`: for members, operators and whoever looks after the exchange. `--json` on every command."""

import sys


def main() -> None:
    """Entry point of the command."""
    from yutan.cli.app import tree

    tree(*sys.argv[1:2])()
