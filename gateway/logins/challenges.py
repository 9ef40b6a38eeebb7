"""Challenges that an authenticator signs: each for one purpose, once, and for a while.

A challenge carries its own end and a keyed hash over what it is for, so nothing is kept of those that were only asked for: nobody
pushes another person's aside by asking often. Those that were used are kept until they would have ended; a restart voids all.
"""

import hmac
import secrets
from typing import Final

from engine.core import reasons
from gateway.protocol.codec import Refused

_SALT_BYTES: Final = 16
_TIME_BYTES: Final = 8
_MARK_BYTES: Final = 32
_SECOND_NS: Final = 1_000_000_000


class Challenges:
    """What was given out and may still be answered. Times in nanoseconds since 1970."""

    def __init__(self, good_s: int, used_max: int) -> None:
        self._good_ns = good_s * _SECOND_NS
        self._used_max = used_max
        self._key = secrets.token_bytes(_MARK_BYTES)
        self._used: dict[bytes, int] = {}

    def new(self, purpose: str, now_ns: int) -> bytes:
        """A challenge for this and nothing else."""
        head = secrets.token_bytes(_SALT_BYTES) + (now_ns + self._good_ns).to_bytes(_TIME_BYTES, "big")
        return head + self._mark(purpose, head)

    def use(self, purpose: str, challenge: bytes, now_ns: int) -> bool:
        """Use it up; False where it is for something else, too old or was used. Raises `Refused` OVERLOADED."""
        head, mark = challenge[:-_MARK_BYTES], challenge[-_MARK_BYTES:]
        until_ns = int.from_bytes(head[_SALT_BYTES:], "big")
        if not hmac.compare_digest(mark, self._mark(purpose, head)) or until_ns <= now_ns or challenge in self._used:
            return False
        while self._used and next(iter(self._used.values())) <= now_ns:
            del self._used[next(iter(self._used))]
        if len(self._used) >= self._used_max:  # to forget one would be to take it twice
            raise Refused(reasons.OVERLOADED)
        self._used[challenge] = until_ns
        return True

    def _mark(self, purpose: str, head: bytes) -> bytes:
        return hmac.digest(self._key, head + purpose.encode(), "sha256")
