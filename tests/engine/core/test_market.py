"""The one way in: entries come dense and in time, the first one founds, anything else stops the market."""

import pytest

from engine.core import commands as c
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
