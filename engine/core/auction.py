"""A sealed auction (密封竞价) as arithmetic: bids in, clearing price and awards out.

Pure: no account, no clock, no hold. A sale (有偿竞价) takes the highest bids first, a buy-back (回购) and a participant's
purchase (单向竞价买入) the lowest offers. Uniform: all pay the price of the last bid that is awarded anything (GD, SH: the
lowest winning bid). Pay as bid: each pays its own. At the last price a bid may be served in part, by time or pro rata; better
prices are served in full.
Source of the rules: domain rules A7, C3.
"""

from typing import NamedTuple

import msgspec

from engine.core.commands import AnnounceAuction
from engine.core.events import AuctionMeasured, AuctionReported
from engine.core.units import BUY, SELL, amount_of, fee_of

SALE = "sale"
BUY_BACK = "buy_back"
PURCHASE = "purchase"
UNIFORM = "sealed_uniform"
PAY_AS_BID = "sealed_pay_as_bid"
DIRECTIONS = (SALE, BUY_BACK, PURCHASE)
METHODS = (UNIFORM, PAY_AS_BID)
BY_TIME = "time"
PRO_RATA = "pro_rata"
TIES = (BY_TIME, PRO_RATA)
SELL_PARTLY = "partial"
CANCEL = "cancel"
UNDERSUBSCRIBED = (SELL_PARTLY, CANCEL)

ANNOUNCED = "announced"
OPEN = "open"
CLEARED = "cleared"
CANCELED = "canceled"


BASIS_POINTS = 10_000


class Bid(msgspec.Struct, array_like=True, gc=False):
    """One sealed bid, or one offer to who buys. Its number is the seq of the command that placed it: older is smaller."""

    number: int
    account: int
    owner: int
    price_ticks: int
    tonnes: int
    client_bid_id: str


class Award(NamedTuple):
    """What a bid won, and at which price."""

    bid: Bid
    tonnes: int
    price_ticks: int


class Outcome(NamedTuple):
    """price_ticks: of the last bid served, 0 where nothing was; is_canceled: fewer tonnes were bid than the notice wants."""

    price_ticks: int
    tonnes: int
    awards: list[Award]
    is_canceled: bool


class Auction:
    """One auction's life: its terms as announced, and its sealed bids until it is cleared or canceled."""

    __slots__ = (
        "_of_owner", "answers", "bids", "carried", "carry_auctions", "carry_tonnes", "closed_market", "is_named", "measured",
        "number", "reason", "result", "status", "terms",
    )  # fmt: skip

    def __init__(self, number: int, terms: AnnounceAuction) -> None:
        self.number = number
        self.terms = terms
        self.status = ANNOUNCED
        self.closed_market = False  # whether this auction, and not an operator, halted its instrument
        self.is_named = False  # whether the public may know who applied for it; as the rule book was at the notice
        self.bids: dict[int, Bid] = {}
        # (account, client bid id) -> (bid, price_ticks, tonnes, replaces): what a repeated id is compared with
        self.answers: dict[tuple[int, str], tuple[int, int, int, int]] = {}
        self._of_owner: dict[int, tuple[int, int]] = {}  # (tonnes, bids) together
        self.result: AuctionReported | None = None
        self.measured: AuctionMeasured | None = None
        self.reason = 0  # why it was canceled
        self.carried: tuple[tuple[int, int], ...] = ()  # (earlier auction, tonnes) that are part of the volume
        self.carry_tonnes = 0  # what later auctions have yet to take over, and how many may
        self.carry_auctions = 0

    @property
    def applicant(self) -> int:
        """The account of the participant that sells or buys in a one-way auction (单向竞价); 0 in the government's."""
        return self.terms.unit_account if self.terms.unit_account == self.terms.cash_account else 0

    @property
    def is_live(self) -> bool:
        """Whether it still holds units, cash and bids."""
        return self.status in (ANNOUNCED, OPEN)

    def next_share(self, lot_tonnes: int) -> int:
        """What the next auction takes over of what this one left: an equal part in whole lots, the last one all the rest."""
        if self.carry_auctions == 0:
            return 0
        lots = -(-self.carry_tonnes // (self.carry_auctions * lot_tonnes))
        return min(self.carry_tonnes, lots * lot_tonnes) if self.carry_auctions > 1 else self.carry_tonnes

    def add(self, bid: Bid) -> None:
        """Take in a bid."""
        self.bids[bid.number] = bid
        tonnes, bids = self.bids_of(bid.owner)
        self._of_owner[bid.owner] = (tonnes + bid.tonnes, bids + 1)

    def remove(self, bid: Bid) -> None:
        """Take out a bid."""
        del self.bids[bid.number]
        tonnes, bids = self.bids_of(bid.owner)
        self._of_owner[bid.owner] = (tonnes - bid.tonnes, bids - 1)

    def bids_of(self, owner: int) -> tuple[int, int]:
        """(tonnes, bids) that a beneficial owner's accounts have in the auction together."""
        return self._of_owner.get(owner, (0, 0))


def side_of(terms: AnnounceAuction) -> int:
    """The bidder's side: buy in a sale, sell in a buy-back or purchase."""
    return BUY if terms.direction == SALE else SELL


def holder_side_of(terms: AnnounceAuction) -> int:
    """The side of whose auction it is: the bidders' other one."""
    return SELL if terms.direction == SALE else BUY


def money_of(terms: AnnounceAuction, tick_fen: int) -> int:
    """Cash that is held behind an auction from its notice on, in fen: a buy-back's budget; of a purchase the whole volume at
    the highest price that it pays, and the applicant's fee at that; 0 in a sale."""
    if terms.direction != PURCHASE:
        return terms.budget_fen
    amount_fen = amount_of(min(limits_of(terms)), terms.tonnes, tick_fen)
    return amount_fen + fee_of(amount_fen, terms.buyer_fee_ppm)


def applicant_fee_ppm_of(terms: AnnounceAuction) -> int:
    """The fee of who applied for a one-way auction; 0 in the government's."""
    return terms.seller_fee_ppm if terms.direction == SALE else terms.buyer_fee_ppm


def limits_of(terms: AnnounceAuction) -> list[int]:
    """The public limit and the confidential reserve (底价), those that there are: floors in a sale, else ceilings."""
    return [limit for limit in (terms.limit_ticks, terms.reserve_ticks) if limit]


def cap_of(terms: AnnounceAuction) -> int:
    """The most tonnes that one bidder's bids may come to, in whole lots: the tighter of both caps, else the whole volume."""
    cap = terms.tonnes
    if terms.cap_tonnes:
        cap = min(cap, terms.cap_tonnes)
    if terms.cap_bp:
        cap = min(cap, terms.tonnes * terms.cap_bp // BASIS_POINTS)
    return cap - cap % terms.lot_tonnes


def clear(terms: AnnounceAuction, tick_fen: int, bids: list[Bid]) -> Outcome:
    """Clear the bids. They come in any order; each is a multiple of the lot, and so is what is offered."""
    admitted = [bid for bid in bids if is_priced_well(terms, bid.price_ticks)]
    if terms.undersubscribed == CANCEL and sum(bid.tonnes for bid in admitted) < terms.tonnes:
        return Outcome(0, 0, [], True)
    ladder = levels(terms, admitted)
    served = _serve_uniform(terms, tick_fen, ladder) if terms.method == UNIFORM else _serve_own(terms, tick_fen, ladder)
    awards: list[Award] = []
    price_ticks = served[-1][0] if served else 0
    for (level_ticks, tonnes), level in zip(served, ladder, strict=False):
        paid = price_ticks if terms.method == UNIFORM else level_ticks
        for bid, won in zip(level, share(level, tonnes, terms.lot_tonnes, terms.tie), strict=True):
            if won:
                awards.append(Award(bid, won, paid))
    return Outcome(price_ticks, sum(award.tonnes for award in awards), awards, False)


def is_priced_well(terms: AnnounceAuction, price_ticks: int) -> bool:
    """Whether a price meets the public limit and the confidential reserve."""
    limits = limits_of(terms)
    if terms.direction == SALE:
        return all(price_ticks >= limit for limit in limits)
    return all(price_ticks <= limit for limit in limits)


def levels(terms: AnnounceAuction, bids: list[Bid]) -> list[list[Bid]]:
    """The bids by price, best first; inside a price by time."""
    by_price: dict[int, list[Bid]] = {}
    for bid in sorted(bids, key=lambda bid: bid.number):
        by_price.setdefault(bid.price_ticks, []).append(bid)
    return [by_price[price] for price in sorted(by_price, reverse=terms.direction == SALE)]


def _serve_uniform(terms: AnnounceAuction, tick_fen: int, ladder: list[list[Bid]]) -> list[tuple[int, int]]:
    """(price, tonnes) of each level served: as many tonnes as can be, and among equals the best price for the bidders' rivals.

    In a sale that is the level where the volume is reached. In a buy-back each further level makes every tonne dearer, so
    the budget may buy fewer; then the cheaper level stands.
    """
    best_tonnes = best_level = 0
    reached = 0
    for index, level in enumerate(ladder):
        reached += sum(bid.tonnes for bid in level)
        tonnes = min(terms.tonnes, reached, _affordable(terms, tick_fen, level[0].price_ticks, terms.budget_fen))
        if tonnes > best_tonnes:
            best_tonnes, best_level = tonnes, index
    served: list[tuple[int, int]] = []
    left = best_tonnes
    for level in ladder[: best_level + 1] if best_tonnes else []:
        taken = min(left, sum(bid.tonnes for bid in level))
        served.append((level[0].price_ticks, taken))
        left -= taken
    return served


def _serve_own(terms: AnnounceAuction, tick_fen: int, ladder: list[list[Bid]]) -> list[tuple[int, int]]:
    """(price, tonnes) of each level served where each pays its own price: down the ladder until volume or budget ends."""
    served: list[tuple[int, int]] = []
    left, budget_fen = terms.tonnes, terms.budget_fen
    for level in ladder:
        price_ticks, wanted = level[0].price_ticks, sum(bid.tonnes for bid in level)
        taken = min(left, wanted, _affordable(terms, tick_fen, price_ticks, budget_fen))
        if taken:
            served.append((price_ticks, taken))
        left -= taken
        budget_fen -= price_ticks * tick_fen * taken
        if taken < wanted or not left:
            break
    return served


def _affordable(terms: AnnounceAuction, tick_fen: int, price_ticks: int, budget_fen: int) -> int:
    """Tonnes in whole lots that a buy-back's budget pays for at this price; a sale and a purchase have none."""
    if terms.direction != BUY_BACK:
        return terms.tonnes
    tonnes = budget_fen // (price_ticks * tick_fen)
    return tonnes - tonnes % terms.lot_tonnes


def share(level: list[Bid], tonnes: int, lot_tonnes: int, tie: str) -> list[int]:
    """What each bid of one price gets of `tonnes`, in whole lots: the older first, or pro rata with the rest to the older."""
    wanted = sum(bid.tonnes for bid in level)
    is_pro_rata = tie == PRO_RATA and tonnes < wanted
    won = [tonnes * bid.tonnes // wanted // lot_tonnes * lot_tonnes if is_pro_rata else 0 for bid in level]
    left = tonnes - sum(won)
    step = lot_tonnes if is_pro_rata else left
    for index, bid in enumerate(level):
        more = min(step, left, bid.tonnes - won[index])
        won[index] += more
        left -= more
    assert left == 0, "fewer lots are left over by rounding than there are bids"
    return won


def cover_hundredths(bid_tonnes: int, tonnes: int) -> int:
    """Total bid volume over what was offered (投标倍数), in hundredths, rounded half up."""
    return (bid_tonnes * 100 + tonnes // 2) // tonnes
