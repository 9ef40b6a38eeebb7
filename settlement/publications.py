"""Bulletins beside the days' first ones, made from the registry's own rows in the transaction of what caused them.

A week's, month's or year's bulletin is made when its last trading day closes; where the calendar did not tell that it was
the last (a closure was announced afterwards), when the next day opens. Where a day is added to a period that was reported
on, and where an operator's act orders a correction, the next version is made; none is ever replaced.
"""

from typing import Final

import msgspec

from engine.core.calendar import DAY, PERIODS, is_day, period_name, period_span
from settlement import rows
from settlement.core.awards import AuctionRow
from settlement.core.bulletin import DayTotals, Totals, sha256_hex, sum_of
from settlement.core.clearing import Clearing, Cumulative, DayClose
from settlement.core.ledger import InvariantBroken
from settlement.core.periodicals import (
    ClosedDay,
    DayRow,
    PeriodFigures,
    Place,
    correct_bulletin,
    make_periodical,
)
from settlement.core.postings import Writes
from settlement.store import Store

DAY_ADDED: Final = "补入一个交易日 A trading day was added to the period"


class Closing(msgspec.Struct, frozen=True):
    """The day that is being closed, of which the store knows nothing yet."""

    day: ClosedDay
    figures: list[DayRow]
    totals: Totals
    auctions: list[AuctionRow]


def closing(close: DayClose, writes: Writes, totals: Totals, auctions: list[AuctionRow]) -> Closing:
    """What of a day that is being closed its periods' bulletins need."""
    day = ClosedDay(
        close.trading_day, close.at_ns, close.period.after_seq, close.seq, close.period.trade - 1, close.last_trade
    )
    figures = [msgspec.convert(row, DayRow) for name, row in writes.changes if name == "day_stats"]
    return Closing(day, figures, totals, auctions)


async def add_ended(store: Store, clearing: Clearing, writes: Writes, today: Closing, kinds: tuple[str, ...]) -> None:
    """Report on the periods that end with this day."""
    for kind in kinds:
        await _add(store, clearing, writes, period_name(kind, today.day.trading_day), DAY_ADDED, today)


async def add_overdue(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Report on periods that the day which has just opened shows to be over, where nobody has done so."""
    last, opened = clearing.closed_day, clearing.trading_day
    if not (is_day(last) and is_day(opened)):
        return
    for kind in PERIODS:
        period = period_name(kind, last)
        if period != period_name(kind, opened) and not await store.versions(period):
            await _add(store, clearing, writes, period, "", None)


async def add_correction(store: Store, clearing: Clearing, writes: Writes) -> None:
    """Make the next version that an operator's act has ordered; a period without a closed day has none."""
    corrected = clearing.corrected
    assert corrected is not None, "only after an entry that ordered it"
    await _add(store, clearing, writes, corrected.period, corrected.basis, None)
    kind, first_day, _ = period_span(corrected.period)
    if clearing.voided and kind == DAY:
        for longer in PERIODS:
            period = period_name(longer, first_day)
            if await store.versions(period):
                await _add(store, clearing, writes, period, corrected.basis, None)


async def _add(
    store: Store, clearing: Clearing, writes: Writes, period: str, basis: str, today: Closing | None
) -> None:
    kind, first_day, last_day = period_span(period)
    days = await store.closed_days(first_day, last_day) + ([today.day] if today else [])
    if not days:
        return
    known = await store.versions(period)
    supersedes = known[0].sha256 if known else ""
    version = known[0].version + 1 if known else 1
    superseded = b""
    if kind == DAY and not known:
        superseded = await store.bulletin(days[0].trading_day) or b""
        supersedes, version = sha256_hex(superseded), 2
    elif kind == DAY:
        superseded = await store.publication(period, known[0].version) or b""
    place = Place(
        kind, period, version, supersedes, basis, clearing.publications + 1, clearing.publication_sha256
    )  # fmt: skip
    if kind == DAY:
        body = await _corrected_day(store, clearing, place, days[0], superseded)
    else:
        body = await _periodical(store, clearing, place, days, today)
    clearing.publications = place.number
    clearing.publication_sha256 = sha256_hex(body)
    row = (
        place.number, kind, period, version, days[0].trading_day, days[-1].trading_day, clearing.publication_sha256,
        supersedes, body, clearing.seq, 0,
    )  # fmt: skip
    writes.changes.append(("publication", row))


async def _periodical(
    store: Store, clearing: Clearing, place: Place, days: list[ClosedDay], today: Closing | None
) -> bytes:
    instruments = clearing.ledger.instruments
    stored = days[:-1] if today else days
    made_from = PeriodFigures()
    auctions = []
    if stored:
        first, last = stored[0], stored[-1]
        made_from.add_days(await store.day_rows(first.trading_day, last.trading_day))
        for total in await store.method_totals(first.after_trade, last.last_trade):
            made_from.totals.count(*total)
        auctions = await store.ended_auctions(first.after_seq, last.closed_seq)
    voided = await _voided(store, clearing, days[0].after_trade, days[-1].last_trade)
    if today:
        made_from.add_days(today.figures)
        made_from.totals.add_totals(today.totals)
        auctions = auctions + today.auctions
    return make_periodical(
        clearing.market, clearing.rulebook_version, place, days, made_from, auctions, instruments, voided
    )


async def _voided(store: Store, clearing: Clearing, after_trade: int, last_trade: int) -> Cumulative:
    """What was voided of a range of trades, the present entry's included."""
    found = await store.voids(after_trade + 1, last_trade)
    found += [row for row in clearing.voided if after_trade < row.trade <= last_trade]
    total = Cumulative()
    for row in found:
        [trade] = await store.trades(row.trade, row.trade, 1)
        total = sum_of([total, Cumulative(trade.tonnes, trade.amount_fen, 1)])
    return total


async def _corrected_day(store: Store, clearing: Clearing, place: Place, day: ClosedDay, superseded: bytes) -> bytes:
    if not superseded:
        raise InvariantBroken(f"day {day.trading_day} is closed and has no bulletin")
    instruments = clearing.ledger.instruments
    voided = await store.voids(day.after_trade + 1, day.last_trade)
    new = [row for row in clearing.voided if day.after_trade < row.trade <= day.last_trade]
    totals = DayTotals(instruments, [*voided, *new])
    await rows.each(store.trades, day.after_trade + 1, day.last_trade, lambda r: r.trade, totals.add)
    await rows.each(store.awards, day.after_trade + 1, day.last_trade, lambda r: r.trade, totals.add_award)
    made_from = PeriodFigures()
    made_from.add_days(await store.day_rows(day.trading_day, day.trading_day))
    auctions = await store.ended_auctions(day.after_seq, day.closed_seq)
    return correct_bulletin(superseded, place, made_from, totals, auctions, instruments)
