"""kill -9 while settling: no half trade, no trade twice, none lost, and documents as if nothing had happened."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from settlement.audit import audit
from tests.settlement.busy_session import main as settle_undisturbed
from tests.settlement.busy_session import stream

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
LINES_MAX, AHEAD_MAX = 20, 8  # all runs together stay below the 600 lines of the whole session


def run_and_kill(folder: Path, after_lines: int) -> None:
    """Run the session and kill it as soon as it has said so many lines.

    It goes on committing until the kill arrives, but not far: on a loaded machine the kill may take its time.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.settlement.busy_session", str(folder), "lines", str(after_lines + AHEAD_MAX)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(after_lines)]
    process.kill()
    process.wait()
    process.stdout.close()
    assert said[-1].strip().isdigit(), "it had ended before it could be killed"


def documents(folder: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "registry.db")
    found = connection.execute("SELECT trading_day, body FROM bulletins ORDER BY 1").fetchall()
    found += connection.execute("SELECT account, trading_day, body FROM statements ORDER BY 1, 2").fetchall()
    found += connection.execute("SELECT trade, seq, settled_seq, status FROM trades ORDER BY 1").fetchall()
    found += connection.execute("SELECT * FROM unit_postings ORDER BY posting").fetchall()
    connection.close()
    return found


def test_killed_twenty_times_each_trade_is_settled_exactly_once(tmp_path: Path) -> None:
    rng = random.Random(20)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()
    for _ in range(KILLS):
        run_and_kill(killed, rng.randint(1, LINES_MAX))
        assert audit(killed / "registry.db").findings == []
    subprocess.run(
        [sys.executable, "-m", "tests.settlement.busy_session", str(killed)], cwd=ROOT, check=True, capture_output=True
    )
    asyncio.run(settle_undisturbed(whole))

    assert audit(killed / "registry.db").findings == []
    connection = sqlite3.connect(killed / "registry.db")
    trades = [row[0] for row in connection.execute("SELECT trade FROM trades ORDER BY trade")]
    connection.close()
    assert trades == list(range(1, stream()[0].trade_no + 1))
    assert documents(killed) == documents(whole)


def test_killed_before_each_statement_of_a_transaction_nothing_is_ever_half_done(tmp_path: Path) -> None:
    for number in range(1, 31):  # a transaction has nine statements, so each place in it is met three times
        ended = subprocess.run(
            [sys.executable, "-m", "tests.settlement.busy_session", str(tmp_path), "statement", str(number)],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert audit(tmp_path / "registry.db").findings == []
