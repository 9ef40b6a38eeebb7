"""Reports made on demand from what the registry holds: the rows of a period, then `settlement.core.reports`."""

from typing import Any, Final

from engine.core.calendar import period_span
from settlement.core import reports
from settlement.core.clearing import Clearing
from settlement.core.periodicals import PeriodFigures
from settlement.core.reports import BUREAU, FINANCE, MONITOR, Rows, Span
from settlement.store import Store

_OF_BUREAU: Final = (
    "accounts", "accounts_opened", "registry_acts", "units_to_date", "participation", "settled", "cash", "reconciliations",
    "bank_files", "risk_reserve", "notices", "matters",
)  # fmt: skip
_OF_FINANCE: Final = ("auction_awards", "auction_payments")
_OF_MARKET: Final = ("owners", "participation")
_QUARTERS: Final = {"Q1": ("0101", "0331"), "Q2": ("0401", "0630"), "Q3": ("0701", "0930"), "Q4": ("1001", "1231")}


def dates_of(period: str) -> tuple[int, int] | None:
    """First and last date of a day, week, month, quarter (2026-Q4) or year; None where no period has this name."""
    year, _, quarter = period.partition("-")
    if len(year) == 4 and year.isascii() and year.isdecimal() and quarter in _QUARTERS:
        first, last = _QUARTERS[quarter]
        return int(year + first), int(year + last)
    try:
        _, first_day, last_day = period_span(period)
    except ValueError:
        return None
    return first_day, last_day


async def make(store: Store, clearing: Clearing, kind: str, period: str) -> dict[str, Any] | None:
    """The report of this kind on a period, a monitor's also on an auction by its code; None where there is nothing of it."""
    instruments = clearing.ledger.instruments
    if kind == MONITOR and (found := await store.auction(period)) is not None:
        before = await store.closes_before(found.instrument, found.ended_day, reports.SECONDARY_DAYS)
        named = {
            "format": reports.FORMAT,
            "kind": kind,
            "market": clearing.market,
            "period": period,
            "seq": found.ended_seq,
        }
        return {**named, **reports.monitor_auction(found, instruments, before)} if found.ended_seq else None
    dates = dates_of(period)
    span = await store.report_span(*dates) if dates is not None else None
    if span is None:
        return None
    told = reports.head(kind, period, clearing.market, span)
    if kind == BUREAU:
        auctions = await store.ended_auctions(span.after_seq, span.to_seq)
        rows = await _rows(store, _OF_BUREAU, span)
        return {**told, **reports.bureau(rows, await _figures(store, span), auctions, instruments)}
    if kind == FINANCE:
        auctions = await store.ended_auctions(span.after_seq, span.to_seq)
        rows = await _rows(store, _OF_FINANCE, span)
        return {**told, **reports.finance(rows, auctions, instruments, clearing.ledger.accounts)}
    rows = await _rows(store, _OF_MARKET, span)
    return {**told, **reports.monitor_market(rows, await _figures(store, span), instruments)}


async def _rows(store: Store, names: tuple[str, ...], span: Span) -> Rows:
    return {name: await store.report_rows(name, span) for name in names}


async def _figures(store: Store, span: Span) -> PeriodFigures:
    made_from = PeriodFigures()
    made_from.add_days(await store.day_rows(span.first_day, span.last_day))
    for total in await store.method_totals(span.after_trade, span.last_trade):
        made_from.totals.count(*total)
    return made_from
