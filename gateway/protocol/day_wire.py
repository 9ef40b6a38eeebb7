"""The day and the bank's file at the operators' door: the stage table, what the next opening waits for, differences."""

from typing import Annotated

from msgspec import UNSET as UNSET
from msgspec import Meta, Struct, UnsetType

from gateway.protocol.wire import NoParams, ReasonView, Request

BreakId = Annotated[str, Meta(pattern=r"^D-[1-9][0-9]{0,17}\Z")]


class OpsDay(Request, tag="ops.day", gc=False, kw_only=True):
    """The stages of the present trading day and the next one: due, done, by whom, what stands against them, what helps."""

    params: NoParams | UnsetType = UNSET


class OpsBank(Request, tag="ops.bank", gc=False, kw_only=True):
    """The bank's newest file and its differences from the ledger, with their remedies; the risk reserve and who owes it."""

    params: NoParams | UnsetType = UNSET


class StageRow(Struct, omit_defaults=True, gc=False):
    """One stage. due: yyyy-mm-dd hh:mm local time, "" without a set time; status: done | failed | blocked | late | waiting.

    by: who did it, `exchange` for the exchange itself; count: what is open of it (differences, trades set aside, objections) or
    was made; detail, detail_zh: the same in more words, where there are some. remedy: commands that help; waits_for: the stage
    that stands against a blocked one, so that its remedy helps.
    """

    trading_day: str
    stage: str
    name_zh: str
    due: str
    status: str
    done_at: str = ""
    by: str = ""
    count: int = 0
    remedy: str = ""
    detail: str = ""
    waits_for: str = ""
    detail_zh: str = ""


class HouseRow(Struct, gc=False):
    """Something the exchange itself needs for the day: calendar, operators, disk."""

    check: str
    is_ok: bool
    detail: str
    detail_zh: str


class FiguresRow(Struct, gc=False):
    """What traded on the day that closed last, as one body counted it (by: engine | settlement): value in CNY.

    sha256: over each instrument's figures by method; equal where both agree.
    """

    by: str
    trading_day: str
    trades: int
    quantity: int
    value: str
    sha256: str


class DayTable(Struct, omit_defaults=True, gc=False):
    """`next_day`: the trading day that would open next, "" where the calendar does not reach it.

    `blocked_by`: what stands against its opening; `override`: the document under which it may open all the same.
    """

    trading_day: str
    phase: str
    next_day: str
    stages: list[StageRow]
    house: list[HouseRow]
    blocked_by: ReasonView | None = None
    override: str = ""
    confirmations: list[FiguresRow] = []


class BankBreakRow(Struct, gc=False):
    """One balance, in CNY. account: a code, or `fees`, `reserve`, `total`. state: open | explained | corrected | carried.

    since: the first day's file in a row that had it.
    """

    break_id: str
    account: str
    ledger: str
    bank: str
    state: str
    since: str


class ClaimRow(Struct, gc=False):
    """What the risk reserve paid for an account and has not got back, in CNY."""

    account: str
    amount: str


class BankView(Struct, gc=False):
    """trading_day "": no file has come yet. is_compared: settlement has held it against the ledger. reserve: in CNY."""

    trading_day: str
    sha256: str
    is_compared: bool
    breaks: list[BankBreakRow]
    reserve: str
    claims: list[ClaimRow]


OpsDayRequest = OpsDay | OpsBank
