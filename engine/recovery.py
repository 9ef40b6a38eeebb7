"""Starting is replaying: the newest snapshot that no follower is behind, then the journal's tail, told to all followers."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine import disk, snapshot
from engine.clock import Clock, wall_ns
from engine.core.commands import Entry
from engine.core.events import Event
from engine.core.market import Market
from engine.journal import segments
from engine.journal.journal import Journal, TornTail
from engine.sequencer import NO_STORE_MARK, Batch, Follower, Sequencer, end_process, has_follower_behind
from engine.settings import EngineSettings
from engine.view import MarketView

JOURNAL_FOLDER: Final = "journal"
_ROOM_POLL_S: Final = 0.001
_STORED_MARK_MAX: Final = 2**60  # a mark from here on says that nothing is stored


class RecoveryError(Exception):
    """Journal, snapshots and followers do not fit together: someone has seen more than the journal now holds."""


class Progress:
    """What recovery has found and done so far; handed to `on_progress` after each step."""

    def __init__(self) -> None:
        self.torn: TornTail | None = None
        self.damaged: list[str] = []  # snapshots that were passed over
        self.snapshot_seq = 0
        self.seq = 0
        self.last_seq = 0


def _quiet(_progress: Progress) -> None:
    """Report to nobody."""


async def recover(
    folder: Path,
    followers: Sequence[Follower],
    clock: Clock = wall_ns,
    settings: EngineSettings | None = None,
    *,
    on_failure: Callable[[BaseException], None] = end_process,
    on_progress: Callable[[Progress], None] = _quiet,
) -> Sequencer:
    """Bring the exchange in this data folder to where it stopped; in an empty folder, to its beginning (seq 0).

    Followers get the view as of the snapshot, then every entry after it (they skip what they have stored). Raises
    `JournalError`, `JournalLocked` or `RecoveryError`, and then leaves everything as it was.
    """
    settings = settings or EngineSettings()
    journal = await asyncio.to_thread(
        Journal.open, folder / JOURNAL_FOLDER, settings.segment_bytes_max, is_torn_kept=True
    )
    try:
        progress = Progress()
        progress.torn, progress.last_seq = journal.torn, journal.last_seq
        market = _start_market(journal, followers, progress)
        journal.cut_torn()
        view = MarketView(market)
        for follower in followers:
            follower.on_start(view)
        on_progress(progress)
        await _replay_tail(journal, market, followers, settings.batch_commands_max, progress, on_progress)
        in_thread = settings.disk == "thread" or (
            settings.disk == "auto"
            and disk.measure_sync_ns(journal.folder, time.perf_counter_ns) >= settings.inline_sync_ns_max
        )
        return Sequencer(
            market,
            journal,
            followers,
            clock,
            settings,
            in_thread=in_thread,
            on_failure=on_failure,
            snapshot_seq=progress.snapshot_seq,
        )
    except BaseException:
        journal.close()
        raise


def replay_hash(folder: Path, until_seq: int | None = None) -> tuple[int, str]:
    """Replay a data folder from entry 1 without snapshots: the seq reached and the SHA-256 (hex) of the state there."""
    market = Market()
    for entries in segments.read_entries(folder / JOURNAL_FOLDER, 1, until_seq):
        apply_record(market, entries)
    return market.seq, state_hash(market)


def apply_record(market: Market, entries: list[Entry]) -> list[list[Event]]:
    """Apply the entries of one journal record, which have one time; returns what each of them made happen."""
    assert entries[0].seq == market.seq + 1, "records come without gaps"
    return market.apply_batch(entries[0].at_ns, [entry.command for entry in entries])


def state_hash(market: Market) -> str:
    """SHA-256 (hex) of the market's canonical dump."""
    return hashlib.sha256(market.dump()).hexdigest()


def _start_market(journal: Journal, followers: Sequence[Follower], progress: Progress) -> Market:
    """The market to start from: a snapshot no later than what every follower has stored, or an empty one."""
    marks = [follower.mark for follower in followers if follower.mark < _STORED_MARK_MAX]
    furthest = max(marks, default=0)
    if furthest > journal.last_seq:
        raise RecoveryError(f"a follower has stored seq {furthest}, but the journal ends at {journal.last_seq}")
    newest = snapshot.newest_seq(journal.folder)
    if newest > journal.last_seq:
        raise RecoveryError(
            f"the snapshot of seq {newest} is later than the journal, which ends at seq {journal.last_seq}"
        )
    loaded = snapshot.load_newest(journal.folder, min(marks, default=NO_STORE_MARK), progress.damaged)
    if loaded is None:
        return Market()
    progress.snapshot_seq = progress.seq = loaded.market.seq
    if loaded.chain != segments.chain_at(journal.folder, loaded.market.seq):
        raise RecoveryError(f"{loaded.path.name} was taken from another journal: its chain is not the journal's")
    return loaded.market


async def _replay_tail(
    journal: Journal,
    market: Market,
    followers: Sequence[Follower],
    batch_entries: int,
    progress: Progress,
    on_progress: Callable[[Progress], None],
) -> None:
    gathered: list[Entry] = []
    events: list[list[Event]] = []
    for entries in journal.read(market.seq + 1):
        gathered += entries
        events += apply_record(market, entries)
        if len(gathered) >= batch_entries or gathered[-1].seq == journal.last_seq:
            while has_follower_behind(followers):  # noqa: ASYNC110 - a follower need only have a flag, no event
                await asyncio.sleep(_ROOM_POLL_S)
            batch = Batch(gathered, events, [None] * len(gathered))
            for follower in followers:
                follower.on_batch(batch)
            gathered, events = [], []
            progress.seq = market.seq
            on_progress(progress)
            await asyncio.sleep(0)  # followers store in the background
    if market.seq != journal.last_seq:
        raise RecoveryError(f"the journal ends at seq {journal.last_seq}, but could only be read to {market.seq}")
