"""Statements (结算单) at the doors: the days there are, each as settlement made it, the member's answer, and objections.

Domain rules E1.6: who objects does so in writing before the deadline; silence counts as agreement. Objections are `S-…`.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import AccountParams, Code, DayText, NoParams, Params, Reason, Request, TradeId

ObjectionId = Annotated[str, Meta(pattern=r"^S-[1-9][0-9]{0,17}\Z")]


# ---- members --------------------------------------------------------------------------------------------


class StatementList(Request, tag="statement.list", gc=False, kw_only=True):
    """The trading days for which there is a statement, newest first, and what became of each."""

    params: AccountParams | UnsetType = UNSET


class StatementGetParams(Params, gc=False):
    """One day's statement."""

    trading_day: DayText
    account: Code | UnsetType = UNSET


class StatementGet(Request, tag="statement.get", gc=False, kw_only=True):
    """A statement as settlement made it."""

    params: StatementGetParams


class StatementConfirm(Request, tag="statement.confirm", gc=False, kw_only=True):
    """Agree with a day's statement (确认); no objection to it is taken afterwards."""

    params: StatementGetParams


class StatementObjectParams(Params, gc=False):
    """What is wrong with a day's statement, in words; trade_id: the trade that is disputed, if it is one."""

    trading_day: DayText
    words: Reason
    trade_id: TradeId | UnsetType = UNSET
    account: Code | UnsetType = UNSET


class StatementObject(Request, tag="statement.object", gc=False, kw_only=True):
    """Object to a day's statement (提出异议) before its deadline; two people of the exchange answer in writing."""

    params: StatementObjectParams


class ObjectionRow(Struct, gc=False):
    """An objection. status: open | upheld | dismissed; trade_id, decided_at and answer are empty where there is none."""

    objection_id: str
    account: str
    trading_day: str
    trade_id: str
    words: str
    filed_at: str
    status: str
    decided_at: str
    answer: str


class StatementRow(Struct, gc=False):
    """A day's statement. status: open | confirmed | contested | accepted, which is that nothing was said in time.

    until: while it is open, when that ends; empty: when the next day opens.
    """

    trading_day: str
    status: str
    until: str
    objections: list[ObjectionRow]


class StatementDays(Struct, gc=False):
    """Trading days with a statement, newest first, and what became of each."""

    account: str
    trading_days: list[str]
    statements: list[StatementRow]


class StatementAnswered(Struct, gc=False):
    """The answer was taken. status: confirmed | contested; objection_id is empty where it is confirmed."""

    account: str
    trading_day: str
    status: str
    objection_id: str


# ---- operators ------------------------------------------------------------------------------------------


class OpsStatementParams(Params, gc=False):
    """Any account's statement."""

    account: Code
    trading_day: DayText | UnsetType = UNSET


class OpsStatement(Request, tag="ops.statement", gc=False, kw_only=True):
    """A member's statement, or the days there are."""

    params: OpsStatementParams


class OpsObjections(Request, tag="ops.objections", gc=False, kw_only=True):
    """Objections to statements: all that wait for a decision, and those to the newest statements, oldest first."""

    params: NoParams | UnsetType = UNSET


OfMembers = StatementList | StatementGet | StatementConfirm | StatementObject
OfOperators = OpsStatement | OpsObjections
