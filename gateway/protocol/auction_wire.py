"""What the doors say about auctions and buy-backs (有偿竞价, 回购, 单向竞价).

Bids are sealed: `auction.bids` tells an account its own, and nothing else tells of a bid before the result. What the
public may know of an auction (`AuctionView`) has no place for one.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import ClientOrderId, Code, Decimals, Params, Quantity, Request

AUCTION_ROWS_MAX = 100

BidId = Annotated[str, Meta(pattern=r"^A-[1-9][0-9]{0,17}\Z")]


class AuctionListParams(Params, gc=False):
    """How many, newest first."""

    limit: Annotated[int, Meta(ge=1, le=AUCTION_ROWS_MAX)] = AUCTION_ROWS_MAX


class AuctionList(Request, tag="auction.list", gc=False, kw_only=True):
    """Notices and results of auctions and buy-backs, newest first."""

    params: AuctionListParams | UnsetType = UNSET


class AuctionGetParams(Params, gc=False):
    """One auction by its code."""

    auction: Code


class AuctionGet(Request, tag="auction.get", gc=False, kw_only=True):
    """One auction: its notice, where it stands, and its result."""

    params: AuctionGetParams


class AuctionBidParams(Params, gc=False):
    """A sealed bid, in a buy-back or purchase an offer. `replaces`: one's own bid that it takes the place of, all or nothing."""

    auction: Code
    price: Decimals
    quantity: Quantity
    client_bid_id: ClientOrderId
    account: Code | UnsetType = UNSET
    replaces: BidId | UnsetType = UNSET


class AuctionBid(Request, tag="auction.bid", gc=False, kw_only=True):
    """Bid in an open window. The same client_bid_id with the same body gets the same answer, with `duplicate`."""

    params: AuctionBidParams


class AuctionWithdrawParams(Params, gc=False):
    """One of one's own bids."""

    bid_id: BidId
    account: Code | UnsetType = UNSET


class AuctionWithdraw(Request, tag="auction.withdraw", gc=False, kw_only=True):
    """Take a bid back, where the notice allows it; its deposit is free again."""

    params: AuctionWithdrawParams


class AuctionBidsParams(Params, gc=False):
    """One's own open bids, of one auction or of all."""

    auction: Code | UnsetType = UNSET
    account: Code | UnsetType = UNSET


class AuctionBids(Request, tag="auction.bids", gc=False, kw_only=True):
    """One's own open bids and what each holds."""

    params: AuctionBidsParams | UnsetType = UNSET


class OpsAuctions(Request, tag="ops.auctions", gc=False, kw_only=True):
    """All auctions, newest first, with how many bids an open one has; no single bid is told to an operator either."""

    params: AuctionListParams | UnsetType = UNSET


Looking = AuctionList | AuctionGet  # at every door
Bidding = AuctionBid | AuctionWithdraw | AuctionBids


# ---- replies --------------------------------------------------------------------------------------------


class AuctionResult(Struct, omit_defaults=True, gc=False):
    """The result. The extreme bids are told only where there were at least three bidders, the statistics with five.

    `left_over`: tonnes that go over to later auctions. `seller_fees`: of a participant that sells, out of the revenue;
    `buyer_fees`: of one that buys, beside it. Mean, median and deviation of prices count each tonne bid; those of volumes count
    each bidder (beneficial owner), of what was won also the bidders that won nothing.
    """

    price: str | None
    quantity: int
    bid_quantity: int
    bidders: int
    winners: int
    revenue: str
    cover_ratio: str
    lowest_bid: str | None = None
    highest_bid: str | None = None
    left_over: int = 0
    mean_bid: str | None = None
    median_bid: str | None = None
    bid_deviation: str | None = None
    bid_per_bidder_mean: str | None = None
    bid_per_bidder_deviation: str | None = None
    won_per_bidder_mean: str | None = None
    won_per_bidder_deviation: str | None = None
    seller_fees: str | None = None
    buyer_fees: str | None = None


class CarriedVolume(Struct, gc=False):
    """What an auction takes over of the volume that an earlier one left over."""

    auction: str
    quantity: int


class AuctionView(Struct, omit_defaults=True, gc=False):
    """An auction as everyone may see it. status: announced | open | cleared | canceled.

    direction: sale | buy_back | purchase; the first and last may be a participant's.
    `limit_price`: published floor of a sale, else ceiling; `has_reserve`: there is a confidential one beside it.
    `use_restricted`: only for own surrender.
    `cap`: the most that one bidder's bids may come to. `bidders_named`: accounts that the notice admits by name.
    `carry_over`: over how many later auctions is spread what this one does not sell. `carried`: what of the volume comes from
    earlier ones. `to_carry_over`: what later ones have yet to take over of it. `held_by`: whose auction it is: `government`, or
    the participant that applied for it, by its name where the rule book makes that public, by its category where not.
    """

    auction: str
    status: str
    direction: str
    method: str
    instrument: str
    quantity: int
    trading_day: str
    limit_price: str | None
    has_reserve: bool
    categories: list[str]
    bidders_named: int
    qty_min: int
    lot: int
    cap: int
    withdrawable: bool
    tie: str
    undersubscribed: str
    closes_market: bool
    use_restricted: bool
    fee_ppm: int
    notice: str = ""
    budget: str = ""
    opens_at: str = ""
    closes_at: str = ""
    result: AuctionResult | None = None
    reason: str = ""
    carry_over: int = 0
    carried: list[CarriedVolume] = []
    to_carry_over: int = 0
    held_by: str = "government"
    seller_fee_ppm: int = 0
    buyer_fee_ppm: int = 0


class AuctionRows(Struct, gc=False):
    """Auctions, newest first."""

    auctions: list[AuctionView]


class OpsAuctionRow(Struct, gc=False):
    """An auction as everyone may see it, and how many bids and bidders (beneficial owners) its window holds now."""

    auction: AuctionView
    bids: int
    bidders: int


class BidTaken(Struct, omit_defaults=True, gc=False):
    """The bid is in the journal and its deposit is held."""

    bid_id: str
    client_bid_id: str
    auction: str
    account: str
    duplicate: bool = False


class BidWithdrawn(Struct, gc=False):
    """The bid is taken back."""

    bid_id: str
    auction: str
    account: str
    quantity: int


class BidRow(Struct, gc=False):
    """An open bid of one's own; `held_cash` in CNY in a sale, else `held_units`."""

    bid_id: str
    client_bid_id: str
    auction: str
    price: str
    quantity: int
    held_cash: str
    held_units: int


class BidRows(Struct, gc=False):
    """An account's open bids, oldest first."""

    account: str
    bids: list[BidRow]
