"""Later versions of statements: each names the one before, differs from it in what was voided alone, and tells that rightly."""

import hashlib
from typing import Any

from yutan.verifier.findings import DOCUMENTS, Report
from yutan.verifier.registry import FILE, Registry
from yutan.verifier.texts import object_of, yuan


def check(registry: Registry, report: Report) -> None:
    """All of them, and that both sides of each voided trade have one where their day had a statement."""
    if "statement_corrections" not in registry.tables():
        return
    newest = {
        (account, day): (1, body, 0)
        for account, day, body in registry.query("SELECT account, trading_day, body FROM statements")
    }
    found: set[tuple[int, int, int]] = set()
    for account, day, version, seq, sha256, supersedes, body in registry.query(
        "SELECT account, trading_day, version, seq, sha256, supersedes, body FROM statement_corrections "
        "ORDER BY trading_day, account, version"
    ):
        place = f"statement_corrections {day}, account {account}, version {version}"
        before, superseded, _ = newest.get((account, day), (0, b"", 0))
        told = (before + 1, hashlib.sha256(superseded).hexdigest(), hashlib.sha256(body).hexdigest())
        report.expect(DOCUMENTS, FILE, f"{place} version, supersedes, sha256", told, (version, supersedes, sha256))
        expected = _expected(registry, account, day, version, seq, superseded)
        report.expect(DOCUMENTS, FILE, f"{place} content", expected, object_of(body))
        newest[account, day] = (version, body, seq)
        found.add((account, day, seq))
    closed = {day.trading_day: day.closed_seq for day in registry.days}
    due = set()
    for void in registry.voids.values():
        deal = registry.deals.get(void.trade)
        if deal is not None and closed.get(deal.trading_day, void.seq) < void.seq:
            due |= {(account, deal.trading_day, void.seq) for account in (deal.buyer, deal.seller)}
    report.expect(DOCUMENTS, FILE, "statement_corrections, account, day and seq", sorted(due), sorted(found))


def _expected(registry: Registry, account: int, day: int, version: int, seq: int, superseded: bytes) -> dict[str, Any]:
    """The version before, with what the entry voided of the account's trades."""
    content = object_of(superseded)
    for void in registry.voids.values():
        deal = registry.deals.get(void.trade)
        if void.seq != seq or deal is None or deal.trading_day != day or account not in (deal.buyer, deal.seller):
            continue
        is_buyer = account == deal.buyer
        refund = void.buy_refund_fen if is_buyer else void.sell_refund_fen
        for row in content.get("trades", []):
            if row.get("trade_id") == f"T-{deal.number}":
                row["status"] = "void"
        told = {
            "amount": yuan(deal.amount_fen), "basis": void.basis, "fee_returned": yuan(refund * void.was_settled),
            "instrument": registry.instruments[deal.instrument].code, "side": "buy" if is_buyer else "sell",
            "tonnes": deal.tonnes, "trade_id": f"T-{deal.number}", "voided_at_ns": void.at_ns,
            "was_settled": bool(void.was_settled),
        }  # fmt: skip
        content["voided"] = [*content.get("voided", []), told]
        supersedes = hashlib.sha256(superseded).hexdigest()
        content["correction"] = {"basis": void.basis, "supersedes": supersedes, "version": version}
    return content
