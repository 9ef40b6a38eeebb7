"""How often may be asked (domain rules C2, 14): token buckets of each key and each participant, cancels in one of their own.

Off (0) unless set. A bucket holds one second's worth. Time is passed in, in nanoseconds, and all is integers.
"""

from collections.abc import Iterable
from typing import Final, final

from engine.core import commands

SECOND_NS: Final = 1_000_000_000
ORDERS: Final = frozenset(
    (commands.PlaceOrder, commands.ReplaceOrder, commands.BlockOffer, commands.BlockCounter, commands.PlaceBid)
)
CANCELS: Final = frozenset((commands.CancelOrder, commands.CancelAll, commands.BlockWithdraw, commands.WithdrawBid))
ORDER_RATES: Final = ("key_orders", "participant_orders")  # those that an order takes from
_NAMES: Final = {"key": "key_orders", "participant": "participant_orders", "cancel": "key_cancels"}


@final
class Bucket:
    """So many a second; `wait_ns` takes one, or says how long until there is one."""

    __slots__ = ("_due_ns", "_step_ns")

    def __init__(self, per_second: int) -> None:
        self._step_ns = SECOND_NS // per_second
        self._due_ns = 0

    def wait_ns(self, now_ns: int) -> int:
        """0: taken."""
        due_ns = max(self._due_ns, now_ns - SECOND_NS)
        if now_ns - due_ns < self._step_ns:
            return self._step_ns - (now_ns - due_ns)
        self._due_ns = due_ns + self._step_ns
        return 0

    def left(self, now_ns: int) -> int:
        """How many there are now."""
        return (now_ns - max(self._due_ns, now_ns - SECOND_NS)) // self._step_ns


@final
class Throttle:
    """The buckets, made when first asked: at most one of each kind for each key and participant there is."""

    def __init__(self, key_orders: int, participant_orders: int, key_cancels: int) -> None:
        self.is_on = bool(key_orders or participant_orders or key_cancels)
        self._rates = {"key": key_orders, "participant": participant_orders, "cancel": key_cancels}
        self._buckets: dict[tuple[str, str | int], Bucket] = {}

    def exceeded(self, command: commands.AnyCommand, key_id: str, participant: int, now_ns: int) -> int:
        """The limit per second that stands against one more such command now; 0: none."""
        if type(command) in ORDERS:
            return self._take("key", key_id, now_ns) or self._take("participant", participant, now_ns)
        return self._take("cancel", key_id, now_ns) if type(command) in CANCELS else 0

    def left(self, key_id: str, participants: Iterable[int], now_ns: int) -> dict[str, list[int]]:
        """[left now, in a second] of each bucket that there is a limit for; of several participants, that of the poorest."""
        told: dict[str, list[int]] = {}
        for kind, rate in self._rates.items():
            if rate:
                owners: Iterable[str | int] = participants if kind == "participant" else (key_id,)
                buckets = [self._buckets.get((kind, owner)) for owner in owners]
                counts = [bucket.left(now_ns) for bucket in buckets if bucket is not None]
                told[_NAMES[kind]] = [min(counts, default=rate), rate]
        return told

    def _take(self, kind: str, whose: str | int, now_ns: int) -> int:
        rate = self._rates[kind]
        if not rate:
            return 0
        bucket = self._buckets.get((kind, whose))
        if bucket is None:
            bucket = self._buckets[kind, whose] = Bucket(rate)
        return rate if bucket.wait_ns(now_ns) else 0
