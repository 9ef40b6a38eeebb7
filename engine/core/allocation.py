"""Issue of a year's units, pre-allocation and its true-up, and requests for review with their working-day deadlines.

Part of a year's free allocation may be issued ahead (预分配); it cannot be traded and raises no retention floor until the year's
allocation is known. The true-up (多退少补) then releases it, issues what is missing or cancels what was too much. A unit may object
to its allocation or to the verification of its emissions within seven working days of the notice; the bureau decides within ten
(CQ-M Art. 11, 25). What is issued counts against the year's plan (`allocation_plan`).
"""

from typing import Final

from engine.core import allocation_plan, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import BeyondCalendar, is_day
from engine.core.commands import AllocateUnits, DecideObjection, FileObjection, PreallocateUnits, TrueUpAllocation
from engine.core.compliance import (
    KEY_EMITTER,
    is_year,
    judge_review_window,
    known_record,
    record_of,
    review_until,
)
from engine.core.events import (
    AllocationTruedUp,
    Event,
    ObjectionDecided,
    ObjectionFiled,
    RetentionChanged,
    ReviewOpened,
    UnitsIssued,
    UnitsPreallocated,
)
from engine.core.holdings import move_available
from engine.core.positions import GOVERNMENT
from engine.core.records import Objection
from engine.core.state import Account, State
from engine.core.units import TONNES_MAX

SUBJECTS: Final = ("allocation", "verification")
DECISION_DAYS: Final = 10  # working days, CQ-M Art. 11 and 25
ISSUED_TONNES_MAX: Final = 1_000_000_000_000
NUMBER_MAX: Final = 2**62
UNIT_KINDS: Final = ("free", "paid", "offset", "reserve", "right")


def judge_issue(state: State, act: AllocateUnits) -> Verdict:
    """Issue within bounds and the year's plan, to who may have it, for a year that is still open."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    instrument = state.instrument(act.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if not 1 <= act.tonnes <= TONNES_MAX or not is_year(act.year):
        return Verdict(reasons.ACT_INVALID, TONNES_MAX, max(-NUMBER_MAX, min(act.tonnes, NUMBER_MAX)))
    if act.kind == "reserve" and account.category != GOVERNMENT:
        return Verdict(reasons.NOT_RESERVE)
    if act.kind == "free" and account.category != KEY_EMITTER:
        return Verdict(reasons.NOT_KEY_EMITTER)
    if act.kind != "offset" and account.leaving_until != 0:
        return Verdict(reasons.ACCOUNT_LEAVING, account.leaving_until, 0)
    record = known_record(state, act.account, act.year)
    if record is not None and record.is_final and act.kind != "offset":
        return Verdict(reasons.COMPLIANCE_YEAR_CLOSED)
    # another environmental right is issued as just that: nothing of an allowance or an offset is meant by it
    is_right = state.rulebook.products[instrument.product].kind == "right"
    if is_right != (act.kind == "right"):
        return Verdict(reasons.ACT_INVALID)
    if act.kind not in UNIT_KINDS or state.issued[act.instrument] + act.tonnes > ISSUED_TONNES_MAX:
        return Verdict(reasons.ACT_INVALID)
    verdict = judge_review_window(state, 0, act.notified_on if act.kind == "free" else 0)
    if verdict.reason != 0 or not instrument.is_allowance:
        return verdict
    return allocation_plan.judge_room(state, act.year, act.kind == "reserve", act.tonnes)


def issue(state: State, act: AllocateUnits, out: list[Event]) -> None:
    """Issue units; free allocation raises what the account must keep until it has surrendered (CQ-M Art. 26)."""
    account = state.held_account(act.account)
    instrument = state.held_instrument(act.instrument)
    move_available(account, instrument, act.tonnes)
    state.issued[act.instrument] += act.tonnes
    out.append(UnitsIssued(act.account, act.instrument, act.tonnes, act.kind, act.year))
    if not instrument.is_allowance:
        return
    allocation_plan.count(state, act.year, act.kind == "reserve", act.tonnes)
    if account.category == KEY_EMITTER:
        record = record_of(state, act.account, act.year)
        if act.kind == "free":
            record.free += act.tonnes
        else:
            record.paid += act.tonnes
    if act.kind == "free":
        open_review(state, act.account, act.year, 0, act.notified_on, out)
        raise_floor(state, account, act.year, act.tonnes, out)


def open_review(state: State, account: int, year: int, objection_until: int, notified_on: int, out: list[Event]) -> int:
    """The last day to ask for a review of the allocation: as the notice says, or counted from the day of notice."""
    if notified_on != 0:
        objection_until = review_until(state, notified_on)
        record_of(state, account, year).allocation_objection_until = objection_until
        out.append(ReviewOpened(account, year, notified_on, objection_until))
    return objection_until


def raise_floor(state: State, account: Account, year: int, tonnes: int, out: list[Event]) -> None:
    """Each issue is rounded up by itself: the floor is never below the rule's share."""
    more = (tonnes * state.rulebook.retention_bp + 9_999) // 10_000
    if more > 0:
        floor = account.retention.get(year, 0) + more
        account.retention[year] = floor
        account.retention_floor += more
        out.append(RetentionChanged(int(account.number), year, floor))


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
    verdict = judge_review_window(state, act.objection_until, act.notified_on)
    if verdict.reason != 0:
        return verdict
    if state.issued[act.instrument] + act.tonnes > ISSUED_TONNES_MAX:
        return Verdict(reasons.ACT_INVALID)
    record = known_record(state, act.account, act.year)
    if record is not None and record.is_final:
        return Verdict(reasons.COMPLIANCE_YEAR_CLOSED)
    if isinstance(act, TrueUpAllocation) and (record is None or act.instrument not in record.preallocated):
        return Verdict(reasons.NOT_PREALLOCATED)
    waiting = 0 if isinstance(act, PreallocateUnits) or record is None else record.preallocated[act.instrument]
    return allocation_plan.judge_room(state, act.year, False, act.tonnes - waiting)


def preallocate(state: State, act: PreallocateUnits, out: list[Event]) -> None:
    """Issue units that wait."""
    position = state.held_account(act.account).position(act.instrument)
    position.preallocated += act.tonnes
    state.issued[act.instrument] += act.tonnes
    record = record_of(state, act.account, act.year)
    record.preallocated[act.instrument] = record.preallocated.get(act.instrument, 0) + act.tonnes
    allocation_plan.count(state, act.year, False, act.tonnes)
    until = open_review(state, act.account, act.year, act.objection_until, act.notified_on, out)
    record.allocation_objection_until = until
    out.append(UnitsPreallocated(act.account, act.instrument, act.tonnes, act.year, until))


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
    allocation_plan.count(state, act.year, False, act.tonnes - waiting)
    until = open_review(state, act.account, act.year, act.objection_until, act.notified_on, out)
    record.allocation_objection_until = until
    out.append(AllocationTruedUp(act.account, act.instrument, act.year, released, issued, withdrawn, until))
    raise_floor(state, account, act.year, act.tonnes, out)


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
