"""Which requests each door takes: the types of `wire` and of the modules beside it, put together."""

from typing import Any, Final

from gateway.protocol import block_wire, wire

DOORS: Final[dict[str, Any]] = {
    "trade": wire.TradeRequest | block_wire.BlockRequest,
    "ops": wire.OpsRequest | block_wire.OpsBlocks,
    "market": wire.MarketRequest,
}
