"""Integers to the words of the wire: decimal strings, percentages, times, days. No float is made on the way."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def money_text(amount_fen: int) -> str:
    """Fen as yuan with two decimals: 123456 -> "1234.56"."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{yuan}.{fen:02d}"


def price_text(price_ticks: int, tick_fen: int) -> str | None:
    """A price as yuan, or None for 0, which means "none" everywhere in the engine."""
    return money_text(price_ticks * tick_fen) if price_ticks else None


def average_text(turnover_fen: int, tonnes: int) -> str | None:
    """Turnover by volume as yuan a tonne, rounded half up to the fen; None where nothing traded."""
    return money_text((2 * turnover_fen + tonnes) // (2 * tonnes)) if tonnes else None


def percent_text(change: int, base: int) -> str | None:
    """`change` in percent of `base` with two decimals and rounded half away from zero; None where there is no base."""
    if not base:
        return None
    hundredths = (2 * abs(change) * 10_000 + base) // (2 * base)
    return money_text(-hundredths if change < 0 else hundredths)


def time_text(at_ns: int) -> str:
    """RFC 3339 in UTC with microseconds."""
    return (_EPOCH + timedelta(microseconds=at_ns // 1000)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def second_text(at_ns: int) -> str:
    """RFC 3339 in UTC with seconds, for times that fall on one."""
    return (_EPOCH + timedelta(seconds=at_ns // 1_000_000_000)).isoformat(timespec="seconds").replace("+00:00", "Z")


def day_text(trading_day: int) -> str | None:
    """A trading day (yyyymmdd) as an ISO date; None for 0."""
    if not trading_day:
        return None
    text = f"{trading_day:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
