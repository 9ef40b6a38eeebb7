"""What an account has open in the market ends, because the account may no longer trade."""

from engine.core import auctions, block_trading, intentions
from engine.core.auction import holder_side_of, side_of
from engine.core.events import Event
from engine.core.state import Account, State
from engine.core.trading import cancel_open_orders
from engine.core.units import BUY, SELL


def end_what_is_open(state: State, account: Account, reason: int, out: list[Event], side: int = 0) -> None:
    """Orders, intentions, block offers of and to the account, bids, own auctions: each ends and releases its holds. side 0: both."""
    number = int(account.number)
    intentions.end_all(state, account, reason, side, out)
    cancel_open_orders(state, account, 0, side, reason, out)
    for offer in state.blocks.open_by(number):
        if side in (0, offer.side):
            block_trading.end(state, offer, reason, out)
    for offer in state.blocks.open_offers():
        taken = SELL if offer.side == BUY else BUY  # the side that this account would take
        if number in offer.counterparties and side in (0, taken):
            block_trading.turn_down(state, offer, number, reason, out)
    for auction in state.auctions.values():
        if side in (0, holder_side_of(auction.terms)):
            auctions.end_application_of(state, auction, number, out)
        if side in (0, side_of(auction.terms)):
            for bid in [bid for bid in auction.bids.values() if bid.account == number]:
                auctions.end_bid(state, auction, bid, reason, out)
