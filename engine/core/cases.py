"""Cases (案件) and their steps: graduated supervision from a reminder to a notice (CN-SH), and orders to reduce a holding.

A case is the record of what people did about an account: who, what, why, under which document, until when an answer is due.
A restriction or an order to reduce that names a case becomes a step of it.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import calendar, positions, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import AddCaseStep, CloseCase, OpenCase, OrderReduction
from engine.core.events import ActTaken, CaseChanged, Event, ReductionChanged
from engine.core.state import State
from engine.core.supervision import (
    ALERTS_MAX,
    CLOSED,
    FINDINGS,
    MET,
    NOTE,
    OPEN,
    RECORDS_MAX,
    REDUCTION,
    STEPS,
    STEPS_MAX,
    Case,
    Reduction,
    Step,
)
from engine.core.units import TONNES_MAX

TEXT_MAX: Final = 200
ALERT_ID_MAX: Final = 32


def judge(state: State, act: OpenCase | AddCaseStep | CloseCase | OrderReduction) -> Verdict:
    """An account, product and open case that exist, known words, a day to come, room for the record."""
    if isinstance(act, OpenCase):
        return judge_opening(state, act)
    if isinstance(act, OrderReduction):
        return judge_reduction(state, act)
    case = state.supervision.case(act.case)
    if case is None or case.status != OPEN:
        return Verdict(reasons.UNKNOWN_CASE)
    if len(case.steps) >= STEPS_MAX and isinstance(act, AddCaseStep):
        return Verdict(reasons.TOO_MANY_RECORDS, STEPS_MAX, len(case.steps))
    words = FINDINGS if isinstance(act, CloseCase) else STEPS
    word = act.finding if isinstance(act, CloseCase) else act.step
    if word not in words or not 0 < len(act.note) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, len(act.note))
    due_day = act.due_day if isinstance(act, AddCaseStep) else 0
    if due_day != 0 and not (calendar.is_day(due_day) and due_day >= int(state.trading_day)):
        return Verdict(reasons.ACT_INVALID, state.trading_day, max(0, min(due_day, 99_999_999)))
    return ADMITTED


def judge_opening(state: State, act: OpenCase) -> Verdict:
    """A known account, words, and alerts by well-formed ids."""
    if state.account(act.account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if not 0 < len(act.matter) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, len(act.matter))
    is_fit = len(act.alerts) <= ALERTS_MAX and all(0 < len(alert) <= ALERT_ID_MAX for alert in act.alerts)
    if not is_fit:
        return Verdict(reasons.ACT_INVALID, ALERTS_MAX, len(act.alerts))
    kept = len(state.supervision.cases)
    return ADMITTED if kept < RECORDS_MAX else Verdict(reasons.TOO_MANY_RECORDS, RECORDS_MAX, kept)


def judge_reduction(state: State, act: OrderReduction) -> Verdict:
    """A known account and product, fewer tonnes than the owner has, a day to come."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if act.product not in state.rulebook.products or not 0 < len(act.basis) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID)
    owned = positions.owned_tonnes(state, (int(account.owner),), act.product)
    if not 0 <= act.tonnes_max < min(owned, TONNES_MAX):
        return Verdict(reasons.ACT_INVALID, owned, max(0, min(act.tonnes_max, TONNES_MAX)))
    if not (calendar.is_day(act.due_day) and act.due_day >= int(state.trading_day)):
        return Verdict(reasons.ACT_INVALID, state.trading_day, max(0, min(act.due_day, 99_999_999)))
    if act.case != 0:
        case = state.supervision.case(act.case)
        if case is None or case.status != OPEN or case.account != act.account:
            return Verdict(reasons.UNKNOWN_CASE)
    kept = len(state.supervision.reductions)
    return ADMITTED if kept < RECORDS_MAX else Verdict(reasons.TOO_MANY_RECORDS, RECORDS_MAX, kept)


# ---- taking effect --------------------------------------------------------------------------------------


def step_of(state: State, at_ns: int, taken: ActTaken, step: str, note: str, due_day: int = 0) -> Step:
    """An act as a step."""
    return Step(step, at_ns, int(state.trading_day), taken.operator, taken.approver, note, taken.document, due_day)


def open_case(state: State, at_ns: int, act: OpenCase, taken: ActTaken, out: list[Event]) -> None:
    """Keep a new case; its first step is why it was opened."""
    number = len(state.supervision.cases) + 1
    first = step_of(state, at_ns, taken, NOTE, taken.reason)
    state.supervision.cases.append(Case(number, act.account, act.matter, act.alerts, (first,)))
    out.append(CaseChanged(number, act.account, "opened"))


def add_step(state: State, number: int, step: Step, out: list[Event]) -> None:
    """Append a step to a case."""
    case = state.supervision.cases[number - 1]
    state.supervision.cases[number - 1] = replace(case, steps=(*case.steps, step))
    out.append(CaseChanged(number, case.account, step.step))


def close_case(state: State, at_ns: int, act: CloseCase, taken: ActTaken, out: list[Event]) -> None:
    """The last step says what was found."""
    case = state.supervision.cases[act.case - 1]
    last = step_of(state, at_ns, taken, act.finding, act.note)
    state.supervision.cases[act.case - 1] = replace(
        case,
        steps=(*case.steps, last),
        status=CLOSED,
        finding=act.finding,
        closed_on=int(state.trading_day),
    )
    out.append(CaseChanged(act.case, case.account, act.finding))


def order_reduction(state: State, at_ns: int, act: OrderReduction, taken: ActTaken, out: list[Event]) -> None:
    """Keep the order; the close of each day looks whether it is met."""
    number = len(state.supervision.reductions) + 1
    owner = int(state.held_account(act.account).owner)
    state.supervision.reductions.append(
        Reduction(
            number,
            act.account,
            owner,
            act.product,
            act.tonnes_max,
            act.due_day,
            int(state.trading_day),
            act.basis,
            taken.document,
            act.case,
        )
    )
    out.append(ReductionChanged(number, owner, act.product, act.tonnes_max, OPEN))
    if act.case:
        note = f"{act.product}: {act.tonnes_max} t, {act.basis}"[:TEXT_MAX]
        add_step(state, act.case, step_of(state, at_ns, taken, REDUCTION, note, act.due_day), out)


def check_reductions(state: State, out: list[Event]) -> None:
    """At the day's close: which orders to reduce have been met."""
    records = state.supervision.reductions
    for place, found in enumerate(records):
        if found.status == OPEN and positions.owned_tonnes(state, (found.owner,), found.product) <= found.tonnes_max:
            records[place] = replace(found, status=MET, met_on=int(state.trading_day))
            out.append(ReductionChanged(found.number, found.owner, found.product, found.tonnes_max, MET))
