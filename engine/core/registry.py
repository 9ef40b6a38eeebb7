"""The registry's acts by their kinds: which module judges each and lets it take effect."""

from engine.core import (
    allocation,
    allocation_file,
    allocation_plan,
    compliance,
    filings,
    holdings,
    offset_projects,
    split,
    succession,
)
from engine.core.admission import Verdict
from engine.core.commands import (
    CancelUnits,
    DecideFiling,
    DecideObjection,
    EncumberUnits,
    EnforceEncumbrance,
    FileObjection,
    ImportAllocations,
    ImportEmissions,
    IssueOffsets,
    MergeAccounts,
    PreallocateUnits,
    ReleaseUnits,
    SetAllocationPlan,
    SplitAccount,
    TransferUnits,
    TrueUpAllocation,
)
from engine.core.events import Event
from engine.core.state import State

RegistryAct = (
    SetAllocationPlan
    | ImportAllocations
    | ImportEmissions
    | PreallocateUnits
    | TrueUpAllocation
    | DecideFiling
    | FileObjection
    | DecideObjection
    | CancelUnits
    | EncumberUnits
    | ReleaseUnits
    | EnforceEncumbrance
    | TransferUnits
    | IssueOffsets
    | MergeAccounts
    | SplitAccount
)


def judge(state: State, act: RegistryAct) -> Verdict:
    """Whether the act may take effect in the present state."""
    if isinstance(act, SetAllocationPlan):
        return allocation_plan.judge(state, act)
    if isinstance(act, DecideFiling):
        return filings.judge(state, act)
    if isinstance(act, ImportAllocations):
        return allocation_file.judge(state, act)
    if isinstance(act, ImportEmissions):
        return compliance.judge_emissions(state, act)
    if isinstance(act, PreallocateUnits | TrueUpAllocation):
        return allocation.judge(state, act)
    if isinstance(act, FileObjection | DecideObjection):
        return allocation.judge_objection(state, act)
    if isinstance(act, IssueOffsets):
        return offset_projects.judge(state, act)
    if isinstance(act, MergeAccounts):
        return succession.judge(state, act)
    if isinstance(act, SplitAccount):
        return split.judge(state, act)
    return holdings.judge(state, act)


def take(state: State, act: RegistryAct, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    if isinstance(act, SetAllocationPlan):
        allocation_plan.set_plan(state, act, out)
    elif isinstance(act, DecideFiling):
        filings.decide(state, act, out)
    elif isinstance(act, ImportAllocations):
        allocation_file.issue(state, act, out)
    elif isinstance(act, ImportEmissions):
        compliance.import_emissions(state, act, out)
    elif isinstance(act, PreallocateUnits):
        allocation.preallocate(state, act, out)
    elif isinstance(act, TrueUpAllocation):
        allocation.true_up(state, act, out)
    elif isinstance(act, FileObjection):
        allocation.file_objection(state, act, out)
    elif isinstance(act, DecideObjection):
        allocation.decide_objection(state, act, out)
    elif isinstance(act, IssueOffsets):
        offset_projects.issue(state, act, out)
    elif isinstance(act, MergeAccounts):
        succession.merge(state, act, out)
    elif isinstance(act, SplitAccount):
        split.split(state, act, out)
    else:
        holdings.take(state, act, out)
