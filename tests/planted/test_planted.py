"""The tests have teeth: each planted defect is caught by the tests that are named for it, and they pass without it."""

import os
from pathlib import Path

import pytest

from tests.planted.defects import DEFECTS, Defect, Edit
from tests.planted.planting import ROOT, AnchorGone, catch, copy_of_the_project, planted, run_test

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
QUICK_TESTS = sorted({test for defect in DEFECTS if defect.is_quick for test in defect.tests[:1]})


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_every_defect_can_still_be_planted(defect: Defect) -> None:
    for edit in defect.edits:
        source = (ROOT / edit.file).read_text(encoding="utf-8")
        compile(planted(edit, source), edit.file, "exec")


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_is_caught_by_each_test_named_for_it(defect: Defect, tmp_path: Path) -> None:
    if not IS_PROVING and not defect.is_quick:
        pytest.skip("with YUTAN_PROVE=1")
    named = defect if IS_PROVING else defect._replace(tests=defect.tests[:1])
    assert [caught.test for caught in catch(named, tmp_path) if not caught.by] == []


def test_without_a_defect_the_same_tests_pass_in_a_copy(tmp_path: Path) -> None:
    copy_of_the_project(tmp_path)
    wanted = sorted({test for defect in DEFECTS for test in defect.tests}) if IS_PROVING else QUICK_TESTS
    assert [(caught.test, caught.by) for caught in (run_test(test, tmp_path) for test in wanted) if caught.by] == []


def test_a_text_that_is_gone_is_said_with_its_file() -> None:
    with pytest.raises(AnchorGone, match=r"engine/core/book\.py.*is there 0 times"):
        planted(Edit("engine/core/book.py", "no such text", ""), "anything")
