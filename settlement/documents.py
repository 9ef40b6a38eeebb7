"""The documents of a closed day, made from the registry's own rows: one bulletin, and a statement for each account.

They go into the transaction that closes the day, so a day that is closed has its documents, and has them once.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from settlement import publications, rows, voids
from settlement.core.awards import AwardRow
from settlement.core.bulletin import DayTotals, Proofs, TradeRow, make_bulletin, sha256_hex
from settlement.core.clearing import Clearing
from settlement.core.dvp import SETTLED
from settlement.core.merkle import MerkleRoot
from settlement.core.postings import CASH_COLUMNS, TRADE_COLUMNS, UNIT_COLUMNS, Writes
from settlement.core.statement import CashPosting, StatementMaker, UnitPosting
from settlement.store import Store

Deal = TypeVar("Deal", TradeRow, AwardRow)


async def add_for_entry(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Add the documents that the entry which `clearing` has just taken asks for; its writes are alone in `writes`."""
    if clearing.day_close is not None:
        await add(store, clearing, writes)
    if clearing.voided:
        await voids.add_statements(store, clearing, writes)
    if clearing.opened_day:
        await publications.add_overdue(store, clearing, writes)
    if clearing.corrected is not None:
        await publications.add_correction(store, clearing, writes)


async def add(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Add the documents of the day that `clearing` has just closed.

    Everything before is committed already; what the closing entry itself moved stands in `writes`, next to be committed.
    """
    close = clearing.day_close
    assert close is not None, "only after an entry that closed the day"
    period = close.period
    voided = await store.voids(period.trade, close.last_trade)
    maker = StatementMaker(clearing.ledger, frozenset(row.trade for row in voided))
    totals = DayTotals(clearing.ledger.instruments, voided)

    settled_now = _settled_by(writes)

    def add_trade(row: TradeRow) -> None:
        row = _as_settled(row, settled_now, close.seq)
        maker.add_trade(row)
        totals.add(row)

    await rows.each(
        store.cash_postings, period.cash_posting, close.last_cash_posting, lambda r: r.posting, maker.add_cash
    )
    await rows.each(
        store.unit_postings, period.unit_posting, close.last_unit_posting, lambda r: r.posting, maker.add_units
    )

    def add_award(row: AwardRow) -> None:
        row = _as_settled(row, settled_now, close.seq)
        maker.add_award(row)
        totals.add_award(row)

    await rows.each(store.trades, period.trade, close.last_trade, lambda r: r.trade, add_trade)
    await rows.each(store.awards, period.trade, close.last_trade, lambda r: r.trade, add_award)

    for cash in _rows(writes.cash_postings, CASH_COLUMNS):
        maker.add_cash(CashPosting(*cash))
    for units in _rows(writes.unit_postings, UNIT_COLUMNS):
        maker.add_units(UnitPosting(*units))
    for trade in _rows(writes.trades, TRADE_COLUMNS):
        add_trade(TradeRow(*trade))
    for name, parameters in writes.changes:
        if name == "award":
            add_award(msgspec.convert(parameters, AwardRow))

    statements = MerkleRoot()
    for count, account in enumerate(sorted(clearing.ledger.accounts), 1):
        statement = maker.make(account, clearing.market, close, clearing.aside)
        statements.add(statement)
        writes.changes.append(("statement", (account, close.trading_day, sha256_hex(statement), statement)))
        if count % 100 == 0:
            await asyncio.sleep(0)
    ended = clearing.take_ended_auctions()
    body = make_bulletin(
        clearing.market,
        clearing.rulebook_version,
        close,
        clearing.bulletins + 1,
        clearing.bulletin_sha256,
        clearing.ledger.instruments,
        totals,
        clearing.cumulative,
        ended,
        Proofs(statements.root().hex(), clearing.next_audit_line - 1, clearing.chain.hex()),
    )
    clearing.bulletins += 1
    clearing.bulletin_sha256 = sha256_hex(body)
    writes.changes.append(("bulletin", (close.trading_day, clearing.bulletins, clearing.bulletin_sha256, body, 0)))
    today = publications.closing(close, writes, totals, ended)
    await publications.add_ended(store, clearing, writes, today, close.periods)


def _as_settled(row: Deal, settled_now: set[int], seq: int) -> Deal:
    return msgspec.structs.replace(row, status=SETTLED, settled_seq=seq) if row.trade in settled_now else row


def _settled_by(writes: Writes) -> set[int]:
    """Trades that the closing entry itself settled: the day's cycle."""
    return {int(row[1]) for name, row in writes.changes if name in ("trade_settled", "award_settled")}


def _rows(flat: list[int | str], columns: int) -> Iterator[list[Any]]:
    for at in range(0, len(flat), columns):
        yield flat[at : at + columns]
