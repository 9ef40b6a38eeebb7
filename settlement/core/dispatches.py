"""What was published as a monitor's report and what was sent to authorities, into the registry."""

from typing import TYPE_CHECKING

from engine.core import events
from settlement.core.postings import Writes

if TYPE_CHECKING:
    from settlement.core.clearing import Clearing


def report_published(clearing: "Clearing", event: events.ReportPublished, writes: Writes) -> None:
    """The report's very bytes, by the entry that published it."""
    row = (clearing.seq, clearing.at_ns, event.subject, event.sha256, event.body)
    writes.changes.append(("monitor_report", row))


def dispatch_recorded(clearing: "Clearing", event: events.DispatchRecorded, writes: Writes) -> None:
    """What was sent, as which document."""
    e = event
    row = (clearing.seq, clearing.at_ns, e.trading_day, e.kind, e.subject, e.sent_as, e.sha256)
    writes.changes.append(("dispatch", row))
