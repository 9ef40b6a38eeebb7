"""Surrender filings at the doors: a unit's two persons file, operators see what waits. The registry's decision is an act."""

from typing import TYPE_CHECKING

from engine.core import commands, events, reasons
from engine.core.commands import Entry
from gateway.compliance import filing_row
from gateway.connection import Connection
from gateway.members import account_of, refusal_of
from gateway.protocol import filing_wire as fw
from gateway.protocol.codec import Refused

if TYPE_CHECKING:
    from gateway.server import Gateway


class FilingDesk:
    """Answers the methods of surrender filings."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                fw.SurrenderFile: self._file,
                fw.SurrenderConfirm: self._confirm,
                fw.SurrenderWithdraw: self._withdraw,
                fw.OpsFilings: self._open,
            }
        )
        for command in (commands.FileSurrender, commands.ConfirmSurrender, commands.WithdrawSurrender):
            gateway.answerers[command] = self._on_changed

    def _file(self, connection: Connection, request: fw.SurrenderFile) -> None:
        params = request.params
        account = account_of(connection, params.account)
        lines = tuple((self._names.instrument_number(line.instrument), line.quantity) for line in params.lines)
        if not all(instrument for instrument, _ in lines):
            raise Refused(reasons.UNKNOWN_INSTRUMENT, "lines")
        command = commands.FileSurrender(connection.key_id, account, params.year, lines, params.final)
        self._gateway.ask(connection, request.id, command)

    def _confirm(self, connection: Connection, request: fw.SurrenderConfirm) -> None:
        account, filing = _named(connection, request.params)
        self._gateway.ask(connection, request.id, commands.ConfirmSurrender(connection.key_id, account, filing))

    def _withdraw(self, connection: Connection, request: fw.SurrenderWithdraw) -> None:
        account, filing = _named(connection, request.params)
        self._gateway.ask(connection, request.id, commands.WithdrawSurrender(connection.key_id, account, filing))

    def _on_changed(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[-1]
        if isinstance(said, events.RequestRefused):
            refused = refusal_of(said.reason, said.limit, said.actual, 1)
            connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.FilingChanged), "a request about a filing changes it or is refused"
        account = self._names.accounts[said.account]
        connection.reply(request_id, fw.FilingStatus(f"S-{said.filing}", account, said.year, said.status))

    def _open(self, connection: Connection, request: fw.OpsFilings) -> None:
        rows = [filing_row(found, self._names) for found in self._gateway.view().filings(0) if found.is_open]
        connection.reply(request.id, rows)


def _named(connection: Connection, params: fw.FilingNameParams) -> tuple[int, int]:
    return account_of(connection, params.account), int(params.filing_id[2:])
