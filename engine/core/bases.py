"""What is asked (commands, and operators' acts) and what happens (facts): the bases that their modules share."""

import msgspec


class Command(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all commands."""


class Act(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all operator acts."""


class Fact(msgspec.Struct, frozen=True, gc=False):
    """Base of all events but the most frequent."""
