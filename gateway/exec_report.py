"""A report of a private stream: what is written, stored and told. `reports` writes them.

In a module of its own that is not compiled: mypyc drops the keywords of a struct's class, so that compiled it was stored as a
map with the names of its fields, which no plain form could read, in four times the bytes and twice the time.
"""

from typing import Any, Final

import msgspec

NEW: Final = 1
TRADE: Final = 2
CANCELED: Final = 3
REPLACED: Final = 4
REJECTED: Final = 5
EXPIRED: Final = 6
DECLINED: Final = 7
TRADE_CANCELED: Final = 8  # FIX ExecType H: the exchange voided a trade
EXEC_TYPES: Final = {
    NEW: "new",
    TRADE: "trade",
    CANCELED: "canceled",
    REPLACED: "replaced",
    REJECTED: "rejected",
    EXPIRED: "expired",
    DECLINED: "declined",
    TRADE_CANCELED: "trade_cancel",
}
_ENDS: Final = frozenset((CANCELED, REJECTED, EXPIRED))

# A report as it is written and packed: the fields of `Report` in their order, those at the end left out where they say nothing.
# A tuple, since most reports are told to nobody: making and packing a struct takes about three times as long (decision 7).
Facts = tuple[Any, ...]


class Report(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One report: number `exec_seq` of the account's stream, in the market's own numbers.

    amount_fen: of all the order's fills so far. `tells`: which of the kinds above. trade to fee_fen are a fill's own, or of a
    fill that was voided: then fee_fen goes back.
    parties: with whom, in a report of a block offer, and only there; `order` is then the offer, `answers` what it counters.
    This is also what is stored: fields are only added at the end.
    """

    account: int
    exec_seq: int
    tells: int
    at_ns: int
    trading_day: int
    order: int
    client_order_id: str
    instrument: int
    side: int
    time_in_force: int
    price_ticks: int
    tonnes: int
    cum: int
    leaves: int
    amount_fen: int = 0
    reason: int = 0
    trade: int = 0
    taker_side: int = 0
    last_ticks: int = 0
    last_tonnes: int = 0
    fee_fen: int = 0
    parties: tuple[int, ...] = ()
    answers: int = 0
    auction: int = 0  # of a bid: its auction, and the bid that it took the place of
    replaces: int = 0

    @property
    def status(self) -> str:
        """The order's status after it; empty where it tells of a trade long after the order."""
        return status_of(self.tells, self.cum, self.leaves)


def status_of(tells: int, cum: int, leaves: int) -> str:
    """The status of an order after a report; empty where it tells of a trade long after the order."""
    if tells == TRADE_CANCELED:
        return ""
    if tells in _ENDS:
        return EXEC_TYPES[tells]
    if not cum:
        return "new" if leaves else "canceled"
    return "partially_filled" if leaves else "filled"
