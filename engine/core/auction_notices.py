"""Whether the notice of an auction (竞价公告) makes sense, and its parties may and can do what it says."""

from typing import Final

from engine.core import reasons, standing
from engine.core.admission import ADMITTED, Verdict, judge_cover, judge_holding, why_restricted
from engine.core.auction import (
    BASIS_POINTS,
    BUY_BACK,
    DIRECTIONS,
    METHODS,
    PURCHASE,
    SALE,
    TIES,
    UNDERSUBSCRIBED,
    cap_of,
    holder_side_of,
    limits_of,
    money_of,
)
from engine.core.commands import CARRY_OVER_MAX, AnnounceAuction
from engine.core.compliance import KEY_EMITTER
from engine.core.positions import GOVERNMENT
from engine.core.state import Account, Instrument, State
from engine.core.units import (
    AMOUNT_FEN_MAX,
    BUY,
    PPM,
    PRICE_TICKS_MAX,
    RESTRICT_BUY,
    RESTRICT_SELL,
    SELL,
    TONNES_MAX,
    amount_of,
)

TREASURY: Final = "treasury"
BIDDER_CATEGORIES: Final = ("key_emitter", "institution", "individual")
AUCTIONS_MAX: Final = 10_000  # ever announced in one market
LIVE_AUCTIONS_MAX: Final = 100
BIDDERS_MAX: Final = 1_000  # accounts named in a notice
CODE_MAX: Final = 32
NOTICE_MAX: Final = 500


def judge(state: State, terms: AnnounceAuction) -> Verdict:
    """Whether a notice makes sense, its parties exist, and the side that is not the bidders' may and can do it."""
    if terms.code in state.auction_numbers:
        return Verdict(reasons.ALREADY_EXISTS)
    instrument = state.instrument(terms.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    units, cash = state.account(terms.unit_account), state.account(terms.cash_account)
    if units is None or cash is None or any(state.account(number) is None for number in terms.bidders):
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    is_fit = (
        are_parties_fit(units, cash, terms)
        and are_words_fit(terms)
        and are_numbers_fit(terms, int(instrument.tick_fen), int(instrument.lot_tonnes))
        and int(state.trading_day) <= terms.trading_day < 100_000_000
        and (not terms.use_restricted or is_for_own_surrender(state, terms, instrument))
    )
    if not is_fit:
        return Verdict(reasons.ACT_INVALID)
    verdict = judge_carrying(state, terms)
    if verdict.reason != 0:
        return verdict
    live = sum(auction.is_live for auction in state.auctions.values())
    if live >= LIVE_AUCTIONS_MAX or len(state.auctions) >= AUCTIONS_MAX:
        return Verdict(reasons.TOO_MANY_AUCTIONS, LIVE_AUCTIONS_MAX, live)
    if units is cash:
        verdict = judge_applicant(state, terms)
        if verdict.reason != 0:
            return verdict
    if holder_side_of(terms) == SELL:
        return judge_cover(units, instrument, SELL, 0, terms.tonnes)
    verdict = judge_holding(state, units, instrument, terms.tonnes)
    if verdict.reason != 0:
        return verdict
    return judge_cover(cash, instrument, BUY, money_of(terms, int(instrument.tick_fen)), 0)


def are_parties_fit(units: Account, cash: Account, terms: AnnounceAuction) -> bool:
    """The government with the treasury's money; or a participant that sells or buys units of its own for its own money."""
    if units is not cash:
        is_governments = terms.direction != PURCHASE and terms.seller_fee_ppm == 0
        return is_governments and units.category == GOVERNMENT and cash.category == TREASURY
    is_plain = not (terms.use_restricted or terms.carry_over or terms.carries)  # these are the government's alone
    return units.category in BIDDER_CATEGORIES and terms.direction != BUY_BACK and is_plain


def judge_applicant(state: State, terms: AnnounceAuction) -> Verdict:
    """Whether the participant that applied for a one-way auction may be on its side of it: no restriction, no bar."""
    account, side = state.held_account(terms.unit_account), holder_side_of(terms)
    if account.restriction & (RESTRICT_BUY if side == BUY else RESTRICT_SELL):
        return why_restricted(account)
    return Verdict(standing.why_barred(state, account, state.held_instrument(terms.instrument), side, standing.AUCTION))


def judge_carrying(state: State, terms: AnnounceAuction) -> Verdict:
    """Whether the volume contains the shares of the earlier auctions that it says it takes over."""
    carried = 0
    for number in terms.carries:
        earlier = state.auctions.get(number)
        if earlier is None:
            return Verdict(reasons.UNKNOWN_AUCTION)
        is_same = earlier.terms.instrument == terms.instrument and earlier.terms.unit_account == terms.unit_account
        if not is_same or earlier.carry_tonnes == 0 or terms.carries.count(number) > 1:
            return Verdict(reasons.NOTHING_TO_CARRY_OVER, 0, number)
        carried += earlier.next_share(terms.lot_tonnes)
    return Verdict(reasons.CARRY_OVER_ABOVE_VOLUME, terms.tonnes, carried) if carried > terms.tonnes else ADMITTED


def is_for_own_surrender(state: State, terms: AnnounceAuction, instrument: Instrument) -> bool:
    """Whether units bound to own surrender make sense: allowances sold to key emitters, who alone have to surrender."""
    named = [state.held_account(number).category for number in terms.bidders]
    return (
        terms.direction == SALE
        and instrument.is_allowance
        and all(category == KEY_EMITTER for category in (*terms.categories, *named))
    )


def are_words_fit(terms: AnnounceAuction) -> bool:
    """Whether the notice's words are words of the rules."""
    is_code = 0 < len(terms.code) <= CODE_MAX and terms.code.isascii()
    return (
        is_code
        and all(c.isalnum() or c in "-._" for c in terms.code)
        and terms.direction in DIRECTIONS
        and terms.method in METHODS
        and terms.tie in TIES
        and terms.undersubscribed in UNDERSUBSCRIBED
        and all(category in BIDDER_CATEGORIES for category in terms.categories)
        and 0 < len(terms.categories) + len(terms.bidders) <= BIDDERS_MAX
        and len(terms.notice) <= NOTICE_MAX
    )


def are_numbers_fit(terms: AnnounceAuction, tick_fen: int, lot_tonnes: int) -> bool:
    """Whether the notice's numbers fit together: whole lots, limits in bounds, a budget only in a buy-back, and in a purchase
    a highest price, which bounds what it costs."""
    times_fit = 0 <= terms.opens_at_ns < 2**63 and 0 <= terms.closes_at_ns < 2**63
    volume_fits = (
        0 < terms.tonnes <= TONNES_MAX
        and 0 < terms.lot_tonnes <= terms.tonnes
        and terms.lot_tonnes % lot_tonnes == 0
        and terms.tonnes % terms.lot_tonnes == 0
        and 0 < terms.bid_tonnes_min <= terms.tonnes
    )
    if not times_fit or not volume_fits:
        return False
    is_sale = terms.direction == SALE
    limits = limits_of(terms)
    if terms.direction == PURCHASE and (not limits or min(limits) < 0 or money_of(terms, tick_fen) > AMOUNT_FEN_MAX):
        return False
    return (
        (terms.closes_at_ns == 0 or terms.opens_at_ns < terms.closes_at_ns)
        and 0 <= terms.limit_ticks <= PRICE_TICKS_MAX
        and 0 <= terms.reserve_ticks <= PRICE_TICKS_MAX
        and (0 < terms.budget_fen <= AMOUNT_FEN_MAX if terms.direction == BUY_BACK else terms.budget_fen == 0)
        and 0 <= terms.carry_over <= (CARRY_OVER_MAX if is_sale else 0)
        and len(terms.carries) <= (CARRY_OVER_MAX if is_sale else 0)
        and 0 <= terms.cap_tonnes <= TONNES_MAX
        and 0 <= terms.cap_bp <= BASIS_POINTS
        and cap_of(terms) >= terms.bid_tonnes_min
        and 0 <= terms.fee_ppm <= PPM
        and 0 <= terms.seller_fee_ppm <= (PPM if is_sale else 0)
        and 0 <= terms.buyer_fee_ppm <= (PPM if terms.direction == PURCHASE else 0)
        and amount_of(max(terms.limit_ticks, 1), terms.bid_tonnes_min, tick_fen) <= AMOUNT_FEN_MAX
    )
