"""What an operator looks at before an act, through a client: `client.console.effect(…)`, `.read_file(…)`, `.bulletins()` ….

Raises `Refused` or `ConnectionLost`.
"""

from typing import Any

import msgspec
from msgspec import UNSET, Raw

from gateway.protocol import auction_wire, console_wire, form_wire, wire
from yutan.blocks import Asks


class Console:
    """Effects of proposals, files that are handed over, bulletins before they are published, the trades behind an alert."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def effect(self, proposal_id: str) -> console_wire.EffectView:
        """What a pending proposal would change as things stand."""
        params = console_wire.OpsEffectParams(proposal_id)
        return await self._ask(console_wire.OpsEffect, params, console_wire.EffectView)

    async def act_forms(self) -> form_wire.ActForms:
        """Every act with its fields, as a form shows them."""
        return await self._ask(form_wire.OpsActForms, UNSET, form_wire.ActForms)

    async def check(self, act: str, fields: dict[str, Any]) -> form_wire.ActChecked:
        """What an act would change now; refused as it would be. Nothing is done."""
        params = form_wire.OpsCheckParams(act, Raw(msgspec.json.encode(fields)))
        return await self._ask(form_wire.OpsCheck, params, form_wire.ActChecked)

    async def auctions(self) -> list[auction_wire.OpsAuctionRow]:
        """All auctions with how many bids the open ones have, newest first."""
        return await self._ask(auction_wire.OpsAuctions, UNSET, list[auction_wire.OpsAuctionRow])

    async def read_file(self, kind: console_wire.FileKind, content: bytes) -> console_wire.FileReading:
        """Hand a file over, and have it read: nothing is done yet."""
        size = console_wire.PART_BYTES_MAX
        parts = [content[at : at + size] for at in range(0, len(content), size)] or [b""]
        told = console_wire.FileReading(kind)
        for number, part in enumerate(parts, 1):
            params = console_wire.OpsFilePartParams(kind, number, len(parts), part)
            told = await self._ask(console_wire.OpsFilePart, params, console_wire.FileReading)
        return told

    async def file_act(self, sha256: str, fields: dict[str, Any], reason: str, document: str = "") -> wire.ActOutcome:
        """Do or propose what the file lists that was read last."""
        params = console_wire.OpsFileActParams(sha256, reason, Raw(msgspec.json.encode(fields)), document)
        return await self._ask(console_wire.OpsFileAct, params, wire.ActOutcome)

    async def bulletins(self) -> list[console_wire.MadeBulletin]:
        """All bulletins that were made, newest first."""
        return await self._ask(console_wire.OpsBulletins, UNSET, list[console_wire.MadeBulletin])

    async def bulletin(self, period: str, version: int = 1) -> console_wire.BulletinText:
        """One of them, published or not."""
        params = console_wire.OpsBulletinParams(period, version)
        return await self._ask(console_wire.OpsBulletin, params, console_wire.BulletinText)

    async def sign_bulletin(self, period: str, sha256: str, version: int = 1) -> console_wire.BulletinSignature:
        """The exchange's signature over a bulletin that was looked at."""
        params = console_wire.OpsSignBulletinParams(period, sha256, version)
        return await self._ask(console_wire.OpsSignBulletin, params, console_wire.BulletinSignature)

    async def evidence(self, alert_id: str) -> list[console_wire.EvidenceRow]:
        """The trades that an alert names."""
        params = console_wire.OpsEvidenceParams(alert_id)
        return await self._ask(console_wire.OpsEvidence, params, list[console_wire.EvidenceRow])
