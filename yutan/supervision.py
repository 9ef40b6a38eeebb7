"""Supervision (监管) through a client: `client.supervision.measures()` for members, `.restrictions()` … for operators.

Each method raises `Refused` or `ConnectionLost`. A report may be sent again: the last one stands.
"""

from collections.abc import Callable

import msgspec
from msgspec import UNSET, Raw

from gateway.protocol import alert_wire, holder_wire
from gateway.protocol import supervision_wire as sw
from yutan.blocks import Asks


class Supervision:
    """Measures that concern one's own account, and the records that operators read."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask
        self.on_alert: Callable[[alert_wire.AlertRow], None] | None = (
            None  # told of each new alert, an operator's alone
        )

    def tell(self, said: Raw) -> None:
        """An alert came unasked."""
        if self.on_alert is not None:
            self.on_alert(msgspec.json.decode(said, type=alert_wire.AlertRow))

    async def alerts(self, account: str = "", trading_day: str = "", limit: int = 100) -> alert_wire.AlertsView:
        """The newest alerts of abnormal trading as the day goes; operators only."""
        params = alert_wire.OpsAlertsParams(account or UNSET, trading_day or UNSET, limit)
        return await self._ask(alert_wire.OpsAlerts, params, alert_wire.AlertsView)

    async def measures(self, account: str = "") -> sw.MeasuresView:
        """What concerns the own account: restrictions, demands, orders to reduce, large holder's reports."""
        return await self._ask(sw.AccountMeasures, sw.AccountMeasuresParams(account or UNSET), sw.MeasuresView)

    async def report_holding(
        self, product: str, purpose: str, funds: str, related: str = "", account: str = ""
    ) -> sw.HolderReportTaken:
        """File a large holder's report."""
        params = sw.HolderReportParams(product, purpose, funds, related, account or UNSET)
        return await self._ask(sw.HolderReport, params, sw.HolderReportTaken)

    async def restrictions(self, account: str = "", *, ended: bool = False) -> list[sw.RestrictionRow]:
        """Restrictions of an account, or of all."""
        params = sw.OpsRecordsParams(account or UNSET, ended)
        return await self._ask(sw.OpsRestrictions, params, list[sw.RestrictionRow])

    async def reductions(self, account: str = "", *, ended: bool = False) -> list[sw.ReductionRow]:
        """Orders to reduce a holding."""
        params = sw.OpsRecordsParams(account or UNSET, ended)
        return await self._ask(sw.OpsReductions, params, list[sw.ReductionRow])

    async def cases(self, account: str = "", *, ended: bool = False) -> list[sw.CaseRow]:
        """Cases about an account, or all."""
        params = sw.OpsRecordsParams(account or UNSET, ended)
        return await self._ask(sw.OpsCases, params, list[sw.CaseRow])

    async def links(self, account: str = "", *, ended: bool = False) -> list[sw.LinkRow]:
        """Links between accounts of different owners, of one account or all."""
        params = sw.OpsRecordsParams(account or UNSET, ended)
        return await self._ask(sw.OpsLinks, params, list[sw.LinkRow])

    async def case(self, case_id: str) -> sw.CaseView:
        """One case with its steps."""
        return await self._ask(sw.OpsCase, sw.OpsCaseParams(case_id), sw.CaseView)

    async def large_holders(self) -> list[holder_wire.LargeHolderRow]:
        """Beneficial owners with more of a product than the rule book's threshold, the largest first."""
        return await self._ask(holder_wire.OpsLargeHolders, UNSET, list[holder_wire.LargeHolderRow])
