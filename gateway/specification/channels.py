"""Every event channel with what it carries: name, who may follow it, and the type of the data of each kind."""

from typing import Any, Final, NamedTuple

from gateway.feed import messages
from gateway.protocol import alert_wire, control_wire, session_wire, wire

SESSION: Final = "$session"


class Channel(NamedTuple):
    """`name`: as subscribed to, `{…}` standing for an instrument or an account. `kinds`: kind of event to its data."""

    name: str
    doors: tuple[str, ...]
    words: str
    kinds: dict[str, Any]


_ALL: Final = ("trade", "ops", "market")
_LADDER_RESET: Final = {"reset": messages.ResetData}

CHANNELS: Final[tuple[Channel, ...]] = (
    Channel(
        SESSION,
        _ALL,
        "The connection itself; nobody subscribes to it and it has no prev.",
        {
            "hello": session_wire.Hello,
            "heartbeat": session_wire.Heartbeat,
            "going_away": session_wire.GoingAway,
            "control": control_wire.ControlNews,
            "alert": alert_wire.AlertRow,
        },
    ),
    Channel(
        "exec.{account}",
        ("trade",),
        "One's own orders: each event one report, numbered without a gap from 1, for ever.",
        {"snapshot": wire.ExecSnapshot, "update": wire.ExecReport},
    ),
    Channel(
        "phase",
        _ALL,
        "Where the day is, what comes next, halts, rules to come.",
        {"snapshot": messages.PhaseData, "update": messages.PhaseData},
    ),
    Channel(
        "notices",
        _ALL,
        "What the exchange tells the public in words, as it happens.",
        {"snapshot": messages.NoticesData, "update": messages.NoticeView},
    ),
    Channel(
        "auctions",
        _ALL,
        "Government auctions and buy-backs: notices, windows, results.",
        {"snapshot": messages.AuctionsData, "update": messages.AuctionNews},
    ),
    Channel(
        "checkpoints",
        _ALL,
        "Signed checkpoints, each as it is made; the snapshot is the newest.",
        {"snapshot": messages.CheckpointData, "update": messages.CheckpointData},
    ),
    Channel(
        "book.{instrument}",
        _ALL,
        "Depth by price; a quantity is the new total at its price, 0 removes the price.",
        {"snapshot": messages.BookData, "update": messages.BookData, **_LADDER_RESET},
    ),
    Channel(
        "book5.{instrument}",
        _ALL,
        "The best levels, whole, at most every 500 ms.",
        {"snapshot": messages.Book5Data, "update": messages.Book5Data},
    ),
    Channel(
        "ticker.{instrument}",
        _ALL,
        "Last price, change, high and low, volume, turnover, limits of the day.",
        {"snapshot": messages.TickerData, "update": messages.TickerData},
    ),
    Channel(
        "trades.{instrument}",
        _ALL,
        "Every trade of the screen, without its parties.",
        {"snapshot": messages.TradesData, "update": messages.TradesData, **_LADDER_RESET},
    ),
    Channel(
        "kline.{instrument}.1m",
        _ALL,
        "Bars of a minute.",
        {"snapshot": messages.BarsData, "update": messages.BarsData, **_LADDER_RESET},
    ),
)


def channel_of(name: str) -> Channel:
    """The row a channel's name belongs to. Raises KeyError for a channel that is not in the table."""
    for channel in CHANNELS:
        head, _, rest = channel.name.partition("{")
        if name == channel.name or (rest and name.startswith(head) and name.endswith(rest.partition("}")[2])):
            return channel
    raise KeyError(name)
