"""Each of many random single edits of a data folder is found: 150 here, 1,000 with YUTAN_PROVE."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.verifier.edits import Editor
from yutan.verifier.folder import verify

RUNS = 5
EDITS = 200 if os.environ.get("YUTAN_PROVE") else 30


@pytest.mark.parametrize("seed", range(RUNS))
def test_every_single_edit_is_found(made: Path, tmp_path: Path, seed: int) -> None:
    editor = Editor(made, tmp_path / "copy", seed)
    assert verify(editor.copy).report.findings == []
    missed, places = [], Counter[str]()
    for _ in range(EDITS):
        edit = editor.edit()
        places[edit.file.split("/")[0]] += 1
        if not verify(editor.copy).report.findings:
            missed.append(edit)
        editor.undo(edit)
    assert missed == []
    assert len(places) >= 5
    assert verify(editor.copy).report.findings == []  # nothing of the edits was left behind
