"""Supervision at the doors: members see the measures that concern them and file reports, operators look at the records.

What operators do is acts (`ops.act`); here they read what came of them.
"""

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from engine.core import commands, events, reasons
from engine.core.commands import Entry
from engine.view import ANSWER, IN_FORCE, MEASURES, WAITING, Case, Reduction, Restriction
from gateway.connection import Connection
from gateway.credit import credit_rows
from gateway.members import account_of, refusal_of, trading_account_of
from gateway.protocol import supervision_wire as sw
from gateway.protocol.acts import scope_words
from gateway.protocol.codec import Refused
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class SupervisionDesk:
    """Answers the methods of supervision."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                sw.AccountMeasures: self._measures,
                sw.HolderReport: self._report,
                sw.OpsRestrictions: self._restrictions,
                sw.OpsReductions: self._reductions,
                sw.OpsCases: self._cases,
                sw.OpsCase: self._case,
                sw.OpsLinks: self._links,
            }
        )
        gateway.answerers[commands.FileHolderReport] = self._on_reported

    # ---- members ------------------------------------------------------------------------------------------

    def _measures(self, connection: Connection, request: sw.AccountMeasures) -> None:
        params = sw.AccountMeasuresParams() if request.params is UNSET else request.params
        account = account_of(connection, params.account)
        view = self._gateway.view()
        kept, day = view.supervision(), view.day()
        found = view.account(account)
        assert found is not None, "an account that is there stays"
        reports = [held[found.owner] for held in kept.holders.values() if found.owner in held]
        connection.reply(
            request.id,
            sw.MeasuresView(
                self._names.accounts[account],
                [_own_restriction(row) for row in kept.restrictions if row.account == account],
                [row for case in kept.cases if case.account == account for row in _demands(case)],
                [self._reduction(row) for row in kept.reductions if row.account == account],
                [
                    sw.OwnHolderReport(
                        row.product,
                        day_text(row.since),
                        day_text(row.due_day),
                        day_text(row.filed_on),
                        row.is_overdue(day.trading_day),
                    )
                    for row in reports
                ],
                [
                    sw.OwnCredit(
                        row.record, row.kind, row.trading_day, row.what, row.basis, row.document, row.objection_until
                    )
                    for row in credit_rows(view, ())
                    if row.account == found.code and row.status != "struck"
                ],
                day.seq,
            ),
        )

    def _report(self, connection: Connection, request: sw.HolderReport) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        command = commands.FileHolderReport(account, params.product, params.purpose, params.funds, params.related)
        self._gateway.ask(connection, request.id, command)

    def _on_reported(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.RequestRefused):
            refused = refusal_of(said.reason, said.limit, said.actual, 1)
            connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.HolderReported)
        account = self._names.accounts[said.account]
        connection.reply(request_id, sw.HolderReportTaken(account, said.product, day_text(said.trading_day)))

    # ---- operators ----------------------------------------------------------------------------------------

    def _asked(self, params: sw.OpsRecordsParams | UnsetType) -> tuple[int, bool]:
        """(account, 0 for all; whether ended records are asked for too)."""
        if params is UNSET:
            return 0, False
        account = 0
        if params.account is not UNSET:
            account = self._names.account_number(params.account)
            if not account:
                raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        return account, params.ended

    def _person(self, number: int) -> str:
        found = [operator.person for operator in self._gateway.view().operators() if operator.number == number]
        return found[0] if found else ""

    def _restrictions(self, connection: Connection, request: sw.OpsRestrictions) -> None:
        account, with_ended = self._asked(request.params)
        rows = [
            self._restriction(row)
            for row in self._gateway.view().supervision().restrictions
            if account in (0, row.account) and (with_ended or row.status in (WAITING, IN_FORCE))
        ]
        connection.reply(request.id, rows)

    def _restriction(self, row: Restriction) -> sw.RestrictionRow:
        return sw.RestrictionRow(
            f"R-{row.number}",
            self._names.account_code(row.account),
            scope_words(row.scope),
            scope_words(row.left),
            row.basis,
            row.document,
            self._person(row.operator),
            self._person(row.approver),
            day_text(row.imposed_on),
            day_text(row.first_day),
            day_text(row.last_day),
            day_text(row.review_on),
            day_text(row.reviewed_on),
            row.is_overdue(self._gateway.view().day().trading_day),
            row.notified,
            row.appeal,
            _case_id(row.case),
            row.status,
            day_text(row.ended_on),
        )

    def _reductions(self, connection: Connection, request: sw.OpsReductions) -> None:
        account, with_ended = self._asked(request.params)
        rows = [
            self._reduction(row)
            for row in self._gateway.view().supervision().reductions
            if account in (0, row.account) and (with_ended or row.status == "open")
        ]
        connection.reply(request.id, rows)

    def _reduction(self, row: Reduction) -> sw.ReductionRow:
        return sw.ReductionRow(
            f"D-{row.number}",
            self._names.account_code(row.account),
            row.owner,
            row.product,
            row.tonnes_max,
            day_text(row.due_day),
            day_text(row.ordered_on),
            row.basis,
            row.document,
            _case_id(row.case),
            row.status,
            day_text(row.met_on),
            row.is_overdue(self._gateway.view().day().trading_day),
        )

    def _links(self, connection: Connection, request: sw.OpsLinks) -> None:
        account, with_ended = self._asked(request.params)
        rows = [
            sw.LinkRow(
                row.link.number,
                [self._names.account_code(number) for number in row.link.accounts],
                list(row.owners),
                row.link.kind,
                row.link.basis,
                day_text(row.link.recorded_on),
                not row.link.is_ended,
                day_text(row.link.ended_on),
                row.link.ended_basis,
                list(row.watched_with),
            )
            for row in self._gateway.view().links()
            if (not account or account in row.link.accounts) and (with_ended or not row.link.is_ended)
        ]
        connection.reply(request.id, rows)

    def _cases(self, connection: Connection, request: sw.OpsCases) -> None:
        account, with_ended = self._asked(request.params)
        today = self._gateway.view().day().trading_day
        rows = [
            sw.CaseRow(
                f"K-{case.number}",
                self._names.account_code(case.account),
                case.matter,
                case.status,
                case.finding,
                case.steps[-1].step,
                day_text(case.demand.due_day) if case.demand is not None else "",
                case.is_overdue(today),
            )
            for case in self._gateway.view().supervision().cases
            if account in (0, case.account) and (with_ended or case.status == "open")
        ]
        connection.reply(request.id, rows)

    def _case(self, connection: Connection, request: sw.OpsCase) -> None:
        case = self._gateway.view().supervision().case(int(request.params.case_id[2:]))
        if case is None:
            raise Refused(reasons.UNKNOWN_CASE, "case_id")
        steps = [
            sw.CaseStepRow(
                step.step,
                time_text(step.at_ns),
                self._person(step.operator),
                self._person(step.approver),
                step.note,
                step.document,
                day_text(step.due_day),
            )
            for step in case.steps
        ]
        code = self._names.account_code(case.account)
        connection.reply(
            request.id,
            sw.CaseView(
                f"K-{case.number}",
                code,
                case.matter,
                list(case.alerts),
                case.status,
                case.finding,
                day_text(case.closed_on),
                steps,
            ),
        )


def _case_id(number: int) -> str:
    return f"K-{number}" if number else ""


def _own_restriction(row: Restriction) -> sw.OwnRestriction:
    return sw.OwnRestriction(
        f"R-{row.number}",
        scope_words(row.left or row.scope),
        row.basis,
        row.document,
        day_text(row.imposed_on),
        day_text(row.first_day),
        day_text(row.last_day),
        day_text(row.review_on),
        row.appeal,
        row.status,
    )


def _demands(case: Case) -> list[sw.Demand]:
    """The steps that are addressed to the account: what operators note for themselves is not."""
    open_demand = case.demand if case.status == "open" else None
    return [
        sw.Demand(
            f"K-{case.number}",
            step.step,
            time_text(step.at_ns),
            step.note,
            step.document,
            day_text(step.due_day) if step is open_demand else "",
        )
        for step in case.steps
        if step.step in (*MEASURES, ANSWER)
    ]
