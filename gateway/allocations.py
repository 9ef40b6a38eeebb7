"""What operators see of a year's allocation: the plan and what counts against it, deadlines and requests for review."""

from typing import TYPE_CHECKING

from engine.view import ComplianceView, MarketView
from gateway.connection import Connection
from gateway.protocol import allocation_wire as aw
from gateway.protocol.times import day_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class AllocationDesk:
    """Answers the operators' questions about allocation."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update({aw.OpsAllocationPlans: self._plans, aw.OpsReviews: self._reviews})

    def _plans(self, connection: Connection, request: aw.OpsAllocationPlans) -> None:
        connection.reply(request.id, plan_rows(self._gateway.view()))

    def _reviews(self, connection: Connection, request: aw.OpsReviews) -> None:
        view = self._gateway.view()
        today = view.day().trading_day
        rows = [
            row
            for account in view.accounts()
            for year in view.compliance(account.number)
            if not year.is_final
            for row in _review_rows(account.code, year, today)
        ]
        connection.reply(request.id, sorted(rows, key=lambda row: (row.year, row.account, row.subject)))


def plan_rows(view: MarketView) -> list[aw.AllocationPlanRow]:
    """The plans of all years, oldest first."""
    return [
        aw.AllocationPlanRow(
            year,
            plan.total if plan.is_set else None,
            plan.reserve if plan.is_set else None,
            plan.basis,
            plan.allocated,
            plan.reserved,
        )
        for year, plan in view.allocation_plans()
    ]


def _review_rows(account: str, year: ComplianceView, today: int) -> list[aw.ReviewRow]:
    rows = []
    filed = {found.subject: found for found in year.objections}
    for subject, until in (("allocation", year.allocation_objection_until), ("verification", year.objection_until)):
        found = filed.get(subject)
        if found is None:
            if until:
                status = "running" if today <= until else "expired"
                rows.append(aw.ReviewRow(account, year.year, subject, day_text(until), "", "", "", status))
            continue
        status = "filed" if today <= found.decide_by else "overdue"
        if found.decided_on:
            status = "upheld" if found.is_upheld else "rejected"
        rows.append(
            aw.ReviewRow(
                account,
                year.year,
                subject,
                day_text(until),
                day_text(found.filed_on),
                day_text(found.decide_by),
                day_text(found.decided_on),
                status,
            )
        )
    return rows
