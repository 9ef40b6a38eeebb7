"""Restrictions with their days and reviews, cases with their steps, orders to reduce, large holders' own reports."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, RESTRICT_BUY, RESTRICT_SELL, RESTRICT_TRADING, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, rulebook_text

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = 20260105, 20260106, 20260107, 20260108


def desk(**rules: Any) -> Desk:
    """Two members with 1,000 t and money; Monday is open for trading."""
    made = Desk(rulebook_text({"CQEA": {"large_holder_tonnes": 1_500, "lock_days": 0}}, **rules))
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        *(c.DepositCash(account, 10**9) for account in (1, 2)),
        *(c.AllocateUnits(account, 1, 1_000, "paid", 2025) for account in (1, 2)),
    )
    made.open_day(MONDAY)
    return made


def next_day(made: Desk, day: int) -> None:
    made.act(c.CloseDay())
    made.open_day(day)
    made.market.audit()


def order(made: Desk, account: int, side: int, tonnes: int = 1, price: int = 5_000) -> e.Event:
    return made.do(c.PlaceOrder(account, 1, side, price, tonnes, DAY, f"o{made.market.seq}"))[0]


def why(happened: list[e.Event]) -> tuple[int, int, int]:
    [said] = happened
    assert isinstance(said, e.ActRefused | e.RequestRefused)
    return said.reason, said.limit, said.actual


def bits(made: Desk, account: int = 1) -> int:
    found = MarketView(made.market).account(account)
    assert found is not None
    return found.restriction


class TestDays:
    def test_it_begins_and_ends_by_itself_with_the_opening_of_its_days(self) -> None:
        made = desk()
        act = c.Restrict(1, RESTRICT_SELL, "CQ-M Art. 30", TUESDAY, WEDNESDAY)
        assert made.act(act)[1:] == [e.RestrictionScheduled(1, 1, RESTRICT_SELL, TUESDAY)]
        assert isinstance(order(made, 1, SELL), e.OrderAccepted)
        next_day(made, TUESDAY)
        assert e.RestrictionChanged(1, RESTRICT_SELL, "CQ-M Art. 30") in made.events
        assert isinstance(order(made, 1, SELL), e.OrderRefused)
        assert isinstance(order(made, 1, BUY), e.OrderAccepted)
        next_day(made, WEDNESDAY)
        assert isinstance(order(made, 1, SELL), e.OrderRefused)
        next_day(made, THURSDAY)
        assert made.events.count(e.RestrictionChanged(1, 0, "ended")) == 1
        assert isinstance(order(made, 1, SELL), e.OrderAccepted)
        [kept] = MarketView(made.market).supervision().restrictions
        assert (kept.status, kept.document, kept.operator, kept.ended_on) == ("ended", "doc-1", 1, THURSDAY)

    def test_one_whose_days_pass_while_the_market_is_shut_never_begins(self) -> None:
        made = desk()
        made.act(c.Restrict(1, RESTRICT_SELL, "x", TUESDAY, TUESDAY))
        next_day(made, WEDNESDAY)
        assert bits(made) == 0
        assert MarketView(made.market).supervision().restrictions[0].status == "ended"

    def test_two_that_overlap_are_lifted_one_by_one(self) -> None:
        made = desk()
        made.act(c.Restrict(1, RESTRICT_TRADING, "court"), c.Restrict(1, RESTRICT_SELL, "exchange"))
        assert made.act(c.LiftRestriction(1, RESTRICT_TRADING, 2))[1:] == [
            e.RestrictionChanged(1, RESTRICT_TRADING, "lifted")
        ]
        made.act(c.LiftRestriction(1, RESTRICT_BUY, 1))
        assert bits(made) == RESTRICT_SELL
        made.act(c.LiftRestriction(1, RESTRICT_SELL))
        assert bits(made) == 0
        assert [row.status for row in MarketView(made.market).supervision().restrictions] == ["lifted", "lifted"]

    def test_the_end_of_one_leaves_what_another_covers(self) -> None:
        made = desk()
        made.act(c.Restrict(1, RESTRICT_TRADING, "court"), c.Restrict(1, RESTRICT_SELL, "x", 0, MONDAY))
        next_day(made, TUESDAY)
        assert bits(made) == RESTRICT_TRADING

    def test_one_that_is_to_begin_can_be_lifted_before(self) -> None:
        made = desk()
        made.act(c.Restrict(1, RESTRICT_SELL, "x", TUESDAY), c.LiftRestriction(1, 31, 1))
        next_day(made, TUESDAY)
        assert bits(made) == 0

    def test_a_merger_does_not_escape_one_that_is_to_begin(self) -> None:
        made = desk()
        made.act(c.Restrict(1, RESTRICT_SELL, "x", TUESDAY))
        made.act_both(c.MergeAccounts(1, 2))
        said = made.events[-1]
        assert isinstance(said, e.ActRefused)
        assert (said.reason, said.actual) == (reasons.ACCOUNT_RESTRICTED, RESTRICT_SELL)

    @pytest.mark.parametrize(
        ("act", "said"),
        [
            (c.Restrict(1, 4, "x", 20260104), (reasons.ACT_INVALID, MONDAY, 20260104)),
            (c.Restrict(1, 4, "x", 20260230), (reasons.ACT_INVALID, MONDAY, 20260230)),
            (c.Restrict(1, 4, "x", WEDNESDAY, TUESDAY), (reasons.ACT_INVALID, WEDNESDAY, TUESDAY)),
            (c.Restrict(1, 4, "x", 0, 0, 7), (reasons.ACT_INVALID, MONDAY, 7)),
            (c.Restrict(1, 4, "x", notified="x" * 201), (reasons.ACT_INVALID, 200, 201)),
            (c.Restrict(1, 4, "x", case=1), (reasons.UNKNOWN_CASE, 0, 0)),
            (c.LiftRestriction(1, 4, 1), (reasons.UNKNOWN_RESTRICTION, 0, 0)),
            (c.ReviewRestriction(1, 0), (reasons.UNKNOWN_RESTRICTION, 0, 0)),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, act: Any, said: tuple[int, int, int]) -> None:
        made = desk()
        before = made.market.dump()[-40:]
        assert why(made.act(act)) == said
        assert made.market.dump()[-40:] == before


class TestReview:
    def test_one_that_nobody_reviewed_in_time_is_an_alarm_until_somebody_does(self) -> None:
        made = desk()
        view = MarketView(made.market)
        made.act(c.Restrict(1, RESTRICT_SELL, "x", review_on=TUESDAY))
        next_day(made, TUESDAY)
        assert view.alarms()["restriction_reviews_overdue"] == 0
        next_day(made, WEDNESDAY)
        assert view.alarms()["restriction_reviews_overdue"] == 1
        assert made.act(c.ReviewRestriction(1, THURSDAY))[1:] == [e.RestrictionReviewed(1, THURSDAY)]
        assert view.alarms()["restriction_reviews_overdue"] == 0
        [kept] = view.supervision().restrictions
        assert (kept.reviewed_on, kept.review_on, kept.status) == (WEDNESDAY, THURSDAY, "in_force")


class TestCases:
    def test_supervision_goes_step_by_step_up_to_a_restriction(self) -> None:
        made = desk()
        view = MarketView(made.market)
        made.act(c.OpenCase(1, "quick cancels", ("M-1", "M-2")))
        made.act(c.AddCaseStep(1, "reminder", "by telephone"), c.AddCaseStep(1, "report", "explain", TUESDAY))
        made.act(c.Restrict(1, RESTRICT_BUY, "CQ-M Art. 30", case=1))
        next_day(made, WEDNESDAY)
        assert view.alarms()["case_answers_overdue"] == 1
        made.act(c.AddCaseStep(1, "answer", "letter of 7 January"))
        assert view.alarms()["case_answers_overdue"] == 0
        made.act(c.CloseCase(1, "confirmed", "it did"))
        [case] = view.supervision().cases
        assert [step.step for step in case.steps] == [
            "note", "reminder", "report", "restriction", "answer", "confirmed",
        ]  # fmt: skip
        assert all((step.operator, step.document) == (1, "doc-1") for step in case.steps)
        assert (case.status, case.finding, case.closed_on) == ("closed", "confirmed", WEDNESDAY)
        assert why(made.act(c.AddCaseStep(1, "note", "late"))) == (reasons.UNKNOWN_CASE, 0, 0)

    def test_a_step_or_finding_that_is_none_is_refused(self) -> None:
        made = desk()
        made.act(c.OpenCase(1, "x"))
        for act in (c.AddCaseStep(1, "restriction", "x"), c.CloseCase(1, "guilty", "x"), c.AddCaseStep(1, "note", "")):
            assert why(made.act(act))[0] == reasons.ACT_INVALID

    def test_everything_is_there_after_a_load(self) -> None:
        made = desk()
        made.act(c.OpenCase(1, "x", ("M-1",)), c.AddCaseStep(1, "interview", "came", TUESDAY))
        made.act(c.Restrict(1, RESTRICT_BUY, "x", TUESDAY, WEDNESDAY, THURSDAY, "bureau", "court", 1))
        made.act(c.OrderReduction(1, "CQEA", 500, TUESDAY, "x", 1))
        made.act(c.AllocateUnits(1, 1, 501, "paid", 2025))
        made.do(c.FileHolderReport(1, "CQEA", "to comply", "own", "none"))
        again = Market.load(made.market.dump())
        assert MarketView(again).supervision() == MarketView(made.market).supervision()
        assert again.dump() == made.market.dump()


class TestReduction:
    def test_it_is_met_at_the_close_at_which_the_owner_has_no_more(self) -> None:
        made = desk()
        view = MarketView(made.market)
        act = c.OrderReduction(1, "CQEA", 900, MONDAY, "BJ 4.5.2")
        assert made.act(act)[1:] == [e.ReductionChanged(1, 1, "CQEA", 900, "open")]
        next_day(made, TUESDAY)
        assert view.alarms()["reductions_overdue"] == 1
        order(made, 2, BUY, 100)
        order(made, 1, SELL, 100)
        next_day(made, WEDNESDAY)
        assert e.ReductionChanged(1, 1, "CQEA", 900, "met") in made.events
        assert view.alarms()["reductions_overdue"] == 0
        assert view.supervision().reductions[0].met_on == TUESDAY

    def test_an_order_to_have_what_one_has_is_none(self) -> None:
        made = desk()
        assert why(made.act(c.OrderReduction(1, "CQEA", 1_000, MONDAY, "x"))) == (reasons.ACT_INVALID, 1_000, 1_000)


class TestHolders:
    def test_a_large_holder_reports_by_the_next_trading_day(self) -> None:
        made = desk()
        view = MarketView(made.market)
        order(made, 2, SELL, 501)
        order(made, 1, BUY, 501)
        made.act(c.CloseDay())
        assert e.HolderNoted(1, "CQEA", 1_501, TUESDAY) in made.events
        made.open_day(TUESDAY)
        assert view.alarms()["holder_reports_overdue"] == 0
        next_day(made, WEDNESDAY)
        assert view.alarms()["holder_reports_overdue"] == 1
        assert made.do(c.FileHolderReport(1, "CQEA", "to comply", "own", "")) == [
            e.HolderReported(1, "CQEA", 1, WEDNESDAY)
        ]
        assert view.alarms()["holder_reports_overdue"] == 0
        order(made, 2, BUY, 1)
        order(made, 1, SELL, 1)
        made.act(c.CloseDay())
        assert e.HolderNoted(1, "CQEA", 0, 0) in made.events
        assert view.supervision().holders == {"CQEA": {}}

    def test_who_is_none_has_nothing_to_report(self) -> None:
        made = desk()
        said = made.do(c.FileHolderReport(1, "CQEA", "to comply", "own", ""))
        assert why(said) == (reasons.NOT_LARGE_HOLDER, 1_500, 1_000)
        assert why(made.do(c.FileHolderReport(1, "NONE", "x", "x", "")))[0] == reasons.INVALID_FIELD
        assert why(made.do(c.FileHolderReport(9, "CQEA", "x", "x", "")))[0] == reasons.UNKNOWN_ACCOUNT
