"""Recorded order flow is read whole or refused with the line that is wrong."""

import gzip
from pathlib import Path

import pytest

from engine.core.units import BUY
from yutan.flowfile import Cancel, FlowError, Limit, Uncross, read

HEAD = "seq,phase,time,op,id,side,price,qty\n"
GOOD = "1,open_auction,1,limit,30,buy,1818880,100\n2,open_auction,2,cancel,30,buy,1818880,100\n"


def test_rows_come_in_file_order_with_prices_in_ticks(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(HEAD + GOOD + "3,open_auction,3,uncross,,,,\n")
    rows = [
        Limit(1, "open_auction", "30", BUY, 181888, 100),
        Cancel(2, "open_auction", "30"),
        Uncross(3, "open_auction"),
    ]
    assert read(path) == rows
    (tmp_path / "flow.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read(tmp_path / "flow.csv.gz") == rows


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("3,continuous,3,limit,30,buy,10,1\n", "used before"),
        ("2,continuous,3,limit,31,buy,10,1\n", "does not follow"),
        ("3,lunch,3,limit,31,buy,10,1\n", "phase"),
        ("3,continuous,3,uncross,,,,\n", "uncross"),
        ("3,continuous,3,cancel,99,buy,10,1\n", "not an earlier order"),
        ("3,continuous,3,limit,31,both,10,1\n", "side"),
        ("3,continuous,3,limit,31,buy,15,1\n", "tick"),
        ("3,continuous,3,limit,31,buy,1e3,1\n", "price"),
        ("3,continuous,3,limit,31,buy,10,0\n", "qty"),
        ("3,continuous,3,limit,31,buy,10\n", "columns"),
        ("3,continuous,3,modify,31,buy,10,1\n", "op"),
        ("3,continuous,3,limit,../x,buy,10,1\n", "id"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(HEAD + GOOD + row)
    with pytest.raises(FlowError, match="line 4") as caught:
        read(path)
    assert words in str(caught.value)


def test_other_columns_and_torn_archives_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("seq,op\n")
    with pytest.raises(FlowError, match="columns must be"):
        read(tmp_path / "a.csv")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEAD + GOOD).encode())[:-12])
    with pytest.raises(FlowError):
        read(tmp_path / "b.csv.gz")
