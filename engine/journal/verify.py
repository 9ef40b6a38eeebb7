"""Check a journal from its first byte to its last: `python -m engine.journal.verify FOLDER`."""

import sys
from pathlib import Path

from engine.journal import form, segments
from engine.journal.form import JournalError


def verify(folder: Path) -> tuple[int, str]:
    """Check every head, checksum, seq, time, link of the chain and command; returns the last seq and its chain in hex.

    Compare them with those published elsewhere: a journal that was cut short or written anew has others. Raises
    `JournalError` at the first thing wrong. Takes no lock; a torn record at the very end is not counted.
    """
    paths = segments.list_segments(folder)
    segments.check_segments(paths)
    seq, at_ns, chain = 0, 0, form.FIRST_CHAIN
    for index, path in enumerate(paths):
        for item in segments.read_segment(path, at_ns, is_last=index == len(paths) - 1):
            if isinstance(item, segments.Tail):
                at_ns = item.at_ns
            elif item.first_seq != seq + 1:
                raise JournalError(path.name, item.offset, seq + 1, f"the record begins with seq {item.first_seq}")
            else:
                item.entries(path.name)
                seq, chain = item.first_seq + item.commands - 1, item.chain
    return seq, chain.hex()


def main() -> int:
    """Print the head of the journal named on the command line; 1 when something is wrong with it."""
    if len(sys.argv) != 2:
        print("usage: python -m engine.journal.verify FOLDER", file=sys.stderr)
        return 2
    try:
        seq, chain = verify(Path(sys.argv[1]))
    except (JournalError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(seq, chain)
    return 0


if __name__ == "__main__":
    sys.exit(main())
