"""Intentions (意向申报): adverts that bind nobody. `commands` has all other commands.

An intention's number is the seq of the command that posted it.
"""

from engine.core.bases import Command


class PostIntention(Command, frozen=True, array_like=True, gc=False, tag=63):
    """Advertise that the account would buy or sell. Nothing is held, and nobody can take it up but by a trade of its own.

    price_ticks: 0 where the advert names none. until_day: the last day on which it stands (yyyymmdd), 0 for the end of the present
    or next trading day. is_named: whether the public reads who posted it. contact: how to answer, "" for none.
    """

    account: int
    instrument: int
    side: int
    tonnes: int
    price_ticks: int
    until_day: int
    is_named: bool
    contact: str


class WithdrawIntention(Command, frozen=True, array_like=True, gc=False, tag=64):
    """Take an advert down."""

    account: int
    intention: int


IntentionCommand = PostIntention | WithdrawIntention
