"""docs/benchmarks.md and its chart say what the report they name says, and nothing else."""

import re
from pathlib import Path

import msgspec

from bench import document
from bench.report import ROOT, Line, Report


def _reports() -> dict[str, Report]:
    found = re.search(
        r"python -m bench\.document (bench/results/[^`]+\.json)`", document.PAGE.read_text(encoding="utf-8")
    )
    assert found is not None, "docs/benchmarks.md must name its reports"
    return {path: msgspec.json.decode((ROOT / path).read_bytes(), type=Report) for path in found[1].split()}


def test_the_document_is_what_its_reports_give() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page(_reports())


def test_the_charts_are_what_its_reports_give() -> None:
    pictures = document.charts(_reports())
    assert document.CHART in pictures
    for path, text in pictures.items():
        assert path.read_text(encoding="utf-8") == text


def test_the_chart_of_peers_has_each_engine_once_and_no_wrong_one() -> None:
    def line(name: str, form: str, value: float, note: str = "right") -> Line:
        return Line("peers", form, name, "commands/s", "more", [value], note)

    lines = [line("our book", form, speed) for form, speed in (("plain", 1e6), ("compiled", 4e6))]
    lines += [line(name, form, 5e5) for form in ("plain", "compiled") for name in ("steady", "false")]
    lines = [msgspec.structs.replace(each, note="WRONG: fills") if each.name == "false" else each for each in lines]
    lines.append(Line("peers", "plain", "our book to the fastest right peer", "×", "more", [2.0]))
    [report, *_] = _reports().values()
    text = document.charts({"a": msgspec.structs.replace(report, lines=lines)})[document.PEERS_CHART]
    labels = re.findall(r'text-anchor="end">([^<]+)<', text)
    assert labels == ["our book, compiled", "our book, plain", "steady"]


def test_a_benchmark_is_told_from_the_last_report_that_has_it() -> None:
    [report, *_] = _reports().values()
    first, second = (Line("core", "plain", "mix", "commands/s", "more", [speed]) for speed in (1e6, 2e6))
    other = Line("book", "plain", "mix", "commands/s", "more", [3e6])
    older = msgspec.structs.replace(report, lines=[first, other], facts={"core": {"orders": 1}, "book": {"orders": 2}})
    newer = msgspec.structs.replace(report, lines=[second], facts={"core": {"orders": 3}})
    text = document.page({"older.json": older, "newer.json": newer})
    assert text.index("(Report 2.)") < text.index("2,000,000") < text.index("(Report 1.)") < text.index("3,000,000")
    assert "1,000,000" not in text
    assert "- core: orders 3\n- book: orders 2\n" in text
    assert "1,000,000" not in document.charts({"older.json": older, "newer.json": newer})[document.CHART]


def test_documented_reports_are_of_full_size_and_of_named_commits() -> None:
    for path, report in _reports().items():
        assert report.scale == 1.0
        assert re.fullmatch(r"[0-9a-f]{12}", report.commit), "measure a commit, without changes"
        assert Path(path).stem.startswith(report.taken_at[:10])
