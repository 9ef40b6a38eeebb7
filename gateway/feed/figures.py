"""What the feed shows beyond plain prices and times: values that may be absent, percentages, whole seconds."""

from gateway.protocol.prices import average_text, money_text, price_text
from gateway.protocol.times import day_text, time_text


def price_or_none(price_ticks: int, tick_fen: int) -> str | None:
    """A price as yuan, or None for 0, which means "none" everywhere in the engine."""
    return price_text(price_ticks, tick_fen) if price_ticks else None


def average_or_none(turnover_fen: int, tonnes: int) -> str | None:
    """Turnover by volume as yuan a tonne; None where nothing traded."""
    return average_text(turnover_fen, tonnes) if tonnes else None


def day_or_none(trading_day: int) -> str | None:
    """A trading day (yyyymmdd) as an ISO date; None for 0."""
    return day_text(trading_day) or None


def percent_or_none(change: int, base: int) -> str | None:
    """`change` in percent of `base`, two decimals, rounded half away from zero; None where there is no base."""
    if not base:
        return None
    hundredths = (2 * abs(change) * 10_000 + base) // (2 * base)
    return money_text(-hundredths if change < 0 else hundredths)


def second_text(at_ns: int) -> str:
    """RFC 3339 in UTC with seconds, for times that fall on one."""
    return time_text(at_ns)[:19] + "Z"
