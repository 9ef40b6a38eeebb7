"""What an operator asks of the exchange by name: acts and their approval, and the market at a glance."""

from typing import Any

from msgspec import UNSET, Raw

from gateway.protocol import day_wire, wire
from gateway.protocol.wire import ActOutcome
from yutan.asking import Asking, encode


class OperatorCalls(Asking):
    """Each raises `Refused` or `ConnectionLost`."""

    async def act(
        self, name: str, fields: dict[str, Any] | None = None, reason: str = "", document: str = ""
    ) -> ActOutcome:
        """Do or propose an operator's act (protocol.md lists names and fields). `status` "pending": a second must approve."""
        params = wire.OpsActParams(name, reason, Raw(encode(fields or {})), document)
        return await self._ask(wire.OpsAct, params, ActOutcome)

    async def approve(self, proposal_id: str, sha256: str, effect: str = "") -> ActOutcome:
        """Approve another person's proposal whose content, and (where given) whose effect, has this hash."""
        return await self._ask(wire.OpsApprove, wire.OpsApproveParams(proposal_id, sha256, effect or UNSET), ActOutcome)

    async def reject(self, proposal_id: str, reason: str) -> ActOutcome:
        """Turn a proposal down."""
        return await self._ask(wire.OpsReject, wire.OpsRejectParams(proposal_id, reason), ActOutcome)

    async def pending(self) -> list[wire.ProposalRow]:
        """Proposals that wait for a second person."""
        return await self._ask(wire.OpsList, UNSET, list[wire.ProposalRow])

    async def unsettled(self, limit: int = wire.LIST_ROWS_MAX) -> list[wire.UnsettledRow]:
        """Instructions set aside by settlement."""
        return await self._ask(wire.OpsUnsettled, wire.OpsUnsettledParams(limit), list[wire.UnsettledRow])

    async def reconcile(self) -> wire.Reconciliation:
        """Compare engine, registry and bank now."""
        return await self._ask(wire.OpsReconcile, UNSET, wire.Reconciliation)

    async def ops_status(self) -> wire.OpsStatusView:
        """The market and the gateway at a glance."""
        return await self._ask(wire.OpsStatus, UNSET, wire.OpsStatusView)

    async def ops_accounts(self) -> list[wire.AccountRow]:
        """All accounts."""
        return await self._ask(wire.OpsAccounts, UNSET, list[wire.AccountRow])

    async def ops_obligation(self, account: str, year: int = 0) -> wire.ObligationView:
        """A key emitter's compliance years, or one of them."""
        params = wire.OpsObligationParams(account, year or UNSET)
        return await self._ask(wire.OpsObligation, params, wire.ObligationView)

    async def ops_encumbrances(self, account: str = "") -> list[wire.EncumbranceRow]:
        """Units of an account (or of all) that are frozen, pledged or withdrawn from trading."""
        params = wire.OpsEncumbrancesParams(account or UNSET)
        return await self._ask(wire.OpsEncumbrances, params, list[wire.EncumbranceRow])

    async def ops_day(self) -> day_wire.DayTable:
        """The stages of the day, and what the next opening waits for."""
        return await self._ask(day_wire.OpsDay, UNSET, day_wire.DayTable)

    async def ops_bank(self) -> day_wire.BankView:
        """The bank's newest file and its differences from the ledger."""
        return await self._ask(day_wire.OpsBank, UNSET, day_wire.BankView)
