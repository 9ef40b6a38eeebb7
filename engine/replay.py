"""`python -m engine.replay DIR [--until SEQ]`: replay a data folder from its first entry and print seq and state hash."""

import argparse
import sys
from pathlib import Path

from engine.journal.form import JournalError
from engine.recovery import replay_hash


def main(arguments: list[str] | None = None) -> int:
    """Print "SEQ SHA256"; 1 when the journal is damaged."""
    parser = argparse.ArgumentParser(prog="engine.replay", description=__doc__)
    parser.add_argument("folder", type=Path, help="the exchange's data folder")
    parser.add_argument("--until", type=int, default=None, metavar="SEQ", help="stop after this entry")
    options = parser.parse_args(arguments)
    try:
        seq, state = replay_hash(options.folder, options.until)
    except JournalError as error:
        print(error, file=sys.stderr)
        return 1
    print(seq, state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
