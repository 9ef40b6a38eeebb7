"""The documents of a closed day, made from the registry's own rows: one bulletin, and a statement for each account.

They go into the transaction that closes the day, so a day that is closed has its documents, and has them once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from settlement.core.awards import AwardRow
from settlement.core.bulletin import DayTotals, Proofs, TradeRow, make_bulletin, sha256_hex
from settlement.core.clearing import Clearing
from settlement.core.merkle import MerkleRoot
from settlement.core.postings import CASH_COLUMNS, TRADE_COLUMNS, UNIT_COLUMNS, Writes
from settlement.core.statement import CashPosting, StatementMaker, UnitPosting
from settlement.store import Store

PAGE_ROWS: Final = 250  # About three milliseconds of work before the event loop gets its turn.

Row = TypeVar("Row")


async def add(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Add the documents of the day that `clearing` has just closed.

    Everything before is committed already; what the closing entry itself moved stands in `writes`, next to be committed.
    """
    close = clearing.day_close
    assert close is not None, "only after an entry that closed the day"
    maker = StatementMaker(clearing.ledger)
    totals = DayTotals(clearing.ledger.instruments)
    period = close.period

    def add_trade(row: TradeRow) -> None:
        maker.add_trade(row)
        totals.add(row)

    await _each(store.cash_postings, period.cash_posting, close.last_cash_posting, lambda r: r.posting, maker.add_cash)
    await _each(store.unit_postings, period.unit_posting, close.last_unit_posting, lambda r: r.posting, maker.add_units)

    def add_award(row: AwardRow) -> None:
        maker.add_award(row)
        totals.add_award(row)

    await _each(store.trades, period.trade, close.last_trade, lambda r: r.trade, add_trade)
    await _each(store.awards, period.trade, close.last_trade, lambda r: r.trade, add_award)

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
    body = make_bulletin(
        clearing.market,
        clearing.rulebook_version,
        close,
        clearing.bulletins + 1,
        clearing.bulletin_sha256,
        clearing.ledger.instruments,
        totals,
        clearing.cumulative,
        clearing.take_ended_auctions(),
        Proofs(statements.root().hex(), clearing.next_audit_line - 1, clearing.chain.hex()),
    )
    clearing.bulletins += 1
    clearing.bulletin_sha256 = sha256_hex(body)
    writes.changes.append(("bulletin", (close.trading_day, clearing.bulletins, clearing.bulletin_sha256, body, 0)))


def _rows(flat: list[int | str], columns: int) -> Iterator[list[Any]]:
    for at in range(0, len(flat), columns):
        yield flat[at : at + columns]


async def _each(
    read: Callable[[int, int, int], Awaitable[list[Row]]],
    first: int,
    last: int,
    number_of: Callable[[Row], int],
    take: Callable[[Row], None],
) -> None:
    """Read a range of rows page by page; the event loop gets its turn with each page."""
    while first <= last:
        page = await read(first, last, PAGE_ROWS)
        if not page:
            return
        for row in page:
            take(row)
        first = number_of(page[-1]) + 1
