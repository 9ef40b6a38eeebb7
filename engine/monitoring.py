"""Abnormal trading (异常交易), read off the journal: alerts with their evidence, the same after every replay.

A pure fold over entries and their events, outside the core: it judges nothing and costs the market nothing. What it keeps is
one day's, in tables with a bound, and a few figures of each day before; what goes over a bound is not watched that day, and an
alert says so. An alert is a reason to look, not a finding: `yutan operator case open … --alert M-3` begins the looking. From
when on something is a pattern is the rule book's: its [surveillance]. What orders and trades add is in `engine.watched_day`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.alerts import Alert as Alert
from engine.core.auction import SALE
from engine.core.calendar import is_day, shift
from engine.core.commands import Found
from engine.core.entry import Entry
from engine.core.events import (
    AccountOpened,
    AuctionAnnounced,
    AuctionCanceled,
    AuctionCleared,
    BlockTraded,
    DayClosed,
    DayOpened,
    DayStats,
    Event,
    InstrumentListed,
    LinkedNearLimit,
    OrderReplaced,
    RetentionNear,
    RuleBookTookEffect,
)
from engine.core.market import Market
from engine.core.order_events import OrderAccepted, OrderCanceled, Traded
from engine.core.rulebook import RuleBook, parse
from engine.core.surveillance import SurveillanceRules
from engine.journal.segments import read_entries
from engine.known import Closed, Day
from engine.known import Known as Known
from engine.recovery import JOURNAL_FOLDER, apply_record
from engine.view import MarketView
from engine.watched_day import BASIS_POINTS, EVIDENCE_MAX, Raised, WatchedDay
from engine.watched_day import BLOCK_PAIR as BLOCK_PAIR
from engine.watched_day import LAYERING as LAYERING
from engine.watched_day import LIMIT_PAIR as LIMIT_PAIR
from engine.watched_day import SELF_TRADE as SELF_TRADE
from engine.watched_day import TABLE_ROWS_MAX as TABLE_ROWS_MAX

HISTORY_DAYS_MAX: Final = 120  # closed days of an instrument that are remembered
BUYERS_MAX: Final = 5  # of a closed day, that are remembered

CIRCULAR: Final = "circular"  # between two owners as much goes round as comes back, and little else
MARKING_CLOSE: Final = "marking_close"  # the day's last trades of one taker move its average price
SMALL_VOLUME: Final = "small_volume"  # just enough was traded for the day to make a price of its own (closing rule C)
SURGE: Final = "turnover_before_surrender"  # much more than usual is traded as a surrender deadline comes near
AT_LIMIT: Final = "price_at_limit"  # the close is at the day's limit
LINKED: Final = "linked_near_limit"  # associated or linked owners together are near to one owner's holding limit
RETENTION: Final = "sale_near_retention"  # who sold keeps hardly more than its retention floor
RUN_UP: Final = "run_up_before_sale"  # price or turnover rose before a government sale whose floor follows the market
PRICE_HIGH: Final = "price_above_trigger"  # closes in a row at or above the rule book's price: a sale is proposed
PRICE_LOW: Final = "price_below_trigger"  # at or below: a buy-back
NOT_WATCHED: Final = "not_watched"  # a table of the day was full


class Monitor:
    """Sees every entry with its events, in order; `see` returns the alerts that it raises.

    `rows_max`: bound of each of a day's tables.
    """

    def __init__(self, known: Known | None = None, rows_max: int = TABLE_ROWS_MAX) -> None:
        known = known or Known()
        self._rulebook = known.rulebook
        self._rules: RuleBook | None = parse(known.rulebook) if known.rulebook else None
        self._limits = self._rules.surveillance if self._rules is not None else SurveillanceRules()
        self._owners, self._products = known.owners, known.products
        self._past, self._history, self._sales = known.past, known.history, known.sales
        self._rows_max = rows_max
        self._raised = Raised(known.number, known.trading_day)
        self._day = WatchedDay(known.day, self._limits, self._owners, self._raised, rows_max)

    @property
    def trading_day(self) -> int:
        """The day that is watched, or was last."""
        return self._raised.trading_day

    def known(self) -> Known:
        """All that it remembers, sharing its tables: to be used before the next entry is seen."""
        return Known(
            self._raised.number,
            self._raised.trading_day,
            self._rulebook,
            self._owners,
            self._products,
            self._past,
            self._history,
            self._sales,
            self._day.kept(),
        )

    def see(self, entry: Entry, happened: list[Event]) -> list[Alert]:
        """Take one entry."""
        self._see(entry, happened)
        return self._raised.take()

    def see_all(self, entries: list[Entry], events: list[list[Event]], begin: int = 0) -> list[Alert]:
        """Take these, from the one in place `begin`."""
        for place in range(begin, len(entries)):
            self._see(entries[place], events[place])
        return self._raised.take()

    def _see(self, entry: Entry, happened: list[Event]) -> None:
        raised = self._raised
        raised.seq, raised.at_ns = entry.seq, entry.at_ns
        if entry.seq == 1 and type(entry.command) is Found:
            self._take_rules(entry.command.rulebook)
        for event in happened:
            kind = type(event)
            if kind is OrderAccepted:
                assert isinstance(event, OrderAccepted)
                self._day.note_order(event)
            elif kind is OrderCanceled:
                assert isinstance(event, OrderCanceled)
                self._day.note_cancel(event)
            elif kind is Traded:
                assert isinstance(event, Traded)
                self._day.note_trade(event)
            else:
                handler = _HANDLERS.get(kind)
                if handler is not None:
                    handler(self, event)

    def _take_rules(self, text: str) -> None:
        self._rulebook = text
        self._rules = parse(text)
        self._limits = self._rules.surveillance
        self._day.take_rules(self._limits)

    # ---- what there is ------------------------------------------------------------------------------------

    def _note_rules(self, event: RuleBookTookEffect) -> None:
        self._take_rules(event.rulebook)

    def _note_account(self, event: AccountOpened) -> None:
        self._owners[event.account] = event.owner

    def _note_instrument(self, event: InstrumentListed) -> None:
        self._products[event.instrument] = event.product

    def _open(self, event: DayOpened) -> None:
        bands = {row.instrument: (row.reference_ticks, row.low_ticks, row.high_ticks) for row in event.bands}
        self._day = WatchedDay(Day(bands=bands), self._limits, self._owners, self._raised, self._rows_max)
        self._raised.trading_day = event.trading_day

    def _note_replaced(self, event: OrderReplaced) -> None:
        self._day.note_replaced(event)

    def _note_block(self, event: BlockTraded) -> None:
        self._day.note_block(event)

    # ---- government sales ---------------------------------------------------------------------------------

    def _note_sale(self, event: AuctionAnnounced) -> None:
        if event.terms.direction == SALE and self._limits.run_up_days:
            self._sales[event.auction] = event.terms.instrument
            self._judge_run_up(event.auction, event.terms.instrument)

    def _forget_sale(self, event: AuctionCleared | AuctionCanceled) -> None:
        self._sales.pop(event.auction, None)

    def _judge_run_up(self, auction: int, instrument: int) -> None:
        """Whether price or turnover of the last days rose against the days before; said once for a sale."""
        limits, days = self._limits, self._limits.run_up_days
        rows = self._history.get(instrument, [])
        last, before = rows[-days:], rows[:-days]
        if not last or not before:
            return
        rise = last[-1].close_ticks - before[-1].close_ticks
        turnover = sum(row.tonnes for row in last)
        usual = sum(row.tonnes for row in before) * len(last) // len(before)
        is_dearer = rise * BASIS_POINTS >= before[-1].close_ticks * limits.run_up_bp
        if not is_dearer and not (usual and turnover >= usual * limits.run_up_times):
            return
        bought: dict[int, int] = {}
        for account, tonnes in [pair for row in last for pair in row.buyers]:
            bought[account] = bought.get(account, 0) + tonnes
        most = tuple(sorted(bought, key=lambda account: (-bought[account], account))[:BUYERS_MAX])
        figures = {
            "auction": auction,
            "close_before_ticks": before[-1].close_ticks,
            "close_ticks": last[-1].close_ticks,
            "tonnes": turnover,
            "usual_tonnes": usual,
        }
        self._raised.alert(RUN_UP, instrument, figures, most)
        self._sales.pop(auction, None)

    # ---- the day's end ----------------------------------------------------------------------------------

    def _note_linked(self, event: LinkedNearLimit) -> None:
        figures = {"tonnes": event.tonnes, "limit_tonnes": event.limit_tonnes}
        figures |= {f"link_{number}": number for number in event.links[:EVIDENCE_MAX]}
        self._raised.alert(LINKED, 0, figures, event.accounts, product=event.product)

    def _note_floor(self, event: RetentionNear) -> None:
        trades = self._day.sold.get(event.account)
        if trades:
            figures = {"tonnes": event.tonnes, "floor_tonnes": event.floor_tonnes}
            self._raised.alert(RETENTION, 0, figures, (event.account,), trades)

    def _close(self, event: DayClosed) -> None:
        self._circles()
        self._late_moves()
        for row in event.stats:
            self._volumes(row)
            band = self._day.instrument_day(row.instrument)
            if row.trades and (row.close_ticks == band.low or row.close_ticks == band.high):
                figures = {"close_ticks": row.close_ticks, "low_ticks": band.low, "high_ticks": band.high}
                self._raised.alert(AT_LIMIT, row.instrument, figures)
            self._remember(row)
            self._judge_price(row)
        for auction, instrument in list(self._sales.items()):
            self._judge_run_up(auction, instrument)
        if self._day.is_full:
            self._raised.alert(NOT_WATCHED, 0, {"rows_max": self._rows_max})

    def _judge_price(self, row: DayStats) -> None:
        """Whether an allowance closed beyond a price of the rule book for so many days (CQ-M Art. 13); said on each such day again."""
        assert self._rules is not None, "a market is founded with its rule book"
        limits = self._limits
        rules = self._rules.products[self._products[row.instrument]]
        closes = [day.close_ticks * rules.tick_fen for day in self._history[row.instrument][-limits.price_days :]]
        if rules.kind != "allowance" or len(closes) < limits.price_days:
            return
        figures = {"close_ticks": int(row.close_ticks), "days": len(closes)}
        if limits.price_high_fen and min(closes) >= limits.price_high_fen:
            self._raised.alert(PRICE_HIGH, row.instrument, figures | {"trigger_fen": limits.price_high_fen})
        if limits.price_low_fen and max(closes) <= limits.price_low_fen:
            self._raised.alert(PRICE_LOW, row.instrument, figures | {"trigger_fen": limits.price_low_fen})

    def _remember(self, row: DayStats) -> None:
        sums = self._day.instrument_day(row.instrument).bought
        bought = [(account, own.tonnes) for account, own in sums.items()]
        bought.sort(key=lambda pair: (-pair[1], pair[0]))
        closed = Closed(self._raised.trading_day, int(row.close_ticks), int(row.tonnes), tuple(bought[:BUYERS_MAX]))
        rows = self._history.setdefault(int(row.instrument), [])
        rows.append(closed)
        del rows[:-HISTORY_DAYS_MAX]

    def _volumes(self, row: DayStats) -> None:
        """What the day's volume itself says."""
        assert self._rules is not None, "a market is founded with its rule book"
        limits = self._limits
        rules = self._rules.products[self._products[row.instrument]]
        least = rules.close_min_tonnes
        if rules.close_rule == "C" and 0 < (row.tonnes - least) * BASIS_POINTS <= least * limits.small_volume_bp:
            figures = {"tonnes": row.tonnes, "close_min_tonnes": least, "close_ticks": row.close_ticks}
            self._raised.alert(SMALL_VOLUME, row.instrument, figures)
        past, days = self._past.get(row.instrument, (0, 0))
        self._past[row.instrument] = past + row.tonnes, days + 1
        if past and row.tonnes * days >= past * limits.surge_times and self._is_near_deadline():
            self._raised.alert(SURGE, row.instrument, {"tonnes": row.tonnes, "average_tonnes": past // days})

    def _is_near_deadline(self) -> bool:
        """Whether a surrender deadline of the rule book is not far ahead."""
        assert self._rules is not None, "a market is founded with its rule book"
        today = self._raised.trading_day
        if not is_day(today):
            return False
        until = shift(today, self._limits.surge_days)
        return any(today <= year.surrender_deadline <= until for year in self._rules.compliance.values())

    def _circles(self) -> None:
        """What went round, where it is not a small part of all that both traded: who meets everybody meets each other too."""
        day, limits = self._day, self._limits
        for (instrument, one, other), circle in day.circles.items():
            if min(circle.there, circle.back) < limits.circular_tonnes:
                continue
            owned = day.instrument_day(instrument).owned
            busiest = max([owned[owner].tonnes for owner in (one, other) if owner in owned], default=0)
            if (circle.there + circle.back) * BASIS_POINTS >= busiest * limits.circular_share_bp:
                figures = {"tonnes_there": circle.there, "tonnes_back": circle.back, "busiest_tonnes": busiest}
                self._raised.alert(CIRCULAR, instrument, figures, circle.accounts, circle.trades)

    def _late_moves(self) -> None:
        """Whose trades of the last minutes move the day's average price, against the average without them."""
        day = self._day
        late: dict[tuple[int, int], tuple[int, int, list[int]]] = {}
        for _, instrument, taker, price, tonnes, trade in day.late_trades():
            if taker:
                value, volume, trades = late.get((instrument, taker), (0, 0, []))
                late[instrument, taker] = value + price * tonnes, volume + tonnes, [*trades, trade][:EVIDENCE_MAX]
        for (instrument, taker), (value, volume, trades) in late.items():
            day_sums = day.instrument_day(instrument)
            whole, tonnes = day_sums.value, day_sums.tonnes
            if tonnes == volume:
                continue  # nothing else was traded, so nothing was moved
            before, after = (whole - value) // (tonnes - volume), whole // tonnes
            if abs(after - before) * BASIS_POINTS >= before * self._limits.close_move_bp:
                figures = {"average_before_ticks": before, "average_ticks": after, "tonnes": volume}
                self._raised.alert(MARKING_CLOSE, instrument, figures, (taker,), trades)


_HANDLERS: Final[dict[type[Any], Callable[[Monitor, Any], None]]] = {
    OrderReplaced: Monitor._note_replaced,
    BlockTraded: Monitor._note_block,
    RuleBookTookEffect: Monitor._note_rules,
    AccountOpened: Monitor._note_account,
    InstrumentListed: Monitor._note_instrument,
    DayOpened: Monitor._open,
    AuctionAnnounced: Monitor._note_sale,
    AuctionCleared: Monitor._forget_sale,
    AuctionCanceled: Monitor._forget_sale,
    LinkedNearLimit: Monitor._note_linked,
    RetentionNear: Monitor._note_floor,
    DayClosed: Monitor._close,
}


def alerts_of(folder: Path) -> tuple[list[Alert], MarketView]:
    """All alerts of a data folder's journal, by number, with the market at its end; also beside a running exchange.

    Raises JournalError.
    """
    monitor, market = Monitor(), Market()
    found: list[Alert] = []
    for entries in read_entries(folder / JOURNAL_FOLDER, 1):
        for entry, happened in zip(entries, apply_record(market, entries), strict=True):
            found += monitor.see(entry, happened)
    return found, MarketView(market)
