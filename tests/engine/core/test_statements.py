"""Answers to statements: in time or refused with the deadline, once, in plain words; two people decide objections."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.records import StatementObjection
from tests.testkit.build import Desk, act, digest_of, rulebook_text

FIRST, NEXT = 20240102, 20240103
HOUR_NS = 3_600_000_000_000


def closed(**rules: object) -> Desk:
    """A market whose first day is over, with two accounts that have a statement."""
    desk = Desk(rulebook_text(**rules))
    desk.act(c.OpenAccount("A", 1, "甲", "institution"), c.OpenAccount("B", 2, "乙", "institution"))
    desk.act(c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000), c.OpenDay(FIRST))
    desk.act(c.ChangePhase(2), c.DepositCash(2, 1_000_000), c.AllocateUnits(1, 1, 10, "paid", 2024))
    desk.do(c.PlaceOrder(1, 1, 2, 4_000, 10, 0, "s"))
    desk.do(c.PlaceOrder(2, 1, 1, 4_000, 10, 0, "b"))
    desk.act(c.CloseDay())
    return desk


def why(happened: list[e.Event]) -> tuple[int, int, int]:
    [refused] = happened
    assert isinstance(refused, e.RequestRefused | e.ActRefused)
    return refused.reason, refused.limit, refused.actual


def two(desk: Desk, wanted: c.AnyAct) -> list[e.Event]:
    [proposed] = desk.do(act(wanted))
    assert isinstance(proposed, e.ActProposed)
    return desk.do(c.Approve(2, proposed.proposal, digest_of(wanted)))


def test_a_member_confirms_once_and_objects_no_more() -> None:
    desk = closed()
    assert desk.do(c.ConfirmStatement(1, FIRST)) == [e.StatementConfirmed(1, FIRST)]
    before = dict(desk.market.state.statements.confirmed)
    assert why(desk.do(c.ConfirmStatement(1, FIRST)))[0] == reasons.STATEMENT_ANSWERED
    assert why(desk.do(c.ObjectToStatement(1, FIRST, "wrong fee")))[0] == reasons.STATEMENT_ANSWERED
    assert desk.market.state.statements.confirmed == before
    desk.market.audit()


def test_objections_are_numbered_and_each_names_its_trade_once() -> None:
    desk = closed()
    assert desk.do(c.ObjectToStatement(1, FIRST, "价格有误", 1)) == [e.StatementContested(1, 1, FIRST, 1, "价格有误")]
    assert why(desk.do(c.ObjectToStatement(1, FIRST, "again", 1)))[0] == reasons.STATEMENT_ANSWERED
    assert why(desk.do(c.ConfirmStatement(1, FIRST)))[0] == reasons.STATEMENT_ANSWERED
    assert desk.do(c.ObjectToStatement(1, FIRST, "and the fee")) == [
        e.StatementContested(2, 1, FIRST, 0, "and the fee")
    ]
    assert desk.do(c.ConfirmStatement(2, FIRST)) == [e.StatementConfirmed(2, FIRST)]
    desk.market.audit()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (c.ConfirmStatement(9, FIRST), reasons.UNKNOWN_ACCOUNT),
        (c.ConfirmStatement(1, NEXT), reasons.UNKNOWN_DOCUMENT),
        (c.ConfirmStatement(1, 0), reasons.UNKNOWN_DOCUMENT),
        (c.ConfirmStatement(3, FIRST), reasons.UNKNOWN_DOCUMENT),  # opened after the close
        (c.ObjectToStatement(1, FIRST, " "), reasons.INVALID_FIELD),
        (c.ObjectToStatement(1, FIRST, "x" * 501), reasons.INVALID_FIELD),
        (c.ObjectToStatement(1, FIRST, "\u202etxt"), reasons.TEXT_NOT_PLAIN),
        (c.ObjectToStatement(1, FIRST, "no such trade", 2), reasons.UNKNOWN_DOCUMENT),
        (c.ObjectToStatement(1, FIRST, "no such trade", -1), reasons.UNKNOWN_DOCUMENT),
    ],
)
def test_what_is_refused_changes_nothing(wrong: c.AnyCommand, reason: int) -> None:
    desk = closed()
    desk.act(c.OpenAccount("C", 3, "丙", "institution"))
    assert why(desk.do(wrong))[0] == reason
    known = desk.market.state.statements
    assert (known.confirmed, known.objections, known.number) == ({}, {}, 0)


def test_the_next_opening_ends_it_and_the_refusal_says_when() -> None:
    desk = closed()
    desk.act(c.OpenDay(NEXT))
    opened_at_ns = desk.at_ns
    assert why(desk.do(c.ConfirmStatement(1, FIRST))) == (reasons.STATEMENT_FINAL, opened_at_ns, desk.at_ns)
    assert why(desk.do(c.ConfirmStatement(1, NEXT)))[0] == reasons.UNKNOWN_DOCUMENT
    desk.act(c.CloseDay())
    assert why(desk.do(c.ObjectToStatement(1, FIRST, "late"))) == (reasons.STATEMENT_FINAL, opened_at_ns, desk.at_ns)
    assert desk.do(c.ConfirmStatement(1, NEXT)) == [e.StatementConfirmed(1, NEXT)]


def test_the_rule_books_hour_ends_it_before_the_opening() -> None:
    desk = closed(stages=["08:30 contest"])
    # the desk's clock closed at 06:13:20 local time, so the hour is that of the following day
    deadline_ns = desk.market.state.statements.deadline_ns
    assert 26 * HOUR_NS < deadline_ns - desk.at_ns < 27 * HOUR_NS
    assert (deadline_ns // 1_000_000_000 + 8 * 3_600) % 86_400 == 8 * 3_600 + 1_800
    desk.at_ns = deadline_ns - 2_000
    assert desk.do(c.ConfirmStatement(1, FIRST)) == [e.StatementConfirmed(1, FIRST)]
    assert why(desk.do(c.ConfirmStatement(2, FIRST))) == (reasons.STATEMENT_FINAL, deadline_ns, deadline_ns)


def test_two_people_decide_with_an_answer_in_writing() -> None:
    desk = closed()
    desk.do(c.ObjectToStatement(1, FIRST, "price", 1))
    decide = c.DecideStatementObjection(1, True, "更正")
    [proposed] = desk.do(act(decide))
    assert isinstance(proposed, e.ActProposed)
    assert why(desk.do(c.Approve(1, proposed.proposal, digest_of(decide))))[0] == reasons.SELF_APPROVAL
    happened = desk.do(c.Approve(2, proposed.proposal, digest_of(decide)))
    assert happened[1:] == [e.StatementObjectionDecided(1, 1, FIRST, 1, True, "更正")]
    assert why(desk.do(act(decide)))[0] == reasons.UNKNOWN_OBJECTION
    for wrong in (c.DecideStatementObjection(9, True, "x"), c.DecideStatementObjection(0, True, "x")):
        assert why(desk.do(act(wrong)))[0] == reasons.UNKNOWN_OBJECTION
    desk.do(c.ObjectToStatement(2, FIRST, "fee"))
    assert why(desk.do(act(c.DecideStatementObjection(2, True, " "))))[0] == reasons.ACT_INVALID
    assert why(desk.do(act(c.DecideStatementObjection(2, True, "a\x1bb"))))[0] == reasons.TEXT_NOT_PLAIN


def test_undecided_objections_outlive_their_day_and_a_snapshot() -> None:
    desk = closed()
    desk.do(c.ObjectToStatement(1, FIRST, "price", 1))
    desk.do(c.ObjectToStatement(2, FIRST, "fee"))
    two(desk, c.DecideStatementObjection(2, False, "the fee is right"))
    desk.act(c.OpenDay(NEXT), c.CloseDay())
    dumped = desk.market.dump()
    assert Market.load(dumped).dump() == dumped
    [left] = desk.market.state.statements.objections.values()
    assert (left.number, left.status) == (1, "open")
    assert isinstance(left, StatementObjection)
    assert two(desk, c.DecideStatementObjection(1, True, "void"))[1:] == [
        e.StatementObjectionDecided(1, 1, FIRST, 1, True, "void")
    ]
    desk.market.audit()
