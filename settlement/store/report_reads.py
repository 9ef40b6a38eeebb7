"""What reports to the authorities and to the public are counted from: plain reads of committed facts, a period at a time."""

from typing import Any, Final, NamedTuple

from engine.title import ClosedFigure, DispatchRow, MonitorReportRow, RecentFacts
from settlement.core.reports import Span
from settlement.store.reads import DisclosureReads

_TRADES: Final = "trade > ? AND trade <= ?"
_BY_SEQ: Final = ("after_seq", "to_seq")
_BY_TRADE: Final = ("after_trade", "last_trade")
_BY_CASH: Final = ("after_cash", "last_cash")
MATTERS_MAX: Final = 200


class Query(NamedTuple):
    """SQL, and which fields of the span are its parameters, in order."""

    sql: str
    fields: tuple[str, ...]


QUERIES: Final[dict[str, Query]] = {
    "accounts_opened": Query(
        "SELECT category, count(*) FROM accounts WHERE opened_seq > ? AND opened_seq <= ? GROUP BY category ORDER BY 1",
        _BY_SEQ,
    ),
    "accounts": Query(
        "SELECT category, count(*) FROM accounts WHERE opened_seq <= ? GROUP BY category ORDER BY 1", ("to_seq",)
    ),
    "registry_acts": Query(
        "SELECT act, class, instrument, count(*), sum(tonnes) FROM registry_acts WHERE seq > ? AND seq <= ? "
        "GROUP BY act, class, instrument ORDER BY 1, 2, 3",
        _BY_SEQ,
    ),
    "units_to_date": Query(
        "SELECT instrument, act, sum(tonnes) FROM registry_acts WHERE seq <= ? "
        "AND act IN ('issue', 'preallocate', 'surrender', 'cancel') GROUP BY instrument, act ORDER BY 1, 2",
        ("to_seq",),
    ),
    "participation": Query(
        "SELECT a.category, s.side, count(DISTINCT a.owner), sum(s.tonnes) FROM ("
        f"SELECT buyer AS account, 'buy' AS side, tonnes FROM trades WHERE {_TRADES} UNION ALL "
        f"SELECT seller, 'sell', tonnes FROM trades WHERE {_TRADES}) s "
        "JOIN accounts a ON a.account = s.account GROUP BY a.category, s.side ORDER BY 1, 2",
        _BY_TRADE * 2,
    ),
    "owners": Query(
        "SELECT s.instrument, a.owner, sum(s.bought), sum(s.sold) FROM ("
        f"SELECT instrument, buyer AS account, tonnes AS bought, 0 AS sold FROM trades WHERE {_TRADES} UNION ALL "
        f"SELECT instrument, seller, 0, tonnes FROM trades WHERE {_TRADES}) s "
        "JOIN accounts a ON a.account = s.account GROUP BY s.instrument, a.owner ORDER BY 1, 2",
        _BY_TRADE * 2,
    ),
    "settled": Query(
        "SELECT status, count(*), sum(buy_fee_fen + sell_fee_fen) FROM ("
        f"SELECT status, buy_fee_fen, sell_fee_fen FROM trades WHERE {_TRADES} UNION ALL "
        f"SELECT status, buy_fee_fen, sell_fee_fen FROM awards WHERE {_TRADES}) GROUP BY status ORDER BY 1",
        _BY_TRADE * 2,
    ),
    "cash": Query(
        "SELECT kind, count(*), sum(amount_fen) FROM cash_postings WHERE posting > ? AND posting <= ? "
        "GROUP BY kind ORDER BY 1",
        _BY_CASH,
    ),
    "reconciliations": Query(
        "SELECT count(*), coalesce(sum(ok = 0), 0) FROM reconciliations WHERE seq > ? AND seq <= ?", _BY_SEQ
    ),
    "bank_files": Query(
        "SELECT count(*), coalesce(sum(breaks), 0) FROM bank_files WHERE seq > ? AND seq <= ?", _BY_SEQ
    ),
    "risk_reserve": Query(
        "SELECT purpose, count(*), sum(amount_fen) FROM reserve_movements WHERE seq > ? AND seq <= ? "
        "GROUP BY purpose ORDER BY 1",
        _BY_SEQ,
    ),
    "notices": Query(
        "SELECT category, count(*) FROM notices WHERE seq > ? AND seq <= ? GROUP BY category ORDER BY 1", _BY_SEQ
    ),
    "matters": Query(
        "SELECT seq, line, at_ns, category, title_zh, title_en, document FROM notices WHERE seq > ? AND seq <= ? "
        "AND category IN ('halt', 'material_information', 'risk_warning', 'rule_change', 'registry', 'correction') "
        f"ORDER BY seq, line LIMIT {MATTERS_MAX}",
        _BY_SEQ,
    ),
    "auction_awards": Query(
        "SELECT w.auction, count(*), sum(w.amount_fen), sum(w.buy_fee_fen + w.sell_fee_fen), sum(w.status = 'settled') "
        "FROM awards w JOIN auctions x ON x.auction = w.auction WHERE x.ended_seq > ? AND x.ended_seq <= ? "
        "GROUP BY w.auction ORDER BY 1",
        _BY_SEQ,
    ),
    "auction_payments": Query(
        "SELECT w.auction, p.from_account, p.to_account, sum(p.amount_fen) FROM cash_postings p "
        "JOIN awards w ON w.trade = p.trade WHERE p.posting > ? AND p.posting <= ? AND p.kind = 'payment' "
        "GROUP BY w.auction, p.from_account, p.to_account ORDER BY 1, 2, 3",
        _BY_CASH,
    ),
}


class ReportReads(DisclosureReads):
    """Reads of a store for reports."""

    async def report_span(self, first_day: int, last_day: int) -> Span | None:
        """The closed days of a range of dates; None where there are none."""
        columns = "max(closed_seq), max(last_trade), max(last_cash_posting)"
        found = await self._read(
            f"SELECT min(trading_day), max(trading_day), count(*), max(closed_at_ns), {columns} FROM days "
            "WHERE trading_day BETWEEN ? AND ?",
            (first_day, last_day),
        )
        first, last, count, at_ns, to_seq, last_trade, last_cash = found[0]
        if not count:
            return None
        before = await self._read(f"SELECT {columns} FROM days WHERE trading_day < ?", (first,))
        after_seq, after_trade, after_cash = (value or 0 for value in before[0])
        return Span(first, last, count, at_ns, after_seq, to_seq, after_trade, last_trade, after_cash, last_cash)

    async def report_rows(self, name: str, span: Span) -> list[tuple[Any, ...]]:
        """The rows of one of `QUERIES`."""
        query = QUERIES[name]
        return await self._read(query.sql, [getattr(span, field) for field in query.fields])

    async def closes_before(self, instrument: int, trading_day: int, days: int) -> list[tuple[int, int, int, int]]:
        """(day, close in ticks, tonnes, turnover in fen) of listed trading on the last closed days before a day, newest first."""
        rows = await self._read(
            "SELECT trading_day, close_ticks, tonnes, turnover_fen FROM day_stats WHERE instrument = ? AND trading_day < ? "
            "ORDER BY trading_day DESC LIMIT ?",
            (instrument, trading_day, days),
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def monitor_reports(self) -> list[MonitorReportRow]:
        """Published reports of the monitor, newest first."""
        rows = await self._read("SELECT seq, at_ns, subject, sha256 FROM monitor_reports ORDER BY seq DESC")
        return [MonitorReportRow(*row) for row in rows]

    async def monitor_report(self, sha256: str) -> bytes | None:
        """One of them by the SHA-256 of its bytes."""
        rows = await self._read("SELECT body FROM monitor_reports WHERE sha256 = ? LIMIT 1", (sha256,))
        return rows[0][0].encode() if rows else None

    async def dispatches(self, limit: int) -> list[DispatchRow]:
        """What was sent to authorities, newest first."""
        return [
            DispatchRow(*row)
            for row in await self._read("SELECT * FROM dispatches ORDER BY seq DESC LIMIT ?", (limit,))
        ]

    async def recent_facts(self, days: int) -> RecentFacts:
        """Closing figures of the last closed days, and what happened since the first of them that should not have."""
        figures = await self._read(
            "SELECT trading_day, instrument, previous_close_ticks, close_ticks, trades FROM day_stats WHERE trading_day IN "
            "(SELECT trading_day FROM days ORDER BY trading_day DESC LIMIT ?) ORDER BY trading_day, instrument",
            (days,),
        )
        since = await self._read(
            "SELECT coalesce((SELECT closed_seq FROM days ORDER BY trading_day DESC LIMIT 1 OFFSET ?), 0)", (days,)
        )
        day = "coalesce((SELECT min(d.trading_day) FROM days d WHERE d.closed_seq >= x.seq), (SELECT trading_day FROM registry))"
        incidents = await self._read(
            f"SELECT 'X-' || x.seq, {day}, '', '' FROM reconciliations x WHERE x.ok = 0 AND x.seq > ? "
            f"UNION ALL SELECT 'H-' || x.seq || '-' || x.line, {day}, x.title_zh, x.title_en FROM notices x "
            "WHERE x.category = 'halt' AND x.seq > ? ORDER BY 2, 1",
            (since[0][0], since[0][0]),
        )
        return RecentFacts(
            [ClosedFigure(*row) for row in figures], [(row[0], row[1], row[2], row[3]) for row in incidents]
        )
