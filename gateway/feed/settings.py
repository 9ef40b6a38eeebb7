"""How much the feed remembers and how often it speaks."""

import msgspec


class FeedSettings(msgspec.Struct, frozen=True):
    """Sizes and paces of the public channels; what may be known is the rule book's, not a setting."""

    ring_messages_max: int = 1024  # per channel, for replay; more than 50 s of a channel that speaks with every flush
    ring_bytes_max: int = 4_194_304  # per channel: a burst of trades must not make the ring large
    snapshot_trades_max: int = 100
    snapshot_bars_max: int = 1440  # a whole day of minutes
    trades_message_max: int = 500  # trades in one message, about 60 KB
    book5_interval_ms: int = 500
    checksum_every: int = 10  # every so many book updates carry crc32
    bar_grace_ms: int = 1000  # a trade stamped in a minute may become durable a little after it
    timetable_followed: bool = True  # whether the rule book's times tell when the next phase comes
