"""A real exchange in a process of its own, and the command line against it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.yutan.forked import Forker
from yutan import folder

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180.0  # of which an idle machine needs seconds
FIRST, SECOND = "li-qing", "wang-heng"
_forker: Forker | None = None  # one for all commands of this process


def command(*words: str) -> list[str]:
    """The command line `yutan …`."""
    return [sys.executable, "-m", "yutan", *words]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    global _forker
    if _forker is None:
        _forker = Forker(ROOT, _environ())
    return _forker.run(*words, timeout_s=DEADLINE_S)


def answer(*words: str, code: int = 0) -> Any:
    """What a command answers with --json; fails where its exit code is another."""
    done = run(*words, "--json")
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def start(*words: str) -> subprocess.Popen[str]:
    """Start a command that goes on."""
    return subprocess.Popen(
        command(*words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environ(),
    )


def wait_until_open(data: Path, process: subprocess.Popen[str]) -> folder.Running:
    """Wait for the doors; fails where the process ends before."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.communicate()[0]}")
        try:
            running = folder.read_running(data)
        except folder.FolderError:
            time.sleep(0.02)
            continue
        if running.pid == process.pid:
            return running
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"not open in time: {process.communicate()[0]}")


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    """What `found` returns, once that is something."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}")


def stop(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; returns what it said. Fails where it does not end in good order."""
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=DEADLINE_S)[0]
    assert process.returncode == 0, said
    return said


@contextmanager
def serving(data: Path) -> Iterator[folder.Running]:
    """An exchange on this folder, closed in good order at the end."""
    process = start("serve", "--data", str(data), "--ws-port", "0", "--http-port", "0")
    try:
        yield wait_until_open(data, process)
        stop(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YUTAN_")}
    return {**kept, "LANG": "en_US.UTF-8", "PYTHONIOENCODING": "utf-8"}
