"""Commands are durable before they are applied, applied before anyone is told, and refused rather than lost."""

import asyncio
import os
from pathlib import Path

import pytest

from engine.core.commands import CancelAll, CancelOrder, Entry, Found, Halt, OpenAccount, PlaceOrder, ReplaceOrder
from engine.core.events import AccountOpened, ActRefused, Halted, OrderAccepted, OrderCanceled, RequestRefused, Traded
from engine.journal import segments
from engine.recovery import recover, replay_hash, state_hash
from engine.sequencer import STRIDE_COMMANDS_MAX, Batch, Sequencer, SequencerOverloaded, SequencerStopped
from engine.settings import EngineSettings
from tests.engine import build

BOTH = pytest.mark.parametrize("settings", [build.INLINE, build.THREAD], ids=["inline", "thread"])


def order(number: int) -> PlaceOrder:
    return PlaceOrder(1, 1, 1, 5000, 1, 0, f"order-{number}")


async def founded(folder: Path, follower: build.Remembering, settings: EngineSettings = build.INLINE) -> Sequencer:
    sequencer = await recover(folder, [follower], settings=settings)
    await sequencer.submit(build.FOUND)
    return sequencer


def records(folder: Path) -> list[int]:
    """How many commands each durable batch held."""
    return [len(entries) for entries in segments.read_entries(folder / "journal", 1)]


# ---- order ----------------------------------------------------------------------------------------------


@BOTH
async def test_entries_are_numbered_in_the_order_of_asking(tmp_path: Path, settings: EngineSettings) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower, settings)
    for number in range(500):
        assert sequencer.submit_nowait(order(number), number)
        if number % 7 == 0:
            await asyncio.sleep(0)
    await sequencer.close()
    assert follower.seqs == list(range(1, 502))
    asked = [origin for batch in follower.batches[1:] for origin in batch.origins]
    assert asked == list(range(500))
    commands = [entry.command for batch in follower.batches[1:] for entry in batch.entries]
    assert commands == [order(number) for number in range(500)]


async def test_a_batch_knows_which_entries_did_more_than_change_the_book(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await recover(tmp_path, [follower], settings=build.INLINE)
    for command in build.opened_market():
        assert sequencer.submit_nowait(command)
    for number in range(3):
        assert sequencer.submit_nowait(PlaceOrder(1, 1, 1, 5000, 1, 0, f"rest-{number}"))
    assert sequencer.submit_nowait(CancelOrder(1, 0, "rest-0"))
    assert sequencer.submit_nowait(CancelOrder(1, 0, "unknown"))
    assert sequencer.submit_nowait(PlaceOrder(2, 1, 2, 5000, 1, 0, "cross"))
    await sequencer.close()
    told = [
        (entry, happened)
        for batch in follower.batches
        for entry, happened in zip(batch.entries, batch.events, strict=True)
        if any(not isinstance(event, OrderAccepted | OrderCanceled) for event in happened)
    ]
    assert [pair for batch in follower.batches for pair in batch.eventful] == told
    assert [type(happened[-1]) for _, happened in told[-2:]] == [RequestRefused, Traded]


def test_entries_without_their_events_are_no_batch() -> None:
    with pytest.raises(ValueError, match="1 entries with the events of 0"):
        Batch([Entry(1, 1, order(1))], [], [None])


@BOTH
async def test_everything_a_follower_hears_is_on_disk(tmp_path: Path, settings: EngineSettings) -> None:
    class Checking(build.Remembering):
        def on_batch(self, batch: Batch) -> None:
            on_disk = [entry for entries in segments.read_entries(tmp_path / "journal", 1) for entry in entries]
            assert on_disk[batch.entries[0].seq - 1 : batch.entries[-1].seq] == batch.entries
            super().on_batch(batch)

    follower = Checking()
    sequencer = await founded(tmp_path, follower, settings)
    for number in range(30):
        sequencer.submit_nowait(order(number), None)
        await asyncio.sleep(0)
    await sequencer.close()
    assert len(follower.seqs) == 31


@BOTH
async def test_every_entry_has_its_own_events(tmp_path: Path, settings: EngineSettings) -> None:
    follower = build.Remembering()
    sequencer = await recover(tmp_path, [follower], settings=settings)
    for command in build.opened_market() + build.flow(1, 200):
        sequencer.submit_nowait(command, None)
    await sequencer.close()
    for batch in follower.batches:
        assert len(batch.entries) == len(batch.events) == len(batch.origins)
        assert all(events for events in batch.events)


async def test_one_turn_makes_one_durable_batch_of_all_that_has_gathered(tmp_path: Path) -> None:
    sequencer = await founded(tmp_path, build.Remembering())
    for number in range(100):
        sequencer.submit_nowait(order(number), None)
    await sequencer.submit(order(100))
    await sequencer.submit(order(101))
    await sequencer.close()
    assert records(tmp_path) == [1, 101, 1]


@BOTH
async def test_a_durable_batch_is_applied_and_told_in_strides(tmp_path: Path, settings: EngineSettings) -> None:
    class Looking(build.Remembering):
        def on_batch(self, batch: Batch) -> None:
            super().on_batch(batch)
            applied.append(sequencer.view.day().seq)

    applied: list[int] = []
    follower = Looking()
    sequencer = await recover(tmp_path, [follower], settings=settings)
    await sequencer.submit(build.FOUND)
    for number in range(2 * STRIDE_COMMANDS_MAX):
        assert sequencer.submit_nowait(order(number), number)
    last = await sequencer.submit(order(2 * STRIDE_COMMANDS_MAX))
    await sequencer.close()
    assert records(tmp_path) == [1, 2 * STRIDE_COMMANDS_MAX + 1]
    assert [len(batch.entries) for batch in follower.batches] == [1, STRIDE_COMMANDS_MAX, STRIDE_COMMANDS_MAX, 1]
    assert [batch.entries[-1].seq for batch in follower.batches] == applied
    assert [origin for batch in follower.batches[1:3] for origin in batch.origins] == list(
        range(2 * STRIDE_COMMANDS_MAX)
    )
    assert last == follower.batches[-1].events[0]


async def test_in_a_thread_commands_gather_while_a_batch_is_written(tmp_path: Path) -> None:
    sequencer = await founded(tmp_path, build.Remembering(), build.THREAD)
    sequencer.submit_nowait(order(0), None)
    await asyncio.sleep(0)  # the write of the first order has begun
    for number in range(1, 100):
        sequencer.submit_nowait(order(number), None)
    await sequencer.close()
    assert records(tmp_path) == [1, 1, 99]


async def test_a_batch_holds_at_most_its_limit(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower, EngineSettings(disk="inline", batch_commands_max=10))
    for number in range(25):
        sequencer.submit_nowait(order(number), number)
    await sequencer.close()
    assert records(tmp_path) == [1, 10, 10, 5]
    assert [origin for batch in follower.batches[1:] for origin in batch.origins] == list(range(25))


async def test_time_never_runs_backwards_even_if_the_clock_does(tmp_path: Path) -> None:
    clock, follower = build.Ticking(1_000), build.Remembering()
    sequencer = await recover(tmp_path, [follower], clock, build.INLINE)
    await sequencer.submit(build.FOUND)
    for at_ns in (2_000, 500, 2_500):
        clock.at_ns = at_ns
        await sequencer.submit(order(at_ns))
    await sequencer.close()
    assert [batch.entries[0].at_ns for batch in follower.batches] == [1_000, 2_000, 2_000, 2_500]
    clock.at_ns = 3
    sequencer = await recover(tmp_path, [follower], clock, build.INLINE)
    await sequencer.submit(order(9))
    assert sequencer.view.day().at_ns == 2_500
    await sequencer.close()


# ---- askers ---------------------------------------------------------------------------------------------


@BOTH
async def test_whoever_awaits_gets_the_events_of_their_own_command(tmp_path: Path, settings: EngineSettings) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower, settings)
    asked = [sequencer.submit(build.act(OpenAccount(f"A{n}", n, f"member {n}", "institution"))) for n in range(1, 6)]
    answers = await asyncio.gather(*asked, sequencer.submit(CancelAll(99, 0, 0)))
    opened = [event.code for answer in answers for event in answer if isinstance(event, AccountOpened)]
    assert opened == ["A1", "A2", "A3", "A4", "A5"]
    assert isinstance(answers[5][0], RequestRefused)
    assert {origin for batch in follower.batches for origin in batch.origins} == {None}
    await sequencer.close()


async def test_followers_are_told_before_whoever_awaits(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower)
    await sequencer.submit(build.act(Halt(0)))
    assert isinstance(follower.batches[-1].events[0][-1], Halted | ActRefused)
    await sequencer.close()


async def test_an_asker_who_goes_away_stops_nobody(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower, build.THREAD)
    asking = asyncio.create_task(sequencer.submit(order(1)))
    await asyncio.sleep(0)
    asking.cancel()
    await sequencer.submit(order(2))
    assert sequencer.failure is None
    assert follower.seqs == [1, 2, 3]
    await sequencer.close()


async def test_a_follower_may_ask_for_more_while_it_is_told(tmp_path: Path) -> None:
    class Asking(build.Remembering):
        def on_batch(self, batch: Batch) -> None:
            super().on_batch(batch)
            if len(self.batches) < 5:
                assert sequencer.submit_nowait(order(len(self.batches)), None)

    for settings in (build.INLINE, build.THREAD):
        follower = Asking()
        folder = tmp_path / settings.disk
        sequencer = await recover(folder, [follower], settings=settings)
        await sequencer.submit(build.FOUND)
        await build.wait_until(lambda: len(follower.batches) == 5)  # noqa: B023 - awaited at once
        await sequencer.close()
        assert follower.seqs == [1, 2, 3, 4, 5]


# ---- limits ---------------------------------------------------------------------------------------------


async def test_a_full_inbox_refuses_orders_but_still_takes_cancels_and_acts(tmp_path: Path) -> None:
    follower = build.Remembering()
    settings = EngineSettings(disk="inline", inbox_commands_max=5, inbox_reserve_max=2)
    sequencer = await founded(tmp_path, follower, settings)
    assert [sequencer.submit_nowait(order(number), None) for number in range(7)] == [True] * 5 + [False] * 2
    assert not sequencer.submit_nowait(ReplaceOrder(1, 1, "", 5000, 1), None)
    assert sequencer.submit_nowait(CancelOrder(1, 1, ""), None)
    assert sequencer.submit_nowait(build.act(Halt(0)), None)
    assert not sequencer.submit_nowait(CancelAll(1, 0, 0), None)
    with pytest.raises(SequencerOverloaded):
        await sequencer.submit(CancelAll(1, 0, 0))
    await asyncio.sleep(0)
    assert sequencer.submit_nowait(order(8), None)
    await sequencer.close()
    assert len(follower.seqs) == 1 + 7 + 1


async def test_while_a_follower_has_no_room_orders_wait_outside(tmp_path: Path) -> None:
    follower = build.Remembering()
    sequencer = await founded(tmp_path, follower)
    follower.has_room = False
    await sequencer.submit(CancelAll(1, 0, 0))
    assert not sequencer.submit_nowait(order(1), None)
    assert sequencer.submit_nowait(CancelAll(1, 0, 0), None)
    follower.has_room = True
    assert sequencer.submit_nowait(order(2), None)
    await sequencer.close()


async def test_nothing_is_taken_after_closing(tmp_path: Path) -> None:
    sequencer = await founded(tmp_path, build.Remembering())
    assert sequencer.submit_nowait(order(1), None)
    await sequencer.close()
    assert not sequencer.submit_nowait(order(2), None)
    with pytest.raises(SequencerStopped):
        await sequencer.submit(order(3))
    assert records(tmp_path) == [1, 1]


# ---- what may not enter the journal ---------------------------------------------------------------------


async def test_the_first_command_founds_the_market_and_no_later_one_does(tmp_path: Path) -> None:
    sequencer = await recover(tmp_path, [], settings=build.INLINE)
    with pytest.raises(ValueError, match="not been founded"):
        sequencer.submit_nowait(order(1), None)
    with pytest.raises(ValueError, match="two people"):
        sequencer.submit_nowait(Found(build.FOUND.rulebook, build.FOUND.operators[:1]), None)
    with pytest.raises(ValueError, match="missing"):
        await sequencer.submit(Found("", build.FOUND.operators))
    assert sequencer.submit_nowait(build.FOUND, None)
    with pytest.raises(ValueError, match="has been founded"):
        sequencer.submit_nowait(build.FOUND, None)
    await sequencer.close()
    assert records(tmp_path) == [1]


@pytest.mark.parametrize("code", [7, "\ud800", 2**64, None])
async def test_an_act_that_could_not_be_read_back_is_refused(tmp_path: Path, code: object) -> None:
    sequencer = await founded(tmp_path, build.Remembering())
    with pytest.raises(ValueError, match="cannot be journaled"):
        sequencer.submit_nowait(build.act(OpenAccount(code, 1, "name", "institution")), None)  # type: ignore[arg-type]
    await sequencer.close()
    assert records(tmp_path) == [1]


# ---- fail-stop ------------------------------------------------------------------------------------------


class Failing(build.Remembering):
    def on_batch(self, batch: Batch) -> None:
        super().on_batch(batch)
        if batch.entries[-1].seq >= 3:
            raise RuntimeError("the follower broke")


@BOTH
async def test_a_follower_that_raises_stops_everything_with_evidence(
    tmp_path: Path, settings: EngineSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    failures: list[BaseException] = []
    sequencer = await recover(tmp_path, [Failing()], settings=settings, on_failure=failures.append)
    await sequencer.submit(build.FOUND)
    await sequencer.submit(order(2))
    with pytest.raises(SequencerStopped):
        await sequencer.submit(order(3))
    assert not sequencer.submit_nowait(order(4), None)
    with pytest.raises(SequencerStopped):
        await sequencer.submit(order(5))
    await sequencer.close()
    assert [str(error) for error in failures] == ["the follower broke"]
    assert sequencer.failure is failures[0]
    evidence = (tmp_path / "journal" / "evidence-3.txt").read_text(encoding="utf-8")
    assert "Applied up to seq 3, durable up to seq 3" in evidence
    assert "RuntimeError: the follower broke" in evidence
    assert evidence in capfd.readouterr().err
    assert list((tmp_path / "journal").glob("*.snapshot")) == []


@BOTH
async def test_a_journal_that_cannot_be_written_stops_everything_and_nobody_is_told(
    tmp_path: Path, settings: EngineSettings
) -> None:
    failures: list[BaseException] = []
    follower = build.Remembering()
    sequencer = await recover(tmp_path, [follower], settings=settings, on_failure=failures.append)
    await sequencer.submit(build.FOUND)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, sequencer._journal._fd)
    os.close(full)
    with pytest.raises(SequencerStopped, match="could not be written after seq 1"):
        await sequencer.submit(order(2))
    assert len(failures) == 1
    assert (follower.seqs, sequencer.view.day().seq) == ([1], 1)
    await sequencer.close()
    again = await recover(tmp_path, [follower], settings=settings)
    assert again.head[0] == 1
    await again.close()


# ---- snapshots ------------------------------------------------------------------------------------------


@BOTH
async def test_snapshots_are_written_as_entries_pass_on_request_and_at_the_end(
    tmp_path: Path, settings: EngineSettings
) -> None:
    class Every(EngineSettings, frozen=True):
        snapshot_every: int = 40

    sequencer = await build.run_flow(tmp_path, build.opened_market(), Every(disk=settings.disk))
    assert list((tmp_path / "journal").glob("*.snapshot")) == []
    for command in build.flow(3, 60):
        await sequencer.submit(command)
    await sequencer.snapshot()
    seqs = [int(path.stem) for path in (tmp_path / "journal").glob("*.snapshot")]
    assert seqs[0] != seqs[-1]
    assert sequencer.head[0] in seqs
    await sequencer.submit(CancelAll(1, 0, 0))
    last_seq, live = sequencer.head[0], state_hash(sequencer._market)
    await sequencer.close()
    assert (tmp_path / "journal" / f"{last_seq:020d}.snapshot").exists()
    assert replay_hash(tmp_path) == (last_seq, live)
