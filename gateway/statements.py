"""Statements at the doors: members read, confirm or contest theirs, operators read all of them and the objections."""

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from engine.clock import wall_ns
from engine.core import commands, events, reasons
from engine.core.commands import Entry
from engine.title import StatementAnswer, statement_status
from engine.view import StatementObjection, StatementsView
from gateway.connection import Connection
from gateway.members import account_of, refusal_of, trading_account_of, trading_day
from gateway.protocol import statement_wire as sw
from gateway.protocol.codec import Refused
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class StatementDesk:
    """Answers `statement.…`, `ops.statement` and `ops.objections`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                sw.StatementList: self._list,
                sw.StatementGet: self._get,
                sw.StatementConfirm: self._confirm,
                sw.StatementObject: self._object,
                sw.OpsStatement: self._of_any,
                sw.OpsObjections: self._objections,
            }
        )
        answerers = gateway.answerers
        answerers[commands.ConfirmStatement] = answerers[commands.ObjectToStatement] = self._on_answered

    # ---- reading ------------------------------------------------------------------------------------------

    def _list(self, connection: Connection, request: sw.StatementList) -> None:
        account = account_of(connection, request.params.account if request.params is not UNSET else UNSET)
        self._gateway.query(connection, request.id, self._days_of(connection, request.id, account))

    def _get(self, connection: Connection, request: sw.StatementGet) -> None:
        account = account_of(connection, request.params.account)
        day = trading_day(request.params.trading_day)
        self._gateway.query(connection, request.id, self._bytes_of(connection, request.id, account, day))

    def _of_any(self, connection: Connection, request: sw.OpsStatement) -> None:
        params = request.params
        account = self._names.account_number(params.account)
        if not account:
            raise Refused(reasons.UNKNOWN_ACCOUNT, "account")
        if params.trading_day is UNSET:
            self._gateway.query(connection, request.id, self._days_of(connection, request.id, account))
            return
        day = trading_day(params.trading_day)
        self._gateway.query(connection, request.id, self._bytes_of(connection, request.id, account, day))

    async def _bytes_of(self, connection: Connection, request_id: str | int, account: int, day: int) -> None:
        found = await self._gateway.title.statement(account, day)
        if found is None:  # settlement may not have come to the day's close yet
            await self._gateway.title.wait_settled(self._gateway.view().day().seq)
            found = await self._gateway.title.statement(account, day)
        if found is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "trading_day")
        connection.reply(request_id, msgspec.Raw(found))

    async def _days_of(self, connection: Connection, request_id: str | int, account: int) -> None:
        days = await self._gateway.title.statement_days(account)
        answers = await self._gateway.title.statement_answers(account)
        newest = self._gateway.view().statements(wall_ns())
        rows = [self._row(account, day, answers, newest) for day in days]
        code = self._names.accounts[account]
        connection.reply(request_id, sw.StatementDays(code, [day_text(day) for day in days], rows))

    def _row(self, account: int, day: int, answers: list[StatementAnswer], newest: StatementsView) -> sw.StatementRow:
        """The newest day is as the engine knows it, which may be ahead of the registry."""
        if day == newest.trading_day:
            status = newest.status(account)
            until = time_text(newest.deadline_ns) if status == "open" and newest.deadline_ns else ""
            return sw.StatementRow(day_text(day), status, until, [self._objection(row) for row in newest.of(account)])
        found = []
        for step in answers:
            if step.trading_day != day or step.step != "contested":
                continue
            said = StatementObjection(step.objection, account, day, step.trade, step.at_ns, step.words)
            for later in answers:
                if later.objection == step.objection and later.step != "contested":
                    said = replace(said, status=later.step, decided_at_ns=later.at_ns, answer=later.words)
            found.append(self._objection(said))
        return sw.StatementRow(day_text(day), statement_status(answers, day), "", found)

    def _objection(self, found: StatementObjection) -> sw.ObjectionRow:
        return sw.ObjectionRow(
            f"S-{found.number}",
            self._names.account_code(found.account),
            day_text(found.trading_day),
            f"T-{found.trade}" if found.trade else "",
            found.words,
            time_text(found.at_ns),
            found.status,
            time_text(found.decided_at_ns) if found.decided_at_ns else "",
            found.answer,
        )

    def _objections(self, connection: Connection, request: sw.OpsObjections) -> None:
        found = self._gateway.view().statements(wall_ns()).objections
        connection.reply(request.id, [self._objection(row) for row in found])

    # ---- answering ----------------------------------------------------------------------------------------

    def _confirm(self, connection: Connection, request: sw.StatementConfirm) -> None:
        account = trading_account_of(connection, request.params.account)
        command = commands.ConfirmStatement(account, trading_day(request.params.trading_day))
        self._gateway.ask(connection, request.id, command)

    def _object(self, connection: Connection, request: sw.StatementObject) -> None:
        params = request.params
        account = trading_account_of(connection, params.account)
        trade = int(params.trade_id[2:]) if params.trade_id is not UNSET else 0
        command = commands.ObjectToStatement(account, trading_day(params.trading_day), params.words, trade)
        if trade:
            self._gateway.query(connection, request.id, self._dispute(connection, request.id, command))
        else:
            self._gateway.ask(connection, request.id, command)

    async def _dispute(
        self, connection: Connection, request_id: str | int, command: commands.ObjectToStatement
    ) -> None:
        """Only a trade of one's own, and of the statement's day, can be disputed."""
        found = await self._gateway.title.trade(command.trade)
        is_mine = found is not None and command.account in (found.buyer, found.seller)
        if found is None or not is_mine or found.trading_day != command.trading_day:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "trade_id")
        facts = await self._gateway.title.trade_facts(command.trade)
        if facts is not None:
            command = replace(command, facts=facts)
        self._gateway.ask(connection, request_id, command)

    def _on_answered(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.RequestRefused):
            refused = refusal_of(said.reason, said.limit, said.actual, 1)
            if said.reason == reasons.STATEMENT_FINAL:
                limit = time_text(said.limit) if said.limit else None
                refused = Refused(said.reason, "trading_day", limit=limit, actual=time_text(said.actual))
            connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.StatementConfirmed | events.StatementContested)
        is_confirmed = isinstance(said, events.StatementConfirmed)
        objection = "" if isinstance(said, events.StatementConfirmed) else f"S-{said.objection}"
        connection.reply(
            request_id,
            sw.StatementAnswered(
                self._names.accounts[said.account],
                day_text(said.trading_day),
                "confirmed" if is_confirmed else "contested",
                objection,
            ),
        )
