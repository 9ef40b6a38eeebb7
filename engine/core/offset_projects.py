"""Offsets by project and serial number: their issue, and that none is used by the unit in whose boundary it arose.

Certified reductions (CCER, CQCER) come from a project, numbered one by one (domain rules B3, F.12). The market trades them as
one kind, so which numbers an account holds is the registry's business (`settlement.core.serials`): the lowest move first. Here
stands what an order of the log must know: which numbers are issued, and how many tonnes of an instrument are of projects inside
a unit's own boundary. So many of what that unit holds may be its own, and it may surrender what it holds beyond them.
"""

from typing import Final

import msgspec

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import IssueOffsets
from engine.core.events import Event, OffsetsIssued
from engine.core.holdings import TEXT_MAX, move_available
from engine.core.records import OffsetProject
from engine.core.state import Account, Instrument, State
from engine.core.units import TONNES_MAX

PROJECTS_MAX: Final = 10_000
ISSUES_MAX: Final = 1_000  # of one project
SERIAL_MAX: Final = 2**53 - 1
ISSUED_TONNES_MAX: Final = 1_000_000_000_000
CODE_MAX: Final = 32


def judge(state: State, act: IssueOffsets) -> Verdict:
    """A reduction, a project whose boundary is the same as before, and numbers that none has yet."""
    if state.account(act.account) is None or (act.boundary != 0 and state.account(act.boundary) is None):
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    instrument = state.instrument(act.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    texts = (act.project_type, act.methodology, act.origin, act.proof)
    is_fit = (
        state.rulebook.products[instrument.product].kind == "offset"
        and 0 < act.tonnes <= TONNES_MAX
        and 0 < act.first_serial <= SERIAL_MAX - act.tonnes
        and 0 < len(act.project) <= CODE_MAX
        and act.project.isascii()
        and all(c.isalnum() or c in "-._" for c in act.project)
        and all(0 < len(text) <= TEXT_MAX for text in texts)
        and state.issued[act.instrument] + act.tonnes <= ISSUED_TONNES_MAX
    )
    project = state.offset_projects.get(act.project)
    if not is_fit or (project is None and len(state.offset_projects) >= PROJECTS_MAX):
        return Verdict(reasons.ACT_INVALID)
    if project is None:
        return ADMITTED
    if len(project.issues) >= ISSUES_MAX or project.boundary != act.boundary:
        return Verdict(reasons.ACT_INVALID, ISSUES_MAX, len(project.issues))
    last = act.first_serial + act.tonnes - 1
    for first, tonnes, _ in project.issues:
        if act.first_serial < first + tonnes and first <= last:
            return Verdict(reasons.SERIALS_TAKEN, first + tonnes - 1, act.first_serial)
    return ADMITTED


def issue(state: State, act: IssueOffsets, out: list[Event]) -> None:
    """Let a judged issue take effect."""
    move_available(state.held_account(act.account), state.held_instrument(act.instrument), act.tonnes)
    state.issued[act.instrument] += act.tonnes
    project = state.offset_projects.get(act.project)
    known = () if project is None else project.issues
    state.offset_projects[act.project] = OffsetProject(
        act.project, act.boundary, (*known, (act.first_serial, act.tonnes, act.instrument))
    )
    out.append(
        OffsetsIssued(
            act.account,
            act.instrument,
            act.tonnes,
            act.project,
            act.project_type,
            act.methodology,
            act.origin,
            act.first_serial,
            act.proof,
            act.boundary,
        )
    )


def own_tonnes(state: State, account: int, instrument: int) -> int:
    """Tonnes ever issued under an instrument for projects in the account's own boundary."""
    return sum(
        tonnes
        for project in state.offset_projects.values()
        if project.boundary == account
        for _, tonnes, issued_as in project.issues
        if issued_as == instrument
    )


def judge_boundary(state: State, account: Account, instrument: Instrument, tonnes: int) -> Verdict:
    """Whether so much can be surrendered without a tonne of the unit's own projects, whatever it has sold of them."""
    number = int(instrument.number)
    own = own_tonnes(state, int(account.number), number)
    if own == 0:
        return ADMITTED
    usable = max(0, int(account.position(number).tonnes()) - own)
    return ADMITTED if tonnes <= usable else Verdict(reasons.OFFSET_OWN_BOUNDARY, usable, tonnes)


def succeed(state: State, account: int, successor: int) -> None:
    """A merger: the successor's boundary is now that of both."""
    for code, project in state.offset_projects.items():
        if project.boundary == account:
            state.offset_projects[code] = msgspec.structs.replace(project, boundary=successor)
