"""What the tape keeps: a trade as the public may know it, and a bar. No names, no accounts, no orders.

Not compiled: mypyc drops the keywords of a struct's class (see `gateway.exec_report`). What is done with them often is in `trades`.
"""

import msgspec

MINUTE_NS = 60_000_000_000


class PublicTrade(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One trade. `seq` is the entry that made it; taker_side 0: made by a call auction.

    is_void: not a new one, but that it was voided, at this seq and time. is_voided: a trade that was voided since.
    """

    trade: int
    seq: int
    instrument: int
    trading_day: int
    at_ns: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    taker_side: int
    is_void: bool = False
    is_voided: bool = False


class Bar(msgspec.Struct, gc=False):
    """Trades of one interval beginning at `start_ns`; intervals without a trade have no bar."""

    trading_day: int
    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int
    is_final: bool = False
