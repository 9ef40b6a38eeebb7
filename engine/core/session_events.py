"""What happens to sessions that cancel on disconnect, and to dead-man timers. `events` has all other events."""

from engine.core.bases import Fact


class SessionOpened(Fact, frozen=True, gc=False):
    """Orders entered on this session end once its connection is gone for longer than grace_ms.

    accounts: those of these accounts only; empty: of all the key's.
    """

    session: int
    key_id: str
    grace_ms: int
    accounts: tuple[int, ...] = ()


class SessionEnded(Fact, frozen=True, gc=False):
    """The session is over. is_lost: its connection was; then its orders end, or (is_waiting) with the next phase that allows it."""

    session: int
    key_id: str
    is_lost: bool
    is_waiting: bool


class DeadManSet(Fact, frozen=True, gc=False):
    """All orders of the account end unless the timer is set again within these seconds; 0: no timer any more."""

    account: int
    seconds: int


class DeadManFired(Fact, frozen=True, gc=False):
    """The timer has run out and is no more: the account's orders end, or (is_waiting) with the next phase that allows it."""

    account: int
    is_waiting: bool
