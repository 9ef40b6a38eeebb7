"""Awards of auctions (有偿竞价, 回购, 单向竞价) as the registry keeps them, and what the bulletin says of each auction.

An award is a trade of its own method. What sets it apart is that units and money may have different parties: a sale's
units come from the government's account, its proceeds go whole to the treasury's (收支两条线, CQ-M Art. 19); a buy-back's
units go to the government's account and its money comes from the treasury's. Where a participant applied (单向竞价), units and
money are its own, and so is its fee: out of what an award of its sale brings, beside what one of its purchase costs.
"""

from typing import Any, Final

import msgspec

from engine.core import units
from engine.core.events import EXTREMES_BIDDERS_MIN, STATISTICS_BIDDERS_MIN, BidAwarded
from settlement.core.ledger import Instrument
from settlement.core.money import fixed, yuan

METHOD = "auction"
SALE: Final = "sale"  # direction; in a buy-back and a purchase the bidders sell
BY_GOVERNMENT: Final = "government"


class AwardRow(msgspec.Struct, frozen=True, array_like=True):
    """An award as the registry keeps it (table awards, in the order of its columns)."""

    trade: int
    seq: int
    at_ns: int
    trading_day: int
    day_number: int
    auction: int
    bid: int
    instrument: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    buyer: int
    buy_fee_fen: int
    seller: int
    sell_fee_fen: int
    payee: int
    receiver: int
    status: str
    settled_seq: int


class AuctionRow(msgspec.Struct, frozen=True, array_like=True):
    """An auction as the registry keeps it (table auctions, in the order of its columns)."""

    auction: int
    code: str
    direction: str
    method: str
    instrument: int
    tonnes: int
    unit_account: int
    cash_account: int
    announced_seq: int
    status: str = "announced"
    reason: int = 0
    price_ticks: int = 0
    sold_tonnes: int = 0
    bid_tonnes: int = 0
    bidders: int = 0
    winners: int = 0
    revenue_fen: int = 0
    ended_seq: int = 0
    ended_day: int = 0
    carried_tonnes: int = 0
    carry_tonnes: int = 0
    bids: int = 0
    low_ticks: int = 0
    high_ticks: int = 0
    price_mean: int = 0
    price_median: int = 0
    price_deviation: int = 0
    bid_mean: int = 0
    bid_deviation: int = 0
    won_mean: int = 0
    won_deviation: int = 0
    bid_largest_bp: int = 0
    won_largest_bp: int = 0
    won_concentration: int = 0
    at_limit_bids: int = 0
    at_limit_tonnes: int = 0
    applicant_fee_fen: int = 0
    held_by: str = (
        BY_GOVERNMENT  # else the participant that applied: its name where it is public, its category where not
    )

    @property
    def is_governments(self) -> bool:
        """Whether its money is the treasury's; a participant has its own."""
        return self.unit_account != self.cash_account


ENDED: Final = AuctionRow.__struct_fields__[9:-1]  # the columns that its end fills in


class Parties(msgspec.Struct, frozen=True):
    """Who gives and who gets in an award: cash from buyer to payee, units from seller to receiver; the bidder pays the fee,
    and who applied for a one-way auction its own."""

    buyer: int
    buy_fee_fen: int
    seller: int
    sell_fee_fen: int
    payee: int
    receiver: int


def parties_of(e: BidAwarded) -> Parties:
    """The parties of an award by the bidder's side."""
    if e.side == units.BUY:
        return Parties(e.account, e.fee_fen, e.unit_account, e.applicant_fee_fen, e.cash_account, e.account)
    return Parties(e.cash_account, e.applicant_fee_fen, e.account, e.fee_fen, e.account, e.unit_account)


def auction_figures(row: AuctionRow, instruments: dict[int, Instrument]) -> dict[str, Any]:
    """What the bulletin says of an auction that ended that day. No single bid can be told from it."""
    instrument = instruments[row.instrument]

    def price(ticks: int) -> str | None:
        return yuan(ticks * instrument.tick_fen) if ticks and row.bidders >= EXTREMES_BIDDERS_MIN else None

    return {
        "bid_statistics": _statistics(row, instrument) if row.bidders >= STATISTICS_BIDDERS_MIN else None,
        "bid_tonnes": row.bid_tonnes,
        "bidders": row.bidders,
        "buyer_fees": yuan(row.applicant_fee_fen if row.direction != SALE else 0),
        "carried_from_earlier": row.carried_tonnes,
        "code": row.code,
        "cover_ratio": yuan((row.bid_tonnes * 100 + row.tonnes // 2) // row.tonnes),
        "direction": row.direction,
        "held_by": row.held_by,
        "highest_bid": price(row.high_ticks),
        "instrument": instrument.code,
        "left_over": row.carry_tonnes,
        "lowest_bid": price(row.low_ticks),
        "method": row.method,
        "offered": row.tonnes,
        "price": yuan(row.price_ticks * instrument.tick_fen) if row.price_ticks else None,
        "seller_fees": yuan(row.applicant_fee_fen if row.direction == SALE else 0),
        "status": row.status,
        "tonnes": row.sold_tonnes,
        "turnover": yuan(row.revenue_fen),
        "winners": row.winners,
    }


def _statistics(row: AuctionRow, instrument: Instrument) -> dict[str, str]:
    """Result 3: prices in yuan with four decimals, tonnes with two."""
    prices = {"price_deviation": row.price_deviation, "price_mean": row.price_mean, "price_median": row.price_median}
    tonnes = {
        "bid_per_bidder_deviation": row.bid_deviation,
        "bid_per_bidder_mean": row.bid_mean,
        "won_per_bidder_deviation": row.won_deviation,
        "won_per_bidder_mean": row.won_mean,
    }
    return {
        **{name: fixed(value * instrument.tick_fen, 4) for name, value in prices.items()},
        **{name: fixed(value, 2) for name, value in tonnes.items()},
    }
