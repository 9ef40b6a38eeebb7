"""Who has failed too often waits: counted for a name and for an address, known or not, so that nothing tells which names exist."""

from typing import Final

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
