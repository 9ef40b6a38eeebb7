"""The tables of one watched day, and what each order, cancel and trade adds to them: the part of monitoring that every order pays.

Compiled with the hot path, so the watch can look at a batch as it is told of it. What is found at the day's end, or in anything
rarer, is in `engine.monitoring`; the form in which a day is kept is `engine.known.Day`.
"""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import mypyc_attr

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


@mypyc_attr(acyclic=True)
@final
class Leg:
    """A trade that may be part of what goes round; tonnes below 0: back."""

    __slots__ = ("at_ns", "buyer", "seller", "tonnes", "trade")

    def __init__(self, at_ns: int, tonnes: int, trade: int, seller: int, buyer: int) -> None:
        self.at_ns: Final = at_ns
        self.tonnes: Final = tonnes
        self.trade: Final = trade
        self.seller: Final = seller
        self.buyer: Final = buyer

    def kept(self) -> tuple[int, int, int, int, int]:
        """As data."""
        return self.at_ns, self.tonnes, self.trade, self.seller, self.buyer


@mypyc_attr(acyclic=True)
@final
class Sum:
    """Tonnes of somebody, counted in place: one look-up and no new number for who holds it already."""

    __slots__ = ("tonnes",)

    def __init__(self, tonnes: int) -> None:
        self.tonnes = tonnes


@final
class InstrumentDay:
    """An instrument's day: its band, from where on a price is near a limit, the sums of its average price, who traded what.

    owned, bought: tonnes bought and sold of an owner, tonnes bought of an account. met: seller -> buyer -> what their trades add to.
    """

    def __init__(self, reference: int, low: int, high: int) -> None:
        self.reference: Final = reference
        self.low: Final = low
        self.high: Final = high
        self.near_low = 0  # at or below it, or
        self.near_high = 0  # at or above it; both only where there is a reference
        self.value = 0  # sum of price x tonnes
        self.tonnes = 0
        self.owned: Final[dict[int, Sum]] = {}
        self.bought: Final[dict[int, Sum]] = {}
        self.met: Final[dict[int, dict[int, Met]]] = {}

    def judge_near(self, near_bp: int) -> None:
        """How near is near, by the rules."""
        near = self.reference * near_bp // BASIS_POINTS
        self.near_low, self.near_high = self.low + near, self.high - near


@final
class Round:
    """What may go round between two owners: the legs within the window, with their sums, and what went round so far."""

    def __init__(self, kept: Circle) -> None:
        self.there, self.back = kept.there, kept.back
        self.accounts, self.trades = kept.accounts, kept.trades
        self._legs: Final = [Leg(*leg) for leg in kept.legs]
        self._going = sum([leg.tonnes for leg in self._legs if leg.tonnes > 0])  # tonnes of the legs, there
        self._coming = -sum([leg.tonnes for leg in self._legs if leg.tonnes < 0])  # and back

    def kept(self) -> Circle:
        """As data."""
        return Circle([leg.kept() for leg in self._legs], self.there, self.back, self.accounts, self.trades)

    def turn(self, leg: Leg, oldest_ns: int, net_bp: int) -> None:
        """One more leg; where within the window as much came back as went there, all of it went round."""
        legs = self._legs
        old = 0
        for known in legs:
            if known.at_ns >= oldest_ns and len(legs) - old < LEGS_MAX:
                break
            self._count(-known.tonnes, known.tonnes > 0)
            old += 1
        if old:
            del legs[:old]
        legs.append(leg)
        self._count(leg.tonnes, leg.tonnes > 0)
        there, back = self._going, self._coming
        least = there if there < back else back
        if least and abs(there - back) * BASIS_POINTS <= least * net_bp:
            self.there += there
            self.back += back
            for known in legs:
                self._note_party(known.seller)
                self._note_party(known.buyer)
            if len(self.trades) < EVIDENCE_MAX:
                self.trades = (self.trades + [known.trade for known in legs])[:EVIDENCE_MAX]
            self._going = self._coming = 0
            legs.clear()

    def _note_party(self, account: int) -> None:
        accounts = self.accounts
        if account not in accounts and len(accounts) < EVIDENCE_MAX:
            self.accounts = (*accounts, account)

    def _count(self, tonnes: int, is_there: bool) -> None:
        if is_there:
            self._going += tonnes
        else:
            self._coming -= tonnes


@final
class Met:
    """All that a trade of this seller with this buyer adds to besides the market's sums, found once."""

    __slots__ = ("circle", "is_there", "of_buyer", "of_seller", "sold")

    def __init__(self, circle: Round, is_there: bool, of_buyer: Sum, of_seller: Sum, sold: list[int]) -> None:
        self.circle: Final = circle
        self.is_there: Final = is_there
        self.of_buyer: Final = of_buyer
        self.of_seller: Final = of_seller
        self.sold: Final = sold


@final
class WatchedDay:
    """One day's tables. Each has a bound; what goes over it is not watched that day, and `is_full` says so."""

    def __init__(
        self, day: Day, rules: SurveillanceRules, owners: dict[int, int], raised: Raised, rows_max: int
    ) -> None:
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
        self._late: Final = day.late  # as tuples, so that keeping 100,000 of them holds nobody up
        self._late_from = day.late_from
        self._late_first_ns = 0  # when the row there was made, or earlier: not each trade has to look
        self._owned_rows = len(day.owned)
        self._bought_rows = len(day.bought)
        self._met_rows = 0
        self._instruments: Final[dict[int, InstrumentDay]] = {}
        for instrument, (reference, low, high) in day.bands.items():
            self._instruments[instrument] = InstrumentDay(reference, low, high)
        for instrument, (value, tonnes) in day.sums.items():
            traded = self.instrument_day(instrument)
            traded.value, traded.tonnes = value, tonnes
        for (instrument, owner), tonnes in day.owned.items():
            self.instrument_day(instrument).owned[owner] = Sum(tonnes)
        for (instrument, account), tonnes in day.bought.items():
            self.instrument_day(instrument).bought[account] = Sum(tonnes)
        self.take_rules(rules)

    def kept(self) -> Day:
        """As data, which shares tables: to be used before the next entry is looked at."""
        rows = self._instruments
        return Day(
            {number: (row.reference, row.low, row.high) for number, row in rows.items() if row.high},
            {key: circle.kept() for key, circle in self.circles.items()},
            {(number, owner): owned.tonnes for number, row in rows.items() for owner, owned in row.owned.items()},
            self._at_limit,
            self._blocks,
            self._near,
            self._quick,
            self._late,
            self._late_from,
            {number: (row.value, row.tonnes) for number, row in rows.items() if row.tonnes},
            {
                (number, account): bought.tonnes
                for number, row in rows.items()
                for account, bought in row.bought.items()
            },
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
        for traded in self._instruments.values():
            traded.judge_near(self._near_bp)

    def instrument_day(self, instrument: int) -> InstrumentDay:
        """An instrument's band and sums; an empty band where the day's opening named none."""
        traded = self._instruments.get(instrument)
        if traded is None:
            traded = self._instruments[instrument] = InstrumentDay(0, 0, 0)
        return traded

    def late_trades(self) -> list[tuple[int, int, int, int, int, int]]:
        """The trades of the last minutes, oldest first: at_ns, instrument, taker, price, tonnes, trade."""
        return self._late[self._late_from :]

    def _has_room(self, rows: int) -> bool:
        if rows < self._rows_max:
            return True
        self.is_full = True
        return False

    # ---- orders -----------------------------------------------------------------------------------------

    def note_order(self, event: OrderAccepted) -> None:
        """An order that may be near a limit."""
        traded = self._instruments.get(event.instrument)
        if traded is None or traded.reference <= 0:
            return
        price: int = event.price_ticks
        if price <= traded.near_low or price >= traded.near_high:
            self._note_near(event.order, event.account, event.instrument)

    def note_replaced(self, event: OrderReplaced) -> None:
        """The same of an order that has another price."""
        traded = self.instrument_day(event.instrument)
        price = event.price_ticks
        if traded.reference > 0 and (price <= traded.near_low or price >= traded.near_high):
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
        traded = self.instrument_day(instrument)
        traded.value += price * tonnes
        traded.tonnes += tonnes
        taker = 0
        if event.taker_side == BUY:
            taker = buyer
        elif event.taker_side == SELL:
            taker = seller
        self._note_late((self._raised.at_ns, instrument, taker, price, tonnes, event.trade))
        bought = traded.bought.get(buyer)
        if bought is not None:
            bought.tonnes += tonnes
        elif self._has_room(self._bought_rows):
            traded.bought[buyer] = Sum(tonnes)
            self._bought_rows += 1
        if price == traded.low or price == traded.high:
            self._pair(LIMIT_PAIR, self._at_limit, instrument, buyer, seller, tonnes, event.trade, self._pair_trades)
        self._between(instrument, traded, buyer, seller, tonnes, event.trade)

    def note_block(self, event: BlockTraded) -> None:
        """One block trade."""
        instrument, trade, tonnes = int(event.instrument), int(event.trade), int(event.tonnes)
        buyer, seller = int(event.buyer), int(event.seller)
        traded = self.instrument_day(instrument)
        reference = traded.reference
        if abs(event.price_ticks - reference) * BASIS_POINTS >= reference * self._block_away_bp:
            self._pair(BLOCK_PAIR, self._blocks, instrument, buyer, seller, tonnes, trade, self._pair_blocks)
        self._between(instrument, traded, buyer, seller, tonnes, trade)

    def _note_late(self, row: tuple[int, int, int, int, int, int]) -> None:
        """Keep the trades of the last minutes, in a list that is cut now and then."""
        late = self._late
        late.append(row)
        oldest = row[0] - self._close_window_ns
        begin = self._late_from
        if self._late_first_ns >= oldest and len(late) - begin <= self._rows_max:
            return
        while late[begin][0] < oldest or len(late) - begin > self._rows_max:
            begin += 1
        if begin > _LATE_CUT_ROWS and begin * 2 > len(late):
            del late[:begin]
            begin = 0
        self._late_from = begin
        self._late_first_ns = late[begin][0]

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

    def _between(
        self, instrument: int, traded: InstrumentDay, buyer: int, seller: int, tonnes: int, trade: int
    ) -> None:
        """A trade of one owner with itself, or one leg of what may go round."""
        others = traded.met.get(seller)
        met = others.get(buyer) if others is not None else None
        if met is None:
            met = self._meet(instrument, traded, buyer, seller, tonnes, trade)
            if met is None:
                return
        else:
            met.of_buyer.tonnes += tonnes
            met.of_seller.tonnes += tonnes
            if len(met.sold) < EVIDENCE_MAX:
                met.sold.append(trade)
        at_ns = self._raised.at_ns
        leg = Leg(at_ns, tonnes if met.is_there else -tonnes, trade, seller, buyer)
        met.circle.turn(leg, at_ns - self._circular_ns, self._circular_net_bp)

    def _meet(
        self, instrument: int, traded: InstrumentDay, buyer: int, seller: int, tonnes: int, trade: int
    ) -> Met | None:
        """Count the first trade of these two, and each one where a table is full; None where nothing can go round."""
        of_buyer, of_seller = self._owners.get(buyer, 0), self._owners.get(seller, 0)
        if of_buyer == of_seller:
            self._raised.alert(SELF_TRADE, instrument, {"tonnes": tonnes}, (seller, buyer), [trade])
            return None
        sold = self.sold.get(seller)
        if sold is None and self._has_room(len(self.sold)):
            sold = self.sold[seller] = []
        if sold is not None and len(sold) < EVIDENCE_MAX:
            sold.append(trade)
        bought_sum = self._note_owned(traded, of_buyer, tonnes)
        sold_sum = self._note_owned(traded, of_seller, tonnes)
        is_there = of_seller < of_buyer
        key = (instrument, of_seller, of_buyer) if is_there else (instrument, of_buyer, of_seller)
        circle = self.circles.get(key)
        if circle is None:
            if not self._has_room(len(self.circles)):
                return None
            circle = self.circles[key] = Round(Circle())
        if sold is None or bought_sum is None or sold_sum is None:
            return Met(circle, is_there, Sum(0), Sum(0), [])  # a table is full: for this trade only
        met = Met(circle, is_there, bought_sum, sold_sum, sold)
        if self._met_rows < self._rows_max:
            traded.met.setdefault(seller, {})[buyer] = met
            self._met_rows += 1
        return met

    def _note_owned(self, traded: InstrumentDay, owner: int, tonnes: int) -> Sum | None:
        owned = traded.owned.get(owner)
        if owned is not None:
            owned.tonnes += tonnes
        elif self._has_room(self._owned_rows):
            owned = traded.owned[owner] = Sum(tonnes)
            self._owned_rows += 1
        return owned
