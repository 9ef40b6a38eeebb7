"""The audit trail (操作日志) through an operator's client: `client.audit.lines(…)`. Raises `Refused` or `ConnectionLost`."""

from msgspec import UNSET

from gateway.protocol import audit_wire
from yutan.blocks import Asks


class AuditTrail:
    """Who did what, why, under which document, and who approved."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def lines(
        self,
        *,
        account: str = "",
        person: str = "",
        act: str = "",
        document: str = "",
        before_line: int = 0,
        limit: int = 100,
    ) -> list[audit_wire.AuditRow]:
        """Lines that fit all that is given, newest first; `before_line` of the last one turns the page."""
        params = audit_wire.AuditParams(
            account or UNSET, person or UNSET, act or UNSET, document or UNSET, before_line or UNSET, limit
        )
        return await self._ask(audit_wire.OpsAudit, params, list[audit_wire.AuditRow])
