"""Striking what enters the credit record: what there is, once, and nothing else changes."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from tests.testkit.build import Desk, rulebook_text

DAY = 20260502


def made() -> Desk:
    """A restriction, a confirmed case, an open one, and a year whose deadline has passed."""
    desk = Desk(rulebook_text({"CQEA": {}}, {2025: {"surrender_deadline": "2026-05-01"}, 2026: {}}))
    desk.act(
        c.OpenAccount("K01", 1, "works", "key_emitter"),
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.OpenDay(DAY),
        c.AllocateUnits(1, 1, 100, "free", 2025),
        c.AllocateUnits(1, 1, 100, "free", 2026),
        c.Restrict(1, 2, "Art. 30"),
        c.OpenCase(1, "wash trades"),
        c.CloseCase(1, "confirmed", "shown"),
        c.OpenCase(1, "a rumor"),
    )
    return desk


def strike(desk: Desk, record: str, basis: str = "court order 12") -> list[e.Event]:
    """Proposed by one and approved by another, or refused at once."""
    proposed = desk.act(c.StrikeCreditRecord(record, basis))[-1]
    if not isinstance(proposed, e.ActProposed):
        return [proposed]
    return desk.do(c.Approve(2, proposed.proposal, proposed.act_sha256))


@pytest.mark.parametrize("record", ["R-1", "K-1", "U-2025-K01"])
def test_a_record_is_struck_once_and_survives_a_dump(record: str) -> None:
    desk = made()
    before = desk.market.state.supervision.restrictions[0], desk.market.state.supervision.cases[0]
    assert strike(desk, record)[-1] == e.CreditRecordStruck(record, 1, "court order 12")
    assert (desk.market.state.supervision.restrictions[0], desk.market.state.supervision.cases[0]) == before
    desk.market.audit()
    loaded = Market.load(desk.market.dump())
    assert loaded.dump() == desk.market.dump()
    kept = loaded.state.supervision.strikes[record]
    assert (kept.operator, kept.approver, kept.struck_on) == (1, 2, DAY)
    [refused] = strike(desk, record)
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("R-2", reasons.UNKNOWN_CREDIT_RECORD),
        ("R-01", reasons.UNKNOWN_CREDIT_RECORD),
        ("R-0", reasons.UNKNOWN_CREDIT_RECORD),
        ("R-", reasons.UNKNOWN_CREDIT_RECORD),
        ("R-" + "9" * 30, reasons.UNKNOWN_CREDIT_RECORD),
        ("K-2", reasons.UNKNOWN_CREDIT_RECORD),  # open
        ("K-3", reasons.UNKNOWN_CREDIT_RECORD),
        ("U-2026-K01", reasons.UNKNOWN_CREDIT_RECORD),  # not yet due
        ("U-2024-K01", reasons.UNKNOWN_CREDIT_RECORD),
        ("U-2025-K02", reasons.UNKNOWN_CREDIT_RECORD),
        ("U-x-K01", reasons.UNKNOWN_CREDIT_RECORD),
        ("whatever", reasons.UNKNOWN_CREDIT_RECORD),
        ("", reasons.ACT_INVALID),
        ("R-" + "9" * 40, reasons.ACT_INVALID),
    ],
)
def test_what_is_no_record_is_refused_and_nothing_changes(record: str, reason: int) -> None:
    desk = made()
    before = desk.market.dump()
    [refused] = strike(desk, record)
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reason
    assert desk.market.dump()[20:] == before[20:]  # all but seq and time


def test_it_needs_a_basis_and_two_persons() -> None:
    desk = made()
    for basis in ("", "x" * 201, "two\nlines"):
        [refused] = strike(desk, "R-1", basis)
        assert isinstance(refused, e.ActRefused)
    assert isinstance(desk.act(c.StrikeCreditRecord("R-1", "court"))[-1], e.ActProposed)
    assert desk.market.state.supervision.strikes == {}
