"""A disk that fails or fills up: the server ends itself with evidence, has said nothing untrue, and the next start goes on."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.sequencer import EXIT_FAIL_STOP
from tests.crash.faults import Fault
from tests.crash.market import SNAPSHOT_EVERY, Founded
from tests.crash.serving import Server, Unstarted
from tests.crash.session import Session, busy_session

ENDING = (
    Fault("sync", ".segment", "eio", 40),
    Fault("write", ".segment", "eio", 41),
    Fault("write", ".segment", "full", 42),
    Fault("sync", ".snapshot.partial", "eio", 1),
    Fault("write", ".snapshot.partial", "full", 1),
    Fault("sync", "registry.db-wal", "eio", 5),
    Fault("write", "registry.db-wal", "full", 30),
    Fault("write", "history.db-wal", "full", 20),
    Fault("write", "tape.db-wal", "full", 4),
)
SHORT = Fault("write", "", "short", 3)
FAULT_S_MAX = 180.0  # of trading, until the fault has been met; on an idle machine two seconds
DAY_S = 1.0


async def serve_until_it_ends(session: Session, **settings: str) -> tuple[int, str]:
    """Run the server with something wrong: its exit code and what it said."""
    async with await Server.spawn(session.folder, YUTAN_SNAPSHOT_EVERY=SNAPSHOT_EVERY, **settings) as server:
        try:
            await server.opened()
        except Unstarted as unstarted:
            return unstarted.code, unstarted.said
        await session.trade(server, FAULT_S_MAX)
        if server.is_running:
            pytest.fail(f"the server goes on in spite of {settings}: {server.said()}")
        return await server.ended(), server.said()


async def test_a_failing_write_or_sync_ends_the_process_and_a_restart_goes_on(
    tmp_path: Path, founded: Founded, failing_disk: Path
) -> None:
    async with busy_session(founded, tmp_path / "exchange", seed=5, members=3) as session:
        for fault in ENDING:
            code, said = await serve_until_it_ends(session, **fault.settings(failing_disk))
            assert code == EXIT_FAIL_STOP, f"{fault}: exit code {code}: {said}"
            assert "fail-stop" in said, fault
        assert list((session.folder / "journal").glob("evidence-*.txt"))
        await session.close_and_judge()


async def test_a_server_that_cannot_even_say_so_ends_all_the_same(
    tmp_path: Path, founded: Founded, failing_disk: Path
) -> None:
    async with busy_session(founded, tmp_path / "exchange", seed=10, members=2) as session:
        for fault in (ENDING[0], ENDING[5]):
            ear, mouth = os.pipe()
            settings = fault.settings(failing_disk)
            async with await Server.spawn_speaking_to(mouth, session.folder, settings) as server:
                os.close(mouth)
                await server.opened()
                os.close(ear)
                await session.trade(server, FAULT_S_MAX)
                assert not server.is_running, f"the server goes on in spite of {fault}"
                assert await server.ended() == EXIT_FAIL_STOP
        await session.close_and_judge()


async def test_a_server_that_nobody_listens_to_serves_all_the_same(tmp_path: Path, founded: Founded) -> None:
    async with busy_session(founded, tmp_path / "exchange", seed=11, members=2) as session:
        ear, mouth = os.pipe()
        os.close(ear)
        async with await Server.spawn_speaking_to(mouth, session.folder, {}) as server:
            os.close(mouth)
            await server.opened()
            await session.trade(server, DAY_S)
            assert server.is_running
            await server.stop()
        await session.close_and_judge()


async def test_writes_that_take_fewer_bytes_than_they_were_given_harm_nothing(
    tmp_path: Path, founded: Founded, failing_disk: Path
) -> None:
    async with busy_session(founded, tmp_path / "exchange", seed=6, members=3) as session:
        settings = SHORT.settings(failing_disk)
        async with await Server.start(session.folder, YUTAN_SNAPSHOT_EVERY=SNAPSHOT_EVERY, **settings) as server:
            await session.trade(server, DAY_S)
            await server.stop()
        await session.close_and_judge()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system with room for a short session only; outside pytest's folders, which it could not clean up under it."""
    place = Path(tempfile.mkdtemp(prefix="small-disk-"))
    disk = place / "exchange"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    try:
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root may mount a small disk")
        yield disk
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    finally:
        shutil.rmtree(place)


def make_room(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


async def test_a_full_disk_ends_the_process_and_with_more_room_it_goes_on(small_disk: Path, founded: Founded) -> None:
    async with busy_session(founded, small_disk, seed=7, members=3) as session:
        code, said = await serve_until_it_ends(session)
        assert code == EXIT_FAIL_STOP, f"exit code {code}: {said}"
        make_room(small_disk)
        await session.close_and_judge()
