"""Statements (结算单) through a client: `client.statements.days()`, `.confirm(day)`, `.object(day, words)`.

Each method raises `Refused` or `ConnectionLost`.
"""

from msgspec import UNSET

from gateway.protocol import statement_wire as sw
from gateway.protocol.wire import AccountParams
from yutan.blocks import Asks


class Statements:
    """The own statements and one's answers to them; for operators everybody's, and the objections."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def days(self, account: str = "") -> list[sw.StatementRow]:
        """The days with a statement, newest first, and what became of each."""
        found = await self._ask(sw.StatementList, AccountParams(account or UNSET), sw.StatementDays)
        return found.statements

    async def confirm(self, trading_day: str, account: str = "") -> sw.StatementAnswered:
        """Agree with a day's statement."""
        params = sw.StatementGetParams(trading_day, account or UNSET)
        return await self._ask(sw.StatementConfirm, params, sw.StatementAnswered)

    async def object(self, trading_day: str, words: str, trade_id: str = "", account: str = "") -> sw.StatementAnswered:
        """Object to a day's statement; trade_id: the trade that is disputed."""
        params = sw.StatementObjectParams(trading_day, words, trade_id or UNSET, account or UNSET)
        return await self._ask(sw.StatementObject, params, sw.StatementAnswered)

    async def of(self, account: str) -> list[sw.StatementRow]:
        """An account's days, for an operator."""
        return (await self._ask(sw.OpsStatement, sw.OpsStatementParams(account), sw.StatementDays)).statements

    async def objections(self) -> list[sw.ObjectionRow]:
        """Objections that wait for a decision, and those to the newest statements."""
        return await self._ask(sw.OpsObjections, UNSET, list[sw.ObjectionRow])
