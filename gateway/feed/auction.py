"""The price at which a call auction would end if it ended now (虚拟参考价): what is shown while levels are withheld."""

from typing import NamedTuple

Levels = list[tuple[int, int]]  # (price, tonnes), best first


class Indication(NamedTuple):
    """price 0: nothing crosses. imbalance > 0: so many tonnes of buys are left over at the price; < 0: of sells."""

    price_ticks: int
    tonnes: int
    imbalance: int


def indicate(bids: Levels, asks: Levels, reference_ticks: int) -> Indication:
    """Largest volume, then smallest imbalance, then nearest to the reference price, then the higher price.

    Between two neighbouring levels nothing but the distance to the reference can differ, so each price named by an
    order is tried, and the reference price itself.
    """
    if not bids or not asks or bids[0][0] < asks[0][0]:
        return Indication(0, 0, 0)
    low, high = asks[0][0], bids[0][0]
    prices = {price for price, _ in (*bids, *asks) if low <= price <= high}
    if low <= reference_ticks <= high:
        prices.add(reference_ticks)
    bought, sold = 0, sum(tonnes for price, tonnes in asks if price <= high)
    bid_at, ask_at = dict(bids), dict(asks)
    best: tuple[tuple[int, int, int, int], Indication] | None = None
    for price in sorted(prices, reverse=True):  # downwards: buyers join, sellers leave
        bought += bid_at.get(price, 0)
        tonnes, imbalance = min(bought, sold), bought - sold
        rank = (-tonnes, abs(imbalance), abs(price - reference_ticks), -price)
        if best is None or rank < best[0]:
            best = (rank, Indication(price, tonnes, imbalance))
        sold -= ask_at.get(price, 0)
    assert best is not None
    return best[1]
