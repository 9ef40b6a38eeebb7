"""An account's compliance year as others may read it: part of `engine.view`, which has the rest."""

import msgspec

from engine.core.compliance import offset_limit
from engine.core.records import ComplianceYear, Objection
from engine.core.state import Account, State


class ComplianceView(msgspec.Struct, frozen=True):
    """One account's compliance year (履约年度), in tonnes. Days are yyyymmdd, 0 for none.

    emissions: verified, which is what is owed; -1 while they are not known. offset_limits: what the year's rules let be
    used of each product, in all filings together; empty where none is usable.
    """

    account: int
    year: int
    free: int
    paid: int
    emissions: int
    reported_on: int
    report_deadline: int
    objection_until: int
    surrender_deadline: int
    surrendered: int
    offsets: dict[str, int]
    offset_limits: dict[str, int]
    shortfall: int
    retention_floor: int
    is_final: bool
    preallocated: int
    allocation_objection_until: int
    objections: tuple[Objection, ...]


def compliance_view(state: State, account: Account, year: int, record: ComplianceYear) -> ComplianceView:
    """The year as others may read it, with what the rule book says of it."""
    rules = state.rulebook.compliance.get(year)
    limits: dict[str, int] = {}
    if rules is not None:
        of_all = offset_limit(record, rules.offset_base, rules.offset_limit_bp)
        for product, terms in rules.offsets.items():
            limits[product] = min(of_all, offset_limit(record, rules.offset_base, terms.limit_bp))
    return ComplianceView(
        int(account.number),
        year,
        record.free,
        record.paid,
        record.emissions,
        record.reported_on,
        0 if rules is None else rules.report_deadline,
        record.objection_until,
        0 if rules is None else rules.surrender_deadline,
        record.surrendered,
        dict(record.offsets),
        limits,
        record.shortfall,
        account.retention.get(year, 0),
        record.is_final,
        sum(record.preallocated.values()),
        record.allocation_objection_until,
        tuple(record.objections[subject] for subject in sorted(record.objections)),
    )
