"""Servers of the benchmarks in processes of their own, and what they use of the processor."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from bench.core import ACCOUNTS, Founded
from bench.measure import WorkNotDone
from bench.report import ROOT
from engine.clock import wall_ns
from engine.core import phases
from engine.core.commands import RegisterKey
from engine.journal import Journal
from engine.recovery import JOURNAL_FOLDER
from yutan import folder, keys

START_SECONDS_MAX: Final = 300
STOP_SECONDS_MAX: Final = 120
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server: where it listens, and its process. `page`: address of an exchange's pages."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, page: str = "") -> None:
        self.port = port
        self.page = page
        self._process = process

    def say(self, line: str) -> None:
        """A line for the server's stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def cpu_seconds(self) -> float:
        """Processor time of the whole process so far, user and system (Linux)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_bytes(self) -> int:
        """Memory of the process that is in RAM (Linux)."""
        fields = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def key_id(number: int) -> str:
    """The key of one member: each acts for all accounts."""
    return f"member-{number}"


def found_exchange(data: Path, members: int, instruments: int = 1) -> int:
    """Journal a market in continuous trading whose members' keys lie in the folder; returns its seq."""
    founded = Founded(instruments)
    everyone = tuple(range(1, ACCOUNTS + 1))
    folder.keys(data).mkdir(parents=True)
    for number in range(members):
        key = keys.create(folder.keys(data) / f"{key_id(number)}.pem")
        founded.act(RegisterKey(key_id(number), keys.public_bytes(key), everyone))
    founded.enter(phases.CONTINUOUS)
    journal = Journal.open(data / JOURNAL_FOLDER)
    journal.append_commands(wall_ns(), founded.commands)
    journal.close()
    return founded.market.seq


@contextmanager
def exchange(data: Path, kept: str = "") -> Iterator[Server]:
    """`yutan serve` on this folder, until the block ends; then it closes in good order. kept: with fewer parts, see `fewer`."""
    command = ["-m", "bench.fewer", kept, str(data)]
    if not kept:
        ports = ("--ws-port", "0", "--http-port", "0")
        command = ["-m", "yutan", "serve", "--data", str(data), "--timetable", "manual", *ports, "--json"]
    with open(data / "serve.log", "w", encoding="utf-8") as log:
        process = _start(command, stdout=log)
        try:
            running = _wait_open(process, data)
            yield Server(process, running.ws_port, running.http_url)
        finally:
            process.terminate()
            code = process.wait(STOP_SECONDS_MAX)
    if code != 0:
        raise WorkNotDone(f"the exchange ended with {code}: {_log_tail(data)}")


@contextmanager
def echo() -> Iterator[Server]:
    """A plain echo."""
    with _helper("bench.echo") as server:
        yield server


@contextmanager
def shout() -> Iterator[Server]:
    """A bare write loop."""
    with _helper("bench.shout") as server:
        yield server


@contextmanager
def _helper(module: str) -> Iterator[Server]:
    process = _start(["-m", module], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Server(process, int(process.stdout.readline()))
    finally:
        process.communicate("", STOP_SECONDS_MAX)


def _start(arguments: list[str], stdout: int | IO[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stdout if not isinstance(stdout, int) else None,
        text=True,
    )


def _wait_open(process: "subprocess.Popen[str]", data: Path) -> folder.Running:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            return folder.read_running(data)
        except folder.FolderError:
            time.sleep(0.02)
    raise WorkNotDone(f"the exchange did not open: {_log_tail(data)}")


def journal_is_written(data: Path) -> str:
    """ "inline" or "in a thread": what the exchange of this folder chose when it opened, by measuring its disk."""
    for line in (data / "serve.log").read_text(encoding="utf-8").splitlines():
        said = msgspec.json.decode(line) if line.startswith("{") else {}
        if said.get("event") == "exchange is open":
            return str(said["journal"])
    raise WorkNotDone(f"the exchange did not open: {_log_tail(data)}")


def _log_tail(data: Path) -> str:
    return (data / "serve.log").read_text(encoding="utf-8")[-2_000:]
