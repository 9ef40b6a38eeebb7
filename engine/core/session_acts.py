"""Cancel-on-disconnect and dead-man timers: what the gateway writes down of them. `commands` has all other commands.

The core knows no clock: whoever holds the connections says when one was lost for too long or a timer ran out. What is journaled here
outlives the gateway, so that a restart finds every session that was open and ends it as a lost one.
"""

from engine.core.bases import Command


class OpenSession(Command, frozen=True, array_like=True, gc=False, tag=34):
    """A login that wants its orders canceled when the connection is lost for longer than grace_ms. Its number is this seq.

    accounts: of which of the key's accounts, in order of their numbers; empty: of all that the key has then.
    """

    key_id: str
    grace_ms: int
    accounts: tuple[int, ...] = ()


class EndSession(Command, frozen=True, array_like=True, gc=False, tag=35):
    """The session's peer has logged out, or (is_lost) was gone for longer than its grace."""

    session: int
    is_lost: bool


class SetDeadMan(Command, frozen=True, array_like=True, gc=False, tag=36):
    """Arm an account's dead-man timer with another time, or take it away (0). That it was only set again is not written."""

    account: int
    seconds: int


class FireDeadMan(Command, frozen=True, array_like=True, gc=False, tag=37):
    """The account's dead-man timer has run out."""

    account: int


SessionCommand = OpenSession | EndSession | SetDeadMan | FireDeadMan
