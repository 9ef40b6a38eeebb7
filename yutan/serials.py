"""Serial numbers of offsets (序列号) through an operator's client: `client.serials.of()`. Raises `Refused` or `ConnectionLost`."""

from msgspec import UNSET

from gateway.protocol import serial_wire
from yutan.blocks import Asks


class SerialNumbers:
    """Who holds which serials, and what was surrendered or canceled."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def of(self, account: str = "") -> list[serial_wire.Serials]:
        """Blocks of an account, or of all with what was surrendered and canceled; lowest first."""
        params = serial_wire.Holder(account or UNSET)
        return await self._ask(serial_wire.OpsSerials, params, list[serial_wire.Serials])
