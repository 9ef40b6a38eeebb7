"""Government auctions at the doors: notices and results for everyone, sealed bids for members. Judges nothing."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from engine.core import commands, events, reasons
from engine.core.commands import Entry
from engine.view import AuctionView
from gateway.connection import Connection
from gateway.feed.auctions import public_auction
from gateway.members import account_of, canceling_account_of, refusal_of, ticks_of, trading_account_of
from gateway.protocol import auction_wire, prices
from gateway.protocol.codec import Refused

if TYPE_CHECKING:
    from gateway.server import Gateway


class AuctionDesk:
    """Answers `auction.…`, and turns what the engine said of a bid into replies."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                auction_wire.AuctionList: self._list,
                auction_wire.AuctionGet: self._get,
                auction_wire.AuctionBid: self._bid,
                auction_wire.AuctionWithdraw: self._withdraw,
                auction_wire.AuctionBids: self._bids,
                auction_wire.OpsAuctions: self._counted,
            }
        )
        gateway.answerers.update({commands.PlaceBid: self._on_bid, commands.WithdrawBid: self._on_withdrawn})

    # ---- looking ------------------------------------------------------------------------------------------

    def _list(self, connection: Connection, request: auction_wire.AuctionList) -> None:
        params = request.params if request.params is not UNSET else auction_wire.AuctionListParams()
        view = self._gateway.view()
        newest = [public_auction(view, found) for found in reversed(view.auctions()[-params.limit :])]
        connection.reply(request.id, auction_wire.AuctionRows(newest))

    def _counted(self, connection: Connection, request: auction_wire.OpsAuctions) -> None:
        params = request.params if request.params is not UNSET else auction_wire.AuctionListParams()
        view = self._gateway.view()
        newest = [
            auction_wire.OpsAuctionRow(public_auction(view, found), *view.bid_counts(found.number))
            for found in reversed(view.auctions()[-params.limit :])
        ]
        connection.reply(request.id, newest)

    def _get(self, connection: Connection, request: auction_wire.AuctionGet) -> None:
        connection.reply(request.id, public_auction(self._gateway.view(), self._found(request.params.auction)))

    def _found(self, code: str) -> AuctionView:
        view = self._gateway.view()
        found = view.auction(view.auction_number(code))
        if found is None:
            raise Refused(reasons.UNKNOWN_AUCTION, "auction")
        return found

    def _bids(self, connection: Connection, request: auction_wire.AuctionBids) -> None:
        params = request.params if request.params is not UNSET else auction_wire.AuctionBidsParams()
        account = account_of(connection, params.account)
        auction = 0 if params.auction is UNSET else self._found(params.auction).number
        rows = []
        for bid in self._gateway.view().bids(account):
            if auction in (0, bid.auction):
                instrument = self._names.instruments[bid.instrument]
                rows.append(
                    auction_wire.BidRow(
                        f"A-{bid.bid}",
                        bid.client_bid_id,
                        self._names.auction_code(bid.auction),
                        prices.price_text(bid.price_ticks, instrument.tick_fen),
                        bid.tonnes,
                        prices.money_text(bid.held_fen),
                        bid.held_tonnes,
                    )
                )
        connection.reply(request.id, auction_wire.BidRows(self._names.accounts[account], rows))

    # ---- bidding ------------------------------------------------------------------------------------------

    def _bid(self, connection: Connection, request: auction_wire.AuctionBid) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        auction = self._found(params.auction)
        price_ticks = ticks_of(params.price, self._names.instruments[auction.terms.instrument].tick_fen)
        replaces = int(params.replaces[2:]) if params.replaces is not UNSET else 0
        command = commands.PlaceBid(
            account, auction.number, price_ticks, params.quantity, params.client_bid_id, replaces
        )
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)
        self._gateway.ask(connection, request.id, command)

    def _withdraw(self, connection: Connection, request: auction_wire.AuctionWithdraw) -> None:
        account = canceling_account_of(connection, request.params.account)
        self._gateway.ask(connection, request.id, commands.WithdrawBid(account, int(request.params.bid_id[2:])))

    def _on_bid(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        command = entry.command
        assert isinstance(command, commands.PlaceBid)
        if isinstance(said, events.BidRefused):
            self._refuse(connection, request_id, entry, said)
            return
        assert isinstance(said, events.BidPlaced | events.BidRepeated)
        connection.reply(
            request_id,
            auction_wire.BidTaken(
                f"A-{said.bid}",
                command.client_bid_id,
                self._names.auction_code(said.auction),
                self._names.accounts[said.account],
                type(said) is events.BidRepeated,
            ),
        )

    def _on_withdrawn(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.BidRefused):
            self._refuse(connection, request_id, entry, said)
            return
        assert isinstance(said, events.BidEnded)
        account, auction = self._names.accounts[said.account], self._names.auction_code(said.auction)
        connection.reply(request_id, auction_wire.BidWithdrawn(f"A-{said.bid}", auction, account, said.tonnes))

    def _refuse(self, connection: Connection, request_id: str | int, entry: Entry, said: events.BidRefused) -> None:
        auction = self._gateway.view().auction(said.auction)
        tick_fen = self._names.instruments[auction.terms.instrument].tick_fen if auction is not None else 1
        connection.refuse(request_id, refusal_of(said.reason, said.limit, said.actual, tick_fen), ref=f"E-{entry.seq}")
