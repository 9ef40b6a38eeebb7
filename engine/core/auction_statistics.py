"""Statistics of an auction's bids (result 3): exact rationals, rounded half up once, no float.

Source: domain rules (g), the yearly files of EEX's primary auctions. A bid's price counts once for each tonne bid at it, so
a price among many tonnes weighs more; a bidder is a beneficial owner, and one that won nothing counts as 0 won. Deviations
are of all there is (divided by n), since nothing is a sample.
"""

from math import isqrt

from engine.core.auction import Award, Bid
from engine.core.commands import AnnounceAuction
from engine.core.events import AuctionMeasured

HUNDREDTHS = 100
BASIS_POINTS = 10_000


def measure(auction: int, terms: AnnounceAuction, bids: list[Bid], awards: list[Award]) -> AuctionMeasured:
    """The statistics of an auction in which something was bid. Prices are in hundredths of a tick, tonnes in hundredths."""
    prices = sorted((bid.price_ticks, bid.tonnes) for bid in bids)
    bid_by_owner: dict[int, int] = {}
    won_by_owner: dict[int, int] = {}
    for bid in bids:
        bid_by_owner[bid.owner] = bid_by_owner.get(bid.owner, 0) + bid.tonnes
        won_by_owner.setdefault(bid.owner, 0)
    for award in awards:
        won_by_owner[award.bid.owner] += award.tonnes
    bid_tonnes = [(tonnes, 1) for tonnes in bid_by_owner.values()]
    won_tonnes = [(tonnes, 1) for tonnes in won_by_owner.values()]
    at_limit = [bid for bid in bids if terms.limit_ticks and bid.price_ticks == terms.limit_ticks]
    return AuctionMeasured(
        auction,
        mean_hundredths(prices),
        median_hundredths(prices),
        deviation_hundredths(prices),
        mean_hundredths(bid_tonnes),
        deviation_hundredths(bid_tonnes),
        mean_hundredths(won_tonnes),
        deviation_hundredths(won_tonnes),
        largest_share_bp(bid_by_owner),
        largest_share_bp(won_by_owner),
        concentration_of(won_by_owner),
        len(at_limit),
        sum(bid.tonnes for bid in at_limit),
    )


def mean_hundredths(values: list[tuple[int, int]]) -> int:
    """Mean of (value, weight) in hundredths."""
    weight = sum(weight for _, weight in values)
    return rounded(HUNDREDTHS * sum(value * weight for value, weight in values), weight)


def median_hundredths(ordered: list[tuple[int, int]]) -> int:
    """Median of (value, weight), values ascending, in hundredths: the middle one, or half-way between the middle two."""
    weight = sum(weight for _, weight in ordered)
    lower, upper = _at(ordered, (weight - 1) // 2), _at(ordered, weight // 2)
    return (lower + upper) * HUNDREDTHS // 2


def _at(ordered: list[tuple[int, int]], place: int) -> int:
    for value, weight in ordered:
        if place < weight:
            return value
        place -= weight
    raise AssertionError("the place is below the sum of the weights")


def deviation_hundredths(values: list[tuple[int, int]]) -> int:
    """Standard deviation of (value, weight) in hundredths: the square root of the mean square distance from the mean."""
    n = sum(weight for _, weight in values)
    squares = sum(value * value * weight for value, weight in values)
    total = sum(value * weight for value, weight in values)
    scaled = HUNDREDTHS * HUNDREDTHS * (n * squares - total * total)  # the variance x n x n x 100 x 100
    low = isqrt(scaled // (n * n))
    is_nearer_above = 4 * scaled >= (2 * low + 1) ** 2 * n * n
    return low + 1 if is_nearer_above else low


def largest_share_bp(by_owner: dict[int, int]) -> int:
    """The largest owner's share of all, in 1/10,000."""
    return rounded(BASIS_POINTS * max(by_owner.values()), sum(by_owner.values()))


def concentration_of(by_owner: dict[int, int]) -> int:
    """Herfindahl-Hirschman index (集中度): the sum of squared shares, 10,000 where one has all, 0 where nothing was won."""
    total = sum(by_owner.values())
    return rounded(BASIS_POINTS * sum(tonnes * tonnes for tonnes in by_owner.values()), total * total)


def rounded(numerator: int, denominator: int) -> int:
    """Half up; 0 of nothing."""
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
