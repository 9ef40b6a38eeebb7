"""A start brings back exactly what was durable, however the last run ended and wherever its followers stood."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import crashpoints
from engine.core.commands import CancelAll
from engine.journal import JournalError, JournalLocked
from engine.recovery import Progress, RecoveryError, recover, replay_hash, state_hash
from engine.sequencer import Batch
from engine.settings import EngineSettings
from tests.engine import build


class Storing(build.Remembering):
    """A follower that has stored everything up to its mark."""

    def __init__(self, mark: int) -> None:
        super().__init__()
        self.mark = mark


async def finished(folder: Path, length: int = 300, seed: int = 11) -> tuple[int, str]:
    """Run a flow in three sessions, closed cleanly; returns last seq and state hash of the live market."""
    wanted = build.opened_market() + build.flow(seed, length)
    third = len(wanted) // 3
    for part in (wanted[:third], wanted[third : 2 * third], wanted[2 * third :]):
        sequencer = await build.run_flow(folder, part, step=10)
        live = sequencer.head[0], state_hash(sequencer._market)
        await sequencer.close()
    return live


def snapshots(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*.snapshot"))


async def test_an_empty_folder_is_the_beginning(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await recover(tmp_path / "new", [follower])
    assert (follower.start_seq, follower.batches, sequencer.head[0]) == (0, [], 0)
    await sequencer.close()
    assert snapshots(tmp_path / "new") == []


async def test_the_state_is_the_same_with_and_without_each_snapshot(tmp_path: Path) -> None:
    live = await finished(tmp_path)
    assert len(snapshots(tmp_path)) == 3
    assert replay_hash(tmp_path) == live
    for left in (3, 2, 1, 0):
        kept = snapshots(tmp_path)
        follower = build.Remembering()
        sequencer = await recover(tmp_path, [follower], settings=build.INLINE)
        assert (sequencer.head[0], state_hash(sequencer._market)) == live
        start = int(snapshots(tmp_path)[-1].stem) if left else 0
        assert follower.start_seq == start
        assert follower.seqs == list(range(start + 1, live[0] + 1))
        assert all(origin is None for batch in follower.batches for origin in batch.origins)
        sequencer._market.audit()
        await sequencer.close()
        assert int(snapshots(tmp_path)[-1].stem) == live[0], "closing spares the next start what this one had to replay"
        for path in {*snapshots(tmp_path)} - {*kept[:-1]}:
            path.unlink()


async def test_the_start_is_from_a_snapshot_that_no_follower_is_behind(tmp_path: Path) -> None:
    last_seq, _ = await finished(tmp_path)
    first, second, third = (int(path.stem) for path in snapshots(tmp_path))
    for mark, start in ((last_seq, third), (third - 1, second), (second, second), (first + 1, first), (0, 0)):
        behind, ahead = Storing(mark), Storing(last_seq)
        sequencer = await recover(tmp_path, [ahead, behind, build.Remembering()], settings=build.INLINE)
        for follower in (ahead, behind):
            assert follower.start_seq == start
            assert follower.seqs == list(range(start + 1, last_seq + 1))
        await sequencer.close()


async def test_a_damaged_snapshot_is_passed_over_and_reported(tmp_path: Path) -> None:
    live = await finished(tmp_path)
    newest = snapshots(tmp_path)[-1]
    data = bytearray(newest.read_bytes())
    data[-10] ^= 1
    newest.write_bytes(data)
    steps: list[tuple[list[str], int, int]] = []

    def note(progress: Progress) -> None:
        steps.append((progress.damaged, progress.snapshot_seq, progress.seq))

    sequencer = await recover(tmp_path, [], settings=build.INLINE, on_progress=note)
    assert (sequencer.head[0], state_hash(sequencer._market)) == live
    assert steps[0] == ([f"{newest.name}: the body is damaged"], int(snapshots(tmp_path)[-2].stem), steps[0][1])
    assert steps[-1][2] == live[0]
    await sequencer.close()


async def test_when_every_snapshot_is_damaged_all_are_reported_and_the_journal_is_replayed(tmp_path: Path) -> None:
    live = await finished(tmp_path)
    for path in snapshots(tmp_path):
        os.truncate(path, 50)
    found: list[Progress] = []
    sequencer = await recover(tmp_path, [], settings=build.INLINE, on_progress=found.append)
    assert (len(found[0].damaged), found[0].snapshot_seq) == (3, 0)
    assert (sequencer.head[0], state_hash(sequencer._market)) == live
    await sequencer.close()


async def test_a_torn_tail_is_reported(tmp_path: Path) -> None:
    live = await finished(tmp_path)
    for path in snapshots(tmp_path):
        path.unlink()
    segment = build.only_segment(tmp_path / "journal")
    os.truncate(segment, segment.stat().st_size - 1)
    found: list[Progress] = []
    sequencer = await recover(tmp_path, [], settings=build.INLINE, on_progress=found.append)
    assert found[0].torn is not None
    assert found[0].torn.after_seq == sequencer.head[0] < live[0]
    await sequencer.close()


async def test_a_journal_shorter_than_a_snapshot_stops_the_start(tmp_path: Path) -> None:
    await finished(tmp_path)
    segment = build.only_segment(tmp_path / "journal")
    os.truncate(segment, segment.stat().st_size - 1)
    with pytest.raises(RecoveryError, match="later than the journal"):
        await recover(tmp_path, [])
    with pytest.raises(RecoveryError, match="later than the journal"):  # and the folder is free to be looked at
        await recover(tmp_path, [])


async def test_a_journal_shorter_than_what_a_follower_has_stored_stops_the_start(tmp_path: Path) -> None:
    last_seq, _ = await finished(tmp_path)
    with pytest.raises(RecoveryError, match=f"stored seq {last_seq + 1}, but the journal ends at {last_seq}"):
        await recover(tmp_path, [Storing(last_seq + 1)])


async def test_a_snapshot_of_another_journal_stops_the_start(tmp_path: Path) -> None:
    await finished(tmp_path / "one", seed=1)
    await finished(tmp_path / "two", seed=2)
    foreign = snapshots(tmp_path / "two")[-1]
    for path in snapshots(tmp_path / "one"):
        path.unlink()
    (tmp_path / "one" / "journal" / foreign.name).write_bytes(foreign.read_bytes())
    with pytest.raises(RecoveryError, match="another journal"):
        await recover(tmp_path / "one", [])


async def test_a_damaged_journal_stops_the_start(tmp_path: Path) -> None:
    await finished(tmp_path)
    segment = build.only_segment(tmp_path / "journal")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalError):
        await recover(tmp_path, [])


async def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    sequencer = await recover(tmp_path, [])
    with pytest.raises(JournalLocked):
        await recover(tmp_path, [])
    await sequencer.close()


async def test_recovery_waits_for_a_follower_that_has_no_room(tmp_path: Path) -> None:
    class Narrow(Storing):
        def on_batch(self, batch: Batch) -> None:
            assert self.has_room
            super().on_batch(batch)
            self.has_room = False
            asyncio.get_running_loop().call_soon(self.make_room)

        def make_room(self) -> None:
            self.has_room = True

    last_seq, _ = await finished(tmp_path)
    follower = Narrow(0)
    sequencer = await recover(tmp_path, [follower], settings=EngineSettings(disk="inline", batch_commands_max=20))
    assert follower.seqs == list(range(1, last_seq + 1))
    assert len(follower.batches) > 5
    await sequencer.close()


def run(arguments: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python in another process to its end."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | (environment or {}), timeout=300
    )


def replayed(folder: Path, hash_seed: int, *options: str) -> tuple[int, str]:
    """The same replay in another process with another hash seed."""
    ran = run(["-m", "engine.replay", str(folder), *options], {"PYTHONHASHSEED": str(hash_seed)})
    seq, state = ran.stdout.split()
    return int(seq), state


async def test_a_replay_in_another_process_with_another_hash_seed_gives_the_same_state(tmp_path: Path) -> None:
    live = await finished(tmp_path)
    assert [replayed(tmp_path, seed) for seed in (1, 2)] == [live, live]
    assert replayed(tmp_path, 3, "--until", "100") == replay_hash(tmp_path, 100)
    assert replay_hash(tmp_path, 100)[0] == 100


async def test_a_replay_of_a_damaged_journal_says_where(tmp_path: Path) -> None:
    await finished(tmp_path)
    segment = build.only_segment(tmp_path / "journal")
    data = bytearray(segment.read_bytes())
    data[200] ^= 1
    segment.write_bytes(data)
    ran = run(["-m", "engine.replay", str(tmp_path)])
    assert ran.returncode == 1
    assert segment.name in ran.stderr


# ---- killed anywhere ------------------------------------------------------------------------------------

SESSION = """
import asyncio, sys
from pathlib import Path
from engine.recovery import recover
from engine.sequencer import Batch
from engine.settings import EngineSettings
from tests.engine import build

async def main(folder, seed, disk):
    class Telling(build.Remembering):
        def on_batch(self, batch):
            sys.stdout.write(f"{batch.entries[-1].seq}\\n")
            sys.stdout.flush()

    settings = EngineSettings(disk=disk, snapshot_every=60, segment_bytes_max=6_000)
    sequencer = await recover(folder, [Telling()], settings=settings)
    wanted = [] if sequencer.view.is_founded else build.opened_market()
    for number, command in enumerate(wanted + build.flow(seed, 150)):
        if number % 5 == 0:
            await sequencer.submit(command)
        else:
            sequencer.submit_nowait(command, None)
    await sequencer.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.parametrize("disk", ["inline", "thread"])
async def test_a_kill_at_any_crash_point_loses_nothing_that_was_told(tmp_path: Path, disk: str) -> None:
    dice = random.Random(20)
    told = 0
    for seed, name in enumerate(crashpoints.NAMES):
        crash = {crashpoints.VARIABLE: f"{name}:{dice.randint(1, 8)}"}
        ran = run(["-c", SESSION, str(tmp_path), str(seed), disk], crash)
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        told = max([told, *(int(line) for line in ran.stdout.split())])
        follower = build.Remembering()
        sequencer = await recover(tmp_path, [follower], settings=build.INLINE)
        assert sequencer.head[0] >= told
        assert follower.seqs == list(range(follower.start_seq + 1, sequencer.head[0] + 1))
        assert replay_hash(tmp_path) == (sequencer.head[0], state_hash(sequencer._market))
        if sequencer.view.is_founded:
            sequencer._market.audit()
            await sequencer.submit(CancelAll(1, 0, 0))
        await sequencer.close()


@pytest.mark.parametrize("spec", ["nowhere:1", "after_append", "after_append:0", "after_append:x", ":1"])
def test_a_crash_point_that_does_not_exist_stops_the_process_at_once(spec: str) -> None:
    ran = run(["-c", "import engine.crashpoints"], {crashpoints.VARIABLE: spec})
    assert "is not NAME:N" in ran.stderr
