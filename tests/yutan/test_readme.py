"""The operator's chapter of the README, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.yutan.kit import ROOT

CHAPTER = re.compile(r"## An operator's day\n.*?```sh\n(.*?)```", re.DOTALL)
WAIT_UNTIL_OPEN = "until [ -s data/mine/running.json ]; do sleep 0.1; done\n"


def test_each_line_of_the_operators_chapter_runs(tmp_path: Path) -> None:
    found = CHAPTER.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    served = "--timetable manual &"
    assert served in found[1]
    lines = found[1].replace(served, "--ws-port 0 --http-port 0 " + served)  # so that no other exchange is in the way
    lines = lines.replace("export YUTAN_DATA", WAIT_UNTIL_OPEN + "export YUTAN_DATA")
    command = tmp_path / "bin" / "yutan"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m yutan "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name == "YUTAN_PURE" or not name.startswith("YUTAN_")}
    path = {
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "LANG": "en_US.UTF-8",
        "COLUMNS": "200",
        "PYTHONIOENCODING": "utf-8",
    }
    script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + lines
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=kept | path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, (done.stdout[-4_000:], done.stderr[-4_000:])
    trail, _, verified = done.stdout.partition("audit trail (操作日志)")[2].partition("核验通过")
    assert "渝环办-2026-9" in "".join(trail.split())
    assert verified
