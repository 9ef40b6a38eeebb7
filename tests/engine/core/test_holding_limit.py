"""The holding limit in every way by which an owner gets units, and who is a large holder; figures worked out by hand."""

from typing import Any

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.auctions import notice
from tests.testkit.build import Desk, rulebook_text

EMITTER, SISTER, TRADER, GOVERNMENT, TREASURY = 1, 2, 3, 4, 5
OLD, NEW, CREDIT = 1, 2, 3
TODAY = 20260105
RULES: dict[str, Any] = {
    "holding_limit_tonnes": 1_000,
    "large_holder_tonnes": 500,
    "large_holders_published": True,
    "block_tonnes_min": 10,
    "block_limit_bp": 1_000,
    "lock_days": 1,
}


def world(**changes: Any) -> Desk:
    """An emitter with 300 t for free in 2025 and its sister company, a trader with 900 t, a government with 10,000 t."""
    products = {"CQEA": RULES | changes, "CCER": {"kind": "offset", "holding_limit_tonnes": 50}}
    desk = Desk(rulebook_text(products, retention_bp=0))
    desk.act(
        c.ListInstrument("CQEA-24", "CQEA", 2024, "", "", 5_000),
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 5_000),
        c.OpenAccount("EMITTER", 1, "水泥", "key_emitter"),
        c.OpenAccount("SISTER", 1, "水泥贸易", "institution"),
        c.OpenAccount("TRADER", 2, "投资", "institution"),
        c.OpenAccount("GOV", 900, "政府", "government"),
        c.OpenAccount("TREASURY", 901, "国库", "treasury"),
        *(c.DepositCash(account, 10**10) for account in (EMITTER, SISTER, TRADER, GOVERNMENT, TREASURY)),
        c.AllocateUnits(EMITTER, NEW, 300, "free", 2025),
        c.AllocateUnits(TRADER, OLD, 900, "paid", 2025),
        c.AllocateUnits(TRADER, CREDIT, 50, "offset", 2025),
        c.AllocateUnits(GOVERNMENT, NEW, 10_000, "paid", 2025),
    )
    desk.open_day(TODAY)
    desk.act(c.OpenBlockWindow())
    return desk


def buy(desk: Desk, account: int, tonnes: int, instrument: int = NEW, side: int = BUY) -> tuple[int, int, int]:
    """(reason, limit, actual) of an order; zeros where it was taken."""
    [said, *_] = desk.do(c.PlaceOrder(account, instrument, side, 5_000, tonnes, DAY, f"o{desk.market.seq}"))
    desk.market.audit()
    return why(said)


def why(said: e.Event) -> tuple[int, int, int]:
    if isinstance(said, e.OrderRefused | e.RequestRefused | e.BidRefused | e.ActRefused):
        return said.reason, said.limit, said.actual
    return 0, 0, 0


TAKEN = 0, 0, 0


def too_much(limit: int, actual: int) -> tuple[int, int, int]:
    return reasons.HOLDING_LIMIT, limit, actual


def test_an_owner_may_reach_its_limit_and_not_pass_it() -> None:
    desk = world()
    assert buy(desk, TRADER, 101) == too_much(1_000, 1_001)  # 900 of another vintage count
    assert buy(desk, TRADER, 100) == TAKEN
    assert buy(desk, TRADER, 1) == too_much(1_000, 1_001)  # what is open counts
    desk.do(c.CancelAll(TRADER, 0, 0))
    assert buy(desk, TRADER, 100) == TAKEN


def test_a_key_emitter_s_free_allocation_comes_on_top_and_its_companies_share_the_limit() -> None:
    desk = world()
    assert buy(desk, EMITTER, 600) == TAKEN  # 300 + 600
    assert buy(desk, SISTER, 401) == too_much(1_300, 1_301)
    assert buy(desk, SISTER, 400) == TAKEN
    assert buy(desk, EMITTER, 1) == too_much(1_300, 1_301)


def test_only_the_newest_year_s_allocation_comes_on_top() -> None:
    desk = world()
    desk.act(c.AllocateUnits(EMITTER, NEW, 200, "free", 2026))
    assert buy(desk, EMITTER, 701) == too_much(1_200, 1_201)
    assert buy(desk, EMITTER, 700) == TAKEN


def test_an_offset_has_its_own_limit_without_allocation() -> None:
    desk = world()
    assert buy(desk, EMITTER, 51, CREDIT) == too_much(50, 51)
    assert buy(desk, EMITTER, 50, CREDIT) == TAKEN
    assert buy(desk, TRADER, 1, CREDIT) == too_much(50, 51)


def test_every_state_of_a_unit_counts() -> None:
    desk = world()
    desk.act(c.EncumberUnits(TRADER, OLD, 200, "pledge", "bank"), c.PreallocateUnits(EMITTER, NEW, 100, 2026, 0))
    assert buy(desk, TRADER, 300, OLD, SELL) == TAKEN  # held: 300, available: 400, pledged: 200
    assert buy(desk, TRADER, 101) == too_much(1_000, 1_001)
    assert buy(desk, EMITTER, 300, OLD) == TAKEN  # bought today: locked
    assert buy(desk, TRADER, 400) == TAKEN  # and sold by the trader: 600 left
    assert buy(desk, EMITTER, 601) == too_much(1_300, 1_301)  # 300 + 100 ahead + 300 locked + 601


def test_a_larger_replacement_is_judged_by_what_it_adds_and_a_smaller_one_passes_under_any_limit() -> None:
    desk = world()
    number = desk.market.seq + 1
    assert buy(desk, TRADER, 60) == TAKEN
    [said] = desk.do(c.ReplaceOrder(TRADER, number, "", 4_900, 101))
    assert why(said) == too_much(1_000, 1_001)
    # cheaper in all than before, so no cash is asked for; the tonnes are
    [said] = desk.do(c.ReplaceOrder(TRADER, number, "", 4_900, 100))
    assert isinstance(said, e.OrderReplaced)
    desk.act(
        c.AllocateUnits(TRADER, OLD, 500, "paid", 2025)
    )  # an allocation is no choice of the owner: above the limit
    [said] = desk.do(c.ReplaceOrder(TRADER, number, "", 4_900, 40))
    assert isinstance(said, e.OrderReplaced)
    [said] = desk.do(c.ReplaceOrder(TRADER, number, "", 4_900, 41))
    assert why(said) == too_much(1_000, 1_441)
    assert buy(desk, TRADER, 10, OLD, SELL) == TAKEN


def test_blocks_are_judged_when_offered_and_when_confirmed() -> None:
    desk = world()
    [said] = desk.do(c.BlockOffer(TRADER, NEW, BUY, 5_000, 101, (GOVERNMENT,), "b1"))
    assert why(said) == too_much(1_000, 1_001)
    offer = desk.market.seq + 1
    [said] = desk.do(c.BlockOffer(GOVERNMENT, NEW, SELL, 5_000, 60, (TRADER, SISTER), "b2"))
    assert isinstance(said, e.BlockOffered)
    [said] = desk.do(c.BlockOffer(TRADER, NEW, BUY, 5_000, 41, (SISTER,), "b3"))
    assert isinstance(said, e.BlockOffered)
    [said] = desk.do(c.BlockConfirm(TRADER, offer))
    assert why(said) == too_much(1_000, 1_001)  # its own open offer to buy 41 counts
    desk.do(c.BlockWithdraw(TRADER, 0, "b3"))
    assert isinstance(desk.do(c.BlockConfirm(TRADER, offer))[0], e.BlockTraded)
    desk.market.audit()


def test_bids_in_a_sale_count_and_are_judged() -> None:
    desk = world()
    terms = notice(instrument=NEW, unit_account=GOVERNMENT, cash_account=TREASURY, trading_day=TODAY)
    desk.act(terms, c.OpenAuction(1))
    assert why(desk.do(c.PlaceBid(TRADER, 1, 5_000, 101, "x", 0))[0]) == too_much(1_000, 1_001)
    bid = desk.market.seq + 1
    assert isinstance(desk.do(c.PlaceBid(TRADER, 1, 5_000, 60, "y", 0))[0], e.BidPlaced)
    assert buy(desk, TRADER, 41) == too_much(1_000, 1_001)
    assert why(desk.do(c.PlaceBid(TRADER, 1, 4_000, 101, "z", bid))[0]) == too_much(1_000, 1_001)
    assert isinstance(desk.do(c.PlaceBid(TRADER, 1, 4_000, 100, "z", bid))[0], e.BidPlaced)
    desk.act(c.CloseAuction(1))
    desk.market.audit()
    assert buy(desk, TRADER, 1) == too_much(1_000, 1_001)  # the award of 100 is held now


def test_a_gift_is_refused_and_what_the_law_moves_is_not() -> None:
    desk = world()
    gift = c.TransferUnits(GOVERNMENT, TRADER, NEW, 101, "gift")
    assert why(desk.act(gift)[-1]) == too_much(1_000, 1_001)
    assert isinstance(desk.act(c.TransferUnits(EMITTER, SISTER, NEW, 300, "gift"))[-1], e.UnitsTransferred)
    by_court = c.TransferUnits(GOVERNMENT, TRADER, NEW, 101, "court")
    assert isinstance(desk.act(by_court)[-1], e.UnitsTransferred)
    assert buy(desk, TRADER, 1) == too_much(1_000, 1_002)


def test_the_government_s_reserve_is_no_position() -> None:
    desk = world()
    assert buy(desk, GOVERNMENT, 5_000) == TAKEN
    assert {row.owner for row in MarketView(desk.market).large_holders()} == {2}


def test_without_a_limit_nothing_is_refused_and_without_a_threshold_nobody_is_large() -> None:
    desk = Desk(rulebook_text(retention_bp=0))
    desk.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
        c.OpenAccount("A", 1, "", "institution"),
        c.DepositCash(1, 10**12),
        c.AllocateUnits(1, 1, 10**9, "paid", 2025),
    )
    desk.open_day(TODAY)
    assert buy(desk, 1, 99_999, 1) == TAKEN
    assert MarketView(desk.market).large_holders() == []


def test_large_holders_are_above_their_threshold_the_largest_first() -> None:
    desk = world()
    desk.act(c.AllocateUnits(SISTER, OLD, 500, "paid", 2025))
    assert [row.owner for row in MarketView(desk.market).large_holders()] == [2]  # 800 of 800 is not above
    desk.act(c.AllocateUnits(SISTER, OLD, 501, "paid", 2025))
    rows = [
        (row.product, row.owner, row.accounts, row.names, row.tonnes, row.threshold, row.limit)
        for row in MarketView(desk.market).large_holders()
    ]
    assert rows == [
        ("CQEA", 1, (EMITTER, SISTER), ("水泥", "水泥贸易"), 1_301, 800, 1_300),
        ("CQEA", 2, (TRADER,), ("投资",), 900, 500, 1_000),
    ]


def test_a_market_loaded_from_its_dump_refuses_the_same() -> None:
    desk = world()
    assert buy(desk, TRADER, 60) == TAKEN
    desk.market = Market.load(desk.market.dump())
    assert buy(desk, TRADER, 41) == too_much(1_000, 1_001)
