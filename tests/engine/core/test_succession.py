"""Merger of units: everything goes over in the state it is in, what is open ends, and what bars it changes nothing."""

import random

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.succession import MERGED
from engine.core.units import BUY, RESTRICT_SELL, SELL
from engine.view import MarketView
from tests.testkit.auctions import FIRST_BIDDER, AuctionDesk, notice
from tests.testkit.build import Desk, hash_of, rulebook_text

OLD, NEW, OTHER, STATE = 1, 2, 3, 4
YEAR = 2025
BLOCK_T = 100_000
BOOK = rulebook_text(
    {"CQEA": {"lock_days": 1, "block_tonnes_min": BLOCK_T, "block_limit_bp": 3_000}},
    proceeds_same_day=False,
    block_window=["09:30", "15:00"],
)


def desk() -> Desk:
    """Two key emitters with 1,000 t and 400 t free (floors 500 and 200), an institution, the government."""
    made = Desk(BOOK)
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.OpenAccount("OLD", 1, "", "key_emitter"),
        c.OpenAccount("NEW", 2, "", "key_emitter"),
        c.OpenAccount("OTHER", 3, "", "institution"),
        c.OpenAccount("STATE", 4, "", "government"),
        c.AllocateUnits(OLD, 1, 1_000, "free", YEAR),
        c.AllocateUnits(NEW, 1, 400, "free", YEAR),
        c.AllocateUnits(OTHER, 1, 300, "paid", YEAR),
        c.DepositCash(OLD, 10_000_000),
        c.DepositCash(OTHER, 10_000_000),
    )
    return made


def merge(made: Desk, account: int = OLD, to_account: int = NEW) -> list[e.Event]:
    """Two people merge; the market keeps its invariants and survives a dump."""
    [proposed] = made.act(c.MergeAccounts(account, to_account))
    assert isinstance(proposed, e.ActProposed), proposed
    told = made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert isinstance(told[0], e.ActTaken), told
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return told[1:]


def why(made: Desk, act: c.AnyAct) -> tuple[str, int, int]:
    """Why an act is refused; the market is afterwards what it was before."""
    loaded = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    loaded.seq, loaded.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(loaded) == hash_of(made.market), "nothing but the place in the journal has changed"
    return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual


def units(made: Desk, account: int) -> tuple[int, int, int, int, int]:
    """available, held, locked, encumbered, preallocated."""
    rows = MarketView(made.market).units(account)
    row = rows[0] if rows else None
    return (row.available, row.held, row.locked, row.encumbered, row.preallocated) if row else (0, 0, 0, 0, 0)


def test_everything_goes_over_in_the_state_it_is_in() -> None:
    made = desk()
    made.act(
        c.PreallocateUnits(OLD, 1, 70, 2026, 20261201),
        c.PreallocateUnits(NEW, 1, 5, 2026, 20261130),
        c.EncumberUnits(OLD, 1, 100, "pledge", "a bank"),
        c.ImportEmissions(YEAR, ((OLD, 900, 20260420), (NEW, 300, 20260421)), 0, "ab" * 32),
        c.SurrenderUnits(OLD, 1, 50, YEAR, False),
    )
    made.open_day()
    made.do(c.PlaceOrder(OTHER, 1, SELL, 4000, 20, 0, "s"))
    made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 30, 0, "b"))  # 20 t bought and locked, 10 t stay open
    told = merge(made)
    [canceled] = [said for said in told if isinstance(said, e.OrderCanceled)]
    assert canceled.reason == reasons.ACCOUNT_MERGED
    assert told[-1] == e.AccountMerged(OLD, NEW)
    assert e.RetentionChanged(NEW, YEAR, 700) in told
    assert e.EmissionsRecorded(NEW, YEAR, 1_200, 20260421, 0) in told
    assert units(made, OLD) == (0, 0, 0, 0, 0)
    assert units(made, NEW) == (850 + 400, 0, 20, 100, 75)
    view = MarketView(made.market)
    [found] = view.encumbrances(NEW)
    assert (found.tonnes, found.beneficiary) == (100, "a bank")
    assert view.encumbrances(OLD) == []
    gone, taken = view.accounts()[0], view.accounts()[1]
    assert (gone.free_fen, gone.held_fen, gone.restriction, gone.retention_floor) == (0, 0, MERGED, 0)
    assert (gone.successor, taken.successor, taken.retention_floor) == (NEW, 0, 700)
    assert taken.free_fen == 10_000_000 - 20 * 4000
    record = made.market.state.compliance[NEW][YEAR]  # type: ignore[union-attr]
    assert (record.free, record.surrendered, record.shortfall) == (1_400, 50, 1_150)
    # the obligation is the successor's, whole
    assert why(made, c.SurrenderUnits(NEW, 1, 1_149, YEAR, True)) == ("OBLIGATION_NOT_MET", 1_200, 1_199)
    made.act(c.SurrenderUnits(NEW, 1, 1_150, YEAR, True), c.TrueUpAllocation(NEW, 1, 75, 2026, 0), c.CloseDay())
    made.open_day(20260106)
    made.market.audit()
    assert units(made, NEW) == (1_250 - 1_150 + 75 + 20, 0, 0, 100, 0)


def test_nothing_happens_to_a_merged_account_any_more() -> None:
    made = desk()
    merge(made)
    made.open_day()
    [refused] = made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 1, 0, "b"))
    assert isinstance(refused, e.OrderRefused)
    assert (refused.reason, refused.actual) == (reasons.ACCOUNT_MERGED, NEW)
    for act in (
        c.DepositCash(OLD, 1),
        c.WithdrawCash(OLD, 1),
        c.AllocateUnits(OLD, 1, 1, "free", YEAR),
        c.PreallocateUnits(OLD, 1, 1, 2026, 0),
        c.TransferUnits(NEW, OLD, 1, 1, "gift"),
        c.ImportEmissions(YEAR, ((NEW, 1, 20260420), (OLD, 900, 20260420)), 0, "ab" * 32),
        c.SurrenderUnits(OLD, 1, 0, YEAR, True),
        c.LiftRestriction(OLD, 2),
        c.Restrict(OLD, 1, ""),
        c.MergeAccounts(OLD, NEW),
        c.MergeAccounts(NEW, OLD),
    ):
        assert why(made, act) == ("ACCOUNT_MERGED", 0, NEW), act


def test_locks_of_both_keep_their_days() -> None:
    made = desk()
    made.act(c.DepositCash(NEW, 10_000_000))
    made.open_day()
    made.do(c.PlaceOrder(OTHER, 1, SELL, 4000, 50, 0, "s"))
    made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 20, 0, "b"))
    made.do(c.PlaceOrder(NEW, 1, BUY, 4000, 30, 0, "b"))
    told = merge(made)
    [moved] = [said for said in told if isinstance(said, e.HoldingTransferred) and said.state == "locked"]
    assert (moved.tonnes, moved.bought_day) == (20, 1)
    assert units(made, NEW)[2] == 50
    made.act(c.CloseDay())
    made.open_day(20260106)
    made.market.audit()
    assert units(made, NEW) == (1_450, 0, 0, 0, 0)


def test_block_offers_end_on_both_sides() -> None:
    made = desk()
    made.open_day()
    made.act(c.OpenBlockWindow())
    made.act(c.AllocateUnits(OLD, 1, BLOCK_T, "paid", YEAR), c.AllocateUnits(OTHER, 1, BLOCK_T, "paid", YEAR))
    mine = made.do(c.BlockOffer(OLD, 1, SELL, 4000, BLOCK_T, (OTHER,), "mine"))
    theirs = made.do(c.BlockOffer(OTHER, 1, SELL, 4000, BLOCK_T, (OLD,), "theirs"))
    assert [type(said[0]) for said in (mine, theirs)] == [e.BlockOffered, e.BlockOffered]
    told = merge(made)
    assert [said.reason for said in told if isinstance(said, e.BlockEnded)] == [reasons.ACCOUNT_MERGED]
    assert [said.reason for said in told if isinstance(said, e.BlockDeclined)] == [reasons.ACCOUNT_MERGED]
    assert units(made, OTHER)[1] == 0


@pytest.mark.parametrize("withdrawable", [True, False])
def test_a_bid_ends_with_the_account_unless_it_binds(withdrawable: bool) -> None:
    made = AuctionDesk()
    made.hold(notice(withdrawable=withdrawable))
    made.bid(FIRST_BIDDER, 4_200, 100)
    if withdrawable:
        told = merge(made, FIRST_BIDDER, FIRST_BIDDER + 1)
        assert [said.reason for said in told if isinstance(said, e.BidEnded)] == [reasons.ACCOUNT_MERGED]
    else:
        assert why(made, c.MergeAccounts(FIRST_BIDDER, FIRST_BIDDER + 1)) == ("BID_NOT_WITHDRAWABLE", 0, 0)


def test_what_bars_a_merger() -> None:
    made = desk()
    assert why(made, c.MergeAccounts(OLD, OLD))[0] == "ACT_INVALID"
    assert why(made, c.MergeAccounts(OLD, 9))[0] == "UNKNOWN_ACCOUNT"
    assert why(made, c.MergeAccounts(9, OLD))[0] == "UNKNOWN_ACCOUNT"
    assert why(made, c.MergeAccounts(OLD, OTHER))[0] == "NOT_MERGEABLE"
    assert why(made, c.MergeAccounts(STATE, STATE - 1))[0] == "NOT_MERGEABLE"
    made.act(c.Restrict(OLD, RESTRICT_SELL, "Art. 30"))
    assert why(made, c.MergeAccounts(OLD, NEW)) == ("ACCOUNT_RESTRICTED", 0, RESTRICT_SELL)
    made.act(c.LiftRestriction(OLD, RESTRICT_SELL), c.EncumberUnits(OLD, 1, 10, "freeze", "a court"))
    assert why(made, c.MergeAccounts(OLD, NEW)) == ("UNITS_FROZEN", 0, 1)
    made.act(c.ReleaseUnits(1, 10), c.ImportEmissions(YEAR, ((NEW, 10, 20260420),), 0, "ab" * 32))
    assert why(made, c.MergeAccounts(OLD, NEW)) == ("EMISSIONS_NOT_VERIFIED", 0, YEAR)
    made.act(c.SurrenderUnits(NEW, 1, 10, YEAR, True))
    assert why(made, c.MergeAccounts(OLD, NEW)) == ("COMPLIANCE_YEAR_CLOSED", 0, YEAR)
    # the other way round the closed year stays with whoever filed it
    made.act(c.PreallocateUnits(NEW, 1, 7, 2026, 20261201), c.FileObjection(NEW, 2026, "allocation", 20261130))
    assert why(made, c.MergeAccounts(NEW, OLD)) == ("REVIEW_OPEN", 0, 2026)
    made.act(c.DecideObjection(NEW, 2026, "allocation", 20261201, False))
    merge(made, NEW, OLD)
    assert made.market.state.compliance[NEW][YEAR].is_final  # type: ignore[union-attr]
    assert made.market.state.compliance[OLD][2026].preallocated == {1: 7}  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(5))
def test_a_chain_of_mergers_in_a_living_market_loses_nothing(seed: int) -> None:
    dice = random.Random(seed)
    made = Desk(BOOK)
    made.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000))
    for number in range(1, 8):
        made.act(
            c.OpenAccount(f"K{number}", number, "", "key_emitter"),
            c.AllocateUnits(number, 1, 1_000 * number, "free", YEAR),
            c.DepositCash(number, 1_000_000_000),
        )
    day = 20260105
    alive = list(range(1, 8))
    while len(alive) > 1:
        made.open_day(day)
        for turn in range(40):
            side = dice.choice((BUY, SELL))
            made.do(
                c.PlaceOrder(dice.choice(alive), 1, side, dice.randint(3_990, 4_010), dice.randint(1, 90), 0, str(turn))
            )
            if turn == 20:
                made.act(c.EncumberUnits(alive[0], 1, 5, "pledge", ""), c.PreallocateUnits(alive[-1], 1, 3, 2026, 0))
        gone = alive.pop(dice.randrange(len(alive)))
        merge(made, gone, dice.choice(alive))
        made.act(c.CloseDay())
        made.market.audit()
        day += 1
    state = made.market.state
    assert state is not None
    last = alive[0]
    fen = sum(int(account.free + account.pending) for account in state.accounts if account is not None)
    assert fen == int(state.held_account(last).free + state.held_account(last).pending)
    assert fen + int(state.fees) == 7 * 1_000_000_000
    assert sum(units(made, last)) == 28_000 + 3 * 6
    assert state.held_account(last).retention_floor == 14_000
    assert state.compliance[last][YEAR].free == 28_000
