"""Rules change by a published act of two persons, from a later day's opening on, and never what is fixed."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, rulewords
from engine.core.market import Market
from engine.core.rulebook import FIXED_OF_LISTED, TEXT_CHARACTERS_MAX, ProductRules, parse
from engine.core.state import Instrument, State
from tests.testkit.build import Desk, act, digest_of, rulebook_text
from tests.testkit.script import Scene

NOW, LATER = 20260105, 20260108
OTHER: dict[str, Any] = {
    "lot_tonnes": 10,
    "order_tonnes_min": 20,
    "order_tonnes_max": 500,
    "limit_bp": 2000,
    "trading_fee_ppm": 5000,
    "settlement_fee_ppm": 100,
    "close_rule": "C",
    "close_min_tonnes": 50,
    "match_mode": "MEDIAN3",
    "composite_weight": "equal",
    "block_tonnes_min": 100,
    "block_limit_bp": 4000,
    "holding_limit_tonnes": 20_000,
    "large_holder_tonnes": 5_000,
    "large_holders_published": True,
    "holders_max": 9,
    "auction_seller_published": True,
    "auction_buyer_published": True,
}
OTHER_MARKET: dict[str, Any] = {
    "self_trade": "cancel_both",
    "open_orders_max": 3,
    "order_value_max_fen": 9_000_000,
    "client_order_id_days": 1,
    "proceeds_same_day": False,
    "retention_bp": 1000,
    "public_depth_levels": 3,
    "cancel_in_break": False,
    "call_tie": "pressure",
    "proposal_hours_max": 1,
    "timetable": ["08:00 pre_open", "08:30 continuous", "16:00 closed"],
}


def text(version: int = 2, product: dict[str, Any] | None = None, **rules: Any) -> str:
    return rulebook_text({"CQEA": product or {}}, version=version, **rules)


def adoption(book: str | None = None, version: int = 2, day: int = LATER, *approvals: str) -> c.AdoptRuleBook:
    return c.AdoptRuleBook(text(version) if book is None else book, version, day, approvals or ("渝环〔2026〕1号",))


def adopt(desk: Desk, wanted: c.AdoptRuleBook) -> list[e.Event]:
    """Two persons adopt; what the second one's approval made happen."""
    (proposed,) = desk.do(act(wanted, 1))
    assert isinstance(proposed, e.ActProposed), proposed
    return desk.do(c.Approve(2, proposed.proposal, digest_of(wanted)))


def refusal(desk: Desk, wanted: c.AdoptRuleBook) -> tuple[int, int, int]:
    before = desk.market.state.pending_rulebook
    (refused,) = desk.do(act(wanted))
    assert isinstance(refused, e.ActRefused), refused
    assert desk.market.state.pending_rulebook is before
    assert desk.market.state.proposals == {}
    return refused.reason, refused.limit, refused.actual


def test_it_takes_two_persons_even_where_the_rule_book_names_no_act() -> None:
    desk = Scene().desk
    assert desk.market.state.rulebook.two_person_acts == ()
    wanted = adoption()
    (proposed,) = desk.do(act(wanted, 1))
    assert isinstance(proposed, e.ActProposed)
    (own,) = desk.do(c.Approve(1, proposed.proposal, digest_of(wanted)))
    assert isinstance(own, e.ActRefused)
    assert own.reason == reasons.SELF_APPROVAL
    taken, adopted = desk.do(c.Approve(2, proposed.proposal, digest_of(wanted)))
    assert isinstance(taken, e.ActTaken)
    assert (taken.operator, taken.approver) == (1, 2)
    assert isinstance(adopted, e.RuleBookAdopted)
    assert (adopted.version, adopted.effective_day, adopted.approvals) == (2, LATER, ("渝环〔2026〕1号",))
    (system,) = desk.do(c.Propose(0, "timetable", "", adoption(version=3)))
    assert isinstance(system, e.ActRefused)


def test_it_takes_effect_at_the_opening_of_its_day_and_not_before() -> None:
    scene = Scene()
    desk = scene.desk
    adopt(desk, adoption(text(2, OTHER)))
    assert scene.play("A1 buy 1 @ 55.00") == ["A1 accepted"]  # 10 % still, and the lot of one tonne
    desk.act(c.CloseDay(), c.OpenDay(20260106), c.ChangePhase(phases.CONTINUOUS))
    assert scene.play("A2 buy 1 @ 55.01") == ["A2 refused: PRICE_OUT_OF_BAND 5500 5501"]
    desk.act(c.CloseDay())
    happened = desk.act(c.OpenDay(20260109))  # the named day was never opened: the next one counts
    kinds = [type(event) for event in happened]
    assert kinds.index(e.RuleBookTookEffect) < kinds.index(e.DayOpened)
    (opened,) = [event for event in happened if isinstance(event, e.DayOpened)]
    assert opened.bands == (e.Band(1, 5000, 4000, 6000),)
    desk.act(c.ChangePhase(phases.CONTINUOUS))
    assert scene.play("A3 buy 20 @ 60.00\nA4 buy 21 @ 60.00\nA5 buy 10 @ 60.00\nA6 buy 510 @ 60.00")[:4] == [
        "A3 accepted",
        "A4 refused: QTY_OFF_LOT 10 21",
        "A5 refused: QTY_BELOW_MIN 20 10",
        "A6 refused: QTY_ABOVE_MAX 500 510",
    ]
    # 20 t x 60.00 = 1,200.00 and 5,100 ppm = 6.12 of fees
    assert scene.cash("A") == "free 998793.88 held 1206.12"
    notice = scene.view.rulebook_notice()
    assert (notice.rulebook.version, notice.since, notice.pending) == (2, 20260109, None)


def test_every_copied_value_is_refreshed() -> None:
    """What differs between a state made under one book and a state made under the other is what a change must set."""
    old, new = rulebook_text(), text(2, OTHER, **OTHER_MARKET)
    differing = {change.rule.rpartition(".")[2] for change in rulewords.changes(parse(old), parse(new))}
    of_products = set(ProductRules.__struct_fields__) - {"code", "name_zh", "name_en", *FIXED_OF_LISTED}
    assert of_products <= differing, "this test must change every rule that a listed product may change"
    desk = Desk(old)
    desk.act(c.ListInstrument("X", "CQEA", 2025, "", "", 5000))
    adopt(desk, adoption(new))
    desk.act(c.OpenDay(LATER))
    state, fresh = desk.market.state, State(parse(new), new)
    for slot in ("stp", "open_orders_max", "order_value_max", "is_proceeds_same_day", "rulebook", "rulebook_text"):
        assert getattr(state, slot) == getattr(fresh, slot) != getattr(State(parse(old), old), slot), slot
    instrument = state.held_instrument(1)
    was, shall = (Instrument(1, "X", "CQEA", 2025, parse(book)) for book in (old, new))
    slots = [name for name in dir(was) if name != "book" and name[0] != "_" and not callable(getattr(was, name))]
    changed = [slot for slot in slots if getattr(was, slot) != getattr(shall, slot)]
    assert len(changed) >= 7
    assert [slot for slot in changed if getattr(instrument, slot) != getattr(shall, slot)] == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (adoption("no rule book"), (reasons.RULEBOOK_INVALID, 0, 1)),
        (adoption(text().replace("= 2,", "= 0,")), (reasons.RULEBOOK_INVALID, 0, 1)),
        (adoption("x" * (TEXT_CHARACTERS_MAX + 1)), (reasons.RULEBOOK_INVALID, 0, 1)),
        (adoption(text(3), version=2), (reasons.CONTENT_CHANGED, 0, 0)),
        (adoption(version=1), (reasons.RULEBOOK_NOT_NEWER, 1, 1)),
        (adoption(day=NOW), (reasons.RULEBOOK_TOO_SOON, NOW, NOW)),
        (adoption(day=-(2**80)), (reasons.RULEBOOK_TOO_SOON, NOW, 0)),
        (adoption(day=2**80), (reasons.RULEBOOK_TOO_SOON, NOW, 99_999_999)),
        (adoption(text(market="other")), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (adoption(text(utc_offset_minutes=0)), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (adoption(text(product={"tick_fen": 10})), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (adoption(text(product={"lock_days": 5})), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (adoption(text(retention_bp=0, product={"kind": "offset"})), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (adoption(rulebook_text({"OTHER": {}}, version=2)), (reasons.RULEBOOK_FIXED_RULE, 0, 0)),
        (c.AdoptRuleBook(text(), 2, LATER, ()), (reasons.ACT_INVALID, 16, 0)),
        (c.AdoptRuleBook(text(), 2, LATER, ("1",) * 17), (reasons.ACT_INVALID, 16, 17)),
        (adoption(None, 2, LATER, " "), (reasons.ACT_INVALID, 16, 1)),
        (adoption(None, 2, LATER, "x" * 201), (reasons.ACT_INVALID, 16, 1)),
    ],
    ids=lambda value: "" if isinstance(value, c.AdoptRuleBook) else reasons.BY_NUMBER[value[0]].name,
)
def test_what_may_not_be_is_refused_by_number_and_nothing_changes(
    wanted: c.AdoptRuleBook, why: tuple[int, int, int]
) -> None:
    assert refusal(Scene().desk, wanted) == why


def test_a_product_that_is_not_listed_may_change_but_is_not_listed_meanwhile() -> None:
    old = rulebook_text({"CQEA": {}, "CCER": {"kind": "offset"}, "GREEN": {"kind": "offset"}})
    desk = Desk(old)
    desk.act(c.ListInstrument("A", "CQEA", 2025, "", "", 5000))
    adopt(desk, adoption(rulebook_text({"CQEA": {}, "CCER": {"kind": "offset", "tick_fen": 10}}, version=2)))
    for product in ("CCER", "GREEN"):
        (refused,) = desk.act(c.ListInstrument("B", product, 2025, "", "", 5000))
        assert isinstance(refused, e.ActRefused)
        assert refused.reason == reasons.RULEBOOK_FIXED_RULE
    desk.act(c.OpenDay(LATER))
    (_, listed) = desk.act(c.ListInstrument("B", "CCER", 2025, "", "", 5000))
    assert isinstance(listed, e.InstrumentListed)
    assert listed.tick_fen == 10
    (refused,) = desk.act(c.ListInstrument("C", "GREEN", 2025, "", "", 5000))
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.ACT_INVALID


def test_a_later_change_supersedes_the_one_that_waits() -> None:
    desk = Scene().desk
    adopt(desk, adoption(text(2, {"limit_bp": 3000})))
    assert refusal(desk, adoption(version=2)) == (reasons.RULEBOOK_NOT_NEWER, 2, 2)
    adopt(desk, adoption(text(3), version=3, day=20260106))
    happened = desk.act(c.CloseDay(), c.OpenDay(20260106), c.CloseDay(), c.OpenDay(LATER))
    assert [event.version for event in happened if isinstance(event, e.RuleBookTookEffect)] == [3]
    assert desk.market.state.held_instrument(1).limit_bp == 1000


def test_a_change_that_was_proposed_too_long_is_judged_again() -> None:
    desk = Scene().desk
    wanted = adoption(day=20260106)
    (proposed,) = desk.do(act(wanted))
    assert isinstance(proposed, e.ActProposed)
    desk.act(c.CloseDay(), c.OpenDay(20260106))
    (refused,) = desk.do(c.Approve(2, proposed.proposal, digest_of(wanted)))
    assert isinstance(refused, e.ActRefused)
    assert (refused.reason, refused.limit, refused.actual) == (reasons.RULEBOOK_TOO_SOON, 20260106, 20260106)


def test_a_market_loaded_while_a_change_waits_goes_on_the_same() -> None:
    desk = Scene().desk
    adopt(desk, adoption(text(2, OTHER), 2, LATER, "a", "b"))
    other = Market.load(desk.market.dump())
    assert other.dump() == desk.market.dump()
    other.audit()
    for wanted in (c.CloseDay(), c.OpenDay(LATER), c.ChangePhase(phases.CONTINUOUS)):
        entry = c.Entry(desk.market.seq + 1, desk.at_ns + 1, act(wanted))
        assert desk.market.apply(entry) == other.apply(entry)
        assert Market.load(other.dump()).dump() == desk.market.dump()
        desk.market.audit()
