"""2,000 random auctions through the market: the identities of real ones, a brute-force search, and a replay.

The identities are those that hold in ten years of EU auctions (EEX, 2013-2023, 2,223 auctions): revenue = price x volume,
cover ratio = bid / offered volume, lowest bid <= price <= highest bid. The uniform price is searched again by trying every
price; the awards are worked out again tonne by tonne, in the slowest way there is.
"""

import csv
import random
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean, median, pstdev

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core.auction import Bid, applicant_fee_ppm_of, clear, is_priced_well
from engine.core.auction_statistics import measure
from engine.core.market import Market
from engine.core.units import RESTRICT_BUY, RESTRICT_SELL
from tests.ground_truth.truth import path_of
from tests.testkit.auctions import CASH_FEN, FIRST_BIDDER, GOVERNMENT, TREASURY, UNITS, AuctionDesk, notice, one_of

AUCTIONS = 2_000
BIDDERS = 6


def random_terms(dice: random.Random, code: str, desk: AuctionDesk) -> c.AnnounceAuction:
    """A notice of any kind; in some a bidder sells or buys. Few prices and small volumes, so that ties, shortage and plenty
    all happen; the government's sales take over what earlier ones left, as far as it fits into their volume."""
    lot = dice.choice((1, 1, 5, 10))
    is_sale = dice.random() < 0.6
    tonnes = lot * dice.randint(1, 60)
    applicant = dice.randint(FIRST_BIDDER, FIRST_BIDDER + BIDDERS - 1) if dice.random() < 0.3 else 0
    is_governments = is_sale and not applicant
    is_purchase = not is_sale and applicant > 0
    is_restricted = is_governments and dice.random() < 0.2
    fee_ppm = dice.choice((0, 40_000)) if applicant else 0
    return notice(
        code=code,
        direction="sale" if is_sale else "purchase" if is_purchase else "buy_back",
        method=dice.choice(("sealed_uniform", "sealed_pay_as_bid")),
        tonnes=tonnes,
        lot_tonnes=lot,
        bid_tonnes_min=lot,
        limit_ticks=110 if is_purchase else dice.choice((0, 0, 95 if is_sale else 110)),
        reserve_ticks=dice.choice((0, 0, 98 if is_sale else 105)),
        budget_fen=0 if is_sale or is_purchase else dice.randint(100, 110 * tonnes),
        cap_bp=dice.choice((0, 5_000, 10_000)) if tonnes >= 2 * lot else 0,
        tie=dice.choice(("time", "pro_rata")),
        undersubscribed=dice.choice(("partial", "partial", "cancel")),
        fee_ppm=dice.choice((0, 5_000)),
        use_restricted=is_restricted,
        carry_over=dice.choice((0, 1, 3)) if is_governments else 0,
        carries=carries_of(desk, lot, tonnes) if is_governments and dice.random() < 0.5 else (),
        unit_account=applicant or GOVERNMENT,
        cash_account=applicant or TREASURY,
        seller_fee_ppm=fee_ppm if is_sale else 0,
        buyer_fee_ppm=0 if is_sale else fee_ppm,
        categories=("key_emitter",) if is_restricted else ("key_emitter", "institution"),
    )


def carries_of(desk: AuctionDesk, lot: int, tonnes: int) -> tuple[int, ...]:
    """Earlier auctions whose shares fit into a volume."""
    found: list[int] = []
    for earlier in desk.market.state.auctions.values():
        share = earlier.next_share(lot)
        if 0 < share <= tonnes:
            found.append(earlier.number)
            tonnes -= share
    return tuple(found)


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
        terms = random_terms(dice, f"{seed}-{number}", desk)
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
        if terms.direction == "buy_back":
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
            if terms.method == "sealed_pay_as_bid" and terms.direction == "buy_back" and cost > budget:
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
    assert told.applicant_fee_fen == sum(a.amount_fen * applicant_fee_ppm_of(terms) // 1_000_000 for a in awards)
    assert terms.unit_account not in {b.account for b in bids}
    cover = Decimal(told.bid_tonnes) / Decimal(terms.tonnes)
    assert Decimal(told.cover_hundredths) / 100 == cover.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert told.winners <= told.bidders <= len(bids)
    check_statistics(bids, awards, happened)
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


def check_statistics(bids: list[Bid], awards: list[e.BidAwarded], happened: list[e.Event]) -> None:
    """Result 3 once more, in decimals and tonne by tonne."""
    if not bids:
        assert not any(isinstance(event, e.AuctionMeasured) for event in happened)
        return
    told: e.AuctionMeasured = one_of(happened, e.AuctionMeasured)
    owner_of = {b.number: b.owner for b in bids}
    prices = sorted(Decimal(b.price_ticks) for b in bids for _ in range(b.tonnes))
    bid, won = dict.fromkeys(owner_of.values(), Decimal(0)), dict.fromkeys(owner_of.values(), Decimal(0))
    for b in bids:
        bid[b.owner] += b.tonnes
    for a in awards:
        won[owner_of[a.bid]] += a.tonnes
    expected = {
        "price_mean": mean(prices), "price_median": median(prices), "price_deviation": pstdev(prices),
        "bid_mean": mean(bid.values()), "bid_deviation": pstdev(bid.values()),
        "won_mean": mean(won.values()), "won_deviation": pstdev(won.values()),
    }  # fmt: skip
    for name, right in expected.items():
        rounded = (right * 100).quantize(Decimal(1), ROUND_HALF_UP)
        assert getattr(told, name) == rounded, name
    sold = sum(won.values())
    shares = [tonnes * 10_000 / sold for tonnes in won.values()] if sold else [Decimal(0)]
    assert told.won_largest_bp == max(shares).quantize(Decimal(1), ROUND_HALF_UP)
    index = sum((share * share for share in shares), Decimal(0)) / 10_000
    assert told.won_concentration == index.quantize(Decimal(1), ROUND_HALF_UP)


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


@pytest.mark.parametrize("seed", [7, 8])
def test_money_and_units_go_where_they_belong(seed: int) -> None:
    """Over forty auctions, with books of one's own: the treasury has every fen of the government's and no other, who sells or
    buys has its own less its fee, the fees are apart, nothing stays held."""
    cash = dict.fromkeys((TREASURY, *range(FIRST_BIDDER, FIRST_BIDDER + BIDDERS)), CASH_FEN)
    tonnes = dict.fromkeys((GOVERNMENT, *range(FIRST_BIDDER, FIRST_BIDDER + BIDDERS)), UNITS)
    fees_fen = own = 0
    for desk, terms, _, happened in played(seed):
        sign = 1 if terms.direction == "sale" else -1
        own += terms.unit_account == terms.cash_account
        for a in happened:
            if isinstance(a, e.BidAwarded):
                cash[a.account] -= sign * a.amount_fen + a.fee_fen
                cash[terms.cash_account] += sign * a.amount_fen - a.applicant_fee_fen
                tonnes[a.account] += sign * a.tonnes
                tonnes[terms.unit_account] -= sign * a.tonnes
                fees_fen += a.fee_fen + a.applicant_fee_fen
        state = desk.market.state
        assert {number: desk.cash(number) for number in cash} == {number: (fen, 0) for number, fen in cash.items()}
        positions = {number: state.held_account(number).position(1) for number in tonnes}
        assert {number: held.tonnes() for number, held in positions.items()} == tonnes
        assert state.fees == fees_fen
        assert all(held.held == 0 for held in positions.values())
    assert own > 6


@pytest.mark.parametrize(("seed", "direction"), [(0, "sale"), (1, "sale"), (2, "purchase"), (3, "purchase")])
def test_whoever_applied_and_is_barred_at_any_moment_gets_everything_back(seed: int, direction: str) -> None:
    """One-way auctions that a restriction meets before, in or after the window: canceled whole, or cleared whole."""
    dice = random.Random(seed)
    applicant, canceled = FIRST_BIDDER, 0
    scope, limit_ticks = (RESTRICT_SELL, 0) if direction == "sale" else (RESTRICT_BUY, 105)
    own = {"direction": direction, "unit_account": applicant, "cash_account": applicant, "limit_ticks": limit_ticks}
    for number in range(40):
        desk = AuctionDesk(bidders=BIDDERS)
        desk.act(notice(code=f"o-{number}", tonnes=dice.randint(1, 60), **own))
        barred_at = dice.randint(0, 3)
        for step in range(4):
            if step == barred_at:
                desk.act(c.Restrict(applicant, scope, "Art. 30"))
            if step == 1:
                random_bids(dice, desk, 1)
            elif step < 3:
                desk.act(c.OpenAuction(1) if step == 0 else c.CloseAuction(1))
            desk.market.audit()
        ended = desk.market.state.auctions[1]
        assert ended.status in ("canceled", "cleared")
        if ended.status == "canceled":
            canceled += 1
            assert all(desk.units(account) == (UNITS, 0, 0) for account in range(applicant, applicant + BIDDERS))
            assert all(desk.cash(account) == (CASH_FEN, 0) for account in range(applicant, applicant + BIDDERS))
        assert Market.load(desk.market.dump()).dump() == desk.market.dump()
    assert 15 < canceled < 40


def test_a_replay_and_a_load_in_the_middle_give_the_same_bytes() -> None:
    dice = random.Random(3)
    desk = AuctionDesk(bidders=BIDDERS)
    loaded: Market | None = None
    for number in range(1, 9):
        auction = desk.hold(random_terms(dice, f"r-{number}", desk))
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


def test_what_is_left_over_is_carried_over_once_and_to_no_more_auctions_than_the_notice_says() -> None:
    """Over four hundred auctions: each tonne left over is taken over, or still waits; none twice."""
    taken_over = 0
    for seed in range(10):
        left: dict[int, tuple[int, int]] = {}  # auction -> tonnes still to carry, auctions that may
        for desk, terms, _, happened in played(seed):
            number = desk.market.state.auction_numbers[terms.code]
            for earlier, tonnes in desk.market.state.auctions[number].carried:
                waiting, auctions = left[earlier]
                assert 0 < tonnes <= waiting
                assert auctions > 0
                assert tonnes == waiting or auctions > 1
                left[earlier] = (waiting - tonnes, auctions - 1)
                taken_over += tonnes
            for event in happened:
                if isinstance(event, e.AuctionReported | e.AuctionCanceled):
                    unsold = terms.tonnes - (event.tonnes if isinstance(event, e.AuctionReported) else 0)
                    assert event.carry_tonnes == (unsold if terms.carry_over else 0)
                    left[number] = (event.carry_tonnes, terms.carry_over)
            for earlier, (waiting, _) in left.items():
                assert desk.market.state.auctions[earlier].carry_tonnes == waiting
    assert taken_over > 1_000


def test_the_statistics_of_real_auctions_obey_their_identities() -> None:
    """Real auctions rebuilt with their numbers of bidders and winners: the means are their volumes over their bidders."""
    checked = 0
    text = path_of("carbon_eex_auctions/eex_auctions.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if not row["price"] or not row["bidders"] or not row["successful_bidders"]:
            continue
        bidders, winners = int(float(row["bidders"])), int(float(row["successful_bidders"]))
        volume, bid_tonnes = int(float(row["volume"])), int(float(row["bids"]))
        price, low, high = (round(Decimal(row[name]) * 100) for name in ("price", "min_bid", "max_bid"))
        won, rest = divided(volume, winners), divided(bid_tonnes - volume, bidders - winners)
        if not rest:
            won[-1] += bid_tonnes - volume  # the last winner was served in part
        at = [high, *[price] * (winners - 1)] if winners > 1 else [price]
        bids = [Bid(n, n, n, ticks, tonnes, "w") for n, (ticks, tonnes) in enumerate(zip(at, won, strict=True), 1)]
        bids += [Bid(n, n, n, low, tonnes, "l") for n, tonnes in enumerate(rest, winners + 1) if tonnes]
        bidders = len(bids)
        terms = notice(tonnes=volume, lot_tonnes=1)
        outcome = clear(terms, 1, bids)
        told = measure(1, terms, bids, outcome.awards)
        assert Decimal(told.bid_mean) == (Decimal(bid_tonnes) * 100 / bidders).quantize(Decimal(1), ROUND_HALF_UP)
        assert Decimal(told.won_mean) == (Decimal(volume) * 100 / bidders).quantize(Decimal(1), ROUND_HALF_UP)
        assert 100 * low <= told.price_mean <= 100 * high
        assert 100 * low <= told.price_median <= 100 * high
        assert told.price_deviation <= 100 * (high - low)
        checked += 1
    assert checked > 1_500


def divided(tonnes: int, parts: int) -> list[int]:
    """Tonnes in parts as equal as can be."""
    return [tonnes // parts + (n < tonnes % parts) for n in range(parts)] if parts else []
