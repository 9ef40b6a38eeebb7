"""From when on something in the market is worth an alert (预警): the rule book's [surveillance], each value with its source.

No text of Chongqing gives numbers; the defaults here are a design, wide, and a book that has no such section has them.
"""

from typing import Final

import msgspec


class SurveillanceRules(msgspec.Struct, frozen=True):
    """Thresholds of the patterns that are watched. Where 0 is allowed, the pattern is then not watched."""

    circular_tonnes: int = 100  # each way, in one day
    circular_seconds: int = 1_800  # within which as much comes back as went there
    circular_net_bp: int = 500  # of what went round: by so little it may differ from what came back
    circular_share_bp: int = 5_000  # of what the busier of both traded: the least that went round
    quick_cancel_seconds: int = 10
    near_limit_bp: int = 100  # of the reference price: so near to a price limit is near
    quick_cancels: int = 5  # of one account in one instrument and day
    close_window_seconds: int = 300  # before the day's last trade
    close_move_bp: int = 50  # by so much the average moves through them
    pair_trades: int = 3  # of one pair at the limit in one day
    pair_blocks: int = 2  # of one pair in one day
    block_away_bp: int = 500  # so far from the reference price is off the market
    small_volume_bp: int = 1_000  # by so little above the volume below which the day makes no price
    surge_times: int = 5  # of the average day
    surge_days: int = 30  # before a surrender deadline
    linked_share_bp: int = 8_000  # of the holding limit, by owners who are associated or linked together
    retention_near_bp: int = 500  # of the retention floor: who keeps so little more after a sale is near it
    run_up_days: int = 10  # the last trading days before a government sale, against those before them
    run_up_bp: int = 1_000  # by so much the close rose
    run_up_times: int = 3  # of the usual turnover
    at_limit_days: int = 3  # closes in a row at the price limit, to be told at once
    credit_objection_days: int = 0  # working days to object before something enters the credit record
    price_high_fen: int = 0  # of an allowance: closes at or above it for the days below ask for a sale
    price_low_fen: int = 0  # closes at or below it ask for a buy-back
    price_days: int = 10  # closes in a row
    large_move_bp: int = 500  # from one close to the next, to be told at once


_SHARE: Final = (1, 10_000)
_DAYS: Final = (1, 366)
_COUNT: Final = (1, 1_000_000)
BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "circular_tonnes": (1, 1_000_000_000),
    "circular_seconds": (1, 86_400),
    "circular_net_bp": (0, 10_000),
    "circular_share_bp": (0, 10_000),
    "quick_cancel_seconds": (1, 86_400),
    "near_limit_bp": _SHARE,
    "quick_cancels": _COUNT,
    "close_window_seconds": (1, 86_400),
    "close_move_bp": _SHARE,
    "pair_trades": _COUNT,
    "pair_blocks": _COUNT,
    "block_away_bp": _SHARE,
    "small_volume_bp": _SHARE,
    "surge_times": _COUNT,
    "surge_days": _DAYS,
    "linked_share_bp": (0, 10_000),
    "retention_near_bp": (0, 10_000),
    "run_up_days": (0, 60),
    "run_up_bp": _SHARE,
    "run_up_times": _COUNT,
    "at_limit_days": _DAYS,
    "credit_objection_days": (0, 60),
    "price_high_fen": (0, 100_000_000),
    "price_low_fen": (0, 100_000_000),
    "price_days": (1, 60),
    "large_move_bp": _SHARE,
}
