"""Striking a record from the credit record (环境信用记录): a restriction that was imposed, a breach, a year not surrendered.

What enters the record is worked out from what the market remembers (docs/reports.md); a strike is remembered beside it, so
that nothing is rewritten: the restriction, the case and the year stay as they are.
"""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import StrikeCreditRecord
from engine.core.disclosure_acts import judge_words
from engine.core.events import ActTaken, CreditRecordStruck, Event
from engine.core.state import State
from engine.core.supervision import RECORDS_MAX, Strike

TEXT_MAX: Final = 200
NAME_MAX: Final = 40
CONFIRMED: Final = "confirmed"


def judge(state: State, act: StrikeCreditRecord) -> Verdict:
    """A record that there is and that was not struck, and a basis in plain words."""
    verdict = judge_words((act.record, NAME_MAX), (act.basis, TEXT_MAX))
    if verdict.reason != 0:
        return verdict
    strikes = state.supervision.strikes
    if act.record in strikes:
        return Verdict(reasons.ALREADY_EXISTS)
    if account_of(state, act.record) == 0:
        return Verdict(reasons.UNKNOWN_CREDIT_RECORD)
    return ADMITTED if len(strikes) < RECORDS_MAX else Verdict(reasons.TOO_MANY_RECORDS, RECORDS_MAX, len(strikes))


def account_of(state: State, record: str) -> int:
    """The account whose conduct a record tells of, by the record's name; 0 where there is no such record."""
    kind, _, name = record.partition("-")
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else 0
    if kind == "R":
        restriction = state.supervision.restriction(number)
        return 0 if restriction is None or record != f"R-{number}" else restriction.account
    if kind == "K":
        case = state.supervision.case(number)
        return 0 if case is None or case.finding != CONFIRMED or record != f"K-{number}" else case.account
    year, _, code = name.partition("-")
    if kind != "U" or not (year.isascii() and year.isdecimal() and len(year) == 4):
        return 0
    rules = state.rulebook.compliance.get(int(year))
    for account in state.accounts:
        if account is not None and account.code == code and int(year) in state.compliance.get(int(account.number), {}):
            has_passed = rules is not None and 0 < rules.surrender_deadline < state.trading_day
            return int(account.number) if has_passed else 0
    return 0


def strike(state: State, act: StrikeCreditRecord, taken: ActTaken, out: list[Event]) -> None:
    """Remember a judged strike."""
    account = account_of(state, act.record)
    state.supervision.strikes[act.record] = Strike(
        act.record, account, act.basis, taken.document, taken.operator, taken.approver, int(state.trading_day)
    )
    out.append(CreditRecordStruck(act.record, account, act.basis))


__all__ = ["judge", "strike"]
