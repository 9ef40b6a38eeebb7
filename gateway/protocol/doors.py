"""Which requests each door takes: the types of `wire` and of the modules beside it, put together."""

from typing import Any, Final

from gateway.protocol import (
    alert_wire,
    allocation_wire,
    auction_wire,
    audit_wire,
    block_wire,
    console_wire,
    control_wire,
    day_wire,
    explain_wire,
    fee_wire,
    filing_wire,
    form_wire,
    holder_wire,
    identity_wire,
    intention_wire,
    login_wire,
    participant_wire,
    preflight_wire,
    report_wire,
    serial_wire,
    session_wire,
    statement_wire,
    supervision_wire,
    wire,
)

DOORS: Final[dict[str, Any]] = {
    "trade": wire.TradeRequest
    | preflight_wire.OrderTest
    | explain_wire.OrderExplain
    | block_wire.BlockRequest
    | auction_wire.Looking
    | auction_wire.Bidding
    | filing_wire.OfUnits
    | intention_wire.OfMembers
    | intention_wire.Looking
    | supervision_wire.OfMembers
    | control_wire.OfMembers
    | session_wire.DeadManSet
    | login_wire.LoginCode
    | session_wire.SessionResume
    | identity_wire.KeyList
    | statement_wire.OfMembers
    | fee_wire.FeesGet,
    "ops": wire.OpsRequest
    | login_wire.LoginCode
    | block_wire.OpsBlocks
    | auction_wire.Looking
    | holder_wire.OpsLargeHolders
    | serial_wire.OpsSerials
    | day_wire.OpsDayRequest
    | allocation_wire.OpsAllocationRequest
    | audit_wire.OpsAudit
    | console_wire.OpsConsoleRequest
    | form_wire.OpsFormRequest
    | auction_wire.OpsAuctions
    | filing_wire.OpsFilings
    | intention_wire.Looking
    | report_wire.OpsReportRequest
    | supervision_wire.OfOperators
    | alert_wire.OpsAlertRequest
    | statement_wire.OfOperators
    | participant_wire.OpsParticipantRequest
    | identity_wire.OfOperators
    | control_wire.OpsKillSwitches
    | fee_wire.FeesGet,
    "market": wire.MarketRequest | auction_wire.Looking | intention_wire.Looking | fee_wire.FeesGet,
}
