"""A year's allocation plan (配额分配方案) and what counts against it (CQ-M Art. 11, 29; domain rules F.3).

Two shares: the government's reserve, and the rest, which is allocated free, ahead of its year, or for pay. What is issued of an
allowance counts from the first tonne on, whether or not a plan is set yet, so that a plan that comes later caps all of its year;
what a true-up withdraws counts no more. The use of the reserve (sale, transfer) moves what was counted when it was issued.
"""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import SetAllocationPlan
from engine.core.compliance import is_year
from engine.core.events import AllocationPlanSet, Event
from engine.core.records import AllocationPlan
from engine.core.state import State

PLAN_TONNES_MAX: Final = 1_000_000_000_000
TEXT_MAX: Final = 200


def judge(state: State, act: SetAllocationPlan) -> Verdict:
    """Shares in bounds, a document, and neither share below what was issued of it already (`actual`)."""
    is_fit = is_year(act.year) and 0 <= act.reserve <= act.total <= PLAN_TONNES_MAX
    if not is_fit or not 0 < len(act.basis.strip()) <= len(act.basis) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID)
    known = state.allocation_plans.get(act.year)
    if known is None:
        return ADMITTED
    for limit, issued in ((act.total - act.reserve, known.allocated), (act.reserve, known.reserved)):
        if issued > limit:
            return Verdict(reasons.ALLOCATION_PLAN_EXCEEDED, limit, issued)
    return ADMITTED


def set_plan(state: State, act: SetAllocationPlan, out: list[Event]) -> None:
    """Take over the plan; a later one takes the place of an earlier one."""
    plan = state.allocation_plans.setdefault(act.year, AllocationPlan())
    plan.total, plan.reserve, plan.basis = act.total, act.reserve, act.basis
    out.append(AllocationPlanSet(act.year, act.total, act.reserve, act.basis))


def judge_room(state: State, year: int, is_reserve: bool, tonnes: int) -> Verdict:
    """Whether the year's plan, where one is set, has room for so much more of the share."""
    plan = state.allocation_plans.get(year)
    if plan is None or not plan.is_set or tonnes <= 0:
        return ADMITTED
    limit = plan.reserve if is_reserve else plan.total - plan.reserve
    issued = (plan.reserved if is_reserve else plan.allocated) + tonnes
    return ADMITTED if issued <= limit else Verdict(reasons.ALLOCATION_PLAN_EXCEEDED, limit, issued)


def count(state: State, year: int, is_reserve: bool, tonnes: int) -> None:
    """Count what was issued of a share, or withdrawn (below 0)."""
    plan = state.allocation_plans.setdefault(year, AllocationPlan())
    if is_reserve:
        plan.reserved += tonnes
    else:
        plan.allocated += tonnes
