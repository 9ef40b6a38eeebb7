"""The registry's acts on units: pre-allocation and true-up, review, encumbrance, transfer, cancellation, each with its floor."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import RESTRICT_TRANSFER, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

KEY, OTHER, STATE = 1, 2, 3
YEAR = 2025


def desk(**rules: object) -> Desk:
    """A key emitter with 100 t free (floor 50) and 20 t paid, an institution, and the government with 10 t of reserve."""
    made = Desk(rulebook_text(**rules))  # type: ignore[arg-type]
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.OpenAccount("KEY", 1, "", "key_emitter"),
        c.OpenAccount("OTHER", 2, "", "institution"),
        c.OpenAccount("STATE", 3, "", "government"),
        c.AllocateUnits(KEY, 1, 100, "free", YEAR),
        c.AllocateUnits(KEY, 1, 20, "paid", YEAR),
        c.AllocateUnits(STATE, 1, 10, "reserve", YEAR),
    )
    return made


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    """Why an act is refused; the market is afterwards what it was before."""
    loaded = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused)
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market), "nothing but the place in the journal has changed"
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def happened(made: Desk, act: c.AnyAct) -> list[e.Event]:
    """What an act does; the market keeps its invariants and survives a dump."""
    told = made.act(act)
    assert isinstance(told[0], e.ActTaken), told
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return told[1:]


def units(made: Desk, account: int) -> tuple[int, int, int, int]:
    """available, held, encumbered, preallocated."""
    rows = MarketView(made.market).units(account)
    return (rows[0].available, rows[0].held, rows[0].encumbered, rows[0].preallocated) if rows else (0, 0, 0, 0)


class TestEncumbrance:
    def test_pledged_units_are_not_sold_and_come_back(self) -> None:
        made = desk()
        pledged = happened(made, c.EncumberUnits(KEY, 1, 60, "pledge", "a bank"))
        assert pledged == [e.UnitsEncumbered(1, KEY, 1, 60, "pledge", "a bank")]
        assert units(made, KEY) == (60, 0, 60, 0)
        assert why(made, c.ReleaseUnits(1, 61)) == ("INSUFFICIENT_ALLOWANCE", 60, 61)
        assert happened(made, c.ReleaseUnits(1, 25)) == [e.UnitsReleased(1, KEY, 1, 25)]
        assert [found.tonnes for found in MarketView(made.market).encumbrances(0)] == [35]
        happened(made, c.ReleaseUnits(1, 35))
        assert units(made, KEY) == (120, 0, 0, 0)
        assert why(made, c.ReleaseUnits(1, 1)) == ("UNKNOWN_ENCUMBRANCE", 0, 0)

    def test_encumbered_units_count_for_retention(self) -> None:
        made = desk()
        happened(made, c.EncumberUnits(KEY, 1, 50, "withdrawn", ""))
        made.open_day()
        [accepted] = made.do(c.PlaceOrder(KEY, 1, SELL, 4000, 70, 0, "all that is left"))
        assert isinstance(accepted, e.OrderAccepted)
        made.market.audit()

    def test_a_freeze_takes_what_stands_behind_open_sells_and_a_pledge_does_not(self) -> None:
        made = desk()
        made.open_day()
        made.do(c.PlaceOrder(KEY, 1, SELL, 4000, 70, 0, "s"))
        assert why(made, c.EncumberUnits(KEY, 1, 51, "pledge", "")) == ("INSUFFICIENT_ALLOWANCE", 50, 51)
        assert why(made, c.EncumberUnits(KEY, 1, 121, "freeze", "")) == ("INSUFFICIENT_ALLOWANCE", 120, 121)
        canceled, frozen = happened(made, c.EncumberUnits(KEY, 1, 51, "freeze", "a court"))
        assert isinstance(canceled, e.OrderCanceled)
        assert canceled.reason == reasons.RESTRICTION_IMPOSED
        assert frozen == e.UnitsEncumbered(1, KEY, 1, 51, "freeze", "a court")
        assert units(made, KEY) == (69, 0, 51, 0)

    def test_enforcement_moves_them_and_keeps_the_floor(self) -> None:
        made = desk()
        happened(made, c.EncumberUnits(KEY, 1, 100, "freeze", "a court"))
        assert why(made, c.EnforceEncumbrance(1, 71, OTHER)) == ("OBLIGATION_RESERVED", 50, 49)
        assert happened(made, c.EnforceEncumbrance(1, 70, OTHER)) == [
            e.UnitsTransferred(KEY, OTHER, 1, 70, "freeze", 1)
        ]
        assert (units(made, KEY), units(made, OTHER)) == ((20, 0, 30, 0), (70, 0, 0, 0))
        assert why(made, c.EnforceEncumbrance(1, 1, KEY))[0] == "ACT_INVALID"
        assert why(made, c.EnforceEncumbrance(1, 1, 9))[0] == "UNKNOWN_ACCOUNT"
        happened(made, c.EncumberUnits(OTHER, 1, 5, "withdrawn", ""))
        assert why(made, c.EnforceEncumbrance(2, 1, KEY))[0] == "ACT_INVALID"

    def test_frozen_units_cannot_be_surrendered(self) -> None:
        made = desk()
        happened(made, c.EncumberUnits(KEY, 1, 100, "freeze", "a court"))
        assert why(made, c.SurrenderUnits(KEY, 1, 21, YEAR, False)) == ("INSUFFICIENT_ALLOWANCE", 20, 21)


class TestTransferAndCancellation:
    @pytest.mark.parametrize(
        "act", [c.TransferUnits(KEY, OTHER, 1, 71, "gift"), c.CancelUnits(KEY, 1, 71, "voluntary")]
    )
    def test_the_floor_stays(self, act: c.AnyAct) -> None:
        assert why(desk(), act) == ("OBLIGATION_RESERVED", 50, 49)

    def test_a_transfer_moves_available_units(self) -> None:
        made = desk()
        told = happened(made, c.TransferUnits(KEY, OTHER, 1, 70, "succession"))
        assert told == [e.UnitsTransferred(KEY, OTHER, 1, 70, "succession", 0)]
        assert (units(made, KEY)[0], units(made, OTHER)[0]) == (50, 70)

    def test_a_restricted_account_transfers_nothing(self) -> None:
        made = desk()
        made.act(c.Restrict(KEY, RESTRICT_TRANSFER, "measure"))
        assert why(made, c.TransferUnits(KEY, OTHER, 1, 1, "gift")) == ("ACCOUNT_RESTRICTED", 0, RESTRICT_TRANSFER)

    def test_canceled_units_are_gone_and_counted(self) -> None:
        made = desk()
        assert happened(made, c.CancelUnits(KEY, 1, 70, "voluntary")) == [e.UnitsCanceled(KEY, 1, 70, "voluntary")]
        assert units(made, KEY)[0] == 50

    def test_the_unused_reserve_is_canceled_by_the_government_alone(self) -> None:
        made = desk()
        assert why(made, c.CancelUnits(KEY, 1, 1, "reserve"))[0] == "NOT_RESERVE"
        assert why(made, c.TransferUnits(KEY, OTHER, 1, 1, "reserve"))[0] == "NOT_RESERVE"
        assert why(made, c.AllocateUnits(KEY, 1, 1, "reserve", YEAR))[0] == "NOT_RESERVE"
        assert why(made, c.CancelUnits(STATE, 1, 11, "reserve")) == ("INSUFFICIENT_ALLOWANCE", 10, 11)
        happened(made, c.TransferUnits(STATE, KEY, 1, 4, "reserve"))
        happened(made, c.CancelUnits(STATE, 1, 6, "reserve"))
        assert units(made, STATE) == (0, 0, 0, 0)

    @pytest.mark.parametrize(
        ("act", "name"),
        [
            (c.TransferUnits(KEY, KEY, 1, 1, "gift"), "ACT_INVALID"),
            (c.TransferUnits(KEY, OTHER, 1, 1, "sale"), "ACT_INVALID"),
            (c.TransferUnits(KEY, 9, 1, 1, "gift"), "UNKNOWN_ACCOUNT"),
            (c.TransferUnits(9, KEY, 1, 1, "gift"), "UNKNOWN_ACCOUNT"),
            (c.TransferUnits(KEY, OTHER, 9, 1, "gift"), "UNKNOWN_INSTRUMENT"),
            (c.TransferUnits(KEY, OTHER, 1, 0, "gift"), "ACT_INVALID"),
            (c.CancelUnits(KEY, 1, 1, "mistake"), "ACT_INVALID"),
            (c.CancelUnits(KEY, 1, -1, "voluntary"), "ACT_INVALID"),
            (c.EncumberUnits(KEY, 1, 1, "loan", ""), "ACT_INVALID"),
            (c.EncumberUnits(KEY, 1, 1, "pledge", "x" * 201), "ACT_INVALID"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, act: c.AnyAct, name: str) -> None:
        assert why(desk(), act)[0] == name


class TestAheadOfTheYear:
    def test_preallocated_units_wait_and_the_true_up_adds_what_is_missing(self) -> None:
        made = desk()
        ahead = c.PreallocateUnits(KEY, 1, 70, 2026, 20260116)
        assert happened(made, ahead) == [e.UnitsPreallocated(KEY, 1, 70, 2026, 20260116)]
        assert units(made, KEY) == (120, 0, 0, 70)
        assert why(made, c.CancelUnits(KEY, 1, 71, "voluntary")) == ("OBLIGATION_RESERVED", 50, 49)
        assert happened(made, c.TrueUpAllocation(KEY, 1, 90, 2026, 20270116)) == [
            e.AllocationTruedUp(KEY, 1, 2026, 70, 20, 0, 20270116),
            e.RetentionChanged(KEY, 2026, 45),
        ]
        assert units(made, KEY) == (210, 0, 0, 0)
        [_, year] = MarketView(made.market).compliance(KEY)
        assert (year.free, year.preallocated, year.retention_floor) == (90, 0, 45)
        assert why(made, c.TrueUpAllocation(KEY, 1, 90, 2026, 0)) == ("NOT_PREALLOCATED", 0, 0)

    def test_the_true_up_cancels_what_was_too_much(self) -> None:
        made = desk()
        happened(made, c.PreallocateUnits(KEY, 1, 70, 2026, 0))
        assert happened(made, c.TrueUpAllocation(KEY, 1, 61, 2026, 0)) == [
            e.AllocationTruedUp(KEY, 1, 2026, 61, 0, 9, 0),
            e.RetentionChanged(KEY, 2026, 31),
        ]
        assert units(made, KEY) == (181, 0, 0, 0)

    @pytest.mark.parametrize(
        ("act", "name"),
        [
            (c.PreallocateUnits(OTHER, 1, 1, 2026, 0), "NOT_KEY_EMITTER"),
            (c.PreallocateUnits(9, 1, 1, 2026, 0), "UNKNOWN_ACCOUNT"),
            (c.PreallocateUnits(KEY, 9, 1, 2026, 0), "UNKNOWN_INSTRUMENT"),
            (c.PreallocateUnits(KEY, 1, 0, 2026, 0), "ACT_INVALID"),
            (c.PreallocateUnits(KEY, 1, 1, 1999, 0), "ACT_INVALID"),
            (c.PreallocateUnits(KEY, 1, 1, 2026, 20260230), "ACT_INVALID"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, act: c.AnyAct, name: str) -> None:
        assert why(desk(), act)[0] == name


class TestReview:
    def test_a_request_in_time_is_decided_within_ten_working_days(self) -> None:
        made = desk(calendar="weekdays")
        happened(made, c.PreallocateUnits(KEY, 1, 70, 2026, 20260116))
        ask = c.FileObjection(KEY, 2026, "allocation", 20260116)
        assert why(made, c.FileObjection(KEY, 2026, "allocation", 20260117)) == (
            "OBJECTION_TOO_LATE",
            20260116,
            20260117,
        )
        assert why(made, c.FileObjection(KEY, 2026, "verification", 20260116)) == ("OBJECTION_TOO_LATE", 0, 20260116)
        assert why(made, c.DecideObjection(KEY, 2026, "allocation", 20260120, True)) == ("NO_OPEN_OBJECTION", 0, 0)
        # Friday 16 January; ten working days on: Friday 30 January
        assert happened(made, ask) == [e.ObjectionFiled(KEY, 2026, "allocation", 20260116, 20260130)]
        assert why(made, ask) == ("ALREADY_EXISTS", 0, 0)
        assert why(made, c.DecideObjection(KEY, 2026, "allocation", 20260115, True))[0] == "ACT_INVALID"
        decided = happened(made, c.DecideObjection(KEY, 2026, "allocation", 20260129, True))
        assert decided == [e.ObjectionDecided(KEY, 2026, "allocation", 20260129, True)]
        [_, year] = MarketView(made.market).compliance(KEY)
        [objection] = year.objections
        assert (objection.decide_by, objection.decided_on, objection.is_upheld) == (20260130, 20260129, True)

    @pytest.mark.parametrize(
        ("act", "name"),
        [
            (c.FileObjection(9, 2026, "allocation", 20260116), "UNKNOWN_ACCOUNT"),
            (c.FileObjection(KEY, 2026, "weather", 20260116), "ACT_INVALID"),
            (c.FileObjection(KEY, 2026, "allocation", 20260231), "ACT_INVALID"),
            (c.FileObjection(KEY, 2027, "allocation", 20260116), "OBJECTION_TOO_LATE"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, act: c.AnyAct, name: str) -> None:
        assert why(desk(), act)[0] == name
