"""Messages of the watch over abnormal trading (异常交易): alerts `M-…`, for operators. Days are yyyy-mm-dd."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import Code, DayText, Params, Request


class OpsAlertsParams(Params, gc=False):
    """Of one account or day, or all; the newest `limit`."""

    account: Code | UnsetType = UNSET
    trading_day: DayText | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class OpsAlerts(Request, tag="ops.alerts", gc=False, kw_only=True):
    """The newest alerts of abnormal trading, oldest first; each is also told unasked, as `alert` on `$session`."""

    params: OpsAlertsParams | UnsetType = UNSET


class AlertRow(Struct, gc=False):
    """What was seen, with the trades and orders that are the evidence; `seq`: the journal's entry up to which it was.

    instrument and product are empty where it is about neither. Figures: ticks, tonnes, numbers. draft: a command that an
    operator may complete and give, where the pattern asks for a measure.
    """

    alert_id: str
    pattern: str
    trading_day: str
    time: str
    instrument: str
    product: str
    accounts: list[str]
    figures: dict[str, int]
    seq: int
    trades: list[str]
    orders: list[str]
    draft: str = ""


class AlertsView(Struct, gc=False):
    """Alerts up to the journal's entry `as_of_seq`; `more`: there are older ones."""

    alerts: list[AlertRow]
    more: bool
    as_of_seq: int


OpsAlertRequest = OpsAlerts
