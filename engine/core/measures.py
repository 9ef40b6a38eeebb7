"""The acts of supervision by their kinds: which module judges each and lets it take effect."""

from engine.core import cases, credit, links, restrictions
from engine.core.admission import Verdict
from engine.core.commands import (
    AddCaseStep,
    CloseCase,
    LiftRestriction,
    LinkAccounts,
    OpenCase,
    Restrict,
    ReviewRestriction,
    StrikeCreditRecord,
    UnlinkAccounts,
)
from engine.core.events import ActTaken, Event
from engine.core.state import State
from engine.core.supervision import RESTRICTION
from engine.core.supervision_acts import SupervisionAct

Measure = SupervisionAct


def judge(state: State, act: Measure) -> Verdict:
    """Whether the act may take effect in the present state."""
    if isinstance(act, Restrict | LiftRestriction | ReviewRestriction):
        return restrictions.judge(state, act)
    if isinstance(act, LinkAccounts | UnlinkAccounts):
        return links.judge(state, act)
    if isinstance(act, StrikeCreditRecord):
        return credit.judge(state, act)
    return cases.judge(state, act)


def take(state: State, at_ns: int, act: Measure, taken: ActTaken, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    if isinstance(act, Restrict):
        restrictions.restrict(state, act, taken, out)
        if act.case:
            step = cases.step_of(state, at_ns, taken, RESTRICTION, act.basis[: cases.TEXT_MAX])
            cases.add_step(state, act.case, step, out)
    elif isinstance(act, LiftRestriction):
        restrictions.lift(state, act, out)
    elif isinstance(act, ReviewRestriction):
        restrictions.review(state, act, out)
    elif isinstance(act, OpenCase):
        cases.open_case(state, at_ns, act, taken, out)
    elif isinstance(act, AddCaseStep):
        cases.add_step(state, act.case, cases.step_of(state, at_ns, taken, act.step, act.note, act.due_day), out)
    elif isinstance(act, LinkAccounts | UnlinkAccounts):
        links.take(state, act, out)
    elif isinstance(act, StrikeCreditRecord):
        credit.strike(state, act, taken, out)
    elif isinstance(act, CloseCase):
        cases.close_case(state, at_ns, act, taken, out)
    else:
        cases.order_reduction(state, at_ns, act, taken, out)


def begin_day(state: State, out: list[Event]) -> None:
    """As a day opens: restrictions begin and end."""
    restrictions.begin_day(state, out)
