"""A key emitter leaves for the national market: what it may still do, until when, what it owes; and how accounts are closed."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

KEY, OTHER, GOVERNMENT = 1, 2, 3
TODAY = 20260105
UNTIL = 20260107
LAST = 2025
BLOCK_T = 100
BOOK = rulebook_text({"CQEA": {"block_tonnes_min": BLOCK_T, "block_limit_bp": 3_000}})


def desk() -> Desk:
    """A key emitter with 1,000 t of 2025 and 70 t ahead of 2026, and an institution; both with cash."""
    made = Desk(BOOK)
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.OpenAccount("KEY", 1, "", "key_emitter"),
        c.OpenAccount("OTHER", 2, "", "institution"),
        c.OpenAccount("GOV", 3, "", "government"),
        c.AllocateUnits(KEY, 1, 1_000, "free", LAST),
        c.PreallocateUnits(KEY, 1, 70, 2026, 0),
        c.AllocateUnits(OTHER, 1, 1_000, "paid", LAST),
        c.DepositCash(KEY, 10_000_000),
        c.DepositCash(OTHER, 10_000_000),
    )
    made.open_day(TODAY)
    made.act(c.OpenBlockWindow())
    return made


def both(made: Desk, act: c.AnyAct) -> list[e.Event]:
    """Two persons do it; the market keeps its invariants and survives a dump."""
    [proposed] = made.act(act)
    assert isinstance(proposed, e.ActProposed), proposed
    told = made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert isinstance(told[0], e.ActTaken), told
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return told[1:]


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    before = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    before.seq, before.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(before) == hash_of(made.market)
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def order(made: Desk, side: int, account: int = KEY, price: int = 4_000, tonnes: int = 10) -> str:
    said = made.do(c.PlaceOrder(account, 1, side, price, tonnes, DAY, f"o{made.market.seq}"))[0]
    return reasons.BY_NUMBER[said.reason].name if isinstance(said, e.OrderRefused) else ""


def leave(made: Desk) -> list[e.Event]:
    return both(made, c.ExitToNationalMarket(KEY, UNTIL, LAST))


def test_who_leaves_buys_nothing_gets_nothing_and_sells() -> None:
    made = desk()
    made.act(c.AllocateUnits(KEY, 1, 200, "paid", 2026))
    assert order(made, BUY, price=3_900) == order(made, SELL, price=4_100) == ""
    made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, BLOCK_T, (KEY,), "to sell"))
    made.do(c.BlockOffer(OTHER, 1, BUY, 4_000, BLOCK_T, (KEY,), "to buy"))
    told = leave(made)
    assert told[0] == e.AccountLeaving(KEY, UNTIL, LAST)
    assert [type(said) for said in told[1:]] == [e.OrderCanceled, e.BlockDeclined, e.AllocationTruedUp]
    assert told[3] == e.AllocationTruedUp(KEY, 1, 2026, 0, 0, 70, 0)
    assert [row.side for row in made.market.state.held_account(KEY).orders.values()] == [SELL]
    assert order(made, BUY) == "ACCOUNT_LEAVING"
    assert order(made, SELL) == ""
    for act in (
        c.AllocateUnits(KEY, 1, 1, "free", LAST),
        c.AllocateUnits(KEY, 1, 1, "paid", LAST),
        c.PreallocateUnits(KEY, 1, 1, 2026, 0),
        c.TransferUnits(OTHER, KEY, 1, 1, "gift"),
        c.ExitToNationalMarket(KEY, UNTIL + 1, LAST),
    ):
        assert why(made, act) == ("ACCOUNT_LEAVING", UNTIL, 0), act


def test_the_past_year_stays_owed_with_its_retention_and_later_years_do_not() -> None:
    made = desk()
    made.act(c.TrueUpAllocation(KEY, 1, 70, 2026, 0))
    assert e.RetentionChanged(KEY, 2026, 0) in leave(made)
    assert made.market.state.held_account(KEY).retention_floor == 500
    assert order(made, SELL, tonnes=571) == "OBLIGATION_RESERVED"
    made.act(c.ImportEmissions(LAST, ((KEY, 600, 20260420),), 0, "ab" * 32))
    assert why(made, c.CloseAccount(KEY))[0] == "ACCOUNT_HAS_UNITS"
    made.act(c.SurrenderUnits(KEY, 1, 600, LAST, True))
    assert order(made, SELL, tonnes=470) == ""


def test_from_its_day_on_it_trades_no_more_and_closes_once_it_is_empty() -> None:
    made = desk()
    leave(made)
    made.act(c.CloseDay())
    made.open_day(UNTIL)
    assert order(made, SELL) == ""
    made.act(c.CloseDay())
    made.open_day(UNTIL + 1)
    assert order(made, SELL) == "ACCOUNT_LEAVING"
    assert MarketView(made.market).accounts()[0].bars != 0
    made.act(
        c.ImportEmissions(LAST, ((KEY, 600, 20260420),), 0, "ab" * 32),
        c.SurrenderUnits(KEY, 1, 600, LAST, True),
        c.TransferUnits(KEY, OTHER, 1, 400, "gift"),
    )
    assert made.act(c.CloseDay())[-1] != e.AccountClosed(KEY)
    made.open_day(UNTIL + 2)
    made.act(c.WithdrawCash(KEY, 10_000_000))
    assert made.act(c.CloseDay())[-1] == e.AccountClosed(KEY)
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    made.open_day(UNTIL + 3)
    assert order(made, SELL) == "ACCOUNT_CLOSED"
    assert made.act(c.CloseDay())[-1] != e.AccountClosed(KEY)
    for act in (
        c.DepositCash(KEY, 1),
        c.AllocateUnits(KEY, 1, 1, "offset", LAST),
        c.TransferUnits(OTHER, KEY, 1, 1, "court"),
        c.ImportEmissions(LAST, ((KEY, 1, 20260420),), 0, "ab" * 32),
        c.Restrict(KEY, 1, ""),
        c.CloseAccount(KEY),
        c.MergeAccounts(KEY, OTHER),
    ):
        assert why(made, act) == ("ACCOUNT_CLOSED", 0, 0), act


def test_an_account_is_closed_only_with_nothing_in_it_and_nothing_owed() -> None:
    made = desk()
    assert why(made, c.CloseAccount(OTHER)) == ("ACCOUNT_HAS_UNITS", 0, 1_000)
    made.act(c.CancelUnits(OTHER, 1, 1_000, "voluntary"))
    assert why(made, c.CloseAccount(OTHER)) == ("ACCOUNT_HAS_CASH", 0, 10_000_000)
    made.act(c.WithdrawCash(OTHER, 10_000_000))
    assert both(made, c.CloseAccount(OTHER)) == [e.AccountClosed(OTHER)]
    made.act(c.TrueUpAllocation(KEY, 1, 0, 2026, 0), c.WithdrawCash(KEY, 10_000_000))
    made.act(c.EncumberUnits(KEY, 1, 1_000, "freeze", "a court"))
    made.act(c.EnforceEncumbrance(1, 500, GOVERNMENT))
    assert why(made, c.CloseAccount(KEY)) == ("ACCOUNT_HAS_UNITS", 0, 500)
    made.act(c.ReleaseUnits(1, 500), c.SurrenderUnits(KEY, 1, 500, LAST, False))
    assert why(made, c.CloseAccount(KEY)) == ("ACCOUNT_OWES", 0, LAST)
    made.act(c.ImportEmissions(LAST, ((KEY, 500, 20260420),), 0, "ab" * 32), c.SurrenderUnits(KEY, 1, 0, LAST, True))
    assert both(made, c.CloseAccount(KEY)) == [e.AccountClosed(KEY)]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (c.ExitToNationalMarket(9, UNTIL, LAST), "UNKNOWN_ACCOUNT"),
        (c.ExitToNationalMarket(OTHER, UNTIL, LAST), "NOT_KEY_EMITTER"),
        (c.ExitToNationalMarket(KEY, TODAY, LAST), "ACT_INVALID"),
        (c.ExitToNationalMarket(KEY, 20261301, LAST), "ACT_INVALID"),
        (c.ExitToNationalMarket(KEY, UNTIL, 1999), "ACT_INVALID"),
        (c.CloseAccount(9), "UNKNOWN_ACCOUNT"),
        (c.CloseAccount(GOVERNMENT), "ACT_INVALID"),
    ],
)
def test_what_cannot_end_is_refused(act: c.AnyAct, reason: str) -> None:
    assert why(desk(), act)[0] == reason
