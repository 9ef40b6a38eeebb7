"""A command in its place: what the journal holds, the market takes and all who follow it are told of."""

from typing import TYPE_CHECKING, Final, final

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from engine.core.commands import AnyCommand


@mypyc_attr(acyclic=True)
@final
class Entry:
    """A command with its place in the journal (`seq`, dense from 1) and its time (`at_ns`, UTC, never decreasing).

    A native object, since each follower reads it for each command: 2 ns a field where a struct takes 22 (compiled).
    Equal when all fields are, and read-only.
    """

    __slots__ = ("at_ns", "command", "seq")

    def __init__(self, seq: int, at_ns: int, command: "AnyCommand") -> None:
        self.seq: Final = seq
        self.at_ns: Final = at_ns
        self.command: Final = command

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Entry)
            and self.seq == other.seq
            and self.at_ns == other.at_ns
            and self.command == other.command
        )

    def __repr__(self) -> str:
        return f"Entry(seq={self.seq}, at_ns={self.at_ns}, command={self.command!r})"
