"""Split of units: stated parts go to successors, the rest stays, nothing is made or lost, and what bars it changes nothing."""

import random

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.commands import SplitPart, SplitYear
from engine.core.market import Market
from engine.core.records import NOT_VERIFIED
from engine.core.units import BUY, RESTRICT_SELL, SELL
from engine.view import MarketView
from tests.testkit.auctions import FIRST_BIDDER, AuctionDesk, notice
from tests.testkit.build import Desk, hash_of, rulebook_text

OLD, NEW, THIRD, OTHER = 1, 2, 3, 4
YEAR = 2025
BOOK = rulebook_text(
    {"CQEA": {"lock_days": 1, "block_tonnes_min": 100, "block_limit_bp": 3_000}, "CCER": {"kind": "offset"}},
    {YEAR: {"offset_limit_bp": 1_000}},
    {f"{YEAR}.CCER": {"limit_bp": 1_000}},
    proceeds_same_day=False,
    block_window=["09:30", "15:00"],
)


def desk() -> Desk:
    """A key emitter with 1,001 t free (501 t to keep), 100 t paid and 90 t of offsets; two more; an institution."""
    made = Desk(BOOK)
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 3000),
        c.OpenAccount("OLD", 1, "", "key_emitter"),
        c.OpenAccount("NEW", 2, "", "key_emitter"),
        c.OpenAccount("THIRD", 3, "", "key_emitter"),
        c.OpenAccount("OTHER", 4, "", "institution"),
        c.AllocateUnits(OLD, 1, 1_001, "free", YEAR),
        c.AllocateUnits(OLD, 1, 100, "paid", YEAR),
        c.AllocateUnits(OLD, 2, 90, "offset", YEAR),
        c.AllocateUnits(OTHER, 1, 300, "paid", YEAR),
        c.DepositCash(OLD, 10_000_000),
        c.DepositCash(OTHER, 10_000_000),
    )
    return made


def part(
    to_account: int = NEW, cash_fen: int = 0, units: tuple[tuple[int, str, int], ...] = (), *years: SplitYear
) -> SplitPart:
    return SplitPart(to_account, cash_fen, units, years)


def divide(made: Desk, *parts: SplitPart) -> list[e.Event]:
    """Two people split; the market keeps its invariants and survives a dump."""
    [proposed] = made.act(c.SplitAccount(OLD, parts))
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


def owned(made: Desk) -> dict[tuple[int, str], int]:
    """Everything the market has, by instrument and state, and all cash."""
    sums: dict[tuple[int, str], int] = {}
    view = MarketView(made.market)
    for account in view.accounts():
        sums[0, "cash"] = sums.get((0, "cash"), 0) + account.free_fen + account.held_fen
        for row in view.units(account.number):
            for state in ("available", "locked", "encumbered", "preallocated"):
                tonnes = getattr(row, state) + (row.held if state == "available" else 0)
                sums[row.instrument, state] = sums.get((row.instrument, state), 0) + tonnes
    return {key: value for key, value in sums.items() if value}


def year_of(made: Desk, account: int, year: int = YEAR) -> tuple[int, int, int, int, dict[str, int], int]:
    """free, paid, emissions, surrendered, offsets, floor."""
    account_found = made.market.state.held_account(account)
    record = made.market.state.compliance[account][year]
    floor = account_found.retention.get(year, 0)
    return record.free, record.paid, record.emissions, record.surrendered, record.offsets, floor


def test_what_a_part_names_goes_and_the_rest_stays() -> None:
    made = desk()
    made.act(
        c.PreallocateUnits(OLD, 1, 70, 2026, 20261201),
        c.EncumberUnits(OLD, 1, 100, "pledge", "a bank"),
        c.ImportEmissions(YEAR, ((OLD, 900, 20260420),), 20260507, "ab" * 32),
        c.SurrenderUnits(OLD, 1, 50, YEAR, False),
        c.SurrenderUnits(OLD, 2, 30, YEAR, False),
    )
    made.open_day()
    made.do(c.PlaceOrder(OTHER, 1, SELL, 4000, 20, 0, "s"))
    made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 30, 0, "b"))  # 20 t bought and locked, 10 t stay open
    made.do(c.PlaceOrder(OLD, 2, SELL, 3000, 60, 0, "o"))
    before = owned(made)
    told = divide(
        made,
        part(
            NEW,
            1_234,
            ((1, "available", 400), (1, "locked", 15), (2, "available", 60)),
            SplitYear(YEAR, 400, 40, 300, 20, (("CCER", 30),)),
            SplitYear(2026, preallocated=((1, 30),)),
        ),
        part(THIRD, 0, ((1, "available", 1),), SplitYear(YEAR, 1, 0, 0, 0)),
    )
    assert {r.reason for r in told if isinstance(r, e.OrderCanceled)} == {reasons.ACCOUNT_SPLIT}
    assert told[-1] == e.AccountSplit(OLD, (NEW, THIRD))
    assert owned(made) == before
    # 501 t to keep of 1,001 t: 400 -> 200.2, 1 -> 0.5, 600 -> 300.3, each rounded up
    assert year_of(made, NEW) == (400, 40, 300, 20, {"CCER": 30}, 201)
    assert year_of(made, THIRD) == (1, 0, 0, 0, {}, 1)
    assert year_of(made, OLD) == (600, 60, 600, 30, {"CCER": 0}, 301)
    assert e.EmissionsRecorded(NEW, YEAR, 300, 20260420, 20260507) in told
    assert e.EmissionsRecorded(OLD, YEAR, 600, 20260420, 20260507) in told
    view = MarketView(made.market)
    [[new_allowances, new_offsets], [third]] = view.units(NEW), view.units(THIRD)
    assert (new_allowances.available, new_allowances.locked, new_allowances.preallocated) == (400, 15, 30)
    assert (new_offsets.available, third.available) == (60, 1)
    assert [row.tonnes for row in view.encumbrances(OLD)] == [100]
    assert view.accounts()[NEW - 1].free_fen == 1_234
    assert view.accounts()[0].split_into == (NEW, THIRD)
    # each owes its own share: the successor files finally without the other
    assert why(made, c.SurrenderUnits(NEW, 1, 249, YEAR, True)) == ("OBLIGATION_NOT_MET", 300, 299)
    made.act(c.SurrenderUnits(NEW, 1, 250, YEAR, True), c.CloseDay())
    made.open_day(20260106)
    made.market.audit()
    assert view.units(NEW)[0].locked == 0


def test_locks_go_the_oldest_first_and_keep_their_days() -> None:
    made = desk()
    made.open_day()
    made.do(c.PlaceOrder(OTHER, 1, SELL, 4000, 50, 0, "s"))
    made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 50, 0, "b"))
    told = divide(made, part(NEW, 0, ((1, "locked", 30),)))
    assert [x for x in told if isinstance(x, e.HoldingTransferred)] == [
        e.HoldingTransferred(OLD, NEW, 1, "locked", 30, 1, 0, "split")
    ]
    assert [row.locked for account in (OLD, NEW) for row in MarketView(made.market).units(account)][::2] == [20, 30]
    made.act(c.CloseDay())
    made.open_day(20260106)
    made.market.audit()
    assert MarketView(made.market).units(NEW)[0].available == 30


def test_unverified_emissions_stay_unknown_on_both_sides() -> None:
    made = desk()
    told = divide(made, part(NEW, 0, ((1, "available", 300),), SplitYear(YEAR, 400)))
    assert not [x for x in told if isinstance(x, e.EmissionsRecorded)]
    assert year_of(made, NEW)[2] == year_of(made, OLD)[2] == NOT_VERIFIED


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), ("ACT_INVALID", 0, 0)),
        ((part(OLD),), ("ACT_INVALID", 0, 0)),
        ((part(NEW), part(NEW)), ("ACT_INVALID", 0, 0)),
        ((part(NEW, -1),), ("ACT_INVALID", 0, 0)),
        ((part(NEW, 0, ((1, "available", 0),)),), ("ACT_INVALID", 0, 0)),
        ((part(NEW, 0, ((1, "encumbered", 1),)),), ("ACT_INVALID", 0, 0)),
        ((part(NEW, 0, ((1, "available", 1), (1, "available", 1))),), ("ACT_INVALID", 0, 0)),
        ((part(NEW, 0, (), SplitYear(YEAR, -1)),), ("ACT_INVALID", 0, 0)),
        ((part(NEW, 0, (), SplitYear(YEAR), SplitYear(YEAR)),), ("ACT_INVALID", 0, 0)),
        ((part(99),), ("UNKNOWN_ACCOUNT", 0, 0)),
        ((part(NEW, 0, ((9, "available", 1),)),), ("UNKNOWN_INSTRUMENT", 0, 0)),
        ((part(OTHER),), ("NOT_SPLITTABLE", 0, 0)),
        ((part(NEW, 10_000_001),), ("INSUFFICIENT_CASH", 10_000_000, 10_000_001)),
        ((part(NEW, 0, ((1, "available", 1_102),)),), ("INSUFFICIENT_ALLOWANCE", 1_101, 1_102)),
        (
            (part(NEW, 0, ((1, "available", 600),)), part(THIRD, 0, ((1, "available", 502),))),
            ("INSUFFICIENT_ALLOWANCE", 1_101, 1_102),
        ),
        ((part(NEW, 0, ((1, "locked", 1),)),), ("INSUFFICIENT_ALLOWANCE", 0, 1)),
        ((part(NEW, 0, (), SplitYear(2024, 1)),), ("SPLIT_ABOVE_RECORD", 0, 2024)),
        ((part(NEW, 0, (), SplitYear(YEAR, 1_002)),), ("SPLIT_ABOVE_RECORD", 1_001, 1_002)),
        ((part(NEW, 0, (), SplitYear(YEAR, 0, 101)),), ("SPLIT_ABOVE_RECORD", 100, 101)),
        ((part(NEW, 0, (), SplitYear(YEAR, surrendered=1)),), ("SPLIT_ABOVE_RECORD", 0, 1)),
        ((part(NEW, 0, (), SplitYear(YEAR, offsets=(("CCER", 1),))),), ("SPLIT_ABOVE_RECORD", 0, 1)),
        ((part(NEW, 0, (), SplitYear(YEAR, preallocated=((1, 1),))),), ("SPLIT_ABOVE_RECORD", 0, 1)),
        ((part(NEW, 0, (), SplitYear(YEAR, emissions=1)),), ("EMISSIONS_NOT_VERIFIED", 0, YEAR)),
        # the free allocation may not go where there are no units for its retention, nor the units without it
        ((part(NEW, 0, (), SplitYear(YEAR, 1_001)),), ("OBLIGATION_RESERVED", 501, 0)),
        ((part(NEW, 0, ((1, "available", 601),)),), ("OBLIGATION_RESERVED", 501, 500)),
    ],
)
def test_what_cannot_be_divided_is_refused_by_number(
    parts: tuple[SplitPart, ...], expected: tuple[str, int, int]
) -> None:
    assert why(desk(), c.SplitAccount(OLD, parts)) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((c.Restrict(OLD, RESTRICT_SELL, ""),), ("ACCOUNT_RESTRICTED", 0, RESTRICT_SELL)),
        ((c.SurrenderUnits(OLD, 1, 0, YEAR, True),), ("COMPLIANCE_YEAR_CLOSED", 0, YEAR)),
        (
            (c.AllocateUnits(NEW, 1, 9, "paid", YEAR), c.ImportEmissions(YEAR, ((NEW, 9, 20260420),), 0, "ab" * 32)),
            ("EMISSIONS_NOT_VERIFIED", 0, YEAR),
        ),
        ((c.FileObjection(OLD, YEAR, "verification", 20260501),), ("REVIEW_OPEN", 0, YEAR)),
    ],
)
def test_what_binds_the_account_or_its_year_is_refused(
    before: tuple[c.AnyAct, ...], expected: tuple[str, int, int]
) -> None:
    made = desk()
    if expected[0] in ("COMPLIANCE_YEAR_CLOSED", "REVIEW_OPEN"):
        made.act(c.ImportEmissions(YEAR, ((OLD, 0, 20260420),), 20260512, "ab" * 32))
    made.act(*before)
    assert why(made, c.SplitAccount(OLD, (part(NEW, 0, (), SplitYear(YEAR)),))) == expected


def test_a_bid_that_binds_bars_the_split() -> None:
    made = AuctionDesk()
    made.hold(notice(withdrawable=False))
    made.bid(FIRST_BIDDER, 4_000, 10)
    assert why(made, c.SplitAccount(FIRST_BIDDER, (part(FIRST_BIDDER + 1),)))[0] == "BID_NOT_WITHDRAWABLE"


def test_a_merged_account_takes_no_part() -> None:
    made = desk()
    [proposed] = made.act(c.MergeAccounts(NEW, THIRD))
    assert isinstance(proposed, e.ActProposed)
    made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert why(made, c.SplitAccount(OLD, (part(NEW),))) == ("ACCOUNT_MERGED", 0, THIRD)


@pytest.mark.parametrize("seed", range(20))
def test_random_splits_conserve_everything(seed: int) -> None:
    """Whatever is divided, units, cash, allocation, emissions and surrendered add up to what they were; no floor shrinks."""
    dice, made = random.Random(seed), desk()
    made.act(
        c.ImportEmissions(YEAR, ((OLD, 900, 20260420),), 0, "ab" * 32),
        c.SurrenderUnits(OLD, 1, 50, YEAR, False),
        c.PreallocateUnits(OLD, 1, 70, 2026, 0),
    )
    made.open_day()
    made.do(c.PlaceOrder(OTHER, 1, SELL, 4000, 20, 0, "s"))
    made.do(c.PlaceOrder(OLD, 1, BUY, 4000, 20, 0, "b"))
    before, taken = owned(made), 0
    for _ in range(30):
        parts = tuple(
            part(
                to_account,
                dice.choice((0, 1, 999_999)),
                ((1, "available", dice.randint(1, 400)), (1, "locked", dice.randint(1, 9))),
                SplitYear(YEAR, dice.randint(0, 400), dice.randint(0, 40), dice.randint(0, 300), dice.randint(0, 20)),
            )
            for to_account in dice.choice(((NEW,), (THIRD,), (NEW, THIRD)))
        )
        [said] = made.act(c.SplitAccount(OLD, parts))
        if isinstance(said, e.ActProposed):
            made.do(c.Approve(2, said.proposal, said.act_sha256))
            taken += 1
            made.market.audit()
        assert owned(made) == before
        years = [made.market.state.compliance[a][YEAR] for a in (OLD, NEW, THIRD) if a in made.market.state.compliance]
        years = [year for year in years if year]
        assert sum(year.free for year in years) == 1_001
        assert sum(year.paid for year in years) == 100
        assert sum(max(0, year.emissions) for year in years) == 900
        assert sum(year.surrendered for year in years) == 50
        for account in (OLD, NEW, THIRD):
            free = sum(r.free for r in made.market.state.compliance.get(account, {}).values())
            assert made.market.state.held_account(account).retention_floor * 2 >= free
    assert taken
