"""Decimal strings of the wire <-> integers of the market. The only place where a price or an amount is text.

A number on the wire is plain: ASCII digits, at most one point, no sign, exponent, space, separator or leading zero.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from engine.core import reasons
from engine.core.units import AMOUNT_FEN_MAX, CASH_FEN_MAX, PRICE_TICKS_MAX

_TEXT_CHARACTERS_MAX: Final = 24
_PRICES_REMEMBERED_MAX: Final = 65_536  # a busy day uses a few hundred prices; an attacker only evicts, never grows it
_PLAIN: Final = re.compile(r"(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,8}))?", re.ASCII)


class NumberRefused(ValueError):
    """The text is no price or amount; `reason` is the catalogue number."""

    def __init__(self, reason: int) -> None:
        super().__init__(reasons.BY_NUMBER[reason].name)
        self.reason = reason


def _fen_of(text: str) -> int:
    """Value in fen of a plain decimal. Raises INVALID_FIELD (not plain) or PRICE_OFF_TICK (negative, or finer than a fen)."""
    if len(text) > _TEXT_CHARACTERS_MAX:
        raise NumberRefused(reasons.INVALID_FIELD)
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise NumberRefused(reasons.INVALID_FIELD)
    sign, whole, fraction = match.groups(default="")
    if sign or fraction[2:].strip("0"):
        raise NumberRefused(reasons.PRICE_OFF_TICK)
    return int(whole) * 100 + int(fraction[:2].ljust(2, "0"))


@lru_cache(maxsize=_PRICES_REMEMBERED_MAX)
def price_ticks(text: str, tick_fen: int) -> int:
    """Ticks of a price such as "34", "34.0" or "34.00". Raises `NumberRefused`: INVALID_FIELD or PRICE_OFF_TICK."""
    ticks, rest = divmod(_fen_of(text), tick_fen)
    if rest or ticks < 1:
        raise NumberRefused(reasons.PRICE_OFF_TICK)
    if ticks > PRICE_TICKS_MAX:
        raise NumberRefused(reasons.INVALID_FIELD)
    return ticks


def _price_text(price: int, tick_fen: int) -> str:
    return money_text(price * tick_fen)


# A price in ticks as a decimal string in CNY, two places. Typed by hand: a clean build meets its users before its decorator.
price_text: Final[Callable[[int, int], str]] = lru_cache(maxsize=_PRICES_REMEMBERED_MAX)(_price_text)


def amount_fen(text: str) -> int:
    """Fen of an amount in CNY, above zero. Raises `NumberRefused` INVALID_FIELD."""
    try:
        fen = _fen_of(text)
    except NumberRefused as error:
        raise NumberRefused(reasons.INVALID_FIELD) from error
    if not 1 <= fen <= min(AMOUNT_FEN_MAX, CASH_FEN_MAX):
        raise NumberRefused(reasons.INVALID_FIELD)
    return fen


def money_text(fen: int) -> str:
    """Money in fen as a decimal string in CNY, two places; negative values keep their sign."""
    if fen < 0:
        return "-" + money_text(-fen)
    return f"{fen // 100}.{fen % 100:02d}"


def average_text(total_fen: int, tonnes: int) -> str:
    """Average price in CNY a tonne, four places, rounded down."""
    parts = total_fen * 100 // tonnes
    return f"{parts // 10_000}.{parts % 10_000:04d}"
