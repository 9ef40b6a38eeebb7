"""What members say to their statements, and what operators do where a settlement is to be put right (domain rules E1, E3)."""

import msgspec

from engine.core.bases import Act, Command


class TradeFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade as the registry has it: the core forgets trades, so who commands something about one says what it was.

    day_number: the day of the trade, from which its T+N lock counts. is_settled: it was delivered and paid when this was read.
    """

    trading_day: int = 0
    day_number: int = 0
    method: str = ""
    instrument: int = 0
    price_ticks: int = 0
    tonnes: int = 0
    amount_fen: int = 0
    buyer: int = 0
    buy_order: int = 0
    buy_fee_fen: int = 0
    seller: int = 0
    sell_order: int = 0
    sell_fee_fen: int = 0
    is_settled: bool = False


class ConfirmStatement(Command, frozen=True, array_like=True, gc=False, tag=41):
    """A member agrees with the statement (结算单) of a closed day."""

    account: int
    trading_day: int


class ObjectToStatement(Command, frozen=True, array_like=True, gc=False, tag=42):
    """A member objects (提出异议) to the statement of a closed day, in words; trade: the one that it disputes, 0 for none.

    facts: of that trade; where it is settled, its units are held until the decision.
    """

    account: int
    trading_day: int
    words: str
    trade: int = 0
    facts: TradeFacts = TradeFacts()


class DecideStatementObjection(Act, frozen=True, array_like=True, gc=False, tag=250):
    """Decide an objection to a statement, with an answer in writing (书面答复); always two persons.

    voids: upheld in that the disputed trade is to be voided; its units stay held until it is.
    """

    objection: int
    upheld: bool
    answer: str
    voids: bool = False


class VoidTrade(Act, frozen=True, array_like=True, gc=False, tag=251):
    """Void a trade (撤销交易): both legs go back by new postings, nothing is deleted; always two persons.

    basis: what the decision rests on. facts: what the trade was, put in by the exchange itself from the registry.
    """

    trade: int
    basis: str
    facts: TradeFacts = TradeFacts()


RemedyAct = DecideStatementObjection | VoidTrade
