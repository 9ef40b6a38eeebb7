"""The operators' door to reports: settlement counts, and what the market itself remembers of supervision is added."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from engine.core import reasons
from engine.view import MarketView
from gateway import credit, matters
from gateway.connection import Connection
from gateway.protocol import report_wire
from gateway.protocol.codec import Refused
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class ReportDesk:
    """Answers `ops.report`, `ops.matters`, `ops.credit` and `ops.dispatches`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update(
            {
                report_wire.OpsReport: self._report,
                report_wire.OpsMatters: self._matters,
                report_wire.OpsDispatches: self._dispatches,
                report_wire.OpsCredit: self._credit,
            }
        )

    def _report(self, connection: Connection, request: report_wire.OpsReport) -> None:
        params = request.params
        self._gateway.query(connection, request.id, self._made(connection, request.id, params.kind, params.period))

    async def _made(self, connection: Connection, request_id: str | int, kind: str, period: str) -> None:
        found = await self._gateway.title.report(kind, period)
        if found is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "period")
        if "first_day" in found and kind != "finance":
            days = (int(found[name].replace("-", "")) for name in ("first_day", "last_day"))
            found["supervision"] = supervision_of(self._gateway.view(), *days)
        connection.reply(request_id, found)

    def _matters(self, connection: Connection, request: report_wire.OpsMatters) -> None:
        self._gateway.query(connection, request.id, self._found(connection, request.id))

    async def _found(self, connection: Connection, request_id: str | int) -> None:
        title = self._gateway.title
        facts, dispatches = await title.recent_facts(matters.DAYS), await title.dispatches(matters.DISPATCHES_MAX)
        connection.reply(request_id, matters.matters(self._gateway.view(), facts, dispatches))

    def _dispatches(self, connection: Connection, request: report_wire.OpsDispatches) -> None:
        self._gateway.query(connection, request.id, self._filed(connection, request.id))

    def _credit(self, connection: Connection, request: report_wire.OpsCredit) -> None:
        self._gateway.query(connection, request.id, self._recorded(connection, request.id))

    async def _recorded(self, connection: Connection, request_id: str | int) -> None:
        rows = await self._gateway.title.dispatches(matters.DISPATCHES_MAX)
        connection.reply(request_id, credit.credit_rows(self._gateway.view(), rows))

    async def _filed(self, connection: Connection, request_id: str | int) -> None:
        rows = await self._gateway.title.dispatches(matters.DISPATCHES_MAX)
        told = [
            report_wire.DispatchRow(
                row.kind, row.subject, row.sent_as, row.sha256, day_text(row.trading_day), time_text(row.at_ns)
            )
            for row in rows
        ]
        connection.reply(request_id, told)


def supervision_of(view: MarketView, first_day: int, last_day: int) -> dict[str, Any]:
    """How much supervision there was on the days of a period; nobody is named."""
    kept = view.supervision()

    def count(days: list[int]) -> int:
        return sum(first_day <= day <= last_day for day in days)

    closed = [case for case in kept.cases if first_day <= case.closed_on <= last_day]
    reports = [report for held in kept.holders.values() for report in held.values()]
    return {
        "cases_closed": Counter(case.finding for case in closed),
        "cases_opened": count([case.steps[0].trading_day for case in kept.cases]),
        "large_holder_reports": count([report.filed_on for report in reports]),
        "reductions_ordered": count([row.ordered_on for row in kept.reductions]),
        "restrictions_ended": count([row.ended_on for row in kept.restrictions]),
        "restrictions_imposed": count([row.imposed_on for row in kept.restrictions]),
    }
