"""The compliance year: what is owed, what counts towards it, and what each filing refuses."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.view import ComplianceView, MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

YEAR = 2025
SHA = "ab" * 32
ALLOWANCE, LOCAL, OTHER, OLD = 1, 2, 3, 4
PRODUCTS = {"CQEA": {}, "CQCER": {"kind": "offset"}, "CCER": {"kind": "offset"}}


def desk(offsets: dict[str, dict[str, Any]] | None = None, **year: Any) -> Desk:
    """A key emitter (1) and an institution (2), each with 10,000 t of everything."""
    made = Desk(rulebook_text(PRODUCTS, {YEAR: year} if year else None, offsets))
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.ListInstrument("CQCER-24", "CQCER", 2024, "", "", 3000),
        c.ListInstrument("CCER-24", "CCER", 2024, "", "", 3000),
        c.ListInstrument("CCER-15", "CCER", 2015, "", "", 3000),
        c.OpenAccount("KEY", 1, "", "key_emitter"),
        c.OpenAccount("INV", 2, "", "institution"),
    )
    for account, kind in ((1, "free"), (2, "paid")):
        made.act(c.AllocateUnits(account, ALLOWANCE, 10_000, kind, YEAR))
        made.act(*(c.AllocateUnits(account, offset, 10_000, "offset", YEAR) for offset in (LOCAL, OTHER, OLD)))
    return made


def emits(tonnes: int, until: int = 0) -> c.ImportEmissions:
    return c.ImportEmissions(YEAR, ((1, tonnes, 20260420),), until, SHA)


def files(instrument: int, tonnes: int, final: bool = False) -> c.SurrenderUnits:
    return c.SurrenderUnits(1, instrument, tonnes, YEAR, final)


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    """Why an act is refused; the market is afterwards what it was before."""
    before = hash_of(made.market)
    loaded = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused)
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market) != before, "nothing but the place in the journal has changed"
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def year_of(made: Desk) -> ComplianceView:
    [row] = MarketView(made.market).compliance(1)
    return row


def test_a_year_from_allocation_to_the_final_filing() -> None:
    made = desk({f"{YEAR}.CQCER": {"limit_bp": 800, "is_local": True}}, offset_limit_bp=800)
    made.act(c.AllocateUnits(1, ALLOWANCE, 500, "paid", YEAR))
    assert made.act(emits(9_000, 20260511))[1:] == [e.EmissionsRecorded(1, YEAR, 9_000, 20260420, 20260511)]
    row = year_of(made)
    assert (row.free, row.paid, row.emissions, row.shortfall, row.retention_floor) == (10_000, 500, 9_000, 9_000, 5_000)
    assert (row.report_deadline, row.objection_until, row.offset_limits) == (20260430, 20260511, {"CQCER": 720})
    made.act(files(ALLOWANCE, 4_000), files(LOCAL, 720))
    row = year_of(made)
    assert (row.surrendered, row.offsets, row.shortfall, row.is_final) == (4_000, {"CQCER": 720}, 4_280, False)
    assert why(made, files(ALLOWANCE, 4_279, final=True)) == ("OBLIGATION_NOT_MET", 9_000, 8_999)
    assert made.act(files(ALLOWANCE, 4_280, final=True))[1:] == [
        e.UnitsSurrendered(1, ALLOWANCE, 4_280, YEAR, True),
        e.RetentionChanged(1, YEAR, 0),
    ]
    row = year_of(made)
    assert (row.shortfall, row.retention_floor, row.is_final) == (0, 0, True)
    # banking: what was not surrendered stays and can be sold
    assert MarketView(made.market).units(1)[0].available == 10_500 - 8_280
    for late in (files(ALLOWANCE, 1), emits(9_001), c.AllocateUnits(1, ALLOWANCE, 1, "free", YEAR)):
        assert why(made, late)[0] == "COMPLIANCE_YEAR_CLOSED"
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


def test_a_final_filing_of_nothing_confirms_what_was_filed() -> None:
    made = desk()
    made.act(emits(100), files(ALLOWANCE, 100))
    assert made.act(files(ALLOWANCE, 0, final=True))[1] == e.UnitsSurrendered(1, ALLOWANCE, 0, YEAR, True)
    assert year_of(made).is_final
    made.market.audit()


def test_without_verified_emissions_nothing_is_confirmed() -> None:
    assert why(desk(), files(ALLOWANCE, 10_000, final=True)) == ("EMISSIONS_NOT_VERIFIED", 0, 0)


def test_a_later_file_corrects_an_earlier_one() -> None:
    made = desk()
    made.act(emits(100), emits(90))
    assert year_of(made).emissions == 90


def test_only_a_key_emitter_has_a_compliance_year() -> None:
    made = desk()
    assert why(made, c.SurrenderUnits(2, ALLOWANCE, 1, YEAR, False))[0] == "NOT_KEY_EMITTER"
    assert why(made, c.AllocateUnits(2, ALLOWANCE, 1, "free", YEAR))[0] == "NOT_KEY_EMITTER"
    assert MarketView(made.market).compliance(2) == []


class TestOffsets:
    def test_none_is_usable_until_configured(self) -> None:
        assert why(desk(), files(LOCAL, 1)) == ("OFFSET_NOT_ALLOWED", 0, 0)
        only_local = desk({f"{YEAR}.CQCER": {"limit_bp": 800}}, offset_limit_bp=800)
        only_local.act(emits(10_000))
        assert why(only_local, files(OTHER, 1)) == ("OFFSET_NOT_ALLOWED", 0, 0)

    @pytest.mark.parametrize(("emissions", "limit"), [(10_000, 800), (9_999, 799), (12, 0)])
    def test_one_tonne_above_the_limit_is_refused(self, emissions: int, limit: int) -> None:
        made = desk({f"{YEAR}.CQCER": {"limit_bp": 800}}, offset_limit_bp=1_000)
        made.act(emits(emissions))
        assert why(made, files(LOCAL, limit + 1)) == ("OFFSET_LIMIT", limit, limit + 1)
        if limit:
            made.act(files(LOCAL, limit - 1), files(LOCAL, 1))
            assert year_of(made).offsets == {"CQCER": limit}
        assert why(made, files(LOCAL, 1)) == ("OFFSET_LIMIT", limit, limit + 1)

    def test_all_kinds_together_have_a_limit(self) -> None:
        terms = {f"{YEAR}.CQCER": {"limit_bp": 800}, f"{YEAR}.CCER": {"limit_bp": 800}}
        made = desk(terms, offset_limit_bp=1_000)
        made.act(emits(10_000), files(LOCAL, 800))
        assert why(made, files(OTHER, 201)) == ("OFFSET_LIMIT", 1_000, 1_001)
        made.act(files(OTHER, 200))

    def test_a_share_must_be_of_local_origin(self) -> None:
        terms = {f"{YEAR}.CQCER": {"limit_bp": 1_000, "is_local": True}, f"{YEAR}.CCER": {"limit_bp": 1_000}}
        made = desk(terms, offset_limit_bp=1_000, local_share_min_bp=6_000)
        made.act(emits(10_000))
        assert why(made, files(OTHER, 1)) == ("OFFSET_ORIGIN", 1, 0)
        made.act(files(LOCAL, 60))
        assert why(made, files(OTHER, 41)) == ("OFFSET_ORIGIN", 61, 60)
        made.act(files(OTHER, 40))
        assert year_of(made).offsets == {"CQCER": 60, "CCER": 40}

    def test_an_old_vintage_does_not_count(self) -> None:
        made = desk({f"{YEAR}.CCER": {"limit_bp": 800, "vintage_min": 2017}}, offset_limit_bp=800)
        made.act(emits(10_000))
        assert why(made, files(OLD, 1)) == ("OFFSET_NOT_ALLOWED", 2017, 2015)
        made.act(files(OTHER, 800))

    def test_a_share_of_emissions_needs_emissions_and_one_of_the_allocation_does_not(self) -> None:
        terms = {f"{YEAR}.CQCER": {"limit_bp": 500}}
        assert why(desk(terms, offset_limit_bp=500), files(LOCAL, 1)) == ("EMISSIONS_NOT_VERIFIED", 0, 0)
        made = desk(terms, offset_limit_bp=500, offset_base="allocation")
        assert why(made, files(LOCAL, 501)) == ("OFFSET_LIMIT", 500, 501)
        made.act(files(LOCAL, 500))


class TestTheFileIsTakenWholeOrNot:
    @pytest.mark.parametrize(
        ("second", "name"),
        [
            ((9, 5, 20260420), "UNKNOWN_ACCOUNT"),
            ((2, 5, 20260420), "NOT_KEY_EMITTER"),
            ((1, 5, 20260420), "ACT_INVALID"),
            ((3, -1, 20260420), "ACT_INVALID"),
            ((3, 1_000_000_001, 20260420), "ACT_INVALID"),
            ((3, 5, 20261320), "ACT_INVALID"),
        ],
    )
    def test_a_wrong_row_is_named_and_nothing_is_recorded(self, second: tuple[int, int, int], name: str) -> None:
        made = desk()
        made.act(c.OpenAccount("KEY2", 3, "", "key_emitter"))
        wrong = c.ImportEmissions(YEAR, ((1, 5, 20260420), second), 0, SHA)
        assert why(made, wrong) == (name, 0, 2)
        assert year_of(made).emissions == -1

    @pytest.mark.parametrize(
        "wrong",
        [
            c.ImportEmissions(YEAR, (), 0, SHA),
            c.ImportEmissions(1999, ((1, 5, 20260420),), 0, SHA),
            c.ImportEmissions(YEAR, ((1, 5, 20260420),), 5, SHA),
            c.ImportEmissions(YEAR, ((1, 5, 20260420),), 0, "x"),
        ],
    )
    def test_a_file_without_form_is_refused(self, wrong: c.ImportEmissions) -> None:
        assert why(desk(), wrong)[0] == "ACT_INVALID"
