"""An allocation file: units issued to many accounts by one act, all of them or none (CQ-M Art. 11: the bureau's notice).

Each row is judged as the act that would issue it alone, then all together against the year's plan and what an instrument may have.
"""

from typing import Final

from engine.core import allocation, allocation_plan, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import AllocateUnits, ImportAllocations, PreallocateUnits
from engine.core.compliance import is_year, judge_review_window
from engine.core.events import Event
from engine.core.state import State
from engine.core.units import TONNES_MAX

ALLOCATION_ROWS_MAX: Final = 2_000  # six times the units that Chongqing covers
AHEAD: Final = "preallocation"
KINDS: Final = ("free", "paid", "reserve", AHEAD)


def act_of(act: ImportAllocations, row: tuple[int, int, str, int]) -> AllocateUnits | PreallocateUnits:
    """The act that would issue one row alone."""
    account, instrument, kind, tonnes = row
    if kind == AHEAD:
        return PreallocateUnits(account, instrument, tonnes, act.year, 0, act.notified_on)
    return AllocateUnits(account, instrument, tonnes, kind, act.year, act.notified_on if kind == "free" else 0)


def judge(state: State, act: ImportAllocations) -> Verdict:
    """Every row must be right; `actual` says which row, from 1, is the first that is not. Of the plan: limit and whole in tonnes."""
    if not is_year(act.year) or not 0 < len(act.issues) <= ALLOCATION_ROWS_MAX or len(act.sha256) != 64:
        return Verdict(reasons.ACT_INVALID, ALLOCATION_ROWS_MAX, len(act.issues))
    verdict = judge_review_window(state, 0, act.notified_on)
    if verdict.reason != 0:
        return verdict
    seen: set[tuple[int, int, str]] = set()
    issued: dict[int, int] = {}
    shares = {False: 0, True: 0}
    for place, row in enumerate(act.issues, 1):
        account, instrument, kind, tonnes = row
        if (account, instrument, kind) in seen or kind not in KINDS or not 0 < tonnes <= TONNES_MAX:
            return Verdict(reasons.ACT_INVALID, 0, place)
        seen.add((account, instrument, kind))
        alone = act_of(act, row)
        if isinstance(alone, PreallocateUnits):
            verdict = allocation.judge(state, alone)
        else:
            verdict = allocation.judge_issue(state, alone)
        if verdict.reason not in (0, reasons.ALLOCATION_PLAN_EXCEEDED):
            return Verdict(verdict.reason, 0, place)
        if not state.held_instrument(instrument).is_allowance:
            return Verdict(reasons.ACT_INVALID, 0, place)
        issued[instrument] = issued.get(instrument, 0) + tonnes
        shares[kind == "reserve"] += tonnes
        if state.issued[instrument] + issued[instrument] > allocation.ISSUED_TONNES_MAX:
            return Verdict(reasons.ACT_INVALID, 0, place)
    for is_reserve, tonnes in shares.items():
        verdict = allocation_plan.judge_room(state, act.year, is_reserve, tonnes)
        if verdict.reason != 0:
            return verdict
    return ADMITTED


def issue(state: State, act: ImportAllocations, out: list[Event]) -> None:
    """Issue every row, in the order of the file."""
    for row in act.issues:
        alone = act_of(act, row)
        if isinstance(alone, PreallocateUnits):
            allocation.preallocate(state, alone, out)
        else:
            allocation.issue(state, alone, out)
