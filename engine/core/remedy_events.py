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


class TradeVoided(Fact, frozen=True, gc=False):
    """A trade was voided: units go back to the seller, cash to the buyer, fees to whom `buy_refund_fen` and `sell_refund_fen` say.

    The rest is the trade as it was. locked_tonnes: so many of the units were still under the T+N lock of `day_number`, the
    others free to be sold.
    """

    trade: int
    trading_day: int
    day_number: int
    method: str
    instrument: int
    price_ticks: int
    tonnes: int
    locked_tonnes: int
    amount_fen: int
    buyer: int
    buy_exec_seq: int
    buy_order: int
    buy_refund_fen: int
    seller: int
    sell_exec_seq: int
    sell_order: int
    sell_refund_fen: int
    basis: str
