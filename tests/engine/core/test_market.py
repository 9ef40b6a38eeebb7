"""The one way in: entries come dense and in time, the first one founds, anything else stops the market."""

import pytest

from engine.compiled import is_compiled
from engine.core import commands as c
from engine.core import events as e
from engine.core.market import Market
from tests.testkit.build import Desk, founding, rulebook_text

FOUND = founding(rulebook_text())


def test_the_first_entry_founds_the_market() -> None:
    with pytest.raises(AssertionError, match="founds"):
        Market().apply(c.Entry(1, 0, c.CancelAll(1, 0, 0)))


@pytest.mark.parametrize("seq", [0, 1, 3, -1])
def test_a_gap_or_a_repetition_stops_the_market(seq: int) -> None:
    market = Market()
    market.apply(c.Entry(1, 10, FOUND))
    with pytest.raises(AssertionError, match="gaps"):
        market.apply(c.Entry(seq, 10, c.CancelAll(1, 0, 0)))


def test_time_never_runs_backwards() -> None:
    market = Market()
    market.apply(c.Entry(1, 10, FOUND))
    market.apply(c.Entry(2, 10, c.CancelAll(1, 0, 0)))
    with pytest.raises(AssertionError, match="backwards"):
        market.apply(c.Entry(3, 9, c.CancelAll(1, 0, 0)))


def test_a_batch_has_one_time_and_numbers_of_its_own() -> None:
    market = Market()
    told = market.apply_batch(10, [FOUND, c.CancelAll(1, 0, 0)])
    assert ([type(event) for event in told[1]], market.seq, market.at_ns) == ([e.RequestRefused], 2, 10)
    assert market.apply_batch(10, []) == []
    with pytest.raises(AssertionError, match="backwards"):
        market.apply_batch(9, [c.CancelAll(1, 0, 0)])
    assert market.seq == 2


def test_busy_events_are_read_only_and_equal_when_all_their_fields_are() -> None:
    terms = (7, 1, 3, "x", 1, 1, 5000, 10, 0)
    event = e.OrderAccepted(*terms)
    assert event == e.OrderAccepted(*terms)
    assert event != e.OrderAccepted(*terms[:-1], 3)
    assert event != e.OrderCanceled(*terms, 0)
    assert repr(event).startswith("OrderAccepted(order=7, account=1, exec_seq=3, client_order_id='x', instrument=1,")
    if is_compiled():
        with pytest.raises(AttributeError):
            event.tonnes = 11  # type: ignore[misc]


def test_an_unfounded_market_can_be_dumped_loaded_and_audited() -> None:
    market = Market.load(Market().dump())
    assert not market.is_founded
    market.audit()
    market.apply(c.Entry(1, 10, FOUND))
    assert market.is_founded


def test_the_dump_says_seq_and_time() -> None:
    desk = Desk()
    loaded = Market.load(desk.market.dump())
    assert (loaded.seq, loaded.at_ns) == (desk.market.seq, desk.at_ns)
