"""Government auctions and buy-backs in the market, with hand-worked examples, every refusal and what is held meanwhile."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, units
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
)

A, B, C = FIRST_BIDDER, FIRST_BIDDER + 1, FIRST_BIDDER + 2


def cleared(desk: AuctionDesk, auction: int = 1) -> list[e.Event]:
    """Close the window; the market must be in order before and after."""
    desk.market.audit()
    happened = desk.act(c.CloseAuction(auction))
    desk.market.audit()
    return happened


class TestUniformSale:
    def test_all_pay_the_lowest_winning_bid(self) -> None:
        # 1,000 t offered. 45.00 x 400, 42.00 x 500, 40.00 x 300: 400 + 500 + 100 of 300 -> all pay 40.00.
        desk = AuctionDesk()
        desk.hold(notice())
        desk.bid(B, 4_200, 500)
        desk.bid(A, 4_500, 400)
        desk.bid(C, 4_000, 300)
        happened = cleared(desk)
        assert awards(happened) == [(A, 400, 4_000), (B, 500, 4_000), (C, 100, 4_000)]
        assert one_of(happened, e.AuctionCleared) == e.AuctionCleared(1, 1, 4_000, 1_000)
        # revenue 1,000 t x 40.00 = 40,000.00 CNY; cover 1,200 / 1,000
        assert one_of(happened, e.AuctionReported) == e.AuctionReported(
            1, 4_000, 1_000, 1_200, 120, 3, 3, 3, 4_000_000, 4_000, 4_500
        )
        ended = one_of(happened, e.BidEnded)
        assert (ended.account, ended.tonnes, ended.cum, ended.reason) == (C, 200, 100, reasons.BID_NOT_AWARDED)
        assert desk.cash(A) == (CASH_FEN - 400 * 4_000, 0)
        assert desk.cash(TREASURY) == (CASH_FEN + 4_000_000, 0)
        assert desk.units(GOVERNMENT) == (UNITS - 1_000, 0, 0)
        assert desk.units(B) == (UNITS + 500, 0, 0)

    def test_an_older_bid_at_the_last_price_goes_first(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        for account in (C, A, B):
            desk.bid(account, 4_000, 400)
        assert awards(cleared(desk)) == [(C, 400, 4_000), (A, 400, 4_000), (B, 200, 4_000)]

    def test_pro_rata_divides_the_last_price_in_lots_and_gives_the_rest_to_the_older(self) -> None:
        # 1,000 t in lots of 10 for 3 x 400: 1000 x 400 / 1200 = 333.3 -> 330 each, 10 left for the oldest.
        desk = AuctionDesk()
        desk.hold(notice(tie="pro_rata", lot_tonnes=10))
        for account in (C, A, B):
            desk.bid(account, 4_000, 400)
        assert awards(cleared(desk)) == [(C, 340, 4_000), (A, 330, 4_000), (B, 330, 4_000)]

    def test_too_few_bids_sell_what_is_bid_at_the_lowest(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        desk.bid(A, 4_500, 400)
        desk.bid(B, 4_100, 100)
        happened = cleared(desk)
        assert awards(happened) == [(A, 400, 4_100), (B, 100, 4_100)]
        assert desk.units(GOVERNMENT) == (UNITS - 500, 0, 0)

    def test_too_few_bids_void_the_auction_where_the_notice_says_so(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice(undersubscribed="cancel"))
        desk.bid(A, 4_500, 999)
        happened = cleared(desk)
        assert one_of(happened, e.AuctionCanceled).reason == reasons.AUCTION_UNDERSUBSCRIBED
        assert one_of(happened, e.BidEnded).reason == reasons.AUCTION_UNDERSUBSCRIBED
        assert (desk.cash(A), desk.units(GOVERNMENT)) == ((CASH_FEN, 0), (UNITS, 0, 0))

    def test_the_confidential_reserve_counts_at_clearing_and_refuses_nobody(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice(limit_ticks=3_800, reserve_ticks=4_000))
        assert isinstance(desk.bid(A, 3_999, 500), e.BidPlaced)
        assert isinstance(desk.bid(B, 4_000, 300), e.BidPlaced)
        happened = cleared(desk)
        assert awards(happened) == [(B, 300, 4_000)]
        assert one_of(happened, e.AuctionReported).bid_tonnes == 800

    def test_no_bid_at_all(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        happened = cleared(desk)
        assert one_of(happened, e.AuctionCleared) == e.AuctionCleared(1, 1, 0, 0)
        assert one_of(happened, e.AuctionReported) == e.AuctionReported(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def test_the_fee_is_the_bidders_and_proceeds_stay_whole(self) -> None:
        # 1,000 t x 40.00 = 40,000.00; 0.5 % fee = 200.00 on top
        desk = AuctionDesk()
        desk.hold(notice(fee_ppm=5_000))
        desk.bid(A, 4_100, 1_000)
        assert desk.cash(A) == (CASH_FEN - 4_120_500, 4_120_500)
        cleared(desk)
        assert desk.cash(A) == (CASH_FEN - 4_120_500, 0)
        assert desk.cash(TREASURY) == (CASH_FEN + 4_100_000, 0)
        assert desk.market.state.fees == 20_500

    def test_bought_units_are_locked_and_proceeds_wait_as_the_rule_book_says(self) -> None:
        desk = AuctionDesk(lock_days=1, proceeds_same_day=False)
        desk.hold(notice())
        desk.bid(A, 4_000, 1_000)
        cleared(desk)
        assert desk.units(A) == (UNITS, 0, 1_000)
        assert desk.cash(TREASURY) == (CASH_FEN, 0)
        desk.act(c.CloseDay(), c.OpenDay(DAY + 1))
        assert desk.units(A) == (UNITS + 1_000, 0, 0)
        assert desk.cash(TREASURY) == (CASH_FEN + 4_000_000, 0)

    def test_the_market_and_its_close_know_nothing_of_it(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        desk.bid(A, 9_999, 1_000)
        cleared(desk)
        [stats] = one_of(desk.act(c.CloseDay()), e.DayClosed).stats
        assert (stats.tonnes, stats.turnover_fen, stats.trades, stats.close_ticks) == (0, 0, 0, 4_000)


class TestPayAsBid:
    def test_each_pays_its_own_price(self) -> None:
        # 45.00 x 400 + 42.00 x 500 + 40.00 x 100 = 18,000 + 21,000 + 4,000 = 43,000.00
        desk = AuctionDesk()
        desk.hold(notice(method="sealed_pay_as_bid"))
        desk.bid(C, 4_000, 300)
        desk.bid(A, 4_500, 400)
        desk.bid(B, 4_200, 500)
        happened = cleared(desk)
        assert awards(happened) == [(A, 400, 4_500), (B, 500, 4_200), (C, 100, 4_000)]
        assert one_of(happened, e.AuctionReported).revenue_fen == 4_300_000
        assert one_of(happened, e.AuctionCleared).price_ticks == 4_000


class TestBuyBack:
    def test_the_lowest_offers_first_and_all_are_paid_the_highest_of_them(self) -> None:
        desk = AuctionDesk()
        desk.hold(buy_back())
        assert desk.cash(TREASURY) == (CASH_FEN - 10_000_000, 10_000_000)
        desk.bid(A, 4_200, 500)
        desk.bid(B, 3_900, 400)
        desk.bid(C, 4_100, 300)
        assert desk.units(A) == (UNITS - 500, 500, 0)
        happened = cleared(desk)
        # 400 at 39.00, 300 at 41.00, 300 of 500 at 42.00: all at 42.00 = 42,000.00, inside the budget of 100,000.00
        assert awards(happened) == [(B, 400, 4_200), (C, 300, 4_200), (A, 300, 4_200)]
        assert desk.cash(TREASURY) == (CASH_FEN - 4_200_000, 0)
        assert desk.units(GOVERNMENT) == (UNITS + 1_000, 0, 0)
        assert (desk.units(A), desk.cash(A)) == ((UNITS - 300, 0, 0), (CASH_FEN + 300 * 4_200, 0))

    def test_a_dearer_level_that_buys_fewer_tonnes_is_not_taken(self) -> None:
        # Budget 15,000.00. At 10.00 all 1,000 - but only 900 t are offered (9,000.00). With the 100 t at 100.00 every
        # tonne would cost 100.00, and the budget buys 150 t only.
        desk = AuctionDesk()
        desk.hold(buy_back(budget_fen=1_500_000))
        desk.bid(A, 1_000, 900)
        desk.bid(B, 10_000, 100)
        assert awards(cleared(desk)) == [(A, 900, 1_000)]

    def test_the_budget_ends_a_pay_as_bid_buy_back_in_whole_lots(self) -> None:
        # Budget 10,050.00, lots of 10: 200 x 20.00 = 4,000.00; 6,050.00 left / 30.00 = 201.6 -> 200 t.
        desk = AuctionDesk()
        desk.hold(buy_back(budget_fen=1_005_000, lot_tonnes=10, method="sealed_pay_as_bid"))
        desk.bid(A, 3_000, 500)
        desk.bid(B, 2_000, 200)
        desk.bid(C, 3_500, 10)
        happened = cleared(desk)
        assert awards(happened) == [(B, 200, 2_000), (A, 200, 3_000)]
        assert one_of(happened, e.AuctionReported).revenue_fen == 1_000_000

    def test_units_that_must_be_kept_cannot_be_offered(self) -> None:
        desk = AuctionDesk()
        desk.act(c.AllocateUnits(A, 1, 1_000_000, "free", 2025))  # half of it must stay
        desk.hold(buy_back(tonnes=1_000_000, budget_fen=10**12))
        said = desk.bid(A, 4_000, 600_001)
        assert (said.reason, said.limit, said.actual) == (reasons.OBLIGATION_RESERVED, 500_000, 499_999)
        assert isinstance(desk.bid(A, 4_000, 600_000), e.BidPlaced)


class TestWindow:
    def test_bids_only_while_it_is_open(self) -> None:
        desk = AuctionDesk()
        desk.act(notice())
        assert desk.bid(A, 4_000, 10).reason == reasons.AUCTION_NOT_OPEN
        desk.act(c.OpenAuction(1))
        assert isinstance(desk.bid(A, 4_000, 10), e.BidPlaced)
        cleared(desk)
        assert desk.bid(A, 4_000, 10).reason == reasons.AUCTION_NOT_OPEN

    def test_it_opens_and_closes_by_its_times(self) -> None:
        desk = AuctionDesk()
        opens, closes = desk.at_ns + 10**9, desk.at_ns + 2 * 10**9
        desk.act(notice(opens_at_ns=opens, closes_at_ns=closes))
        assert one_of(desk.act(c.OpenAuction(1)), e.ActRefused).reason == reasons.ACT_NOT_ALLOWED_NOW
        desk.at_ns = opens
        desk.act(c.OpenAuction(1))
        placed = desk.bid(A, 4_000, 10)
        assert one_of(desk.act(c.CloseAuction(1)), e.ActRefused).reason == reasons.ACT_NOT_ALLOWED_NOW
        desk.at_ns = closes
        assert desk.bid(A, 4_000, 10).reason == reasons.AUCTION_NOT_OPEN
        assert desk.do(c.WithdrawBid(A, placed.bid))[0].reason == reasons.AUCTION_NOT_OPEN  # type: ignore[attr-defined]
        assert awards(cleared(desk)) == [(A, 10, 4_000)]

    def test_the_exchange_itself_may_open_and_close_it(self) -> None:
        desk = AuctionDesk()
        desk.act(notice())
        assert isinstance(desk.do(c.Propose(0, "timetable", "", c.OpenAuction(1)))[-1], e.AuctionOpened)
        assert isinstance(desk.do(c.Propose(0, "timetable", "", c.CloseAuction(1)))[-1], e.AuctionReported)

    def test_the_days_close_clears_what_is_still_open(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        desk.bid(A, 4_000, 10)
        happened = desk.act(c.CloseDay())
        assert awards(happened) == [(A, 10, 4_000)]
        assert isinstance(happened[-1], e.DayClosed)

    @pytest.mark.parametrize("day", [DAY, DAY + 1])
    def test_an_auction_whose_day_passes_is_canceled(self, day: int) -> None:
        desk = AuctionDesk()
        desk.act(notice(trading_day=day))
        happened = desk.act(c.CloseDay(), c.OpenDay(DAY + 2))
        assert one_of(happened, e.AuctionCanceled) == e.AuctionCanceled(1, reasons.AUCTION_NOT_HELD)
        assert desk.units(GOVERNMENT) == (UNITS, 0, 0)

    def test_it_opens_on_its_own_day_only(self) -> None:
        desk = AuctionDesk()
        desk.act(notice(trading_day=DAY + 1))
        assert one_of(desk.act(c.OpenAuction(1)), e.ActRefused).reason == reasons.ACT_NOT_ALLOWED_NOW

    def test_a_halt_of_the_market_stops_bids(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        desk.act(c.Halt(0))
        assert desk.bid(A, 4_000, 10).reason == reasons.INSTRUMENT_HALTED

    def test_the_secondary_market_closes_for_the_whole_day_where_the_notice_says_so(self) -> None:
        desk = AuctionDesk(phase=phases.CLOSED)
        desk.act(notice(closes_market=True))
        assert isinstance(desk.act(c.OpenDay(DAY))[-1], e.Halted)
        desk.act(c.ChangePhase(phases.CONTINUOUS), c.OpenAuction(1))
        order = c.PlaceOrder(A, 1, units.BUY, 4_000, 10, units.DAY, "o1")
        assert one_of(desk.do(order), e.OrderRefused).reason == reasons.INSTRUMENT_HALTED
        assert isinstance(desk.bid(A, 4_000, 10), e.BidPlaced)
        assert one_of(desk.act(c.CloseDay()), e.Resumed) == e.Resumed(1)

    def test_an_operators_own_halt_outlasts_the_auction(self) -> None:
        desk = AuctionDesk()
        desk.act(c.Halt(1))
        desk.hold(notice(closes_market=True))
        assert not [event for event in desk.act(c.CloseDay()) if isinstance(event, e.Resumed)]


class TestBids:
    @pytest.mark.parametrize(
        ("terms", "bid", "expected"),
        [
            ({}, (99, 4_000, 10), (reasons.UNKNOWN_ACCOUNT, 0, 0)),
            ({"categories": ("institution",)}, (A, 4_000, 10), (reasons.BIDDER_NOT_ELIGIBLE, 0, 0)),
            ({"categories": (), "bidders": (B,)}, (A, 4_000, 10), (reasons.BIDDER_NOT_ELIGIBLE, 0, 0)),
            ({}, (TREASURY, 4_000, 10), (reasons.BIDDER_NOT_ELIGIBLE, 0, 0)),
            ({"bidders": (GOVERNMENT,)}, (GOVERNMENT, 4_000, 10), (reasons.BIDDER_NOT_ELIGIBLE, 0, 0)),
            ({}, (A, -1, 10), (reasons.INVALID_FIELD, 0, 0)),
            ({}, (A, 4_000, 10**18), (reasons.INVALID_FIELD, 0, 0)),
            ({"bid_tonnes_min": 100}, (A, 4_000, 99), (reasons.QTY_BELOW_MIN, 100, 99)),
            ({"lot_tonnes": 100}, (A, 4_000, 150), (reasons.QTY_OFF_LOT, 100, 150)),
            ({}, (A, 0, 10), (reasons.PRICE_OFF_TICK, 1, 0)),
            ({"limit_ticks": 4_000}, (A, 3_999, 10), (reasons.BID_BELOW_FLOOR, 4_000, 3_999)),
            ({"tonnes": 100_000}, (A, 10**9, 100_000), (reasons.VALUE_ABOVE_MAX, 9 * 10**12, 10**14)),
            ({"cap_tonnes": 300}, (A, 4_000, 301), (reasons.BID_ABOVE_CAP, 300, 301)),
            ({"cap_bp": 5_000, "lot_tonnes": 20}, (A, 4_000, 520), (reasons.BID_ABOVE_CAP, 500, 520)),
            ({}, (A, 4_000, 1_001), (reasons.BID_ABOVE_CAP, 1_000, 1_001)),
            ({}, (A, 2 * 10**9, 1), (reasons.INVALID_FIELD, 0, 0)),
            ({"tonnes": 10_000}, (A, 10**8 + 1, 10_000), (reasons.INSUFFICIENT_CASH, 10**12, 10**12 + 10_000)),
        ],
    )
    def test_each_refusal_says_why_and_changes_nothing(
        self, terms: dict[str, Any], bid: tuple[int, int, int], expected: tuple[int, int, int]
    ) -> None:
        desk = AuctionDesk()
        desk.hold(notice(**terms))
        before = desk.market.dump()
        said = desk.bid(*bid)
        assert isinstance(said, e.BidRefused)
        assert (said.reason, said.limit, said.actual) == expected
        assert desk.market.dump()[20:] == before[20:]  # all but seq and time

    def test_no_such_auction(self) -> None:
        assert AuctionDesk().bid(A, 4_000, 10).reason == reasons.UNKNOWN_AUCTION

    def test_an_offer_above_the_ceiling(self) -> None:
        desk = AuctionDesk()
        desk.hold(buy_back(limit_ticks=4_000))
        said = desk.bid(A, 4_001, 10)
        assert (said.reason, said.limit, said.actual) == (reasons.BID_ABOVE_CEILING, 4_000, 4_001)

    def test_an_offer_of_units_one_has_not(self) -> None:
        desk = AuctionDesk()
        desk.hold(buy_back(tonnes=200_000, budget_fen=10**12))
        said = desk.bid(A, 4_000, UNITS + 1)
        assert (said.reason, said.limit, said.actual) == (reasons.INSUFFICIENT_ALLOWANCE, UNITS, UNITS + 1)

    def test_a_restricted_account_cannot_bid_and_loses_its_bids(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        placed = desk.bid(A, 4_000, 10)
        ended = one_of(desk.act(c.Restrict(A, units.RESTRICT_BUY, "Art. 30")), e.BidEnded)
        assert (ended.bid, ended.reason) == (placed.bid, reasons.RESTRICTION_IMPOSED)
        assert desk.bid(A, 4_000, 10).reason == reasons.ACCOUNT_RESTRICTED
        desk.market.audit()

    def test_the_cap_counts_all_accounts_of_one_owner(self) -> None:
        desk = AuctionDesk()
        desk.act(c.OpenAccount("A9", A, "second account of A", "key_emitter"), c.DepositCash(A + 3, CASH_FEN))
        desk.hold(notice(cap_bp=5_000))
        desk.bid(A, 4_000, 300)
        said = desk.bid(A + 3, 4_000, 201)
        assert (said.reason, said.limit, said.actual) == (reasons.BID_ABOVE_CAP, 500, 501)
        assert isinstance(desk.bid(A + 3, 4_000, 200), e.BidPlaced)

    def test_a_bidder_has_so_many_bids_and_no_more(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        for _ in range(100):
            assert isinstance(desk.bid(A, 4_000, 1), e.BidPlaced)
        said = desk.bid(A, 4_000, 1)
        assert (said.reason, said.limit, said.actual) == (reasons.TOO_MANY_BIDS, 100, 100)

    def test_the_same_id_gets_the_same_answer_even_after_the_close(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        placed = desk.bid(A, 4_000, 10, "once")
        again = e.BidRepeated(placed.bid, 1, A)
        assert desk.bid(A, 4_000, 10, "once") == again
        assert desk.bid(A, 4_001, 10, "once").reason == reasons.CLIENT_ORDER_ID_CONFLICT
        assert isinstance(desk.bid(B, 4_001, 10, "once"), e.BidPlaced)
        cleared(desk)
        assert desk.bid(A, 4_000, 10, "once") == again

    def test_a_bid_is_withdrawn_and_its_deposit_released(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        placed = desk.bid(A, 4_000, 10)
        assert desk.cash(A) == (CASH_FEN - 40_000, 40_000)
        assert desk.do(c.WithdrawBid(B, placed.bid)) == [e.BidRefused(B, 0, placed.bid, reasons.UNKNOWN_BID, 0, 0)]
        [ended] = desk.do(c.WithdrawBid(A, placed.bid))
        assert isinstance(ended, e.BidEnded)
        assert (ended.tonnes, ended.reason) == (10, 0)
        assert desk.cash(A) == (CASH_FEN, 0)
        [again] = desk.do(c.WithdrawBid(A, placed.bid))
        assert isinstance(again, e.BidRefused)
        assert again.reason == reasons.UNKNOWN_BID

    def test_a_bid_is_changed_in_one_step_and_goes_to_the_back(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        old = desk.bid(A, 4_000, 1_000)
        desk.bid(B, 4_100, 1_000)
        assert desk.bid(A, 4_100, 10**9, replaces=old.bid).reason == reasons.BID_ABOVE_CAP  # and the old one stands
        assert desk.cash(A) == (CASH_FEN - 4_000_000, 4_000_000)
        changed = desk.bid(A, 4_100, 1_000, replaces=old.bid)
        assert changed.replaces == old.bid
        assert desk.cash(A) == (CASH_FEN - 4_100_000, 4_100_000)
        assert desk.bid(A, 4_200, 10, replaces=old.bid).reason == reasons.UNKNOWN_BID
        assert awards(cleared(desk)) == [(B, 1_000, 4_100)]

    def test_a_change_needs_only_what_it_adds(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice(tonnes=10_000))
        old = desk.bid(A, 10**8, 10_000)  # all of the cash
        assert isinstance(desk.bid(A, 10**8 - 1, 10_000, replaces=old.bid), e.BidPlaced)
        assert desk.cash(A) == (10_000, CASH_FEN - 10_000)

    def test_no_change_and_no_withdrawal_where_the_notice_forbids_it(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice(withdrawable=False))
        old = desk.bid(A, 4_000, 10)
        assert desk.bid(A, 4_100, 10, replaces=old.bid).reason == reasons.BID_NOT_WITHDRAWABLE
        [said] = desk.do(c.WithdrawBid(A, old.bid))
        assert isinstance(said, e.BidRefused)
        assert said.reason == reasons.BID_NOT_WITHDRAWABLE


class TestNotice:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"instrument": 2}, reasons.UNKNOWN_INSTRUMENT),
            ({"unit_account": 99}, reasons.UNKNOWN_ACCOUNT),
            ({"bidders": (99,)}, reasons.UNKNOWN_ACCOUNT),
            ({"unit_account": A}, reasons.ACT_INVALID),  # no government account
            ({"cash_account": GOVERNMENT}, reasons.ACT_INVALID),  # no treasury
            ({"code": ""}, reasons.ACT_INVALID),
            ({"code": "a b"}, reasons.ACT_INVALID),
            ({"direction": "gift"}, reasons.ACT_INVALID),
            ({"method": "dutch"}, reasons.ACT_INVALID),
            ({"tie": "random"}, reasons.ACT_INVALID),
            ({"undersubscribed": "lend"}, reasons.ACT_INVALID),
            ({"categories": ("government",)}, reasons.ACT_INVALID),
            ({"categories": ()}, reasons.ACT_INVALID),  # nobody could bid
            ({"tonnes": 0}, reasons.ACT_INVALID),
            ({"lot_tonnes": 0}, reasons.ACT_INVALID),
            ({"lot_tonnes": 300}, reasons.ACT_INVALID),  # 1,000 t are no whole number of lots
            ({"bid_tonnes_min": 1_001}, reasons.ACT_INVALID),
            ({"cap_tonnes": 5, "bid_tonnes_min": 6}, reasons.ACT_INVALID),
            ({"cap_bp": 10_001}, reasons.ACT_INVALID),
            ({"limit_ticks": -1}, reasons.ACT_INVALID),
            ({"reserve_ticks": 10**9 + 1}, reasons.ACT_INVALID),
            ({"budget_fen": 1}, reasons.ACT_INVALID),  # a sale has none
            ({"direction": "buy_back"}, reasons.ACT_INVALID),  # and a buy-back needs one
            ({"opens_at_ns": 2, "closes_at_ns": 2}, reasons.ACT_INVALID),
            ({"opens_at_ns": -1}, reasons.ACT_INVALID),
            ({"trading_day": DAY - 1}, reasons.ACT_INVALID),
            ({"fee_ppm": 1_000_001}, reasons.ACT_INVALID),
            ({"notice": "x" * 501}, reasons.ACT_INVALID),
            ({"tonnes": UNITS + 1}, reasons.INSUFFICIENT_ALLOWANCE),
            ({"direction": "buy_back", "budget_fen": CASH_FEN + 1}, reasons.INSUFFICIENT_CASH),
        ],
    )
    def test_each_refusal(self, changes: dict[str, Any], reason: int) -> None:
        desk = AuctionDesk()
        assert one_of(desk.act(notice(**changes)), e.ActRefused).reason == reason
        assert desk.units(GOVERNMENT) == (UNITS, 0, 0)

    def test_a_code_is_used_once(self) -> None:
        desk = AuctionDesk()
        desk.act(notice())
        assert one_of(desk.act(notice()), e.ActRefused).reason == reasons.ALREADY_EXISTS

    def test_so_many_auctions_at_once_and_no_more(self) -> None:
        desk = AuctionDesk()
        for number in range(100):
            desk.act(notice(code=f"a{number}", tonnes=1))
        assert one_of(desk.act(notice(code="one-more", tonnes=1)), e.ActRefused).reason == reasons.TOO_MANY_AUCTIONS

    def test_units_offered_are_held_from_the_notice_on(self) -> None:
        desk = AuctionDesk()
        desk.act(notice())
        assert desk.units(GOVERNMENT) == (UNITS - 1_000, 1_000, 0)
        refused = one_of(desk.act(notice(code="too-much", tonnes=UNITS)), e.ActRefused)
        assert (refused.reason, refused.limit, refused.actual) == (reasons.INSUFFICIENT_ALLOWANCE, UNITS - 1_000, UNITS)

    def test_a_canceled_auction_releases_everything(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice())
        desk.bid(A, 4_000, 10)
        happened = desk.act(c.CancelAuction(1))
        assert one_of(happened, e.BidEnded).reason == reasons.AUCTION_CANCELED
        assert (desk.cash(A), desk.units(GOVERNMENT)) == ((CASH_FEN, 0), (UNITS, 0, 0))
        desk.market.audit()
        for act in (c.CancelAuction(1), c.CloseAuction(1), c.OpenAuction(1)):
            assert one_of(desk.act(act), e.ActRefused).reason == reasons.ACT_NOT_ALLOWED_NOW
        assert one_of(desk.act(c.CancelAuction(2)), e.ActRefused).reason == reasons.UNKNOWN_AUCTION


def test_a_dump_in_the_middle_of_a_window_goes_on_as_if_nothing_had_been() -> None:
    desk = AuctionDesk()
    desk.hold(notice(closes_market=True))
    desk.bid(A, 4_000, 10, "once")
    desk.bid(B, 4_100, 10)
    loaded = Market.load(desk.market.dump())
    assert loaded.dump() == desk.market.dump()
    loaded.audit()
    for command in (
        c.PlaceBid(A, 1, 4_000, 10, "once"),
        c.PlaceBid(B, 1, 4_200, 990, "late"),
        c.Propose(1, "", "", c.CloseAuction(1)),
        c.Propose(1, "", "", c.CloseDay()),
        c.Propose(1, "", "", c.OpenDay(DAY + 1)),
    ):
        expected = desk.do(command)
        assert loaded.apply(c.Entry(loaded.seq + 1, desk.at_ns, command)) == expected
        assert loaded.dump() == desk.market.dump()


@pytest.mark.parametrize("terms", [notice(), buy_back()], ids=["sale", "buy-back"])
def test_the_audit_misses_no_hold_of_an_auction(terms: c.AnnounceAuction) -> None:
    desk = AuctionDesk()
    desk.hold(terms)
    placed = desk.bid(A, 4_000, 100)
    desk.market.audit()
    auction = desk.market.state.auctions[1]
    auction.remove(auction.bids[placed.bid])  # its deposit stays held for nothing
    with pytest.raises(AssertionError, match="INV-6"):
        desk.market.audit()


class TestUnitsForOwnSurrender:
    """What the notice binds to the buyer's own surrender is neither sold, given nor pledged; it is surrendered first."""

    def bought(self) -> AuctionDesk:
        """A bought 400 t for own surrender, under a rule book with T+1."""
        desk = AuctionDesk(lock_days=1)
        desk.hold(notice(use_restricted=True, categories=("key_emitter",)))
        desk.bid(A, 4_500, 400)
        assert one_of(cleared(desk), e.BidAwarded).use_restricted
        return desk

    def restricted(self, desk: AuctionDesk, account: int = A) -> int:
        return int(desk.market.state.held_account(account).position(1).use_restricted)

    def why(self, desk: AuctionDesk, act: c.AnyAct) -> tuple[str, int, int]:
        refused = one_of(desk.act(act), e.ActRefused)
        return reasons.BY_NUMBER[refused.reason].name, refused.limit, refused.actual

    def test_they_are_no_units_to_sell_and_are_not_locked_either(self) -> None:
        desk = self.bought()
        assert (desk.units(A), self.restricted(desk)) == ((UNITS, 0, 0), 400)
        desk.act(c.EncumberUnits(A, 1, UNITS - 10, "pledge", "a bank"))
        [accepted] = desk.do(c.PlaceOrder(A, 1, units.SELL, 4_100, 10, 0, "all"))
        assert isinstance(accepted, e.OrderAccepted)
        [refused] = desk.do(c.PlaceOrder(A, 1, units.SELL, 4_100, 1, 0, "more"))
        assert isinstance(refused, e.OrderRefused)
        assert (refused.reason, refused.limit, refused.actual) == (reasons.USE_RESTRICTED, 0, 1)

    @pytest.mark.parametrize(
        "act",
        [
            c.TransferUnits(A, B, 1, UNITS + 1, "gift"),
            c.CancelUnits(A, 1, UNITS + 1, "voluntary"),
            c.EncumberUnits(A, 1, UNITS + 1, "pledge", "a bank"),
            c.EncumberUnits(A, 1, UNITS + 1, "withdrawn", ""),
            c.EncumberUnits(A, 1, UNITS + 1, "freeze", "a court"),
        ],
    )
    def test_no_act_takes_them_for_available_ones(self, act: c.AnyAct) -> None:
        assert self.why(self.bought(), act) == ("USE_RESTRICTED", UNITS, UNITS + 1)

    def test_they_are_surrendered_first(self) -> None:
        desk = self.bought()
        surrendered = one_of(desk.act(c.SurrenderUnits(A, 1, 300, 2025, False)), e.UnitsSurrendered)
        assert (surrendered.tonnes, surrendered.use_restricted) == (300, 300)
        surrendered = one_of(desk.act(c.SurrenderUnits(A, 1, 150, 2025, False)), e.UnitsSurrendered)
        assert (surrendered.tonnes, surrendered.use_restricted) == (150, 100)
        assert (desk.units(A), self.restricted(desk)) == ((UNITS - 50, 0, 0), 0)
        desk.market.audit()
        too_many = c.SurrenderUnits(A, 1, UNITS, 2025, False)
        assert self.why(desk, too_many) == ("INSUFFICIENT_ALLOWANCE", UNITS - 50, UNITS)

    def test_they_count_for_the_retention_floor(self) -> None:
        desk = self.bought()
        desk.act(c.AllocateUnits(A, 1, 800, "free", 2025))  # 400 t to keep, which the restricted ones do
        assert one_of(desk.act(c.CancelUnits(A, 1, UNITS + 800, "voluntary")), e.UnitsCanceled).tonnes == UNITS + 800
        desk.market.audit()

    def test_a_court_freezes_them_by_name_and_they_stay_restricted_wherever_they_go(self) -> None:
        desk = self.bought()
        assert self.why(desk, c.EncumberUnits(A, 1, 100, "pledge", "a bank", True)) == ("USE_RESTRICTED", 0, 100)
        too_many = c.EncumberUnits(A, 1, 401, "freeze", "a court", True)
        assert self.why(desk, too_many) == ("INSUFFICIENT_ALLOWANCE", 400, 401)
        assert one_of(desk.act(c.EncumberUnits(A, 1, 100, "freeze", "a court", True)), e.UnitsEncumbered).use_restricted
        desk.market.audit()
        assert one_of(desk.act(c.ReleaseUnits(1, 40)), e.UnitsReleased).use_restricted
        assert one_of(desk.act(c.EnforceEncumbrance(1, 60, B)), e.UnitsTransferred).use_restricted
        desk.market.audit()
        assert (self.restricted(desk), self.restricted(desk, B)) == (340, 60)
        assert Market.load(desk.market.dump()).dump() == desk.market.dump()

    def test_a_merger_takes_them_along(self) -> None:
        desk = self.bought()
        proposed = one_of(desk.act(c.MergeAccounts(A, B)), e.ActProposed)
        told = desk.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
        assert e.HoldingTransferred(A, B, 1, "use_restricted", 400, 0, 0) in told
        desk.market.audit()
        assert (self.restricted(desk), self.restricted(desk, B)) == (0, 400)

    @pytest.mark.parametrize(
        "changes",
        [
            {"categories": ("institution",)},
            {"categories": (), "bidders": (GOVERNMENT,)},
            {"direction": "buy_back", "budget_fen": 1_000_000},
        ],
    )
    def test_a_notice_that_sells_them_to_who_need_not_surrender_is_refused(self, changes: dict[str, Any]) -> None:
        desk = AuctionDesk()
        terms = notice(**({"use_restricted": True, "categories": ("key_emitter",)} | changes))
        assert self.why(desk, terms)[0] == "ACT_INVALID"


class TestCarryOver:
    def test_what_is_not_sold_is_spread_over_the_next_auctions_of_the_notice(self) -> None:
        # 1,000 t, 400 sold: 600 t over four auctions in lots of 10: 150 each.
        desk = AuctionDesk()
        desk.hold(notice(carry_over=4, lot_tonnes=10))
        desk.bid(A, 4_000, 400)
        assert one_of(cleared(desk), e.AuctionReported).carry_tonnes == 600
        for number, share in ((2, 150), (3, 150), (4, 150), (5, 150)):
            [*_, announced] = desk.act(notice(code=f"2026-{number}", lot_tonnes=10, tonnes=200, carries=(1,)))
            assert (announced.auction, announced.carried) == (number, ((1, share),))
            desk.market.audit()
        said = desk.act(notice(code="2026-6", carries=(1,)))[-1]
        assert (said.reason, said.actual) == (reasons.NOTHING_TO_CARRY_OVER, 1)

    def test_the_last_one_takes_the_rest_that_is_no_whole_lot(self) -> None:
        # 995 t in lots of 5, spread over two in lots of 10: ceil(497.5) -> 500, then 495.
        desk = AuctionDesk()
        desk.hold(notice(tonnes=995, lot_tonnes=5, carry_over=2))
        desk.act(c.CancelAuction(1))
        shares = [desk.act(notice(code=f"n-{n}", lot_tonnes=10, carries=(1,)))[-1].carried for n in (1, 2)]
        assert shares == [((1, 500),), ((1, 495),)]

    def test_a_canceled_auction_leaves_all_of_it(self) -> None:
        desk = AuctionDesk()
        desk.hold(notice(undersubscribed="cancel", carry_over=1))
        assert one_of(cleared(desk), e.AuctionCanceled) == e.AuctionCanceled(1, reasons.AUCTION_UNDERSUBSCRIBED, 1_000)
        said = desk.act(notice(code="small", tonnes=999, carries=(1,)))[-1]
        assert (said.reason, said.limit, said.actual) == (reasons.CARRY_OVER_ABOVE_VOLUME, 999, 1_000)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"carries": (9,)}, reasons.UNKNOWN_AUCTION),
            ({"carries": (1, 1)}, reasons.NOTHING_TO_CARRY_OVER),
            ({"carry_over": 101}, reasons.ACT_INVALID),
            ({"carry_over": 1, "direction": "buy_back", "budget_fen": 1_000}, reasons.ACT_INVALID),
        ],
    )
    def test_what_does_not_fit_is_refused(self, changes: dict[str, Any], reason: int) -> None:
        desk = AuctionDesk()
        desk.hold(notice(carry_over=2))
        desk.act(c.CancelAuction(1))
        before = desk.market.dump()
        said = desk.act(notice(code="next", **changes))
        assert isinstance(said[-1], e.ActRefused)
        assert said[-1].reason == reason
        assert Market.load(before).state.auctions[1].carry_tonnes == 1_000
