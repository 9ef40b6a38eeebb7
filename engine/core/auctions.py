"""Government auctions and buy-backs, and one-way auctions (单向竞价) of participants, from notice to result.

A bid holds its worst case in full (the deposit, 保证金): price x tonnes and fee in a sale, the units in a buy-back or purchase;
the other side, the government's or the applicant's, is held from the notice on. Clearing moves both sides at once, trade by
trade, and stays out of the instrument's figures and closing price. A window that is still open when the day closes is cleared
then; an auction whose day passes without a window is canceled, and so is one whose applicant may no longer sell, or buy.
The arithmetic is `auction.clear`.
"""

from typing import Final

from engine.core import auction_notices, phases, reasons, standing
from engine.core.admission import ADMITTED, Verdict, judge_cover, judge_holding, judge_own_limits, why_restricted
from engine.core.auction import (
    ANNOUNCED,
    CANCELED,
    CLEARED,
    OPEN,
    Auction,
    Award,
    Bid,
    Outcome,
    applicant_fee_ppm_of,
    cap_of,
    clear,
    cover_hundredths,
    holder_side_of,
    money_of,
    side_of,
)
from engine.core.auction_statistics import measure
from engine.core.commands import (
    AnnounceAuction,
    CancelAuction,
    CloseAuction,
    OpenAuction,
    PlaceBid,
    WithdrawBid,
)
from engine.core.controls import INSTRUMENT, MARKET
from engine.core.events import (
    AuctionAnnounced,
    AuctionCanceled,
    AuctionCleared,
    AuctionOpened,
    AuctionReported,
    BidAwarded,
    BidEnded,
    BidPlaced,
    BidRefused,
    BidRepeated,
    Event,
    Halted,
    Resumed,
)
from engine.core.holdings import move_available, move_use_restricted
from engine.core.participants import BAR_OWN_LIMITS
from engine.core.positions import bid_tonnes, group_of
from engine.core.state import Account, Instrument, State
from engine.core.units import (
    AMOUNT_FEN_MAX,
    BUY,
    PRICE_TICKS_MAX,
    RESTRICT_BUY,
    RESTRICT_SELL,
    SELL,
    TONNES_MAX,
    amount_of,
    fee_of,
)

BIDS_MAX: Final = 100_000  # of one auction, those withdrawn included
BIDS_PER_BIDDER_MAX: Final = 100


def hold_of(terms: AnnounceAuction, instrument: Instrument, price_ticks: int, tonnes: int) -> int:
    """Cash that a bid in a sale must hold: the worst case, fee included; an offer holds units instead."""
    if side_of(terms) != BUY:
        return 0
    amount_fen = amount_of(price_ticks, tonnes, int(instrument.tick_fen))
    return amount_fen + fee_of(amount_fen, terms.fee_ppm)


# ---- bids -----------------------------------------------------------------------------------------------


def place_bid(state: State, seq: int, at_ns: int, command: PlaceBid, out: list[Event]) -> None:
    """Take a sealed bid, repeat its answer, or refuse it."""
    account = state.account(command.account)
    auction = state.auctions.get(command.auction)
    if account is None or auction is None:
        reason = reasons.UNKNOWN_ACCOUNT if account is None else reasons.UNKNOWN_AUCTION
        out.append(BidRefused(command.account, command.auction, seq, reason, 0, 0))
        return
    body = (command.price_ticks, command.tonnes, command.replaces)
    known = auction.answers.get((command.account, command.client_bid_id))
    if known is not None:
        if known[1:] == body:
            out.append(BidRepeated(known[0], auction.number, command.account))
        else:
            out.append(
                BidRefused(command.account, auction.number, seq, reasons.CLIENT_ORDER_ID_CONFLICT, 0, 0),
            )
        return
    replaced = auction.bids.get(command.replaces)
    verdict = judge_bid(state, at_ns, account, auction, command, replaced)
    if verdict.reason != 0:
        out.append(
            BidRefused(command.account, auction.number, seq, verdict.reason, verdict.limit, verdict.actual),
        )
        return
    if replaced is not None:
        release_bid(state, auction, replaced)
    bid = Bid(seq, command.account, int(account.owner), command.price_ticks, command.tonnes, command.client_bid_id)
    auction.add(bid)
    auction.answers[command.account, command.client_bid_id] = (seq, *body)
    hold_bid(state, auction, bid, 1)
    terms = auction.terms
    out.append(
        BidPlaced(
            seq,
            auction.number,
            bid.account,
            account.next_exec_seq(),
            bid.client_bid_id,
            terms.instrument,
            side_of(terms),
            bid.price_ticks,
            bid.tonnes,
            command.replaces,
        )
    )


def judge_bid(
    state: State, at_ns: int, account: Account, auction: Auction, command: PlaceBid, replaced: Bid | None
) -> Verdict:
    """The validation chain for a bid (domain rules C2); the first failure decides."""
    terms = auction.terms
    side = side_of(terms)
    if account.restriction & (RESTRICT_BUY if side == BUY else RESTRICT_SELL):
        return why_restricted(account)
    barred = standing.why_barred(state, account, state.held_instrument(terms.instrument), side, standing.AUCTION)
    if barred:
        return Verdict(barred)
    if is_of_applicant(state, auction, int(account.owner)):
        return Verdict(reasons.OWN_AUCTION)
    if not is_eligible(state, account, terms):
        return Verdict(reasons.BIDDER_NOT_ELIGIBLE)
    verdict = judge_window(state, at_ns, auction)
    if verdict.reason != 0:
        return verdict
    if command.replaces != 0:
        if replaced is None or replaced.account != command.account:
            return Verdict(reasons.UNKNOWN_BID)
        if not terms.withdrawable:
            return Verdict(reasons.BID_NOT_WITHDRAWABLE)
    tonnes = bid_tonnes(auction, group_of(state, int(account.owner)))
    bids = auction.bids_of(int(account.owner))[1]
    if replaced is not None:
        tonnes, bids = tonnes - replaced.tonnes, bids - 1
    verdict = judge_bid_terms(state, auction, command.price_ticks, command.tonnes, tonnes)
    if verdict.reason != 0:
        return verdict
    if account.bars & BAR_OWN_LIMITS:
        listed = state.held_instrument(terms.instrument)
        verdict = judge_own_limits(state, account, listed, command.price_ticks, command.tonnes, 0)
        if verdict.reason != 0:
            return verdict
    if bids >= BIDS_PER_BIDDER_MAX or len(auction.answers) >= BIDS_MAX:
        return Verdict(reasons.TOO_MANY_BIDS, BIDS_PER_BIDDER_MAX, bids)
    instrument = state.held_instrument(terms.instrument)
    more_cash = hold_of(terms, instrument, command.price_ticks, command.tonnes)
    more_units = command.tonnes
    if replaced is not None:
        more_cash -= hold_of(terms, instrument, replaced.price_ticks, replaced.tonnes)
        more_units -= replaced.tonnes
    if side == BUY:
        verdict = judge_holding(state, account, instrument, more_units)
        if verdict.reason != 0:
            return verdict
    if (more_cash if side == BUY else more_units) <= 0:
        return ADMITTED
    return judge_cover(account, instrument, side, more_cash, more_units)


def is_of_applicant(state: State, auction: Auction, owner: int) -> bool:
    """Whether an owner is the participant that applied for a one-way auction, or associated with it (关联)."""
    return auction.applicant != 0 and state.held_account(auction.applicant).owner in group_of(state, owner)


def is_eligible(state: State, account: Account, terms: AnnounceAuction) -> bool:
    """Whether the notice admits the account: by category or by name, and never the government's own side."""
    if account.owner == state.held_account(terms.unit_account).owner:
        return False
    return account.category in terms.categories or account.number in terms.bidders


def judge_window(state: State, at_ns: int, auction: Auction) -> Verdict:
    """Whether bids are taken now. A halt of the whole market stops them too; one of the instrument does not."""
    closes_at_ns = auction.terms.closes_at_ns
    if auction.status != OPEN or (closes_at_ns and at_ns >= closes_at_ns):
        return Verdict(reasons.AUCTION_NOT_OPEN)
    if not state.halted:
        return ADMITTED
    is_killed = state.controls.first(MARKET, 0)
    return Verdict(reasons.KILL_SWITCH_ENGAGED if is_killed else reasons.INSTRUMENT_HALTED)


def judge_bid_terms(state: State, auction: Auction, price_ticks: int, tonnes: int, other_tonnes: int) -> Verdict:
    """Quantity, then price, then value, against the notice. other_tonnes: of the bidder's other bids."""
    terms = auction.terms
    if not (0 <= price_ticks <= PRICE_TICKS_MAX and 0 <= tonnes <= TONNES_MAX):
        return Verdict(reasons.INVALID_FIELD)
    if tonnes < terms.bid_tonnes_min:
        return Verdict(reasons.QTY_BELOW_MIN, terms.bid_tonnes_min, tonnes)
    if tonnes % terms.lot_tonnes != 0:
        return Verdict(reasons.QTY_OFF_LOT, terms.lot_tonnes, tonnes)
    if other_tonnes + tonnes > cap_of(terms):
        return Verdict(reasons.BID_ABOVE_CAP, cap_of(terms), other_tonnes + tonnes)
    if price_ticks == 0:
        return Verdict(reasons.PRICE_OFF_TICK, 1, price_ticks)
    if terms.limit_ticks and side_of(terms) == BUY and price_ticks < terms.limit_ticks:
        return Verdict(reasons.BID_BELOW_FLOOR, terms.limit_ticks, price_ticks)
    if terms.limit_ticks and side_of(terms) == SELL and price_ticks > terms.limit_ticks:
        return Verdict(reasons.BID_ABOVE_CEILING, terms.limit_ticks, price_ticks)
    value_fen = amount_of(price_ticks, tonnes, int(state.held_instrument(terms.instrument).tick_fen))
    if value_fen > AMOUNT_FEN_MAX:
        return Verdict(reasons.VALUE_ABOVE_MAX, AMOUNT_FEN_MAX, min(value_fen, 2**62))
    return ADMITTED


def withdraw_bid(state: State, at_ns: int, command: WithdrawBid, out: list[Event]) -> None:
    """Take a bid back, where the notice allows it."""
    auction = find_auction_of(state, command.bid)
    number = 0 if auction is None else auction.number
    reason = 0
    if state.account(command.account) is None:
        reason = reasons.UNKNOWN_ACCOUNT
    elif auction is None or auction.bids[command.bid].account != command.account:
        reason, number = reasons.UNKNOWN_BID, 0
    elif not auction.terms.withdrawable:
        reason = reasons.BID_NOT_WITHDRAWABLE
    else:
        reason = int(judge_window(state, at_ns, auction).reason)
    if auction is None or reason != 0:
        out.append(BidRefused(command.account, number, command.bid, reason, 0, 0))
        return
    end_bid(state, auction, auction.bids[command.bid], 0, out)


def find_auction_of(state: State, bid: int) -> Auction | None:
    """The auction that has this open bid."""
    for auction in state.auctions.values():
        if bid in auction.bids:
            return auction
    return None


def hold_bid(state: State, auction: Auction, bid: Bid, sign: int) -> None:
    """Hold what a bid needs (sign 1), or give it back (sign -1)."""
    account = state.held_account(bid.account)
    instrument = state.held_instrument(auction.terms.instrument)
    if side_of(auction.terms) == BUY:
        hold_cash(account, sign * hold_of(auction.terms, instrument, bid.price_ticks, bid.tonnes))
    else:
        hold_units(account, instrument, sign * bid.tonnes)


def hold_cash(account: Account, amount_fen: int) -> None:
    """Move free cash behind a bid or a budget; a negative amount moves it back."""
    account.free -= amount_fen
    account.held += amount_fen
    assert account.free >= 0
    assert account.held >= 0


def hold_units(account: Account, instrument: Instrument, tonnes: int) -> None:
    """Move available units behind an offer or a sale; a negative amount moves them back."""
    position = account.position(instrument.number)
    position.held += tonnes
    move_available(account, instrument, -tonnes)
    assert position.held >= 0


def release_bid(state: State, auction: Auction, bid: Bid) -> None:
    """Take a bid out of the auction and give its deposit back."""
    hold_bid(state, auction, bid, -1)
    auction.remove(bid)


def end_bid(state: State, auction: Auction, bid: Bid, reason: int, out: list[Event]) -> None:
    """End a bid of which nothing was awarded, and say so."""
    release_bid(state, auction, bid)
    tell_ended(state, auction, bid, 0, 0, reason, out)


def tell_ended(
    state: State, auction: Auction, bid: Bid, cum: int, amount_fen: int, reason: int, out: list[Event]
) -> None:
    """The end of a bid, or of its rest, as a fact of the private stream."""
    out.append(
        BidEnded(
            bid.number,
            auction.number,
            bid.account,
            state.held_account(bid.account).next_exec_seq(),
            bid.client_bid_id,
            auction.terms.instrument,
            side_of(auction.terms),
            bid.price_ticks,
            bid.tonnes - cum,
            cum,
            amount_fen,
            reason,
        )
    )


def end_bids_of(state: State, account: int, scope: int, out: list[Event]) -> None:
    """End an account's bids, and the auctions that it applied for, that a restriction of this scope covers."""
    for auction in state.auctions.values():
        if scope & (RESTRICT_BUY if holder_side_of(auction.terms) == BUY else RESTRICT_SELL):
            end_application_of(state, auction, account, out)
        if scope & (RESTRICT_BUY if side_of(auction.terms) == BUY else RESTRICT_SELL):
            for bid in [bid for bid in auction.bids.values() if bid.account == account]:
                end_bid(state, auction, bid, reasons.RESTRICTION_IMPOSED, out)


def end_application_of(state: State, auction: Auction, account: int, out: list[Event]) -> None:
    """Cancel an auction that this account applied for, in which it may no longer sell, or buy."""
    if auction.is_live and auction.applicant == account:
        bar_applicant(state, auction, out)


def bar_applicant(state: State, auction: Auction, out: list[Event]) -> None:
    """Cancel a one-way auction, because who applied for it may no longer sell, or buy."""
    is_sale = holder_side_of(auction.terms) == SELL
    cancel_auction(state, auction, reasons.SELLER_BARRED if is_sale else reasons.BUYER_BARRED, out)


# ---- acts: judging --------------------------------------------------------------------------------------


def judge_act(state: State, act: AnnounceAuction | OpenAuction | CloseAuction | CancelAuction, at_ns: int) -> Verdict:
    """Whether an act of an auction may take effect now."""
    if isinstance(act, AnnounceAuction):
        return auction_notices.judge(state, act)
    auction = state.auctions.get(act.auction)
    if auction is None:
        return Verdict(reasons.UNKNOWN_AUCTION)
    terms = auction.terms
    if isinstance(act, OpenAuction):
        is_its_day = state.phase != phases.CLOSED and state.trading_day == terms.trading_day
        is_time = at_ns >= terms.opens_at_ns and not (terms.closes_at_ns and at_ns >= terms.closes_at_ns)
        is_fit = auction.status == ANNOUNCED and is_its_day and is_time
    elif isinstance(act, CloseAuction):
        is_fit = auction.status == OPEN and at_ns >= terms.closes_at_ns
    else:
        is_fit = auction.is_live
    return ADMITTED if is_fit else Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)


# ---- acts: taking effect --------------------------------------------------------------------------------


def take_act(state: State, act: AnnounceAuction | OpenAuction | CloseAuction | CancelAuction, out: list[Event]) -> None:
    """Let a judged act take effect."""
    if isinstance(act, AnnounceAuction):
        announce(state, act, out)
        return
    auction = state.auctions[act.auction]
    if isinstance(act, OpenAuction):
        auction.status = OPEN
        close_market(state, auction, out)
        out.append(AuctionOpened(auction.number))
    elif isinstance(act, CloseAuction):
        clear_auction(state, auction, out)
    else:
        cancel_auction(state, auction, reasons.AUCTION_CANCELED, out)


def announce(state: State, terms: AnnounceAuction, out: list[Event]) -> None:
    """Give the auction the next number and hold what is not the bidders'."""
    number = len(state.auctions) + 1
    auction = Auction(number, terms)
    state.auctions[number] = auction
    state.auction_numbers[terms.code] = number
    hold_offered(state, auction, 1)
    auction.carried = tuple([(earlier, take_share(state.auctions[earlier], terms)) for earlier in terms.carries])
    product = state.rulebook.products[state.held_instrument(terms.instrument).product]
    is_named = product.auction_seller_published if holder_side_of(terms) == SELL else product.auction_buyer_published
    auction.is_named = auction.applicant != 0 and is_named
    out.append(AuctionAnnounced(number, terms, cap_of(terms), auction.carried, auction.is_named))


def take_share(earlier: Auction, terms: AnnounceAuction) -> int:
    """Take over a share of what an earlier auction left; returns its tonnes."""
    tonnes = earlier.next_share(terms.lot_tonnes)
    earlier.carry_tonnes -= tonnes
    earlier.carry_auctions = earlier.carry_auctions - 1 if earlier.carry_tonnes else 0
    return tonnes


def leave(auction: Auction, tonnes: int) -> int:
    """Leave what was not sold to later auctions, where the notice says so; returns its tonnes."""
    if auction.terms.carry_over and tonnes:
        auction.carry_tonnes, auction.carry_auctions = tonnes, auction.terms.carry_over
    return auction.carry_tonnes


def hold_offered(state: State, auction: Auction, sign: int) -> None:
    """Hold the other side than the bidders', the volume or the money (sign 1), or give it back (sign -1)."""
    terms = auction.terms
    instrument = state.held_instrument(terms.instrument)
    if holder_side_of(terms) == SELL:
        hold_units(state.held_account(terms.unit_account), instrument, sign * terms.tonnes)
    else:
        hold_cash(state.held_account(terms.cash_account), sign * money_of(terms, int(instrument.tick_fen)))


def close_market(state: State, auction: Auction, out: list[Event]) -> None:
    """Halt the instrument for the day where the notice says so and nobody has halted it already."""
    instrument = state.held_instrument(auction.terms.instrument)
    if auction.terms.closes_market and not auction.closed_market and not instrument.halted:
        instrument.halted = True
        auction.closed_market = True
        out.append(Halted(auction.terms.instrument))


def cancel_auction(state: State, auction: Auction, reason: int, out: list[Event]) -> None:
    """Release everything; the bids end with the same reason."""
    for bid in list(auction.bids.values()):
        end_bid(state, auction, bid, reason, out)
    hold_offered(state, auction, -1)
    auction.status = CANCELED
    auction.reason = reason
    out.append(AuctionCanceled(auction.number, reason, leave(auction, auction.terms.tonnes)))


def clear_auction(state: State, auction: Auction, out: list[Event]) -> None:
    """Clear a window: awards, then what won nothing, then both results."""
    terms = auction.terms
    tick_fen = int(state.held_instrument(terms.instrument).tick_fen)
    for bid in list(auction.bids.values()):
        if is_of_applicant(state, auction, bid.owner):  # associated since it bid
            end_bid(state, auction, bid, reasons.OWN_AUCTION, out)
    bids = list(auction.bids.values())
    outcome = clear(terms, tick_fen, bids)
    if outcome.is_canceled:
        cancel_auction(state, auction, reasons.AUCTION_UNDERSUBSCRIBED, out)
        return
    hold_offered(state, auction, -1)
    for bid in bids:
        release_bid(state, auction, bid)
    won: dict[int, tuple[int, int]] = {}
    applicant_fee_fen = 0
    for award in outcome.awards:
        settled = settle(state, auction, award)
        out.append(settled)
        won[award.bid.number] = (settled.tonnes, settled.amount_fen)
        applicant_fee_fen += settled.applicant_fee_fen
    for bid in bids:
        tonnes, amount_fen = won.get(bid.number, (0, 0))
        if tonnes < bid.tonnes:
            tell_ended(state, auction, bid, tonnes, amount_fen, reasons.BID_NOT_AWARDED, out)
    revenue_fen = sum(amount_fen for _, amount_fen in won.values())
    auction.status = CLEARED
    out.append(AuctionCleared(auction.number, terms.instrument, outcome.price_ticks, outcome.tonnes))
    auction.result = report(auction, outcome, bids, revenue_fen, applicant_fee_fen)
    out.append(auction.result)
    if bids:
        auction.measured = measure(auction.number, terms, bids, outcome.awards)
        out.append(auction.measured)


def report(
    auction: Auction, outcome: Outcome, bids: list[Bid], revenue_fen: int, applicant_fee_fen: int
) -> AuctionReported:
    """All figures of a cleared auction."""
    bid_tonnes = sum(bid.tonnes for bid in bids)
    prices = [bid.price_ticks for bid in bids] or [0]
    return AuctionReported(
        auction.number,
        outcome.price_ticks,
        outcome.tonnes,
        bid_tonnes,
        cover_hundredths(bid_tonnes, auction.terms.tonnes),
        len(bids),
        len({bid.owner for bid in bids}),
        len({award.bid.owner for award in outcome.awards}),
        revenue_fen,
        min(prices),
        max(prices),
        leave(auction, auction.terms.tonnes - outcome.tonnes),
        applicant_fee_fen,
    )


def settle(state: State, auction: Auction, award: Award) -> BidAwarded:
    """Move units and cash of one award in the engine's projection. Settlement moves title from the event."""
    terms = auction.terms
    instrument = state.held_instrument(terms.instrument)
    bidder = state.held_account(award.bid.account)
    holder = state.held_account(terms.unit_account)  # the government's account, or the applicant's
    purse = state.held_account(terms.cash_account)
    amount_fen = amount_of(award.price_ticks, award.tonnes, int(instrument.tick_fen))
    fee_fen = fee_of(amount_fen, terms.fee_ppm)
    applicant_fee_fen = fee_of(amount_fen, applicant_fee_ppm_of(terms))
    if side_of(terms) == BUY:
        pay_out(bidder, amount_fen + fee_fen)
        pay_in(state, purse, amount_fen - applicant_fee_fen)
        move_available(holder, instrument, -award.tonnes)
        if terms.use_restricted:
            move_use_restricted(bidder, instrument, award.tonnes)
        else:
            deliver(state, bidder, instrument, award.tonnes)
    else:
        pay_out(purse, amount_fen + applicant_fee_fen)
        pay_in(state, bidder, amount_fen - fee_fen)
        move_available(bidder, instrument, -award.tonnes)
        if auction.applicant:
            deliver(state, holder, instrument, award.tonnes)
        else:
            move_available(holder, instrument, award.tonnes)
    state.fees += fee_fen + applicant_fee_fen
    state.trade_number += 1
    return BidAwarded(
        int(state.trade_number),
        auction.number,
        award.bid.number,
        award.bid.account,
        bidder.next_exec_seq(),
        award.bid.client_bid_id,
        terms.instrument,
        side_of(terms),
        award.price_ticks,
        award.bid.price_ticks,
        award.bid.tonnes,
        award.tonnes,
        amount_fen,
        fee_fen,
        terms.unit_account,
        terms.cash_account,
        terms.use_restricted,
        applicant_fee_fen,
        holder.next_exec_seq() if auction.applicant else 0,
    )


def deliver(state: State, account: Account, instrument: Instrument, tonnes: int) -> None:
    """Give a participant what it bought, locked for as many days as bought units are (T+N)."""
    if instrument.lock_days > 0:
        account.position(instrument.number).lock(state.day_number + instrument.lock_days, tonnes)
    else:
        move_available(account, instrument, tonnes)


def pay_out(account: Account, amount_fen: int) -> None:
    """Take free cash."""
    account.free -= amount_fen
    assert account.free >= 0


def pay_in(state: State, account: Account, amount_fen: int) -> None:
    """Give proceeds, usable at once or from the next day, as the rule book says."""
    if state.is_proceeds_same_day:
        account.free += amount_fen
    else:
        account.pending += amount_fen


# ---- the day --------------------------------------------------------------------------------------------


def begin_day(state: State, out: list[Event]) -> None:
    """A day has opened: close the market where a notice says so, cancel what was missed or whose applicant may not be
    in it any more, forget answers of ended auctions."""
    for auction in state.auctions.values():
        if not auction.is_live:
            auction.answers.clear()
        elif auction.terms.trading_day < state.trading_day:
            cancel_auction(state, auction, reasons.AUCTION_NOT_HELD, out)
        elif auction.applicant and auction_notices.judge_applicant(state, auction.terms).reason != 0:
            bar_applicant(state, auction, out)
        elif auction.terms.trading_day == state.trading_day:
            close_market(state, auction, out)


def end_day(state: State, out: list[Event]) -> None:
    """The day is about to close: clear open windows, cancel what was not held, open the market again."""
    for auction in state.auctions.values():
        if auction.status == OPEN:
            clear_auction(state, auction, out)
        elif auction.status == ANNOUNCED and auction.terms.trading_day <= state.trading_day:
            cancel_auction(state, auction, reasons.AUCTION_NOT_HELD, out)
        if auction.closed_market:
            auction.closed_market = False
            instrument = state.held_instrument(auction.terms.instrument)
            if instrument.halted and not state.controls.first(INSTRUMENT, auction.terms.instrument):
                instrument.halted = False
                out.append(Resumed(auction.terms.instrument))
