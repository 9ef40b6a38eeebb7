"""What others may read of auctions (有偿竞价, 回购): copies, as `engine.view` gives them out."""

import msgspec

from engine.core.auction import SALE, Auction, cap_of, money_of
from engine.core.auctions import hold_of
from engine.core.commands import AnnounceAuction
from engine.core.events import AuctionMeasured, AuctionReported
from engine.core.state import State


class AuctionView(msgspec.Struct, frozen=True):
    """One auction: its terms, the confidential reserve among them, and its result. reason: why it was canceled.

    held_by: "government", or the participant that applied: its name where that is public, its category where not.
    """

    number: int
    terms: AnnounceAuction
    status: str
    result: AuctionReported | None
    reason: int
    cap_tonnes: int  # the most that one bidder's bids may come to
    measured: AuctionMeasured | None
    carried: tuple[tuple[str, int], ...]  # (code of an earlier auction, tonnes of what it left over) in the volume
    carry_tonnes: int  # what later auctions have yet to take over
    held_by: str


class BidView(msgspec.Struct, frozen=True):
    """One open bid with what it holds. Only its account may see it."""

    bid: int
    auction: int
    account: int
    client_bid_id: str
    instrument: int
    price_ticks: int
    tonnes: int
    held_fen: int
    held_tonnes: int


def auction_view(state: State, auction: Auction) -> AuctionView:
    """A copy of one auction."""
    known = state.auctions
    holder = state.held_account(auction.terms.unit_account)
    held_by = holder.name if auction.is_named else holder.category
    return AuctionView(
        auction.number,
        auction.terms,
        auction.status,
        auction.result,
        auction.reason,
        cap_of(auction.terms),
        auction.measured,
        tuple((known[earlier].terms.code, tonnes) for earlier, tonnes in auction.carried),
        auction.carry_tonnes,
        held_by,
    )


def bids_of(state: State, account: int) -> list[BidView]:
    """An account's open bids in all auctions, oldest first."""
    return [
        BidView(
            bid.number,
            auction.number,
            bid.account,
            bid.client_bid_id,
            auction.terms.instrument,
            bid.price_ticks,
            bid.tonnes,
            hold_of(auction.terms, state.held_instrument(auction.terms.instrument), bid.price_ticks, bid.tonnes),
            bid.tonnes if auction.terms.direction != SALE else 0,
        )
        for auction in state.auctions.values()
        for bid in auction.bids.values()
        if bid.account == account
    ]


def money_of_auction(state: State, terms: AnnounceAuction) -> int:
    """Cash behind an auction's notice, in fen: a buy-back's budget, a purchase's highest cost and fee; 0 in a sale."""
    return money_of(terms, int(state.held_instrument(terms.instrument).tick_fen))


def bid_counts(state: State, number: int) -> tuple[int, int]:
    """(bids, bidders) that an auction holds; nothing else of a sealed bid is told to anyone but its account."""
    bids = state.auctions[number].bids.values()
    return len(bids), len({bid.owner for bid in bids})
