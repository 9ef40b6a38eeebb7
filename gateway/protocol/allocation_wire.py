"""A year's allocation plan (配额分配方案) and requests for review (复核申请) at the operators' door."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class OpsAllocationPlans(Request, tag="ops.allocation_plans", gc=False, kw_only=True):
    """Years for which a plan is set or units were issued, oldest first."""

    params: NoParams | UnsetType = UNSET


class AllocationPlanRow(Struct, gc=False):
    """A year's plan in tonnes: total with the reserve in it, its document, and what was issued of both shares.

    total and reserve are null where no plan is set: then nothing caps the year.
    """

    year: int
    total: int | None
    reserve: int | None
    document: str
    allocated: int
    reserved: int


class OpsReviews(Request, tag="ops.reviews", gc=False, kw_only=True):
    """Deadlines and requests for review of all accounts, by year and account; of years that are closed none."""

    params: NoParams | UnsetType = UNSET


class ReviewRow(Struct, gc=False):
    """One account's review of a year's allocation or verification. subject: allocation | verification.

    objection_until: last day to ask. status: running | expired | filed | overdue (not decided in time) | upheld | rejected.
    """

    account: str
    year: int
    subject: str
    objection_until: str
    filed_on: str
    decide_by: str
    decided_on: str
    status: str


OpsAllocationRequest = OpsAllocationPlans | OpsReviews
