"""Reports (报告) at the operators' door: statistics for the authorities and the monitor, counted from what is settled."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import NoParams, Params, Request

Kind = Literal["bureau", "finance", "monitor"]
Period = Annotated[str, Meta(min_length=1, max_length=32)]


class OpsReportParams(Params, gc=False):
    """period: 2026-11-20, 2026-W47, 2026-11, 2026-Q4 or 2026; of the monitor also the code of an auction that ended."""

    kind: Kind
    period: Period


class OpsReport(Request, tag="ops.report", gc=False, kw_only=True):
    """A report on the closed days of a period: to the ecology bureau, to the finance bureau, or the monitor's."""

    params: OpsReportParams


class OpsMatters(Request, tag="ops.matters", gc=False, kw_only=True):
    """What has to be told to the ecology bureau at once: of the last thirty closed days, with what was sent of it."""

    params: NoParams | UnsetType = UNSET


class OpsDispatches(Request, tag="ops.dispatches", gc=False, kw_only=True):
    """What was sent to authorities, under which document numbers, newest first; at most 1,000."""

    params: NoParams | UnsetType = UNSET


class MatterRow(Struct, gc=False):
    """Something to be told at once. kind: at_limit | large_move | incident | breach | restriction.

    what, what_zh: in both languages; due: the day by which; sent_as: the document number under which it was sent, "" while it was not.
    """

    matter: str
    kind: str
    trading_day: str
    what: str
    due: str
    is_overdue: bool
    sent_as: str
    what_zh: str


class DispatchRow(Struct, gc=False):
    """Something that was sent. kind: bureau | finance | regulator | matter; sha256: of what was sent, or ""."""

    kind: str
    subject: str
    sent_as: str
    sha256: str
    trading_day: str
    time: str


class OpsCredit(Request, tag="ops.credit", gc=False, kw_only=True):
    """The credit record: what of participants' conduct enters the environmental credit rating, and what of it was sent."""

    params: NoParams | UnsetType = UNSET


class CreditRow(Struct, gc=False):
    """One thing on the record. kind: unsurrendered | restriction | breach; identity: unified social credit code, "" without one.

    status: open (one may still object, until `objection_until`), due, sent (as `sent_as`), or struck, on `struck_on`, under the
    document `struck_as` and for the reason `struck_basis`: it enters no rating any more. One that was sent keeps `sent_as`.
    """

    record: str
    kind: str
    participant: int
    name: str
    identity: str
    account: str
    trading_day: str
    what: str
    basis: str
    document: str
    objection_until: str
    status: str
    sent_as: str
    struck_on: str = ""
    struck_as: str = ""
    struck_basis: str = ""


OpsReportRequest = OpsReport | OpsMatters | OpsDispatches | OpsCredit
