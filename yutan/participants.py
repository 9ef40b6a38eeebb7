"""Participants (交易参与人) through a client: `client.participants.all()`, `.bans()`, `.keys()` …; a member has `.own_keys()`."""

from msgspec import UNSET

from gateway.protocol import identity_wire, participant_wire
from yutan.blocks import Asks


class Participants:
    """Who takes part, by which keys, and whose certificates count: for operators, but for one's own keys."""

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

    async def keys(self) -> list[identity_wire.KeyRow]:
        """All members' keys, in the order of their registration."""
        return await self._ask(identity_wire.OpsKeys, UNSET, list[identity_wire.KeyRow])

    async def own_keys(self) -> list[identity_wire.KeyRow]:
        """The keys that open an account of one's own."""
        return await self._ask(identity_wire.KeyList, UNSET, list[identity_wire.KeyRow])

    async def trust_list(self) -> list[identity_wire.AuthorityRow]:
        """Certification authorities that are or were on the trust list."""
        return await self._ask(identity_wire.OpsTrustList, UNSET, list[identity_wire.AuthorityRow])

    async def revoked(self, authority: str) -> list[identity_wire.RevokedRow]:
        """Certificates of an authority that are recorded as revoked."""
        params = identity_wire.OpsRevokedParams(authority)
        return await self._ask(identity_wire.OpsRevoked, params, list[identity_wire.RevokedRow])
