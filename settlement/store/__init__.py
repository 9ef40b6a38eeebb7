"""Where the registry is kept, as a contract. A transaction is given whole, and is committed whole or not at all.

What is written comes from `core.clearing` as `Writes`; the mark (the last entry settled) moves in the same transaction,
so after a crash settlement goes on exactly where the last commit left off. Every read is of committed facts.
"""

from typing import Any, Protocol

import msgspec

from engine.core.commands import TradeFacts
from engine.public_notices import PublicNotice
from engine.title import (
    AuditLine,
    AuditSearch,
    BulletinRow,
    DispatchRow,
    MonitorReportRow,
    PublicationRow,
    RecentFacts,
    SerialRow,
    StatementAnswer,
    TitleHolding,
    TradeStatus,
)
from settlement.core.awards import AuctionRow, AwardRow
from settlement.core.bulletin import TradeRow
from settlement.core.clearing import Clearing
from settlement.core.periodicals import ClosedDay, DayRow
from settlement.core.postings import Writes
from settlement.core.remedies import VoidRow
from settlement.core.reports import Span
from settlement.core.statement import CashPosting, UnitPosting
from settlement.store.contents import Contents


class StoreFailed(Exception):
    """The store can no longer be trusted or used: the process must end and start again from what is committed."""


class StoreRefused(Exception):
    """The store does not start: another process has it, or its version, settings or content are not as they must be."""


class Mark(msgspec.Struct, frozen=True):
    """The last entry settled: its seq, and its time, by which a strange journal is told."""

    seq: int
    at_ns: int


class StoreFacts(msgspec.Struct, frozen=True):
    """What the start check found in force."""

    sqlite_version: str
    journal_mode: str
    synchronous: str
    is_wal_reset_safe: bool  # whether two connections to one WAL file could be risked; we use one in any case
    schema_version: int


class Balances(msgspec.Struct, frozen=True):
    """All committed balances: cash by account, and (account, instrument) -> tonnes by STATE_PLACES."""

    cash: dict[int, int]
    units: dict[tuple[int, int], tuple[int, int, int, int, int]]
    open_instructions: int


class Store(Protocol):
    """The registry's database."""

    facts: StoreFacts

    async def load(self) -> tuple[Clearing, Mark]:
        """The registry as of its mark."""

    async def commit(self, writes: Writes, clearing: Clearing, mark: Mark) -> None:
        """Write one transaction. Any fault rolls it back, closes the store and raises `StoreFailed`."""

    async def close(self) -> None:
        """Finish what has been asked, then close."""

    async def cash(self, account: int) -> int:
        """Cash of an account in fen."""

    async def holdings(self, account: int) -> list[TitleHolding]:
        """Units of an account."""

    async def balances(self) -> Balances:
        """All balances at once."""

    async def trade(self, trade: int) -> TradeStatus | None:
        """One trade's settlement."""

    async def trade_facts(self, trade: int) -> TradeFacts | None:
        """What a trade was; None for an award, or where there is none."""

    async def unsettled(self, limit: int) -> list[TradeStatus]:
        """What is set aside, oldest first."""

    async def serials(self, account: int) -> list[SerialRow]:
        """Blocks of serials that an account holds, or (0) all."""

    async def statement_days(self, account: int) -> list[int]:
        """Days with a statement, newest first."""

    async def statement(self, account: int, trading_day: int) -> bytes | None:
        """The newest version of a statement."""

    async def statement_answers(self, account: int) -> list[StatementAnswer]:
        """An account's newest answers to statements, oldest of them first."""

    async def bulletins(self) -> list[BulletinRow]:
        """All bulletins, newest first."""

    async def bulletin(self, trading_day: int) -> bytes | None:
        """A bulletin's bytes."""

    async def notices(self, before_seq: int, category: str, instrument: str, limit: int) -> list[PublicNotice]:
        """Notices of entries before `before_seq`, newest first; "" for every category or instrument."""

    async def notice(self, seq: int, line: int) -> PublicNotice | None:
        """One notice."""

    async def publications(self) -> list[PublicationRow]:
        """All bulletins beside the days' first ones, newest first."""

    async def versions(self, period: str) -> list[PublicationRow]:
        """A period's publications, newest version first."""

    async def publication(self, period: str, version: int) -> bytes | None:
        """A publication's bytes."""

    async def closed_days(self, first_day: int, last_day: int) -> list[ClosedDay]:
        """Closed days of a range, in order."""

    async def day_rows(self, first_day: int, last_day: int) -> list[DayRow]:
        """Closed days' figures by instrument, in order."""

    async def method_totals(self, after_trade: int, last_trade: int) -> list[tuple[int, str, int, int, int, int]]:
        """Trades and awards of a range: (instrument, method, tonnes, fen, how many, how many set aside)."""

    async def ended_auctions(self, after_seq: int, to_seq: int) -> list[AuctionRow]:
        """Auctions that ended by the entries of a range, oldest first."""

    async def auction(self, code: str) -> AuctionRow | None:
        """An auction by its code."""

    async def monitor_reports(self) -> list[MonitorReportRow]:
        """Published reports of the monitor, newest first."""

    async def monitor_report(self, sha256: str) -> bytes | None:
        """One of them by the SHA-256 of its bytes."""

    async def dispatches(self, limit: int) -> list[DispatchRow]:
        """What was sent to authorities, newest first."""

    async def recent_facts(self, days: int) -> RecentFacts:
        """Closing figures and incidents of the last closed days."""

    async def report_span(self, first_day: int, last_day: int) -> Span | None:
        """The closed days of a range of dates; None where there are none."""

    async def report_rows(self, name: str, span: Span) -> list[tuple[Any, ...]]:
        """The rows of a period that a report counts, by the name of their query."""

    async def closes_before(self, instrument: int, trading_day: int, days: int) -> list[tuple[int, int, int, int]]:
        """(day, close in ticks, tonnes, turnover in fen) of listed trading on the last closed days before a day, newest first."""

    async def audit_head(self) -> tuple[int, bytes]:
        """Lines of the audit trail, and its last link."""

    async def audit_lines(self, search: AuditSearch) -> list[AuditLine]:
        """Lines of the audit trail, newest first."""

    async def contents(self, since: Contents | None) -> Contents:
        """Hashes of all tables at one moment; logs from where `since` stopped."""

    async def trades(self, first: int, last: int, limit: int) -> list[TradeRow]:
        """Trades numbered from first to last, at most `limit` of them, in order."""

    async def voids(self, first: int, last: int) -> list[VoidRow]:
        """Voided trades of a range of trade numbers, in order."""

    async def awards(self, first: int, last: int, limit: int) -> list[AwardRow]:
        """Awards with trade numbers from first to last, at most `limit` of them, in order."""

    async def unit_postings(self, first: int, last: int, limit: int) -> list[UnitPosting]:
        """Unit postings numbered from first to last, at most `limit` of them, in order."""

    async def cash_postings(self, first: int, last: int, limit: int) -> list[CashPosting]:
        """Cash postings numbered from first to last, at most `limit` of them, in order."""
