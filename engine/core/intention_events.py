"""What happens to intentions (意向申报). `events` has all other events."""

from engine.core.bases import Fact


class IntentionPosted(Fact, frozen=True, gc=False):
    """An advert stands on the board; price_ticks 0: none named, until_day 0: to the day's end."""

    intention: int
    account: int
    instrument: int
    side: int
    tonnes: int
    price_ticks: int
    until_day: int
    is_named: bool
    contact: str


class IntentionEnded(Fact, frozen=True, gc=False):
    """An advert is off the board. reason: 0 where its account took it down."""

    intention: int
    account: int
    reason: int
