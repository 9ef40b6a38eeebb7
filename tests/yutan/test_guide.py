"""The ten-minute guide, run as it stands: every command of it, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.yutan.kit import ROOT

WAIT_UNTIL_OPEN = "until [ -s data/try/running.json ]; do sleep 0.1; done\n"
SERVED = "yutan serve --data data/try --timetable manual &\n"


def test_each_command_of_the_guide_runs(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    lines = "".join(re.findall(r"```sh\n(.*?)```", guide, re.DOTALL))
    assert lines.count(SERVED) == 2
    on_free_ports = SERVED.replace("--timetable", "--ws-port 0 --http-port 0 --timetable")
    lines = lines.replace(SERVED, "rm -f data/try/running.json\n" + on_free_ports + WAIT_UNTIL_OPEN)
    for name, words in (("yutan", "-m yutan "), ("python", "")):
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name == "YUTAN_PURE" or not name.startswith("YUTAN_")}
    path = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "LANG": "en_US.UTF-8",
        "COLUMNS": "200",
        "PYTHONIOENCODING": "utf-8",
    }
    script = "set -euo pipefail\ntrap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT\n" + lines
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=kept | path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    said = done.stdout
    assert "Accepted: buy 60 t, limit 40.10, day" in said
    assert "resumed at 2 trade 60" in said
    first, again = re.findall(r"^order_id\s+(O-\d+)", said.partition("first-1")[0], re.MULTILINE), said
    assert first
    assert again.count("T-2") == 0, "an order sent again trades once"
    assert "2026-11-23" in said.partition("resumed at")[2]
