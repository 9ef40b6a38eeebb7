"""Where the recorded truth lies: files beside the repository, read without changing them."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def path_of(name: str) -> Path:
    """A data file; the test that asks for one that is not there is skipped and says so."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"recorded truth is not here: {path}")
    return path


def rows(name: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a gzipped table."""
    with gzip.open(path_of(name), "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def lines(name: str) -> list[str]:
    """The lines of a gzipped text."""
    with gzip.open(path_of(name), "rt", encoding="utf-8") as file:
        return file.read().split()
