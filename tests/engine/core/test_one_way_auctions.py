"""One-way auctions (单向竞价): a participant sells or buys units of its own, for its own money, and pays its own fee."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons, units
from engine.core.market import Market
from tests.testkit.auctions import (
    CASH_FEN,
    DAY,
    FIRST_BIDDER,
    GOVERNMENT,
    TREASURY,
    UNITS,
    AuctionDesk,
    awards,
    buy_back,
    notice,
    one_of,
    one_way,
    purchase,
)

SELLER, A, B = FIRST_BIDDER, FIRST_BIDDER + 1, FIRST_BIDDER + 2
BUYER = SELLER


def with_records() -> AuctionDesk:
    """Seller and A are participants on record, so that they can be suspended and associated."""
    desk = AuctionDesk()
    for number in (SELLER, A):
        said = desk.act(c.AdmitParticipant(number, f"K-{number}", f"member {number}"))
        assert isinstance(said[-1], e.ParticipantRecorded), said
    return desk


def four_eyes(desk: AuctionDesk, act: c.AnyAct) -> list[e.Event]:
    """An act that always takes two persons."""
    proposed = one_of(desk.act(act), e.ActProposed)
    return desk.do(c.Approve(2, proposed.proposal, proposed.act_sha256))


class TestSale:
    def test_the_worked_example(self) -> None:
        # 1,000 t. 45.00 x 400, 42.00 x 300, 41.00 x 200: 900 t sold, all at 41.00 = 36,900.00 CNY.
        # Bidders' fee 0.1 %: of 400 t x 41.00 = 16,400.00 -> 16.40. Seller's fee 4 % (HB 2014) = 1,476.00.
        desk = AuctionDesk()
        desk.hold(one_way(fee_ppm=1_000, seller_fee_ppm=40_000))
        assert desk.units(SELLER) == (UNITS - 1_000, 1_000, 0)
        for account, price, tonnes in ((A, 4_500, 400), (B, 4_200, 300), (A, 4_100, 200)):
            assert isinstance(desk.bid(account, price, tonnes), e.BidPlaced)
        desk.market.audit()
        happened = desk.act(c.CloseAuction(1))
        desk.market.audit()
        assert awards(happened) == [(A, 400, 4_100), (B, 300, 4_100), (A, 200, 4_100)]
        told = one_of(happened, e.AuctionReported)
        assert (told.revenue_fen, told.applicant_fee_fen) == (3_690_000, 147_600)
        assert desk.units(SELLER) == (UNITS - 900, 0, 0)
        assert desk.cash(SELLER) == (CASH_FEN + 3_690_000 - 147_600, 0)
        assert desk.cash(A) == (CASH_FEN - 2_460_000 - 2_460, 0)
        assert desk.cash(TREASURY) == (CASH_FEN, 0)  # nothing of it is the treasury's
        assert desk.units(GOVERNMENT) == (UNITS, 0, 0)
        assert desk.market.state.fees == 147_600 + 3_690

    def test_both_sides_are_told_of_each_award_in_their_own_streams(self) -> None:
        desk = AuctionDesk()
        desk.hold(one_way())
        desk.bid(A, 4_500, 400)
        desk.bid(B, 4_500, 600)
        told = [event for event in desk.act(c.CloseAuction(1)) if isinstance(event, e.BidAwarded)]
        assert [(t.account, t.exec_seq, t.unit_account, t.applicant_exec_seq) for t in told] == [
            (A, 2, SELLER, 1),
            (B, 2, SELLER, 2),
        ]

    def test_bought_units_are_locked_and_proceeds_wait_as_the_rule_book_says(self) -> None:
        desk = AuctionDesk(lock_days=1, proceeds_same_day=False)
        desk.hold(one_way())
        desk.bid(A, 4_000, 1_000)
        desk.act(c.CloseAuction(1))
        assert desk.units(A) == (UNITS, 0, 1_000)
        assert desk.cash(SELLER) == (CASH_FEN, 0)
        desk.act(c.CloseDay(), c.OpenDay(DAY + 1))
        assert desk.cash(SELLER) == (CASH_FEN + 4_000_000, 0)

    def test_pay_as_bid_with_a_floor(self) -> None:
        desk = AuctionDesk()
        desk.hold(one_way(method="sealed_pay_as_bid", limit_ticks=4_000, seller_fee_ppm=1))
        assert desk.bid(A, 3_999, 10).reason == reasons.BID_BELOW_FLOOR
        desk.bid(A, 4_500, 400)
        desk.bid(B, 4_000, 400)
        desk.act(c.CloseAuction(1))
        assert desk.cash(SELLER) == (CASH_FEN + 1_800_000 - 1 + 1_600_000 - 1, 0)  # the fee of each award, rounded down

    @pytest.mark.parametrize("is_published", [False, True])
    def test_the_rule_book_says_whether_the_applicant_is_named(self, is_published: bool) -> None:
        rules = {"auction_seller_published": is_published, "auction_buyer_published": not is_published}
        desk = AuctionDesk(product=rules)
        assert one_of(desk.act(one_way()), e.AuctionAnnounced).is_named is is_published
        assert not one_of(desk.act(notice(code="gov")), e.AuctionAnnounced).is_named
        assert one_of(desk.act(purchase(code="buys")), e.AuctionAnnounced).is_named is not is_published
        assert Market.load(desk.market.dump()).state.auctions[1].is_named is is_published


class TestPurchase:
    def test_the_worked_example(self) -> None:
        # 1,000 t for at most 45.00. 40.00 x 400, 42.00 x 300, 44.00 x 200 offered: 900 t bought, all at 44.00 = 39,600.00 CNY.
        # Buyer's fee 1 %: 176.00 + 132.00 + 88.00 = 396.00. Held from the notice: 45,000.00 and 450.00, so that 45,450.00 -
        # 39,996.00 = 5,454.00 go back. Sellers' fee 0.1 %: 17.60 + 13.20 + 8.80.
        desk = AuctionDesk()
        desk.hold(purchase(fee_ppm=1_000, buyer_fee_ppm=10_000))
        assert desk.cash(BUYER) == (CASH_FEN - 4_545_000, 4_545_000)
        assert desk.bid(A, 4_501, 100).reason == reasons.BID_ABOVE_CEILING
        for account, price, tonnes in ((A, 4_000, 400), (B, 4_200, 300), (A, 4_400, 200)):
            assert isinstance(desk.bid(account, price, tonnes), e.BidPlaced)
        assert desk.units(A) == (UNITS - 600, 600, 0)
        desk.market.audit()
        happened = desk.act(c.CloseAuction(1))
        desk.market.audit()
        assert awards(happened) == [(A, 400, 4_400), (B, 300, 4_400), (A, 200, 4_400)]
        told = one_of(happened, e.AuctionReported)
        assert (told.price_ticks, told.revenue_fen, told.applicant_fee_fen) == (4_400, 3_960_000, 39_600)
        assert desk.cash(BUYER) == (CASH_FEN - 3_960_000 - 39_600, 0)
        assert desk.units(BUYER) == (UNITS + 900, 0, 0)
        assert desk.cash(A) == (CASH_FEN + 2_640_000 - 2_640, 0)
        assert desk.cash(B) == (CASH_FEN + 1_320_000 - 1_320, 0)
        assert desk.cash(TREASURY) == (CASH_FEN, 0)
        assert desk.units(GOVERNMENT) == (UNITS, 0, 0)
        assert desk.market.state.fees == 39_600 + 3_960

    def test_both_sides_are_told_of_each_award_in_their_own_streams(self) -> None:
        desk = AuctionDesk()
        desk.hold(purchase())
        desk.bid(A, 4_400, 400)
        desk.bid(B, 4_500, 600)
        told = [event for event in desk.act(c.CloseAuction(1)) if isinstance(event, e.BidAwarded)]
        assert [(t.account, t.side, t.exec_seq, t.unit_account, t.applicant_exec_seq) for t in told] == [
            (A, units.SELL, 2, BUYER, 1),
            (B, units.SELL, 2, BUYER, 2),
        ]

    def test_pay_as_bid_buys_the_cheapest_first_and_nothing_above_the_confidential_ceiling(self) -> None:
        # 600 t at 40.00 and 400 of 500 t at 44.00 = 24,000.00 + 17,600.00; 44.51 is taken and wins nothing.
        desk = AuctionDesk()
        desk.hold(purchase(method="sealed_pay_as_bid", reserve_ticks=4_450))
        assert desk.cash(BUYER) == (CASH_FEN - 4_450_000, 4_450_000)  # the lower of both ceilings
        desk.bid(B, 4_451, 100)
        desk.bid(A, 4_400, 500)
        desk.bid(B, 4_000, 600)
        happened = desk.act(c.CloseAuction(1))
        assert awards(happened) == [(B, 600, 4_000), (A, 400, 4_400)]
        assert desk.cash(BUYER) == (CASH_FEN - 2_400_000 - 1_760_000, 0)

    def test_the_highest_price_and_the_fee_at_it_are_just_enough(self) -> None:
        desk = AuctionDesk()
        desk.act(c.WithdrawCash(BUYER, CASH_FEN - 4_500_001))
        desk.hold(purchase(buyer_fee_ppm=0))
        desk.bid(A, 4_500, 1_000)
        desk.act(c.CloseAuction(1))
        assert desk.cash(BUYER) == (1, 0)
        desk.market.audit()

    def test_units_that_it_buys_are_locked_and_proceeds_wait_as_the_rule_book_says(self) -> None:
        desk = AuctionDesk(lock_days=1, proceeds_same_day=False)
        desk.hold(purchase())
        desk.bid(A, 4_000, 1_000)
        desk.act(c.CloseAuction(1))
        assert desk.units(BUYER) == (UNITS, 0, 1_000)
        assert desk.cash(A) == (CASH_FEN, 0)
        desk.act(c.CloseDay(), c.OpenDay(DAY + 1))
        assert desk.units(BUYER) == (UNITS + 1_000, 0, 0)
        assert desk.cash(A) == (CASH_FEN + 4_000_000, 0)

    def test_what_it_may_still_buy_counts_for_its_holding_limit(self) -> None:
        desk = AuctionDesk(product={"holding_limit_tonnes": UNITS + 1_500})
        assert one_of(desk.act(purchase(tonnes=1_501)), e.ActRefused).reason == reasons.HOLDING_LIMIT
        desk.hold(purchase())
        refused = desk.do(c.PlaceOrder(BUYER, 1, units.BUY, 4_000, 501, 0, "more"))[-1]
        assert isinstance(refused, e.OrderRefused)
        assert (refused.reason, refused.actual) == (reasons.HOLDING_LIMIT, UNITS + 1_501)
        assert not isinstance(desk.do(c.PlaceOrder(BUYER, 1, units.BUY, 4_000, 500, 0, "fits"))[-1], e.OrderRefused)
        desk.act(c.CancelAuction(1))
        assert not isinstance(desk.do(c.PlaceOrder(BUYER, 1, units.BUY, 4_000, 900, 0, "now"))[-1], e.OrderRefused)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"limit_ticks": 0}, reasons.ACT_INVALID),  # no highest price
            ({"limit_ticks": -1}, reasons.ACT_INVALID),
            ({"budget_fen": 1}, reasons.ACT_INVALID),
            ({"cash_account": A}, reasons.ACT_INVALID),
            ({"unit_account": GOVERNMENT, "cash_account": TREASURY}, reasons.ACT_INVALID),
            ({"unit_account": GOVERNMENT, "cash_account": GOVERNMENT}, reasons.ACT_INVALID),
            ({"carry_over": 1}, reasons.ACT_INVALID),
            ({"seller_fee_ppm": 1}, reasons.ACT_INVALID),
            ({"buyer_fee_ppm": 1_000_001}, reasons.ACT_INVALID),
            ({"use_restricted": True, "categories": ("key_emitter",)}, reasons.ACT_INVALID),
            ({"tonnes": 10**9, "limit_ticks": units.PRICE_TICKS_MAX}, reasons.ACT_INVALID),
            ({"tonnes": CASH_FEN // 4_500 + 1}, reasons.INSUFFICIENT_CASH),
            ({"tonnes": CASH_FEN // 4_500, "buyer_fee_ppm": 1_000}, reasons.INSUFFICIENT_CASH),
        ],
    )
    def test_a_notice_that_does_not_fit(self, changes: dict[str, Any], reason: int) -> None:
        self.refused(AuctionDesk(), reason, **changes)

    def refused(self, desk: AuctionDesk, reason: int, **changes: Any) -> None:
        before = desk.market.dump()
        assert one_of(desk.act(purchase(**changes)), e.ActRefused).reason == reason
        assert desk.market.dump()[20:] == before[20:]

    def test_nor_for_whom_a_restriction_or_its_class_forbids_it(self) -> None:
        desk = AuctionDesk()
        desk.act(c.Restrict(BUYER, units.RESTRICT_BUY, "Art. 30"))
        self.refused(desk, reasons.ACCOUNT_RESTRICTED)
        desk = with_records()
        desk.act(c.SuspendParticipant(BUYER, "unpaid"))
        self.refused(desk, reasons.PARTICIPANT_SUSPENDED)
        self.refused(AuctionDesk(classes={"key_emitter": {"methods": ["listed"]}}), reasons.NOT_ELIGIBLE)
        self.refused(AuctionDesk(classes={"key_emitter": {"sides": ["sell"]}}), reasons.SIDE_NOT_ALLOWED)

    def test_neither_it_nor_who_is_associated_offers_it_anything(self) -> None:
        desk = with_records()
        desk.hold(purchase())
        assert desk.bid(BUYER, 4_000, 10).reason == reasons.OWN_AUCTION
        assert isinstance(desk.bid(A, 4_000, 600), e.BidPlaced)
        desk.bid(B, 4_100, 600)
        desk.act(c.Associate(BUYER, A, 6_000, DAY, "register"))
        assert desk.bid(A, 4_000, 10).reason == reasons.OWN_AUCTION
        happened = desk.act(c.CloseAuction(1))
        assert (one_of(happened, e.BidEnded).account, one_of(happened, e.BidEnded).reason) == (A, reasons.OWN_AUCTION)
        assert awards(happened) == [(B, 600, 4_100)]
        assert desk.units(A) == (UNITS, 0, 0)
        desk.market.audit()

    @pytest.mark.parametrize(
        "act",
        [
            c.Restrict(BUYER, units.RESTRICT_BUY, "Art. 30"),
            c.SuspendParticipant(BUYER, "unpaid"),
            c.MergeAccounts(BUYER, B),
            c.EngageKillSwitch("account", account=BUYER),
            c.ExitToNationalMarket(BUYER, DAY + 9, 2025),
        ],
        ids=lambda act: type(act).__name__,
    )
    @pytest.mark.parametrize("is_open", [False, True])
    def test_it_is_canceled_when_its_applicant_may_no_longer_buy(self, act: c.AnyAct, is_open: bool) -> None:
        desk = with_records()
        desk.act(purchase())
        if is_open:
            desk.act(c.OpenAuction(1))
            desk.bid(A, 4_000, 500)
        takes_two = isinstance(act, c.MergeAccounts | c.ExitToNationalMarket)
        happened = four_eyes(desk, act) if takes_two else desk.act(act)
        assert one_of(happened, e.AuctionCanceled) == e.AuctionCanceled(1, reasons.BUYER_BARRED)
        ended = [event.reason for event in happened if isinstance(event, e.BidEnded)]
        assert ended == [reasons.BUYER_BARRED] * is_open
        assert desk.units(A) == (UNITS, 0, 0)
        assert desk.cash(BUYER) == ((0 if isinstance(act, c.MergeAccounts) else CASH_FEN), 0)
        desk.market.audit()
        assert Market.load(desk.market.dump()).dump() == desk.market.dump()

    def test_a_restriction_in_selling_leaves_it(self) -> None:
        desk = AuctionDesk()
        desk.hold(purchase())
        desk.bid(A, 4_000, 500)
        desk.act(c.Restrict(BUYER, units.RESTRICT_SELL, "x"))
        assert awards(desk.act(c.CloseAuction(1))) == [(A, 500, 4_000)]

    def test_what_is_not_bought_by_the_days_end_or_its_notice_is_given_back(self) -> None:
        desk = AuctionDesk()
        desk.hold(purchase(undersubscribed="cancel"))
        desk.bid(A, 4_000, 999)
        assert one_of(desk.act(c.CloseDay()), e.AuctionCanceled).reason == reasons.AUCTION_UNDERSUBSCRIBED
        assert (desk.cash(BUYER), desk.units(A)) == ((CASH_FEN, 0), (UNITS, 0, 0))


class TestNotice:
    """Every refusal of a notice; none changes anything."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"cash_account": A}, reasons.ACT_INVALID),  # another's money
            ({"unit_account": GOVERNMENT, "cash_account": GOVERNMENT}, reasons.ACT_INVALID),
            ({"unit_account": TREASURY, "cash_account": TREASURY}, reasons.ACT_INVALID),
            ({"cash_account": TREASURY}, reasons.ACT_INVALID),
            ({"direction": "buy_back", "budget_fen": 1_000}, reasons.ACT_INVALID),
            ({"use_restricted": True, "categories": ("key_emitter",)}, reasons.ACT_INVALID),
            ({"carry_over": 1}, reasons.ACT_INVALID),
            ({"carries": (1,)}, reasons.ACT_INVALID),
            ({"seller_fee_ppm": 1_000_001}, reasons.ACT_INVALID),
            ({"seller_fee_ppm": -1}, reasons.ACT_INVALID),
            ({"unit_account": 99, "cash_account": 99}, reasons.UNKNOWN_ACCOUNT),
            ({"tonnes": UNITS + 1}, reasons.INSUFFICIENT_ALLOWANCE),
        ],
    )
    def test_what_does_not_fit(self, changes: dict[str, Any], reason: int) -> None:
        desk = AuctionDesk()
        self.refused(desk, one_way(**changes), reason)

    def refused(self, desk: AuctionDesk, terms: c.AnnounceAuction, reason: int) -> e.ActRefused:
        before = desk.market.dump()
        said = one_of(desk.act(terms), e.ActRefused)
        assert said.reason == reason
        assert desk.market.dump()[20:] == before[20:]  # all but seq and time
        return said

    def test_only_a_participant_has_a_sellers_or_a_buyers_fee(self) -> None:
        desk = AuctionDesk()
        self.refused(desk, notice(seller_fee_ppm=1), reasons.ACT_INVALID)
        self.refused(desk, buy_back(seller_fee_ppm=1), reasons.ACT_INVALID)
        for terms in (notice(buyer_fee_ppm=1), buy_back(buyer_fee_ppm=1), one_way(buyer_fee_ppm=1)):
            self.refused(desk, terms, reasons.ACT_INVALID)

    def test_what_must_be_kept_cannot_be_offered(self) -> None:
        desk = AuctionDesk()
        desk.act(c.AllocateUnits(SELLER, 1, 1_000_000, "free", 2025))  # half of it must stay
        said = self.refused(desk, one_way(tonnes=600_001), reasons.OBLIGATION_RESERVED)
        assert (said.limit, said.actual) == (500_000, 499_999)
        assert isinstance(desk.act(one_way(tonnes=600_000))[-1], e.AuctionAnnounced)
        desk.market.audit()

    def test_nor_what_is_pledged_or_in_an_open_order_or_locked(self) -> None:
        desk = AuctionDesk(lock_days=5)
        desk.act(c.EncumberUnits(SELLER, 1, UNITS - 1_000, "pledge", "a bank"))
        desk.do(c.PlaceOrder(SELLER, 1, units.SELL, 4_100, 10, 0, "o"))
        said = self.refused(desk, one_way(), reasons.INSUFFICIENT_ALLOWANCE)
        assert (said.limit, said.actual) == (990, 1_000)
        desk.do(c.PlaceOrder(SELLER, 1, units.BUY, 4_050, 20, 0, "buy"))
        desk.do(c.PlaceOrder(A, 1, units.SELL, 4_050, 20, 0, "sell"))
        self.refused(desk, one_way(), reasons.UNITS_LOCKED)

    def test_nor_for_whom_a_restriction_forbids_it(self) -> None:
        desk = AuctionDesk()
        desk.act(c.Restrict(SELLER, units.RESTRICT_SELL, "Art. 30"))
        self.refused(desk, one_way(), reasons.ACCOUNT_RESTRICTED)

    def test_nor_by_who_is_suspended_or_of_a_class_without_this_method(self) -> None:
        desk = with_records()
        desk.act(c.SuspendParticipant(SELLER, "unpaid"))
        self.refused(desk, one_way(), reasons.PARTICIPANT_SUSPENDED)
        desk = AuctionDesk(classes={"key_emitter": {"methods": ["listed"]}})
        self.refused(desk, one_way(), reasons.NOT_ELIGIBLE)
        desk = AuctionDesk(classes={"key_emitter": {"sides": ["buy"]}})
        self.refused(desk, one_way(), reasons.SIDE_NOT_ALLOWED)


class TestOwnAuction:
    def test_the_seller_does_not_bid_by_any_of_its_accounts(self) -> None:
        desk = AuctionDesk()
        desk.act(c.OpenAccount("S2", SELLER, "its second account", "key_emitter"), c.DepositCash(B + 1, CASH_FEN))
        desk.hold(one_way())
        for account in (SELLER, B + 1):
            before = desk.market.dump()
            assert desk.bid(account, 4_000, 10).reason == reasons.OWN_AUCTION
            assert desk.market.dump()[20:] == before[20:]

    def test_nor_does_who_is_associated_with_it(self) -> None:
        desk = with_records()
        desk.act(c.Associate(SELLER, A, 6_000, DAY, "register"))
        desk.hold(one_way())
        assert desk.bid(A, 4_000, 10).reason == reasons.OWN_AUCTION
        assert isinstance(desk.bid(B, 4_000, 10), e.BidPlaced)

    def test_who_became_associated_since_it_bid_wins_nothing(self) -> None:
        desk = with_records()
        desk.hold(one_way())
        desk.bid(A, 5_000, 1_000)
        desk.bid(B, 4_000, 1_000)
        desk.act(c.Associate(SELLER, A, 6_000, DAY, "register"))
        happened = desk.act(c.CloseAuction(1))
        ended = one_of(happened, e.BidEnded)
        assert (ended.account, ended.reason) == (A, reasons.OWN_AUCTION)
        assert awards(happened) == [(B, 1_000, 4_000)]
        assert desk.cash(A) == (CASH_FEN, 0)
        desk.market.audit()

    def test_the_audit_finds_a_bid_of_the_seller(self) -> None:
        desk = AuctionDesk()
        desk.hold(one_way())
        placed = desk.bid(A, 4_000, 10)
        desk.market.audit()
        bid = desk.market.state.auctions[1].bids[placed.bid]
        desk.market.state.auctions[1].remove(bid)
        bid.owner = SELLER
        desk.market.state.auctions[1].add(bid)
        with pytest.raises(AssertionError, match="INV-20"):
            desk.market.audit()


class TestSellerBarred:
    """Whoever may no longer sell does not sell in an auction either: all of it is released, bids too."""

    @pytest.mark.parametrize(
        "act",
        [
            c.Restrict(SELLER, units.RESTRICT_SELL, "Art. 30"),
            c.SuspendParticipant(SELLER, "unpaid"),
            c.MergeAccounts(SELLER, B),
            c.EngageKillSwitch("account", account=SELLER),
        ],
        ids=lambda act: type(act).__name__,
    )
    @pytest.mark.parametrize("is_open", [False, True])
    def test_its_auction_is_canceled(self, act: c.AnyAct, is_open: bool) -> None:
        desk = with_records()
        if is_open:
            desk.hold(one_way())
            desk.bid(A, 4_000, 500)
        else:
            desk.act(one_way())
        happened = four_eyes(desk, act) if isinstance(act, c.MergeAccounts) else desk.act(act)
        assert one_of(happened, e.AuctionCanceled) == e.AuctionCanceled(1, reasons.SELLER_BARRED)
        assert [event.reason for event in happened if isinstance(event, e.BidEnded)] == [
            reasons.SELLER_BARRED
        ] * is_open
        assert desk.cash(A) == (CASH_FEN, 0)
        assert desk.units(SELLER)[1] == 0
        desk.market.audit()
        assert Market.load(desk.market.dump()).dump() == desk.market.dump()

    def test_who_exits_may_sell_to_its_last_day_and_no_longer(self) -> None:
        desk = AuctionDesk()
        desk.act(one_way(code="in-time"), one_way(code="too-late", trading_day=DAY + 2))
        assert not [
            one
            for one in four_eyes(desk, c.ExitToNationalMarket(SELLER, DAY + 1, 2025))
            if type(one) is e.AuctionCanceled
        ]
        desk.act(c.OpenAuction(1))
        desk.bid(A, 4_000, 1_000)
        assert awards(desk.act(c.CloseAuction(1))) == [(A, 1_000, 4_000)]
        desk.act(c.CloseDay(), c.OpenDay(DAY + 1), c.CloseDay())
        assert one_of(desk.act(c.OpenDay(DAY + 2)), e.AuctionCanceled) == e.AuctionCanceled(2, reasons.SELLER_BARRED)
        assert desk.units(SELLER) == (UNITS - 1_000, 0, 0)

    @pytest.mark.parametrize("scope", [units.RESTRICT_BUY, units.RESTRICT_CASH_OUT])
    def test_a_restriction_of_something_else_leaves_it(self, scope: int) -> None:
        desk = AuctionDesk()
        desk.hold(one_way())
        desk.bid(A, 4_000, 500)
        assert not [event for event in desk.act(c.Restrict(SELLER, scope, "x")) if isinstance(event, e.AuctionCanceled)]
        assert awards(desk.act(c.CloseAuction(1))) == [(A, 500, 4_000)]

    def test_who_loses_a_qualification_overnight_sells_nothing(self) -> None:
        desk = AuctionDesk(classes={"key_emitter": {"qualifications": ["exam"]}})
        desk.act(c.AdmitParticipant(SELLER, "K-3", "member 3"), c.Qualify(SELLER, "exam", DAY, DAY))
        desk.act(one_way(trading_day=DAY + 1), c.CloseDay())
        assert one_of(desk.act(c.OpenDay(DAY + 1)), e.AuctionCanceled) == e.AuctionCanceled(1, reasons.SELLER_BARRED)
        assert desk.units(SELLER) == (UNITS, 0, 0)


@pytest.mark.parametrize("terms", [one_way(seller_fee_ppm=40_000), purchase(buyer_fee_ppm=40_000)])
def test_a_dump_in_the_middle_of_a_window_goes_on_as_if_nothing_had_been(terms: c.AnnounceAuction) -> None:
    desk = AuctionDesk(product={"auction_seller_published": True})
    desk.hold(terms)
    desk.bid(A, 4_000, 10)
    loaded = Market.load(desk.market.dump())
    assert loaded.dump() == desk.market.dump()
    for command in (
        c.PlaceBid(B, 1, 4_200, 990, "late"),
        c.PlaceBid(SELLER, 1, 4_200, 10, "own"),
        c.Propose(1, "", "", c.CloseAuction(1)),
        c.Propose(1, "", "", c.CloseDay()),
    ):
        expected = desk.do(command)
        assert loaded.apply(c.Entry(loaded.seq + 1, desk.at_ns, command)) == expected
        assert loaded.dump() == desk.market.dump()
