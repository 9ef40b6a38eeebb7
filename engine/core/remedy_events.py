"""What became of statements, objections to them and what was done about these. Part of `events`, which has the rules."""

from engine.core.bases import Fact


class SettlementUnfinished(Fact, frozen=True, gc=False):
    """Something of the account was not settled when its day was reconciled: it does not trade until it is; since 0: it is now."""

    account: int
    since: int


class StatementConfirmed(Fact, frozen=True, gc=False):
    """The member agreed with a closed day's statement."""

    account: int
    trading_day: int


class StatementContested(Fact, frozen=True, gc=False):
    """The member objected to a closed day's statement; trade: the one that is disputed, 0 for none."""

    objection: int
    account: int
    trading_day: int
    trade: int
    words: str


class StatementObjectionDecided(Fact, frozen=True, gc=False):
    """An objection was upheld or dismissed, with the answer that the member gets."""

    objection: int
    account: int
    trading_day: int
    trade: int
    upheld: bool
    answer: str
