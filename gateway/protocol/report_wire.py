"""Reports (报告) at the operators' door: statistics for the authorities and the monitor, counted from what is settled."""

from typing import Annotated, Literal

from msgspec import Meta

from gateway.protocol.wire import Params, Request

Kind = Literal["bureau", "finance", "monitor"]
Period = Annotated[str, Meta(min_length=1, max_length=32)]


class OpsReportParams(Params, gc=False):
    """period: 2026-11-20, 2026-W47, 2026-11, 2026-Q4 or 2026; of the monitor also the code of an auction that ended."""

    kind: Kind
    period: Period


class OpsReport(Request, tag="ops.report", gc=False, kw_only=True):
    """A report on the closed days of a period: to the ecology bureau, to the finance bureau, or the monitor's."""

    params: OpsReportParams
