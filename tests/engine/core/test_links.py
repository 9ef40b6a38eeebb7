"""Accounts that evidence links are watched together with who is associated; their limits stay their own. Figures by hand."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

A, B, OUTSIDER, GOVERNMENT, SISTER = 1, 2, 3, 4, 5  # accounts; A and its sister have one owner
TODAY = 20260105


def desk(**surveillance: int) -> Desk:
    """A with 300 t for free, B with 500 t, an outsider with 90 t, a government with 10,000 t; 1,000 t are the limit."""
    made = Desk(rulebook_text({"CQEA": {"holding_limit_tonnes": 1_000}}, None, None, None, surveillance))
    made.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000))
    for owner, category in (
        (1, "key_emitter"),
        (2, "institution"),
        (3, "institution"),
        (4, "government"),
        (1, "key_emitter"),
    ):
        number = len(made.market.state.accounts) if made.market.seq > 2 else 1
        made.act(c.OpenAccount(f"A{number}", owner, f"P{number}", category), c.DepositCash(number, 10**8))
    for owner in (1, 2, 3):
        made.act(c.AdmitParticipant(owner, f"p-{owner}", f"P{owner}"))
    made.act(
        c.AllocateUnits(A, 1, 300, "free", 2025),
        c.AllocateUnits(B, 1, 500, "paid", 2025),
        c.AllocateUnits(OUTSIDER, 1, 90, "paid", 2025),
        c.AllocateUnits(GOVERNMENT, 1, 10_000, "paid", 2025),
    )
    made.open_day(TODAY)
    return made


def close(made: Desk) -> list[e.Event]:
    """What the close found."""
    told = made.act(c.CloseDay())
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return [event for event in told if isinstance(event, e.LinkedNearLimit | e.RetentionNear)]


def test_linked_owners_are_reckoned_as_one_at_the_close() -> None:
    made = desk(linked_share_bp=6_000)
    assert made.act(c.LinkAccounts((A, B), "address", "one office"))[1:] == [
        e.AccountsLinked(1, (A, B), "address", "one office")
    ]
    # 300 + 500 of 1,000 t and the 300 t for free: 61.5 %
    assert close(made) == [e.LinkedNearLimit("CQEA", (A, SISTER, B), (1,), 800, 1_300)]


@pytest.mark.parametrize(("share", "is_seen"), [(6_153, True), (6_154, False), (0, False)])
def test_from_the_share_of_the_limit_on(share: int, is_seen: bool) -> None:
    made = desk(linked_share_bp=share)
    made.act(c.LinkAccounts((A, B), "person", "register"))
    assert bool(close(made)) is is_seen


def test_a_chain_of_links_and_associations_is_one_group() -> None:
    made = desk(linked_share_bp=6_800)
    made.act(
        c.LinkAccounts((A, OUTSIDER), "network", "10.0.0.7"),
        c.Associate(2, 3, 6_000, TODAY, "annual report"),
        c.LinkAccounts((OUTSIDER, B), "key", "one device"),
    )
    assert MarketView(made.market).links()[0].watched_with == (1, 2, 3)
    assert close(made) == [e.LinkedNearLimit("CQEA", (A, SISTER, B, OUTSIDER), (1, 2), 890, 1_300)]


def test_an_association_alone_is_watched_and_shares_the_limit() -> None:
    made = desk(linked_share_bp=5_901)
    made.act(c.Associate(2, 3, 6_000, TODAY, "annual report"))
    assert close(made) == []
    made = desk(linked_share_bp=5_900)
    made.act(c.Associate(2, 3, 6_000, TODAY, "annual report"))
    assert close(made) == [e.LinkedNearLimit("CQEA", (B, OUTSIDER), (), 590, 1_000)]


def test_a_link_changes_no_limit_and_ends() -> None:
    made = desk(linked_share_bp=5_000)
    made.act(c.LinkAccounts((B, OUTSIDER), "key", "one device"))
    [said] = made.do(c.PlaceOrder(B, 1, BUY, 4_900, 500, DAY, "b"))
    assert isinstance(said, e.OrderAccepted)  # together they would have 1,090 t
    assert made.act(c.UnlinkAccounts(1, "sold the device"))[1:] == [e.AccountsUnlinked(1, "sold the device")]
    [row] = MarketView(made.market).links()
    assert (row.link.is_ended, row.link.ended_on, row.owners, row.watched_with) == (True, TODAY, (2, 3), ())
    assert close(made) == []


def test_the_government_is_watched_with_nobody() -> None:
    made = desk(linked_share_bp=1)
    made.act(c.LinkAccounts((B, GOVERNMENT), "other", "a mistake"))
    assert close(made) == []


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (c.LinkAccounts((A, SISTER), "address", "one owner anyway"), "ACT_INVALID"),
        (c.LinkAccounts((A,), "address", "alone"), "ACT_INVALID"),
        (c.LinkAccounts((A, B, A), "address", "twice"), "ACT_INVALID"),
        (c.LinkAccounts((A, 99), "address", "nobody"), "UNKNOWN_ACCOUNT"),
        (c.LinkAccounts((A, B), "rumor", "no kind"), "ACT_INVALID"),
        (c.LinkAccounts((A, B), "key", ""), "ACT_INVALID"),
        (c.LinkAccounts((A, B), "key", "x" * 201), "ACT_INVALID"),
        (c.LinkAccounts(tuple(range(1, 52)), "key", "too many"), "ACT_INVALID"),
        (c.UnlinkAccounts(1, ""), "ACT_INVALID"),
        (c.UnlinkAccounts(2, "there is none"), "UNKNOWN_LINK"),
        (c.UnlinkAccounts(0, "there is none"), "UNKNOWN_LINK"),
    ],
    ids=repr,
)
def test_what_is_no_link_is_refused_and_changes_nothing(act: c.AnyAct, reason: str) -> None:
    made = desk()
    made.act(c.LinkAccounts((A, B), "key", "one device"))
    kept = MarketView(made.market).links()
    [said] = made.act(act)
    assert isinstance(said, e.ActRefused)
    assert reasons.BY_NUMBER[said.reason].name == reason
    assert MarketView(made.market).links() == kept


def test_a_link_that_has_ended_does_not_end_again() -> None:
    made = desk()
    made.act(c.LinkAccounts((A, B), "key", "one device"), c.UnlinkAccounts(1, "no"))
    [said] = made.act(c.UnlinkAccounts(1, "no"))
    assert isinstance(said, e.ActRefused)
    assert said.reason == reasons.UNKNOWN_LINK


@pytest.mark.parametrize(("sold", "near_bp", "found"), [(143, 500, 1), (142, 500, 0), (150, 0, 0), (150, 1, 1)])
def test_who_keeps_hardly_more_than_its_floor_is_said_at_the_close(sold: int, near_bp: int, found: int) -> None:
    made = desk(retention_near_bp=near_bp)
    made.do(c.PlaceOrder(A, 1, SELL, 5_000, sold, DAY, "s"))
    made.do(c.PlaceOrder(OUTSIDER, 1, BUY, 5_000, sold, DAY, "b"))
    expected: list[Any] = [e.RetentionNear(A, 300 - sold, 150)][:found]
    assert close(made) == expected
