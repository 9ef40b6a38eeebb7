"""Decimal strings of the wire <-> integers of the market. The only place where a price or an amount is text.

A number on the wire is plain: ASCII digits, at most one point, no sign, exponent, space, separator or leading zero.
"""

import re
from typing import Final

from engine.core import reasons
from engine.core.units import AMOUNT_FEN_MAX, CASH_FEN_MAX, PRICE_TICKS_MAX

_TEXT_CHARACTERS_MAX: Final = 24
_PRICES_REMEMBERED_MAX: Final = 65_536  # a busy day uses a few hundred prices; an attacker only empties, never grows it
_CENTS: Final = tuple([f".{fen:02d}" for fen in range(100)])  # to format two digits anew takes as long as all the rest
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


# Text to fen and back, for prices that were seen before. Dicts that are emptied when full instead of `lru_cache`: that puts
# price and tick into a tuple for each look-up, which took 150 ns longer (compiled), twice an order.
_fen_known: Final[dict[str, int]] = {}
_text_known: Final[dict[int, str]] = {}


def price_ticks(text: str, tick_fen: int) -> int:
    """Ticks of a price such as "34", "34.0" or "34.00". Raises `NumberRefused`: INVALID_FIELD or PRICE_OFF_TICK."""
    fen = _fen_known.get(text)
    if fen is None:
        fen = _fen_of(text)
        if len(_fen_known) >= _PRICES_REMEMBERED_MAX:
            _fen_known.clear()
        _fen_known[text] = fen
    ticks = fen // tick_fen
    if ticks * tick_fen != fen or ticks < 1:
        raise NumberRefused(reasons.PRICE_OFF_TICK)
    if ticks > PRICE_TICKS_MAX:
        raise NumberRefused(reasons.INVALID_FIELD)
    return ticks


def price_text(price: int, tick_fen: int) -> str:
    """A price in ticks as a decimal string in CNY, two places."""
    fen = price * tick_fen
    text = _text_known.get(fen)
    if text is None:
        text = money_text(fen)
        if len(_text_known) >= _PRICES_REMEMBERED_MAX:
            _text_known.clear()
        _text_known[fen] = text
    return text


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
    return f"{fen // 100}{_CENTS[fen % 100]}"


def fixed_text(value: int, places: int) -> str:
    """An integer count of 1/10**places as a decimal string with as many places; not below zero."""
    digits = f"{value:0{places + 1}d}"
    return f"{digits[:-places]}.{digits[-places:]}"


def average_text(total_fen: int, tonnes: int) -> str:
    """Average price in CNY a tonne, four places, rounded down."""
    parts = total_fen * 100 // tonnes
    rest = parts % 10_000
    return f"{parts // 10_000}{_CENTS[rest // 100]}{_CENTS[rest % 100][1:]}"
