"""Values of the rule book's `settlement` that are words; the first of each holds where a rule book says nothing."""

from typing import Final

ANNOUNCE: Final = "announce"
RESTRICT: Final = "restrict"
UNFINISHED: Final = (ANNOUNCE, RESTRICT)

NEXT_OPENING: Final = "next_opening"
ANY_DAY: Final = "any_day"
VOID_WINDOWS: Final = (NEXT_OPENING, ANY_DAY)

PER_TRADE: Final = "per_trade"
END_OF_DAY: Final = "end_of_day"
CYCLES: Final = (PER_TRADE, END_OF_DAY)

RETURNED: Final = "returned"
KEPT: Final = "kept"
VOID_FEES: Final = (RETURNED, KEPT)
