"""Weekly, monthly and yearly bulletins and corrections: their chain, what each supersedes, and their sums from the trades."""

import hashlib
from typing import Any, Final

from yutan.verifier.findings import DOCUMENTS, Report
from yutan.verifier.ledger import LISTED
from yutan.verifier.registry import FILE, Deal, Registry
from yutan.verifier.texts import iso_day, object_of, yuan

ZEROS: Final = "0" * 64


def check(registry: Registry, report: Report) -> None:
    """All of them, in the order of their numbers."""
    newest = {iso_day(day): (1, sha256) for day, sha256 in registry.query("SELECT trading_day, sha256 FROM bulletins")}
    previous = ZEROS
    rows = list(
        registry.query(
            "SELECT number, kind, period, version, first_day, last_day, sha256, supersedes, body, made_seq FROM publications "
            "ORDER BY number"
        )
    )
    for expected, (number, kind, period, version, first, last, sha256, supersedes, body, made_seq) in enumerate(
        rows, 1
    ):
        place = f"publications {number}"
        digest = hashlib.sha256(body).hexdigest()
        content = object_of(body)
        before, superseded = newest.get(period, (0, ""))
        correction = {"supersedes": superseded} if superseded else {}
        told: dict[str, tuple[object, object]] = {
            "number": (expected, number),
            "sha256": (digest, sha256),
            "previous_sha256": (previous, content.get("previous_sha256")),
            "version": (before + 1, version),
            "supersedes": (superseded, supersedes),
            "period, kind, version, number": (
                [period, kind, version, number],
                [content.get(name) for name in ("period", "kind", "version", "number")],
            ),
            "trading_day": (iso_day(last), content.get("trading_day")),
            "correction": (
                correction,
                {name: text for name, text in (content.get("correction") or {}).items() if name != "basis"},
            ),
        }
        for name, (right, found) in told.items():
            report.expect(DOCUMENTS, FILE, f"{place} {name}", right, found)
        _figures(registry, report, place, (first, last), content)
        if "voided_total" in content:
            trades = [
                deal for deal in registry.deals.values() if first <= deal.trading_day <= last and not deal.auction
            ]
            check_voided(registry, report, place, trades, made_seq, content)
        previous, newest[period] = digest, (version, digest)


def files(registry: Registry) -> dict[str, bytes]:
    """The files in which an exchange keeps them: name -> content."""
    rows = registry.query("SELECT period, version, body FROM publications")
    return {f"{period}.v{version}.json": body for period, version, body in rows}


def _figures(registry: Registry, report: Report, place: str, days: tuple[int, int], content: dict[str, Any]) -> None:
    deals = [deal for deal in registry.deals.values() if days[0] <= deal.trading_day <= days[1]]
    trades = [deal for deal in deals if not deal.auction]
    report.expect(DOCUMENTS, FILE, f"{place} total", _sums(trades), content.get("total"))
    rows = {row.get("code"): row for row in content.get("instruments", [])}
    for number, instrument in registry.instruments.items():
        row = rows.get(instrument.code)
        if row is None:
            is_quiet = not any(deal.instrument == number for deal in deals)
            report.require(DOCUMENTS, FILE, f"{place} {instrument.code}", is_quiet, "a row", "none")
            continue
        mine = [deal for deal in trades if deal.instrument == number]
        listed = [deal for deal in mine if deal.method in LISTED]
        prices = [deal.price_ticks * instrument.tick_fen for deal in listed]
        awards = [deal for deal in deals if deal.auction and deal.instrument == number]
        told: dict[str, object] = {
            "auction": _sums(awards),
            "block": _sums([deal for deal in mine if deal.method == "block"]),
            "high": yuan(max(prices)) if prices else None,
            "last": yuan(prices[-1]) if prices else None,
            "listed": {**_sums(listed), **{m: _sums([d for d in listed if d.method == m]) for m in LISTED}},
            "low": yuan(min(prices)) if prices else None,
            "open": yuan(prices[0]) if prices else None,
        }
        for name, right in told.items():
            report.expect(DOCUMENTS, FILE, f"{place} {instrument.code} {name}", right, row.get(name))


def check_voided(
    registry: Registry, report: Report, place: str, trades: list[Deal], to_seq: int, content: dict[str, Any]
) -> None:
    """What of the trades a bulletin calls void: all that were so when it was made."""
    voids = registry.voids_of(trades, to_seq)
    gone = [registry.deals[void.trade] for void in voids]
    report.expect(DOCUMENTS, FILE, f"{place} voided_total", _sums(gone), content.get("voided_total"))
    if "voided" not in content:
        return
    told = []
    for deal, void in zip(gone, voids, strict=True):
        instrument = registry.instruments[deal.instrument]
        told.append({
            "amount": yuan(deal.amount_fen), "basis": void.basis, "instrument": instrument.code, "method": deal.method,
            "price": yuan(deal.price_ticks * instrument.tick_fen), "tonnes": deal.tonnes, "trade_id": f"T-{deal.number}",
            "voided_at_ns": void.at_ns,
        })  # fmt: skip
    report.expect(DOCUMENTS, FILE, f"{place} voided", told, content["voided"])


def _sums(deals: list[Deal]) -> dict[str, object]:
    fen = sum(deal.amount_fen for deal in deals)
    return {"tonnes": sum(deal.tonnes for deal in deals), "trades": len(deals), "turnover": yuan(fen)}
