"""Acts about a compliance year's allocation and emissions: plan, files, pre-allocation, requests for review. `commands` has the rest.

Days are yyyymmdd, 0 for none. `notified_on` is the day of the bureau's written notice: the seven working days in which a unit may
ask for a review begin after it (CQ-M Art. 11, 25), and their last day is worked out by the market's calendar. A notice that names
the last day itself is recorded by `objection_until` instead, never both.
"""

from engine.core.bases import Act


class SetAllocationPlan(Act, frozen=True, array_like=True, gc=False, tag=197):
    """Set or change a year's allocation plan (配额分配方案, CQ-M Art. 11, 29), in tonnes; always takes two persons.

    total: all that may be issued for the year, whether free, ahead of time, for pay or as the government's reserve;
    reserve: how much of it is the reserve (政府预留). basis: number of the document that sets it, which is published.
    """

    year: int
    total: int
    reserve: int
    basis: str


class ImportAllocations(Act, frozen=True, array_like=True, gc=False, tag=198):
    """Issue what an allocation file lists: every row, or none; always takes two persons.

    issues: (account, instrument, kind, tonnes), one a row; kind: free | paid | reserve | preallocation. sha256: the file's, hex.
    """

    year: int
    issues: tuple[tuple[int, int, str, int], ...]
    sha256: str
    notified_on: int = 0


class ImportEmissions(Act, frozen=True, array_like=True, gc=False, tag=114):
    """Record the verified emissions of a compliance year as the reporting system's file has them: every row, or none.

    rows: (account, tonnes CO2e, day the report came in). sha256: the file's, hex. A later file corrects an earlier one
    while the year is open.
    """

    year: int
    rows: tuple[tuple[int, int, int], ...]
    objection_until: int
    sha256: str
    notified_on: int = 0


class PreallocateUnits(Act, frozen=True, array_like=True, gc=False, tag=115):
    """Issue part of a year's free allocation in advance (预分配): it cannot be traded before its true-up."""

    account: int
    instrument: int
    tonnes: int
    year: int
    objection_until: int
    notified_on: int = 0


class TrueUpAllocation(Act, frozen=True, array_like=True, gc=False, tag=116):
    """Settle a pre-allocation (多退少补): `tonnes` is the year's free allocation in all, more or less than was issued ahead."""

    account: int
    instrument: int
    tonnes: int
    year: int
    objection_until: int
    notified_on: int = 0


class FileObjection(Act, frozen=True, array_like=True, gc=False, tag=117):
    """Record a unit's request for review. subject: allocation (Art. 11) | verification (Art. 25)."""

    account: int
    year: int
    subject: str
    filed_on: int


class DecideObjection(Act, frozen=True, array_like=True, gc=False, tag=118):
    """Record the bureau's decision on a request for review; what follows from it is an act of its own."""

    account: int
    year: int
    subject: str
    decided_on: int
    upheld: bool


AllocationAct = (
    SetAllocationPlan
    | ImportAllocations
    | ImportEmissions
    | PreallocateUnits
    | TrueUpAllocation
    | FileObjection
    | DecideObjection
)
