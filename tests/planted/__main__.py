"""`python -m tests.planted [WORD …]`: plant each defect whose name has one of the words (default: all), and say what caught it."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.planted.defects import DEFECTS
from tests.planted.planting import AnchorGone, catch


def main(arguments: list[str] | None = None) -> int:
    """0 where every named test has caught its defect."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="part of a defect's number or name")
    parser.add_argument("--list", action="store_true", help="only say which there are")
    options = parser.parse_args(arguments)
    chosen = [each for each in DEFECTS if not options.words or any(word in each.name for word in options.words)]
    if not chosen:
        parser.error("no such defect; --list says which there are")
    missed = 0
    for defect in chosen:
        print(f"{defect.catalogue or '–':5} {defect.what}", flush=True)
        if options.list:
            print("".join(f"      must be caught by {test}\n" for test in defect.tests), end="")
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                for test, by in catch(defect, Path(folder)):
                    missed += not by
                    print(
                        f"      {'caught by' if by else 'NOT CAUGHT by'} {test.rpartition('::')[2]}: {by[:120]}",
                        flush=True,
                    )
            except AnchorGone as gone:
                missed += 1
                print(f"      NOT PLANTED: {gone}", flush=True)
    if not options.list:
        print(f"{len(chosen)} defects; {f'{missed} times not caught' if missed else 'all caught by every test named'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
