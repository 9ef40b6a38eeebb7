"""Fees and the risk reserve by the rule book that was in force: worked out again from its text, not taken from the registry.

Which text held on a day follows from the acts: the founding one, and each that was adopted from the first opening on or after
its day on, unless a later one had taken its place before.
"""

import tomllib
from typing import Any, Final, NamedTuple

import orjson

from yutan.verifier.findings import LEDGER, Report
from yutan.verifier.journal import Journal
from yutan.verifier.registry import FILE, Day, Deal, Registry

PPM: Final = 1_000_000
FEES: Final = -3
RESERVE: Final = -4


class Rates(NamedTuple):
    """Fees by product in millionths of the value, and what of them goes into the reserve, up to where (0: no end)."""

    fee_ppm: dict[str, int]
    reserve_bp: int
    reserve_max_fen: int


def check(registry: Registry, journal: Journal, report: Report) -> None:
    """Every trade's and award's fees, and every contribution to the reserve."""
    if not journal.founding or not journal.is_whole:
        return
    by_day = _rates_by_day(registry, str(journal.founding[1]))
    for deal in registry.deals.values():
        rates = by_day.get(deal.trading_day)
        if deal.auction:
            _award(registry, report, deal)
        elif rates is not None:
            fee = deal.amount_fen * rates.fee_ppm.get(registry.instruments[deal.instrument].product, 0) // PPM
            place = f"trades {deal.number} fees by the rule book"
            report.expect(LEDGER, FILE, place, (fee, fee), (deal.buy_fee_fen, deal.sell_fee_fen))
    _contributions(registry, by_day, report)
    _movements(registry, report)


def _rates_by_day(registry: Registry, founding: str) -> dict[int, Rates]:
    current, waiting, found = _rates(founding), (0, ""), {}
    for act in _acts(registry, "AdoptRuleBook", "OpenDay"):
        if act["act"] == "AdoptRuleBook":
            waiting = act["effective_day"], act["rulebook"]
            continue
        if waiting[1] and waiting[0] <= act["trading_day"]:
            current, waiting = _rates(waiting[1]), (0, "")
        found[act["trading_day"]] = current
    return found


def _rates(text: str) -> Rates:
    book = tomllib.loads(text)
    fees = {
        code: _value(rules, "trading_fee_ppm") + _value(rules, "settlement_fee_ppm")
        for code, rules in book.get("product", {}).items()
    }
    settlement = book.get("settlement", {})
    return Rates(fees, _value(settlement, "risk_reserve_bp"), _value(settlement, "risk_reserve_max_fen"))


def _value(rules: dict[str, Any], key: str) -> int:
    return int(rules.get(key, {}).get("value", 0))


def _acts(registry: Registry, *names: str) -> list[dict[str, Any]]:
    """Acts of these kinds that were taken, in their order; the trail's own check holds them against the journal."""
    rows = registry.query("SELECT content FROM audit_trail WHERE event = 'taken' ORDER BY line")
    acts = (orjson.loads(content) for (content,) in rows)
    return [act for act in acts if act.get("act") in names]


def _award(registry: Registry, report: Report, deal: Deal) -> None:
    """The bidder pays the fee that the auction's notice named, and who applied for a one-way auction the one named for it."""
    code = next(registry.query("SELECT code FROM auctions WHERE auction = ?", deal.auction), ("",))[0]
    terms = next((act for act in _acts(registry, "AnnounceAuction") if act["code"] == code), {})
    is_sale = terms.get("direction") == "sale"
    rates = [terms.get(name, 0) for name in ("fee_ppm", "seller_fee_ppm" if is_sale else "buyer_fee_ppm")]
    fee, applicants = [deal.amount_fen * rate // PPM for rate in rates]
    fees = (fee, applicants) if is_sale else (applicants, fee)
    report.expect(LEDGER, FILE, f"awards {deal.number} fees by the notice", fees, (deal.buy_fee_fen, deal.sell_fee_fen))


def _contributions(registry: Registry, by_day: dict[int, Rates], report: Report) -> None:
    """At each close the rule book's share of the fees since the last one, less what voids returned, up to the cap."""
    told = dict(registry.query("SELECT seq, amount_fen FROM reserve_movements WHERE purpose = 'contribution'"))
    for day in registry.days:
        rates = by_day.get(day.trading_day, Rates({}, 0, 0))
        amount = max(0, _earned(registry, day) * rates.reserve_bp // 10_000)
        if rates.reserve_max_fen:
            amount = min(amount, max(0, rates.reserve_max_fen - _reserve_before(registry, day)))
        place = f"reserve_movements, contribution of {day.trading_day}"
        report.expect(LEDGER, FILE, place, amount, told.pop(day.closed_seq, 0))
    report.expect(LEDGER, FILE, "reserve_movements, contributions at no close", {}, told)


def _earned(registry: Registry, day: Day) -> int:
    deals = [deal for deal in registry.deals.values() if day.after_seq < deal.seq <= day.closed_seq]
    voids = [void for void in registry.voids.values() if day.after_seq < void.seq <= day.closed_seq]
    fees = sum(deal.buy_fee_fen + deal.sell_fee_fen for deal in deals)
    return fees - sum(void.buy_refund_fen + void.sell_refund_fen for void in voids)


def _reserve_before(registry: Registry, day: Day) -> int:
    (came,) = next(
        registry.query(
            "SELECT coalesce(sum(CASE WHEN to_account = ?1 THEN amount_fen ELSE -amount_fen END), 0) FROM reserve_movements "
            "WHERE seq < ?2",
            RESERVE, day.closed_seq,
        )
    )  # fmt: skip
    return int(came)


def _movements(registry: Registry, report: Report) -> None:
    """Each movement stands in the ledger, or waits; and nothing moves the reserve without one."""
    moved = "(from_account = -4 OR to_account = -4)"
    posted = sorted(
        registry.query(
            f"SELECT from_account, to_account, amount_fen FROM cash_postings WHERE {moved} UNION ALL "
            f"SELECT account, to_account, amount_fen FROM set_aside WHERE done_seq = 0 AND (account = -4 OR to_account = -4)"
        )
    )
    told = sorted(registry.query("SELECT from_account, to_account, amount_fen FROM reserve_movements"))
    report.expect(LEDGER, FILE, "reserve_movements and postings of the reserve", told, posted)
