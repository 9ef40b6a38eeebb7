"""Government auctions (有偿竞价, 回购) through a client: `client.auctions.newest()`, `client.auctions.bid(…)`.

Looking needs no login. Each method raises `Refused`, or `ConnectionLost`: then bid again under the same client_bid_id; it
is not taken twice.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec import UNSET

from gateway.protocol import auction_wire
from yutan.blocks import Asks


class Auctions:
    """Auctions as everyone may see them, and one's own sealed bids."""

    def __init__(self, ask: Asks, next_id: Callable[[], str]) -> None:
        self._ask = ask
        self._next_id = next_id

    async def newest(self) -> list[auction_wire.AuctionView]:
        """Notices and results, newest first."""
        return (await self._ask(auction_wire.AuctionList, UNSET, auction_wire.AuctionRows)).auctions

    async def get(self, code: str) -> auction_wire.AuctionView:
        """One auction."""
        return await self._ask(auction_wire.AuctionGet, auction_wire.AuctionGetParams(code), auction_wire.AuctionView)

    async def bid(
        self,
        auction: str,
        quantity: int,
        price: Decimal | str,
        *,
        client_bid_id: str = "",
        account: str = "",
        replaces: str = "",
    ) -> auction_wire.BidTaken:
        """Place a sealed bid; `replaces` names one's own bid whose place it takes, all or nothing."""
        name = client_bid_id or self._next_id()
        params = auction_wire.AuctionBidParams(auction, str(price), quantity, name, account or UNSET, replaces or UNSET)
        return await self._ask(auction_wire.AuctionBid, params, auction_wire.BidTaken)

    async def withdraw(self, bid_id: str, *, account: str = "") -> auction_wire.BidWithdrawn:
        """Take a bid back."""
        params = auction_wire.AuctionWithdrawParams(bid_id, account or UNSET)
        return await self._ask(auction_wire.AuctionWithdraw, params, auction_wire.BidWithdrawn)

    async def bids(self, *, auction: str = "", account: str = "") -> list[auction_wire.BidRow]:
        """One's own open bids."""
        params = auction_wire.AuctionBidsParams(auction or UNSET, account or UNSET)
        return (await self._ask(auction_wire.AuctionBids, params, auction_wire.BidRows)).bids
