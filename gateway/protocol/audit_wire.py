"""The audit trail (操作日志) at the operators' door: who did what, why, under which document, and who approved."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import LIST_ROWS_MAX, Code, Params, Request


class AuditParams(Params, gc=False):
    """Which lines: of one account, person, kind of act or document (a part of its number); `before_line` turns the page."""

    account: Code | UnsetType = UNSET
    person: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    act: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    document: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET
    before_line: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIST_ROWS_MAX)] = 100


class OpsAudit(Request, tag="ops.audit", gc=False, kw_only=True):
    """The audit trail, newest first."""

    params: AuditParams | UnsetType = UNSET


class AuditRow(Struct, gc=False):
    """A line. event: proposed | taken | refused | rejected; operator "": the exchange itself; approver "": one person sufficed.

    `act` and `fields` as `ops.act` takes them; a refusal has its reason's name in `reason`, and the act stands in the line of
    its proposal. chain: SHA-256 over the line before's and this line, hex.
    """

    line: int
    seq: int
    at: str
    event: str
    proposal_id: str
    operator: str
    approver: str
    reason: str
    document: str
    act: str
    fields: dict[str, Any]
    chain: str
