"""Times of the wire: RFC 3339 in UTC with microseconds; trading days as yyyy-mm-dd."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAYS_REMEMBERED_MAX: Final = 4_096
_day_known: Final[dict[int, str]] = {}  # it is written into each report; to format three numbers took a third of one


@lru_cache(maxsize=4)  # one batch has one time, and it is written into each of its reports
def time_text(at_ns: int) -> str:
    """Nanoseconds since 1970 (UTC) as `2026-11-20T01:30:00.000001Z`."""
    return (_EPOCH + timedelta(microseconds=at_ns // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_text(text: str, utc_offset_minutes: int) -> str:
    """A time as `time_text` writes it, for people of a market: its own time, to the second."""
    return (datetime.fromisoformat(text) + timedelta(minutes=utc_offset_minutes)).strftime("%Y-%m-%d %H:%M:%S")


def time_ns(at: datetime) -> int:
    """Nanoseconds since 1970 of a time with a zone."""
    return (at - _EPOCH) // _MICROSECOND * 1000


def day_text(trading_day: int) -> str:
    """20261120 as `2026-11-20`; 0 (no day) as an empty text."""
    text = _day_known.get(trading_day)
    if text is None:
        text = (
            f"{trading_day // 10_000:04d}-{trading_day // 100 % 100:02d}-{trading_day % 100:02d}" if trading_day else ""
        )
        if len(_day_known) >= _DAYS_REMEMBERED_MAX:
            _day_known.clear()
        _day_known[trading_day] = text
    return text


def day_number(text: str) -> int:
    """`2026-11-20` as 20261120. Raises ValueError where there is no such day."""
    day = date.fromisoformat(text)
    if len(text) != 10:
        raise ValueError(text)
    return day.year * 10_000 + day.month * 100 + day.day
