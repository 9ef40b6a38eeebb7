"""docs/benchmarks.md and its chart say what the report they name says, and nothing else."""

import re
from pathlib import Path

import msgspec

from bench import document
from bench.report import ROOT, Line, Report


def _source() -> str:
    found = re.search(r"python -m bench\.document (bench/results/\S+\.json)", document.PAGE.read_text(encoding="utf-8"))
    assert found is not None, "docs/benchmarks.md must name its report"
    return found.group(1)


def _report() -> Report:
    return msgspec.json.decode((ROOT / _source()).read_bytes(), type=Report)


def test_the_document_is_what_its_report_gives() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page(_source(), _report())


def test_the_charts_are_what_its_report_gives() -> None:
    pictures = document.charts(_report())
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
    text = document.charts(msgspec.structs.replace(_report(), lines=lines))[document.PEERS_CHART]
    labels = re.findall(r'text-anchor="end">([^<]+)<', text)
    assert labels == ["our book, compiled", "our book, plain", "steady"]


def test_a_documented_report_is_of_full_size_and_of_a_named_commit() -> None:
    report = _report()
    assert report.scale == 1.0
    assert re.fullmatch(r"[0-9a-f]{12}", report.commit), "measure a commit, without changes"
    assert Path(ROOT / _source()).stem.startswith(report.taken_at[:10])
