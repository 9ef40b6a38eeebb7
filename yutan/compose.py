"""The composition root: the one place where engine, settlement and gateway meet.

Starting is recovery: the followers open their stores, the journal is replayed to where each of them stopped, and only then
the doors open. Ending in good order closes the doors first and the stores last. Anything that must not be survived (an
unwritable journal, a registry that could be wrong) ends the process at once with exit code 70 and says why on stderr.
"""

import asyncio
import os
import socket
import ssl
import sys
import traceback
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import structlog

from engine import collector, snapshot
from engine.clock import wall_ns
from engine.core import days
from engine.core.calendar import Horizon, local_day
from engine.core.commands import Halt, Propose, PublishBulletin, RecordBankComparison, RecordReconciliation
from engine.core.events import ActTaken, BulletinCorrected, DayClosed, DayOpened
from engine.recovery import Progress, recover
from engine.sequencer import EXIT_FAIL_STOP, NO_STORE_MARK, Batch, Sequencer, SequencerOverloaded
from engine.settings import EngineSettings
from engine.title import BankComparison, ReconciliationReport
from engine.view import MarketView
from engine.watch import Watch
from gateway.addresses import proxies_of
from gateway.feed import FeedSettings, PublicFeed, Tape
from gateway.feed.notices import SNAPSHOT_ROWS_MAX
from gateway.http import HttpSettings, create_app, serve_http
from gateway.http.sources import Sources
from gateway.logins import LoginSettings
from gateway.server import Gateway
from gateway.settings import GatewaySettings, tls_context
from gateway.signed import SignedDoor
from settlement.worker import Settlement
from yutan import bulletins, checkpoints, folder, imports
from yutan.checkpoints import REGISTRY, BulletinHead, Checkpoints, Standing, TrailHead
from yutan.settings import Settings
from yutan.timetable import Timetable

log = structlog.get_logger("yutan")
NEWEST_FIRST: Final = 2**62  # above every seq
_DOCUMENTED: Final = frozenset((DayOpened, DayClosed, BulletinCorrected))


class NotFounded(Exception):
    """There is no market in this folder."""


def fail_stop(error: BaseException) -> None:
    """End the process at once with the evidence on stderr; nothing more is written anywhere."""
    try:
        sys.stderr.write("fail-stop: the exchange ends itself rather than go on in doubt\n")
        traceback.print_exception(error, file=sys.stderr)
        sys.stderr.flush()
    finally:  # stderr may be a log on the very disk that is full
        os._exit(EXIT_FAIL_STOP)


def door_tls(data: Path, settings: Settings, *, asks_clients: bool) -> ssl.SSLContext | None:
    """What the doors speak; relative paths begin at the data folder. Raises OSError for unusable files."""
    if not settings.tls_certificate:
        return None
    certificate, key = data / settings.tls_certificate, data / settings.tls_key
    return tls_context(certificate, key, allow_tls_1_2=settings.tls_1_2, asks_clients=asks_clients)


def certificate_file(data: Path, settings: Settings) -> str:
    """The doors' own certificate, for programs on this machine; empty where they speak no TLS."""
    return str((data / settings.tls_certificate).resolve()) if settings.tls_certificate else ""


def own_origins(host: str, http_port: int, is_tls: bool = False) -> tuple[str, ...]:
    """The web origins of the exchange's own page, as browsers on this machine or by its name write them."""
    names = dict.fromkeys(("127.0.0.1", "localhost", host, socket.gethostname()))
    return tuple(f"{'https' if is_tls else 'http'}://{name}:{http_port}" for name in names)


class Documented:
    """A follower that notes the entries after which settlement makes documents; keeps nothing."""

    mark = NO_STORE_MARK

    def __init__(self) -> None:
        self.newest_seq = 0
        self.news = asyncio.Event()

    def on_start(self, view: MarketView) -> None:
        """Nothing to learn: what was made before is looked up in the stores."""

    def on_batch(self, batch: Batch) -> None:
        """Note the newest act that opened or closed a day or ordered a correction."""
        for entry, events in batch.eventful:
            if type(events[0]) is ActTaken and any(type(event) in _DOCUMENTED for event in events):
                self.newest_seq = entry.seq
                self.news.set()


class Exchange:
    """A running exchange. Made by `await Exchange.start(folder, settings)`."""

    def __init__(self, data: Path, settings: Settings) -> None:
        self.data = data
        self.settings = settings
        self.recovery: Progress | None = None
        self.sequencer: Sequencer
        self.view: MarketView
        self.settlement: Settlement
        self.tape: Tape
        self.watch: Watch
        self.feed: PublicFeed
        self.gateway: Gateway
        self.timetable: Timetable
        self.checkpoints: Checkpoints
        self.running: folder.Running
        self.bulletin_written = asyncio.Event()
        self._documented = Documented()
        self._break: ReconciliationReport | None = None
        self._is_up = False
        self._is_whole = False  # everything was recovered, so what is closed in good order can be sealed
        self._stack = AsyncExitStack()

    @classmethod
    async def start(cls, data: Path, settings: Settings) -> Self:
        """Recover and open the doors. Raises NotFounded, and what journal, stores and sockets raise."""
        if not folder.is_founded(data):
            raise NotFounded(f"{data}: no market was founded here; run: yutan init {data}")
        exchange = cls(data, settings)
        try:
            await exchange._recover()
            await exchange._open_doors()
        except BaseException:
            await exchange.close()
            raise
        return exchange

    async def _recover(self) -> None:
        settings = self.settings
        self.checkpoints = Checkpoints(self.data)
        self.checkpoints.key()
        self.checkpoints.check_journal(folder.journal(self.data))
        self._stack.push_async_callback(self._seal)  # the last of all
        self.settlement = await Settlement.open(
            folder.registry(self.data),
            on_failure=fail_stop,
            on_break=self._on_break,
            on_report=self._on_report,
            on_bank=self._on_bank,
            backlog_events_max=settings.settlement_backlog_max,
        )
        self._stack.push_async_callback(self.settlement.close)
        self._stack.push_async_callback(self._write_last_bulletins)
        self.tape = await Tape.open(self.data / "tape.db")
        self.tape.on_failure = fail_stop
        self._stack.push_async_callback(self.tape.close)
        self.watch = Watch.open(self.data / "alerts.state")
        self.watch.on_failure = fail_stop
        self._stack.push_async_callback(self.watch.close)
        told = await self.settlement.notices(NEWEST_FIRST, "", "", SNAPSHOT_ROWS_MAX)
        self.feed = PublicFeed(
            FeedSettings(timetable_followed=settings.timetable == "real"), self.tape.past, list(reversed(told))
        )
        self.gateway = await Gateway.open(self._gateway_settings(), self.feed, self.settlement)
        self.gateway.history.on_failure = fail_stop
        self._stack.push_async_callback(self.gateway.close)  # what the sequencer still says is stored
        engine_settings = EngineSettings(
            inbox_commands_max=settings.inbox_commands_max,
            batch_commands_max=settings.batch_commands_max,
            snapshot_every=settings.snapshot_every,
            disk=settings.disk,
        )
        self.sequencer = await recover(
            self.data,
            [self.settlement, self.tape, self.gateway, self.watch, self._documented],
            wall_ns,
            engine_settings,
            on_failure=fail_stop,
            on_progress=self._note_progress,
        )
        self._stack.push_async_callback(self.sequencer.close)
        self.view = self.sequencer.view
        self._tell_checkpoint()
        await (
            self.settlement.reconcile()
        )  # a difference is told by on_break, and halts the market once the doors are open
        collector.tame()
        self._is_whole = True

    async def _write_last_bulletins(self) -> None:
        """A day that closed just before the end has its file before the last checkpoint names it."""
        if self._is_whole and self.sequencer.failure is None and self.settlement.failure is None:
            await self.settlement.wait_settled(self._documented.newest_seq)
            await bulletins.write_new(self.data, self.settlement, self.checkpoints.key())

    async def _seal(self) -> None:
        """Sign where everything stands, now that every store is closed."""
        if self._is_whole and self.sequencer.failure is None and self.settlement.failure is None:
            await checkpoints.seal(self.data, wall_ns())

    def _gateway_settings(self) -> GatewaySettings:
        return GatewaySettings(
            env=self.settings.env,
            host=self.settings.host,
            port=self.settings.ws_port,
            history_file=self.data / "history.db",
            logins_file=self.data / "logins.db",
            logins=LoginSettings(passkey_domain=self.settings.passkey_domain),
            origins=self.settings.origins,
            proxies=proxies_of(self.settings.trusted_proxies, self.settings.proxy_header),
            key_orders_per_second_max=self.settings.key_orders_per_second_max,
            participant_orders_per_second_max=self.settings.participant_orders_per_second_max,
            key_cancels_per_second_max=self.settings.key_cancels_per_second_max,
            cancel_grace_ms=self.settings.cancel_grace_ms,
            tls=door_tls(self.data, self.settings, asks_clients=self.settings.client_certificates != "off"),
            client_certificates=self.settings.client_certificates,
            going_away_ms=self.settings.going_away_ms,
        )

    def _note_progress(self, progress: Progress) -> None:
        if self.recovery is None:
            if progress.torn is not None:
                log.warning("torn tail of the journal was cut", **progress.torn._asdict())
            for snapshot in progress.damaged:
                log.warning("damaged snapshot was passed over", snapshot=snapshot)
        self.recovery = progress

    async def _open_doors(self) -> None:
        settings = self.settings
        self.gateway.attach(self.sequencer)
        self.gateway.alerts.source = self.watch
        self.gateway.operators.console.read_file = imports.read_file
        self.gateway.operators.console.proofs = self.checkpoints
        self.watch.on_alerts = self.gateway.alerts.tell
        await self.gateway.start()
        self._stack.push_async_callback(self.gateway.close_doors)
        self.timetable = Timetable(
            settings.timetable,
            self.view.rulebook_on,
            self.sequencer,
            self.view.day,
            self.view.calendar,
            wall_ns,
            day_seconds=settings.compressed_day_seconds,
            announce=self.feed.expect_phase,
            read_auctions=self.view.auctions,
            judge_opening=self.view.judge_opening,
        )
        sources = Sources(
            self.view,
            self.feed,
            self.tape,
            self.settlement,
            HttpSettings(
                market_port=self.gateway.port,
                environment=settings.env,
                data_licence=settings.data_licence,
                contact=settings.contact,
                requests_per_second_max=settings.http_requests_per_second_max,
                proxies=self.gateway.settings.proxies,
            ),
            self.lags,
            self.counters,
            proofs=self.checkpoints,
            logins=self.gateway.logins,
            origins=lambda: self.gateway.settings.origins,
            members=SignedDoor(self.gateway),
        )
        tls = door_tls(self.data, settings, asks_clients=False)
        http = await serve_http(create_app(sources), settings.host, settings.http_port, tls)
        self._stack.push_async_callback(http.close)
        self.gateway.settings = msgspec.structs.replace(
            self.gateway.settings, origins=(*settings.origins, *own_origins(settings.host, http.port, tls is not None))
        )
        self._is_up = True
        if self._break is not None:
            self._on_break(self._break)
        if self.settlement.last_report is not None:
            self._on_report(self.settlement.last_report)
        if self.settlement.last_comparison is not None:
            self._on_bank(self.settlement.last_comparison)
        self._watched(self._write_bulletins(), "bulletins")
        self.running = folder.Running(
            os.getpid(),
            settings.env,
            settings.host,
            self.gateway.port,
            http.port,
            certificate_file(self.data, settings),
        )
        folder.write_running(self.data, self.running)
        self._stack.callback(folder.remove_running, self.data)
        journal = "in a thread" if self.sequencer.is_in_thread else "inline"
        log.info("exchange is open", trade=self.running.ws_url, page=self.running.http_url, journal=journal)

    def drive(self) -> None:
        """Let the timetable turn the phases from now on."""
        self._watched(self.timetable.run(), "timetable")

    def _watched(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(_fail_stop_on_error)

        async def stop() -> None:
            task.cancel()
            await asyncio.wait([task])

        self._stack.push_async_callback(stop)

    async def _write_bulletins(self) -> None:
        """Put each bulletin into DIR/bulletins once its day is settled, and look how long the calendar still lasts."""
        while True:
            await self.settlement.wait_settled(self._documented.newest_seq)
            written = await bulletins.write_new(self.data, self.settlement, self.checkpoints.key())
            await self._publish_what_needs_nobody()
            if written:
                await self._sign_checkpoint()
                self.bulletin_written.set()
                collector.tame()
            self._warn_of_calendar()
            await self._documented.news.wait()
            self._documented.news.clear()

    async def _publish_what_needs_nobody(self) -> None:
        """Publish weekly, monthly and yearly bulletins and corrections: sums of what is known, or decided by two people."""
        for row in reversed(await self.settlement.publications()):
            if not row.published:
                words = f"{row.kind} bulletin {row.period}, version {row.version}"
                try:
                    await self.sequencer.submit(Propose(0, words, "", PublishBulletin(row.last_day, row.sha256)))
                except SequencerOverloaded:  # it waits for the next close or start
                    log.warning("not published, the inbox is full", what=words)

    async def _sign_checkpoint(self) -> None:
        """Sign where journal and registry stand after a close. The snapshot of the close gives the state's hash."""
        await self.sequencer.wait_snapshot()
        head = snapshot.newest_head(folder.journal(self.data))
        if head is None or head.seq < self._documented.newest_seq:
            await self.sequencer.snapshot()
            head = snapshot.newest_head(folder.journal(self.data))
        assert head is not None, "a snapshot was written"
        contents = await self.settlement.contents(self.checkpoints.last_contents(REGISTRY))
        lines, chain = await self.settlement.audit_head()
        rows = await self.settlement.bulletins()
        standing = Standing(
            self.view.rulebook().market,
            TrailHead(lines, chain.hex()),
            BulletinHead(rows[0].number, rows[0].sha256) if rows else None,
            wall_ns(),
            head,
        )
        signed = self.checkpoints.make(standing, {REGISTRY: contents})
        self._tell_checkpoint()
        log.info("checkpoint signed", number=signed.checkpoint.number, seq=head.seq, sha256=signed.sha256)

    def _tell_checkpoint(self) -> None:
        row = self.checkpoints.checkpoint(self.checkpoints.newest_number())
        if row is not None:
            self.feed.tell_checkpoint(row)

    def _on_break(self, report: ReconciliationReport) -> None:
        """Engine and registry differ: halt the market by a journaled command; people decide what follows."""
        self._break = report
        log.error("reconciliation break", seq=report.seq, breaks=len(report.breaks))
        if not self._is_up:
            return
        words = f"reconciliation break at seq {report.seq}: {len(report.breaks)} differences"
        if not self.sequencer.submit_nowait(Propose(0, words, "", Halt(0))):
            fail_stop(RuntimeError(f"{words}; the halt could not be submitted"))

    def _on_report(self, report: ReconciliationReport) -> None:
        """Have it journaled that the closed day was compared, unless it is known to be right: the next opening asks for it."""
        if not self._is_up or not report.is_closed or not report.trading_day:
            return
        known = self.view.day_marks(report.trading_day).get(days.RECONCILIATION)
        cleared = self.view.day_marks(report.trading_day).get(days.CLEARING)
        is_same = cleared is not None and cleared.count == report.unsettled
        if known is None or not known.is_ok or not report.ok or not is_same:
            act = RecordReconciliation(
                report.trading_day,
                report.seq,
                len(report.breaks),
                report.unsettled,
                report.accounts,
                tuple(report.affected),
                report.figures,
            )
            self._record(act, f"reconciled at seq {report.seq}")

    def _on_bank(self, comparison: BankComparison) -> None:
        """Have it journaled how the bank's file compares with the ledger, unless that is known."""
        file, _ = self.view.bank() if self._is_up else (None, [])
        if file is not None and not file.is_compared and file.sha256 == comparison.sha256:
            act = RecordBankComparison(comparison.trading_day, comparison.sha256, tuple(comparison.breaks))
            self._record(act, f"bank file compared at seq {comparison.seq}")

    def _record(self, act: RecordReconciliation | RecordBankComparison, words: str) -> None:
        """Tell the market what settlement found; without room it is told again after the next comparison or start."""
        if not self.sequencer.submit_nowait(Propose(0, words, "", act)):
            log.warning("not recorded, the inbox is full", what=words)

    def _horizon(self) -> Horizon:
        """How far the calendar reaches from the market's present date."""
        today = local_day(wall_ns(), self.view.rulebook().utc_offset_minutes)
        return self.view.calendar().horizon(max(today, self.view.day().trading_day))

    def _warn_of_calendar(self) -> None:
        horizon = self._horizon()
        if horizon.alarm:
            last, left = horizon.last_day, horizon.trading_days_left
            log.warning("the calendar runs out", alarm=horizon.alarm, last_day=last, trading_days_left=left)

    def _calendar_figures(self) -> dict[str, int]:
        """Gauges of a calendar that has an end."""
        horizon = self._horizon()
        if not horizon.last_day and not horizon.alarm:
            return {}
        return {"calendar_trading_days_left": horizon.trading_days_left, "calendar_alarm": int(horizon.alarm != "")}

    def lags(self) -> dict[str, int]:
        """Entries each follower has yet to do, by name."""
        return {"settlement": self.settlement.lag, "tape": self.tape.lag}

    def counters(self) -> dict[str, int]:
        """Figures for /metrics; names ending in `_total` only grow."""
        return {
            **self.gateway.metrics(),
            "settlement_backlog_events": self.settlement.backlog_events,
            **self._calendar_figures(),
            "timetable_acts_total": self.timetable.acts,
            "timetable_refused_total": self.timetable.refused,
        }

    async def close(self) -> None:
        """Close the doors, finish what was taken, write a snapshot, close the stores."""
        await self._stack.aclose()


def _fail_stop_on_error(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        fail_stop(error)
