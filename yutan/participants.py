"""Participants (交易参与人) through an operator's client: `client.participants.all()`, `.bans()`, `.associations()`."""

from msgspec import UNSET

from gateway.protocol import participant_wire
from yutan.blocks import Asks


class Participants:
    """Who takes part, as operators see it."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def all(self) -> list[participant_wire.ParticipantRow]:
        """All participants, with accounts, qualifications and users."""
        return await self._ask(participant_wire.OpsParticipants, UNSET, list[participant_wire.ParticipantRow])

    async def bans(self) -> list[participant_wire.BanRow]:
        """Who may not take part."""
        return await self._ask(participant_wire.OpsBans, UNSET, list[participant_wire.BanRow])

    async def associations(self) -> list[participant_wire.AssociationRow]:
        """Who controls whom, ended associations among them."""
        return await self._ask(participant_wire.OpsAssociations, UNSET, list[participant_wire.AssociationRow])
