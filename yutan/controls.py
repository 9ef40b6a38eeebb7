"""Kill switches and own limits (紧急停止、自设限额) through a client: `client.controls.engage()`, `.limits()` … for members.

Each method raises `Refused` or `ConnectionLost`. To engage again changes nothing; what is `pending` waits for a second user.
"""

from typing import Literal

from msgspec import UNSET

from gateway.protocol import control_wire as cw
from gateway.protocol import session_wire
from yutan.blocks import Asks


class Controls:
    """A member's hand on its own brake, and what it lets itself do."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def engage(
        self, account: str = "", *, kind: Literal["account", "participant"] = "account", note: str = ""
    ) -> cw.OwnOutcome:
        """Stop the account, or all of its participant's, at once."""
        params = cw.KillSwitchEngageParams(kind, account or UNSET, note)
        return await self._ask(cw.KillSwitchEngage, params, cw.OwnOutcome)

    async def release(self, kill_switch_id: str, note: str = "") -> cw.OwnOutcome:
        """Ask for the release of an own switch."""
        params = cw.KillSwitchReleaseParams(kill_switch_id, note)
        return await self._ask(cw.KillSwitchRelease, params, cw.OwnOutcome)

    async def switches(self, account: str = "") -> list[cw.KillSwitchRow]:
        """Switches in force that stop an account of the key."""
        return await self._ask(cw.KillSwitchList, cw.OfAccountParams(account or UNSET), list[cw.KillSwitchRow])

    async def limits(self, account: str = "") -> cw.LimitsView:
        """The own limits of an account."""
        return await self._ask(cw.LimitsGet, cw.OfAccountParams(account or UNSET), cw.LimitsView)

    async def set_limits(
        self,
        account: str = "",
        *,
        order_value_max: str = "",
        order_quantity_max: int = -1,
        open_value_max: str = "",
        note: str = "",
    ) -> cw.OwnOutcome:
        """Set limits; what is not given stays, "0" and 0 take a limit away."""
        params = cw.LimitsSetParams(
            order_value_max or UNSET,
            order_quantity_max if order_quantity_max >= 0 else UNSET,
            open_value_max or UNSET,
            account or UNSET,
            note,
        )
        return await self._ask(cw.LimitsSet, params, cw.OwnOutcome)

    async def proposals(self) -> list[cw.OwnProposalRow]:
        """What waits for a second user."""
        return await self._ask(cw.OwnList, UNSET, list[cw.OwnProposalRow])

    async def approve(self, proposal_id: str, sha256: str) -> cw.OwnOutcome:
        """Approve what another user has proposed, by the hash of what was seen."""
        return await self._ask(cw.OwnApprove, cw.OwnApproveParams(proposal_id, sha256), cw.OwnOutcome)

    async def reject(self, proposal_id: str) -> cw.OwnOutcome:
        """Turn a proposal down."""
        return await self._ask(cw.OwnReject, cw.OwnRejectParams(proposal_id), cw.OwnOutcome)

    async def revoke_key(self, key_id: str, note: str = "") -> cw.OwnOutcome:
        """Revoke a key of the participant's at once."""
        return await self._ask(cw.KeyRevoke, cw.KeyRevokeParams(key_id, note), cw.OwnOutcome)

    async def set_dead_man(self, seconds: int, account: str = "") -> session_wire.DeadManView:
        """Set, or set again, the account's dead-man timer; 0 takes it away."""
        params = session_wire.DeadManSetParams(seconds, account or UNSET)
        return await self._ask(session_wire.DeadManSet, params, session_wire.DeadManView)

    async def all_switches(self) -> list[cw.KillSwitchRow]:
        """All switches in force, for operators."""
        return await self._ask(cw.OpsKillSwitches, UNSET, list[cw.KillSwitchRow])
