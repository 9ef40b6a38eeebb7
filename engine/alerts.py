"""Alerts (预警) of abnormal trading: what they are, and what those who raise them as the day goes can be asked."""

from typing import Protocol

import msgspec


class Alert(msgspec.Struct, frozen=True):
    """What was seen, on which day, up to which entry; numbers of accounts, orders and trades; figures in ticks, tonnes, bp.

    instrument 0 and an empty product: it is about neither. at_ns: the time of the entry.
    """

    number: int
    pattern: str
    trading_day: int
    seq: int
    instrument: int
    accounts: tuple[int, ...]
    trades: tuple[int, ...]
    orders: tuple[int, ...]
    figures: dict[str, int]
    at_ns: int = 0
    product: str = ""


class Alerts(Protocol):
    """Who watches a running market."""

    @property
    def seq(self) -> int:
        """Entries up to this one have been looked at."""

    def newest(self) -> list[Alert]:
        """The newest alerts that are kept, oldest first."""


class NoAlerts:
    """Where nobody watches."""

    seq = 0

    def newest(self) -> list[Alert]:
        """None."""
        return []
