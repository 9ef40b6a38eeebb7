"""Pre-allocation, its true-up, and requests for review with their working-day deadlines.

Part of a year's free allocation may be issued ahead (预分配); it cannot be traded and raises no retention floor until the year's
allocation is known. The true-up (多退少补) then releases it, issues what is missing or cancels what was too much. A unit may object
to its allocation or to the verification of its emissions; the bureau decides within ten working days (CQ-M Art. 11, 25).
"""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import BeyondCalendar, is_day
from engine.core.commands import DecideObjection, FileObjection, PreallocateUnits, TrueUpAllocation
from engine.core.compliance import KEY_EMITTER, is_year, known_record, record_of
from engine.core.events import (
    AllocationTruedUp,
    Event,
    ObjectionDecided,
    ObjectionFiled,
    RetentionChanged,
    UnitsPreallocated,
)
from engine.core.holdings import move_available
from engine.core.records import Objection
from engine.core.state import State
from engine.core.units import TONNES_MAX

SUBJECTS: Final = ("allocation", "verification")
DECISION_DAYS: Final = 10  # working days, CQ-M Art. 11 and 25
ISSUED_TONNES_MAX: Final = 1_000_000_000_000


def judge(state: State, act: PreallocateUnits | TrueUpAllocation) -> Verdict:
    """An allowance for a key emitter's open year; a true-up needs something to true up."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    instrument = state.instrument(act.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if account.category != KEY_EMITTER:
        return Verdict(reasons.NOT_KEY_EMITTER)
    if isinstance(act, PreallocateUnits) and account.leaving_until != 0:
        return Verdict(reasons.ACCOUNT_LEAVING, account.leaving_until, 0)
    tonnes_min = 0 if isinstance(act, TrueUpAllocation) else 1
    if not tonnes_min <= act.tonnes <= TONNES_MAX or not is_year(act.year) or not instrument.is_allowance:
        return Verdict(reasons.ACT_INVALID, TONNES_MAX, max(-TONNES_MAX, min(act.tonnes, TONNES_MAX + 1)))
    if act.objection_until != 0 and not is_day(act.objection_until):
        return Verdict(reasons.ACT_INVALID)
    if state.issued[act.instrument] + act.tonnes > ISSUED_TONNES_MAX:
        return Verdict(reasons.ACT_INVALID)
    record = known_record(state, act.account, act.year)
    if record is not None and record.is_final:
        return Verdict(reasons.COMPLIANCE_YEAR_CLOSED)
    if isinstance(act, TrueUpAllocation) and (record is None or act.instrument not in record.preallocated):
        return Verdict(reasons.NOT_PREALLOCATED)
    return ADMITTED


def preallocate(state: State, act: PreallocateUnits, out: list[Event]) -> None:
    """Issue units that wait."""
    position = state.held_account(act.account).position(act.instrument)
    position.preallocated += act.tonnes
    state.issued[act.instrument] += act.tonnes
    record = record_of(state, act.account, act.year)
    record.preallocated[act.instrument] = record.preallocated.get(act.instrument, 0) + act.tonnes
    record.allocation_objection_until = act.objection_until
    out.append(UnitsPreallocated(act.account, act.instrument, act.tonnes, act.year, act.objection_until))


def true_up(state: State, act: TrueUpAllocation, out: list[Event]) -> None:
    """Release, add or withdraw, and let the free allocation raise the retention floor."""
    account = state.held_account(act.account)
    instrument = state.held_instrument(act.instrument)
    record = record_of(state, act.account, act.year)
    waiting = record.preallocated.pop(act.instrument)
    released = min(waiting, act.tonnes)
    issued, withdrawn = act.tonnes - released, waiting - released
    account.position(act.instrument).preallocated -= waiting
    move_available(account, instrument, act.tonnes)
    state.issued[act.instrument] += issued
    state.canceled[act.instrument] += withdrawn
    record.free += act.tonnes
    record.allocation_objection_until = act.objection_until
    out.append(
        AllocationTruedUp(act.account, act.instrument, act.year, released, issued, withdrawn, act.objection_until)
    )
    more = (act.tonnes * state.rulebook.retention_bp + 9_999) // 10_000
    if more > 0:
        floor = account.retention.get(act.year, 0) + more
        account.retention[act.year] = floor
        account.retention_floor += more
        out.append(RetentionChanged(act.account, act.year, floor))


# ---- requests for review --------------------------------------------------------------------------------


def judge_objection(state: State, act: FileObjection | DecideObjection) -> Verdict:
    """In time, once at a time, and within what the calendar knows."""
    if state.account(act.account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    day = act.filed_on if isinstance(act, FileObjection) else act.decided_on
    if act.subject not in SUBJECTS or not is_year(act.year) or not is_day(day):
        return Verdict(reasons.ACT_INVALID)
    record = known_record(state, act.account, act.year)
    found = None if record is None else record.objections.get(act.subject)
    is_open = found is not None and found.decided_on == 0
    if isinstance(act, DecideObjection):
        if found is None or not is_open:
            return Verdict(reasons.NO_OPEN_OBJECTION)
        return ADMITTED if day >= found.filed_on else Verdict(reasons.ACT_INVALID, found.filed_on, day)
    until = 0
    if record is not None:
        until = record.allocation_objection_until if act.subject == "allocation" else record.objection_until
    if day > until:
        return Verdict(reasons.OBJECTION_TOO_LATE, until, day)
    if is_open:
        return Verdict(reasons.ALREADY_EXISTS)
    try:
        state.calendar().add_working_days(day, DECISION_DAYS)
    except BeyondCalendar as beyond:
        return Verdict(reasons.CALENDAR_ENDED, beyond.last_day, day)
    return ADMITTED


def file_objection(state: State, act: FileObjection, out: list[Event]) -> None:
    """Record the request and the day by which it is to be decided."""
    decide_by = state.calendar().add_working_days(act.filed_on, DECISION_DAYS)
    record = record_of(state, act.account, act.year)
    record.objections[act.subject] = Objection(act.subject, act.filed_on, decide_by)
    out.append(ObjectionFiled(act.account, act.year, act.subject, act.filed_on, decide_by))


def decide_objection(state: State, act: DecideObjection, out: list[Event]) -> None:
    """Record the decision."""
    record = record_of(state, act.account, act.year)
    found = record.objections[act.subject]
    record.objections[act.subject] = Objection(act.subject, found.filed_on, found.decide_by, act.decided_on, act.upheld)
    out.append(ObjectionDecided(act.account, act.year, act.subject, act.decided_on, act.upheld))
