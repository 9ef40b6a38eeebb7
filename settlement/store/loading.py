"""The registry's state in memory, read from the file at start: what the last transaction left."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiosqlite
import orjson

from engine.title import BankComparison, StatementAnswer
from settlement.core.awards import AuctionRow
from settlement.core.clearing import Clearing, Cumulative, Period
from settlement.core.dvp import Instruction, SetAside
from settlement.core.ledger import Account, Instrument, Ledger
from settlement.core.postings import PREALLOCATED, STATE_PLACES, USE_RESTRICTED
from settlement.core.serials import OffsetIssue, SerialBlock, Serials
from settlement.store import Mark

Row = tuple[Any, ...]


async def _load_serials(connection: aiosqlite.Connection, serials: Serials) -> None:
    for row in await connection.execute_fetchall("SELECT * FROM offset_issues ORDER BY issue"):
        serials.load_issue(OffsetIssue(*row))
    for row in await connection.execute_fetchall("SELECT * FROM serial_blocks ORDER BY issue, first_serial"):
        serials.load_block(SerialBlock(*row))


async def load(connection: aiosqlite.Connection) -> tuple[Clearing, Mark]:
    """The registry as of its mark."""

    async def rows(sql: str) -> list[Row]:
        return [tuple(row) for row in await connection.execute_fetchall(sql)]

    ledger = Ledger()
    for row in await rows("SELECT account, code, owner, name, category FROM accounts ORDER BY account"):
        ledger.add_account(Account(*row))
    for row in await rows("SELECT * FROM instruments ORDER BY instrument"):
        ledger.add_instrument(Instrument(*row[:10]))
    for account, scope in await rows("SELECT account, restriction FROM accounts"):
        ledger.set_restriction(account, scope)
    ledger.successors.update(await rows("SELECT account, successor FROM accounts WHERE successor > 0"))
    for account, year, floor in await rows("SELECT account, year, floor_tonnes FROM retention ORDER BY seq"):
        ledger.set_floor(account, year, floor)
    ledger.cash.update(await rows("SELECT account, amount_fen FROM cash_balances"))
    for account, instrument, *held in await rows("SELECT * FROM unit_balances"):
        ledger.units[account, instrument] = held
        if account > 0 and instrument in ledger.allowances:
            ledger.allowance_tonnes[account] += sum(held) - held[STATE_PLACES[PREALLOCATED]]
    for account, instrument, day, tonnes in await rows("SELECT * FROM lockups"):
        ledger.lots.setdefault((account, instrument), {})[day] = tonnes
    await _load_serials(connection, ledger.serials)
    ledger.next_unit_posting = 1 + (await rows("SELECT coalesce(max(posting), 0) FROM unit_postings"))[0][0]
    ledger.next_cash_posting = 1 + (await rows("SELECT coalesce(max(posting), 0) FROM cash_postings"))[0][0]

    aside = await _load_aside(rows, ledger)
    clearing = Clearing(ledger, aside)
    (market, version, mark_seq, mark_at_ns, trading_day, day_number, phase, *period, settles_at_close) = (
        await rows(
            "SELECT market, rulebook_version, mark_seq, mark_at_ns, trading_day, day_number, phase, closed_seq, "
            "period_unit_posting, period_cash_posting, period_trade, settles_at_close FROM registry"
        )
    )[0]
    clearing.market, clearing.rulebook_version = market, version
    clearing.trading_day, clearing.day_number, clearing.phase = trading_day, day_number, phase
    clearing.period = Period(*period)
    clearing.settles_at_close = bool(settles_at_close)
    for table in ("trades", "awards"):
        last = (await rows(f"SELECT coalesce(max(trade), 0) FROM {table}"))[0][0]
        clearing.last_trade = max(clearing.last_trade, last)
    for instrument, *total in await rows(
        "SELECT instrument, cumulative_tonnes, cumulative_turnover_fen, cumulative_trades FROM day_stats d "
        "WHERE trading_day = (SELECT max(trading_day) FROM day_stats WHERE instrument = d.instrument)"
    ):
        clearing.cumulative[instrument] = Cumulative(*total)
    closed_seq = clearing.period.after_seq  # what ended before has been in a bulletin
    for row in await rows(f"SELECT * FROM auctions WHERE ended_seq = 0 OR ended_seq > {closed_seq} ORDER BY auction"):
        clearing.auctions[row[0]] = AuctionRow(*row)
    for row in await rows(f"SELECT * FROM statement_answers WHERE seq > {closed_seq} ORDER BY seq"):
        answer = StatementAnswer(*row)
        clearing.answers.setdefault(answer.account, []).append(answer)
    await _load_chains(rows, clearing)
    clearing.bank_comparison = await _load_comparison(connection)
    return clearing, Mark(mark_seq, mark_at_ns)


async def _load_aside(rows: Callable[[str], Awaitable[list[Row]]], ledger: Ledger) -> SetAside:
    """What is set aside, and which trades are disputed."""
    aside = SetAside()
    for row in await rows(
        "SELECT a.instruction, a.kind, a.seq, a.trade, a.account, a.instrument, a.tonnes, a.amount_fen, a.year, a.reason, "
        "a.detail, a.attempts, a.lock_passed, coalesce(t.buyer, w.buyer, 0), "
        "coalesce(v.buy_refund_fen, t.buy_fee_fen, w.buy_fee_fen, 0), "
        "coalesce(v.sell_refund_fen, t.sell_fee_fen, w.sell_fee_fen, 0), "
        "coalesce(t.day_number, w.day_number, a.bought_day), coalesce(w.payee, 0), "
        "coalesce(w.receiver, 0), a.from_state, a.to_account, a.to_state "
        "FROM set_aside a LEFT JOIN trades t ON t.trade = a.trade "
        "LEFT JOIN voids v ON v.trade = a.trade AND a.kind = 'void' "
        "LEFT JOIN awards w ON w.trade = a.trade WHERE a.done_seq = 0 ORDER BY a.instruction"
    ):
        waiting = Instruction(*row)
        waiting.lock_passed = bool(waiting.lock_passed)
        if waiting.kind == "trade":  # what is cash alone has no instrument
            is_bought_back = waiting.payee and waiting.payee == waiting.account
            is_unlocked = ledger.instruments[waiting.instrument].lock_days == 0 or waiting.to_state == USE_RESTRICTED
            if is_unlocked or is_bought_back:
                waiting.lock_day = 0
        aside.open[waiting.number] = waiting
    aside.next_number = 1 + (await rows("SELECT coalesce(max(instruction), 0) FROM set_aside"))[0][0]

    for trade, objection in await rows(
        "SELECT trade, objection FROM statement_answers c WHERE trade > 0 AND step = 'contested' AND NOT EXISTS "
        "(SELECT 1 FROM statement_answers d WHERE d.objection = c.objection AND d.step = 'dismissed') ORDER BY objection"
    ):
        aside.dispute(trade, objection)
    return aside


async def _load_chains(rows: Callable[[str], Awaitable[list[Row]]], clearing: Clearing) -> None:
    """Where the audit trail and the documents go on."""
    for line, chain in await rows("SELECT line, chain FROM audit_trail ORDER BY line DESC LIMIT 1"):
        clearing.next_audit_line, clearing.chain = line + 1, chain
    for number, sha256 in await rows("SELECT number, sha256 FROM bulletins ORDER BY number DESC LIMIT 1"):
        clearing.bulletins, clearing.bulletin_sha256 = number, sha256
    for number, sha256 in await rows("SELECT number, sha256 FROM publications ORDER BY number DESC LIMIT 1"):
        clearing.publications, clearing.publication_sha256 = number, sha256
    clearing.closed_day = (await rows("SELECT coalesce(max(trading_day), 0) FROM days"))[0][0]


async def _load_comparison(connection: aiosqlite.Connection) -> BankComparison | None:
    """How the bank's newest file compared with the ledger; None where none has come."""
    query = "SELECT trading_day, seq, sha256, body FROM bank_files ORDER BY seq DESC LIMIT 1"
    for day, seq, sha256, body in await connection.execute_fetchall(query):
        return BankComparison(day, seq, sha256, [tuple(row) for row in orjson.loads(body)["breaks"]])
    return None
