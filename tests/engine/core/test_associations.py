"""Associated participants share limits, large holders and caps of bidders; and how many may hold a product. Figures by hand."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.auctions import notice
from tests.testkit.build import Desk, hash_of, rulebook_text

A, B, OUTSIDER, GOVERNMENT, TREASURY = 1, 2, 3, 4, 5  # accounts, each its own owner of that number
TODAY = 20260105


def desk(**rules: Any) -> Desk:
    """A with 300 t for free, B with 200 t, an outsider with 1,000 t, a government with 10,000 t; everyone is admitted."""
    made = Desk(rulebook_text({"CQEA": {"large_holder_tonnes": 150} | rules}, retention_bp=0))
    made.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000))
    for number, category in enumerate(("key_emitter", "institution", "institution", "government", "treasury"), 1):
        made.act(
            c.AdmitParticipant(number, f"p-{number}", f"P{number}"),
            c.OpenAccount(f"A{number}", number, f"P{number}", category),
            c.DepositCash(number, 10**10),
        )
    made.act(
        c.AllocateUnits(A, 1, 300, "free", 2025),
        c.AllocateUnits(B, 1, 200, "paid", 2025),
        c.AllocateUnits(OUTSIDER, 1, 1_000, "paid", 2025),
        c.AllocateUnits(GOVERNMENT, 1, 10_000, "paid", 2025),
    )
    made.open_day(TODAY)
    return made


def buy(made: Desk, account: int, tonnes: int, side: int = BUY) -> tuple[str, int, int]:
    """(reason, limit, actual) of an order at a price that meets nobody."""
    price = 4_900 if side == BUY else 5_100
    [said] = made.do(c.PlaceOrder(account, 1, side, price, tonnes, DAY, f"o{made.market.seq}"))
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return why(said)


def why(said: Any) -> tuple[str, int, int]:
    if isinstance(said, e.OrderRefused | e.RequestRefused | e.BidRefused | e.ActRefused):
        return reasons.BY_NUMBER[said.reason].name, said.limit, said.actual
    return "", 0, 0


def link(made: Desk, controller: int, controlled: int, from_day: int = TODAY, until_day: int = 0) -> None:
    told = made.act(c.Associate(controller, controlled, 5_001, from_day, "annual report", until_day))
    assert isinstance(told[-1], e.AssociationRecorded), told


def test_who_is_linked_by_any_chain_shares_one_limit() -> None:
    made = desk(holding_limit_tonnes=1_000)
    assert buy(made, B, 400) == ("", 0, 0)  # 600 of its own 1,000
    link(made, OUTSIDER, A)
    link(made, B, OUTSIDER)  # B - OUTSIDER - A: 300 + 200 + 1,000 there, 400 asked for, limit 1,000 + 300
    assert buy(made, A, 1) == ("HOLDING_LIMIT", 1_300, 1_901)
    assert buy(made, OUTSIDER, 500, SELL) == ("", 0, 0)
    assert [row.group for row in MarketView(made.market).associations()] == [(1, 2, 3)] * 2


def test_an_association_counts_from_its_day_to_its_day() -> None:
    made = desk(holding_limit_tonnes=1_000)
    link(made, OUTSIDER, B, TODAY + 1, TODAY + 2)
    for day, refused in ((TODAY, False), (TODAY + 1, True), (TODAY + 2, True), (TODAY + 3, False)):
        if day > TODAY:
            made.act(c.CloseDay())
            made.open_day(day)
        assert (buy(made, B, 1)[0] == "HOLDING_LIMIT") is refused
    assert [row.is_in_force for row in MarketView(made.market).associations()] == [False]


def test_it_ends_at_once_by_a_day_that_has_passed() -> None:
    made = desk(holding_limit_tonnes=1_000)
    link(made, OUTSIDER, B)
    assert buy(made, B, 1) == ("HOLDING_LIMIT", 1_000, 1_201)
    made.act(c.Dissociate(1, TODAY - 1, "sold"))
    assert buy(made, B, 1) == ("", 0, 0)
    link(made, OUTSIDER, B)  # another one of the same two, now that the first has ended
    assert buy(made, B, 1) == ("HOLDING_LIMIT", 1_000, 1_202)


def test_a_group_is_one_large_holder_with_all_its_accounts() -> None:
    made = desk()
    assert [(row.owner, row.tonnes) for row in MarketView(made.market).large_holders()] == [(3, 1_000), (2, 200)]
    link(made, A, B)
    rows = MarketView(made.market).large_holders()
    assert [(row.owner, row.accounts, row.tonnes, row.threshold) for row in rows] == [
        (3, (3,), 1_000, 150),
        (1, (1, 2), 500, 450),
    ]


def test_a_gift_inside_a_group_is_no_more_than_it_had() -> None:
    made = desk(holding_limit_tonnes=1_000)
    gift = c.TransferUnits(OUTSIDER, B, 1, 900, "gift")
    assert why(made.act(gift)[0]) == ("HOLDING_LIMIT", 1_000, 1_100)
    link(made, OUTSIDER, B)
    assert isinstance(made.act(gift)[1], e.UnitsTransferred)


def test_the_cap_of_a_bidder_counts_the_group() -> None:
    made = desk()
    link(made, A, B)
    terms: dict[str, Any] = {"unit_account": GOVERNMENT, "cash_account": TREASURY, "trading_day": TODAY}
    made.act(notice(cap_tonnes=300, categories=("key_emitter", "institution"), **terms), c.OpenAuction(1))
    assert isinstance(made.do(c.PlaceBid(A, 1, 5_000, 200, "a"))[0], e.BidPlaced)
    assert why(made.do(c.PlaceBid(B, 1, 5_000, 200, "b"))[0]) == ("BID_ABOVE_CAP", 300, 400)
    assert isinstance(made.do(c.PlaceBid(OUTSIDER, 1, 5_000, 300, "c"))[0], e.BidPlaced)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (c.Associate(A, 9, 6_000, TODAY, ""), "UNKNOWN_PARTICIPANT"),
        (c.Associate(9, A, 6_000, TODAY, ""), "UNKNOWN_PARTICIPANT"),
        (c.Associate(A, A, 6_000, TODAY, ""), "ACT_INVALID"),
        (c.Associate(A, B, 5_000, TODAY, ""), "ACT_INVALID"),
        (c.Associate(A, B, 10_001, TODAY, ""), "ACT_INVALID"),
        (c.Associate(A, B, 6_000, 0, ""), "ACT_INVALID"),
        (c.Associate(A, B, 6_000, TODAY, "", TODAY - 1), "ACT_INVALID"),
        (c.Associate(A, B, 6_000, TODAY, "x" * 201), "ACT_INVALID"),
        (c.Associate(A, OUTSIDER, 6_000, TODAY, "again"), "ALREADY_EXISTS"),
        (c.Dissociate(2, TODAY, ""), "UNKNOWN_ASSOCIATION"),
        (c.Dissociate(1, 0, ""), "ACT_INVALID"),
    ],
)
def test_what_is_no_association_is_refused(act: c.AnyAct, reason: str) -> None:
    made = desk()
    link(made, A, OUTSIDER)
    before = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert why(refused)[0] == reason
    before.seq, before.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(before) == hash_of(made.market)


# ---- how many may hold ----------------------------------------------------------------------------------


def test_no_more_than_so_many_hold_a_product_and_who_asks_for_some_counts() -> None:
    made = desk(holders_max=4)
    made.act(c.OpenAccount("A6", 6, "", "institution"), c.OpenAccount("A7", 7, "", "institution"))
    made.act(c.DepositCash(6, 10**10), c.DepositCash(7, 10**10))
    assert buy(made, 6, 1) == ("", 0, 0)  # the fourth: A, B and the outsider have units, the government does not count
    assert buy(made, 7, 1) == ("HOLDER_CAP", 4, 4)
    assert buy(made, 6, 1) == buy(made, B, 1) == ("", 0, 0)
    made.do(c.CancelAll(6, 0, 0))
    assert buy(made, 7, 1) == ("", 0, 0)  # it has made room
    assert buy(made, 6, 1) == ("HOLDER_CAP", 4, 4)


def test_the_cap_holds_for_blocks_bids_and_gifts_and_not_for_what_the_law_moves() -> None:
    made = desk(holders_max=3, block_tonnes_min=10, block_limit_bp=1_000)
    made.act(c.OpenAccount("A6", 6, "", "institution"), c.DepositCash(6, 10**10), c.OpenBlockWindow())
    assert why(made.do(c.BlockOffer(6, 1, BUY, 5_000, 10, (A,), "b"))[0]) == ("HOLDER_CAP", 3, 3)
    [offer, *_] = made.do(c.BlockOffer(A, 1, SELL, 5_000, 10, (6,), "s"))
    assert isinstance(offer, e.BlockOffered)
    assert why(made.do(c.BlockConfirm(6, offer.offer))[0]) == ("HOLDER_CAP", 3, 3)
    terms: dict[str, Any] = {"unit_account": GOVERNMENT, "cash_account": TREASURY, "trading_day": TODAY}
    made.act(notice(categories=("institution",), **terms), c.OpenAuction(1))
    assert why(made.do(c.PlaceBid(6, 1, 5_000, 10, "b"))[0]) == ("HOLDER_CAP", 3, 3)
    assert why(made.act(c.TransferUnits(A, 6, 1, 1, "gift"))[0]) == ("HOLDER_CAP", 3, 3)
    assert isinstance(made.act(c.TransferUnits(A, 6, 1, 1, "court"))[1], e.UnitsTransferred)
    assert buy(made, 6, 1) == ("", 0, 0)
