"""The tables of one watched day, and what each order, cancel and trade adds to them: the part of monitoring that every order pays.

Compiled with the hot path, so the watch can look at a batch as it is told of it. What is found at the day's end, or in anything
rarer, is in `engine.monitoring`; the form in which a day is kept is `engine.known.Day`.
"""

from collections.abc import Sequence
from typing import Final, final

from engine.alerts import Alert
from engine.core.events import BlockTraded, OrderReplaced
from engine.core.order_events import OrderAccepted, OrderCanceled, Traded
from engine.core.surveillance import SurveillanceRules
from engine.core.units import BUY, SELL
from engine.known import Circle, Day, Flow

EVIDENCE_MAX: Final = 50  # trades or orders that one alert names
TABLE_ROWS_MAX: Final = 100_000  # of each of a day's tables
LEGS_MAX: Final = 64  # trades between two owners that may go round
SECOND_NS: Final = 1_000_000_000
BASIS_POINTS: Final = 10_000
_LATE_CUT_ROWS: Final = 1_000  # so many rows that are too old are cut at once

SELF_TRADE: Final = "self_trade"  # both sides of a trade have one beneficial owner
LAYERING: Final = "layering"  # orders near the price limits, canceled quickly, again and again
LIMIT_PAIR: Final = "limit_pair"  # the same pair trades at the price limit again and again
BLOCK_PAIR: Final = "block_pair"  # the same pair does block trades off the market's price again and again


@final
class Raised:
    """The alerts that were raised and not yet taken, and what the next one needs: its number, the day and the entry."""

    def __init__(self, number: int, trading_day: int) -> None:
        self.number = number
        self.trading_day = trading_day
        self.seq = 0  # of the entry that is looked at
        self.at_ns = 0
        self._found: list[Alert] = []

    def alert(
        self,
        pattern: str,
        instrument: int,
        figures: dict[str, int],
        accounts: tuple[int, ...] = (),
        trades: Sequence[int] = (),
        orders: Sequence[int] = (),
        product: str = "",
    ) -> None:
        """Raise one."""
        self.number += 1
        self._found.append(
            Alert(
                self.number,
                pattern,
                self.trading_day,
                self.seq,
                instrument,
                accounts[:EVIDENCE_MAX],
                tuple(trades[:EVIDENCE_MAX]),
                tuple(orders[:EVIDENCE_MAX]),
                figures,
                self.at_ns,
                product,
            )
        )

    def take(self) -> list[Alert]:
        """Those raised since last asked."""
        if not self._found:
            return []
        found, self._found = self._found, []
        return found


@final
class Limits:
    """An instrument's day: its band, from where on a price is near a limit, and the sums of its average price."""

    def __init__(self, reference: int, low: int, high: int) -> None:
        self.reference: Final = reference
        self.low: Final = low
        self.high: Final = high
        self.near_low = 0  # at or below it, or
        self.near_high = 0  # at or above it; both only where there is a reference
        self.value = 0  # sum of price x tonnes
        self.tonnes = 0

    def judge_near(self, near_bp: int) -> None:
        """How near is near, by the rules."""
        near = self.reference * near_bp // BASIS_POINTS
        self.near_low, self.near_high = self.low + near, self.high - near


@final
class Round:
    """What may go round between two owners: the legs within the window, with their sums, and what went round so far."""

    def __init__(self, kept: Circle) -> None:
        self.legs: Final = kept.legs
        self.there, self.back = kept.there, kept.back
        self.accounts, self.trades = kept.accounts, kept.trades
        self._going = 0  # tonnes of the legs, there
        self._coming = 0  # and back
        for leg in self.legs:
            self._count(leg[1])

    def kept(self) -> Circle:
        """As data."""
        return Circle(self.legs, self.there, self.back, self.accounts, self.trades)

    def _count(self, tonnes: int) -> None:
        if tonnes > 0:
            self._going += tonnes
        else:
            self._coming -= tonnes

    def turn(self, leg: tuple[int, int, int, int, int], oldest_ns: int, net_bp: int) -> None:
        """One more leg; where within the window as much came back as went there, all of it went round."""
        legs = self.legs
        old = 0
        while old < len(legs) and (legs[old][0] < oldest_ns or len(legs) - old >= LEGS_MAX):
            tonnes = legs[old][1]
            if tonnes > 0:
                self._going -= tonnes
            else:
                self._coming += tonnes
            old += 1
        if old:
            del legs[:old]
        legs.append(leg)
        self._count(leg[1])
        there, back = self._going, self._coming
        least = min(there, back)
        if least and abs(there - back) * BASIS_POINTS <= least * net_bp:
            self.there += there
            self.back += back
            parties = [account for known in legs for account in known[3:]]
            self.accounts = tuple(dict.fromkeys((*self.accounts, *parties)))[:EVIDENCE_MAX]
            self.trades = (self.trades + [known[2] for known in legs])[:EVIDENCE_MAX]
            self._going = self._coming = 0
            legs.clear()


@final
class WatchedDay:
    """One day's tables. Each has a bound; what goes over it is not watched that day, and `is_full` says so."""

    def __init__(
        self, day: Day, rules: SurveillanceRules, owners: dict[int, int], raised: Raised, rows_max: int
    ) -> None:
        self.owned: Final = day.owned
        self.bought: Final = day.bought
        self.sold: Final = day.sold
        self.is_full = day.is_full
        self.circles: Final = {key: Round(circle) for key, circle in day.circles.items()}
        self._owners: Final = owners
        self._raised: Final = raised
        self._rows_max: Final = rows_max
        self._at_limit: Final = day.at_limit
        self._blocks: Final = day.blocks
        self._near: Final = day.near
        self._quick: Final = day.quick
        self._late: Final = day.late
        self._late_from = day.late_from
        self._limits: Final[dict[int, Limits]] = {}
        for instrument, (reference, low, high) in day.bands.items():
            self._limits[instrument] = Limits(reference, low, high)
        for instrument, (value, tonnes) in day.sums.items():
            limits = self.limits_of(instrument)
            limits.value, limits.tonnes = value, tonnes
        self.take_rules(rules)

    def kept(self) -> Day:
        """As data, which shares the tables: to be used before the next entry is looked at."""
        return Day(
            {number: (one.reference, one.low, one.high) for number, one in self._limits.items() if one.high},
            {key: circle.kept() for key, circle in self.circles.items()},
            self.owned,
            self._at_limit,
            self._blocks,
            self._near,
            self._quick,
            self._late,
            self._late_from,
            {number: (one.value, one.tonnes) for number, one in self._limits.items() if one.tonnes},
            self.bought,
            self.sold,
            self.is_full,
        )

    def take_rules(self, rules: SurveillanceRules) -> None:
        """Watch by these thresholds from now on."""
        self._near_bp = rules.near_limit_bp
        self._quick_cancel_ns = rules.quick_cancel_seconds * SECOND_NS
        self._quick_cancels = rules.quick_cancels
        self._close_window_ns = rules.close_window_seconds * SECOND_NS
        self._circular_ns = rules.circular_seconds * SECOND_NS
        self._circular_net_bp = rules.circular_net_bp
        self._pair_trades = rules.pair_trades
        self._pair_blocks = rules.pair_blocks
        self._block_away_bp = rules.block_away_bp
        for limits in self._limits.values():
            limits.judge_near(self._near_bp)

    def limits_of(self, instrument: int) -> Limits:
        """An instrument's band and sums; an empty band where the day's opening named none."""
        limits = self._limits.get(instrument)
        if limits is None:
            limits = self._limits[instrument] = Limits(0, 0, 0)
        return limits

    def late_trades(self) -> list[tuple[int, int, int, int, int, int]]:
        """The trades of the last minutes: at_ns, instrument, taker, price, tonnes, trade."""
        return self._late[self._late_from :]

    def _has_room(self, rows: int) -> bool:
        if rows < self._rows_max:
            return True
        self.is_full = True
        return False

    # ---- orders -----------------------------------------------------------------------------------------

    def note_order(self, event: OrderAccepted) -> None:
        """An order that may be near a limit."""
        limits = self._limits.get(event.instrument)
        if limits is None or limits.reference <= 0:
            return
        price: int = event.price_ticks
        if price <= limits.near_low or price >= limits.near_high:
            self._note_near(event.order, event.account, event.instrument)

    def note_replaced(self, event: OrderReplaced) -> None:
        """The same of an order that has another price."""
        limits = self.limits_of(event.instrument)
        price = event.price_ticks
        if limits.reference > 0 and (price <= limits.near_low or price >= limits.near_high):
            self._note_near(int(event.order), int(event.account), int(event.instrument))

    def _note_near(self, order: int, account: int, instrument: int) -> None:
        if self._has_room(len(self._near)):
            self._near[order] = (self._raised.at_ns, account, instrument)

    def note_cancel(self, event: OrderCanceled) -> None:
        """An order near a limit that may be canceled quickly."""
        if not self._near:
            return
        known = self._near.pop(event.order, None)
        if known is None or event.reason != 0:
            return
        at_ns, account, instrument = known
        if self._raised.at_ns - at_ns > self._quick_cancel_ns:
            return
        orders = self._quick.setdefault((account, instrument), [])
        orders.append(event.order)
        if len(orders) >= self._quick_cancels:
            self._raised.alert(LAYERING, instrument, {"canceled": len(orders)}, (account,), orders=orders)
            orders.clear()  # so many more are another one

    # ---- trades -----------------------------------------------------------------------------------------

    def note_trade(self, event: Traded) -> None:
        """One trade."""
        instrument: int = event.instrument
        price: int = event.price_ticks
        tonnes: int = event.tonnes
        buyer: int = event.buyer
        seller: int = event.seller
        limits = self.limits_of(instrument)
        limits.value += price * tonnes
        limits.tonnes += tonnes
        taker = 0
        if event.taker_side == BUY:
            taker = buyer
        elif event.taker_side == SELL:
            taker = seller
        self._note_late((self._raised.at_ns, instrument, taker, price, tonnes, event.trade))
        key = (instrument, buyer)
        bought = self.bought.get(key, 0)
        if bought or self._has_room(len(self.bought)):
            self.bought[key] = bought + tonnes
        if price == limits.low or price == limits.high:
            self._pair(LIMIT_PAIR, self._at_limit, instrument, buyer, seller, tonnes, event.trade, self._pair_trades)
        self._between(instrument, buyer, seller, tonnes, event.trade)

    def note_block(self, event: BlockTraded) -> None:
        """One block trade."""
        instrument, trade, tonnes = int(event.instrument), int(event.trade), int(event.tonnes)
        buyer, seller = int(event.buyer), int(event.seller)
        reference = self.limits_of(instrument).reference
        if abs(event.price_ticks - reference) * BASIS_POINTS >= reference * self._block_away_bp:
            self._pair(BLOCK_PAIR, self._blocks, instrument, buyer, seller, tonnes, trade, self._pair_blocks)
        self._between(instrument, buyer, seller, tonnes, trade)

    def _note_late(self, row: tuple[int, int, int, int, int, int]) -> None:
        """Keep the trades of the last minutes, in a list that is cut now and then."""
        late = self._late
        late.append(row)
        oldest = row[0] - self._close_window_ns
        begin = self._late_from
        while late[begin][0] < oldest or len(late) - begin > self._rows_max:
            begin += 1
        if begin > _LATE_CUT_ROWS and begin * 2 > len(late):
            del late[:begin]
            begin = 0
        self._late_from = begin

    def _pair(
        self,
        pattern: str,
        table: dict[tuple[int, int, int], Flow],
        instrument: int,
        buyer: int,
        seller: int,
        tonnes: int,
        trade: int,
        least: int,
    ) -> None:
        """One more trade of two accounts; which of them sold does not count."""
        one, other = min(buyer, seller), max(buyer, seller)
        key = (instrument, one, other)
        flow = table.get(key)
        if flow is None:
            if not self._has_room(len(table)):
                return
            flow = table[key] = Flow()
        flow.tonnes += tonnes
        flow.trades.append(trade)
        if len(flow.trades) >= least:
            self._raised.alert(pattern, instrument, {"tonnes": flow.tonnes}, (one, other), flow.trades)
            del table[key]  # so many more are another one

    def _between(self, instrument: int, buyer: int, seller: int, tonnes: int, trade: int) -> None:
        """A trade of one owner with itself, or one leg of what may go round."""
        of_buyer, of_seller = self._owners.get(buyer, 0), self._owners.get(seller, 0)
        if of_buyer == of_seller:
            self._raised.alert(SELF_TRADE, instrument, {"tonnes": tonnes}, (seller, buyer), [trade])
            return
        sold = self.sold.get(seller)
        if sold is None and self._has_room(len(self.sold)):
            sold = self.sold[seller] = []
        if sold is not None and len(sold) < EVIDENCE_MAX:
            sold.append(trade)
        self._note_owned((instrument, of_buyer), tonnes)
        self._note_owned((instrument, of_seller), tonnes)
        is_there = of_seller < of_buyer
        key = (instrument, of_seller, of_buyer) if is_there else (instrument, of_buyer, of_seller)
        circle = self.circles.get(key)
        if circle is None:
            if not self._has_room(len(self.circles)):
                return
            circle = self.circles[key] = Round(Circle())
        at_ns = self._raised.at_ns
        leg = (at_ns, tonnes if is_there else -tonnes, trade, seller, buyer)
        circle.turn(leg, at_ns - self._circular_ns, self._circular_net_bp)

    def _note_owned(self, key: tuple[int, int], tonnes: int) -> None:
        owned = self.owned.get(key, 0)
        if owned or self._has_room(len(self.owned)):
            self.owned[key] = owned + tonnes
