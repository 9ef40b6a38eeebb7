"""Exact integers of the market: ticks, tonnes, fen, nanoseconds, and the FIX numbers of sides and lives.

Nothing here is a float. Decimal strings exist only at the edges (gateway, files); `price_ticks` times the
rule book's `tick_fen` is the price in fen (0.01 CNY), `tonnes` counts tCO2e, `amount_fen` counts money.
"""

from typing import Final

BUY: Final = 1  # FIX 54 Side
SELL: Final = 2

DAY: Final = 0  # FIX 59 TimeInForce: rests until the day's close
IOC: Final = 3  # immediate or cancel: what does not trade at once is canceled
FOK: Final = 4  # fill or kill: all at once, or nothing

BLOCK: Final = "block"  # the method of block trades; every other trade is listed (挂牌)

# Bounds checked at the door, so that 64-bit arithmetic in the core cannot overflow:
# amount <= 9e12 fen, and amount * 1,000,000 (fees in parts per million) < 2**63.
PRICE_TICKS_MAX: Final = 1_000_000_000
TONNES_MAX: Final = 1_000_000_000
AMOUNT_FEN_MAX: Final = 9_000_000_000_000
PPM: Final = 1_000_000
CASH_FEN_MAX: Final = 1_000_000_000_000_000_000  # a balance; far below 2**63

RESTRICT_LOGIN: Final = 1  # bits of a restriction's scope; surrender always stays possible
RESTRICT_BUY: Final = 2
RESTRICT_SELL: Final = 4
RESTRICT_TRANSFER: Final = 8
RESTRICT_CASH_OUT: Final = 16
RESTRICT_TRADING: Final = RESTRICT_BUY | RESTRICT_SELL
RESTRICT_ALL: Final = 31


def amount_of(price_ticks: int, tonnes: int, tick_fen: int) -> int:
    """Money of a trade in fen."""
    return price_ticks * tonnes * tick_fen


def fee_of(amount_fen: int, fee_ppm: int) -> int:
    """Fee of one trade and side in fen, rounded down.

    Down, so that the fees of partial fills never exceed the fee held for the whole order:
    floor(a) + floor(b) <= floor(a + b).
    """
    return amount_fen * fee_ppm // PPM
