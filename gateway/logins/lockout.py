"""Who has failed too often waits: counted for a name and for an address, known or not, so that nothing tells which names exist."""

from typing import Final

import structlog

from engine.core import reasons
from gateway.protocol.codec import Refused

_log: Final = structlog.get_logger("gateway.logins")
_SECOND_NS: Final = 1_000_000_000


class Lockout:
    """Failures by name of what failed. Bounded: beyond `entries_max` the one that failed longest ago is forgotten."""

    def __init__(self, failures_max: int, lock_s: int, entries_max: int) -> None:
        self._failures_max = failures_max
        self._lock_ns = lock_s * _SECOND_NS
        self._entries_max = entries_max
        self._failed: dict[str, tuple[int, int]] = {}  # failures, and when the last one was

    def left_ns(self, name: str, now_ns: int) -> int:
        """How long the name is still locked; 0 where it is not."""
        failures, at_ns = self._failed.get(name, (0, 0))
        if failures < self._failures_max:
            return 0
        return max(0, at_ns + self._lock_ns - now_ns)

    def fail(self, name: str, now_ns: int) -> None:
        """Count one more failure; those of a lock's time ago count no longer."""
        failures, at_ns = self._failed.pop(name, (0, 0))
        is_old = at_ns + self._lock_ns <= now_ns
        self._failed[name] = (1 if is_old else failures + 1, now_ns)
        if len(self._failed) > self._entries_max:
            del self._failed[next(iter(self._failed))]

    def clear(self, name: str) -> None:
        """Forget the failures of a name that has logged in."""
        self._failed.pop(name, None)

    def forgive(self, name: str) -> None:
        """Take the last failure back: it was none."""
        failures, at_ns = self._failed.get(name, (0, 0))
        if failures:
            self._failed[name] = (failures - 1, at_ns)


class Guard:
    """Both counts of a login: of its name at its door, and of the address that asks. Times in nanoseconds since 1970."""

    def __init__(self, names: Lockout, addresses: Lockout) -> None:
        self._names = names
        self._addresses = addresses

    def check(self, door: str, name: str, address: str, now_ns: int) -> None:
        """Raises `Refused` LOGIN_LOCKED with the seconds that are left."""
        left_ns = max(self._names.left_ns(f"{door} {name}", now_ns), self._addresses.left_ns(address, now_ns))
        if left_ns:
            _log.warning("login locked", door=door, name=name, address=address)
            raise Refused(reasons.LOGIN_LOCKED, actual=-(-left_ns // _SECOND_NS))

    def fail(self, door: str, name: str, address: str, now_ns: int) -> None:
        """Count one more failure."""
        self._names.fail(f"{door} {name}", now_ns)
        self._addresses.fail(address, now_ns)

    def clear(self, door: str, name: str, address: str) -> None:
        """The last failure was none, and the name has shown who it is."""
        self._names.clear(f"{door} {name}")
        self._addresses.forgive(address)
