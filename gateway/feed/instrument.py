"""One instrument's public face: its depth, its day, its trades and bars, and the five channels that tell of them."""

from collections import deque
from collections.abc import Callable, Container
from copy import copy
from typing import Final, TypeVar

from msgspec import UNSET, UnsetType, msgpack, structs

from engine.core import phases, units
from engine.core.events import Band, DayStats
from engine.core.rulebook import RuleBook
from engine.view import DayView, InstrumentView
from gateway.feed import figures
from gateway.feed.auction import Indication, Levels, indicate
from gateway.feed.channel import Channel
from gateway.feed.depth import CHECKSUM_LEVELS, Depth, DepthBroken, checksum
from gateway.feed.messages import (
    AuctionData,
    BarData,
    BarsData,
    Book5Data,
    BookData,
    Data,
    Level,
    ResetData,
    TickerData,
    TradeData,
    TradesData,
)
from gateway.feed.records import MINUTE_NS, Bar, PublicTrade
from gateway.feed.settings import FeedSettings
from gateway.feed.trades import count_in, first_bar
from gateway.protocol.prices import money_text, price_text
from gateway.protocol.times import time_text

Said = list[tuple[str, bytes]]
_TRADE_TEXT_BYTES: Final = 160  # about; a trade that is held as facts counts for as much and takes a quarter
_hold_trades: Final = msgpack.Encoder().encode
_read_trades: Final = msgpack.Decoder(tuple[int, list[PublicTrade]]).decode
_SIDES = {units.BUY: "buy", units.SELL: "sell", 0: "auction"}
_Dated = TypeVar("_Dated", PublicTrade, Bar)


class InstrumentFeed:
    """State of one instrument and what of it has been said."""

    def __init__(self, number: int, code: str, tick_fen: int, rules: RuleBook, settings: FeedSettings) -> None:
        self.number = number
        self.code = code
        self.is_halted = False  # alone; see also _is_market_halted
        self._is_market_halted = False
        self.depth = Depth()
        self.tick_fen = tick_fen
        self._levels_shown = rules.public_depth_levels
        self._is_tie_by_pressure = rules.call_tie == "pressure"
        self._settings = settings
        self._trading_day = 0
        self._reference_ticks = self._low_limit_ticks = self._high_limit_ticks = 0
        self._open_ticks = self._high_ticks = self._low_ticks = self._last_ticks = self._close_ticks = 0
        self._tonnes = self._turnover_fen = self._trades = 0
        self._block_tonnes = self._block_turnover_fen = 0  # known from the close on

        def channel(name: str, read: Callable[[bytes], Data] | None = None) -> Channel:
            return Channel(name, settings.ring_messages_max, settings.ring_bytes_max, read)

        self.book = channel(f"book.{code}")
        self.book5 = channel(f"book5.{code}")
        self.ticker = channel(f"ticker.{code}")
        self.trades = channel(f"trades.{code}", self._held_trades)
        self.kline = channel(f"kline.{code}.1m")
        self.channels = (self.book, self.book5, self.ticker, self.trades, self.kline)

        self._is_withheld = False  # of the book channel, as last said
        self._book5_dirty = False
        self._book5_at_ns: int | None = None
        self._book5_said = Book5Data([], [], None)
        self._ticker_dirty = False
        self._ticker_said = self._ticker_data()
        self._trades_day = self._kline_day = 0  # trading days that the two channels are in, as last said
        self._recent: deque[PublicTrade] = deque(maxlen=settings.snapshot_trades_max)
        self._new_trades: list[PublicTrade] = []
        self._bars: deque[Bar] = deque(maxlen=settings.snapshot_bars_max)
        self._bars_said: deque[Bar] = deque(maxlen=settings.snapshot_bars_max)
        self._new_bars: list[Bar] = []

    def adopt(self, rules: RuleBook) -> None:
        """Show the day by another rule book from now on."""
        self._levels_shown = rules.public_depth_levels
        self._is_tie_by_pressure = rules.call_tie == "pressure"

    # ---- folding ------------------------------------------------------------------------------------------

    def bootstrap(self, view: InstrumentView, bids: Levels, asks: Levels, day: DayView) -> None:
        """Take over the engine's state, as if all that led to it had been folded and said."""
        self._trading_day = self._trades_day = self._kline_day = day.trading_day
        self.is_halted, self._is_market_halted = view.halted, day.halted
        self._reference_ticks = view.previous_close_ticks
        if day.phase == phases.CLOSED and day.trading_day:
            self._close_ticks = view.reference_ticks  # the day's close is tomorrow's reference already
            self._block_tonnes, self._block_turnover_fen = view.block_tonnes, view.block_turnover_fen
        self._low_limit_ticks, self._high_limit_ticks = view.low_limit_ticks, view.high_limit_ticks
        self._open_ticks, self._high_ticks, self._low_ticks = view.open_ticks, view.high_ticks, view.low_ticks
        self._last_ticks, self._tonnes, self._turnover_fen = view.last_ticks, view.tonnes, view.turnover_fen
        self._trades = view.trades
        for side, levels in ((units.BUY, bids), (units.SELL, asks)):
            for price_ticks, tonnes in levels:
                self.depth.add(side, price_ticks, tonnes)

    def remember(self, trade: PublicTrade) -> None:
        """Take over a trade of today that the engine's state already contains."""
        self._recent.append(trade)
        self._fold_bar(trade)

    def began(self, withheld: bool) -> None:
        """What is folded so far is where the channels start: nothing of it is news."""
        self._is_withheld = withheld
        self._take_depth()
        self._new_bars.clear()
        self._bars_said = deque((copy(bar) for bar in self._bars), self._bars_said.maxlen)
        self._book5_said = self._book5_data()
        self._ticker_said = self._ticker_data()

    def add_trade(self, trade: PublicTrade) -> None:
        """Count a trade into the day, the minute and what is to be said."""
        price = trade.price_ticks
        if not self._trades:
            self._open_ticks = self._low_ticks = price
        self._trades += 1
        if price > self._high_ticks:
            self._high_ticks = price
        elif price < self._low_ticks:
            self._low_ticks = price
        self._last_ticks = price
        self._tonnes += trade.tonnes
        self._turnover_fen += trade.amount_fen
        self._ticker_dirty = True
        self._new_trades.append(trade)
        self._fold_bar(trade)

    def add_void(self, trade: PublicTrade) -> None:
        """Say that a trade was voided, and mark it among the latest. The day's figures and bars stay as it made them."""
        for kept in (self._recent, self._new_trades):
            for place, known in enumerate(kept):
                if known.trade == trade.trade and not known.is_void:
                    kept[place] = structs.replace(known, is_voided=True)
        self._new_trades.append(trade)

    def list_at(self, band: Band, trading_day: int) -> None:
        """The instrument is new; its first reference price is given."""
        self._set_band(band)
        self._trading_day = self._trades_day = self._kline_day = trading_day

    def open_day(self, trading_day: int, band: Band) -> None:
        """A new day: figures start again, bars of the old day are over."""
        self._end_bar()
        self._bars.clear()
        self._trading_day = trading_day
        self._set_band(band)
        self._open_ticks = self._high_ticks = self._low_ticks = self._last_ticks = self._close_ticks = 0
        self._tonnes = self._turnover_fen = self._trades = 0
        self._block_tonnes = self._block_turnover_fen = 0
        self._ticker_dirty = True

    def _set_band(self, band: Band) -> None:
        self._reference_ticks = band.reference_ticks
        self._low_limit_ticks, self._high_limit_ticks = band.low_ticks, band.high_ticks

    def close_day(self, stats: DayStats) -> None:
        """The day's closing price is known, and the volume of its block trades is disclosed."""
        self._close_ticks = stats.close_ticks
        for row in stats.by_method:
            if row.method == units.BLOCK:
                self._block_tonnes, self._block_turnover_fen = row.tonnes, row.turnover_fen
        self._end_bar()
        self._ticker_dirty = True

    def halt(self, is_halted: bool) -> None:
        """Note a halt or its end."""
        self.is_halted = is_halted
        self._ticker_dirty = True

    def halt_market(self, is_halted: bool) -> None:
        """Note a halt of the whole market or its end."""
        self._is_market_halted = is_halted
        self._ticker_dirty = True

    def _fold_bar(self, trade: PublicTrade) -> None:
        bar = self._bars[-1] if self._bars else None
        if bar is not None and trade.at_ns < bar.start_ns + MINUTE_NS:
            count_in(bar, trade)
        else:
            self._end_bar()
            bar = first_bar(trade)
            self._bars.append(bar)
        if not self._new_bars or self._new_bars[-1] is not bar:
            self._new_bars.append(bar)

    def _end_bar(self) -> None:
        if self._bars and not self._bars[-1].is_final:
            bar = self._bars[-1]
            bar.is_final = True
            if not self._new_bars or self._new_bars[-1] is not bar:
                self._new_bars.append(bar)

    # ---- saying -------------------------------------------------------------------------------------------

    def flush(
        self, now_ns: int, ts: str, is_call: bool, epoch: int, said: Said, heard: Container[str] | None = None
    ) -> None:
        """Say what is new, each channel by its own rule. Called between batches, so each state is a whole one.

        Trades of a channel that is not in `heard` (None: all are) are held as facts, and not said.
        """
        if not is_call and self.depth.is_crossed():
            raise DepthBroken(f"{self.code}: the book is crossed outside of a call auction")
        self._flush_trades(ts, epoch, said, heard is None or self.trades.name in heard)
        self._flush_kline(now_ns, ts, epoch, said)
        self._flush_book(is_call, ts, epoch, said)
        self._flush_book5(now_ns, ts, said)
        if self._ticker_dirty:
            self._ticker_dirty = False
            data = self._ticker_data()
            if data != self._ticker_said:
                self._ticker_said = data
                said.append(self.ticker.say("update", ts, data))

    def _flush_trades(self, ts: str, epoch: int, said: Said, is_heard: bool) -> None:
        pending, self._new_trades = self._new_trades, []
        for day, trades in _by_day(pending, self._trading_day):
            if day != self._trades_day:
                self._trades_day = day
                self._recent.clear()
                said.append(self.trades.say("reset", ts, ResetData("new_day")))
                said.append(self.trades.say("snapshot", ts, self._trades_data(day, [], epoch)))
            step = self._settings.trades_message_max
            for first in range(0, len(trades), step):
                part = trades[first : first + step]
                if is_heard:
                    said.append(self.trades.say("update", ts, self._trades_data(day, part)))
                else:
                    self.trades.hold(ts, _hold_trades((day, part)), (len(part) + 1) * _TRADE_TEXT_BYTES)
            self._recent.extend(trades)

    def _flush_kline(self, now_ns: int, ts: str, epoch: int, said: Said) -> None:
        grace_ns = self._settings.bar_grace_ms * 1_000_000
        if self._bars and now_ns >= self._bars[-1].start_ns + MINUTE_NS + grace_ns:
            self._end_bar()
        pending, self._new_bars = self._new_bars, []
        for day, bars in _by_day(pending, self._trading_day):
            if day != self._kline_day:
                self._kline_day = day
                self._bars_said.clear()
                said.append(self.kline.say("reset", ts, ResetData("new_day")))
                said.append(self.kline.say("snapshot", ts, self._bars_data([], epoch)))
            for bar in bars:
                if self._bars_said and self._bars_said[-1].start_ns == bar.start_ns:
                    self._bars_said.pop()
                self._bars_said.append(copy(bar))
            if bars:
                said.append(self.kline.say("update", ts, self._bars_data(bars)))

    def _flush_book(self, withheld: bool, ts: str, epoch: int, said: Said) -> None:
        if withheld != self._is_withheld:
            self._is_withheld = withheld
            self._take_depth()
            self._book5_dirty, self._book5_at_ns = True, None
            said.append(self.book.say("reset", ts, ResetData("auction_began" if withheld else "auction_ended")))
            said.append(self.book.say("snapshot", ts, self._book_snapshot(epoch)))
        elif self.depth.is_changed():
            self._book5_dirty = True
            bids, asks = self._take_depth()
            if (bids or asks) and not withheld:
                is_checked = (self.book.seq + 1) % self._settings.checksum_every == 0
                crc32 = self._checksum() if is_checked else UNSET
                data = BookData(self._levels(bids), self._levels(asks), crc32=crc32)
                said.append(self.book.say("update", ts, data))

    def _flush_book5(self, now_ns: int, ts: str, said: Said) -> None:
        if not self._book5_dirty:
            return
        if self._book5_at_ns is not None:
            passed_ns = now_ns - self._book5_at_ns
            if 0 <= passed_ns < self._settings.book5_interval_ms * 1_000_000:
                return
        self._book5_dirty = False
        data = self._book5_data()
        if data != self._book5_said:
            self._book5_at_ns = now_ns
            self._book5_said = data
            said.append(self.book5.say("update", ts, data))

    # ---- what is shown ------------------------------------------------------------------------------------

    def snapshot(self, channel: Channel, ts: str, epoch: int) -> bytes:
        """The state that the channel's events up to its present seq add up to."""
        if channel is self.book:
            return channel.snapshot(ts, self._book_snapshot(epoch))
        if channel is self.book5:
            return channel.snapshot(ts, structs.replace(self._book5_said, epoch=epoch))
        if channel is self.ticker:
            return channel.snapshot(ts, structs.replace(self._ticker_said, epoch=epoch))
        if channel is self.trades:
            return channel.snapshot(ts, self._trades_data(self._trades_day, list(self._recent), epoch))
        return channel.snapshot(ts, self._bars_data(list(self._bars_said), epoch))

    def ticker_now(self) -> TickerData:
        """The day's figures at this moment, for the HTTP twin."""
        return self._ticker_data()

    def book_now(self, withheld: bool, levels: int) -> BookData:
        """The best `levels` (0: all) at this moment, for the HTTP twin."""
        if withheld:
            return BookData([], [], withheld=True)
        bids, asks = self.depth.best(units.BUY, levels), self.depth.best(units.SELL, levels)
        return BookData(self._levels(bids), self._levels(asks), crc32=self._checksum())

    def auction_now(self) -> AuctionData:
        """Where the call auction would end at this moment."""
        bids, asks = self.depth.best(units.BUY), self.depth.best(units.SELL)
        reference_ticks = self._last_ticks or self._reference_ticks
        return self._auction_data(indicate(bids, asks, reference_ticks, self._is_tie_by_pressure))

    def _take_depth(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self.depth.take_changes(units.BUY), self.depth.take_changes(units.SELL)

    def _levels(self, levels: list[tuple[int, int]]) -> list[Level]:
        return [(price_text(price, self.tick_fen), tonnes) for price, tonnes in levels]

    def _checksum(self) -> int:
        depth = self.depth
        bids, asks = depth.best(units.BUY, CHECKSUM_LEVELS), depth.best(units.SELL, CHECKSUM_LEVELS)
        return checksum(bids, asks, self.tick_fen)

    def _book_snapshot(self, epoch: int) -> BookData:
        if self._is_withheld:
            return BookData([], [], withheld=True, epoch=epoch)
        bids, asks = self.depth.published(units.BUY), self.depth.published(units.SELL)
        crc32 = checksum(bids, asks, self.tick_fen)
        return BookData(self._levels(bids), self._levels(asks), crc32=crc32, epoch=epoch)

    def _book5_data(self) -> Book5Data:
        if self._is_withheld:
            return Book5Data([], [], self.auction_now())
        count = self._levels_shown
        bids, asks = self.depth.best(units.BUY, count), self.depth.best(units.SELL, count)
        return Book5Data(self._levels(bids), self._levels(asks), None)

    def _auction_data(self, found: Indication) -> AuctionData:
        side = None if not found.imbalance else "buy" if found.imbalance > 0 else "sell"
        return AuctionData(
            figures.price_or_none(found.price_ticks, self.tick_fen), found.tonnes, abs(found.imbalance), side
        )

    def _ticker_data(self) -> TickerData:
        price, base = self._price, self._reference_ticks
        change = self._last_ticks - base if self._last_ticks and base else None
        is_limited = 0 < self._high_limit_ticks < units.PRICE_TICKS_MAX
        return TickerData(
            trading_day=figures.day_or_none(self._trading_day),
            last=price(self._last_ticks),
            change=None if change is None else money_text(change * self.tick_fen),
            change_pct=None if change is None else figures.percent_or_none(change, base),
            open=price(self._open_ticks),
            high=price(self._high_ticks),
            low=price(self._low_ticks),
            close=price(self._close_ticks),
            prev_close=price(base),
            volume=self._tonnes,
            turnover=money_text(self._turnover_fen),
            vwap=figures.average_or_none(self._turnover_fen, self._tonnes),
            trades=self._trades,
            limit_up=price(self._high_limit_ticks) if is_limited else None,
            limit_down=price(self._low_limit_ticks) if is_limited else None,
            halted=self._is_trading_halted(),
            block_volume=self._block_tonnes if self._close_ticks else None,
            block_turnover=money_text(self._block_turnover_fen) if self._close_ticks else None,
        )

    def _is_trading_halted(self) -> bool:
        return self.is_halted or self._is_market_halted

    def _price(self, price_ticks: int) -> str | None:
        return figures.price_or_none(price_ticks, self.tick_fen)

    def _trades_data(self, day: int, trades: list[PublicTrade], epoch: int | UnsetType = UNSET) -> TradesData:
        shown = [trade_data(trade, self.tick_fen) for trade in trades]
        return TradesData(figures.day_or_none(day), shown, epoch)

    def _held_trades(self, facts: bytes) -> TradesData:
        day, trades = _read_trades(facts)
        return self._trades_data(day, trades)

    def _bars_data(self, bars: list[Bar], epoch: int | UnsetType = UNSET) -> BarsData:
        shown = [bar_data(bar, self.tick_fen) for bar in bars]
        return BarsData(figures.day_or_none(self._kline_day), shown, epoch)


def trade_data(trade: PublicTrade, tick_fen: int) -> TradeData:
    """A trade in the words of the wire."""
    if trade.is_void:
        number = f"T-{trade.trade}"
        price, amount = price_text(trade.price_ticks, tick_fen), money_text(trade.amount_fen)
        return TradeData(number, price, trade.tonnes, amount, "", time_text(trade.at_ns), "cancel", number)
    return TradeData(
        f"T-{trade.trade}",
        price_text(trade.price_ticks, tick_fen),
        trade.tonnes,
        money_text(trade.amount_fen),
        _SIDES[trade.taker_side],
        time_text(trade.at_ns),
        voided=True if trade.is_voided else UNSET,
    )


def bar_data(bar: Bar, tick_fen: int) -> BarData:
    """A bar in the words of the wire."""
    return BarData(
        start=figures.second_text(bar.start_ns),
        open=price_text(bar.open_ticks, tick_fen),
        high=price_text(bar.high_ticks, tick_fen),
        low=price_text(bar.low_ticks, tick_fen),
        close=price_text(bar.close_ticks, tick_fen),
        volume=bar.tonnes,
        turnover=money_text(bar.turnover_fen),
        trades=bar.trades,
        final=bar.is_final,
    )


def _by_day(pending: list[_Dated], today: int) -> list[tuple[int, list[_Dated]]]:
    """Split at the change of the trading day; today comes last even where nothing of it is pending."""
    days: list[tuple[int, list[_Dated]]] = []
    for item in pending:
        if not days or days[-1][0] != item.trading_day:
            days.append((item.trading_day, []))
        days[-1][1].append(item)
    if not days or days[-1][0] != today:
        days.append((today, []))
    return days
