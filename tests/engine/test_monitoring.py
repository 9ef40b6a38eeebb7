"""Each pattern on a flow made by hand through the real market; a quiet day raises none; a replay raises the same."""

from typing import Any

import msgspec
import pytest

from engine import monitoring as m
from engine.core import commands as c
from engine.core.commands import AnyCommand, Entry
from engine.core.events import Event, OrderAccepted
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from gateway.alert_desk import draft_of
from tests.testkit.auctions import notice
from tests.testkit.build import Desk, rulebook_text
from tests.testkit.flows import random_flow

MONDAY = 20260105
SECOND_NS = 1_000_000_000
A, SISTER, B, C = 1, 2, 3, 4


class Watched(Desk):
    """A market that a monitor watches: A and its sister have one owner; prices are around 50.00, limits 45.00 and 55.00."""

    def __init__(
        self,
        rules: dict[str, Any] | None = None,
        deadline: str = "",
        rows_max: int = m.TABLE_ROWS_MAX,
        **thresholds: int,
    ) -> None:
        self.monitor = m.Monitor(rows_max=rows_max)
        retention = thresholds.pop("retention_bp", 0)
        self.alerts: list[m.Alert] = []
        product: dict[str, Any] = {"block_tonnes_min": 10, "block_limit_bp": 3_000} | (rules or {})
        years = {2025: {"surrender_deadline": deadline}} if deadline else None
        book = rulebook_text({"CQEA": product}, years, None, None, thresholds, self_trade="off", retention_bp=retention)
        super().__init__(book)
        self.act(
            c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
            *(c.OpenAccount(code, owner, "", "institution") for code, owner in zip("ASBC", (1, 1, 2, 3), strict=True)),
            *(c.DepositCash(account, 10**10) for account in (A, SISTER, B, C)),
            *(c.AllocateUnits(account, 1, 50_000, "paid", 2025) for account in (A, SISTER, B, C)),
        )
        self.open_day(MONDAY)

    def do(self, command: AnyCommand) -> list[Event]:
        happened = super().do(command)
        self.alerts += self.monitor.see(Entry(self.market.seq, self.at_ns, command), happened)
        return happened

    def order(self, account: int, side: int, tonnes: int, price: int = 5_000) -> int:
        said = self.do(c.PlaceOrder(account, 1, side, price, tonnes, DAY, f"o{self.market.seq}"))[0]
        assert isinstance(said, OrderAccepted)
        return int(said.order)

    def trade(self, seller: int, buyer: int, tonnes: int, price: int = 5_000) -> None:
        self.order(seller, SELL, tonnes, price)
        self.order(buyer, BUY, tonnes, price)

    def wait(self, seconds: int) -> None:
        self.at_ns += seconds * SECOND_NS

    def close(self) -> list[m.Alert]:
        self.act(c.CloseDay())
        return self.alerts


def test_a_quiet_day_raises_none() -> None:
    desk = Watched()
    for price in (4_990, 5_000, 5_010, 5_000):
        desk.trade(A, B, 50, price)
        desk.trade(B, C, 80, price)
        desk.do(c.CancelOrder(C, desk.order(C, SELL, 10, 5_100), ""))
        desk.wait(600)
    assert desk.close() == []


def test_both_sides_of_one_owner() -> None:
    desk = Watched()
    desk.trade(A, SISTER, 7)
    [alert] = desk.alerts
    assert (alert.pattern, alert.accounts, alert.trades, alert.figures) == (
        m.SELF_TRADE,
        (A, SISTER),
        (1,),
        {"tonnes": 7},
    )
    assert alert.seq == desk.market.seq


def test_back_and_forth_between_two_owners_also_over_another_account() -> None:
    desk = Watched()
    desk.trade(A, B, 300)
    desk.trade(B, SISTER, 200)
    desk.trade(B, A, 90)
    desk.trade(B, C, 400)
    [alert] = desk.close()
    assert (alert.pattern, alert.accounts, alert.trades) == (m.CIRCULAR, (A, B, SISTER), (1, 2, 3))
    assert alert.figures == {"tonnes_there": 300, "tonnes_back": 290, "busiest_tonnes": 990}


@pytest.mark.parametrize(
    ("there", "back", "seconds", "elsewhere", "is_seen"),
    [
        (100, 100, 1_799, 0, True),
        (99, 99, 0, 0, False),  # too little
        (100, 100, 1_801, 0, False),  # too slow
        (106, 100, 0, 0, False),  # somebody has more than before
        (105, 100, 0, 0, True),
        (100, 100, 0, 200, True),
        (100, 100, 0, 201, False),  # a small part of all that one of them trades: who meets everybody meets each other
    ],
)
def test_what_goes_round_and_what_does_not(there: int, back: int, seconds: int, elsewhere: int, is_seen: bool) -> None:
    desk = Watched()
    desk.trade(A, B, there)
    desk.wait(seconds)
    desk.trade(B, A, back)
    if elsewhere:
        desk.trade(C, B, elsewhere)
    assert [alert.pattern for alert in desk.close()] == ([m.CIRCULAR] if is_seen else [])


@pytest.mark.parametrize(("price", "seconds", "is_seen"), [(5_480, 1, True), (5_400, 1, False), (5_480, 60, False)])
def test_quick_cancels_near_the_limit(price: int, seconds: int, is_seen: bool) -> None:
    desk = Watched()
    placed = []
    for _ in range(5):
        placed.append(desk.order(A, SELL, 100, price))
        desk.wait(seconds)
        desk.do(c.CancelOrder(A, placed[-1], ""))
    alerts = desk.close()
    assert [(alert.pattern, alert.accounts, alert.orders) for alert in alerts] == (
        [(m.LAYERING, (A,), tuple(placed))] if is_seen else []
    )


def test_the_last_minutes_of_one_taker_move_the_average() -> None:
    desk = Watched()
    desk.trade(A, B, 100)
    desk.wait(3_600)
    desk.trade(A, C, 100, 5_200)
    [alert] = desk.close()
    assert (alert.pattern, alert.accounts, alert.trades) == (m.MARKING_CLOSE, (C,), (2,))
    assert alert.figures == {"average_before_ticks": 5_000, "average_ticks": 5_100, "tonnes": 100}


def test_the_same_trades_spread_over_the_day_do_not() -> None:
    desk = Watched()
    desk.trade(A, C, 100, 5_200)
    desk.wait(3_600)
    desk.trade(A, B, 1)
    assert desk.close() == []


def test_one_pair_at_the_limit_again_and_again_and_a_close_at_the_limit() -> None:
    desk = Watched()
    for seller, buyer in ((A, B), (B, A), (A, B)):
        desk.trade(seller, buyer, 10, 5_500)
        desk.wait(600)
    [pair] = desk.alerts  # as soon as it is seen
    [_, at_limit] = desk.close()
    assert (pair.pattern, pair.accounts, pair.trades, pair.figures) == (m.LIMIT_PAIR, (A, B), (1, 2, 3), {"tonnes": 30})
    assert (at_limit.pattern, at_limit.figures["close_ticks"]) == (m.AT_LIMIT, 5_500)


def test_one_pairs_blocks_off_the_market() -> None:
    desk = Watched()
    desk.act(c.OpenBlockWindow())
    for price in (6_000, 6_000, 5_000):
        offer = desk.market.seq + 1
        desk.do(c.BlockOffer(A, 1, SELL, price, 10, (B,), f"b{offer}"))
        desk.do(c.BlockConfirm(B, offer))
    [alert] = desk.alerts
    assert (alert.pattern, alert.accounts, alert.trades) == (m.BLOCK_PAIR, (A, B), (1, 2))


@pytest.mark.parametrize(("quick", "raised"), [(3, 0), (4, 1), (7, 1), (8, 2)])
def test_again_as_often_is_another_alert(quick: int, raised: int) -> None:
    desk = Watched(quick_cancels=4)
    for _ in range(quick):
        desk.do(c.CancelOrder(A, desk.order(A, SELL, 100, 5_480), ""))
    assert [(alert.pattern, len(alert.orders)) for alert in desk.alerts] == [(m.LAYERING, 4)] * raised


def test_a_new_rule_book_brings_its_own_thresholds() -> None:
    desk = Watched()
    product = {"block_tonnes_min": 10, "block_limit_bp": 3_000}
    book = rulebook_text({"CQEA": product}, None, None, None, {"pair_trades": 1}, self_trade="off", retention_bp=0)
    desk.act_both(c.CloseDay(), c.AdoptRuleBook(book.replace("value = 1,", "value = 2,", 1), 2, MONDAY + 1, ("doc",)))
    desk.open_day(MONDAY + 1)
    desk.trade(A, B, 1, 5_500)
    assert [alert.pattern for alert in desk.alerts] == [m.LIMIT_PAIR]


def test_only_the_newest_legs_may_go_round() -> None:
    for legs, is_seen in ((64, True), (65, False)):  # the first brings what balances the rest, the window holds 64
        desk = Watched()
        desk.trade(A, B, 400 + legs)
        for _ in range(legs - 2):
            desk.trade(B, A, 1)
        desk.trade(B, A, 400)
        assert [alert.pattern for alert in desk.close()] == ([m.CIRCULAR] if is_seen else [])


def test_what_is_remembered_can_be_kept_as_data() -> None:
    one = Watched()
    one.trade(A, B, 100)
    desk = Watched()
    desk.trade(A, B, 100)
    kept = msgspec.msgpack.encode(desk.monitor.known())
    desk.monitor = m.Monitor(msgspec.msgpack.decode(kept, type=m.Known))
    for each in (one, desk):
        each.trade(B, A, 100)
    assert desk.close() == one.close() != []


def sale(desk: Watched, day: int) -> None:
    """A government that has units announces a sale for a day to come."""
    government = len(desk.market.state.accounts)
    desk.act(
        c.OpenAccount("GOV", 9, "", "government"),
        c.OpenAccount("TREASURY", 10, "", "treasury"),
        c.AllocateUnits(government, 1, 1_000, "paid", 2025),
        notice(unit_account=government, cash_account=government + 1, trading_day=day, categories=("institution",)),
    )


@pytest.mark.parametrize(
    ("price", "tonnes", "is_seen"), [(5_250, 10, True), (5_249, 10, False), (5_000, 30, True), (5_000, 29, False)]
)
def test_a_run_up_of_price_or_turnover_before_a_government_sale(price: int, tonnes: int, is_seen: bool) -> None:
    desk = Watched(run_up_days=2, run_up_bp=500, run_up_times=3)
    for day, (at, much) in enumerate([(5_000, 10), (5_000, 10), (5_000, tonnes), (price, tonnes)]):
        desk.trade(A, B, much, at)
        desk.act(c.CloseDay())
        desk.open_day(MONDAY + day + 1)
    sale(desk, MONDAY + 5)
    alerts = [alert for alert in desk.alerts if alert.pattern != m.AT_LIMIT]
    if not is_seen:
        assert alerts == []
        return
    [alert] = alerts
    assert (alert.pattern, alert.instrument, alert.accounts) == (m.RUN_UP, 1, (B,))
    assert alert.figures == {
        "auction": 1, "close_before_ticks": 5_000, "close_ticks": price, "tonnes": 2 * tonnes, "usual_tonnes": 20,
    }  # fmt: skip


def test_a_run_up_after_the_notice_is_seen_at_the_close_and_once() -> None:
    desk = Watched(run_up_days=1, run_up_bp=500)
    desk.trade(A, B, 10)
    desk.act(c.CloseDay())
    desk.open_day(MONDAY + 1)
    sale(desk, MONDAY + 4)
    for day in (2, 3):
        desk.trade(A, C, 10, 5_300)
        desk.act(c.CloseDay())
        desk.open_day(MONDAY + day)
    [alert] = [alert for alert in desk.alerts if alert.pattern == m.RUN_UP]
    assert (alert.trading_day, alert.accounts, alert.figures["close_ticks"]) == (MONDAY + 1, (C,), 5_300)


def test_a_sale_that_leaves_hardly_more_than_the_floor() -> None:
    desk = Watched(retention_bp=5_000)
    desk.act(
        c.OpenAccount("K", 7, "", "key_emitter"),
        c.OpenAccount("L", 8, "", "key_emitter"),
        c.AllocateUnits(5, 1, 1_000, "free", 2025),
        c.AllocateUnits(6, 1, 1_000, "free", 2025),
    )
    desk.trade(5, B, 300)
    desk.trade(5, B, 190)
    [alert] = desk.close()
    assert (alert.pattern, alert.accounts, alert.trades) == (m.RETENTION, (5,), (1, 2))
    assert alert.figures == {"tonnes": 510, "floor_tonnes": 500}
    desk.open_day(MONDAY + 1)
    assert desk.close() == [alert]  # who sells nothing more is not said again


@pytest.mark.parametrize(
    ("rules", "pattern", "draft"),
    [
        ({"price_high_fen": 5_000}, m.PRICE_HIGH, "--floor 50.00"),
        ({"price_low_fen": 5_000}, m.PRICE_LOW, "--buy-back --floor 50.00 --budget YUAN"),
        ({"price_high_fen": 5_001, "price_low_fen": 4_999}, "", ""),
    ],
)
def test_closes_beyond_a_price_propose_a_measure(rules: dict[str, int], pattern: str, draft: str) -> None:
    desk = Watched(price_days=2, **rules)
    desk.trade(A, B, 10)
    desk.act(c.CloseDay())
    assert desk.alerts == []  # one day is not two
    desk.open_day(MONDAY + 1)
    desk.trade(A, B, 10)
    alerts = desk.close()
    assert [alert.pattern for alert in alerts] == ([pattern] if pattern else [])
    for alert in alerts:
        assert alert.figures == {"close_ticks": 5_000, "days": 2, "trigger_fen": 5_000}
        said = draft_of(alert, "CQEA-25")
        assert said.startswith("yutan operator auction announce CODE CQEA-25 TONNES --day")
        assert draft in said


def test_a_new_day_begins_with_nothing() -> None:
    desk = Watched()
    desk.trade(A, B, 300)
    desk.close()
    desk.open_day(MONDAY + 1)
    desk.trade(B, A, 300)
    assert desk.close() == []


def test_a_full_table_is_said() -> None:
    desk = Watched(rows_max=1)
    desk.trade(A, B, 300)
    desk.trade(B, C, 300)
    [alert] = desk.close()
    assert (alert.pattern, alert.figures) == (m.NOT_WATCHED, {"rows_max": 1})


def test_just_enough_volume_for_a_price_of_its_own() -> None:
    desk = Watched({"close_rule": "C", "close_min_tonnes": 100})
    desk.trade(A, B, 101, 5_300)
    [alert] = desk.close()
    assert (alert.pattern, alert.figures) == (
        m.SMALL_VOLUME, {"tonnes": 101, "close_min_tonnes": 100, "close_ticks": 5_300},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("deadline", "tonnes", "is_seen"), [("2026-01-30", 50, True), ("2026-03-30", 50, False), ("2026-01-30", 49, False)]
)
def test_much_more_than_usual_before_the_surrender(deadline: str, tonnes: int, is_seen: bool) -> None:
    desk = Watched(deadline=deadline)
    for day in (1, 2):
        desk.trade(A, B, 10)
        desk.close()
        desk.open_day(MONDAY + day)
    desk.trade(A, B, tonnes)
    alerts = [(alert.pattern, alert.figures) for alert in desk.close()]
    assert alerts == ([(m.SURGE, {"tonnes": tonnes, "average_tonnes": 10})] if is_seen else [])


def test_a_replay_raises_the_same() -> None:
    def watch(seed: int) -> list[m.Alert]:
        market, monitor = Market(), m.Monitor()
        return [alert for entry in random_flow(seed, 300) for alert in monitor.see(entry, market.apply(entry))]

    def watch_in_parts(seed: int) -> list[m.Alert]:
        """As a batch at a time, and now and then by another monitor, which knows what was kept of the one before."""
        market, monitor, found = Market(), m.Monitor(), []
        flow = list(random_flow(seed, 300))
        for begin in range(0, len(flow), 40):
            entries = flow[begin : begin + 40]
            found += monitor.see_all(entries, [market.apply(entry) for entry in entries])
            kept = msgspec.msgpack.encode(monitor.known())
            monitor = m.Monitor(msgspec.msgpack.decode(kept, type=m.Known))
        return found

    first = [watch(seed) for seed in range(24)]
    assert len({alert.pattern for alerts in first for alert in alerts}) >= 3
    assert [watch_in_parts(seed) for seed in range(24)] == first
    assert all([alert.number for alert in alerts] == list(range(1, len(alerts) + 1)) for alerts in first)
