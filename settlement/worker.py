"""Settlement follows the engine: every entry's title events, in order, into the registry, each exactly once.

`on_batch` only notes the events. One task settles what has gathered in one transaction, with the mark; after a crash the
journal's tail comes again and everything up to the mark is skipped. An error stops this task for good and `on_failure`
ends the process: a registry that went on after a fault could be wrong without anyone knowing.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import orjson

from engine.core.commands import Entry, TradeFacts
from engine.core.events import (
    BidAwarded,
    BlockTraded,
    DayClosed,
    Traded,
)
from engine.public_notices import PublicNotice
from engine.sequencer import Batch
from engine.title import (
    AuditLine,
    AuditSearch,
    BankComparison,
    BulletinRow,
    DispatchRow,
    MonitorReportRow,
    PublicationRow,
    RecentFacts,
    ReconciliationReport,
    SerialRow,
    StatementAnswer,
    TitleHolding,
    TradeStatus,
)
from engine.view import MarketView
from settlement import documents, notices, reconcile, reports
from settlement.core import awards, dvp, intake
from settlement.core.clearing import Clearing
from settlement.core.intake import TitleEntry
from settlement.core.ledger import InvariantBroken
from settlement.core.postings import Writes
from settlement.store import Mark, Store, StoreFacts, StoreFailed
from settlement.store.contents import Contents
from settlement.store.sqlite import SqliteStore

BACKLOG_EVENTS_MAX: Final = 200_000
TRANSACTION_EVENTS_MAX: Final = 4_000  # Bounds a transaction, and what a crash leaves to be settled again.
GATHER_SECONDS: Final = 0.1  # A transaction costs by the statement and the sync, so trades gather; who waits ends it.
SLICE_EVENTS: Final = 200  # So many events, about a millisecond, before the event loop gets its turn.
MARK_ENTRIES_MAX: Final = 5_000  # Entries without title events that may pass before the mark is stored for them alone.
WAITERS_MAX: Final = 10_000  # Callers of wait_settled and reconcile together.


class SettlementBusy(Exception):
    """Too many wait for settlement; ask again later."""


class _Marker(msgspec.Struct, frozen=True):
    """A reconciliation that waits until the registry stands at the seq of its figures."""

    figures: reconcile.EngineFigures
    answers: list[asyncio.Future[ReconciliationReport]]


class Settlement:
    """The engine's follower for title, and the gateway's `Title`.

    Made by `await Settlement.open(path)`; given to recovery as a follower; closed after the sequencer. on_failure is
    called once with what stopped it; on_break with each reconciliation that found a difference, on_report with each at all,
    on_bank with each comparison of a bank's file, both after they are committed. The backlog may pass
    `backlog_events_max` by one batch, since `has_room` then stops new orders and holds recovery back.
    """

    def __init__(
        self,
        store: Store,
        clearing: Clearing,
        mark: Mark,
        *,
        on_failure: Callable[[BaseException], None],
        on_break: Callable[[ReconciliationReport], None],
        on_report: Callable[[ReconciliationReport], None] | None = None,
        on_bank: Callable[[BankComparison], None] | None = None,
        backlog_events_max: int = BACKLOG_EVENTS_MAX,
    ) -> None:
        self._store = store
        self._clearing = clearing
        self._on_failure = on_failure
        self._on_break = on_break
        self._on_report = on_report
        self._on_bank = on_bank
        self._backlog_events_max = backlog_events_max
        self._view: MarketView | None = None
        self._backlog: deque[TitleEntry] = deque()
        self._backlog_events = 0
        self._in_transaction: list[TitleEntry] = []
        self._markers: deque[_Marker] = deque()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._stored = mark
        self._seen = mark  # the last entry that has come
        self._settled_seq = mark.seq  # nothing up to here is left to settle; at or after the stored mark
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()  # somebody waits: settle what there is
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self.failure: BaseException | None = None
        self.last_report: ReconciliationReport | None = None
        self.last_comparison: BankComparison | None = clearing.bank_comparison

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        on_failure: Callable[[BaseException], None],
        on_break: Callable[[ReconciliationReport], None],
        on_report: Callable[[ReconciliationReport], None] | None = None,
        on_bank: Callable[[BankComparison], None] | None = None,
        backlog_events_max: int = BACKLOG_EVENTS_MAX,
    ) -> Self:
        """Open the registry at `path` (made where there is none). Raises `StoreRefused`."""
        store = await SqliteStore.open(path)
        try:
            clearing, mark = await store.load()
        except BaseException:
            await store.close()
            raise
        return cls(
            store,
            clearing,
            mark,
            on_failure=on_failure,
            on_break=on_break,
            on_report=on_report,
            on_bank=on_bank,
            backlog_events_max=backlog_events_max,
        )

    @property
    def facts(self) -> StoreFacts:
        """What the registry's start check found in force."""
        return self._store.facts

    # ---- following the engine ---------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """All entries up to this seq are settled and stored."""
        return self._stored.seq

    @property
    def lag(self) -> int:
        """Entries that have come and are not yet settled."""
        return self._seen.seq - self._settled_seq

    @property
    def backlog_events(self) -> int:
        """Title events that wait to be settled."""
        return self._backlog_events

    @property
    def has_room(self) -> bool:
        """False while new orders should wait until settlement has caught up."""
        return self._backlog_events < self._backlog_events_max

    @property
    def is_behind(self) -> bool:
        """The opposite of `has_room`."""
        return not self.has_room

    def on_start(self, view: MarketView) -> None:
        """Begin to settle. The market is handed over as of the snapshot that recovery starts from."""
        self._view = view
        self._clearing.product_rules_of = lambda product: view.rulebook().products[product]
        self._task = asyncio.create_task(self._run(), name="settlement")

    def on_batch(self, batch: Batch) -> None:
        """Note a batch's title events. Raises where the batch does not follow what has come before."""
        if self.failure is not None:
            raise StoreFailed("settlement has stopped") from self.failure
        self._see(batch.entries)
        for entry in intake.title_entries(batch.eventful, self._stored.seq):
            self._backlog.append(entry)
            self._backlog_events += len(entry.events)
            if entry.makes_documents and any(type(event) is DayClosed for event in entry.events):
                self._add_marker([])
        self._wake.set()

    def _see(self, entries: list[Entry]) -> None:
        """Note how far the entries go. Raises `InvariantBroken` where they do not go on from what is stored and seen."""
        first, last = entries[0].seq, entries[-1]
        if last.seq - first + 1 != len(entries):
            raise InvariantBroken(f"{len(entries)} entries came as {first} to {last.seq}")
        stored = self._stored
        if first <= stored.seq <= last.seq and entries[stored.seq - first].at_ns != stored.at_ns:
            raise InvariantBroken(f"seq {stored.seq}: the registry was made from another journal")
        if last.seq <= stored.seq:
            return
        if max(first, stored.seq + 1) != self._seen.seq + 1:
            raise InvariantBroken(f"entry {first} came after entry {self._seen.seq}")
        self._seen = Mark(last.seq, last.at_ns)

    def _add_marker(self, answers: list[asyncio.Future[ReconciliationReport]]) -> None:
        """Reconcile at the seq at which the market stands now, which is never before an entry that has come."""
        assert self._view is not None, "on_start comes first"
        figures = reconcile.take_figures(self._view)
        if self._markers and self._markers[-1].figures.seq == figures.seq:
            self._markers[-1].answers.extend(answers)
            return
        if figures.seq < self._stored.seq:
            return  # Recovery is still before what is stored; its figures are long past.
        self._markers.append(_Marker(figures, answers))
        self._hurry.set()

    # ---- the task ---------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._gather()
                await self._settle_all()
                if self._is_closing:
                    return
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise

    async def _gather(self) -> None:
        self._hurry.clear()
        if not (self._is_closing or self._markers or self._waiting):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), GATHER_SECONDS)

    async def _settle_all(self) -> None:
        """Settle until nothing is left, a transaction at a time, stopping at each marker's seq to reconcile."""
        while True:
            until = self._markers[0].figures.seq if self._markers else self._seen.seq
            while self._backlog and self._backlog[0].seq <= until:
                await self._settle_some(until)
            reached = min(until, self._seen.seq)
            self._settled_seq = max(self._settled_seq, reached)
            if self._seen.seq == reached and (
                reached - self._stored.seq >= MARK_ENTRIES_MAX or (self._is_closing and reached > self._stored.seq)
            ):
                await self._commit(Writes(), self._seen)
            self._wake_waiters()
            next_stop = self._markers[0].figures.seq if self._markers else self._seen.seq
            if self._backlog and self._backlog[0].seq <= next_stop:
                continue  # it came while a transaction was being written
            if not self._markers or next_stop > self._seen.seq:
                return
            await self._reconcile(self._markers[0])
            self._markers.popleft()

    async def _settle_some(self, until: int) -> None:
        """One transaction: as many entries as it may hold, or one that documents follow from, with them."""
        writes = Writes()
        count = 0
        since_turn = 0
        taken = self._in_transaction
        while self._backlog and count < TRANSACTION_EVENTS_MAX:
            settled = intake.settle_plain(self._clearing, self._backlog, taken, writes, until, SLICE_EVENTS)
            if settled:
                count += settled
                since_turn += settled
                if since_turn >= SLICE_EVENTS:
                    since_turn = 0
                    await asyncio.sleep(0)
                continue
            entry = self._backlog[0]
            if entry.seq > until or (entry.makes_documents and taken):
                break
            self._backlog.popleft()
            taken.append(entry)
            self._clearing.enter(entry.seq, entry.at_ns)
            for at in range(0, len(entry.events), SLICE_EVENTS):  # a call auction may trade thousands in one entry
                part = entry.events[at : at + SLICE_EVENTS]
                self._clearing.apply(part, writes)
                since_turn += len(part)
                if since_turn >= SLICE_EVENTS:
                    since_turn = 0
                    await asyncio.sleep(0)
            count += len(entry.events)
            if entry.makes_notices:
                notices.add(self._clearing, entry.events, writes)
            if entry.makes_documents:
                await documents.add_for_entry(self._store, self._clearing, writes)
                break
        last = taken[-1]
        # Entries without title events after the last one need nothing; the mark passes them with it.
        mark = self._seen if not self._backlog and self._seen.seq <= until else Mark(last.seq, last.at_ns)
        await self._commit(writes, mark)
        self._backlog_events -= count
        taken.clear()
        self._settled_seq = mark.seq
        self._wake_waiters()

    async def _commit(self, writes: Writes, mark: Mark) -> None:
        await self._store.commit(writes, self._clearing, mark)
        self._stored = mark
        for comparison in self._clearing.take_bank_comparisons():
            self.last_comparison = comparison
            if self._on_bank is not None:
                self._on_bank(comparison)

    async def _reconcile(self, marker: _Marker) -> None:
        report = reconcile.compare(marker.figures, await self._store.balances(), self._clearing)
        if report.is_closed:
            report = msgspec.structs.replace(
                report, figures=await reconcile.day_figures(self._store, report.trading_day)
            )
        writes = Writes()
        writes.changes.append(("reconciliation", (report.seq, int(report.ok), _report_json(report))))
        await self._commit(writes, self._stored)
        self.last_report = report
        for answer in marker.answers:
            if not answer.done():
                answer.set_result(report)
        if self._on_report is not None:
            self._on_report(report)
        if not report.ok:
            self._on_break(report)

    def _wake_waiters(self) -> None:
        if not self._waiting:
            return
        still: list[tuple[int, asyncio.Future[None]]] = []
        for seq, answer in self._waiting:
            if seq > self._settled_seq:
                still.append((seq, answer))
            elif not answer.done():
                answer.set_result(None)
        self._waiting = still

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        stopped = StoreFailed(f"settlement has stopped: {error!r}")
        for _, waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(stopped)
        for marker in self._markers:
            for answer in marker.answers:
                if not answer.done():
                    answer.set_exception(stopped)
        self._waiting.clear()
        self._markers.clear()
        if not isinstance(error, asyncio.CancelledError):
            self._on_failure(error)

    async def close(self) -> None:
        """Settle what has come, store the mark, and close the registry."""
        self._is_closing = True
        self._wake.set()
        self._hurry.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._store.close()

    # ---- Title ------------------------------------------------------------------------------------------

    async def cash(self, account: int) -> int:
        """Settled cash in fen."""
        return await self._store.cash(account)

    async def holdings(self, account: int) -> list[TitleHolding]:
        """Settled units."""
        return await self._store.holdings(account)

    async def trade(self, trade: int) -> TradeStatus | None:
        """One trade's settlement; None where it has not come here yet (status "matched")."""
        found = await self._store.trade(trade)
        if found is not None:
            return found
        for entry in (*self._in_transaction, *self._backlog):
            for event in entry.events:
                if isinstance(event, BidAwarded) and event.trade == trade:
                    parties = awards.parties_of(event)
                    return TradeStatus(
                        trade,
                        entry.seq,
                        event.instrument,
                        parties.buyer,
                        parties.seller,
                        event.tonnes,
                        event.amount_fen,
                        dvp.CLEARING_HOLD,
                        0,
                        "",
                        0,
                    )
                if isinstance(event, Traded | BlockTraded) and event.trade == trade:
                    return TradeStatus(
                        trade,
                        entry.seq,
                        event.instrument,
                        event.buyer,
                        event.seller,
                        event.tonnes,
                        event.amount_fen,
                        dvp.CLEARING_HOLD,
                        0,
                        "",
                        0,
                    )
        return None

    async def trade_facts(self, trade: int) -> TradeFacts | None:
        """What a trade was, as it is committed; None for an award, or where there is none."""
        return await self._store.trade_facts(trade)

    async def unsettled(self, limit: int) -> list[TradeStatus]:
        """What is set aside, oldest first."""
        return await self._store.unsettled(limit)

    async def serials(self, account: int) -> list[SerialRow]:
        """Blocks of serials of offsets that an account holds, or (0) all; lowest first."""
        return await self._store.serials(account)

    async def audit_lines(self, search: AuditSearch) -> list[AuditLine]:
        """Lines of the audit trail, newest first."""
        return await self._store.audit_lines(search)

    async def statement_days(self, account: int) -> list[int]:
        """Trading days (yyyymmdd) with a statement, newest first."""
        return await self._store.statement_days(account)

    async def statement(self, account: int, trading_day: int) -> bytes | None:
        """The statement as JSON."""
        return await self._store.statement(account, trading_day)

    async def statement_answers(self, account: int) -> list[StatementAnswer]:
        """An account's newest answers to statements, oldest of them first."""
        return await self._store.statement_answers(account)

    async def bulletins(self) -> list[BulletinRow]:
        """All bulletins made, newest first."""
        return await self._store.bulletins()

    async def bulletin(self, trading_day: int) -> bytes | None:
        """The bulletin as JSON: the bytes whose SHA-256 is its name."""
        return await self._store.bulletin(trading_day)

    async def notices(self, before_seq: int, category: str, instrument: str, limit: int) -> list[PublicNotice]:
        """Notices of entries before `before_seq`, newest first; "" for every category or instrument."""
        return await self._store.notices(before_seq, category, instrument, limit)

    async def notice(self, seq: int, line: int) -> PublicNotice | None:
        """One notice."""
        return await self._store.notice(seq, line)

    async def publications(self) -> list[PublicationRow]:
        """Weekly, monthly and yearly bulletins and corrections, newest first."""
        return await self._store.publications()

    async def publication(self, period: str, version: int) -> bytes | None:
        """One of them as JSON: the bytes whose SHA-256 is its name."""
        return await self._store.publication(period, version)

    async def monitor_reports(self) -> list[MonitorReportRow]:
        """Published reports of the monitor, newest first."""
        return await self._store.monitor_reports()

    async def monitor_report(self, sha256: str) -> bytes | None:
        """One of them by the SHA-256 of its bytes."""
        return await self._store.monitor_report(sha256)

    async def dispatches(self, limit: int) -> list[DispatchRow]:
        """What was sent to authorities, newest first."""
        return await self._store.dispatches(limit)

    async def recent_facts(self, days: int) -> RecentFacts:
        """Closing figures and incidents of the last closed days."""
        return await self._store.recent_facts(days)

    async def report(self, kind: str, period: str) -> dict[str, Any] | None:
        """A report on closed days, counted from what is committed; None where there is nothing of that period."""
        return await reports.make(self._store, self._clearing, kind, period)

    async def reconcile(self) -> ReconciliationReport:
        """Compare engine, registry and bank where the market stands now, with everything up to there settled."""
        answer: asyncio.Future[ReconciliationReport] = asyncio.get_running_loop().create_future()
        self._check_may_wait()
        self._add_marker([answer])
        self._wake.set()
        return await answer

    async def audit_head(self) -> tuple[int, bytes]:
        """Lines of the audit trail as stored, and its last link."""
        return await self._store.audit_head()

    async def contents(self, since: Contents | None) -> Contents:
        """Hashes of all tables of the registry at one moment; logs from where `since` stopped."""
        return await self._store.contents(since)

    async def wait_settled(self, seq: int) -> None:
        """Wait until everything up to `seq` is committed in the registry."""
        if seq <= self._settled_seq:
            return
        self._check_may_wait()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((seq, answer))
        self._hurry.set()
        await answer

    def _check_may_wait(self) -> None:
        if self.failure is not None or self._task is None or self._is_closing:
            raise StoreFailed(f"settlement does not run: {self.failure or 'not started, or closed'}")
        if len(self._waiting) + sum(len(marker.answers) for marker in self._markers) >= WAITERS_MAX:
            raise SettlementBusy(f"{WAITERS_MAX} callers wait already")


def _report_json(report: ReconciliationReport) -> bytes:
    return orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_SORT_KEYS)
