"""The public feed: a follower of the engine's events that turns them into numbered channels.

`on_batch` only folds; everything is said by `flush`, which the websocket server calls at its own pace (about every
50 ms, and at once where `urgent` says so). So a burst costs one message per channel, and what is said is always the state
between two entries.
"""

from collections.abc import Callable, Container, Sequence
from typing import Any

from msgspec import structs

from engine.core import events, phases, rulebook, units
from engine.core.commands import Entry, Found
from engine.core.events import ActTaken, Band, OrderAccepted, OrderCanceled
from engine.core.rulebook import RuleBook
from engine.public_notices import PublicNotice
from engine.sequencer import NO_STORE_MARK, Batch
from engine.title import CheckpointRow
from engine.view import MarketView, PendingNotice
from gateway.feed import figures
from gateway.feed.auctions import AuctionFeed
from gateway.feed.channel import Channel
from gateway.feed.checkpoints import CheckpointFeed
from gateway.feed.figures import second_text
from gateway.feed.instrument import InstrumentFeed, Said
from gateway.feed.messages import AuctionData, BookData, NextPhase, NextRules, PhaseData, TickerData
from gateway.feed.notices import NoticeFeed
from gateway.feed.records import PublicTrade
from gateway.feed.settings import FeedSettings
from gateway.feed.timetable import next_opening, next_phase
from gateway.feed.trades import public_trade, voided_trade
from gateway.protocol.times import day_text, time_text


class PublicFeed:
    """All public channels. `past`: today's trades as the tape has them, so that bars and trades survive a restart;
    `notices`: the newest ones as the registry has them, oldest first, for the same reason.

    Unknown channels raise KeyError. A contradiction between fold and events raises `DepthBroken`: the process must end.
    """

    mark = NO_STORE_MARK  # all it knows is in the engine's state, the tape and the journal

    def __init__(
        self, settings: FeedSettings, past: Sequence[PublicTrade] = (), notices: Sequence[PublicNotice] = ()
    ) -> None:
        self.settings = settings
        self.urgent = False  # something waits that should not wait for the next regular flush
        self._past = past
        self._view: MarketView | None = None
        self._rules: RuleBook | None = None
        self._trading_day = 0
        self._phase = phases.CLOSED
        self._is_halted = False
        self._is_block_window_open = False
        self._seq = 0
        self._at_ns = 0
        self._next_rules: NextRules | None = None
        self._epoch: int | None = None
        self._expected: NextPhase | None = None
        self._opening: NextPhase | None = None  # of the next trading day, where the timetable is followed
        self._phase_channel = Channel("phase", settings.ring_messages_max, settings.ring_bytes_max)
        self._instruments: dict[int, InstrumentFeed] = {}
        self._phase_said = self._phase_data()
        self._auctions = AuctionFeed(settings.ring_messages_max, settings.ring_bytes_max)
        self._notices = NoticeFeed(notices, settings.ring_messages_max, settings.ring_bytes_max)
        self._checkpoints = CheckpointFeed(settings.ring_messages_max, settings.ring_bytes_max)
        self._channels: dict[str, tuple[Channel, InstrumentFeed | None]] = {
            "phase": (self._phase_channel, None),
            self._notices.channel.name: (self._notices.channel, None),
            self._auctions.channel.name: (self._auctions.channel, None),
            self._checkpoints.channel.name: (self._checkpoints.channel, None),
        }
        self._folds: dict[type[events.Event], Callable[[Any], None]] = {
            events.Traded: self._on_traded,
            events.TradeVoided: self._on_voided,
            events.OrderReplaced: self._on_replaced,
            events.RuleBookAdopted: self._on_rulebook_adopted,
            events.RuleBookTookEffect: self._on_rulebook_took_effect,
            events.DayOpened: self._on_day_opened,
            events.PhaseChanged: self._on_phase_changed,
            events.BlockWindowChanged: self._on_block_window,
            events.Halted: self._on_halted,
            events.Resumed: self._on_resumed,
            events.DayClosed: self._on_day_closed,
            events.CalendarChanged: self._on_calendar_changed,
            events.InstrumentListed: self._on_listed,
            events.AuctionAnnounced: self._on_auction_announced,
            events.AuctionOpened: self._auctions.opened,
            events.AuctionCleared: self._auctions.cleared,
            events.AuctionReported: self._auctions.reported,
            events.AuctionMeasured: self._auctions.measured,
            events.AuctionCanceled: self._auctions.canceled,
        }

    # ---- following the engine -----------------------------------------------------------------------------

    def on_start(self, view: MarketView) -> None:
        """Begin where the snapshot is: depth and day from the engine, trades and bars from the tape."""
        self._view = view
        if not view.is_founded:
            return
        day = view.day()
        self._seq, self._at_ns = day.seq, day.at_ns
        self._trading_day, self._phase, self._is_halted = day.trading_day, day.phase, day.halted
        self._is_block_window_open = day.is_block_window_open
        self._rules = view.rulebook()
        pending = view.rulebook_notice().pending
        if pending is not None:
            self._next_rules = next_rules(pending.rulebook.version, pending)
        self._find_opening()
        for instrument in view.instruments():
            fold = self._admit(instrument.number, instrument.code, instrument.tick_fen)
            bids, asks = view.depth(instrument.number, 0)
            fold.bootstrap(instrument, _levels(bids), _levels(asks), day)
        self._auctions.load(view)
        for trade in self._past:
            if trade.trading_day == day.trading_day and trade.seq <= day.seq:
                self._instruments[trade.instrument].remember(trade)
        self._past = ()
        for fold in self._instruments.values():
            fold.began(phases.is_call(self._phase))
        self._phase_said = self._phase_data()

    def on_batch(self, batch: Batch) -> None:
        """Fold a durable batch. Nothing is said yet."""
        folds, instruments = self._folds, self._instruments
        if self._rules is None and batch.entries:
            self._read_rules(batch.entries[0])
        entries = batch.entries
        for place, happened in enumerate(batch.events):  # by place: zip makes a tuple for each
            entry = entries[place]
            self._seq, self._at_ns = entry.seq, entry.at_ns
            for event in happened:
                if type(event) is OrderAccepted:  # first and without a further call: most of a busy day
                    instruments[event.instrument].depth.add(event.side, event.price_ticks, event.tonnes)
                elif type(event) is OrderCanceled:
                    instruments[event.instrument].depth.add(event.side, event.price_ticks, -event.tonnes)
                elif type(event) in folds:
                    folds[type(event)](event)
                elif type(event) is ActTaken:
                    self._on_act(happened)

    def _on_act(self, happened: list[events.Event]) -> None:
        assert self._view is not None, "on_start comes before any batch"
        if self._notices.on_act(self._seq, self._at_ns, happened, self._view):
            self.urgent = True

    def _read_rules(self, entry: Entry) -> None:
        if isinstance(entry.command, Found):
            self._rules = rulebook.parse(entry.command.rulebook)
            self._find_opening()

    def _admit(self, number: int, code: str, tick_fen: int) -> InstrumentFeed:
        assert self._rules is not None, "instruments are listed in founded markets only"
        fold = InstrumentFeed(number, code, tick_fen, self._rules, self.settings)
        self._instruments[number] = fold
        self._channels.update({channel.name: (channel, fold) for channel in fold.channels})
        return fold

    def _on_traded(self, event: events.Traded) -> None:
        fold = self._instruments[event.instrument]
        fold.depth.add(units.BUY, event.buy_limit_ticks, -event.tonnes)
        fold.depth.add(units.SELL, event.sell_limit_ticks, -event.tonnes)
        fold.add_trade(public_trade(event, self._seq, self._at_ns, self._trading_day))

    def _on_voided(self, event: events.TradeVoided) -> None:
        """Block trades are not on the tape, so neither is what became of them."""
        if event.method != units.BLOCK:
            fold = self._instruments[event.instrument]
            fold.add_void(voided_trade(event, self._seq, self._at_ns, self._trading_day))

    def _on_replaced(self, event: events.OrderReplaced) -> None:
        fold = self._instruments[event.instrument]
        fold.depth.add(event.side, event.old_price_ticks, -event.old_leaves)
        fold.depth.add(event.side, event.price_ticks, event.leaves)

    def _on_rulebook_adopted(self, event: events.RuleBookAdopted) -> None:
        self._next_rules = next_rules(event.version, event)
        self.urgent = True

    def _on_rulebook_took_effect(self, event: events.RuleBookTookEffect) -> None:
        self._next_rules = None
        self._rules = rulebook.parse(event.rulebook)
        for fold in self._instruments.values():
            fold.adopt(self._rules)

    def _on_day_opened(self, event: events.DayOpened) -> None:
        self._trading_day = event.trading_day
        self._phase = phases.PRE_OPEN
        bands = {band.instrument: band for band in event.bands}
        for fold in self._instruments.values():
            fold.open_day(event.trading_day, bands[fold.number])
        self.urgent = True

    def _on_phase_changed(self, event: events.PhaseChanged) -> None:
        self._phase = event.phase
        self.urgent = True

    def _on_block_window(self, event: events.BlockWindowChanged) -> None:
        self._is_block_window_open = event.is_open
        self.urgent = True

    def _on_halted(self, event: events.Halted) -> None:
        self._halt(event.instrument, True)

    def _on_resumed(self, event: events.Resumed) -> None:
        self._halt(event.instrument, False)

    def _halt(self, instrument: int, is_halted: bool) -> None:
        if instrument:
            self._instruments[instrument].halt(is_halted)
        else:
            self._is_halted = is_halted
            for fold in self._instruments.values():
                fold.halt_market(is_halted)
        self.urgent = True

    def _on_day_closed(self, event: events.DayClosed) -> None:
        self._phase = phases.CLOSED
        self._is_block_window_open = False
        for stats in event.stats:
            self._instruments[stats.instrument].close_day(stats)
        self._find_opening()
        self.urgent = True

    def _on_calendar_changed(self, _event: events.CalendarChanged) -> None:
        self._find_opening()
        self.urgent = True

    def _find_opening(self) -> None:
        """When the next trading day begins; every batch is applied before it is told, so the view knows."""
        if self.settings.timetable_followed and self._view is not None and self._rules is not None:
            self._opening = next_opening(self._rules, self._view.calendar(), self._trading_day, self._at_ns)

    def _on_listed(self, event: events.InstrumentListed) -> None:
        fold = self._admit(event.instrument, event.code, event.tick_fen)
        assert self._view is not None, "on_start comes before any batch"
        listed = self._view.instrument(event.instrument)
        assert listed is not None, "the batch is applied before it is told"
        # No event tells the band of an instrument that is listed in the middle of a day; it stays until the day's end.
        band = Band(event.instrument, event.base_price_ticks, listed.low_limit_ticks, listed.high_limit_ticks)
        fold.list_at(band, self._trading_day)
        fold.halt_market(self._is_halted)
        fold.began(phases.is_call(self._phase))

    def _on_auction_announced(self, event: events.AuctionAnnounced) -> None:
        fold = self._instruments[event.terms.instrument]
        known = self._view.auction(event.auction) if self._view is not None else None
        assert known is not None, "the batch is applied before it is told"
        self._auctions.announced(event, fold.code, fold.tick_fen, known.held_by)

    def expect_phase(self, phase: int, at_ns: int) -> None:
        """What whoever drives the day will do next, where the rule book's timetable is not followed; at_ns 0: nothing."""
        self._expected = NextPhase(phases.NAMES[phase], second_text(at_ns)) if at_ns else None
        self.urgent = True

    def tell_checkpoint(self, row: CheckpointRow) -> None:
        """A signed checkpoint; before anything was said, it is the state that a new follower finds."""
        if self._epoch is None:
            self._checkpoints.load(row)
        else:
            self._checkpoints.tell(row)
            self.urgent = True

    # ---- telling followers --------------------------------------------------------------------------------

    def channels(self) -> list[str]:
        """Names of all channels there are now."""
        return list(self._channels)

    def last_seq(self, channel: str) -> int:
        """The channel's last number; 0 before its first event."""
        return self._channels[channel][0].seq

    def snapshot(self, channel: str) -> bytes:
        """The first event for a new follower: the state as of the channel's last number."""
        found, fold = self._channels[channel]
        if found.cached_snapshot is not None:
            return found.cached_snapshot
        if self._epoch is None:
            self._epoch = self._seq
        ts = time_text(self._at_ns)
        if fold is not None:
            return fold.snapshot(found, ts, self._epoch)
        if found is self._auctions.channel:
            return self._auctions.snapshot(ts, self._epoch)
        if found is self._notices.channel:
            return self._notices.snapshot(ts, self._epoch)
        if found is self._checkpoints.channel:
            return self._checkpoints.snapshot(ts, self._epoch)
        return found.snapshot(ts, structs.replace(self._phase_said, epoch=self._epoch))

    def replay(self, channel: str, from_seq: int) -> list[bytes] | None:
        """What the channel said from `from_seq` on; None where that is no longer held, or was never said."""
        return self._channels[channel][0].replay(from_seq)

    def flush(self, now_ns: int, heard: Container[str] | None = None) -> list[tuple[str, bytes]]:
        """Everything that is new, as (channel, event). `now_ns` (UTC) only paces; times told are the engine's.

        heard: the channels that somebody follows (None: all). Trades that nobody hears are numbered, and text when asked for.
        """
        if self._epoch is None:
            self._epoch = self._seq
        self.urgent = False
        ts = time_text(self._at_ns)
        said: Said = []
        data = self._phase_data()
        if data != self._phase_said:
            self._phase_said = data
            said.append(self._phase_channel.say("update", ts, data))
        self._auctions.flush(ts, said)
        self._notices.flush(ts, said)
        self._checkpoints.flush(ts, said)
        is_call = phases.is_call(self._phase)
        for fold in self._instruments.values():
            fold.flush(now_ns, ts, is_call, self._epoch, said, heard)
        return said

    # ---- the same for the HTTP twin -----------------------------------------------------------------------

    def phase_now(self) -> PhaseData:
        """Where the day is at this moment."""
        return self._phase_data()

    def instrument_codes(self) -> list[str]:
        """Codes of the instruments, in the order of their listing."""
        return [fold.code for fold in self._instruments.values()]

    def ticker_now(self, code: str) -> TickerData | None:
        """The instrument's day at this moment; None for an unknown code."""
        fold = self._find(code)
        return None if fold is None else fold.ticker_now()

    def book_now(self, code: str, levels: int) -> BookData | None:
        """The best `levels` (0: all) at this moment; None for an unknown code."""
        fold = self._find(code)
        return None if fold is None else fold.book_now(phases.is_call(self._phase), levels)

    def auction_now(self, code: str) -> AuctionData | None:
        """The call auction's indication at this moment; None while levels are shown, or for an unknown code."""
        fold = self._find(code)
        return fold.auction_now() if fold is not None and phases.is_call(self._phase) else None

    def _find(self, code: str) -> InstrumentFeed | None:
        return next((fold for fold in self._instruments.values() if fold.code == code), None)

    def _phase_data(self) -> PhaseData:
        following = self._expected
        if self._rules is not None and self.settings.timetable_followed:
            if self._phase == phases.CLOSED:
                following = self._opening
            else:
                following = next_phase(self._rules, self._trading_day, self._phase, self._at_ns)
        return PhaseData(
            trading_day=figures.day_or_none(self._trading_day),
            phase=phases.NAMES[self._phase],
            phase_zh=phases.NAMES_ZH[self._phase],
            halted=self._is_halted,
            halted_instruments=[fold.code for fold in self._instruments.values() if fold.is_halted],
            block_window_open=self._is_block_window_open,
            next=following,
            rulebook_version=self._rules.version if self._rules is not None else 0,
            next_rulebook=self._next_rules,
        )


def next_rules(version: int, change: events.RuleBookAdopted | PendingNotice) -> NextRules:
    """A change of the rules as the public is told of it."""
    return NextRules(version, day_text(change.effective_day), change.sha256, list(change.approvals))


def _levels(levels: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """The engine's levels without the count of orders, which is not public."""
    return [(price_ticks, tonnes) for price_ticks, tonnes, _ in levels]
