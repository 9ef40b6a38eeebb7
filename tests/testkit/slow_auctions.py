"""One-way auctions (单向竞价) of the slow market: a list of notices, each with the list of its bids; tonnes go out lot by lot.

Only the statistics of the bids are the real market's own words; tests/properties/test_random_auctions.py counts those again.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, units
from engine.core.auction import Award, Bid
from engine.core.auction_statistics import measure
from engine.core.units import BUY, SELL
from tests.testkit.slow_parts import Account, Instrument, Why
from tests.testkit.slow_remedies import SlowRemedies

AuctionAct = c.AnnounceAuction | c.OpenAuction | c.CloseAuction | c.CancelAuction


@dataclass
class OneWay:
    """status: announced, open, or over."""

    number: int
    terms: c.AnnounceAuction
    status: str = "announced"
    bids: list[Bid] = field(default_factory=list)
    answers: dict[tuple[int, str], tuple[int, tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.status != "over"

    @property
    def side(self) -> int:
        """The bidders' side."""
        return BUY if self.terms.direction == "sale" else SELL

    def limits(self) -> list[int]:
        return [ticks for ticks in (self.terms.limit_ticks, self.terms.reserve_ticks) if ticks]

    def admits(self, price: int) -> bool:
        return all(price >= limit if self.side == BUY else price <= limit for limit in self.limits())

    def cap(self) -> int:
        share = self.terms.tonnes * self.terms.cap_bp // 10_000 if self.terms.cap_bp else self.terms.tonnes
        return share // self.terms.lot_tonnes * self.terms.lot_tonnes

    def best_first(self) -> list[Bid]:
        sign = -1 if self.side == BUY else 1
        return sorted(self.bids, key=lambda bid: (sign * bid.price_ticks, bid.number))


class SlowAuctions(SlowRemedies):
    """Notices, windows, bids, awards."""

    def __init__(self) -> None:
        super().__init__()
        self.auctions: list[OneWay] = []

    # ---- what is held -------------------------------------------------------------------------------------

    def cost(self, auction: OneWay, price: int, tonnes: int, fee_ppm: int) -> int:
        amount = self.listed(auction.terms.instrument).amount(price, tonnes)
        return amount + amount * fee_ppm // 1_000_000

    def live_auctions(self) -> list[OneWay]:
        return [auction for auction in self.auctions if auction.is_live]

    def own_bids(self, auction: OneWay, account: Account) -> list[Bid]:
        return [bid for bid in auction.bids if bid.account == account.number]

    def cash_held(self, account: Account) -> int:
        held = super().cash_held(account)
        for auction in self.live_auctions():
            terms = auction.terms
            if auction.side == BUY:
                own = self.own_bids(auction, account)
                held += sum(self.cost(auction, bid.price_ticks, bid.tonnes, terms.fee_ppm) for bid in own)
            elif terms.cash_account == account.number:
                held += self.cost(auction, min(auction.limits()), terms.tonnes, terms.buyer_fee_ppm)
        return held

    def units_held(self, account: Account, instrument: int) -> int:
        held = super().units_held(account, instrument)
        for auction in self.live_auctions():
            if auction.terms.instrument != instrument:
                continue
            if auction.side == SELL:
                held += sum(bid.tonnes for bid in self.own_bids(auction, account))
            elif auction.terms.unit_account == account.number:
                held += auction.terms.tonnes
        return held

    def has_or_wants(self, owner: int, product: str) -> int:
        tonnes = super().has_or_wants(owner, product)
        for auction in self.live_auctions():
            if self.listed(auction.terms.instrument).rules.code != product:
                continue
            if auction.side == BUY:
                tonnes += sum(bid.tonnes for bid in auction.bids if bid.owner == owner)
            elif self.accounts[auction.terms.unit_account - 1].owner == owner:
                tonnes += auction.terms.tonnes
        return tonnes

    # ---- acts ---------------------------------------------------------------------------------------------

    def why_not_auction(self, act: AuctionAct) -> Why | None:
        if isinstance(act, c.AnnounceAuction):
            return self.why_not_notice(act)
        if not 1 <= act.auction <= len(self.auctions):
            return reasons.UNKNOWN_AUCTION, 0, 0
        auction = self.auctions[act.auction - 1]
        is_today = self.phase != phases.CLOSED and self.trading_day == auction.terms.trading_day
        is_fit = auction.is_live
        if isinstance(act, c.OpenAuction):
            is_fit = auction.status == "announced" and is_today
        elif isinstance(act, c.CloseAuction):
            is_fit = auction.status == "open"
        return None if is_fit else (reasons.ACT_NOT_ALLOWED_NOW, 0, self.phase)

    def why_not_notice(self, terms: c.AnnounceAuction) -> Why | None:
        instrument, account = self.instrument(terms.instrument), self.account(terms.unit_account)
        if any(auction.terms.code == terms.code for auction in self.auctions):
            return reasons.ALREADY_EXISTS, 0, 0
        if instrument is None:
            return reasons.UNKNOWN_INSTRUMENT, 0, 0
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        auction = OneWay(0, terms)
        is_fit = (
            account.category != "government"
            and terms.trading_day >= self.trading_day
            and terms.lot_tonnes % instrument.rules.lot_tonnes == 0
            and terms.tonnes % terms.lot_tonnes == 0
            and 0 < terms.bid_tonnes_min <= min(terms.tonnes, auction.cap())
            and (auction.side == BUY or auction.limits() != [])
        )
        if not is_fit:
            return reasons.ACT_INVALID, 0, 0
        bit = units.RESTRICT_SELL if auction.side == BUY else units.RESTRICT_BUY
        if account.restriction & bit:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        if auction.side == BUY:
            return self.why_not_units_for(account, instrument, terms.tonnes)
        why = self.why_not_more(account, instrument, terms.tonnes)
        if why:
            return why
        free, need = (
            self.cash_free(account),
            self.cost(auction, min(auction.limits()), terms.tonnes, terms.buyer_fee_ppm),
        )
        return (reasons.INSUFFICIENT_CASH, free, need) if need > free else None

    def take_auction(self, act: AuctionAct) -> None:
        if isinstance(act, c.AnnounceAuction):
            auction = OneWay(len(self.auctions) + 1, act)
            self.auctions.append(auction)
            self.out.append(e.AuctionAnnounced(auction.number, act, auction.cap(), (), False))
            return
        auction = self.auctions[act.auction - 1]
        if isinstance(act, c.OpenAuction):
            auction.status = "open"
            self.out.append(e.AuctionOpened(auction.number))
        elif isinstance(act, c.CloseAuction):
            self.clear(auction)
        else:
            self.call_off(auction, reasons.AUCTION_CANCELED)

    def call_off(self, auction: OneWay, reason: int) -> None:
        for bid in auction.bids:
            self.tell_bid_ended(auction, bid, 0, 0, reason)
        auction.bids, auction.status = [], "over"
        self.out.append(e.AuctionCanceled(auction.number, reason, 0))

    def end_covered(self, account: Account, bits: int) -> None:
        super().end_covered(account, bits)
        for auction in self.live_auctions():
            buys, sells = bool(bits & units.RESTRICT_BUY), bool(bits & units.RESTRICT_SELL)
            is_barred, are_bids = (sells, buys) if auction.side == BUY else (buys, sells)
            if is_barred and auction.terms.unit_account == account.number:
                self.call_off(auction, reasons.SELLER_BARRED if auction.side == BUY else reasons.BUYER_BARRED)
            for bid in self.own_bids(auction, account) if are_bids else []:
                auction.bids.remove(bid)
                self.tell_bid_ended(auction, bid, 0, 0, reasons.RESTRICTION_IMPOSED)

    def begin_auctions(self) -> None:
        for auction in self.auctions:
            if not auction.is_live:
                auction.answers = {}
            elif auction.terms.trading_day < self.trading_day:
                self.call_off(auction, reasons.AUCTION_NOT_HELD)

    def end_auctions(self) -> None:
        for auction in self.live_auctions():
            if auction.status == "open":
                self.clear(auction)
            elif auction.terms.trading_day <= self.trading_day:
                self.call_off(auction, reasons.AUCTION_NOT_HELD)

    # ---- bids ---------------------------------------------------------------------------------------------

    def bid(self, p: c.PlaceBid) -> None:
        account = self.account(p.account)
        auction = next((auction for auction in self.auctions if auction.number == p.auction), None)
        if account is None or auction is None:
            reason = reasons.UNKNOWN_ACCOUNT if account is None else reasons.UNKNOWN_AUCTION
            self.out.append(e.BidRefused(p.account, p.auction, self.seq, reason, 0, 0))
            return
        body = (p.price_ticks, p.tonnes, p.replaces)
        known = auction.answers.get((p.account, p.client_bid_id))
        if known and known[1] == body:
            self.out.append(e.BidRepeated(known[0], p.auction, p.account))
            return
        old = next((bid for bid in auction.bids if bid.number == p.replaces), None)
        why = (reasons.CLIENT_ORDER_ID_CONFLICT, 0, 0) if known else self.why_not_bid(account, auction, p, old)
        if why:
            self.out.append(e.BidRefused(p.account, p.auction, self.seq, *why))
            return
        if old:
            auction.bids.remove(old)
        auction.bids.append(Bid(self.seq, p.account, account.owner, p.price_ticks, p.tonnes, p.client_bid_id))
        auction.answers[p.account, p.client_bid_id] = self.seq, body
        told = (account.next_exec_seq(), p.client_bid_id, auction.terms.instrument, auction.side)
        self.out.append(e.BidPlaced(self.seq, p.auction, p.account, *told, p.price_ticks, p.tonnes, p.replaces))

    def why_not_bid(self, account: Account, auction: OneWay, p: c.PlaceBid, old: Bid | None) -> Why | None:
        terms, instrument = auction.terms, self.listed(auction.terms.instrument)
        bit = units.RESTRICT_BUY if auction.side == BUY else units.RESTRICT_SELL
        if account.restriction & bit:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        if account.owner == self.accounts[terms.unit_account - 1].owner:
            return reasons.OWN_AUCTION, 0, 0
        if account.category not in terms.categories and account.number not in terms.bidders:
            return reasons.BIDDER_NOT_ELIGIBLE, 0, 0
        if auction.status != "open":
            return reasons.AUCTION_NOT_OPEN, 0, 0
        if self.halted:
            return reasons.INSTRUMENT_HALTED, 0, 0
        if p.replaces and (old is None or old.account != account.number):
            return reasons.UNKNOWN_BID, 0, 0
        if p.replaces and not terms.withdrawable:
            return reasons.BID_NOT_WITHDRAWABLE, 0, 0
        why = self.why_not_bid_terms(account, auction, p, old)
        if why:
            return why
        more = p.tonnes - (old.tonnes if old else 0)
        if auction.side == SELL:
            return self.why_not_units_for(account, instrument, more) if more > 0 else None
        why = self.why_not_more(account, instrument, more)
        if why:
            return why
        need = self.cost(auction, p.price_ticks, p.tonnes, terms.fee_ppm)
        need -= self.cost(auction, old.price_ticks, old.tonnes, terms.fee_ppm) if old else 0
        free = self.cash_free(account)
        return (reasons.INSUFFICIENT_CASH, free, need) if need > max(free, 0) else None

    def why_not_bid_terms(self, account: Account, auction: OneWay, p: c.PlaceBid, old: Bid | None) -> Why | None:
        terms, price = auction.terms, p.price_ticks
        if not (0 <= price <= units.PRICE_TICKS_MAX and 0 <= p.tonnes <= units.TONNES_MAX):
            return reasons.INVALID_FIELD, 0, 0
        if p.tonnes < terms.bid_tonnes_min:
            return reasons.QTY_BELOW_MIN, terms.bid_tonnes_min, p.tonnes
        if p.tonnes % terms.lot_tonnes:
            return reasons.QTY_OFF_LOT, terms.lot_tonnes, p.tonnes
        together = p.tonnes + sum(bid.tonnes for bid in auction.bids if bid.owner == account.owner and bid is not old)
        if together > auction.cap():
            return reasons.BID_ABOVE_CAP, auction.cap(), together
        if price == 0:
            return reasons.PRICE_OFF_TICK, 1, 0
        if auction.side == BUY and 0 < price < terms.limit_ticks:
            return reasons.BID_BELOW_FLOOR, terms.limit_ticks, price
        if auction.side == SELL and price > terms.limit_ticks > 0:
            return reasons.BID_ABOVE_CEILING, terms.limit_ticks, price
        amount = self.listed(terms.instrument).amount(price, p.tonnes)
        return (reasons.VALUE_ABOVE_MAX, units.AMOUNT_FEN_MAX, amount) if amount > units.AMOUNT_FEN_MAX else None

    def withdraw(self, p: c.WithdrawBid) -> None:
        found = [(auction, bid) for auction in self.auctions for bid in auction.bids if bid.number == p.bid]
        number, reason = found[0][0].number if found else 0, 0
        if self.account(p.account) is None:
            reason = reasons.UNKNOWN_ACCOUNT
        elif not found or found[0][1].account != p.account:
            number, reason = 0, reasons.UNKNOWN_BID
        elif not found[0][0].terms.withdrawable:
            reason = reasons.BID_NOT_WITHDRAWABLE
        elif self.halted:
            reason = reasons.INSTRUMENT_HALTED
        if reason:
            self.out.append(e.BidRefused(p.account, number, p.bid, reason, 0, 0))
            return
        auction, bid = found[0]
        auction.bids.remove(bid)
        self.tell_bid_ended(auction, bid, 0, 0, 0)

    def tell_bid_ended(self, auction: OneWay, bid: Bid, won: int, amount: int, reason: int) -> None:
        exec_seq = self.accounts[bid.account - 1].next_exec_seq()
        what = (bid.client_bid_id, auction.terms.instrument, auction.side, bid.price_ticks)
        told = (bid.number, auction.number, bid.account, exec_seq, *what)
        self.out.append(e.BidEnded(*told, bid.tonnes - won, won, amount, reason))

    # ---- clearing -----------------------------------------------------------------------------------------

    def clear(self, auction: OneWay) -> None:
        terms, bids = auction.terms, auction.bids
        queue = [bid for bid in auction.best_first() if auction.admits(bid.price_ticks)]
        if terms.undersubscribed == "cancel" and sum(bid.tonnes for bid in queue) < terms.tonnes:
            self.call_off(auction, reasons.AUCTION_UNDERSUBSCRIBED)
            return
        won = self.lots_of(auction, queue)
        winners = [bid for bid in queue if won[bid.number]]
        last = winners[-1].price_ticks if winners else 0
        auction.bids, auction.status = [], "over"
        paid: dict[int, int] = {}
        fees = 0
        for bid in winners:
            price = last if terms.method == "sealed_uniform" else bid.price_ticks
            told = self.award(auction, bid, price, won[bid.number])
            paid[bid.number] = told.amount_fen
            fees += told.applicant_fee_fen
        for bid in bids:
            got = won.get(bid.number, 0)
            if got < bid.tonnes:
                self.tell_bid_ended(auction, bid, got, paid.get(bid.number, 0), reasons.BID_NOT_AWARDED)
        sold, asked = sum(won.values()), sum(bid.tonnes for bid in bids)
        prices = [bid.price_ticks for bid in bids] or [0]
        self.out.append(e.AuctionCleared(auction.number, terms.instrument, last, sold))
        people = (len(bids), len({bid.owner for bid in bids}), len({bid.owner for bid in winners}))
        cover = (200 * asked + terms.tonnes) // (2 * terms.tonnes)  # hundredths, half up
        result = (auction.number, last, sold, asked, cover, *people, sum(paid.values()), min(prices), max(prices))
        self.out.append(e.AuctionReported(*result, 0, fees))
        if bids:
            awards = [Award(bid, won[bid.number], last) for bid in winners]
            self.out.append(measure(auction.number, terms, bids, awards))

    def lots_of(self, auction: OneWay, queue: list[Bid]) -> dict[int, int]:
        """Lot by lot to the best bid that is not full; the last price pro rata first, where the notice says so."""
        terms = auction.terms
        won = dict.fromkeys([bid.number for bid in queue], 0)
        left = terms.tonnes
        for price in dict.fromkeys(bid.price_ticks for bid in queue):
            level = [bid for bid in queue if bid.price_ticks == price]
            wanted = sum(bid.tonnes for bid in level)
            there = min(left, wanted)
            left -= there
            if terms.tie == "pro_rata" and there < wanted:
                for bid in level:
                    won[bid.number] = there * bid.tonnes // wanted // terms.lot_tonnes * terms.lot_tonnes
                there -= sum(won[bid.number] for bid in level)
                for bid in level:  # what rounding left over: one lot each, the older first
                    if there and won[bid.number] < bid.tonnes:
                        won[bid.number] += terms.lot_tonnes
                        there -= terms.lot_tonnes
            for bid in level:
                while there and won[bid.number] < bid.tonnes:
                    won[bid.number] += terms.lot_tonnes
                    there -= terms.lot_tonnes
        return won

    def award(self, auction: OneWay, bid: Bid, price: int, tonnes: int) -> e.BidAwarded:
        terms, instrument = auction.terms, self.listed(auction.terms.instrument)
        bidder, applicant = self.accounts[bid.account - 1], self.accounts[terms.unit_account - 1]
        amount = instrument.amount(price, tonnes)
        fee = amount * terms.fee_ppm // 1_000_000
        own_fee = amount * (terms.seller_fee_ppm if auction.side == BUY else terms.buyer_fee_ppm) // 1_000_000
        if auction.side == BUY:
            self.deliver(instrument, bidder, fee, applicant, own_fee, amount, tonnes)
        else:
            self.deliver(instrument, applicant, own_fee, bidder, fee, amount, tonnes)
        self.trade_number += 1
        told = e.BidAwarded(
            self.trade_number, auction.number, bid.number, bid.account, bidder.next_exec_seq(), bid.client_bid_id,
            terms.instrument, auction.side, price, bid.price_ticks, bid.tonnes, tonnes, amount, fee, terms.unit_account,
            terms.cash_account, False, own_fee, applicant.next_exec_seq(),
        )  # fmt: skip
        self.out.append(told)
        return told

    def deliver(
        self,
        instrument: Instrument,
        buyer: Account,
        buy_fee: int,
        seller: Account,
        sell_fee: int,
        amount: int,
        tonnes: int,
    ) -> None:
        buyer.cash -= amount + buy_fee
        if self.rules.proceeds_same_day:
            seller.cash += amount - sell_fee
        else:
            seller.pending += amount - sell_fee
        self.fees += buy_fee + sell_fee
        self.add_units(seller.number, instrument.number, -tonnes)
        self.add_units(buyer.number, instrument.number, tonnes)
        if instrument.rules.lock_days > 0:
            buyer.locks.append((instrument.number, self.day_number + instrument.rules.lock_days, tonnes))
