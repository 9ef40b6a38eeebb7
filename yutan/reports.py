"""Reports (报告) through an operator's client: `client.reports.of("bureau", "2026-11")`. Raises `Refused` or `ConnectionLost`."""

from typing import Any, cast

from msgspec import UNSET

from gateway.protocol import report_wire, statement_wire
from yutan.blocks import Asks


class Reports:
    """Statistics for the authorities and the monitor, and any member's statement, as the exchange counts them from what is settled."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def of(self, kind: str, period: str) -> dict[str, Any]:
        """A report (bureau, finance, monitor) on a period of closed days, or the monitor's on an auction by its code."""
        params = report_wire.OpsReportParams(cast(report_wire.Kind, kind), period)
        return await self._ask(report_wire.OpsReport, params, dict[str, Any])

    async def statement_days(self, account: str) -> list[str]:
        """Trading days for which a member has a statement, newest first."""
        return (
            await self._ask(
                statement_wire.OpsStatement, statement_wire.OpsStatementParams(account), statement_wire.StatementDays
            )
        ).trading_days

    async def statement(self, account: str, trading_day: str) -> dict[str, Any]:
        """A member's statement of a closed day."""
        return await self._ask(
            statement_wire.OpsStatement, statement_wire.OpsStatementParams(account, trading_day), dict[str, Any]
        )

    async def matters(self) -> list[report_wire.MatterRow]:
        """What has to be told to the ecology bureau at once, and what was."""
        return await self._ask(report_wire.OpsMatters, UNSET, list[report_wire.MatterRow])

    async def credit(self) -> list[report_wire.CreditRow]:
        """The credit record, and what of it was sent."""
        return await self._ask(report_wire.OpsCredit, UNSET, list[report_wire.CreditRow])

    async def dispatches(self) -> list[report_wire.DispatchRow]:
        """What was sent to authorities, newest first."""
        return await self._ask(report_wire.OpsDispatches, UNSET, list[report_wire.DispatchRow])
