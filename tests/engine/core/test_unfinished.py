"""Not settled when the day is reconciled: by the rule book only shown, or no trading and no cash out until it is remedied."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from tests.testkit.build import Desk, act, rulebook_text

FIRST, NEXT, LATER = 20240102, 20240103, 20240104


def closed(rule: str) -> Desk:
    """A market whose first day is over; both accounts have cash and units."""
    desk = Desk(rulebook_text(unfinished=rule))
    desk.act(
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
    )
    for number in (1, 2):
        desk.act(c.DepositCash(number, 1_000_000), c.AllocateUnits(number, 1, 100, "paid", 2024))
    desk.act(c.OpenDay(FIRST), c.CloseDay())
    return desk


def reconciled(desk: Desk, day: int, *affected: int) -> list[e.Event]:
    """What settlement found, as the exchange records it."""
    return desk.do(c.Propose(0, "", "", c.RecordReconciliation(day, 9, 0, len(affected), 2, affected)))


def opened(desk: Desk, day: int) -> None:
    desk.act(c.OpenDay(day), c.ChangePhase(phases.CONTINUOUS))


def answer_to_order(desk: Desk, account: int, name: str) -> int:
    """The reason of the refusal, 0 where it was accepted."""
    said = desk.do(c.PlaceOrder(account, 1, 2, 4_000, 1, 0, name))[0]
    return said.reason if isinstance(said, e.OrderRefused) else 0


def test_who_is_not_settled_does_not_trade_until_it_is_remedied() -> None:
    desk = closed("restrict")
    assert reconciled(desk, FIRST, 1)[2:] == [e.SettlementUnfinished(1, FIRST)]
    opened(desk, NEXT)
    assert answer_to_order(desk, 1, "a") == reasons.SETTLEMENT_UNFINISHED
    assert answer_to_order(desk, 2, "b") == 0
    [refused] = desk.do(act(c.WithdrawCash(1, 1)))
    assert isinstance(refused, e.ActRefused)
    assert (refused.reason, refused.actual) == (reasons.SETTLEMENT_UNFINISHED, FIRST)
    desk.act(c.DepositCash(1, 5))  # the remedy may need it
    desk.market.audit()
    assert Market.load(desk.market.dump()).dump() == desk.market.dump()
    Market.load(desk.market.dump()).audit()
    desk.act(c.CloseDay())
    assert reconciled(desk, NEXT, 1)[2:] == []  # still: nothing new, and since the same day
    assert desk.market.state.days.unfinished == {1: FIRST}
    assert reconciled(desk, NEXT)[2:] == [e.SettlementUnfinished(1, 0)]
    opened(desk, LATER)
    assert answer_to_order(desk, 1, "c") == 0
    desk.act(c.WithdrawCash(1, 5))
    desk.market.audit()


def test_where_the_rule_book_only_announces_nobody_is_kept_out() -> None:
    desk = closed("announce")
    assert reconciled(desk, FIRST, 1, 2)[2:] == []
    opened(desk, NEXT)
    assert answer_to_order(desk, 1, "a") == 0


@pytest.mark.parametrize("wrong", [(2, 1), (1, 1), (9,), (0,), (-1,)])
def test_what_is_recorded_names_known_accounts_once_in_order(wrong: tuple[int, ...]) -> None:
    desk = closed("restrict")
    [refused] = reconciled(desk, FIRST, *wrong)
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.ACT_INVALID
    assert desk.market.state.days.unfinished == {}
