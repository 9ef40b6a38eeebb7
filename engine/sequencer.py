"""The one road into the market: gather commands, number and stamp them, make them durable, apply them, tell followers.

This is the order of promises: nothing is applied that is not on disk, and nobody hears of anything that is not applied.
One turn of the event loop takes all commands that have gathered, so one disk write carries them all.
"""

import asyncio
import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, final

import msgspec

from engine import crashpoints, snapshot
from engine.clock import Clock
from engine.core import rulebook
from engine.core.commands import AnyCommand, CancelAll, CancelOrder, Entry, Found, PlaceOrder, ReplaceOrder
from engine.core.events import DayClosed, Event, OrderAccepted, OrderCanceled
from engine.core.market import Market
from engine.journal.journal import Journal
from engine.settings import EngineSettings
from engine.view import MarketView

EXIT_FAIL_STOP: Final = 70  # sysexits: internal software error
NO_STORE_MARK: Final = 2**63 - 1  # the mark of a follower that keeps nothing and so needs nothing again

_ORDERS: Final = frozenset((PlaceOrder, ReplaceOrder))
_MEMBERS: Final = frozenset((PlaceOrder, CancelOrder, ReplaceOrder, CancelAll))
_decoder: Final = msgspec.msgpack.Decoder(AnyCommand)
# So many commands of a batch are applied and told before the next: their events and reports are made, read and freed while
# they are in the processor's cache, and the first are answered while the last are judged.
STRIDE_COMMANDS_MAX: Final = 64


@final
class Batch:
    """Entries that are told together, what each of them caused, and who asked (None: nobody waits here).

    One durable write may bring several of them, one after the other.

    `eventful`: the entries, with their events, that did more than put an order on the book or take one off. Most of a busy
    day did not, so who follows only trades or acts looks at these.
    """

    def __init__(self, entries: list[Entry], events: list[list[Event]], origins: list[object | None]) -> None:
        if len(entries) != len(events):
            raise ValueError(f"{len(entries)} entries with the events of {len(events)}")
        self.entries: Final = entries
        self.events: Final = events
        self.origins: Final = origins
        eventful: list[tuple[Entry, list[Event]]] = []
        for place, happened in enumerate(events):
            for event in happened:
                kind = type(event)
                if kind is not OrderAccepted and kind is not OrderCanceled:
                    eventful.append((entries[place], happened))
                    break
        self.eventful: Final = eventful


class Follower(Protocol):
    """Whoever follows the market.

    A follower that may fall behind also has `has_room: bool`. While that is false, new orders are refused and recovery
    waits, so that its queue stays bounded.
    """

    @property
    def mark(self) -> int:
        """All entries up to this seq are done and stored by this follower; `NO_STORE_MARK` if it stores nothing."""

    def on_start(self, view: MarketView) -> None:
        """Called once, with the market as of the snapshot it starts from, before any batch."""

    def on_batch(self, batch: Batch) -> None:
        """Called when the batch is durable and applied, in order. Must not block; skips entries up to its own mark."""


class SequencerOverloaded(Exception):
    """The inbox is full."""


class SequencerStopped(Exception):
    """The sequencer was closed or has failed. Whether the command became durable is unknown; the journal knows."""


def end_process(_error: BaseException) -> None:
    """End this process at once, without any of the goodbyes that could still write something."""
    try:
        sys.stderr.flush()
    finally:
        os._exit(EXIT_FAIL_STOP)


@final
class _Waiter:
    """The origin of a command whose asker awaits it; followers never see it."""

    __slots__ = ("answer",)

    def __init__(self, answer: "asyncio.Future[list[Event]]") -> None:
        self.answer = answer


class Sequencer:
    """Owns the market. Made by `recovery.recover`, which has told the followers all that is in the journal.

    All methods belong to the event loop it was made in. `failure` is set by the error that stopped it for good.
    """

    def __init__(
        self,
        market: Market,
        journal: Journal,
        followers: Sequence[Follower],
        clock: Clock,
        settings: EngineSettings,
        *,
        in_thread: bool,
        on_failure: Callable[[BaseException], None] = end_process,
        snapshot_seq: int = 0,
    ) -> None:
        if market.seq != journal.last_seq:
            raise ValueError(f"the market is at seq {market.seq}, the journal at {journal.last_seq}")
        self.view = MarketView(market)
        self.failure: BaseException | None = None
        self._market = market
        self._journal = journal
        self._followers = list(followers)
        self._clock = clock
        self._settings = settings
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "journal") if in_thread else None
        self._commands: list[AnyCommand] = []
        self._origins: list[object | None] = []
        self._inbox_commands_max = settings.inbox_commands_max
        self._inbox_all_max = settings.inbox_commands_max + settings.inbox_reserve_max
        self._waiters: set[_Waiter] = set()
        self._behind = False
        self._is_founded = market.seq > 0
        self._is_open = True
        self._is_busy = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._at_ns = market.at_ns
        self._chain = journal.chain  # at market.seq; the journal may be one batch ahead
        self._snapshot_seq = snapshot_seq  # of the newest snapshot there is; after a long replay, closing writes one
        self._snapshot: asyncio.Future[None] | None = None

    @property
    def head(self) -> tuple[int, bytes]:
        """Seq of the market and the journal's chain there: what a signed checkpoint names."""
        return self._market.seq, self._chain

    @property
    def is_in_thread(self) -> bool:
        """Whether journal batches are written in a thread rather than inline."""
        return self._writer is not None

    def submit_nowait(self, command: AnyCommand, origin: object | None = None) -> bool:
        """Ask for a command; `origin` comes back in its `Batch`. False: no room now, or stopped (`failure` says which).

        Raises ValueError for a command that may not enter the journal, because no start could get past it: anything but
        a sound `Found` as the first one, a second `Found`, an operator's command that would not read back as it is.
        """
        kind = type(command)
        waiting = len(self._commands)
        if kind in _ORDERS:
            if waiting >= self._inbox_commands_max or (self._behind and self._has_follower_behind()):
                return False
        elif waiting >= self._inbox_all_max:
            return False
        if not self._is_open:
            return False
        if kind not in _MEMBERS or not self._is_founded:
            self._check_worthy(command)
        self._commands.append(command)
        self._origins.append(origin)
        if not self._is_busy:
            self._is_busy = True
            self._idle.clear()
            self._loop.call_soon(self._turn)
        return True

    async def submit(self, command: AnyCommand) -> list[Event]:
        """Ask for a command and wait for what it caused. Raises `SequencerOverloaded` or `SequencerStopped`."""
        if not self._is_open:
            raise SequencerStopped("the sequencer takes no more commands")
        answer: asyncio.Future[list[Event]] = self._loop.create_future()
        waiter = _Waiter(answer)
        if not self.submit_nowait(command, waiter):
            raise SequencerOverloaded("the sequencer has no room for the command now")
        self._waiters.add(waiter)
        return await answer

    async def snapshot(self) -> None:
        """Write a snapshot of the market as it is now; returns when it is on disk. Raises `SequencerStopped`."""
        await self._wait_snapshot()
        if self.failure is None and self._market.seq > 0:
            self._begin_snapshot()
        await self._wait_snapshot()
        if self.failure is not None:
            raise SequencerStopped("the sequencer has failed") from self.failure

    async def wait_snapshot(self) -> None:
        """Wait until the snapshot that is being written, if any, is on disk."""
        await self._wait_snapshot()

    async def close(self) -> None:
        """Take nothing more, finish what has been taken, write a snapshot, and give the journal free."""
        self._is_open = False
        await self._idle.wait()
        await self._wait_snapshot()
        if self.failure is None and self._market.seq > self._snapshot_seq:
            self._begin_snapshot()
            await self._wait_snapshot()
        if self._writer is not None:
            self._writer.shutdown()
        self._journal.close()

    # ---- one turn ---------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Start the next batch. Inline, it goes through all steps here; otherwise until its write has begun."""
        if self.failure is not None:
            return
        batch_max = self._settings.batch_commands_max
        commands, origins = self._commands, self._origins
        if len(commands) <= batch_max:
            self._commands, self._origins = [], []
        else:
            self._commands, self._origins = commands[batch_max:], origins[batch_max:]
            commands, origins = commands[:batch_max], origins[:batch_max]
        try:
            # The wall clock may step back; the market may not.
            self._at_ns = at_ns = max(self._clock(), self._at_ns)
            crashpoints.reach("before_append")
            if self._writer is None:
                self._journal.append_commands(at_ns, commands)
                self._finish(at_ns, commands, origins, self._journal.chain)
                self._go_on()
            else:
                write = self._loop.run_in_executor(self._writer, self._journal.append_commands, at_ns, commands)
                write.add_done_callback(lambda done: self._on_durable(done, at_ns, commands, origins))
        except BaseException as error:
            self._fail(error)

    def _on_durable(
        self, write: asyncio.Future[int], at_ns: int, commands: list[AnyCommand], origins: list[object | None]
    ) -> None:
        try:
            write.result()
            chain = self._journal.chain
            # The next write begins before this batch is applied, so that disk and core work at the same time.
            is_more = bool(self._commands)
            if is_more:
                self._turn()
            if self.failure is None:
                self._finish(at_ns, commands, origins, chain)
            if not is_more:
                self._go_on()
        except BaseException as error:
            self._fail(error)

    def _finish(self, at_ns: int, commands: list[AnyCommand], origins: list[object | None], chain: bytes) -> None:
        """Apply a durable batch and tell the followers, then whoever awaits one of its commands, a stride at a time."""
        crashpoints.reach("after_append")
        is_snapshot_due = False
        for begin in range(0, len(commands), STRIDE_COMMANDS_MAX):
            end = begin + STRIDE_COMMANDS_MAX
            if self._finish_stride(at_ns, commands[begin:end], origins[begin:end]):
                is_snapshot_due = True
        self._chain = chain
        crashpoints.reach("after_publish")
        self._behind = has_follower_behind(self._followers)
        # Copying the market holds everything up, so it is done when the day has closed; otherwise only against a journal
        # grown so long that a start would take minutes.
        is_due = self._market.seq - self._snapshot_seq >= self._settings.snapshot_every
        if self._snapshot is None and (is_due or is_snapshot_due):
            self._begin_snapshot()

    def _finish_stride(self, at_ns: int, commands: list[AnyCommand], origins: list[object | None]) -> bool:
        """Apply and tell these; whether a day was closed among them."""
        seq = self._market.seq
        entries: list[Entry] = []
        for command in commands:
            seq += 1
            entries.append(Entry(seq, at_ns, command))
        events = self._market.apply_batch(at_ns, commands)
        crashpoints.reach("after_apply")
        waiters = self._take_waiters(origins) if self._waiters else []
        batch = Batch(entries, events, origins)
        for follower in self._followers:
            follower.on_batch(batch)
        for index, waiter in waiters:
            self._waiters.discard(waiter)
            if not waiter.answer.done():  # its asker may have been canceled
                waiter.answer.set_result(events[index])
        return any(type(happened[-1]) is DayClosed for _, happened in batch.eventful)

    def _take_waiters(self, origins: list[object | None]) -> list[tuple[int, _Waiter]]:
        """The waiters among the origins with their places; takes them out, since nobody else may see them."""
        waiters = [(index, origin) for index, origin in enumerate(origins) if isinstance(origin, _Waiter)]
        for index, _ in waiters:
            origins[index] = None
        return waiters

    def _go_on(self) -> None:
        """After a batch: another turn if commands have gathered meanwhile, else rest."""
        if self._commands:
            self._loop.call_soon(self._turn)
        else:
            self._is_busy = False
            self._idle.set()

    def _check_worthy(self, command: AnyCommand) -> None:
        """Raise ValueError for what would stop every start after it if it stood in the journal."""
        if isinstance(command, Found):
            if self._is_founded:
                raise ValueError("the market has been founded")
            rulebook.parse(command.rulebook)
            if len({person for person, _, _ in command.operators}) < 2:
                raise ValueError("a market is founded with at least two people as operators")
        elif not self._is_founded:
            raise ValueError("the market has not been founded")
        _check_readable(command)
        self._is_founded = True

    def _has_follower_behind(self) -> bool:
        self._behind = has_follower_behind(self._followers)
        return self._behind

    # ---- snapshots --------------------------------------------------------------------------------------

    def _begin_snapshot(self) -> None:
        """Copy the market here, between two entries, and write the copy in a thread."""
        seq, body = self._market.seq, self._market.dump()
        needed_seq = min((follower.mark for follower in self._followers), default=seq)
        self._snapshot_seq = seq
        self._snapshot = self._loop.run_in_executor(
            None, _write_snapshot, self._journal.folder, seq, self._chain, body, needed_seq
        )
        self._snapshot.add_done_callback(self._on_snapshot)

    def _on_snapshot(self, written: asyncio.Future[None]) -> None:
        self._snapshot = None
        error = written.exception()
        if error is not None:
            self._fail(error)  # the disk that the journal needs too has failed

    async def _wait_snapshot(self) -> None:
        while self._snapshot is not None:
            await asyncio.wait([self._snapshot])

    # ---- the end ----------------------------------------------------------------------------------------

    def _fail(self, error: BaseException) -> None:
        """Stop for good: keep evidence, take and tell nothing more, and let the process be ended."""
        if self.failure is not None:
            return
        self.failure = error
        self._is_open = False
        _keep_evidence(self._journal, self._market.seq, error)
        for waiter in self._waiters:
            if not waiter.answer.done():
                waiter.answer.set_exception(SequencerStopped(f"the sequencer has failed: {error}"))
        self._waiters.clear()
        self._commands, self._origins = [], []
        self._idle.set()
        self._on_failure(error)


def has_follower_behind(followers: Sequence[Follower]) -> bool:
    """Whether a follower with a bounded queue has no room for more now."""
    return not all(getattr(follower, "has_room", True) for follower in followers)


def _check_readable(command: AnyCommand) -> None:
    """Raise ValueError unless the journal could give the command back unchanged: it must never hold what stops a start."""
    try:
        is_readable = _decoder.decode(msgspec.msgpack.encode(command)) == command
    except (msgspec.MsgspecError, OverflowError, TypeError, UnicodeError) as error:
        raise ValueError(f"{type(command).__name__} cannot be journaled: {error}") from error
    if not is_readable:
        raise ValueError(f"{type(command).__name__} cannot be journaled: it would be read back as something else")


def _write_snapshot(folder: Path, seq: int, chain: bytes, body: bytes, needed_seq: int) -> None:
    snapshot.write(folder, seq, chain, body)
    snapshot.prune(folder, needed_seq)


def _keep_evidence(journal: Journal, seq: int, error: BaseException) -> None:
    """Say on stderr and in a file beside the journal what stopped the exchange."""
    last_seq, chain = journal.head
    text = (
        f"The sequencer stopped. Applied up to seq {seq}, durable up to seq {last_seq}, chain {chain.hex()}.\n\n"
        + "".join(traceback.format_exception(error))
    )
    try:
        (journal.folder / f"evidence-{seq}.txt").write_text(text, encoding="utf-8")
    except OSError as unwritten:  # often the very disk that has failed; stderr has the text
        text += f"and the evidence could not be written to a file: {unwritten}\n"
    with contextlib.suppress(OSError, ValueError):  # it may be a log on that disk; ending matters more than saying so
        sys.stderr.write(text)
