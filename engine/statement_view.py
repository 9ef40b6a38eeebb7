"""Members' answers to statements, as others may read them: copies, never the live objects."""

import msgspec

from engine.core import statements
from engine.core.records import StatementObjection as StatementObjection
from engine.core.state import State


class StatementsView(msgspec.Struct, frozen=True):
    """The statements of the day that closed last, and objections that are not history yet.

    is_open: whether they can be answered; deadline_ns: until when, 0 for the next opening (or, once that came, unknown).
    confirmed: accounts that agreed; accounts: how many have a statement.
    """

    trading_day: int
    accounts: int
    is_open: bool
    deadline_ns: int
    confirmed: frozenset[int]
    objections: tuple[StatementObjection, ...]

    def of(self, account: int) -> list[StatementObjection]:
        """An account's objections to the newest statement."""
        return [found for found in self.objections if (found.account, found.trading_day) == (account, self.trading_day)]

    def status(self, account: int) -> str:
        """What became of an account's newest statement: contested | confirmed | open | accepted (nothing was said in time)."""
        if self.of(account):
            return "contested"
        if account in self.confirmed:
            return "confirmed"
        return "open" if self.is_open else "accepted"


def statements_view(state: State, now_ns: int) -> StatementsView:
    """The answers as they stand at this time."""
    known = state.statements
    return StatementsView(
        known.trading_day,
        known.accounts,
        statements.is_open(state, now_ns),
        statements.deadline_of(state, known.trading_day),
        frozenset(known.confirmed),
        tuple(known.objections.values()),
    )
