"""Each refusal of an order: its reason, the limit and the actual value, in the order of the chain; nothing else changes."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.build import Desk, rulebook_text

PRODUCTS: dict[str, dict[str, Any]] = {
    "CQEA": {"lot_tonnes": 5, "order_tonnes_min": 10, "order_tonnes_max": 1000, "trading_fee_ppm": 1000, "lock_days": 1}
}
ME, OTHER = 1, 2


def new_desk(phase: int = phases.CONTINUOUS) -> Desk:
    """I have 10,000.00 yuan, 200 t free (100 to keep) and 50 t bought today; the other rests 10 @ 50.00 / 50.10."""
    desk = Desk(rulebook_text(PRODUCTS, open_orders_max=3, order_value_max_fen=4_000_000))
    desk.act(c.ListInstrument("CQEA-2025", "CQEA", 2025, "", "", 5000))
    desk.act(c.OpenAccount("ME", 1, "", "key_emitter"), c.OpenAccount("OTHER", 2, "", "institution"))
    desk.act(c.DepositCash(ME, 1_250_250), c.AllocateUnits(ME, 1, 200, "free", 2025))
    desk.act(c.DepositCash(OTHER, 10_000_000), c.AllocateUnits(OTHER, 1, 1000, "paid", 2025))
    desk.open_day()
    desk.do(c.PlaceOrder(OTHER, 1, SELL, 5000, 50, DAY, "s0"))
    desk.do(c.PlaceOrder(ME, 1, BUY, 5000, 50, DAY, "b0"))
    desk.do(c.PlaceOrder(OTHER, 1, BUY, 5000, 10, DAY, "b1"))
    desk.do(c.PlaceOrder(OTHER, 1, SELL, 5010, 10, DAY, "s1"))
    for step in {
        phases.CONTINUOUS: (),
        phases.BREAK: (phases.BREAK,),
        phases.CLOSING_CALL: (phases.CLOSING_CALL,),
        phases.POST_CLOSE: (phases.POST_CLOSE,),
    }[phase]:
        desk.act(c.ChangePhase(step))
    return desk


@dataclass(frozen=True)
class Case:
    """What differs from a good order (buy 10 @ 50.00, day), and what must be answered."""

    name: str
    reason: int
    limit: int = 0
    actual: int = 0
    order: dict[str, Any] = field(default_factory=dict)
    phase: int = phases.CONTINUOUS
    before: tuple[c.AnyAct | c.PlaceOrder, ...] = ()


CASES = [
    Case("restricted", reasons.ACCOUNT_RESTRICTED, 0, 2, {}, before=(c.Restrict(ME, 2, ""),)),
    Case(
        "restricted comes before closed",
        reasons.ACCOUNT_RESTRICTED,
        0,
        31,
        {},
        phases.POST_CLOSE,
        (c.Restrict(ME, 31, ""),),
    ),
    Case("closed", reasons.MARKET_CLOSED, phase=phases.POST_CLOSE),
    Case("closed comes before halted", reasons.MARKET_CLOSED, phase=phases.POST_CLOSE, before=(c.Halt(0),)),
    Case("halted", reasons.INSTRUMENT_HALTED, before=(c.Halt(1),)),
    Case("all halted", reasons.INSTRUMENT_HALTED, before=(c.Halt(0),)),
    Case("halted comes before quantity", reasons.INSTRUMENT_HALTED, order={"tonnes": 1}, before=(c.Halt(0),)),
    Case("in the break", reasons.PHASE_FORBIDS, phase=phases.BREAK),
    Case("immediate in a call", reasons.TIF_NOT_ALLOWED, order={"time_in_force": IOC}, phase=phases.CLOSING_CALL),
    Case("fill or kill in a call", reasons.TIF_NOT_ALLOWED, order={"time_in_force": FOK}, phase=phases.CLOSING_CALL),
    Case("post-only and immediate", reasons.TIF_NOT_ALLOWED, order={"post_only": True, "time_in_force": IOC}),
    Case("post-only and fill or kill", reasons.TIF_NOT_ALLOWED, order={"post_only": True, "time_in_force": FOK}),
    Case("nothing", reasons.QTY_BELOW_MIN, 10, 0, {"tonnes": 0}),
    Case("too little", reasons.QTY_BELOW_MIN, 10, 9, {"tonnes": 9}),
    Case("too much", reasons.QTY_ABOVE_MAX, 1000, 1001, {"tonnes": 1001}),
    Case("too much comes before the lot", reasons.QTY_ABOVE_MAX, 1000, 10**9, {"tonnes": 10**9}),
    Case("off the lot", reasons.QTY_OFF_LOT, 5, 12, {"tonnes": 12}),
    Case("quantity comes before price", reasons.QTY_OFF_LOT, 5, 12, {"tonnes": 12, "price_ticks": 1}),
    Case("free of charge", reasons.PRICE_OFF_TICK, 1, 0, {"price_ticks": 0}),
    Case("below the band", reasons.PRICE_OUT_OF_BAND, 4500, 4499, {"price_ticks": 4499}),
    Case("above the band", reasons.PRICE_OUT_OF_BAND, 5500, 5501, {"price_ticks": 5501}),
    Case("far above the band", reasons.PRICE_OUT_OF_BAND, 5500, 10**9, {"price_ticks": 10**9}),
    Case("too dear", reasons.VALUE_ABOVE_MAX, 4_000_000, 4_025_000, {"tonnes": 805}),
    Case(
        "too many open orders",
        reasons.TOO_MANY_OPEN_ORDERS,
        3,
        3,
        before=tuple(c.PlaceOrder(ME, 1, BUY, 4500, 10, DAY, f"x{number}") for number in range(3)),
    ),
    Case("post-only that would take", reasons.WOULD_TAKE, order={"price_ticks": 5010, "post_only": True}),
    Case(
        "not whole at once", reasons.FOK_NOT_FILLABLE, 15, 0, {"price_ticks": 5010, "tonnes": 15, "time_in_force": FOK}
    ),
    Case(
        "own order in a call",
        reasons.SELF_MATCH,
        order={"side": SELL, "price_ticks": 5005},
        phase=phases.CLOSING_CALL,
        before=(c.PlaceOrder(ME, 1, BUY, 5005, 10, DAY, "mine"),),
    ),
    Case("too little cash", reasons.INSUFFICIENT_CASH, 1_000_000, 1_001_000, {"tonnes": 200}),
    Case("locked", reasons.UNITS_LOCKED, 200, 205, {"side": SELL, "tonnes": 205}),
    Case("locked, to the last tonne", reasons.UNITS_LOCKED, 200, 250, {"side": SELL, "tonnes": 250}),
    Case("too few units", reasons.INSUFFICIENT_ALLOWANCE, 200, 255, {"side": SELL, "tonnes": 255}),
    Case("below the retention floor", reasons.OBLIGATION_RESERVED, 100, 95, {"side": SELL, "tonnes": 105}),
]


def good_order(changes: dict[str, Any]) -> c.PlaceOrder:
    terms: dict[str, Any] = {"account": ME, "instrument": 1, "side": BUY, "price_ticks": 5000, "tonnes": 10}
    terms |= {"time_in_force": DAY, "client_order_id": "new"}
    return c.PlaceOrder(**(terms | changes))


def meaning(market: Market) -> list[Any]:
    """The dump without what every entry moves: seq and time."""
    document = msgspec.msgpack.decode(market.dump())
    return list(document[3])


def test_the_good_order_is_accepted() -> None:
    assert isinstance(new_desk().do(good_order({}))[0], e.OrderAccepted)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refusal_names_reason_limit_and_actual(case: Case) -> None:
    desk = new_desk(case.phase)
    for each in case.before:
        if isinstance(each, c.PlaceOrder):
            assert isinstance(desk.do(each)[0], e.OrderAccepted)
        else:
            desk.act(each)
    order = good_order(case.order)
    [refused] = desk.do(order)
    assert isinstance(refused, e.OrderRefused)
    assert (refused.reason, refused.limit, refused.actual) == (case.reason, case.limit, case.actual)
    assert (refused.order, refused.client_order_id) == (desk.market.seq, "new")
    assert (refused.side, refused.price_ticks, refused.tonnes) == (order.side, order.price_ticks, order.tonnes)
    desk.market.audit()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_changes_nothing_but_the_answer_and_the_number_of_the_report(case: Case) -> None:
    desk = new_desk(case.phase)
    for each in case.before:
        if isinstance(each, c.PlaceOrder):
            desk.do(each)
        else:
            desk.act(each)
    before = meaning(desk.market)
    desk.do(good_order(case.order))
    after = meaning(desk.market)
    [me_before, me_after] = [state[2][ME - 1] for state in (before, after)]
    exec_seq, answers = 5, 13  # places in an account's row of the dump
    assert me_after[exec_seq] == me_before[exec_seq] + 1
    assert me_after[answers][:-1] == me_before[answers]
    assert me_after[answers][-1][0] == "new"
    for row in (me_before, me_after):
        row[exec_seq] = row[answers] = None
    assert after == before


REQUESTS = [
    ("unknown account", c.PlaceOrder(9, 1, BUY, 5000, 10, DAY, "x"), reasons.UNKNOWN_ACCOUNT),
    ("account zero", c.PlaceOrder(0, 1, BUY, 5000, 10, DAY, "x"), reasons.UNKNOWN_ACCOUNT),
    ("account below zero", c.PlaceOrder(-1, 1, BUY, 5000, 10, DAY, "x"), reasons.UNKNOWN_ACCOUNT),
    ("unknown instrument", c.PlaceOrder(ME, 2, BUY, 5000, 10, DAY, "x"), reasons.UNKNOWN_INSTRUMENT),
    ("instrument zero", c.PlaceOrder(ME, 0, BUY, 5000, 10, DAY, "x"), reasons.UNKNOWN_INSTRUMENT),
    ("no side", c.PlaceOrder(ME, 1, 0, 5000, 10, DAY, "x"), reasons.INVALID_FIELD),
    ("a third side", c.PlaceOrder(ME, 1, 3, 5000, 10, DAY, "x"), reasons.INVALID_FIELD),
    ("negative price", c.PlaceOrder(ME, 1, BUY, -1, 10, DAY, "x"), reasons.INVALID_FIELD),
    ("price beyond all bounds", c.PlaceOrder(ME, 1, BUY, 10**9 + 1, 10, DAY, "x"), reasons.INVALID_FIELD),
    ("negative quantity", c.PlaceOrder(ME, 1, BUY, 5000, -10, DAY, "x"), reasons.INVALID_FIELD),
    ("quantity beyond all bounds", c.PlaceOrder(ME, 1, BUY, 5000, 10**9 + 1, DAY, "x"), reasons.INVALID_FIELD),
    ("unknown life", c.PlaceOrder(ME, 1, BUY, 5000, 10, 1, "x"), reasons.INVALID_FIELD),
    ("another body", c.PlaceOrder(ME, 1, BUY, 5000, 55, DAY, "b0"), reasons.CLIENT_ORDER_ID_CONFLICT),
    ("cancel without an account", c.CancelOrder(9, 1, ""), reasons.UNKNOWN_ACCOUNT),
    ("cancel of nothing", c.CancelOrder(ME, 0, "x"), reasons.UNKNOWN_ORDER),
    ("cancel of a number nobody had", c.CancelOrder(ME, 10**12, ""), reasons.UNKNOWN_ORDER),
    ("cancel of another's order by its id", c.CancelOrder(ME, 0, "b1"), reasons.UNKNOWN_ORDER),
    ("cancel-all without an account", c.CancelAll(9, 0, 0), reasons.UNKNOWN_ACCOUNT),
    ("cancel-all of an unknown instrument", c.CancelAll(ME, 9, 0), reasons.UNKNOWN_INSTRUMENT),
    ("cancel-all of a third side", c.CancelAll(ME, 0, 3), reasons.INVALID_FIELD),
    ("cancel of what was filled", c.CancelOrder(ME, 0, "b0"), reasons.ALREADY_FILLED),
    ("replace of what was filled", c.ReplaceOrder(ME, 0, "b0", 5000, 60), reasons.ALREADY_FILLED),
    ("replace without an account", c.ReplaceOrder(9, 1, "", 5000, 10), reasons.UNKNOWN_ACCOUNT),
    ("replace of nothing", c.ReplaceOrder(ME, 0, "x", 5000, 10), reasons.UNKNOWN_ORDER),
    ("replace to a negative price", c.ReplaceOrder(OTHER, 0, "b1", -5, 10), reasons.INVALID_FIELD),
    ("replace beyond all bounds", c.ReplaceOrder(OTHER, 0, "b1", 5000, 10**10), reasons.INVALID_FIELD),
    ("replace with no change", c.ReplaceOrder(OTHER, 0, "b1", 5000, 10), reasons.NO_CHANGE),
]


@pytest.mark.parametrize(("command", "reason"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_a_request_that_is_no_order_is_refused_without_a_trace(command: c.AnyCommand, reason: int) -> None:
    desk = new_desk()
    before = meaning(desk.market)
    [refused] = desk.do(command)
    assert isinstance(refused, e.RequestRefused)
    assert refused.reason == reason
    assert meaning(desk.market) == before


def test_anothers_order_is_as_unknown_as_none() -> None:
    desk = new_desk()
    [others] = [event for event in desk.events if isinstance(event, e.OrderAccepted) and event.client_order_id == "b1"]
    theirs = desk.do(c.CancelOrder(ME, others.order, ""))
    none = desk.do(c.CancelOrder(ME, 10**6, ""))
    assert [
        (event.reason, event.limit, event.actual) for event in theirs + none if isinstance(event, e.RequestRefused)
    ] == [(reasons.UNKNOWN_ORDER, 0, 0)] * 2


def test_a_good_order_at_each_bound_is_accepted() -> None:
    for changes in (
        {"tonnes": 10},
        {"tonnes": 195},
        {"price_ticks": 4500},
        {"price_ticks": 5500},
        {"side": SELL, "tonnes": 100},
        {"price_ticks": 5009, "post_only": True},
        {"price_ticks": 5010, "time_in_force": FOK},
    ):
        assert isinstance(new_desk().do(good_order(changes))[0], e.OrderAccepted), changes
