"""What happens to a compliance year's allocation and emissions. `events` has all other events."""

from engine.core.bases import Fact


class AllocationPlanSet(Fact, frozen=True, gc=False):
    """A year's allocation plan is this from now on, in tonnes: the whole, and how much of it is the government's reserve."""

    year: int
    total: int
    reserve: int
    basis: str


class ReviewOpened(Fact, frozen=True, gc=False):
    """The account was notified of an issue, and may ask for a review up to and including this day (yyyymmdd)."""

    account: int
    year: int
    notified_on: int
    objection_until: int


class FilingChanged(Fact, frozen=True, gc=False):
    """A unit's surrender filing is now initiated | pending | confirmed | rejected | withdrawn.

    user: the unit's person who did it, "" where the registry decided; note: why it was rejected.
    """

    filing: int
    account: int
    year: int
    status: str
    user: str
    note: str


class UnitsPreallocated(Fact, frozen=True, gc=False):
    """Units were issued ahead of the year's allocation; they wait for its true-up and cannot be traded."""

    account: int
    instrument: int
    tonnes: int
    year: int
    objection_until: int


class AllocationTruedUp(Fact, frozen=True, gc=False):
    """A pre-allocation was settled: `released` became available, `issued` came on top, `withdrawn` was canceled."""

    account: int
    instrument: int
    year: int
    released: int
    issued: int
    withdrawn: int
    objection_until: int


class ObjectionFiled(Fact, frozen=True, gc=False):
    """A unit asked for a review; the bureau decides by `decide_by`."""

    account: int
    year: int
    subject: str
    filed_on: int
    decide_by: int


class ObjectionDecided(Fact, frozen=True, gc=False):
    """The bureau decided a request for review."""

    account: int
    year: int
    subject: str
    decided_on: int
    upheld: bool


class EmissionsRecorded(Fact, frozen=True, gc=False):
    """A key emitter's verified emissions of a year are known, or corrected; days are yyyymmdd, 0 for none."""

    account: int
    year: int
    tonnes: int
    reported_on: int
    objection_until: int
