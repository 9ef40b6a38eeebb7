"""What the market remembers of sessions that cancel on disconnect, and of dead-man timers. Data only: `sessions` has the rules."""

import msgspec


class Session(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One session that is open, or lost while its orders wait for a phase that lets them be canceled."""

    number: int
    key_id: str
    grace_ms: int
    accounts: tuple[int, ...] = ()  # whose orders end with it; empty: those of all the key's accounts


class DeadMan(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One account's timer. is_fired: it has run out, and the orders wait for a phase that lets them be canceled."""

    account: int
    seconds: int
    is_fired: bool = False
