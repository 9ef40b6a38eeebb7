"""What members say to their statements, and what operators do where a settlement is to be put right (domain rules E1, E3)."""

from engine.core.bases import Act, Command


class ConfirmStatement(Command, frozen=True, array_like=True, gc=False, tag=41):
    """A member agrees with the statement (结算单) of a closed day."""

    account: int
    trading_day: int


class ObjectToStatement(Command, frozen=True, array_like=True, gc=False, tag=42):
    """A member objects (提出异议) to the statement of a closed day, in words; trade: the one that it disputes, 0 for none."""

    account: int
    trading_day: int
    words: str
    trade: int = 0


class DecideStatementObjection(Act, frozen=True, array_like=True, gc=False, tag=250):
    """Decide an objection to a statement, with an answer in writing (书面答复); always two persons."""

    objection: int
    upheld: bool
    answer: str


RemedyAct = DecideStatementObjection
