"""docs/benchmarks.md and its chart say what the report they name says, and nothing else."""

import re
from pathlib import Path

import msgspec

from bench import document
from bench.report import ROOT, Report


def _source() -> str:
    found = re.search(r"python -m bench\.document (bench/results/\S+\.json)", document.PAGE.read_text(encoding="utf-8"))
    assert found is not None, "docs/benchmarks.md must name its report"
    return found.group(1)


def _report() -> Report:
    return msgspec.json.decode((ROOT / _source()).read_bytes(), type=Report)


def test_the_document_is_what_its_report_gives() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page(_source(), _report())


def test_the_chart_is_what_its_report_gives() -> None:
    assert document.CHART.read_text(encoding="utf-8") == document.chart(_report())


def test_a_documented_report_is_of_full_size_and_of_a_named_commit() -> None:
    report = _report()
    assert report.scale == 1.0
    assert re.fullmatch(r"[0-9a-f]{12}", report.commit), "measure a commit, without changes"
    assert Path(ROOT / _source()).stem.startswith(report.taken_at[:10])
