"""What the registry's documents are made from, and the documents themselves: plain reads of committed facts.

The store that can read rows inherits these; nothing here writes.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from engine.public_notices import PublicNotice
from engine.title import PublicationRow, StatementAnswer
from settlement.core.awards import AuctionRow
from settlement.core.periodicals import ClosedDay, DayRow

ANSWERS_MAX: Final = 1_000
_FIELDS: Final = PublicationRow.__struct_fields__
_PUBLICATION: Final = """
SELECT number, kind, period, version, first_day, last_day, sha256, supersedes, published_seq > 0 FROM publications
"""


class DisclosureReads:
    """Reads of a store, by SQL that both SQLite and PostgreSQL understand."""

    @abstractmethod
    async def _read(self, sql: str, parameters: Sequence[int | str | bytes] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""

    async def statement_answers(self, account: int) -> list[StatementAnswer]:
        """An account's newest answers to statements, oldest of them first."""
        rows = await self._read(
            "SELECT * FROM statement_answers WHERE account = ? ORDER BY seq DESC LIMIT ?", (account, ANSWERS_MAX)
        )
        return [StatementAnswer(*row) for row in reversed(rows)]

    async def closed_days(self, first_day: int, last_day: int) -> list[ClosedDay]:
        """Closed days of a range, in order."""
        rows = await self._read(
            "SELECT trading_day, closed_at_ns, "
            "coalesce((SELECT max(closed_seq) FROM days b WHERE b.trading_day < d.trading_day), 0), closed_seq, "
            "coalesce((SELECT max(last_trade) FROM days b WHERE b.trading_day < d.trading_day), 0), last_trade "
            "FROM days d WHERE trading_day BETWEEN ? AND ? ORDER BY trading_day",
            (first_day, last_day),
        )
        return [ClosedDay(*row) for row in rows]

    async def day_rows(self, first_day: int, last_day: int) -> list[DayRow]:
        """Closed days' figures by instrument, in order."""
        rows = await self._read(
            "SELECT * FROM day_stats WHERE trading_day BETWEEN ? AND ? ORDER BY trading_day, instrument",
            (first_day, last_day),
        )
        return [DayRow(*row) for row in rows]

    async def method_totals(self, after_trade: int, last_trade: int) -> list[tuple[int, str, int, int, int, int]]:
        """Trades and awards of a range: (instrument, method, tonnes, fen, how many, how many set aside)."""
        rows = await self._read(
            "SELECT instrument, method, sum(tonnes), sum(amount_fen), count(*), sum(status = 'failed') FROM trades "
            "WHERE trade > ?1 AND trade <= ?2 GROUP BY instrument, method UNION ALL "
            "SELECT instrument, 'auction', sum(tonnes), sum(amount_fen), count(*), sum(status = 'failed') FROM awards "
            "WHERE trade > ?1 AND trade <= ?2 GROUP BY instrument ORDER BY 1, 2",
            (after_trade, last_trade),
        )
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]

    async def ended_auctions(self, after_seq: int, to_seq: int) -> list[AuctionRow]:
        """Auctions that ended by the entries of a range, oldest first."""
        rows = await self._read(
            "SELECT * FROM auctions WHERE ended_seq > ? AND ended_seq <= ? ORDER BY auction", (after_seq, to_seq)
        )
        return [AuctionRow(*row) for row in rows]

    async def auction(self, code: str) -> AuctionRow | None:
        """An auction by its code."""
        rows = await self._read("SELECT * FROM auctions WHERE code = ?", (code,))
        return AuctionRow(*rows[0]) if rows else None

    async def notices(self, before_seq: int, category: str, instrument: str, limit: int) -> list[PublicNotice]:
        """Notices of entries before `before_seq`, newest first; "" for every category or instrument."""
        rows = await self._read(
            "SELECT * FROM notices WHERE seq < ?1 AND (?2 = '' OR category = ?2) AND (?3 = '' OR instrument = ?3) "
            "ORDER BY seq DESC, line DESC LIMIT ?4",
            (before_seq, category, instrument, limit),
        )
        return [PublicNotice(*row) for row in rows]

    async def notice(self, seq: int, line: int) -> PublicNotice | None:
        """One notice."""
        rows = await self._read("SELECT * FROM notices WHERE seq = ? AND line = ?", (seq, line))
        return PublicNotice(*rows[0]) if rows else None

    async def publications(self) -> list[PublicationRow]:
        """All publications, newest first."""
        return [_publication(row) for row in await self._read(_PUBLICATION + "ORDER BY number DESC")]

    async def versions(self, period: str) -> list[PublicationRow]:
        """A period's publications, newest version first."""
        rows = await self._read(_PUBLICATION + "WHERE period = ? ORDER BY version DESC", (period,))
        return [_publication(row) for row in rows]

    async def publication(self, period: str, version: int) -> bytes | None:
        """A publication's bytes."""
        rows = await self._read("SELECT body FROM publications WHERE period = ? AND version = ?", (period, version))
        return rows[0][0] if rows else None


def _publication(row: tuple[Any, ...]) -> PublicationRow:
    return msgspec.convert({**dict(zip(_FIELDS, row, strict=True)), "published": bool(row[-1])}, PublicationRow)
