"""Other environmental rights (用水权, 排污权) by their own rule books: traded as anything else, outside the carbon year."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons, rulebook
from engine.core.units import BUY, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, rulebook_text

SELLER, BUYER, UNIT = 1, 2, 3


def desk(book: str = "chongqing-water", product: str = "CQW") -> Desk:
    """A seller with 5,000 of the right, a buyer with 100,000.00 yuan, and a key emitter."""
    made = Desk(rulebook.shipped(book))
    made.act_both(
        c.ListInstrument(f"{product}-26", product, 2026, "", "", 250),
        c.OpenAccount("S", 1, "", "institution"),
        c.OpenAccount("B", 2, "", "institution"),
        c.OpenAccount("U", 3, "", "key_emitter"),
        c.AllocateUnits(SELLER, 1, 5_000, "right", 2026),
        c.DepositCash(BUYER, 10_000_000),
    )
    made.market.audit()
    return made


def why(made: Desk, act: c.AnyAct) -> str:
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    return reasons.BY_NUMBER[refused.reason].name


@pytest.mark.parametrize(
    ("book", "product", "unit"), [("chongqing-water", "CQW", "立方米"), ("chongqing-discharge", "COD", "千克")]
)
def test_a_right_is_issued_and_traded_in_its_own_unit(book: str, product: str, unit: str) -> None:
    made = desk(book, product)
    [found] = MarketView(made.market).instruments()
    assert (found.kind, found.unit_zh, found.vintage) == ("right", unit, 2026)
    made.open_day(20260105)
    made.do(c.PlaceOrder(SELLER, 1, SELL, 250, 300, 0, "s"))
    told = made.do(c.PlaceOrder(BUYER, 1, BUY, 250, 300, 0, "b"))
    assert any(isinstance(event, e.Traded) for event in told)
    [held] = MarketView(made.market).units(BUYER)
    assert held.available == 300  # no T+N lock in these books
    made.market.audit()


def test_nothing_is_retained_and_the_seller_may_sell_all() -> None:
    made = desk()
    made.open_day(20260105)
    [accepted] = made.do(c.PlaceOrder(SELLER, 1, SELL, 250, 5_000, 0, "all"))
    assert isinstance(accepted, e.OrderAccepted)
    assert made.market.state.held_account(SELLER).retention_floor == 0


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (c.AllocateUnits(UNIT, 1, 100, "free", 2026), "ACT_INVALID"),
        (c.AllocateUnits(UNIT, 1, 100, "paid", 2026), "ACT_INVALID"),
        (c.AllocateUnits(UNIT, 1, 100, "offset", 2026), "ACT_INVALID"),
        (c.PreallocateUnits(UNIT, 1, 100, 2026, 0), "ACT_INVALID"),
        (c.SurrenderUnits(UNIT, 1, 0, 2026, True), "EMISSIONS_NOT_VERIFIED"),
        (c.IssueOffsets(UNIT, 1, 100, "P-7", "a", "b", "c", 1, "d"), "ACT_INVALID"),
    ],
)
def test_what_belongs_to_a_carbon_year_is_refused(act: Any, name: str) -> None:
    assert why(desk(), act) in (name, "OFFSET_NOT_ALLOWED")


def test_a_right_is_no_offset_and_an_allowance_no_right() -> None:
    made = Desk(rulebook_text())
    made.act(c.ListInstrument("CQEA-26", "CQEA", 2026, "", "", 250), c.OpenAccount("S", 1, "", "institution"))
    assert why(made, c.AllocateUnits(1, 1, 100, "right", 2026)) == "ACT_INVALID"
    text = rulebook_text(
        {"CQEA": {}, "CQW": {"kind": "right"}}, {2026: {"offset_limit_bp": 1}}, {"2026.CQW": {"limit_bp": 1}}
    )
    with pytest.raises(rulebook.RuleBookError) as refused:
        rulebook.parse(text)
    assert refused.value.faults == ["[offset.2026.CQW]: CQW is no product of kind offset"]


def test_no_rule_of_these_books_is_told_as_law() -> None:
    for name in ("chongqing-water", "chongqing-discharge"):
        book = rulebook.parse(rulebook.shipped(name))
        sure = {rule for rule, said in book.provenance.items() if said.confidence == "confirmed"}
        assert sure == {"market.utc_offset_minutes"}
        assert not book.compliance
