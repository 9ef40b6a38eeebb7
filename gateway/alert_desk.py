"""Alerts (预警) at the operators' door: listed as the watch has raised them, and told to every operator who is there."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from engine.alerts import Alert, Alerts, NoAlerts
from engine.core import reasons
from gateway.connection import Connection
from gateway.protocol import alert_wire, prices, times
from gateway.protocol.codec import Refused

if TYPE_CHECKING:
    from gateway.server import Gateway

_ALL = alert_wire.OpsAlertsParams()


class AlertDesk:
    """Answers `ops.alerts`. `source` is who watches the market; the composition root sets it."""

    def __init__(self, gateway: "Gateway") -> None:
        self.source: Alerts = NoAlerts()
        self._gateway = gateway
        gateway.handlers[alert_wire.OpsAlerts] = self._alerts

    def _alerts(self, connection: Connection, request: alert_wire.OpsAlerts) -> None:
        params = _ALL if request.params is UNSET else request.params
        names = self._gateway.directory
        account = 0 if params.account is UNSET else names.account_number(params.account)
        if params.account is not UNSET and not account:
            raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        day = "" if params.trading_day is UNSET else params.trading_day
        rows = [
            alert
            for alert in self.source.newest()
            if (not account or account in alert.accounts) and (not day or times.day_text(alert.trading_day) == day)
        ]
        shown = [self._row(alert) for alert in rows[-params.limit :]]
        connection.reply(request.id, alert_wire.AlertsView(shown, len(rows) > params.limit, self.source.seq))

    def tell(self, found: list[Alert]) -> None:
        """Tell every operator's connection of new alerts."""
        for alert in found:
            self._gateway.tell_operators("alert", self._row(alert))

    def _row(self, alert: Alert) -> alert_wire.AlertRow:
        names = self._gateway.directory
        return alert_wire.AlertRow(
            f"M-{alert.number}",
            alert.pattern,
            times.day_text(alert.trading_day),
            times.time_text(alert.at_ns),
            names.instrument_code(alert.instrument),
            alert.product,
            [names.account_code(number) for number in alert.accounts],
            alert.figures,
            alert.seq,
            [f"T-{number}" for number in alert.trades],
            [f"O-{number}" for number in alert.orders],
            draft_of(alert, names.instrument_code(alert.instrument)),
        )


def draft_of(alert: Alert, instrument: str) -> str:
    """The command of the measure that a price trigger proposes (CQ-M Art. 13), to be completed and given by people; else ""."""
    trigger = prices.money_text(alert.figures.get("trigger_fen", 0))
    head = f"yutan operator auction announce CODE {instrument} TONNES --day YYYYMMDD --units ACCOUNT --cash ACCOUNT"
    if alert.pattern == "price_above_trigger":
        return f"{head} --floor {trigger} --reason 'market adjustment'"
    if alert.pattern == "price_below_trigger":
        return f"{head} --buy-back --floor {trigger} --budget YUAN --reason 'market adjustment'"
    return ""
