"""A year's allocation plan and what counts against it, allocation files, and the days in which a unit may ask for a review."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

KEY, OTHER, STATE, FUND = 1, 2, 3, 4
YEAR = 2026
SHA = "ab" * 32


def desk(**rules: Any) -> Desk:
    """Two key emitters, the government and an institution; 300 t issued for 2026, 20 t of them reserve."""
    made = Desk(rulebook_text({"CQEA": {}, "CCER": {"kind": "offset"}}, **rules))
    made.act(
        c.ListInstrument("CQEA-26", "CQEA", 2026, "", "", 4000),
        c.ListInstrument("CCER-26", "CCER", 2026, "", "", 4000),
        c.OpenAccount("KEY", 1, "", "key_emitter"),
        c.OpenAccount("OTHER", 2, "", "key_emitter"),
        c.OpenAccount("STATE", 3, "", "government"),
        c.OpenAccount("FUND", 4, "", "institution"),
        c.AllocateUnits(KEY, 1, 200, "free", YEAR),
        c.AllocateUnits(FUND, 1, 80, "paid", YEAR),
        c.AllocateUnits(STATE, 1, 20, "reserve", YEAR),
    )
    return made


def planned(total: int = 500, reserve: int = 50) -> Desk:
    made = desk()
    happened(made, plan(total, reserve))
    return made


def plan(total: int, reserve: int, year: int = YEAR, basis: str = "渝环〔2026〕5号") -> c.SetAllocationPlan:
    return c.SetAllocationPlan(year, total, reserve, basis)


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    """Why an act is refused; the market is afterwards what it was before."""
    loaded = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market), "nothing but the place in the journal has changed"
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def happened(made: Desk, act: c.AnyAct) -> list[e.Event]:
    """What an act does, whether one or two persons do it; the market keeps its invariants and survives a dump."""
    before = len(made.events)
    made.act_both(act)
    told = [event for event in made.events[before:] if not isinstance(event, e.ActProposed | e.ActTaken)]
    assert not any(isinstance(event, e.ActRefused) for event in told), told
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return told


def counted(made: Desk, year: int = YEAR) -> tuple[int, int]:
    """What counts against the year's plan: of the rest, of the reserve."""
    found = dict(MarketView(made.market).allocation_plans())[year]
    return found.allocated, found.reserved


class TestPlan:
    def test_it_takes_two_persons_and_a_document(self) -> None:
        made = desk()
        [proposed] = made.act(plan(500, 50))
        assert isinstance(proposed, e.ActProposed)
        assert why(made, plan(500, 50, basis=" ")) == ("ACT_INVALID", 0, 0)
        assert happened(made, plan(500, 50)) == [e.AllocationPlanSet(YEAR, 500, 50, "渝环〔2026〕5号")]

    @pytest.mark.parametrize("act", [plan(5, 6), plan(-1, 0), plan(5, -1), plan(10**12 + 1, 0), plan(5, 1, 1999)])
    def test_what_makes_no_sense_is_refused(self, act: c.AnyAct) -> None:
        assert why(desk(), act)[0] == "ACT_INVALID"

    def test_what_was_issued_before_counts(self) -> None:
        made = desk()
        assert counted(made) == (280, 20)
        assert why(made, plan(299, 20)) == ("ALLOCATION_PLAN_EXCEEDED", 279, 280)
        assert why(made, plan(400, 19)) == ("ALLOCATION_PLAN_EXCEEDED", 19, 20)
        happened(made, plan(300, 20))
        happened(made, plan(310, 25))
        assert why(made, c.AllocateUnits(STATE, 1, 6, "reserve", YEAR)) == ("ALLOCATION_PLAN_EXCEEDED", 25, 26)

    @pytest.mark.parametrize(
        ("last", "beyond"),
        [
            (c.AllocateUnits(KEY, 1, 170, "free", YEAR), c.AllocateUnits(KEY, 1, 171, "free", YEAR)),
            (c.AllocateUnits(FUND, 1, 170, "paid", YEAR), c.AllocateUnits(FUND, 1, 171, "paid", YEAR)),
            (c.PreallocateUnits(OTHER, 1, 170, YEAR, 0), c.PreallocateUnits(OTHER, 1, 171, YEAR, 0)),
        ],
    )
    def test_the_last_tonne_is_issued_and_no_more(self, last: c.AnyAct, beyond: c.AnyAct) -> None:
        made = planned()
        assert why(made, beyond) == ("ALLOCATION_PLAN_EXCEEDED", 450, 451)
        happened(made, last)
        assert counted(made) == (450, 20)

    def test_the_shares_are_apart(self) -> None:
        made = planned()
        happened(made, c.AllocateUnits(STATE, 1, 30, "reserve", YEAR))
        assert why(made, c.AllocateUnits(STATE, 1, 1, "reserve", YEAR)) == ("ALLOCATION_PLAN_EXCEEDED", 50, 51)
        happened(made, c.AllocateUnits(KEY, 1, 170, "free", YEAR))

    def test_offsets_and_other_years_are_free_of_it(self) -> None:
        made = planned()
        happened(made, c.AllocateUnits(KEY, 2, 10_000, "offset", YEAR))
        happened(made, c.AllocateUnits(KEY, 1, 10_000, "free", YEAR + 1))
        assert counted(made) == (280, 20)

    def test_a_true_up_counts_what_it_adds_and_gives_back_what_it_withdraws(self) -> None:
        made = planned()
        happened(made, c.PreallocateUnits(OTHER, 1, 100, YEAR, 0))
        assert why(made, c.TrueUpAllocation(OTHER, 1, 171, YEAR, 0)) == ("ALLOCATION_PLAN_EXCEEDED", 450, 451)
        happened(made, c.TrueUpAllocation(OTHER, 1, 60, YEAR, 0))
        assert counted(made) == (340, 20)
        happened(made, c.AllocateUnits(KEY, 1, 110, "free", YEAR))

    def test_it_is_judged_again_when_it_is_approved(self) -> None:
        made = desk(two_person_acts=["AllocateUnits"])
        happened(made, c.AllocateUnits(OTHER, 1, 1, "free", YEAR))
        before = made.act(c.AllocateUnits(KEY, 1, 20, "free", YEAR))
        made.act_both(plan(21, 0))
        [proposed] = before
        assert isinstance(proposed, e.ActProposed)
        made.act_both(c.AllocateUnits(OTHER, 1, 1, "free", YEAR))
        [refused] = made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
        assert isinstance(refused, e.ActRefused)
        assert (refused.reason, refused.limit, refused.actual) == (reasons.ALLOCATION_PLAN_EXCEEDED, 21, 22)


class TestFile:
    def test_every_row_is_issued(self) -> None:
        made = planned()
        rows = ((KEY, 1, "free", 100), (OTHER, 1, "preallocation", 60), (STATE, 1, "reserve", 30), (KEY, 1, "paid", 9))
        assert happened(made, c.ImportAllocations(YEAR, rows, SHA)) == [
            e.UnitsIssued(KEY, 1, 100, "free", YEAR),
            e.RetentionChanged(KEY, YEAR, 150),
            e.UnitsPreallocated(OTHER, 1, 60, YEAR, 0),
            e.UnitsIssued(STATE, 1, 30, "reserve", YEAR),
            e.UnitsIssued(KEY, 1, 9, "paid", YEAR),
        ]
        assert counted(made) == (449, 50)

    @pytest.mark.parametrize(
        ("row", "name"),
        [
            ((9, 1, "free", 1), "UNKNOWN_ACCOUNT"),
            ((KEY, 9, "free", 1), "UNKNOWN_INSTRUMENT"),
            ((FUND, 1, "free", 1), "NOT_KEY_EMITTER"),
            ((FUND, 1, "preallocation", 1), "NOT_KEY_EMITTER"),
            ((KEY, 1, "reserve", 1), "NOT_RESERVE"),
            ((KEY, 1, "offset", 1), "ACT_INVALID"),
            ((KEY, 2, "paid", 1), "ACT_INVALID"),
            ((KEY, 1, "free", 0), "ACT_INVALID"),
            ((KEY, 1, "free", 10**9 + 1), "ACT_INVALID"),
            ((OTHER, 1, "free", 1), "ACT_INVALID"),  # stands there already
        ],
    )
    def test_a_wrong_row_refuses_all_of_it(self, row: tuple[int, int, str, int], name: str) -> None:
        rows = ((OTHER, 1, "free", 1), row)
        assert why(planned(), c.ImportAllocations(YEAR, rows, SHA)) == (name, 0, 2)

    def test_the_whole_of_it_is_measured_against_the_plan(self) -> None:
        rows = ((KEY, 1, "free", 100), (OTHER, 1, "free", 71))
        assert why(planned(), c.ImportAllocations(YEAR, rows, SHA)) == ("ALLOCATION_PLAN_EXCEEDED", 450, 451)
        rows = ((STATE, 1, "reserve", 31), (OTHER, 1, "free", 70))
        assert why(planned(), c.ImportAllocations(YEAR, rows, SHA)) == ("ALLOCATION_PLAN_EXCEEDED", 50, 51)

    @pytest.mark.parametrize(
        "act",
        [
            c.ImportAllocations(YEAR, (), SHA),
            c.ImportAllocations(YEAR, ((KEY, 1, "free", 1),), SHA[:-1]),
            c.ImportAllocations(1999, ((KEY, 1, "free", 1),), SHA),
            c.ImportAllocations(YEAR, ((KEY, 1, "free", 1),) * 2_001, SHA),
            c.ImportAllocations(YEAR, ((KEY, 1, "free", 1),), SHA, 20260230),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, act: c.AnyAct) -> None:
        assert why(desk(), act)[0] == "ACT_INVALID"

    def test_nothing_is_issued_to_an_account_that_is_closed(self) -> None:
        made = desk()
        made.act_both(c.CloseAccount(OTHER))
        rows = ((KEY, 1, "free", 1), (OTHER, 1, "paid", 1))
        assert why(made, c.ImportAllocations(YEAR, rows, SHA))[0] == "ACCOUNT_CLOSED"


class TestReviewWindow:
    # Friday 16 January 2026; seven working days on: Tuesday 27 January
    NOTICE, UNTIL = 20260116, 20260127

    @pytest.mark.parametrize(
        "act",
        [
            c.AllocateUnits(KEY, 1, 10, "free", YEAR, NOTICE),
            c.PreallocateUnits(KEY, 1, 10, YEAR, 0, NOTICE),
            c.ImportAllocations(YEAR, ((KEY, 1, "free", 10), (OTHER, 1, "preallocation", 1)), SHA, NOTICE),
        ],
    )
    def test_seven_working_days_begin_after_the_notice(self, act: c.AnyAct) -> None:
        made = desk(calendar="weekdays")
        assert e.ReviewOpened(KEY, YEAR, self.NOTICE, self.UNTIL) in happened(made, act)
        [year] = MarketView(made.market).compliance(KEY)
        assert year.allocation_objection_until == self.UNTIL
        late = c.FileObjection(KEY, YEAR, "allocation", self.UNTIL + 1)
        assert why(made, late) == ("OBJECTION_TOO_LATE", self.UNTIL, self.UNTIL + 1)
        happened(made, c.FileObjection(KEY, YEAR, "allocation", self.UNTIL))

    def test_a_true_up_and_a_file_of_emissions_open_it_too(self) -> None:
        made = desk(calendar="weekdays")
        happened(made, c.PreallocateUnits(KEY, 1, 10, YEAR, 0))
        trued = happened(made, c.TrueUpAllocation(KEY, 1, 12, YEAR, 0, self.NOTICE))
        assert e.AllocationTruedUp(KEY, 1, YEAR, 10, 2, 0, self.UNTIL) in trued
        told = happened(made, c.ImportEmissions(YEAR, ((KEY, 5, 20260110),), 0, SHA, self.NOTICE))
        assert told == [e.EmissionsRecorded(KEY, YEAR, 5, 20260110, self.UNTIL)]

    def test_a_holiday_does_not_count(self) -> None:
        made = desk(calendar="china")
        # the Spring Festival of 2026: 15 to 23 February, 14 and 28 February are worked instead
        told = happened(made, c.AllocateUnits(KEY, 1, 10, "free", YEAR, 20260212))
        assert told[1] == e.ReviewOpened(KEY, YEAR, 20260212, 20260228)

    @pytest.mark.parametrize(
        ("act", "name"),
        [
            (c.AllocateUnits(KEY, 1, 1, "free", YEAR, 20260230), "ACT_INVALID"),
            (c.PreallocateUnits(KEY, 1, 1, YEAR, 20260127, 20260116), "ACT_INVALID"),  # one or the other
            (c.ImportEmissions(YEAR, ((KEY, 5, 20260110),), 20260127, SHA, 20260116), "ACT_INVALID"),
            (c.AllocateUnits(KEY, 1, 1, "free", YEAR, 20991230), "CALENDAR_ENDED"),
        ],
    )
    def test_a_day_that_cannot_be_is_refused(self, act: c.AnyAct, name: str) -> None:
        assert why(desk(calendar="china"), act)[0] == name
