"""What a monitor remembers, as data: the form in which the watch keeps it (`DIR/alerts.state`).

The tables of the running day live in `engine.watched_day`, which makes this of them and itself of this.
"""

import msgspec


class Flow(msgspec.Struct):
    """Trades that belong together."""

    tonnes: int = 0
    trades: list[int] = []


class Circle(msgspec.Struct):
    """What went round between two owners: at_ns, tonnes (below 0: back), trade, seller, buyer of each leg that may yet."""

    legs: list[tuple[int, int, int, int, int]] = []
    there: int = 0
    back: int = 0
    accounts: tuple[int, ...] = ()
    trades: list[int] = []


class Closed(msgspec.Struct, frozen=True, array_like=True):
    """An instrument's closed day; buyers: who bought most, (account, tonnes)."""

    trading_day: int
    close_ticks: int
    tonnes: int
    buyers: tuple[tuple[int, int], ...]


class Day(msgspec.Struct):
    """What is known of the day; nothing of the one before counts."""

    bands: dict[int, tuple[int, int, int]] = {}  # instrument -> reference, low, high
    circles: dict[tuple[int, int, int], Circle] = {}  # instrument, lower and higher owner
    owned: dict[tuple[int, int], int] = {}  # instrument, owner -> tonnes bought and sold
    at_limit: dict[tuple[int, int, int], Flow] = {}  # instrument, lower and higher account
    blocks: dict[tuple[int, int, int], Flow] = {}
    near: dict[int, tuple[int, int, int]] = {}  # open order near a limit -> at_ns, account, instrument
    quick: dict[tuple[int, int], list[int]] = {}  # account, instrument -> orders canceled quickly
    late: list[tuple[int, int, int, int, int, int]] = []  # at_ns, instrument, taker, price, tonnes, trade
    late_from: int = 0  # earlier ones of `late` are too old
    sums: dict[int, tuple[int, int]] = {}  # instrument -> sum of price x tonnes, tonnes
    bought: dict[tuple[int, int], int] = {}  # instrument, account -> tonnes
    sold: dict[int, list[int]] = {}  # account -> trades
    is_full: bool = False


class Known(msgspec.Struct):
    """All that a monitor remembers."""

    number: int = 0
    trading_day: int = 0
    rulebook: str = ""
    owners: dict[int, int] = {}
    products: dict[int, str] = {}
    past: dict[int, tuple[int, int]] = {}  # instrument -> tonnes of all days before, how many they were
    history: dict[int, list[Closed]] = {}  # instrument -> its last closed days, oldest first
    sales: dict[int, int] = {}  # announced government sale whose run-up was not seen yet -> instrument
    day: Day = msgspec.field(default_factory=Day)
