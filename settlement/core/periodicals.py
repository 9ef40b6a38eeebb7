"""Weekly, monthly and yearly bulletins (周报, 月报, 年报), and bulletins of any kind issued again with a correction.

Source: domain rules (g), weekly, monthly and yearly reports (SHEEX weekly; CQ-I15 Art. 6), and its control that corrections
are published as corrections. Every figure is summed from the registry's closed days, trades and awards; open, high, low and
close are those of listed trading over the days. A version after the first names the SHA-256 of the one that it supersedes,
and why; the one before stays as it was published. All of them are one chain of their own beside the days' first bulletins:
each names its predecessor's SHA-256, and its own bytes' SHA-256 is its name.
"""

from typing import Any, Final

import msgspec
import orjson

from engine.core.events import DayStats, MethodStats
from settlement.core import awards
from settlement.core.awards import AuctionRow
from settlement.core.bulletin import (
    OTHER_METHODS,
    TERMS_EN,
    TERMS_ZH,
    DayTotals,
    Totals,
    figures,
    instrument_rows,
    sum_of,
)
from settlement.core.clearing import LISTED, Cumulative
from settlement.core.ledger import Instrument
from settlement.core.money import iso_day

FORMAT: Final = "yutan-periodical-1"


class DayRow(msgspec.Struct, frozen=True, array_like=True):
    """One instrument's closed day (table day_stats, in the order of its columns)."""

    trading_day: int
    instrument: int
    previous_close_ticks: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    last_ticks: int
    close_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int
    cumulative_tonnes: int
    cumulative_turnover_fen: int
    cumulative_trades: int


class ClosedDay(msgspec.Struct, frozen=True, array_like=True):
    """A closed day: the entries (after_seq, closed_seq] and the trades (after_trade, last_trade] belong to it."""

    trading_day: int
    closed_at_ns: int
    after_seq: int
    closed_seq: int
    after_trade: int
    last_trade: int


class Place(msgspec.Struct, frozen=True):
    """A document's place: which period, which version of it, what it supersedes and why, and where in the chain it stands."""

    kind: str
    period: str
    version: int
    supersedes: str
    basis: str
    number: int
    previous_sha256: str


class PeriodFigures:
    """What a period's bulletin is made of; days come in their order."""

    def __init__(self) -> None:
        self._rows: dict[int, DayRow] = {}
        self.totals = Totals()

    def add_days(self, rows: list[DayRow]) -> None:
        """Take in days' figures: the first day says where it all began, later ones move high, low, last and close."""
        for row in rows:
            before = self._rows.get(row.instrument)
            self._rows[row.instrument] = row if before is None else _joined(before, row)

    def stats(self, totals: Totals) -> list[DayStats]:
        """The period's figures in the words of a day's; what traded by other methods than listed is in `totals` alone."""
        return [
            DayStats(
                row.instrument, row.previous_close_ticks, row.open_ticks, row.high_ticks, row.low_ticks, row.last_ticks,
                row.close_ticks, row.tonnes, row.turnover_fen, row.trades, _other_methods(row.instrument, totals),
            )
            for row in self._rows.values()
        ]  # fmt: skip

    def cumulative(self) -> dict[int, Cumulative]:
        """Since the market opened, by instrument, as of the period's last day."""
        return {
            row.instrument: Cumulative(row.cumulative_tonnes, row.cumulative_turnover_fen, row.cumulative_trades)
            for row in self._rows.values()
        }


def _other_methods(instrument: int, totals: Totals) -> tuple[MethodStats, ...]:
    found = [(method, totals.of(instrument, method)) for method in OTHER_METHODS]
    return tuple(MethodStats(method, t.tonnes, t.turnover_fen, t.trades) for method, t in found if t.trades)


def _joined(before: DayRow, row: DayRow) -> DayRow:
    lows = [ticks for ticks in (before.low_ticks, row.low_ticks) if ticks]
    return msgspec.structs.replace(
        row,
        previous_close_ticks=before.previous_close_ticks,
        open_ticks=before.open_ticks or row.open_ticks,
        high_ticks=max(before.high_ticks, row.high_ticks),
        low_ticks=min(lows, default=0),
        last_ticks=row.last_ticks or before.last_ticks,
        tonnes=before.tonnes + row.tonnes,
        turnover_fen=before.turnover_fen + row.turnover_fen,
        trades=before.trades + row.trades,
    )


def make_periodical(
    market: str,
    rulebook_version: int,
    place: Place,
    days: list[ClosedDay],
    made_from: PeriodFigures,
    auctions: list[AuctionRow],
    instruments: dict[int, Instrument],
    voided: Cumulative,
) -> bytes:
    """The bytes of a week's, month's or year's bulletin. Raises `InvariantBroken` where days and trades contradict."""
    totals, cumulative = made_from.totals, made_from.cumulative()
    content = {
        **_placed(place),
        "auctions": [awards.auction_figures(row, instruments) for row in auctions],
        "by_method": _by_method(totals),
        "by_vintage": _by_vintage(totals, instruments),
        "closed_at_ns": days[-1].closed_at_ns,
        "cumulative": figures(sum_of(list(cumulative.values()))),
        "currency": "CNY",
        "first_day": iso_day(days[0].trading_day),
        "format": FORMAT,
        "instruments": instrument_rows(made_from.stats(totals), instruments, totals, cumulative),
        "market": market,
        "rulebook_version": rulebook_version,
        "seq": days[-1].closed_seq,
        "terms": {"en": TERMS_EN, "zh": TERMS_ZH},
        "total": figures(totals.of_all()),
        "trades_not_settled": totals.failed,
        "trading_day": iso_day(days[-1].trading_day),
        "trading_days": len(days),
        "voided_total": figures(voided),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def correct_bulletin(
    superseded: bytes,
    place: Place,
    day: PeriodFigures,
    totals: DayTotals,
    auctions: list[AuctionRow],
    instruments: dict[int, Instrument],
) -> bytes:
    """A day's bulletin anew: all figures of trades from the registry as it stands now, the rest as it was told.

    Composite prices, times and the rule book's version are facts of the closing that no later entry changes.
    """
    cumulative = day.cumulative()
    content = {
        **orjson.loads(superseded),
        **_placed(place),
        "auctions": [awards.auction_figures(row, instruments) for row in auctions],
        "cumulative": figures(sum_of(list(cumulative.values()))),
        "instruments": instrument_rows(day.stats(totals), instruments, totals, cumulative),
        "total": figures(totals.of_all()),
        "trades_merkle_root": totals.root(),
        "trades_not_settled": totals.failed,
        "voided": totals.voided,
        "voided_total": figures(totals.void_total),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _placed(place: Place) -> dict[str, Any]:
    return {
        "correction": {"basis": place.basis, "supersedes": place.supersedes} if place.supersedes else None,
        "kind": place.kind,
        "number": place.number,
        "period": place.period,
        "previous_sha256": place.previous_sha256,
        "version": place.version,
    }


def _by_method(totals: Totals) -> dict[str, Any]:
    """Volume and value of each method over all instruments."""
    found: dict[str, list[Cumulative]] = {method: [] for method in (*LISTED, *OTHER_METHODS)}
    for (_, method), total in totals.by_method.items():
        found[method].append(total)
    told = {method: figures(sum_of(parts)) for method, parts in found.items()}
    return {**told, awards.METHOD: figures(sum_of(list(totals.awards.values())))}


def _by_vintage(totals: Totals, instruments: dict[int, Instrument]) -> list[dict[str, Any]]:
    """Volume and value of each product and vintage by all methods of trading; auctions stand beside trading."""
    found: dict[tuple[str, int], list[Cumulative]] = {}
    for (number, _), total in totals.by_method.items():
        of = instruments[number]
        found.setdefault((of.product, of.vintage), []).append(total)
    return [{"product": key[0], "vintage": key[1], **figures(sum_of(found[key]))} for key in sorted(found)]
