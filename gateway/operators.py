"""The operator door: acts with four eyes, and what an operator must see. The engine decides who may do what."""

from typing import TYPE_CHECKING, Final

from msgspec import UNSET
from msgspec.structs import replace

from engine.core import commands, events, phases, reasons
from engine.core.commands import Entry
from engine.participant_view import bar_words
from engine.title import SerialRow, TradeStatus
from gateway.compliance import encumbrance_rows, obligation_view
from gateway.connection import Connection
from gateway.console_desk import ConsoleDesk
from gateway.forms_desk import FormsDesk, read_act, with_facts
from gateway.protocol import acts, holder_wire, prices, serial_wire, times, wire
from gateway.protocol.codec import Refused
from gateway.reports import reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway

_LOOKED_AT_AGAIN: Final = (commands.VoidTrade, commands.PublishBulletin)  # when approved: not all is known to the core


class OperatorDesk:
    """Answers the methods of the operator door."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        self.console = ConsoleDesk(gateway, self._act)
        FormsDesk(gateway, self.console)
        gateway.handlers.update(
            {
                wire.OpsAct: self._act,
                wire.OpsApprove: self._approve,
                wire.OpsReject: self._reject,
                wire.OpsList: self._list,
                wire.OpsUnsettled: self._unsettled,
                wire.OpsReconcile: self._reconcile,
                wire.OpsStatus: self._status,
                wire.OpsAccounts: self._accounts,
                wire.OpsObligation: self._obligation,
                wire.OpsEncumbrances: self._encumbrances,
                holder_wire.OpsLargeHolders: self._large_holders,
                serial_wire.OpsSerials: self._serials,
            }
        )
        gateway.answerers.update(
            {
                commands.Propose: self._on_outcome,
                commands.Approve: self._on_outcome,
                commands.Reject: self._on_outcome,
            }
        )

    # ---- acts ---------------------------------------------------------------------------------------------

    def _act(self, connection: Connection, request: wire.OpsAct) -> None:
        params = request.params
        act = read_act(params.act, bytes(params.fields), self._names)
        self._gateway.access.check_act(act)
        command = commands.Propose(connection.operator, params.reason, params.document, act)
        if type(act) is commands.VoidTrade:
            self._gateway.query(connection, request.id, self._propose_void(connection, request.id, command, act))
        elif type(act) is commands.PublishBulletin:
            self._gateway.query(connection, request.id, self._propose_published(connection, request.id, command, act))
        else:
            self._gateway.ask(connection, request.id, command)

    async def _propose_void(
        self, connection: Connection, request_id: str | int, command: commands.Propose, act: commands.VoidTrade
    ) -> None:
        self._gateway.ask(connection, request_id, replace(command, act=await with_facts(act, self._gateway)))

    async def _propose_published(
        self,
        connection: Connection,
        request_id: str | int,
        command: commands.Propose,
        act: commands.PublishBulletin,
    ) -> None:
        await self.console.check_made(act, "fields.sha256")
        self._gateway.ask(connection, request_id, command)

    def _approve(self, connection: Connection, request: wire.OpsApprove) -> None:
        params = request.params
        proposal = int(params.proposal_id[2:])
        command = commands.Approve(connection.operator, proposal, bytes.fromhex(params.sha256))
        waiting = self.console.waiting(proposal)
        seen = "" if params.effect_sha256 is UNSET else params.effect_sha256
        if waiting is not None and (seen or type(waiting) in _LOOKED_AT_AGAIN):
            self._gateway.query(
                connection, request.id, self._approve_seen(connection, request.id, command, waiting, seen)
            )
        else:
            self._gateway.ask(connection, request.id, command)

    async def _approve_seen(
        self,
        connection: Connection,
        request_id: str | int,
        command: commands.Approve,
        act: commands.AnyAct,
        effect_sha256: str,
    ) -> None:
        """Things are still as they were when this was looked at: a trade may have been settled since, a plan used up."""
        if type(act) is commands.VoidTrade and await self._gateway.title.trade_facts(act.trade) != act.facts:
            raise Refused(reasons.CONTENT_CHANGED, "proposal_id")
        if type(act) is commands.PublishBulletin:
            await self.console.check_made(act, "proposal_id")
        if effect_sha256 and (await self.console.effect_of(act))[1] != effect_sha256:
            raise Refused(reasons.CONTENT_CHANGED, "effect_sha256")
        self._gateway.ask(connection, request_id, command)

    def _reject(self, connection: Connection, request: wire.OpsReject) -> None:
        params = request.params
        command = commands.Reject(connection.operator, int(params.proposal_id[2:]), params.reason)
        self._gateway.ask(connection, request.id, command)

    def _on_outcome(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        for said in happened:
            if isinstance(said, events.ActRefused):
                refused = Refused(said.reason, limit=said.limit or None, actual=said.actual or None)
                connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
                return
            if isinstance(said, events.ActProposed):
                sha256 = said.act_sha256.hex()
                connection.reply(request_id, wire.ActOutcome("pending", f"P-{said.proposal}", sha256))
                return
            if isinstance(said, events.ActTaken):
                connection.reply(request_id, wire.ActOutcome("done", f"P-{said.proposal}"))
                return
            if isinstance(said, events.ActRejected) and type(entry.command) is commands.Reject:
                connection.reply(request_id, wire.ActOutcome("rejected", f"P-{said.proposal}"))
                return
        raise AssertionError(f"entry {entry.seq}: the engine gave no outcome")

    def _list(self, connection: Connection, request: wire.OpsList) -> None:
        view = self._gateway.view()
        persons = {operator.number: operator.person for operator in view.operators()}
        rows = []
        for proposal in view.proposals():
            name, fields = acts.show_act(proposal.act, self._names)
            rows.append(
                wire.ProposalRow(
                    f"P-{proposal.proposal}",
                    persons.get(proposal.operator, ""),
                    name,
                    fields,
                    proposal.reason,
                    proposal.document,
                    proposal.act_sha256.hex(),
                )
            )
        connection.reply(request.id, rows)

    # ---- looking ------------------------------------------------------------------------------------------

    def _status(self, connection: Connection, request: wire.OpsStatus) -> None:
        view = self._gateway.view()
        day = view.day()
        connection.reply(
            request.id,
            wire.OpsStatusView(
                self._gateway.settings.env,
                times.day_text(day.trading_day),
                day.day_number,
                phases.NAMES[day.phase],
                day.halted,
                day.seq,
                times.time_text(day.at_ns),
                len(view.proposals()),
                self._gateway.metrics(),
            ),
        )

    def _accounts(self, connection: Connection, request: wire.OpsAccounts) -> None:
        rows = [
            wire.AccountRow(
                account.code,
                account.name,
                account.category,
                account.owner,
                acts.scope_words(account.restriction),
                prices.money_text(account.free_fen),
                prices.money_text(account.held_fen),
                account.retention_floor,
                self._names.account_code(account.successor) if account.successor else "",
                [self._names.account_code(number) for number in account.split_into],
                list(bar_words(account.bars)),
            )
            for account in self._gateway.view().accounts()
        ]
        connection.reply(request.id, rows)

    def _obligation(self, connection: Connection, request: wire.OpsObligation) -> None:
        account = self._names.account_number(request.params.account)
        if not account:
            raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        connection.reply(request.id, obligation_view(self._gateway.view(), self._names, account, request.params.year))

    def _encumbrances(self, connection: Connection, request: wire.OpsEncumbrances) -> None:
        account = 0
        if request.params is not UNSET and request.params.account is not UNSET:
            account = self._names.account_number(request.params.account)
            if not account:
                raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        connection.reply(request.id, encumbrance_rows(self._gateway.view(), self._names, account))

    def _large_holders(self, connection: Connection, request: holder_wire.OpsLargeHolders) -> None:
        view = self._gateway.view()
        reports, today = view.supervision().holders, view.day().trading_day
        rows = []
        for found in view.large_holders():
            report = reports.get(found.product, {}).get(found.owner)
            rows.append(
                holder_wire.LargeHolderRow(
                    found.product,
                    found.owner,
                    [self._names.account_code(number) for number in found.accounts],
                    list(found.names),
                    found.tonnes,
                    found.threshold,
                    found.limit or None,
                    0 < found.limit < found.tonnes,
                    times.day_text(report.since) if report else "",
                    times.day_text(report.due_day) if report else "",
                    times.day_text(report.filed_on) if report else "",
                    report.is_overdue(today) if report else False,
                    report.purpose if report else "",
                    report.funds if report else "",
                    report.related if report else "",
                )
            )
        connection.reply(request.id, rows)

    def _serials(self, connection: Connection, request: serial_wire.OpsSerials) -> None:
        code = request.params.account if request.params is not UNSET else UNSET
        account = 0 if code is UNSET else self._names.account_number(code)
        if code is not UNSET and not account:
            raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        self._gateway.query(connection, request.id, self._serial_rows(connection, request.id, account))

    async def _serial_rows(self, connection: Connection, request_id: str | int, account: int) -> None:
        rows = await self._gateway.title.serials(account)
        connection.reply(request_id, [self._serial_row(row) for row in rows])

    def _serial_row(self, row: SerialRow) -> serial_wire.Serials:
        status = "held" if row.account > 0 else "canceled" if row.year == 0 else "surrendered"
        return serial_wire.Serials(
            self._names.instrument_code(row.instrument),
            status,
            self._names.account_code(row.account),
            row.year,
            row.project,
            row.first_serial,
            row.last_serial,
            row.project_type,
            row.methodology,
            row.origin,
            row.proof,
            self._names.account_code(row.boundary),
        )

    def _unsettled(self, connection: Connection, request: wire.OpsUnsettled) -> None:
        params = request.params if request.params is not UNSET else wire.OpsUnsettledParams()
        self._gateway.query(connection, request.id, self._unsettled_rows(connection, request.id, params.limit))

    async def _unsettled_rows(self, connection: Connection, request_id: str | int, limit: int) -> None:
        rows = await self._gateway.title.unsettled(limit)
        connection.reply(request_id, [self._unsettled_row(row) for row in rows])

    def _unsettled_row(self, row: TradeStatus) -> wire.UnsettledRow:
        return wire.UnsettledRow(
            f"T-{row.trade}" if row.trade else "",
            row.status,
            self._names.instrument_code(row.instrument),
            self._names.account_code(row.buyer),
            self._names.account_code(row.seller),
            row.tonnes,
            prices.money_text(row.amount_fen),
            reason_view(row.reason),
            row.detail,
            row.seq,
        )

    def _reconcile(self, connection: Connection, request: wire.OpsReconcile) -> None:
        self._gateway.query(connection, request.id, self._reconciled(connection, request.id))

    async def _reconciled(self, connection: Connection, request_id: str | int) -> None:
        report = await self._gateway.title.reconcile()
        breaks = [
            wire.BreakRow(
                self._names.account_code(row.account),
                row.asset,
                prices.money_text(row.engine) if row.asset == "cash" else str(row.engine),
                prices.money_text(row.registry) if row.asset == "cash" else str(row.registry),
            )
            for row in report.breaks
        ]
        connection.reply(
            request_id,
            wire.Reconciliation(
                report.seq,
                report.ok,
                report.accounts,
                prices.money_text(report.cash_fen),
                prices.money_text(report.bank_fen),
                report.units,
                report.unsettled,
                breaks,
            ),
        )
