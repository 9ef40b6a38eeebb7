"""Engine and settlement each count the day; a day on which they differ is not reconciled, and the next does not open."""

import pytest

from engine.core import commands as c
from engine.core import days, reasons
from engine.core import events as e
from engine.core.days import DayFigures, figures_of
from engine.core.market import Market
from tests.testkit.build import Desk, act, rulebook_text

FIRST, NEXT = 20240102, 20240103


def traded() -> Desk:
    """A closed day on which two trades made 30 tonnes and 1,205.00."""
    desk = Desk(rulebook_text())
    desk.act(
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(2, 1_000_000),
        c.AllocateUnits(1, 1, 100, "paid", 2024),
    )
    desk.open_day(FIRST)
    for place, (price, tonnes) in enumerate(((4_000, 20), (4_050, 10))):
        desk.do(c.PlaceOrder(1, 1, 2, price, tonnes, 0, f"s{place}"))
        desk.do(c.PlaceOrder(2, 1, 1, price, tonnes, 0, f"b{place}"))
    desk.act(c.CloseDay())
    return desk


def recorded(desk: Desk, *figures: int | str) -> list[e.Event]:
    found = c.RecordReconciliation(FIRST, 9, 0, 0, 2, (), figures)  # type: ignore[arg-type]  # four of them
    return desk.do(c.Propose(0, "", "", found))


def test_the_engine_counts_and_agrees_with_one_that_counted_the_same() -> None:
    desk = traded()
    own = desk.market.state.days.figures
    assert (own.trading_day, own.trades, own.tonnes, own.amount_fen) == (FIRST, 2, 30, 120_500)
    counted = figures_of(FIRST, [(1, "listed", 10, 40_500, 1), (1, "listed", 20, 80_000, 1), (1, "block", 0, 0, 0)])
    assert counted == own
    recorded(desk, 2, 30, 120_500, counted.sha256)
    assert desk.market.state.days.figures_settled == own
    assert Market.load(desk.market.dump()).dump() == desk.market.dump()
    assert isinstance(desk.do(act(c.OpenDay(NEXT)))[0], e.ActTaken)


@pytest.mark.parametrize("wrong", [(3, 30, 120_500), (2, 31, 120_500), (2, 30, 120_501), (2, 30, 120_500)])
def test_a_difference_stops_the_next_opening(wrong: tuple[int, int, int]) -> None:
    desk = traded()
    own = desk.market.state.days.figures
    digest = "a" * 64 if wrong == (own.trades, own.tonnes, own.amount_fen) else own.sha256
    recorded(desk, *wrong, digest)
    mark = desk.market.state.days.mark(FIRST, days.RECONCILIATION)
    assert mark is not None
    assert not mark.is_ok
    [refused] = desk.do(act(c.OpenDay(NEXT)))
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.RECONCILIATION_BREAK


def test_what_is_no_figures_is_refused() -> None:
    desk = traded()
    for wrong in ((1, 1, 1, "short"), (2**70, 1, 1, "a" * 64)):
        [refused] = recorded(desk, *wrong)
        assert isinstance(refused, e.ActRefused)
        assert refused.reason == reasons.ACT_INVALID
    assert desk.market.state.days.figures_settled == DayFigures()
