"""2,000 random auctions through the market: the identities of real ones, a brute-force search, and a replay.

The identities are those that hold in ten years of EU auctions (EEX, 2013-2023, 2,223 auctions): revenue = price x volume,
cover ratio = bid / offered volume, lowest bid <= price <= highest bid. The uniform price is searched again by trying every
price; the awards are worked out again tonne by tonne, in the slowest way there is.
"""

import csv
import random
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core.auction import Bid, clear, is_priced_well
from engine.core.market import Market
from tests.ground_truth.truth import path_of
from tests.testkit.auctions import CASH_FEN, FIRST_BIDDER, TREASURY, AuctionDesk, notice, one_of

AUCTIONS = 2_000
BIDDERS = 6


def random_terms(dice: random.Random, code: str) -> c.AnnounceAuction:
    """A notice of any kind. Few prices and small volumes, so that ties, shortage and plenty all happen."""
    lot = dice.choice((1, 1, 5, 10))
    is_sale = dice.random() < 0.6
    tonnes = lot * dice.randint(1, 60)
    is_restricted = is_sale and dice.random() < 0.2
    return notice(
        code=code,
        direction="sale" if is_sale else "buy_back",
        method=dice.choice(("sealed_uniform", "sealed_pay_as_bid")),
        tonnes=tonnes,
        lot_tonnes=lot,
        bid_tonnes_min=lot,
        limit_ticks=dice.choice((0, 0, 95 if is_sale else 110)),
        reserve_ticks=dice.choice((0, 0, 98 if is_sale else 105)),
        budget_fen=0 if is_sale else dice.randint(100, 110 * tonnes),
        cap_bp=dice.choice((0, 5_000, 10_000)) if tonnes >= 2 * lot else 0,
        tie=dice.choice(("time", "pro_rata")),
        undersubscribed=dice.choice(("partial", "partial", "cancel")),
        fee_ppm=dice.choice((0, 5_000)),
        use_restricted=is_restricted,
        categories=("key_emitter",) if is_restricted else ("key_emitter", "institution"),
    )


def random_bids(dice: random.Random, desk: AuctionDesk, auction: int) -> None:
    """Bids of several bidders; some are refused, withdrawn or changed."""
    lot = desk.market.state.auctions[auction].terms.lot_tonnes
    for _ in range(dice.randint(0, 14)):
        account = dice.randint(FIRST_BIDDER, FIRST_BIDDER + BIDDERS - 1)
        said = desk.bid(account, dice.randint(92, 112), lot * dice.randint(1, 25), auction=auction)
        if isinstance(said, e.BidPlaced) and dice.random() < 0.2:
            if dice.random() < 0.5:
                desk.do(c.WithdrawBid(account, said.bid))
            else:
                desk.bid(account, dice.randint(92, 112), lot * dice.randint(1, 9), replaces=said.bid, auction=auction)


def played(seed: int) -> Iterator[tuple[AuctionDesk, c.AnnounceAuction, list[Bid], list[e.Event]]]:
    """A market with forty auctions one after the other: terms, bids at the window's end, and what came of them."""
    dice = random.Random(seed)
    desk = AuctionDesk(bidders=BIDDERS)
    for number in range(1, 41):
        terms = random_terms(dice, f"{seed}-{number}")
        auction = desk.hold(terms)
        random_bids(dice, desk, auction)
        bids = list(desk.market.state.auctions[auction].bids.values())
        desk.market.audit()
        yield desk, terms, bids, desk.act(c.CloseAuction(auction))
        desk.market.audit()


def brute_force(terms: c.AnnounceAuction, bids: list[Bid]) -> tuple[int, int]:
    """(price, tonnes) of a uniform auction by trying every price there could be."""
    is_sale = terms.direction == "sale"
    best: tuple[int, int] | None = None
    for price in range(90, 115):
        willing = [b for b in bids if (b.price_ticks >= price if is_sale else b.price_ticks <= price)]
        tonnes = min(terms.tonnes, sum(b.tonnes for b in willing if is_priced_well(terms, b.price_ticks)))
        if not is_sale:
            affordable = terms.budget_fen // price
            tonnes = min(tonnes, affordable - affordable % terms.lot_tonnes)
        # most tonnes first; then the price that is best for the government
        key = (tonnes, price if is_sale else -price)
        if best is None or key > best:
            best = key
    assert best is not None
    return (abs(best[1]), best[0]) if best[0] else (0, 0)


def slow_awards(terms: c.AnnounceAuction, bids: list[Bid]) -> dict[int, int]:
    """Tonnes of each bid, lot by lot: each lot goes to the best bid that is not yet full, while the money lasts (ties by time)."""
    is_sale = terms.direction == "sale"
    tonnes = brute_force(terms, bids)[1]
    won = {b.number: 0 for b in bids}
    order = sorted(bids, key=lambda b: (-b.price_ticks if is_sale else b.price_ticks, b.number))
    left, budget = tonnes if terms.method == "sealed_uniform" else terms.tonnes, terms.budget_fen
    for bid in order:
        while is_priced_well(terms, bid.price_ticks) and won[bid.number] < bid.tonnes and left:
            cost = terms.lot_tonnes * bid.price_ticks
            if terms.method == "sealed_pay_as_bid" and not is_sale and cost > budget:
                return won
            budget -= cost
            won[bid.number] += terms.lot_tonnes
            left -= terms.lot_tonnes
    return won


def check_identities(terms: c.AnnounceAuction, bids: list[Bid], happened: list[e.Event]) -> None:
    """What holds of every real auction, and of each award."""
    told: e.AuctionReported = one_of(happened, e.AuctionReported)
    awards = [event for event in happened if isinstance(event, e.BidAwarded)]
    by_number = {b.number: b for b in bids}
    assert told.bid_tonnes == sum(b.tonnes for b in bids)
    assert told.bids == len(bids)
    assert told.tonnes == sum(a.tonnes for a in awards) <= terms.tonnes
    assert told.revenue_fen == sum(a.amount_fen for a in awards)
    cover = Decimal(told.bid_tonnes) / Decimal(terms.tonnes)
    assert Decimal(told.cover_hundredths) / 100 == cover.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert told.winners <= told.bidders <= len(bids)
    if not is_sold(told):
        return
    assert told.low_ticks <= told.price_ticks <= told.high_ticks
    if terms.method == "sealed_uniform":
        assert told.revenue_fen == told.price_ticks * told.tonnes
        assert {a.price_ticks for a in awards} == {told.price_ticks}
    if terms.direction == "buy_back":
        assert told.revenue_fen <= terms.budget_fen
    for a in awards:
        bid = by_number[a.bid]
        assert a.tonnes <= bid.tonnes
        assert a.tonnes % terms.lot_tonnes == 0
        assert is_priced_well(terms, bid.price_ticks)
        assert (bid.price_ticks >= a.price_ticks) if terms.direction == "sale" else (bid.price_ticks <= a.price_ticks)
    check_priority(terms, bids, {a.bid: a.tonnes for a in awards})


def is_sold(told: e.AuctionReported) -> bool:
    """Whether anything was awarded."""
    return told.tonnes > 0


def check_priority(terms: c.AnnounceAuction, bids: list[Bid], won: dict[int, int]) -> None:
    """Whoever bid a better price than a winner is served in full; at the last price the tie rule holds."""
    sign = 1 if terms.direction == "sale" else -1
    worst = min(sign * b.price_ticks for b in bids if won.get(b.number))
    better = [b for b in bids if sign * b.price_ticks > worst]
    assert all(won.get(b.number, 0) == b.tonnes for b in better)
    level = [b for b in bids if sign * b.price_ticks == worst]
    wanted, got = sum(b.tonnes for b in level), sum(won.get(b.number, 0) for b in level)
    if terms.tie == "time":
        partly = [b for b in level if won.get(b.number, 0) < b.tonnes]
        assert all(not won.get(b.number) for b in partly[1:])
    else:
        assert all(abs(won.get(b.number, 0) - got * b.tonnes / wanted) < 2 * terms.lot_tonnes for b in level)


@pytest.mark.parametrize("seed", range(AUCTIONS // 40))
def test_random_auctions_obey_the_identities_and_a_brute_force_search(seed: int) -> None:
    for _, terms, bids, happened in played(seed):
        admitted = sum(b.tonnes for b in bids if is_priced_well(terms, b.price_ticks))
        if terms.undersubscribed == "cancel" and admitted < terms.tonnes:
            assert isinstance(happened[-1], e.AuctionCanceled)
            continue
        check_identities(terms, bids, happened)
        told = one_of(happened, e.AuctionReported)
        if terms.method == "sealed_uniform":
            assert (told.price_ticks, told.tonnes) == brute_force(terms, bids)
        if terms.tie == "time":
            awarded = {a.bid: a.tonnes for a in happened if isinstance(a, e.BidAwarded)}
            assert awarded == {number: tonnes for number, tonnes in slow_awards(terms, bids).items() if tonnes}


def test_money_and_units_go_where_they_belong() -> None:
    """Over forty auctions: the treasury has every fen of the sales and no other, the fees are apart, nothing stays held."""
    treasury_fen, fees_fen = CASH_FEN, 0
    for desk, terms, _, happened in played(7):
        awards = [event for event in happened if isinstance(event, e.BidAwarded)]
        treasury_fen += (1 if terms.direction == "sale" else -1) * sum(a.amount_fen for a in awards)
        fees_fen += sum(a.fee_fen for a in awards)
        assert desk.cash(TREASURY) == (treasury_fen, 0)
        state = desk.market.state
        assert state.fees == fees_fen
        assert all(a.held == 0 for a in state.accounts if a is not None)
        assert all(p.held == 0 for a in state.accounts if a is not None for p in a.positions if p is not None)


def test_a_replay_and_a_load_in_the_middle_give_the_same_bytes() -> None:
    dice = random.Random(3)
    desk = AuctionDesk(bidders=BIDDERS)
    loaded: Market | None = None
    for number in range(1, 9):
        auction = desk.hold(random_terms(dice, f"r-{number}"))
        random_bids(dice, desk, auction)
        at = desk.market.seq
        loaded = Market.load(desk.market.dump())
        close = c.Propose(1, "test", "doc-1", c.CloseAuction(auction))
        desk.act(c.CloseAuction(auction))
        loaded.apply(c.Entry(at + 1, desk.at_ns, close))
        assert loaded.dump() == desk.market.dump()


def test_the_published_figures_of_real_auctions_are_what_our_arithmetic_makes_of_them() -> None:
    """A real auction rebuilt from its figures: one bid at the price and volume sold, the rest of the bids at the lowest."""
    checked = 0
    text = path_of("carbon_eex_auctions/eex_auctions.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if not row["price"]:
            continue
        price = round(Decimal(row["price"]) * 100)
        tonnes, bid_tonnes = int(float(row["volume"])), int(float(row["bids"]))
        low, high = round(Decimal(row["min_bid"]) * 100), round(Decimal(row["max_bid"]) * 100)
        terms = notice(tonnes=tonnes, lot_tonnes=1)
        bids = [Bid(1, 3, 3, high, 1, "h"), Bid(2, 4, 4, price, tonnes - 1, "p")]
        if bid_tonnes > tonnes:
            bids.append(Bid(3, 5, 5, low, bid_tonnes - tonnes, "l"))
        outcome = clear(terms, 1, bids)
        assert (outcome.price_ticks, outcome.tonnes) == (price, tonnes)
        assert abs(Decimal(outcome.price_ticks * outcome.tonnes) / 100 - Decimal(row["revenue"])) < 1
        checked += 1
    assert checked > 2_000
