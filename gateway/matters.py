"""What the ecology bureau has to be told at once (重大事项即报): found from closed days, incidents and supervision. Pure.

Source: domain rules (g), after the national model (to be confirmed): a price at its limit for days, a large move, major
technical or business risk, serious breaches. No text gives numbers; the thresholds are the rule book's [surveillance].
"""

from collections.abc import Callable, Iterable
from typing import Final

from engine.core.rulebook import SurveillanceRules
from engine.title import ClosedFigure, DispatchRow, RecentFacts
from engine.view import MarketView
from gateway.protocol.day_words import Told, told
from gateway.protocol.report_wire import MatterRow
from gateway.protocol.times import day_text

DAYS: Final = 30  # closed days that are looked at
BASIS_POINTS: Final = 10_000
DISPATCHES_MAX: Final = 1_000


def matters(view: MarketView, facts: RecentFacts, dispatches: Iterable[DispatchRow]) -> list[MatterRow]:
    """All matters of the last days, oldest first. Each is due on the day it came up."""
    limits = {row.number: view.rulebook().products[row.product].limit_bp for row in view.instruments()}
    codes = {row.number: row.code for row in view.instruments()}
    found = [
        (name, "incident", day, Told(zh, en) if en else told("reconciliation")) for name, day, zh, en in facts.incidents
    ]
    by_instrument: dict[int, list[ClosedFigure]] = {}
    for row in facts.figures:
        by_instrument.setdefault(row.instrument, []).append(row)
    for number, rows in by_instrument.items():
        found += _of_prices(rows, codes[number], limits[number], view.rulebook().surveillance)
    since = facts.figures[0].trading_day if facts.figures else 0
    found += _of_supervision(view, since)
    sent = {row.subject: row.sent_as for row in dispatches if row.kind == "matter"}
    today = view.day().trading_day
    return [
        MatterRow(
            name,
            kind,
            day_text(day),
            words.en,
            day_text(day),
            day < today and name not in sent,
            sent.get(name, ""),
            words.zh,
        )
        for name, kind, day, words in sorted(found, key=lambda each: (each[2], each[0]))
    ]


_Found = tuple[str, str, int, Told]


def _of_prices(rows: list[ClosedFigure], code: str, limit_bp: int, thresholds: SurveillanceRules) -> Iterable[_Found]:
    in_a_row = 0
    for row in rows:
        before, close = row.previous_close_ticks, row.close_ticks
        if not (before and close and row.trades):
            in_a_row = 0
            continue
        band = (2 * before * limit_bp + BASIS_POINTS) // (2 * BASIS_POINTS)  # half up, as the day's band is made
        in_a_row = in_a_row + 1 if limit_bp and abs(close - before) >= band else 0
        if in_a_row and in_a_row % thresholds.at_limit_days == 0:
            words = told("at_limit", instrument=code, days=in_a_row)
            yield f"L-{row.trading_day}-{code}", "at_limit", row.trading_day, words
        if abs(close - before) * BASIS_POINTS >= before * thresholds.large_move_bp:
            sign, part = (
                "+" if close > before else "-",
                (2 * abs(close - before) * BASIS_POINTS + before) // (2 * before),
            )
            percent = f"{sign}{part // 100}.{part % 100:02d}"
            yield (
                f"V-{row.trading_day}-{code}",
                "large_move",
                row.trading_day,
                told("large_move", instrument=code, percent=percent),
            )


def _of_supervision(view: MarketView, since: int) -> Iterable[_Found]:
    code: Callable[[int], str] = {row.number: row.code for row in view.accounts()}.__getitem__
    kept = view.supervision()
    for case in kept.cases:
        if case.finding == "confirmed" and case.closed_on >= since:
            words = told("breach", account=code(case.account), matter=case.matter)
            yield f"K-{case.number}", "breach", case.closed_on, words
    for row in kept.restrictions:
        if row.imposed_on >= since:
            words = told("restriction", account=code(row.account), basis=row.basis)
            yield f"R-{row.number}", "restriction", row.imposed_on, words
