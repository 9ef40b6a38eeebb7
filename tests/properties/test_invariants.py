"""The invariants of the reliability catalogue, read off the events alone: no help from the market's own audit.

Each test follows random flows and names its invariant. What an account owns is added up from the events, as settlement does.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.commands import Entry
from engine.core.market import Market
from engine.core.units import BUY, RESTRICT_BUY, RESTRICT_SELL, SELL
from engine.view import MarketView
from tests.testkit.build import hash_of
from tests.testkit.flows import random_flow

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
SEEDS = range(5_000, 5_400 if IS_PROVING else 5_040)


@dataclass
class Followed:
    """One order as its owner knows it from reports."""

    account: int
    instrument: int
    side: int
    price: int
    tonnes: int
    cum: int = 0
    is_open: bool = True
    since: int = 0  # place in the queue of its price: the number of the event that put it there

    @property
    def leaves(self) -> int:
        return self.tonnes - self.cum


@dataclass
class Story:
    """A market told from its events."""

    market: Market = field(default_factory=Market)
    orders: dict[int, Followed] = field(default_factory=dict)
    cash: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    units: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    fees: int = 0
    paid_in: int = 0
    issued: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    phase: int = phases.CLOSED
    exec_seqs: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    owners: dict[int, int] = field(default_factory=dict)
    ticks: int = 0

    @property
    def view(self) -> MarketView:
        return MarketView(self.market)

    def stream(self, account: int, exec_seq: int) -> None:
        """INV-17's engine half: an account's numbers are dense from 1."""
        assert exec_seq == self.exec_seqs[account] + 1
        self.exec_seqs[account] = exec_seq

    def tell(self, event: e.Event) -> None:
        """Take one event in."""
        self.ticks += 1
        match event:
            case e.AccountOpened():
                self.owners[event.account] = event.owner
            case e.PhaseChanged():
                self.phase = event.phase
            case e.OrderAccepted():
                self.stream(event.account, event.exec_seq)
                assert event.order not in self.orders, "INV-13: an order is accepted once"
                self.orders[event.order] = Followed(
                    event.account, event.instrument, event.side, event.price_ticks, event.tonnes, since=self.ticks
                )
            case e.OrderRefused():
                self.stream(event.account, event.exec_seq)
                assert event.order not in self.orders
            case e.OrderReplaced():
                self.tell_replaced(event)
            case e.OrderCanceled():
                self.stream(event.account, event.exec_seq)
                order = self.orders[event.order]
                assert order.is_open, "INV-13: an order ends once"
                assert event.tonnes == order.leaves > 0
                assert event.cum + event.tonnes == order.tonnes
                order.is_open = False
            case e.Traded():
                self.tell_traded(event)
            case e.CashDeposited():
                self.cash[event.account] += event.amount_fen
                self.paid_in += event.amount_fen
            case e.CashWithdrawn():
                self.cash[event.account] -= event.amount_fen
                self.paid_in -= event.amount_fen
            case e.UnitsIssued():
                self.units[event.account, event.instrument] += event.tonnes
                self.issued[event.instrument] += event.tonnes
            case e.UnitsSurrendered():
                self.units[event.account, event.instrument] -= event.tonnes
                self.issued[event.instrument] -= event.tonnes
            case _:
                self.tell_registry(event)

    def tell_registry(self, event: e.Event) -> None:
        """What the registry's acts move: between accounts, into being, out of it."""
        match event:
            case e.UnitsPreallocated():
                self.units[event.account, event.instrument] += event.tonnes
                self.issued[event.instrument] += event.tonnes
            case e.AllocationTruedUp():
                self.units[event.account, event.instrument] += event.issued - event.withdrawn
                self.issued[event.instrument] += event.issued - event.withdrawn
            case e.UnitsCanceled():
                self.units[event.account, event.instrument] -= event.tonnes
                self.issued[event.instrument] -= event.tonnes
            case e.TradeVoided():
                self.stream(event.buyer, event.buy_exec_seq)
                self.stream(event.seller, event.sell_exec_seq)
                self.units[event.buyer, event.instrument] -= event.tonnes
                self.units[event.seller, event.instrument] += event.tonnes
                self.cash[event.buyer] += event.amount_fen + event.buy_refund_fen
                self.cash[event.seller] -= event.amount_fen - event.sell_refund_fen
                self.fees -= event.buy_refund_fen + event.sell_refund_fen
            case e.UnitsTransferred():
                self.units[event.account, event.instrument] -= event.tonnes
                self.units[event.to_account, event.instrument] += event.tonnes

    def tell_replaced(self, event: e.OrderReplaced) -> None:
        self.stream(event.account, event.exec_seq)
        order = self.orders[event.order]
        assert order.is_open
        assert (order.price, order.leaves) == (event.old_price_ticks, event.old_leaves)
        assert event.tonnes == event.leaves + event.cum
        assert event.cum == order.cum
        if event.price_ticks != order.price or event.tonnes > order.tonnes:
            order.since = self.ticks
        order.price, order.tonnes = event.price_ticks, event.tonnes

    def tell_traded(self, event: e.Traded) -> None:
        self.stream(event.buyer, event.buy_exec_seq)
        self.stream(event.seller, event.sell_exec_seq)
        for number, leaves, cum, side in (
            (event.buy_order, event.buy_leaves, event.buy_cum, BUY),
            (event.sell_order, event.sell_leaves, event.sell_cum, SELL),
        ):
            order = self.orders[number]
            assert order.is_open
            assert order.side == side
            order.cum += event.tonnes
            assert (order.leaves, order.cum) == (leaves, cum), "INV-13: filled and left make the whole"
            order.is_open = leaves > 0
        self.cash[event.buyer] -= event.amount_fen + event.buy_fee_fen
        self.cash[event.seller] += event.amount_fen - event.sell_fee_fen
        self.fees += event.buy_fee_fen + event.sell_fee_fen
        self.units[event.buyer, event.instrument] += event.tonnes
        self.units[event.seller, event.instrument] -= event.tonnes

    def resting(self, instrument: int, side: int) -> list[Followed]:
        return [o for o in self.orders.values() if o.is_open and (o.instrument, o.side) == (instrument, side)]


def follow(seed: int, commands: int = 120) -> Iterator[tuple[Story, Entry, list[e.Event]]]:
    """Tell a flow's story command by command; yields after each."""
    story = Story()
    for entry in random_flow(seed, commands):
        happened = story.market.apply(entry)
        for event in happened:
            story.tell(event)
        yield story, entry, happened


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_1_2_3_units_and_cash_are_conserved_and_never_negative(seed: int) -> None:
    for story, _, happened in follow(seed):
        if not happened:
            continue
        view = story.view
        assert sum(story.cash.values()) + story.fees == story.paid_in
        totals: dict[int, int] = defaultdict(int)
        for account in view.accounts():
            assert min(account.free_fen, account.held_fen) >= 0
            assert account.free_fen + account.held_fen == story.cash[account.number]
            for row in view.units(account.number):
                assert min(row.available, row.held, row.locked, row.encumbered, row.preallocated) >= 0
                owned = row.available + row.held + row.locked + row.encumbered + row.preallocated
                assert owned == story.units[account.number, row.instrument]
                totals[row.instrument] += owned
        assert totals == {number: tonnes for number, tonnes in story.issued.items() if tonnes}


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_4_6_holds_are_what_open_orders_need(seed: int) -> None:
    for story, _, _ in follow(seed):
        if not story.market.is_founded:
            continue
        view = story.view
        rules = view.rulebook()
        needed: dict[int, int] = defaultdict(int)
        sold: dict[tuple[int, int], int] = defaultdict(int)
        for order in story.orders.values():
            if order.is_open and order.side == BUY:
                instrument = view.instrument(order.instrument)
                assert instrument is not None
                amount = order.price * order.leaves * instrument.tick_fen
                fee_ppm = instrument.trading_fee_ppm + instrument.settlement_fee_ppm
                needed[order.account] += amount + amount * fee_ppm // 1_000_000
            elif order.is_open:
                sold[order.account, order.instrument] += order.leaves
        for account in view.accounts():
            pending = account.held_fen - needed[account.number]
            assert pending >= 0
            if rules.proceeds_same_day:
                assert pending == 0
            for row in view.units(account.number):
                assert row.held == sold[account.number, row.instrument]


def floor_holds(story: Story, account: int) -> bool:
    view = story.view
    found = view.account(account)
    assert found is not None
    allowances = {i.number for i in view.instruments() if i.kind == "allowance"}
    available = sum(row.available for row in view.units(account) if row.instrument in allowances)
    return available >= found.retention_floor


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_7_no_accepted_sale_leaves_less_than_the_floor_or_sells_what_is_locked(seed: int) -> None:
    bought_on: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for story, entry, happened in follow(seed):
        for event in happened:
            if isinstance(event, e.Traded):
                day = story.view.day().day_number
                bought_on[event.buyer, event.instrument].append((day, event.tonnes))
                owned = story.units[event.seller, event.instrument]
                instrument = story.view.instrument(event.instrument)
                assert instrument is not None
                lock_days = story.view.rulebook().products[instrument.product].lock_days
                locked = sum(tonnes for on, tonnes in bought_on[event.seller, event.instrument] if day < on + lock_days)
                assert owned >= locked, "what was bought too recently is still there after every sale"
            if isinstance(event, e.OrderAccepted) and event.side == SELL and isinstance(entry.command, c.PlaceOrder):
                instrument = story.view.instrument(event.instrument)
                assert instrument is not None
                if instrument.kind == "allowance":
                    assert floor_holds(story, event.account)


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_8_the_book_is_crossed_only_inside_a_call(seed: int) -> None:
    for story, _, _ in follow(seed):
        if not story.market.is_founded or phases.is_call(story.phase):
            continue
        for instrument in story.view.instruments():
            bids = [order.price for order in story.resting(instrument.number, BUY)]
            asks = [order.price for order in story.resting(instrument.number, SELL)]
            assert not bids or not asks or max(bids) < min(asks)
            # INV-12 from outside: the public depth is the sum of the orders told of
            depth_bids, depth_asks = story.view.depth(instrument.number, 0)
            assert [row[0] for row in depth_bids] == sorted(set(bids), reverse=True)
            assert [row[0] for row in depth_asks] == sorted(set(asks))
            assert sum(row[1] for row in depth_bids) == sum(o.leaves for o in story.resting(instrument.number, BUY))
            assert sum(row[2] for row in depth_asks) == len(asks)


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_9_nobody_waiting_longer_at_the_same_or_a_better_price_is_passed_over(seed: int) -> None:
    story = Story()
    for entry in random_flow(seed, 600):  # in shorter flows no order that was replaced down is ever passed over
        happened = story.market.apply(entry)
        gone = {x.order for x in happened if isinstance(x, e.OrderCanceled)}
        for event in happened:
            if isinstance(event, e.Traded) and event.taker_side != 0:
                maker_number = event.sell_order if event.taker_side == BUY else event.buy_order
                maker = story.orders[maker_number]
                instrument = story.view.instrument(event.instrument)
                assert instrument is not None
                if instrument.match_mode == "MEDIAN3":
                    assert event.sell_limit_ticks <= event.price_ticks <= event.buy_limit_ticks, "between both limits"
                else:
                    assert event.price_ticks == maker.price, "the maker's price"
                sign = 1 if event.taker_side == BUY else -1
                may_pass_levels = instrument.match_mode == "PICK_BEST5"  # the taker names one of five prices
                for number, other in story.orders.items():
                    if other.is_open and number not in gone and number != maker_number:
                        if (other.instrument, other.side) != (maker.instrument, maker.side):
                            continue
                        if may_pass_levels and other.price != maker.price:
                            continue
                        mine, its = (sign * maker.price, maker.since), (sign * other.price, other.since)
                        assert mine < its, f"order {number} was passed over by {maker_number}"
            story.tell(event)


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_13_every_accepted_order_is_open_or_has_ended(seed: int) -> None:
    story = Story()
    for told, _, _ in follow(seed):
        story = told
    view = story.view
    is_open = {order.order for account in view.accounts() for order in view.open_orders(account.number)}
    assert is_open == {number for number, order in story.orders.items() if order.is_open}
    for number in is_open:
        seen = view.order(number)
        assert seen is not None
        order = story.orders[number]
        assert (seen.price_ticks, seen.tonnes, seen.leaves, seen.cum) == (
            order.price,
            order.tonnes,
            order.leaves,
            order.cum,
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_16_a_client_order_id_has_one_order_and_one_answer(seed: int) -> None:
    answers: dict[tuple[int, str], tuple[int, int, c.PlaceOrder]] = {}
    born: dict[tuple[int, str], int] = {}
    for story, entry, happened in follow(seed):
        if not story.market.is_founded or not isinstance(entry.command, c.PlaceOrder):
            continue
        day = story.view.day().day_number
        order = entry.command
        key = (order.account, order.client_order_id)
        if key in born and day - born[key] > story.view.rulebook().client_order_id_days:
            del answers[key], born[key]
        first = happened[0]
        if isinstance(first, e.OrderAccepted | e.OrderRefused):
            assert key not in answers, "a known id is never judged again"
            reason = first.reason if isinstance(first, e.OrderRefused) else 0
            answers[key] = (first.order, reason, order)
            born[key] = day
        elif isinstance(first, e.OrderRepeated):
            assert (first.order, first.reason, order) == answers[key]
            assert len(happened) == 1
        elif isinstance(first, e.RequestRefused) and first.reason == reasons.CLIENT_ORDER_ID_CONFLICT:
            assert order != answers[key][2]


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_19_nobody_trades_with_themselves_unless_the_rule_book_says_so(seed: int) -> None:
    for story, _, happened in follow(seed):
        for event in happened:
            if isinstance(event, e.Traded) and story.view.rulebook().self_trade != "off":
                assert story.owners[event.buyer] != story.owners[event.seller]


@pytest.mark.parametrize("seed", SEEDS)
def test_inv_20_nothing_is_accepted_outside_phase_band_lot_limits_halt_or_restriction(seed: int) -> None:
    for story, entry, happened in follow(seed):
        if not story.market.is_founded or not isinstance(entry.command, c.PlaceOrder | c.CancelAll):
            continue
        view = story.view
        rules, day = view.rulebook(), view.day()
        for event in happened:
            if isinstance(event, e.OrderAccepted):
                instrument = view.instrument(event.instrument)
                account = view.account(event.account)
                assert instrument is not None
                assert account is not None
                assert phases.ALLOWS[day.phase][0]
                assert not day.halted
                assert not instrument.halted
                assert instrument.low_limit_ticks <= event.price_ticks <= instrument.high_limit_ticks
                assert instrument.order_tonnes_min <= event.tonnes <= instrument.order_tonnes_max
                assert event.tonnes % instrument.lot_tonnes == 0
                assert event.price_ticks * event.tonnes * instrument.tick_fen <= rules.order_value_max_fen
                assert not account.restriction & (RESTRICT_BUY if event.side == BUY else RESTRICT_SELL)
                assert len(view.open_orders(event.account)) <= rules.open_orders_max
            if isinstance(event, e.AllCanceled) and (event.instrument, event.side) == (0, 0):
                assert view.open_orders(event.account) == []


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_inv_28_the_same_command_on_the_same_state_gives_the_same_answer(seed: int) -> None:
    market = Market()
    for entry in random_flow(seed, 80):
        if entry.seq % 7 == 0:
            twin = Market.load(market.dump())
            again = Market.load(market.dump())
            assert twin.apply(entry) == again.apply(entry)
            assert hash_of(twin) == hash_of(again)
        market.apply(entry)
