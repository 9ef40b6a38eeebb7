"""The journal: every command that ever changed the market, in order, on disk before anyone is told.

`Journal` writes and reads it; `verify` checks it from the first byte to the last. docs/journal.md has the format.
"""

from engine.journal.form import JournalError
from engine.journal.journal import Journal, JournalBroken, JournalLocked, TornTail

__all__ = ["Journal", "JournalBroken", "JournalError", "JournalLocked", "TornTail"]
