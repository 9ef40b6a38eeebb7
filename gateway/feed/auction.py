"""The price at which a call auction would end if it ended now (虚拟参考价): what is shown while levels are withheld."""

from typing import NamedTuple

Levels = list[tuple[int, int]]  # (price, tonnes), best first


class Indication(NamedTuple):
    """price 0: nothing crosses. imbalance > 0: so many tonnes of buys are left over at the price; < 0: of sells."""

    price_ticks: int
    tonnes: int
    imbalance: int


def indicate(bids: Levels, asks: Levels, reference_ticks: int, is_by_pressure: bool) -> Indication:
    """Largest volume, then smallest imbalance, then nearest to the reference price, then the lower price.

    The prices of orders are tried, as the engine does at the auction's end. `is_by_pressure` asks before the reference which
    side is left over: the highest such price if buys, the lowest if sells.
    """
    if not bids or not asks or bids[0][0] < asks[0][0]:
        return Indication(0, 0, 0)
    low, high = asks[0][0], bids[0][0]
    prices = sorted({price for price, _ in (*bids, *asks) if low <= price <= high})
    bid_at, ask_at = dict(bids), dict(asks)
    bought, sold = sum(tonnes for price, tonnes in bids if price >= low), 0
    found: list[Indication] = []
    for price in prices:  # upwards: sellers join, buyers leave
        sold += ask_at.get(price, 0)
        found.append(Indication(price, min(bought, sold), bought - sold))
        bought -= bid_at.get(price, 0)
    most = max(at.tonnes for at in found)
    least = min(abs(at.imbalance) for at in found if at.tonnes == most)
    tied = [at for at in found if at.tonnes == most and abs(at.imbalance) == least]
    if is_by_pressure and least:
        with_buys_left = [at for at in tied if at.imbalance > 0]
        return with_buys_left[-1] if with_buys_left else tied[0]
    return min(tied, key=lambda at: (abs(at.price_ticks - reference_ticks), at.price_ticks))
