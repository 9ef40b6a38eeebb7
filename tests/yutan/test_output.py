"""What people read: nothing of an answer is cut, whatever it holds; programs get the whole of it as JSON."""

import json

import pytest

from yutan.cli import output

CONTENT = {
    "act": "announce_auction",
    "fields": {"code": "2026-01", "categories": ["key_emitter", "institution"], "awards": [{"account": "E001"}]},
    "document": "渝环〔2026〕1号" * 30,
    "reason": "",
}


def test_what_is_nested_has_a_line_each_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(CONTENT, as_json=False, title="content")
    shown = capsys.readouterr().out
    lines = {words[0]: words[1:] for line in shown.splitlines() if (words := line.split())}
    assert lines["fields.code"] == ["2026-01"]
    assert lines["fields.categories"] == ["key_emitter,", "institution"]
    assert lines["fields.awards.1.account"] == ["E001"]
    assert lines["reason"] == ["-"]
    assert "".join(shown.split()).count("渝环〔2026〕1号") == 30
    assert "…" not in shown


def test_a_table_shows_the_columns_it_is_asked_for_and_json_all(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"auction": "2026-01", "result": {"price": "40.00"}, "lot": 1}, {"auction": "2026-02", "lot": 1}]
    output.show(rows, as_json=False, columns=("auction", "result"))
    shown = capsys.readouterr().out
    assert "price 40.00" in shown
    assert "2026-02" in shown
    assert "lot" not in shown
    output.show(rows, as_json=True, columns=("auction", "result"))
    assert json.loads(capsys.readouterr().out) == rows


def test_a_row_that_leaves_a_column_out_does_not_shift_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"stage": "fixing", "by": "exchange"}, {"stage": "close", "remedy": "close-day"}]
    output.show(rows, as_json=False)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    assert [row for row in cells if row] == [["fixing", "exchange", "-"], ["close", "-", "close-day"]]
