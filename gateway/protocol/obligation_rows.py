"""A compliance year on the wire: what an account was allocated, owes and surrendered, its requests for review and its filings."""

from msgspec import Struct


class FilingLine(Struct, gc=False):
    """Units of one instrument that a filing surrenders, in tonnes."""

    instrument: str
    quantity: int


class FilingRow(Struct, gc=False):
    """A unit's surrender filing. status: initiated | pending | confirmed | rejected | withdrawn; note: why it was rejected.

    filed_by, confirmed_by: the unit's two persons, by their user ids.
    """

    filing_id: str
    account: str
    year: int
    lines: list[FilingLine]
    final: bool
    status: str
    filed_at: str
    filed_by: str
    confirmed_by: str
    note: str


class ObjectionRow(Struct, gc=False):
    """A request for review of an allocation or a verification; undecided while `decided_on` is empty."""

    subject: str
    filed_on: str
    decide_by: str
    decided_on: str
    upheld: bool


class ObligationRow(Struct, gc=False):
    """One compliance year, in tonnes. `emissions` and `obligation` are null while no emissions are verified.

    offset_limits: what the year's rules let be used of each product in all filings together. Days are absent ("") where
    none is set.
    """

    year: int
    free_allocation: int
    paid_allocation: int
    preallocated: int
    allocation_objection_until: str
    emissions: int | None
    reported_on: str
    report_deadline: str
    is_late: bool
    objection_until: str
    surrender_deadline: str
    obligation: int | None
    surrendered: int
    offsets: dict[str, int]
    offset_limits: dict[str, int]
    shortfall: int | None
    retention_floor: int
    is_final: bool
    objections: list[ObjectionRow]
    filings: list[FilingRow]


class ObligationView(Struct, gc=False):
    """An account's compliance years, oldest first."""

    account: str
    category: str
    years: list[ObligationRow]
    seq: int
