"""The two loops that every trade's entry goes through on its way into the registry: noted as it is told, settled later.

They stand apart from the worker because it cannot be compiled (its coroutines await in `finally`), and these are worth it.
"""

from collections import deque
from typing import Final, final

from mypy_extensions import mypyc_attr

from engine.core.commands import Entry
from engine.core.events import BulletinCorrected, DayClosed, DayOpened, Event, Traded, TradeVoided
from engine.public_notices import TOLD
from settlement.core.clearing import HANDLERS, Clearing
from settlement.core.postings import Writes

_TITLE_EVENTS: Final = frozenset(HANDLERS) | TOLD
_DOCUMENTED: Final = frozenset((DayClosed, DayOpened, BulletinCorrected, TradeVoided))  # documents may follow from them


@mypyc_attr(acyclic=True)
@final
class TitleEntry:
    """What of an entry concerns title, and what has to be made of it beside postings."""

    __slots__ = ("at_ns", "events", "makes_documents", "makes_notices", "seq")

    def __init__(self, seq: int, at_ns: int, events: list[Event], makes_documents: bool, makes_notices: bool) -> None:
        self.seq = seq
        self.at_ns = at_ns
        self.events = events
        self.makes_documents = makes_documents
        self.makes_notices = makes_notices


def title_entries(eventful: list[tuple[Entry, list[Event]]], stored_seq: int) -> list[TitleEntry]:
    """The entries after `stored_seq` that concern title, each with those of its events that do."""
    found: list[TitleEntry] = []
    for entry, happened in eventful:
        if entry.seq <= stored_seq:
            continue
        title: list[Event] = []
        makes_documents = makes_notices = False
        for event in happened:
            kind = type(event)
            if kind is Traded:  # asked first: on a busy day there is nothing else
                title.append(event)
            elif kind in _TITLE_EVENTS:
                title.append(event)
                makes_documents = makes_documents or kind in _DOCUMENTED
                makes_notices = makes_notices or kind in TOLD
        if title:
            found.append(TitleEntry(entry.seq, entry.at_ns, title, makes_documents, makes_notices))
    return found


def settle_plain(
    clearing: Clearing, waiting: deque[TitleEntry], taken: list[TitleEntry], writes: Writes, until: int, events_max: int
) -> int:
    """Settle what waits, from the front, up to seq `until`, into `taken`; returns how many events that were, about `events_max`.

    Stops before an entry that needs more than postings, or has more than `events_max` events of its own.
    """
    count = 0
    while waiting and count < events_max:
        entry = waiting[0]
        if entry.seq > until or entry.makes_documents or entry.makes_notices or len(entry.events) > events_max:
            break
        waiting.popleft()
        taken.append(entry)
        clearing.enter(entry.seq, entry.at_ns)
        clearing.apply(entry.events, writes)
        count += len(entry.events)
    return count
