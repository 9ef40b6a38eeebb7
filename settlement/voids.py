"""Statements that are told anew because a trade on them was voided: a further version for both sides, which names the one before."""

from settlement.core.bulletin import TradeRow
from settlement.core.clearing import Clearing
from settlement.core.postings import Writes
from settlement.core.remedies import VoidRow
from settlement.core.statement import correct_statement
from settlement.store import Store


async def add_statements(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Add them for the trades that the entry which `clearing` has just taken voided, as far as their day has statements."""
    for void in clearing.voided:
        [trade] = await store.trades(void.trade, void.trade, 1)
        for account in (trade.buyer, trade.seller):
            await _add(store, clearing, writes, void, trade, account)


async def _add(store: Store, clearing: Clearing, writes: Writes, void: VoidRow, trade: TradeRow, account: int) -> None:
    superseded = await store.statement(account, trade.trading_day)
    if superseded is None:
        return  # the day is not closed yet: its statement will tell it
    body, version, sha256, supersedes = correct_statement(superseded, void, trade, account, clearing.ledger)
    row = (account, trade.trading_day, version, void.seq, sha256, supersedes, body)
    writes.changes.append(("statement_correction", row))
