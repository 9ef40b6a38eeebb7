"""Double entry: one posting moves units or cash from one account to another, so every posting balances by itself.

A holding is the sum of its postings. Accounts from 1 are participants; those below 0 are the system's own, and exist so
that nothing ever comes from nowhere: units come from ISSUE and end in CANCELED or a year's
surrender account, cash comes from and
returns to BANK (its balance is minus what the bank holds for the market), fees gather in FEES, the risk reserve
(风险准备金) in RESERVE.
"""

from typing import Final, NamedTuple

ISSUE: Final = -1
BANK: Final = -2
FEES: Final = -3
RESERVE: Final = -4
CANCELED: Final = -5

AVAILABLE: Final = "available"
LOCKED: Final = "locked"
ENCUMBERED: Final = "encumbered"
PREALLOCATED: Final = "preallocated"
USE_RESTRICTED: Final = "use_restricted"
STATE_PLACES: Final = {AVAILABLE: 0, LOCKED: 1, ENCUMBERED: 2, PREALLOCATED: 3, USE_RESTRICTED: 4}  # in a holding

TRADE_COLUMNS: Final = 18
UNIT_COLUMNS: Final = 10
CASH_COLUMNS: Final = 7


def surrender_account(year: int) -> int:
    """The system account that gathers the units surrendered (清缴) for a compliance year."""
    return -10_000 - year


class UnitMove(NamedTuple):
    """A movement of units that is no trade: from one state of one account to a state of the same or another account.

    bought_day: of locked units, the number of the day on which they were bought; else 0.
    """

    kind: str
    instrument: int
    from_account: int
    from_state: str
    to_account: int
    to_state: str
    tonnes: int
    bought_day: int = 0


class Writes:
    """Everything one transaction shall write: rows to append, balances touched, and single changes by name.

    The first three are flat lists (row after row, so many columns each): at tens of thousands of rows a second a list
    per row would cost more than the row. `changes` are (name, parameters) of the store's named statements, in order.
    """

    __slots__ = (
        "cash_postings",
        "cash_touched",
        "changes",
        "lots_touched",
        "serials_touched",
        "trades",
        "unit_postings",
        "units_touched",
    )

    def __init__(self) -> None:
        self.trades: list[int | str] = []
        self.unit_postings: list[int | str] = []
        self.cash_postings: list[int | str] = []
        self.cash_touched: set[int] = set()
        self.units_touched: set[tuple[int, int]] = set()
        self.lots_touched: set[tuple[int, int, int]] = set()
        self.serials_touched: set[tuple[int, int]] = set()  # (issue, first serial) of blocks made, changed or gone
        self.changes: list[tuple[str, tuple[int | str | bytes, ...]]] = []
