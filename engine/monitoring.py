"""Abnormal trading (异常交易), read off the journal: alerts with their evidence, the same after every replay.

A pure fold over entries and their events, outside the core: it judges nothing and costs the market nothing. What it keeps is
one day's, in tables with a bound, and a few figures of each day before; what goes over a bound is not watched that day, and an
alert says so. An alert is a reason to look, not a finding: `yutan operator case open … --alert M-3` begins the looking. From
when on something is a pattern is the rule book's: its [surveillance].
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.alerts import Alert as Alert
from engine.core.auction import SALE
from engine.core.calendar import is_day, shift
from engine.core.commands import Entry, Found
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
    OrderAccepted,
    OrderCanceled,
    OrderReplaced,
    RetentionNear,
    RuleBookTookEffect,
    Traded,
)
from engine.core.market import Market
from engine.core.rulebook import RuleBook, parse
from engine.core.surveillance import SurveillanceRules
from engine.journal.segments import read_entries
from engine.recovery import JOURNAL_FOLDER, apply_record
from engine.view import MarketView

EVIDENCE_MAX: Final = 50  # trades or orders that one alert names
TABLE_ROWS_MAX: Final = 100_000  # of each of a day's tables
LEGS_MAX: Final = 64  # trades between two owners that may go round
HISTORY_DAYS_MAX: Final = 120  # closed days of an instrument that are remembered
BUYERS_MAX: Final = 5  # of a closed day, that are remembered
SECOND_NS: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000

SELF_TRADE: Final = "self_trade"  # both sides of a trade have one beneficial owner
CIRCULAR: Final = "circular"  # between two owners as much goes round as comes back, and little else
LAYERING: Final = "layering"  # orders near the price limits, canceled quickly, again and again
MARKING_CLOSE: Final = "marking_close"  # the day's last trades of one taker move its average price
LIMIT_PAIR: Final = "limit_pair"  # the same pair trades at the price limit again and again
BLOCK_PAIR: Final = "block_pair"  # the same pair does block trades off the market's price again and again
SMALL_VOLUME: Final = "small_volume"  # just enough was traded for the day to make a price of its own (closing rule C)
SURGE: Final = "turnover_before_surrender"  # much more than usual is traded as a surrender deadline comes near
AT_LIMIT: Final = "price_at_limit"  # the close is at the day's limit
LINKED: Final = "linked_near_limit"  # associated or linked owners together are near to one owner's holding limit
RETENTION: Final = "sale_near_retention"  # who sold keeps hardly more than its retention floor
RUN_UP: Final = "run_up_before_sale"  # price or turnover rose before a government sale whose floor follows the market
PRICE_HIGH: Final = "price_above_trigger"  # closes in a row at or above the rule book's price: a sale is proposed
PRICE_LOW: Final = "price_below_trigger"  # at or below: a buy-back
NOT_WATCHED: Final = "not_watched"  # a table of the day was full


class _Flow(msgspec.Struct):
    """Trades that belong together, and between whom they were."""

    tonnes: int = 0
    accounts: tuple[int, ...] = ()
    trades: list[int] = []


class _Circle(msgspec.Struct):
    """What went round between two owners: at_ns, tonnes (below 0: back), trade, seller, buyer of each leg that may yet."""

    legs: list[tuple[int, int, int, int, int]] = []
    there: int = 0
    back: int = 0
    accounts: tuple[int, ...] = ()
    trades: list[int] = []


class _Closed(msgspec.Struct, frozen=True, array_like=True):
    """An instrument's closed day; buyers: who bought most, (account, tonnes)."""

    trading_day: int
    close_ticks: int
    tonnes: int
    buyers: tuple[tuple[int, int], ...]


class _Day(msgspec.Struct):
    """What is known of the day; nothing of the one before counts."""

    bands: dict[int, tuple[int, int, int]] = {}  # instrument -> reference, low, high
    circles: dict[tuple[int, int, int], _Circle] = {}  # instrument, lower and higher owner
    owned: dict[tuple[int, int], int] = {}  # instrument, owner -> tonnes bought and sold
    at_limit: dict[tuple[int, int, int], _Flow] = {}  # instrument, lower and higher account
    blocks: dict[tuple[int, int, int], _Flow] = {}
    near: dict[int, tuple[int, int, int]] = {}  # open order near a limit -> at_ns, account, instrument
    quick: dict[tuple[int, int], list[int]] = {}  # account, instrument -> orders canceled quickly
    late: list[tuple[int, int, int, int, int, int]] = []  # at_ns, instrument, taker, price, tonnes, trade
    late_from: int = 0  # earlier ones of `late` are too old
    sums: dict[int, tuple[int, int]] = {}  # instrument -> sum of price x tonnes, tonnes
    bought: dict[tuple[int, int], int] = {}  # instrument, account -> tonnes
    sold: dict[int, list[int]] = {}  # account -> trades
    is_full: bool = False


class Known(msgspec.Struct):
    """All that a monitor remembers; as data, so that it can be kept."""

    number: int = 0
    trading_day: int = 0
    rulebook: str = ""
    owners: dict[int, int] = {}
    products: dict[int, str] = {}
    past: dict[int, tuple[int, int]] = {}  # instrument -> tonnes of all days before, how many they were
    history: dict[int, list[_Closed]] = {}  # instrument -> its last closed days, oldest first
    sales: dict[int, int] = {}  # announced government sale whose run-up was not seen yet -> instrument
    day: _Day = msgspec.field(default_factory=_Day)


class Monitor:
    """Sees every entry with its events, in order; `see` returns the alerts that it raises."""

    def __init__(self, known: Known | None = None) -> None:
        self.known = known or Known()
        self._rules: RuleBook | None = parse(self.known.rulebook) if self.known.rulebook else None
        self._limits = self._rules.surveillance if self._rules is not None else SurveillanceRules()
        self._entry: Entry
        self._found: list[Alert] = []

    def see(self, entry: Entry, happened: list[Event]) -> list[Alert]:
        """Take one entry."""
        self._entry = entry
        if type(entry.command) is Found:
            self._take_rules(entry.command.rulebook)
        for event in happened:
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
        if not self._found:
            return []
        found, self._found = self._found, []
        return found

    def _take_rules(self, text: str) -> None:
        self.known.rulebook = text
        self._rules = parse(text)
        self._limits = self._rules.surveillance

    def _alert(
        self,
        pattern: str,
        instrument: int,
        figures: dict[str, int],
        accounts: tuple[int, ...] = (),
        trades: Sequence[int] = (),
        orders: Sequence[int] = (),
        product: str = "",
    ) -> None:
        self.known.number += 1
        self._found.append(
            Alert(
                self.known.number,
                pattern,
                self.known.trading_day,
                self._entry.seq,
                instrument,
                accounts[:EVIDENCE_MAX],
                tuple(trades[:EVIDENCE_MAX]),
                tuple(orders[:EVIDENCE_MAX]),
                figures,
                self._entry.at_ns,
                product,
            )
        )

    def _has_room(self, table: dict[Any, Any]) -> bool:
        if len(table) < TABLE_ROWS_MAX:
            return True
        self.known.day.is_full = True
        return False

    # ---- what there is ------------------------------------------------------------------------------------

    def _note_rules(self, event: RuleBookTookEffect) -> None:
        self._take_rules(event.rulebook)

    def _note_account(self, event: AccountOpened) -> None:
        self.known.owners[event.account] = event.owner

    def _note_instrument(self, event: InstrumentListed) -> None:
        self.known.products[event.instrument] = event.product

    def _open(self, event: DayOpened) -> None:
        bands = {row.instrument: (row.reference_ticks, row.low_ticks, row.high_ticks) for row in event.bands}
        self.known.day = _Day(bands=bands)
        self.known.trading_day = event.trading_day

    # ---- orders -----------------------------------------------------------------------------------------

    def _note_order(self, event: OrderAccepted | OrderReplaced) -> None:
        reference, low, high = self.known.day.bands.get(event.instrument, (0, 0, 0))
        near = reference * self._limits.near_limit_bp // BASIS_POINTS
        price = event.price_ticks
        if (price - low <= near or high - price <= near) and reference > 0 and self._has_room(self.known.day.near):
            self.known.day.near[int(event.order)] = (self._entry.at_ns, int(event.account), int(event.instrument))

    def _note_cancel(self, event: OrderCanceled) -> None:
        known = self.known.day.near.pop(event.order, None)
        if known is None or event.reason != 0:
            return
        at_ns, account, instrument = known
        if self._entry.at_ns - at_ns > self._limits.quick_cancel_seconds * SECOND_NS:
            return
        orders = self.known.day.quick.setdefault((account, instrument), [])
        orders.append(int(event.order))
        if len(orders) >= self._limits.quick_cancels:
            self._alert(LAYERING, instrument, {"canceled": len(orders)}, (account,), orders=orders)
            orders.clear()  # so many more are another one

    # ---- trades -----------------------------------------------------------------------------------------

    def _note_trade(self, event: Traded) -> None:
        day = self.known.day
        instrument, price, tonnes = int(event.instrument), int(event.price_ticks), int(event.tonnes)
        buyer, seller = int(event.buyer), int(event.seller)
        value, volume = day.sums.get(instrument, (0, 0))
        day.sums[instrument] = value + price * tonnes, volume + tonnes
        taker = {1: buyer, 2: seller}.get(int(event.taker_side), 0)
        self._note_late(day, (self._entry.at_ns, instrument, taker, price, tonnes, int(event.trade)))
        key = (instrument, buyer)
        if key in day.bought or self._has_room(day.bought):
            day.bought[key] = day.bought.get(key, 0) + tonnes
        _, low, high = day.bands.get(instrument, (0, 0, 0))
        if price in (low, high):
            self._pair(LIMIT_PAIR, day.at_limit, event, self._limits.pair_trades)
        self._between(event)

    def _note_late(self, day: _Day, row: tuple[int, int, int, int, int, int]) -> None:
        """Keep the trades of the last minutes, in a list that is cut now and then."""
        late = day.late
        late.append(row)
        oldest = row[0] - self._limits.close_window_seconds * SECOND_NS
        while late[day.late_from][0] < oldest or len(late) - day.late_from > TABLE_ROWS_MAX:
            day.late_from += 1
        if day.late_from > 1_000 and day.late_from * 2 > len(late):
            del late[: day.late_from]
            day.late_from = 0

    def _note_block(self, event: BlockTraded) -> None:
        reference, _, _ = self.known.day.bands.get(event.instrument, (0, 0, 0))
        if abs(event.price_ticks - reference) * BASIS_POINTS >= reference * self._limits.block_away_bp:
            self._pair(BLOCK_PAIR, self.known.day.blocks, event, self._limits.pair_blocks)
        self._between(event)

    def _pair(
        self, pattern: str, table: dict[tuple[int, int, int], _Flow], event: Traded | BlockTraded, least: int
    ) -> None:
        """One more trade of two accounts; which of them sold does not count."""
        one, other = sorted((int(event.buyer), int(event.seller)))
        key = (int(event.instrument), one, other)
        flow = table.get(key)
        if flow is None:
            if not self._has_room(table):
                return
            flow = table[key] = _Flow()
        flow.tonnes += int(event.tonnes)
        flow.trades.append(int(event.trade))
        if len(flow.trades) >= least:
            self._alert(pattern, key[0], {"tonnes": flow.tonnes}, (one, other), flow.trades)
            del table[key]  # so many more are another one

    def _between(self, event: Traded | BlockTraded) -> None:
        """A trade of one owner with itself, or one leg of what may go round."""
        day, owners = self.known.day, self.known.owners
        buyer, seller, tonnes, trade = int(event.buyer), int(event.seller), int(event.tonnes), int(event.trade)
        instrument = int(event.instrument)
        of_buyer, of_seller = owners.get(buyer, 0), owners.get(seller, 0)
        if of_buyer == of_seller:
            self._alert(SELF_TRADE, instrument, {"tonnes": tonnes}, (seller, buyer), [trade])
            return
        sold = day.sold.get(seller)
        if sold is None and self._has_room(day.sold):
            sold = day.sold[seller] = []
        if sold is not None and len(sold) < EVIDENCE_MAX:
            sold.append(trade)
        for owner in (of_buyer, of_seller):
            if (instrument, owner) in day.owned or self._has_room(day.owned):
                day.owned[instrument, owner] = day.owned.get((instrument, owner), 0) + tonnes
        is_there = of_seller < of_buyer
        key = (instrument, of_seller, of_buyer) if is_there else (instrument, of_buyer, of_seller)
        circle = day.circles.get(key)
        if circle is None:
            if not self._has_room(day.circles):
                return
            circle = day.circles[key] = _Circle()
        self._turn(circle, (self._entry.at_ns, tonnes if is_there else -tonnes, trade, seller, buyer))

    def _turn(self, circle: _Circle, leg: tuple[int, int, int, int, int]) -> None:
        """One more leg; where within the window as much came back as went there, all of it went round."""
        oldest = leg[0] - self._limits.circular_seconds * SECOND_NS
        legs = [known for known in circle.legs[1 - LEGS_MAX :] if known[0] >= oldest]
        legs.append(leg)
        circle.legs = legs
        there = sum([known[1] for known in legs if known[1] > 0])
        back = -sum([known[1] for known in legs if known[1] < 0])
        least = min(there, back)
        if least and abs(there - back) * BASIS_POINTS <= least * self._limits.circular_net_bp:
            circle.there += there
            circle.back += back
            parties = [account for known in legs for account in known[3:]]
            circle.accounts = tuple(dict.fromkeys((*circle.accounts, *parties)))[:EVIDENCE_MAX]
            circle.trades = (circle.trades + [known[2] for known in legs])[:EVIDENCE_MAX]
            circle.legs = []

    # ---- government sales ---------------------------------------------------------------------------------

    def _note_sale(self, event: AuctionAnnounced) -> None:
        if event.terms.direction == SALE and self._limits.run_up_days:
            self.known.sales[event.auction] = event.terms.instrument
            self._judge_run_up(event.auction, event.terms.instrument)

    def _forget_sale(self, event: AuctionCleared | AuctionCanceled) -> None:
        self.known.sales.pop(event.auction, None)

    def _judge_run_up(self, auction: int, instrument: int) -> None:
        """Whether price or turnover of the last days rose against the days before; said once for a sale."""
        limits, days = self._limits, self._limits.run_up_days
        rows = self.known.history.get(instrument, [])
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
        self._alert(RUN_UP, instrument, figures, most)
        self.known.sales.pop(auction, None)

    # ---- the day's end ----------------------------------------------------------------------------------

    def _note_linked(self, event: LinkedNearLimit) -> None:
        figures = {"tonnes": event.tonnes, "limit_tonnes": event.limit_tonnes}
        figures |= {f"link_{number}": number for number in event.links[:EVIDENCE_MAX]}
        self._alert(LINKED, 0, figures, event.accounts, product=event.product)

    def _note_floor(self, event: RetentionNear) -> None:
        trades = self.known.day.sold.get(event.account)
        if trades:
            figures = {"tonnes": event.tonnes, "floor_tonnes": event.floor_tonnes}
            self._alert(RETENTION, 0, figures, (event.account,), trades)

    def _close(self, event: DayClosed) -> None:
        self._circles()
        self._late_moves()
        for row in event.stats:
            self._volumes(row)
            _, low, high = self.known.day.bands.get(row.instrument, (0, 0, 0))
            if row.trades and row.close_ticks in (low, high):
                figures = {"close_ticks": row.close_ticks, "low_ticks": low, "high_ticks": high}
                self._alert(AT_LIMIT, row.instrument, figures)
            self._remember(row)
            self._judge_price(row)
        for auction, instrument in list(self.known.sales.items()):
            self._judge_run_up(auction, instrument)
        if self.known.day.is_full:
            self._alert(NOT_WATCHED, 0, {"rows_max": TABLE_ROWS_MAX})

    def _judge_price(self, row: DayStats) -> None:
        """Whether an allowance closed beyond a price of the rule book for so many days (CQ-M Art. 13); said on each such day again."""
        assert self._rules is not None, "a market is founded with its rule book"
        limits = self._limits
        rules = self._rules.products[self.known.products[row.instrument]]
        closes = [day.close_ticks * rules.tick_fen for day in self.known.history[row.instrument][-limits.price_days :]]
        if rules.kind != "allowance" or len(closes) < limits.price_days:
            return
        figures = {"close_ticks": int(row.close_ticks), "days": len(closes)}
        if limits.price_high_fen and min(closes) >= limits.price_high_fen:
            self._alert(PRICE_HIGH, row.instrument, figures | {"trigger_fen": limits.price_high_fen})
        if limits.price_low_fen and max(closes) <= limits.price_low_fen:
            self._alert(PRICE_LOW, row.instrument, figures | {"trigger_fen": limits.price_low_fen})

    def _remember(self, row: DayStats) -> None:
        bought = [
            (account, tonnes)
            for (instrument, account), tonnes in self.known.day.bought.items()
            if instrument == row.instrument
        ]
        bought.sort(key=lambda pair: (-pair[1], pair[0]))
        closed = _Closed(self.known.trading_day, int(row.close_ticks), int(row.tonnes), tuple(bought[:BUYERS_MAX]))
        rows = self.known.history.setdefault(int(row.instrument), [])
        rows.append(closed)
        del rows[:-HISTORY_DAYS_MAX]

    def _volumes(self, row: DayStats) -> None:
        """What the day's volume itself says."""
        assert self._rules is not None, "a market is founded with its rule book"
        limits = self._limits
        rules = self._rules.products[self.known.products[row.instrument]]
        least = rules.close_min_tonnes
        if rules.close_rule == "C" and 0 < (row.tonnes - least) * BASIS_POINTS <= least * limits.small_volume_bp:
            figures = {"tonnes": row.tonnes, "close_min_tonnes": least, "close_ticks": row.close_ticks}
            self._alert(SMALL_VOLUME, row.instrument, figures)
        past, days = self.known.past.get(row.instrument, (0, 0))
        self.known.past[row.instrument] = past + row.tonnes, days + 1
        if past and row.tonnes * days >= past * limits.surge_times and self._is_near_deadline():
            self._alert(SURGE, row.instrument, {"tonnes": row.tonnes, "average_tonnes": past // days})

    def _is_near_deadline(self) -> bool:
        """Whether a surrender deadline of the rule book is not far ahead."""
        assert self._rules is not None, "a market is founded with its rule book"
        today = self.known.trading_day
        if not is_day(today):
            return False
        until = shift(today, self._limits.surge_days)
        return any(today <= year.surrender_deadline <= until for year in self._rules.compliance.values())

    def _circles(self) -> None:
        """What went round, where it is not a small part of all that both traded: who meets everybody meets each other too."""
        day, limits = self.known.day, self._limits
        for (instrument, one, other), circle in day.circles.items():
            if min(circle.there, circle.back) < limits.circular_tonnes:
                continue
            busiest = max(day.owned.get((instrument, one), 0), day.owned.get((instrument, other), 0))
            if (circle.there + circle.back) * BASIS_POINTS >= busiest * limits.circular_share_bp:
                figures = {"tonnes_there": circle.there, "tonnes_back": circle.back, "busiest_tonnes": busiest}
                self._alert(CIRCULAR, instrument, figures, circle.accounts, circle.trades)

    def _late_moves(self) -> None:
        """Whose trades of the last minutes move the day's average price, against the average without them."""
        day = self.known.day
        late: dict[tuple[int, int], tuple[int, int, list[int]]] = {}
        for _, instrument, taker, price, tonnes, trade in day.late[day.late_from :]:
            if taker:
                value, volume, trades = late.get((instrument, taker), (0, 0, []))
                late[instrument, taker] = value + price * tonnes, volume + tonnes, [*trades, trade][:EVIDENCE_MAX]
        for (instrument, taker), (value, volume, trades) in late.items():
            whole, tonnes = day.sums[instrument]
            if tonnes == volume:
                continue  # nothing else was traded, so nothing was moved
            before, after = (whole - value) // (tonnes - volume), whole // tonnes
            if abs(after - before) * BASIS_POINTS >= before * self._limits.close_move_bp:
                figures = {"average_before_ticks": before, "average_ticks": after, "tonnes": volume}
                self._alert(MARKING_CLOSE, instrument, figures, (taker,), trades)


_HANDLERS: Final[dict[type[Any], Callable[[Monitor, Any], None]]] = {
    OrderAccepted: Monitor._note_order,
    OrderReplaced: Monitor._note_order,
    OrderCanceled: Monitor._note_cancel,
    Traded: Monitor._note_trade,
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
