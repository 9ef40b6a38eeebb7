"""The operators' door to the audit trail that settlement keeps: its lines in the words of the acts."""

from typing import TYPE_CHECKING, Any

import orjson
from msgspec import UNSET

from engine.core import reasons
from engine.title import AuditLine, AuditSearch
from gateway.connection import Connection
from gateway.protocol import acts, audit_wire, times
from gateway.protocol.codec import Refused

if TYPE_CHECKING:
    from gateway.server import Gateway

_EVERYTHING = audit_wire.AuditParams()
_NO_LINE = 2**63 - 1


class AuditDesk:
    """Answers `ops.audit`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers[audit_wire.OpsAudit] = self._audit

    def _audit(self, connection: Connection, request: audit_wire.OpsAudit) -> None:
        params = _EVERYTHING if request.params is UNSET else request.params
        search = AuditSearch(
            before_line=_NO_LINE if params.before_line is UNSET else params.before_line,
            account=0 if params.account is UNSET else self._account(params.account),
            operator=0 if params.person is UNSET else self._operator(params.person),
            act="" if params.act is UNSET else self._act(params.act),
            document="" if params.document is UNSET else params.document,
            limit=params.limit,
        )
        self._gateway.query(connection, request.id, self._rows(connection, request.id, search))

    async def _rows(self, connection: Connection, request_id: str | int, search: AuditSearch) -> None:
        lines = await self._gateway.title.audit_lines(search)
        persons = {operator.number: operator.person for operator in self._gateway.view().operators()}
        connection.reply(request_id, [self._row(line, persons) for line in lines])

    def _row(self, line: AuditLine, persons: dict[int, str]) -> audit_wire.AuditRow:
        content = orjson.loads(line.content)
        act, fields = self._shown(content["act"] if line.event == "proposed" else content)
        return audit_wire.AuditRow(
            line.line,
            line.seq,
            times.time_text(line.at_ns),
            line.event,
            f"P-{line.proposal}",
            persons.get(line.operator, ""),
            persons.get(line.approver, ""),
            line.reason,
            line.document,
            act,
            fields,
            line.chain.hex(),
        )

    def _shown(self, content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An act as stored, in the words of the wire; a line without one has what it was refused for."""
        if "act" not in content:
            return "", content
        return acts.show_act(acts.stored_act(content), self._gateway.directory)

    def _account(self, code: str) -> int:
        number = self._gateway.directory.account_number(code)
        if number == 0:
            raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        return number

    def _operator(self, person: str) -> int:
        for operator in self._gateway.view().operators():
            if operator.person == person:
                return operator.number
        raise Refused(reasons.UNKNOWN_OPERATOR, "person")

    def _act(self, name: str) -> str:
        form = acts.ACTS.get(name)
        if form is None:
            raise Refused(reasons.ACT_INVALID, "act")
        return form.act.__name__
