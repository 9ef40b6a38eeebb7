"""What a folder that was damaged between two runs does to the next start: what can be made again is, all else is refused.

Every test begins with a copy of the same folder: a busy session, closed once, then served on and killed.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.core.commands import CancelAll
from engine.journal import form
from engine.journal.verify import verify
from engine.recovery import replay_hash
from tests.crash.judgement import judge_files, judge_streams, live_state
from tests.crash.market import SNAPSHOT_EVERY, Founded
from tests.crash.member import Member
from tests.crash.operators import PERSONS, Operators
from tests.crash.peer import Refusal
from tests.crash.serving import START_S, Server, Unstarted
from tests.crash.session import busy_session
from tests.engine.build import record_bounds

REFUSED = 65  # exit code of `yutan serve` for a folder that is not as it should be (docs/operating.md)
STORES = ("registry.db", "history.db", "tape.db", "alerts.state")


class Killed(NamedTuple):
    """A killed exchange: its folder, who traded there, and what a start of the undamaged folder has."""

    folder: Path
    members: list[Member]
    operators: Operators
    seq: int
    state: str
    rows: dict[str, list[Any]]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, founded: Founded) -> Killed:
    """The folder that all tests copy; made once."""
    return asyncio.run(_make(tmp_path_factory.mktemp("killed"), founded))


async def _make(place: Path, founded: Founded) -> Killed:
    folder = place / "exchange"
    async with busy_session(founded, folder, seed=9, members=3) as session:
        for is_killed in (False, True):
            async with await Server.start(folder, YUTAN_SNAPSHOT_EVERY=SNAPSHOT_EVERY) as server:
                await session.trade(server, 1.0)
                if is_killed:
                    await session.trade_on(server)  # killed between two days, each start would add what it has compared
                    server.kill()
                    assert await server.ended() == -signal.SIGKILL
                else:
                    await server.stop()
        session.leave()
    whole = place / "whole"
    shutil.copytree(folder, whole)
    async with await Server.start(whole) as server:
        for member in session.members:
            await member.look(server.url)
        await server.stop()
    return Killed(folder, session.members, session.operators, *replay_hash(folder), rows_of(whole))


@pytest.fixture
def damaged(killed: Killed, tmp_path: Path) -> Iterator[Path]:
    """A copy to be damaged."""
    copy = tmp_path / "exchange"
    shutil.copytree(killed.folder, copy)
    yield copy
    log = copy.with_name(copy.name + ".log")
    if log.exists():
        print(log.read_text(encoding="utf-8"))


def rows_of(folder: Path) -> dict[str, list[Any]]:
    """Everything in the registry but its mark and what depends on when it was compared with the engine."""
    registry = sqlite3.connect(f"file:{folder / 'registry.db'}?mode=ro", uri=True)
    names = [name for (name,) in registry.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    rows = {name: sorted(registry.execute(f"SELECT * FROM {name}").fetchall()) for name in names}
    registry.close()
    del rows["registry"], rows["reconciliations"]
    return rows


def segment_of(folder: Path) -> Path:
    [segment] = (folder / "journal").glob("*.segment")
    return segment


def snapshots_of(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*.snapshot"))


def cut_records(folder: Path) -> None:
    """Cut off the later half of the journal's records, exactly behind a record."""
    segment = segment_of(folder)
    bounds = record_bounds(segment)
    os.truncate(segment, bounds[len(bounds) // 2])


def remove(folder: Path, *names: str) -> None:
    for name in names:
        for path in folder.glob(f"{name}*"):
            path.unlink()


async def start_and_compare(folder: Path, killed: Killed) -> None:
    """Start the folder, replay every private stream from 1, stop it: all as in the undamaged one."""
    async with await Server.start(folder) as server:
        await judge_streams(server.url, killed.members)
        await killed.members[0].ask_in_vain(server.url)  # one more entry, so that the state is written at the end
        await server.stop()
    assert live_state(folder) == replay_hash(folder)
    assert live_state(folder)[0] == killed.seq + 1
    assert replay_hash(folder, killed.seq) == (killed.seq, killed.state)
    assert rows_of(folder) == killed.rows
    judge_files(folder)


def journal_files(folder: Path) -> dict[str, bytes]:
    """Name and content of every segment and snapshot."""
    return {path.name: path.read_bytes() for path in (segment_of(folder), *snapshots_of(folder))}


async def refusal_of(folder: Path) -> str:
    """Start the folder, which must be refused with exit code 65 and leave the journal as it is. What it said."""
    before = journal_files(folder)
    async with await Server.spawn(folder) as server:
        with pytest.raises(Unstarted) as refused:
            await server.opened()
    assert refused.value.code == REFUSED, refused.value
    assert journal_files(folder) == before
    return refused.value.said


# ---- the journal --------------------------------------------------------------------------------------------


async def test_a_record_that_was_being_written_is_cut_off_and_the_start_says_so(killed: Killed, damaged: Path) -> None:
    seq, chain = verify(damaged / "journal")
    commands = [CancelAll(1, 0, 0), CancelAll(2, 0, 0)]
    record, _ = form.encode_record(seq + 1, 2**62, commands, bytes.fromhex(chain))
    dice = random.Random(1)
    for length in (1, dice.randrange(form.RECORD_HEAD_BYTES, len(record)), len(record) - 1):
        with segment_of(damaged).open("ab") as segment:
            segment.write(record[:length])
        async with await Server.start(damaged) as server:
            await server.says(f'"cut_bytes": {length}')
            server.kill()
            await server.ended()
        assert verify(damaged / "journal") == (seq, chain)
    await start_and_compare(damaged, killed)


async def test_a_changed_byte_in_the_journal_is_refused_by_segment_offset_and_seq(damaged: Path) -> None:
    segment = segment_of(damaged)
    whole = segment.read_bytes()
    dice = random.Random(2)
    for place in [dice.randrange(form.SEGMENT_HEAD_BYTES, len(whole) * 9 // 10) for _ in range(3)]:
        segment.write_bytes(whole[:place] + bytes((whole[place] ^ 1 << dice.randrange(8),)) + whole[place + 1 :])
        said = await refusal_of(damaged)
        assert segment.name in said
        assert "at byte" in said
        assert "seq" in said


async def test_a_journal_that_ends_before_what_was_settled_is_refused(damaged: Path) -> None:
    cut_records(damaged)
    remove(damaged, "checkpoints/[0n]")
    assert "but the journal ends at" in await refusal_of(damaged)


async def test_a_journal_that_ends_before_a_snapshot_is_refused(damaged: Path) -> None:
    cut_records(damaged)
    remove(damaged, *STORES, "checkpoints/[0n]")
    assert "is later than the journal" in await refusal_of(damaged)


async def test_a_journal_that_ends_before_its_newest_checkpoint_is_refused(damaged: Path) -> None:
    """Only the signed checkpoint is left to know better."""
    cut_records(damaged)
    remove(damaged, *STORES, "journal/*.snapshot")
    assert "it was rolled back or is another one" in await refusal_of(damaged)


async def test_a_journal_cut_short_with_all_that_knew_of_it_is_seen_only_against_a_head_noted_elsewhere(
    damaged: Path,
) -> None:
    noted = verify(damaged / "journal")
    cut_records(damaged)
    remove(damaged, *STORES, "journal/*.snapshot", "checkpoints/[0n]")
    async with await Server.start(damaged) as server:
        await server.stop()
    assert verify(damaged / "journal")[0] < noted[0]


async def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(
    killed: Killed, damaged: Path
) -> None:
    async with await Server.start(damaged) as first:
        announced = (damaged / "running.json").read_bytes()
        async with await Server.spawn(damaged) as second:
            with pytest.raises(Unstarted) as refused:
                await second.opened()
        assert refused.value.code == REFUSED, refused.value
        assert (damaged / "running.json").read_bytes() == announced
        await judge_streams(first.url, killed.members)
        await first.stop()
    assert replay_hash(damaged) == (killed.seq, killed.state)


# ---- what can be made again ---------------------------------------------------------------------------------


async def test_a_damaged_snapshot_is_passed_over(killed: Killed, damaged: Path) -> None:
    dice = random.Random(3)
    for path in snapshots_of(damaged)[1:]:
        data = bytearray(path.read_bytes())
        data[dice.randrange(len(data))] ^= 1
        path.write_bytes(data)
    await start_and_compare(damaged, killed)


async def test_without_any_snapshot_everything_is_replayed(killed: Killed, damaged: Path) -> None:
    remove(damaged, "journal/*.snapshot")
    await start_and_compare(damaged, killed)


@pytest.mark.parametrize("lost", STORES)
async def test_a_lost_store_is_made_again_from_the_journal(killed: Killed, damaged: Path, lost: str) -> None:
    remove(damaged, lost)
    await start_and_compare(damaged, killed)


async def test_ten_kills_while_everything_is_made_again_end_in_the_same_state(killed: Killed, damaged: Path) -> None:
    remove(damaged, *STORES, "journal/*.snapshot")
    dice = random.Random(4)
    for _ in range(10):
        async with await Server.spawn(damaged) as server:
            await asyncio.sleep(0.6 + dice.random() * 0.8)
            server.kill()
            assert await server.ended() == -signal.SIGKILL, server.said()
    assert replay_hash(damaged) == (killed.seq, killed.state)
    await start_and_compare(damaged, killed)


# ---- the registry -------------------------------------------------------------------------------------------


async def test_a_registry_that_is_no_database_is_refused(damaged: Path) -> None:
    remove(damaged, "registry.db-")
    (damaged / "registry.db").write_bytes(b"not what it was " * 512)
    assert "registry.db" in await refusal_of(damaged)


async def test_a_registry_in_which_somebody_has_moved_money_halts_the_market(killed: Killed, damaged: Path) -> None:
    registry = sqlite3.connect(damaged / "registry.db")
    registry.execute("UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = 1")
    registry.execute("UPDATE cash_balances SET amount_fen = amount_fen - 1 WHERE account = 2")
    registry.commit()
    registry.close()
    async with await Server.start(damaged) as server:
        desk, other = await killed.operators.desks(server.url)
        async with asyncio.timeout(START_S):
            while not (await desk.call("ops.status"))["halted"]:  # noqa: ASYNC110 - another process halts
                await asyncio.sleep(0.01)
        report = await desk.call("ops.reconcile")
        assert [(row["account"], row["asset"]) for row in report["breaks"]] == [("M1", "cash"), ("M2", "cash")]
        await desk.close()
        await other.close()


async def test_only_two_different_operators_complete_an_act_after_a_crash(killed: Killed, damaged: Path) -> None:
    fields = {"account": "M1", "amount": "1.00"}
    async with await Server.start(damaged) as server:
        desk, other = await killed.operators.desks(server.url)
        proposed = await desk.call("ops.act", act="deposit_cash", reason="test", document="DOC-X", fields=fields)
        server.kill()
        await desk.gone()
        await desk.close()
        await other.close()
    named = {"proposal_id": proposed["proposal_id"], "sha256": proposed["sha256"]}
    async with await Server.start(damaged) as server:
        desk, other = await killed.operators.desks(server.url)
        [row] = [row for row in await desk.call("ops.list") if row["document"] == "DOC-X"]
        assert (row["proposal_id"], row["sha256"], row["operator"]) == (*named.values(), PERSONS[0])
        with pytest.raises(Refusal, match="SELF_APPROVAL"):
            await desk.call("ops.approve", **named)
        assert (await other.call("ops.approve", **named))["status"] == "done"
        server.kill()
        await other.gone()
        await desk.close()
        await other.close()
    async with await Server.start(damaged) as server:
        desk, other = await killed.operators.desks(server.url)
        with pytest.raises(Refusal, match="UNKNOWN_PROPOSAL"):
            await other.call("ops.approve", **named)
        await desk.close()
        await other.close()
