"""A unit's own surrender filing: two persons of the unit, units that wait, the registry's decision, limits at every step."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import filings, reasons
from engine.core.market import Market
from engine.core.units import SELL
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

UNIT, OTHER, STATE = 1, 2, 3
QUOTA, OFFSET = 1, 2
YEAR = 2025
LINES = ((QUOTA, 80), (OFFSET, 5))


def desk() -> Desk:
    """A key emitter with 100 t free and 20 t of offsets that owes 85 t; of it 5 t may be offsets. Its persons are wu and xu.

    Zhao may look only, the program's key belongs to nobody; sun files for the other unit.
    """
    made = Desk(
        rulebook_text(
            {"CQEA": {}, "CQCER": {"kind": "offset"}},
            {YEAR: {"offset_limit_bp": 600}},
            {f"{YEAR}.CQCER": {"limit_bp": 600, "is_local": True}},
        )
    )
    made.act_both(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.ListInstrument("CQCER-25", "CQCER", 2025, "", "", 4000),
        c.OpenAccount("UNIT", 1, "", "key_emitter"),
        c.OpenAccount("OTHER", 2, "", "key_emitter"),
        c.OpenAccount("STATE", 3, "", "government"),
        c.AllocateUnits(UNIT, QUOTA, 100, "free", YEAR),
        c.AllocateUnits(UNIT, OFFSET, 20, "offset", YEAR),
        c.AllocateUnits(OTHER, QUOTA, 100, "free", YEAR),
        c.ImportEmissions(YEAR, ((UNIT, 85, 20260420), (OTHER, 50, 20260420)), 0, "ab" * 32),
        c.AdmitParticipant(1, "unit", "UNIT"),
        c.AdmitParticipant(2, "other", "OTHER"),
        c.RegisterKey("program", bytes(32), (UNIT,), ("view", "trade", "file")),
    )
    people = (("wu", 1, "P-1"), ("xu", 1, "P-2"), ("wu2", 1, "P-1"), ("zhao", 1, "P-3"), ("sun", 2, "P-4"))
    for user, participant, identity in people:
        rights = ("view",) if user == "zhao" else ("view", "file")
        made.act(
            c.AppointUser(user, participant, user, identity, rights),
            c.RegisterKey(user, bytes(32), (participant,), rights, user),
        )
    made.market.audit()
    return made


def file(lines: tuple[tuple[int, int], ...] = LINES, final: bool = True, **changes: Any) -> c.FileSurrender:
    said = {"key_id": "wu", "account": UNIT, "year": YEAR} | changes
    return c.FileSurrender(said["key_id"], said["account"], said["year"], lines, final)


def done(made: Desk, command: c.AnyCommand) -> list[e.Event]:
    """What a request does; the market keeps its invariants and survives a dump."""
    told = made.do(command)
    assert not any(isinstance(event, e.RequestRefused | e.ActRefused) for event in told), told
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return told


def why(made: Desk, command: c.AnyCommand) -> tuple[str, int, int]:
    """Why a request is refused; the market is afterwards what it was before."""
    loaded = Market.load(made.market.dump())
    [refused] = made.do(command)
    assert isinstance(refused, e.RequestRefused | e.ActRefused), refused
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market), "nothing but the place in the journal has changed"
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def filed(made: Desk, lines: tuple[tuple[int, int], ...] = LINES, final: bool = True) -> int:
    """A filing that waits for the registry; its number."""
    done(made, file(lines, final))
    number = made.market.seq
    done(made, c.ConfirmSurrender("xu", UNIT, number))
    return number


def act(wanted: c.AnyAct) -> c.Propose:
    return c.Propose(1, "test", "doc-1", wanted)


def units(made: Desk) -> list[tuple[int, int, int]]:
    """available, encumbered, use-restricted of each instrument."""
    return [(u.available, u.encumbered, u.use_restricted) for u in MarketView(made.market).units(UNIT)]


class TestWalk:
    def test_two_persons_file_and_the_registry_confirms(self) -> None:
        made = desk()
        assert done(made, file()) == [e.FilingChanged(made.market.seq, UNIT, YEAR, "initiated", "wu", "")]
        number = made.market.seq
        assert units(made) == [(100, 0, 0), (20, 0, 0)]
        assert done(made, c.ConfirmSurrender("xu", UNIT, number)) == [
            e.UnitsEncumbered(1, UNIT, QUOTA, 80, "surrender", f"S-{number}"),
            e.UnitsEncumbered(2, UNIT, OFFSET, 5, "surrender", f"S-{number}"),
            e.FilingChanged(number, UNIT, YEAR, "pending", "xu", ""),
        ]
        assert units(made) == [(20, 80, 0), (15, 5, 0)]
        told = done(made, act(c.DecideFiling(number, True, "complete")))
        assert told[1:] == [
            e.UnitsReleased(1, UNIT, QUOTA, 80),
            e.UnitsReleased(2, UNIT, OFFSET, 5),
            e.UnitsSurrendered(UNIT, QUOTA, 80, YEAR, False),
            e.UnitsSurrendered(UNIT, OFFSET, 5, YEAR, True),
            e.RetentionChanged(UNIT, YEAR, 0),
            e.FilingChanged(number, UNIT, YEAR, "confirmed", "", "complete"),
        ]
        [year] = MarketView(made.market).compliance(UNIT)
        assert (year.surrendered, year.offsets, year.shortfall, year.is_final) == (80, {"CQCER": 5}, 0, True)
        assert why(made, file()) == ("COMPLIANCE_YEAR_CLOSED", 0, 0)

    def test_what_waits_counts_for_retention_and_is_not_for_sale(self) -> None:
        made = desk()
        filed(made, ((QUOTA, 60),), final=False)
        made.open_day()
        [refused] = made.do(c.PlaceOrder(UNIT, QUOTA, SELL, 4000, 41, 0, "too much"))
        assert isinstance(refused, e.OrderRefused)
        assert (refused.limit, refused.actual) == (40, 41)
        [accepted] = made.do(c.PlaceOrder(UNIT, QUOTA, SELL, 4000, 40, 0, "what is left, above a floor of 50"))
        assert isinstance(accepted, e.OrderAccepted)

    def test_a_rejection_gives_the_units_back_and_says_why(self) -> None:
        made = desk()
        number = filed(made)
        assert why(made, act(c.DecideFiling(number, False, " "))) == ("ACT_INVALID", 200, 1)
        done(made, act(c.DecideFiling(number, False, "wrong year")))
        assert units(made) == [(100, 0, 0), (20, 0, 0)]
        [found] = MarketView(made.market).filings(UNIT)
        assert (found.status, found.note, found.filed_by, found.confirmed_by) == ("rejected", "wrong year", "wu", "xu")
        assert filed(made) != number

    @pytest.mark.parametrize("is_confirmed", [False, True])
    def test_the_unit_takes_it_back_before_the_decision(self, is_confirmed: bool) -> None:
        made = desk()
        done(made, file())
        number = made.market.seq
        if is_confirmed:
            done(made, c.ConfirmSurrender("xu", UNIT, number))
        done(made, c.WithdrawSurrender("wu", UNIT, number))
        assert units(made) == [(100, 0, 0), (20, 0, 0)]
        for late in (c.WithdrawSurrender("wu", UNIT, number), c.ConfirmSurrender("xu", UNIT, number)):
            assert why(made, late) == ("UNKNOWN_FILING", 0, 0)
        assert why(made, act(c.DecideFiling(number, True, "")))[0] == "UNKNOWN_FILING"

    def test_a_final_filing_of_nothing_confirms_what_was_filed(self) -> None:
        made = desk()
        done(made, act(c.DecideFiling(filed(made, ((QUOTA, 85),), final=False), True, "")))
        done(made, act(c.DecideFiling(filed(made, ((QUOTA, 0),)), True, "")))
        assert MarketView(made.market).compliance(UNIT)[0].is_final

    def test_use_restricted_units_go_first_and_come_back_as_they_were(self) -> None:
        made = desk()
        position = made.market.state.held_account(UNIT).position(QUOTA)
        state = made.market.state
        position.use_restricted += 30  # as an auction for own surrender leaves them
        state.held_account(UNIT).allowances_apart += 30
        state.issued[QUOTA] += 30
        made.market.audit()
        number = filed(made, ((QUOTA, 85),), final=True)
        assert units(made)[0] == (45, 85, 0)
        done(made, act(c.DecideFiling(number, False, "not yet")))
        assert units(made)[0] == (100, 0, 30)
        done(made, act(c.DecideFiling(filed(made, ((QUOTA, 85),)), True, "")))
        assert units(made)[0] == (45, 0, 0)


class TestRefusals:
    @pytest.mark.parametrize(
        ("command", "refusal"),
        [
            (file(account=9), ("UNKNOWN_ACCOUNT", 0, 0)),
            (file(account=OTHER), ("RIGHT_NOT_HELD", 0, 0)),
            (file(key_id="nobody"), ("RIGHT_NOT_HELD", 0, 0)),
            (file(key_id="program"), ("RIGHT_NOT_HELD", 0, 0)),
            (file(key_id="zhao"), ("RIGHT_NOT_HELD", 0, 0)),
            (file(key_id="sun"), ("RIGHT_NOT_HELD", 0, 0)),
            (file(()), ("ACT_INVALID", 32, 0)),
            (file(((QUOTA, 1), (QUOTA, 1))), ("ACT_INVALID", 32, 2)),
            (file(((9, 1),)), ("UNKNOWN_INSTRUMENT", 0, 0)),
            (file(((QUOTA, 0),), final=False), ("ACT_INVALID", 10**9, 0)),
            (file(((QUOTA, -1),)), ("ACT_INVALID", 10**9, -1)),
            (file(((QUOTA, 2**62),)), ("ACT_INVALID", 10**9, 10**9 + 1)),
            (file(year=1999), ("ACT_INVALID", 32, 2)),
            (file(((QUOTA, 101),)), ("INSUFFICIENT_ALLOWANCE", 100, 101)),
            (file(((QUOTA, 79), (OFFSET, 5))), ("OBLIGATION_NOT_MET", 85, 84)),
            (file(((QUOTA, 79), (OFFSET, 6))), ("OFFSET_LIMIT", 5, 6)),
            (file(((OFFSET, 1),), final=False, year=2026), ("OFFSET_NOT_ALLOWED", 0, 0)),
            (file(((QUOTA, 1),), final=True, year=2026), ("EMISSIONS_NOT_VERIFIED", 0, 0)),
        ],
    )
    def test_what_cannot_be_filed_is_refused_without_a_trace(
        self, command: c.AnyCommand, refusal: tuple[str, int, int]
    ) -> None:
        assert why(desk(), command) == refusal

    def test_the_second_person_is_another_person(self) -> None:
        made = desk()
        done(made, file())
        number = made.market.seq
        assert why(made, c.ConfirmSurrender("wu", UNIT, number)) == ("SELF_APPROVAL", 0, 0)
        assert why(made, c.ConfirmSurrender("wu2", UNIT, number)) == (
            "SELF_APPROVAL",
            0,
            0,
        )  # the same person's second key
        assert why(made, c.ConfirmSurrender("zhao", UNIT, number)) == ("RIGHT_NOT_HELD", 0, 0)
        assert why(made, c.ConfirmSurrender("sun", OTHER, number)) == ("UNKNOWN_FILING", 0, 0)
        assert why(made, act(c.DecideFiling(number, True, ""))) == ("UNKNOWN_FILING", 0, 0)

    def test_one_filing_of_a_year_is_open_at_a_time(self) -> None:
        made = desk()
        number = filed(made)
        assert why(made, file()) == ("FILING_OPEN", 0, number)
        done(made, file(((QUOTA, 5),), final=False, year=2026))

    def test_filings_of_a_year_are_bounded(self) -> None:
        made = desk()
        for _ in range(filings.FILINGS_MAX):
            made.do(file())
            made.do(c.WithdrawSurrender("xu", UNIT, made.market.seq))
        assert why(made, file()) == ("TOO_MANY_RECORDS", 100, 100)

    def test_limits_are_judged_again_at_each_step(self) -> None:
        made = desk()
        done(made, file())
        number = made.market.seq
        done(made, act(c.SurrenderUnits(UNIT, OFFSET, 1, YEAR, False)))
        assert why(made, c.ConfirmSurrender("xu", UNIT, number)) == ("OFFSET_LIMIT", 5, 6)
        made = desk()
        number = filed(made)
        done(made, act(c.SurrenderUnits(UNIT, OFFSET, 1, YEAR, False)))
        assert why(made, act(c.DecideFiling(number, True, ""))) == ("OFFSET_LIMIT", 5, 6)
        done(made, act(c.DecideFiling(number, False, "offsets were used meanwhile")))

    def test_nothing_else_moves_what_waits(self) -> None:
        made = desk()
        number = filed(made)
        for other in (
            c.ReleaseUnits(1, 80),
            c.EnforceEncumbrance(1, 80, OTHER),
            c.EncumberUnits(UNIT, 1, 1, "surrender", ""),
        ):
            assert why(made, act(other))[0] in ("FILING_OPEN", "ACT_INVALID")
        assert why(made, act(c.MergeAccounts(UNIT, OTHER))) == ("FILING_OPEN", 0, number)
        assert why(made, act(c.MergeAccounts(OTHER, UNIT))) == ("FILING_OPEN", 0, number)
        part = c.SplitPart(OTHER, 0, ((QUOTA, "available", 1),), ())
        assert why(made, act(c.SplitAccount(UNIT, (part,)))) == ("FILING_OPEN", 0, number)

    def test_a_person_who_was_removed_files_nothing(self) -> None:
        made = desk()
        done(made, file())
        made.act(c.RemoveUser("xu", "left"))
        assert why(made, c.ConfirmSurrender("xu", UNIT, made.market.seq - 1)) == ("RIGHT_NOT_HELD", 0, 0)
