"""Flows are the same for the same seed, have the shares they are named for, and end as they say."""

from collections import Counter

import pytest

from bench import book, call, core
from bench.measure import WorkNotDone
from bench.workload import CANCEL, FLOWS, PLACE, Row, mix, queued
from engine.core.book import Book
from engine.core.units import BUY, SELL


def test_the_same_seed_gives_the_same_flow_and_another_seed_another() -> None:
    assert mix(2_000, 200, seed=3) == mix(2_000, 200, seed=3)
    assert mix(2_000, 200, seed=3).rows != mix(2_000, 200, seed=4).rows


def test_the_mix_has_its_shares_and_keeps_about_as_many_orders_alive() -> None:
    flow = mix(20_000, 500)
    ops = Counter(row.op for row in flow.rows[flow.warm :])
    assert ops[CANCEL] / flow.timed == pytest.approx(0.40, abs=0.02)
    assert ops[PLACE] / flow.timed == pytest.approx(0.60, abs=0.02)
    assert flow.live == pytest.approx(500, rel=0.3)
    assert flow.timed_fills > 0.1 * flow.timed


@pytest.mark.parametrize("name", FLOWS)
def test_a_row_is_numbered_by_its_place_and_a_cancel_names_an_earlier_one(name: str) -> None:
    flow = FLOWS[name](0.005, 2)
    for place, row in enumerate(flow.rows, 1):
        assert row.number == place if row.op == PLACE else row.number < place


@pytest.mark.parametrize("name", FLOWS)
def test_book_and_core_end_a_flow_as_it_says(name: str) -> None:
    flow = FLOWS[name](0.005, 2)
    book.run_flow(flow)
    core.run_flow(flow)


def test_what_is_queued_never_trades() -> None:
    alone = Book()
    for row in queued(500):
        assert alone.place(row.number, row.side, row.price_ticks, row.tonnes) == []
    assert len(alone.orders) == 500


def test_a_call_must_find_the_most_that_can_trade_at_one_price(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = ((BUY, 3_603, 10), (BUY, 3_601, 5), (SELL, 3_600, 4), (SELL, 3_602, 8), (SELL, 3_605, 50))
    rows = [Row(PLACE, number, 1, side, price, tonnes, 0) for number, (side, price, tonnes) in enumerate(orders, 1)]
    assert call.most_tonnes(rows) == 10  # at 3,602 and 3,603: of 12 t offered
    assert call.in_book(rows).fills == call.in_market(rows).fills == 2
    monkeypatch.setattr(call, "most_tonnes", lambda _: 11)
    with pytest.raises(WorkNotDone, match="tonnes of the book's call is 10"):
        call.in_book(rows)
