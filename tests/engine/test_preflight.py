"""What preflight says of an order is what becomes of it when it comes next, and asking leaves no trace."""

import os
from itertools import groupby

import pytest

from engine import preflight
from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from engine.preflight import Preflight
from engine.view import MarketView
from tests.engine.core.test_validation_chain import CASES, Case, done, order, world
from tests.testkit.build import Desk, hash_of, rulebook_text
from tests.testkit.flows import random_flow

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
SEEDS = range(9_000, 9_400 if IS_PROVING else 9_030)
ORDERS = [case for case in CASES if isinstance(case.request, c.PlaceOrder)]


def told(happened: list[e.Event]) -> tuple[int, int, int, int]:
    """(reason, limit, actual, the order's earlier number) of an order's first event."""
    first = happened[0]
    if isinstance(first, e.OrderRefused | e.RequestRefused):
        return first.reason, first.limit, first.actual, 0
    if isinstance(first, e.OrderRepeated):
        return first.reason, 0, 0, first.order
    assert isinstance(first, e.OrderAccepted)
    return 0, 0, 0, 0


def traded(happened: list[e.Event], side: int) -> list[tuple[int, int, int, int]]:
    """(price, tonnes, amount, the taker's fee) of the fills, those that follow each other at one price together."""
    fills = [event for event in happened if isinstance(event, e.Traded)]
    rows = []
    for price, same in groupby(fills, key=lambda fill: fill.price_ticks):
        parts = list(same)
        fee = sum(part.buy_fee_fen if side == BUY else part.sell_fee_fen for part in parts)
        rows.append((price, sum(part.tonnes for part in parts), sum(part.amount_fen for part in parts), fee))
    return rows


def check(expected: Preflight, command: c.PlaceOrder, happened: list[e.Event]) -> None:
    """The forecast held."""
    assert (expected.reason, expected.limit, expected.actual, expected.order) == told(happened)
    failed = [row for row in expected.checks if row.outcome == preflight.FAILED]
    assert [row.reason for row in failed] == ([expected.reason] if expected.reason else [])
    fills = [(row.price_ticks, row.tonnes, row.amount_fen, row.fee_fen) for row in expected.fills]
    assert fills == traded(happened, command.side)
    first = happened[0]
    if not isinstance(first, e.OrderAccepted):
        return
    ended = [event for event in happened[1:] if isinstance(event, e.OrderCanceled)]
    own = [event for event in ended if event.order == first.order]
    assert expected.own_canceled == len(ended) - len(own)
    assert expected.ending == (own[0].reason if own else 0)
    assert expected.leaves == command.tonnes - sum(row[1] for row in fills)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forecast_is_what_happens_next(seed: int) -> None:
    market = Market()
    view = MarketView(market)
    for entry in random_flow(seed, 200):
        command = entry.command
        if not isinstance(command, c.PlaceOrder):
            market.apply(entry)
            continue
        before = hash_of(market) if entry.seq % 20 == 0 else ""
        expected = view.preflight(command)
        if before:
            assert hash_of(market) == before
        check(expected, command, market.apply(entry))


def test_forecasts_see_fills_and_refusals_of_every_kind() -> None:
    """The property above is worth something: these seeds make what it speaks of."""
    fills = prevented = endings = repeats = 0
    refused: set[int] = set()
    for seed in SEEDS:
        market = Market()
        for entry in random_flow(seed, 200):
            if isinstance(entry.command, c.PlaceOrder):
                found = preflight.judge(market.state, entry.command)
                fills += len(found.fills)
                prevented += found.own_canceled
                endings += found.ending != 0
                repeats += found.order != 0
                refused.add(found.reason)
            market.apply(entry)
    assert min(fills, prevented, endings, repeats) > 0
    assert len(refused) > 15


@pytest.mark.parametrize("case", ORDERS, ids=lambda case: f"{case.line} {case.reason}")
def test_each_rule_of_the_chain_fails_in_its_own_row(case: Case) -> None:
    desk = world()
    done(desk, case.before)
    assert isinstance(case.request, c.PlaceOrder)
    found = MarketView(desk.market).preflight(case.request)
    outcomes = [row.outcome for row in found.checks]
    place = outcomes.index(preflight.FAILED)
    assert outcomes == [preflight.PASSED] * place + [preflight.FAILED] + [preflight.NOT_REACHED] * (
        len(outcomes) - place - 1
    )
    assert reasons.BY_NUMBER[found.checks[place].reason].name == case.reason
    if case.reason not in ("QTY_BELOW_MIN", "INVALID_FIELD"):  # one reason of two lines: it stands in one row
        assert f"C2.{found.checks[place].line}" == case.line


def test_a_good_order_passes_every_rule_with_its_figures() -> None:
    found = MarketView(world().market).preflight(order(BUY, 5_010, 15))
    assert found.reason == 0
    assert {row.outcome for row in found.checks} == {preflight.PASSED}
    figures = {row.name: (row.limit, row.actual) for row in found.checks if row.limit or row.actual}
    assert figures == {
        "quantity_min": (10, 15),
        "quantity_max": (1_000, 15),
        "lot": (5, 15),
        "band": (5_500, 5_010),
        "value": (14_000_000, 75_150),
        "open_orders": (3, 0),
        "cash": (1_000_000, 75_150),
    }
    assert [(row.price_ticks, row.tonnes) for row in found.fills] == [(5_010, 10)]
    assert (found.leaves, found.ending, found.hold_fen, found.hold_tonnes) == (5, 0, 75_150, 0)


def test_a_seller_sees_units_and_what_it_must_keep() -> None:
    found = MarketView(world().market).preflight(order(SELL, 5_010, 10))
    figures = {row.name: (row.limit, row.actual) for row in found.checks if row.limit or row.actual}
    assert (figures["units"], figures["retention"]) == ((200, 10), (100, 190))
    assert (found.hold_fen, found.hold_tonnes, found.available, found.leaves) == (0, 10, 200, 10)


def test_the_room_up_to_the_holding_limit() -> None:
    desk = Desk(rulebook_text({"CQEA": {"holding_limit_tonnes": 300}}))
    desk.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 1_000),
        c.OpenAccount("A", 1, "", "institution"),
        c.DepositCash(1, 10_000_000),
        c.AllocateUnits(1, 1, 100, "paid", 2025),
    )
    desk.open_day()
    desk.do(c.PlaceOrder(1, 1, BUY, 1_000, 50, DAY, "b", False))
    found = MarketView(desk.market).preflight(c.PlaceOrder(1, 1, BUY, 1_000, 151, DAY, "c", False))
    assert (found.reason, found.limit, found.actual) == (reasons.HOLDING_LIMIT, 300, 301)
    assert found.holding_left == 150
    assert found.free_fen == 10_000_000 - 50_000


def test_a_deep_book_is_looked_at_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "MAKERS_MAX", 2)
    desk = world()
    for number in range(2):
        desk.do(order(SELL, 5_020, 10, f"more{number}", account=2))
    command = order(BUY, 5_020, 30)
    found = MarketView(desk.market).preflight(command)
    assert [(row.price_ticks, row.tonnes) for row in found.fills] == [(5_010, 10), (5_020, 10)]
    assert (found.is_cut, found.leaves, found.ending) == (True, 10, 0)
    for life in (IOC, FOK):
        cut = MarketView(desk.market).preflight(order(BUY, 5_020, 30, life=life))
        assert (cut.reason, cut.is_cut, cut.ending) == (0, True, 0)


def test_every_reason_of_admission_has_a_row() -> None:
    rows = {reason for step in preflight.CHAIN for reason in step.reasons}
    assert {reasons.BY_NAME[case.reason].number for case in ORDERS} <= rows
