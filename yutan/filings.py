"""Surrender filings (清缴申报) through a client: `client.filings.file(…)` for a unit's persons, `.waiting()` for operators.

Each method raises `Refused` or `ConnectionLost`. A filing that was begun before the connection was lost is refused as FILING_OPEN
when it is sent again, with its number; the unit's `obligation` lists it.
"""

from msgspec import UNSET

from gateway.protocol import filing_wire as fw
from yutan.blocks import Asks


class Filings:
    """A unit's own filings, and what waits for the registry."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def file(
        self, year: int, lines: dict[str, int], *, final: bool = False, account: str = ""
    ) -> fw.FilingStatus:
        """Begin a filing of tonnes by instrument."""
        rows = [fw.LineParams(instrument, tonnes) for instrument, tonnes in lines.items()]
        params = fw.SurrenderFileParams(year, rows, final, account or UNSET)
        return await self._ask(fw.SurrenderFile, params, fw.FilingStatus)

    async def confirm(self, filing_id: str, account: str = "") -> fw.FilingStatus:
        """Confirm what another person of the unit has begun."""
        return await self._ask(fw.SurrenderConfirm, fw.FilingNameParams(filing_id, account or UNSET), fw.FilingStatus)

    async def withdraw(self, filing_id: str, account: str = "") -> fw.FilingStatus:
        """Take a filing back."""
        return await self._ask(fw.SurrenderWithdraw, fw.FilingNameParams(filing_id, account or UNSET), fw.FilingStatus)

    async def waiting(self) -> list[fw.FilingRow]:
        """All filings that are not decided, as operators see them."""
        return await self._ask(fw.OpsFilings, UNSET, list[fw.FilingRow])
