"""Replay: the recorded day's own trades come out, in its words, and the registry holds what was put in."""

import csv
import gzip
from pathlib import Path

import pytest

from tests.yutan.kit import ROOT, answer
from yutan.replay import Matcher, ReplayError, ReportedFill

REAL = ROOT.parent / "shared" / "data" / "sse_l2_600519_20230207"
HEAD = "seq,phase,time,op,id,side,price,qty\n"
SMALL = """\
1,open_auction,1,limit,a,sell,10000,100
2,open_auction,2,limit,b,buy,10100,60
3,open_auction,3,uncross,,,,
4,continuous,4,limit,c,buy,9900,50
5,continuous,5,limit,d,sell,9900,20
6,continuous,6,cancel,c,buy,9900,30
7,close_auction,7,limit,e,buy,10050,40
8,close_auction,8,uncross,,,,
"""


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def test_a_small_day_trades_in_both_auctions_and_between(tmp_path: Path) -> None:
    flow, out = tmp_path / "flow.csv", tmp_path / "out.csv"
    flow.write_text(HEAD + SMALL)
    summary = answer("replay", str(flow), "--trades", str(out))
    assert rows(out.read_text())[0] == ["seq", "buy_id", "sell_id", "price", "qty"]
    trades = [row[:3] + row[4:] for row in rows(out.read_text())[1:]]
    assert trades == [["3", "b", "a", "60"], ["5", "c", "d", "20"], ["8", "e", "a", "40"]]
    assert rows(out.read_text())[2][3] == "9900"
    assert (summary["orders"], summary["cancels"], summary["trades"]) == (5, 1, 3)
    assert (summary["settled_tonnes"], summary["reconciled"]) == (120, True)


def test_a_wrong_file_or_an_impossible_day_writes_nothing(tmp_path: Path) -> None:
    flow, out = tmp_path / "flow.csv", tmp_path / "out.csv"
    flow.write_text(HEAD + "1,continuous,1,limit,a,buy,10001,1\n")
    assert "line 2" in answer("replay", str(flow), "--trades", str(out), code=65)["error"]["message"]
    flow.write_text(HEAD + SMALL.replace("6,continuous,6,cancel,c", "6,continuous,6,cancel,d"))
    assert "row 6" in answer("replay", str(flow), "--trades", str(out), code=65)["error"]["message"]
    absent = answer("replay", str(tmp_path / "absent.csv"), "--trades", str(out), code=66)
    assert "absent.csv" in absent["error"]["message"]
    assert not out.exists()


def test_both_sides_of_a_trade_must_be_told_the_same() -> None:
    matcher = Matcher({"b": 1, "s": 2})
    matcher.take(ReportedFill(1, True, "b", 100, 5, False))
    assert matcher.unpaired == 1
    with pytest.raises(ReplayError, match="reported differently"):
        matcher.take(ReportedFill(1, False, "s", 101, 5, False))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the exchange's own day is not here: {REAL}")
def test_the_exchanges_own_day_comes_out_trade_by_trade(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    summary = answer("replay", str(REAL / "commands.csv.gz"), "--trades", str(out))
    with gzip.open(REAL / "trades.csv.gz", "rt") as file:
        wanted = [row[:5] for row in csv.reader(file)]
    assert rows(out.read_text()) == wanted
    assert summary["trades"] == 18_685
    assert summary["reconciled"] is True
