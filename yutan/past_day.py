"""A past day shown to the public as it went: the same feed, page and HTTP over the journal, at any speed (回放).

The journal is read from its beginning to the day's opening, with settlement and tape following into a scratch folder, so that
earlier days, notices and bulletins are there too. Then the doors open, and record after record is applied and told when it is
due. The folder that is shown is only read, also while its own exchange runs.

It begins at the first entry and not at a snapshot: that holds the market's state, but neither the registry, the bulletins and
the notices as of the day (the folder's own stores stand where the exchange does, and cannot be turned back), nor the tape. And
only the newest snapshots are kept, so that before most days there is none. The way is therefore long, and told of as it goes.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec

from engine import collector
from engine.core.commands import Entry
from engine.core.events import DayOpened, Event
from engine.core.market import Market
from engine.journal import segments
from engine.recovery import apply_record
from engine.sequencer import Batch, Follower, has_follower_behind
from engine.title import BankComparison, ReconciliationReport
from engine.view import MarketView
from gateway.feed import FeedSettings, PublicFeed, Tape
from gateway.feed.notices import SNAPSHOT_ROWS_MAX
from gateway.http import HttpSettings, create_app, serve_http
from gateway.http.sources import Sources
from gateway.rehearsal import PAST_ENV
from gateway.server import Gateway
from gateway.settings import GatewaySettings
from gateway.signed import SignedDoor
from settlement.worker import Settlement
from yutan import folder
from yutan.compose import NEWEST_FIRST, NotFounded, certificate_file, door_tls, fail_stop, own_origins
from yutan.settings import Settings

BATCH_ENTRIES: Final = 4_096  # told together on the way to the day
_ROOM_POLL_S: Final = 0.001

Progress = Callable[[str, int, int], None]  # what is being done, entries done, entries in the journal
COMING: Final = "entries before the day (此前记录)"
LOOKING: Final = "entries of the day (当日记录)"


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Report to nobody."""


class NoSuchDay(Exception):
    """The journal has no opening of this day; the text names the days that it has."""


class Stretch(NamedTuple):
    """Where the day stands in the journal: from its opening to the last entry before the next one."""

    first_seq: int
    last_seq: int
    first_ns: int
    last_ns: int


class PastDay:
    """One day of a journal behind open doors. Made by `await PastDay.open(folder, day, settings)`; then `play`."""

    def __init__(self, source: Path, settings: Settings) -> None:
        self._data = source
        self._source = folder.journal(source)
        self._settings = msgspec.structs.replace(settings, env=PAST_ENV)
        self._market = Market()
        self.view = MarketView(self._market)
        self.stretch: Stretch
        self.running: folder.Running
        self.is_over = asyncio.Event()
        self._followers: list[Follower] = []
        self.feed: PublicFeed
        self._settlement: Settlement
        self._tape: Tape
        self._gateway: Gateway
        self._stack = AsyncExitStack()

    @classmethod
    async def open(cls, source: Path, day: int, settings: Settings, on_progress: Progress = _quiet) -> Self:
        """Come to the opening of `day` (YYYYMMDD) and open the doors. Raises NotFounded, NoSuchDay, JournalError, OSError.

        `on_progress` hears every few thousand entries how far the reading is: first to the day's opening (`COMING`), then
        to its end (`LOOKING`), each out of all that the journal holds, since where the day begins is known only there.
        """
        if not folder.is_founded(source):
            raise NotFounded(f"{source}: no market was founded here")
        past = cls(source, settings)
        try:
            scratch = Path(tempfile.mkdtemp(prefix="yutan-past-day-"))
            past._stack.callback(shutil.rmtree, scratch)
            await past._come_to(day, scratch, on_progress)
            await past._open_doors(scratch)
        except BaseException:
            await past.close()
            raise
        collector.tame()
        return past

    async def _come_to(self, day: int, scratch: Path, on_progress: Progress) -> None:
        self._settlement = await Settlement.open(
            folder.registry(scratch), on_failure=fail_stop, on_break=_known, on_report=_known, on_bank=_known
        )
        self._stack.push_async_callback(self._settlement.close)
        self._tape = await Tape.open(scratch / "tape.db")
        self._tape.on_failure = fail_stop
        self._stack.push_async_callback(self._tape.close)
        self._followers = [self._settlement, self._tape]
        for follower in self._followers:
            follower.on_start(self.view)
        gathered: list[Entry] = []
        events: list[list[Event]] = []
        seen: list[int] = []
        total = segments.last_seq(self._source)
        on_progress(COMING, 0, total)
        for entries in segments.read_entries(self._source, 1):
            happened = apply_record(self._market, entries)
            gathered += entries
            events += happened
            opened = _opened(happened)
            seen += opened
            if day in opened or len(gathered) >= BATCH_ENTRIES:
                await self._wait_room()
                self._tell(gathered, events)
                gathered, events = [], []
                on_progress(COMING, self._market.seq, total)
                await asyncio.sleep(0)  # followers store in the background
            if day in opened:
                self.stretch = self._look_ahead(on_progress, total)
                return
        known = f"from {seen[0]} to {seen[-1]}" if seen else "no day at all"
        raise NoSuchDay(f"{day} was not opened in this journal, which has {known}")

    def _look_ahead(self, on_progress: Progress, total: int) -> Stretch:
        """Find the last entry before the next opening, on a copy of the market."""
        ahead = Market.load(self._market.dump())
        last_seq, last_ns, told_seq = ahead.seq, ahead.at_ns, ahead.seq
        for entries in segments.read_entries(self._source, ahead.seq + 1):
            if _opened(apply_record(ahead, entries)):
                break
            last_seq, last_ns = ahead.seq, ahead.at_ns
            if last_seq - told_seq >= BATCH_ENTRIES:
                told_seq = last_seq
                on_progress(LOOKING, last_seq, total)
        on_progress(LOOKING, last_seq, total)
        return Stretch(self._market.seq, last_seq, self._market.at_ns, last_ns)

    async def _open_doors(self, scratch: Path) -> None:
        settings = self._settings
        await self._settlement.wait_settled(self._market.seq)
        told = await self._settlement.notices(NEWEST_FIRST, "", "", SNAPSHOT_ROWS_MAX)
        self.feed = PublicFeed(FeedSettings(timetable_followed=settings.timetable == "real"), (), list(reversed(told)))
        self._gateway = await Gateway.open(
            GatewaySettings(
                env=PAST_ENV,
                host=settings.host,
                port=settings.ws_port,
                history_file=scratch / "history.db",
                logins_file=scratch / "logins.db",
                origins=settings.origins,
                tls=door_tls(self._data, settings, asks_clients=False),  # nobody logs in: there is nobody to ask
            ),
            self.feed,
            self._settlement,
        )
        self._stack.push_async_callback(self._gateway.close)
        self._gateway.on_start(self.view)
        self._followers.append(self._gateway)
        await self._gateway.start()
        sources = Sources(
            self.view,
            self.feed,
            self._tape,
            self._settlement,
            HttpSettings(
                market_port=self._gateway.port,
                environment=PAST_ENV,
                data_licence=settings.data_licence,
                contact=settings.contact,
            ),
            lambda: {"settlement": self._settlement.lag, "tape": self._tape.lag},
            self._gateway.metrics,
            now_ns=lambda: self.view.day().at_ns,
            origins=lambda: self._gateway.settings.origins,
            members=SignedDoor(self._gateway),
        )
        tls = door_tls(self._data, settings, asks_clients=False)
        http = await serve_http(create_app(sources), settings.host, settings.http_port, tls)
        self._stack.push_async_callback(http.close)
        self._gateway.settings = msgspec.structs.replace(
            self._gateway.settings, origins=(*settings.origins, *own_origins(settings.host, http.port, tls is not None))
        )
        self.running = folder.Running(
            0, PAST_ENV, settings.host, self._gateway.port, http.port, certificate_file(self._data, settings)
        )

    async def play(self, speed: float) -> None:
        """Tell the day's records when they are due: so many times as fast as they came; 0: as fast as they can be told."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for entries in self._records():
            passed_s = (entries[0].at_ns - self.stretch.first_ns) / 1e9
            await asyncio.sleep(max(0.0, started + passed_s / speed - loop.time()) if speed else 0)
            await self._wait_room()
            self._tell(entries, apply_record(self._market, entries))
        self.is_over.set()

    def _records(self) -> Iterator[list[Entry]]:
        return segments.read_entries(self._source, self.stretch.first_seq + 1, self.stretch.last_seq)

    async def _wait_room(self) -> None:
        while has_follower_behind(self._followers):  # noqa: ASYNC110 - a follower need only have a flag, no event
            await asyncio.sleep(_ROOM_POLL_S)

    def _tell(self, entries: list[Entry], events: list[list[Event]]) -> None:
        batch = Batch(entries, events, [None] * len(entries))
        for follower in self._followers:
            follower.on_batch(batch)

    async def close(self) -> None:
        """Close the doors and forget the scratch folder."""
        await self._stack.aclose()


def _opened(events: list[list[Event]]) -> list[int]:
    """Trading days that were opened."""
    return [event.trading_day for happened in events for event in happened if type(event) is DayOpened]


def _known(_found: ReconciliationReport | BankComparison) -> None:
    """What settlement found then stands in the journal, with what followed from it."""
