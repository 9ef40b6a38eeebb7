"""Bulletins and statements, figure by figure from the registry's own rows.

What the exchange alone can judge (an instrument's closing price follows the rule book) is compared with the day's stored
figures; everything else is counted again from trades, awards and postings. Fields that this program does not know are
covered by the documents' hashes and Merkle roots.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

import orjson

from yutan.verifier import corrections, publications
from yutan.verifier.findings import DOCUMENTS, Report
from yutan.verifier.ledger import LISTED, Cash, Units
from yutan.verifier.merkle import root
from yutan.verifier.registry import FILE, Day, Deal, Registry
from yutan.verifier.texts import content_of, iso_day, yuan
from yutan.verifier.trail import Head

ZEROS: Final = "0" * 64
STATEMENT_TRADES_MAX: Final = 10_000
# Words of a statement by kind of posting: (what left an account, what came in). None: told by no word of its own.
_CASH_WORDS: Final = {
    "payment": ("bought", "sold"), "fee": ("fees", None), "deposit": (None, "deposited"),
    "withdrawal": ("withdrawn", None), "transfer": ("transferred_out", "transferred_in"),
    "void": ("voided_out", "voided_in"), "fee_return": (None, "fees_returned"),
}  # fmt: skip
_UNIT_WORDS: Final = {
    "trade": ("sold", "bought"), "issue": (None, "issued"), "surrender": ("surrendered", None),
    "cancel": ("canceled", None), "transfer": ("transferred_out", "transferred_in"), "true_up": ("withdrawn", None),
    "void": ("voided_out", "voided_in"),
}  # fmt: skip


def check(
    registry: Registry, heads: dict[int, Head], folder: Path, named: int, is_sealed: bool, report: Report
) -> None:
    """All documents of all days, and the bulletins' files.

    named: the newest bulletin's number that a checkpoint names; is_sealed: nothing has come after the newest checkpoint.
    """
    documents = _Documents(registry, report)
    documents.bulletins(heads)
    documents.statements()
    corrections.check(registry, report)
    publications.check(registry, report)
    _files(registry, folder, named, is_sealed, report)


def _files(registry: Registry, folder: Path, named: int, is_sealed: bool, report: Report) -> None:
    """The files of bulletins are the registry's bytes, each once; those after the newest checkpoint may not be written yet."""
    rows = list(registry.query("SELECT trading_day, number, body FROM bulletins"))
    bodies = {f"{day}.json": body for day, _, body in rows}
    due = {f"{day}.json" for day, number, _ in rows if number <= named}
    later = publications.files(registry)
    found = {path.name: path for path in folder.glob("*.json")}
    newest = max(found.keys() - later.keys(), default="")
    bodies |= {name: body for name, body in later.items() if is_sealed or name in found}
    due |= later.keys()
    for name in sorted(bodies.keys() | found.keys()):
        place = f"{folder.name}/{name}"
        if name in found:
            told = hashlib.sha256(bodies[name]).hexdigest() if name in bodies else "none: the registry has no such day"
            report.expect(DOCUMENTS, place, "SHA-256", told, hashlib.sha256(found[name].read_bytes()).hexdigest())
        elif name < newest or name in due:
            report.wrong(DOCUMENTS, place, "file", "a file for the day's bulletin", "none")
        else:
            report.notes.append(f"{place}: not written yet")


class _Documents:
    def __init__(self, registry: Registry, report: Report) -> None:
        self.registry, self.report = registry, report
        self.total: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])  # instrument -> tonnes, turnover, trades

    def expect(self, place: str, expected: object, found: object) -> bool:
        return self.report.expect(DOCUMENTS, FILE, place, expected, found)

    # ---- bulletins -----------------------------------------------------------------------------------------------

    def bulletins(self, heads: dict[int, Head]) -> None:
        rows = {
            row[0]: row[1:]
            for row in self.registry.query("SELECT trading_day, number, sha256, body FROM bulletins ORDER BY number")
        }
        self.expect("bulletins, days", [day.trading_day for day in self.registry.days], list(rows))
        previous = ZEROS
        for number, day in enumerate(self.registry.days, 1):
            if day.trading_day not in rows:
                continue
            found_number, sha256, body = rows[day.trading_day]
            place = f"bulletins {day.trading_day}"
            digest = hashlib.sha256(body).hexdigest()
            self.expect(f"{place} number", number, found_number)
            self.expect(f"{place} sha256", digest, sha256)
            content = content_of(body)
            if not self.report.require(DOCUMENTS, FILE, place, isinstance(content, dict), "a JSON object", "another"):
                continue
            self.expect(f"{place} previous_sha256", previous, content.get("previous_sha256"))
            previous = digest
            self._bulletin(place, number, day, content)
            if (head := heads.get(day.closed_seq)) and "audit_trail" in content:
                told = {"chain": head.chain, "lines": head.lines}
                self.expect(f"{place} audit_trail", told, content["audit_trail"])

    def _bulletin(self, place: str, number: int, day: Day, content: dict[str, Any]) -> None:
        deals = self.registry.deals_of(day)
        trades, awards = [d for d in deals if not d.auction], [d for d in deals if d.auction]
        is_new = "statements_merkle_root" in content  # before, awards and statements were under no root
        for deal in trades:
            _add(self.total[deal.instrument], deal)
        told = {
            "closed_at_ns": day.closed_at_ns, "cumulative": _figures(_sum(self.total.values())),
            "day_number": day.day_number, "number": number, "seq": day.closed_seq, "total": _of(trades),
            "trades_merkle_root": root(map(self._leaf, deals if is_new else trades)),
            "trading_day": iso_day(day.trading_day),
        }  # fmt: skip
        if is_new:
            bodies = self.registry.query(
                "SELECT body FROM statements WHERE trading_day = ? ORDER BY account", day.trading_day
            )
            told["statements_merkle_root"] = root(row[0] for row in bodies)
        for name, expected in told.items():
            self.expect(f"{place} {name}", expected, content.get(name))
        if "voided" in content:
            publications.check_voided(self.registry, self.report, place, trades, day.closed_seq, content)
        self._instruments(place, day, trades, awards, content)
        self._auctions(place, day, content)

    def _leaf(self, deal: Deal) -> bytes:
        instrument = self.registry.instruments[deal.instrument]
        return orjson.dumps(
            {
                "amount": yuan(deal.amount_fen), "at_ns": deal.at_ns, "instrument": instrument.code, "method": deal.method,
                "price": yuan(deal.price_ticks * instrument.tick_fen), "tonnes": deal.tonnes, "trade_id": f"T-{deal.number}",
            },
            option=orjson.OPT_SORT_KEYS,
        )  # fmt: skip

    def _instruments(
        self, place: str, day: Day, trades: list[Deal], awards: list[Deal], content: dict[str, Any]
    ) -> None:
        rows = {row.get("code"): row for row in content.get("instruments", [])}
        stats = {
            row[0]: row[1:]
            for row in self.registry.query(
                "SELECT instrument, previous_close_ticks, open_ticks, high_ticks, low_ticks, last_ticks, close_ticks, "
                "cumulative_tonnes, cumulative_turnover_fen, cumulative_trades FROM day_stats WHERE trading_day = ? "
                "ORDER BY instrument",
                day.trading_day,
            )
        }
        self.expect(f"{place} instruments", [self.registry.instruments[number].code for number in stats], list(rows))
        for number, (previous, *prices, tonnes, turnover, count) in stats.items():
            instrument = self.registry.instruments[number]
            row = rows.get(instrument.code, {})
            mine = [deal for deal in trades if deal.instrument == number]
            listed = [deal for deal in mine if deal.method in LISTED]
            names = ("previous_close", "open", "high", "low", "last", "close")
            told: dict[str, object] = {
                name: yuan(ticks * instrument.tick_fen) if ticks else None
                for name, ticks in zip(names, (previous, *prices), strict=True)
            }
            amount, volume = sum(deal.amount_fen for deal in listed), sum(deal.tonnes for deal in listed)
            told |= {
                "auction": _of([deal for deal in awards if deal.instrument == number]),
                "average": yuan((2 * amount + volume) // (2 * volume)) if volume else None,
                "block": _of([deal for deal in mine if deal.method == "block"]),
                "change": yuan((prices[-1] - previous) * instrument.tick_fen),
                "change_percent": _percent(prices[-1] - previous, previous),
                "cumulative": _figures([tonnes, turnover, count]),
                "listed": {**_of(listed), **{m: _of([d for d in listed if d.method == m]) for m in LISTED}},
                "name_en": instrument.name_en,
                "name_zh": instrument.name_zh,
                "product": instrument.product,
                "vintage": instrument.vintage,
            }
            for name, expected in told.items():
                if name in row or name != "block":
                    self.expect(f"{place} {instrument.code} {name}", expected, row.get(name))

    def _auctions(self, place: str, day: Day, content: dict[str, Any]) -> None:
        told = {row.get("code"): row for row in content.get("auctions", [])}
        for auction, code, direction, method, number, offered, status, price, sold, bid, bidders, winners, revenue, before, left, \
                low, high, fees, held_by, unit_account, cash_account in self.registry.query(
            "SELECT auction, code, direction, method, instrument, tonnes, status, price_ticks, sold_tonnes, bid_tonnes, bidders, "
            "winners, revenue_fen, carried_tonnes, carry_tonnes, low_ticks, high_ticks, applicant_fee_fen, "
            "held_by, unit_account, cash_account FROM auctions "
            "WHERE ended_seq > ? AND ended_seq <= ? ORDER BY auction",
            day.after_seq, day.closed_seq,
        ):  # fmt: skip
            instrument = self.registry.instruments[number]
            expected = {
                "bid_tonnes": bid, "bidders": bidders, "code": code, "cover_ratio": yuan((bid * 100 + offered // 2) // offered),
                "direction": direction, "instrument": instrument.code, "method": method, "offered": offered,
                "price": yuan(price * instrument.tick_fen) if price else None, "status": status, "tonnes": sold,
                "turnover": yuan(revenue), "winners": winners,
            }  # fmt: skip
            found = told.pop(code, {})
            later = {  # fields that bulletins once had not
                "carried_from_earlier": before, "left_over": left,
                "lowest_bid": yuan(low * instrument.tick_fen) if low and bidders >= 3 else None,
                "highest_bid": yuan(high * instrument.tick_fen) if high and bidders >= 3 else None,
                "held_by": held_by, "seller_fees": yuan(fees if direction == "sale" else 0),
                "buyer_fees": yuan(fees if direction != "sale" else 0),
            }  # fmt: skip
            expected |= {name: right for name, right in later.items() if name in found}
            self._holder(f"auctions {auction} held_by", unit_account, unit_account == cash_account, held_by)
            if "bid_statistics" in found:
                self._bid_statistics(f"{place} auction {code} bid_statistics", auction, direction, bid, bidders, found)
            self.expect(f"{place} auction {code}", expected, {name: found.get(name) for name in expected})
        self.expect(f"{place} auctions that did not end", [], sorted(told))

    def _holder(self, place: str, account: int, is_participants: bool, told: Any) -> None:
        """The government; or the participant that applied, by its name or by its category."""
        query = "SELECT name, category FROM accounts WHERE account = ?"
        words = next(self.registry.query(query, account), ()) if is_participants else ("government",)
        self.report.require(DOCUMENTS, FILE, place, told in words, " or ".join(words), told)

    def _bid_statistics(
        self, place: str, auction: int, direction: str, bid: int, bidders: int, told: dict[str, Any]
    ) -> None:
        """Told with five bidders or more; what awards and totals say of them is counted again, prices of lost bids are not."""
        statistics = told.get("bid_statistics")
        self.expect(f"{place} where they may be told", bidders >= 5, bool(statistics))
        if bidders < 5 or not isinstance(statistics, dict):
            return
        owners = dict(self.registry.query("SELECT account, owner FROM accounts"))
        won: dict[int, int] = defaultdict(int)
        for deal in self.registry.deals.values():
            if deal.auction == auction:
                won[owners[deal.receiver if direction == "sale" else deal.seller]] += deal.tonnes
        each = [Decimal(tonnes) for tonnes in won.values()] + [Decimal(0)] * (bidders - len(won))
        mean = sum(each, Decimal(0)) / bidders
        spread = (sum(((tonnes - mean) ** 2 for tonnes in each), Decimal(0)) / bidders).sqrt()
        expected = {
            "bid_per_bidder_mean": Decimal(bid) / bidders,
            "won_per_bidder_mean": mean,
            "won_per_bidder_deviation": spread,
        }
        for name, right in expected.items():
            self.expect(f"{place} {name}", str(right.quantize(Decimal("0.01"), ROUND_HALF_UP)), statistics.get(name))

    # ---- statements ------------------------------------------------------------------------------------------------

    def statements(self) -> None:
        cash: dict[int, int] = defaultdict(int)
        units: dict[tuple[int, int, str], int] = defaultdict(int)
        for day in self.registry.days:
            period = _Period(self.registry, day, cash, units)
            rows = {
                row[0]: row[1:]
                for row in self.registry.query(
                    "SELECT account, sha256, body FROM statements WHERE trading_day = ?", day.trading_day
                )
            }
            opened = {
                row[0]
                for row in self.registry.query("SELECT account FROM accounts WHERE opened_seq <= ?", day.closed_seq)
            }
            self.expect(f"statements of {day.trading_day}, accounts", sorted(opened), sorted(rows))
            for account in sorted(rows):
                self._statement(day, period, account, *rows[account])
            period.end()
        days = {day.trading_day for day in self.registry.days}
        strange = {row[0] for row in self.registry.query("SELECT DISTINCT trading_day FROM statements")} - days
        self.expect("statements of days that were not closed", [], sorted(strange))

    def _statement(self, day: Day, period: "_Period", account: int, sha256: str, body: bytes) -> None:
        place = f"statements {day.trading_day}, account {account}"
        self.expect(f"{place} sha256", hashlib.sha256(body).hexdigest(), sha256)
        content = content_of(body)
        if not self.report.require(DOCUMENTS, FILE, place, isinstance(content, dict), "a JSON object", "another"):
            return
        told: dict[str, object] = {
            "account": self.registry.accounts.get(account), "day_number": day.day_number, "made_at_ns": day.closed_at_ns,
            "period": {"after_seq": day.after_seq, "to_seq": day.closed_seq}, "trading_day": iso_day(day.trading_day),
            "trades_count": len(period.deals_of(account)),
        }  # fmt: skip
        if "previous" in content:  # statements of before did not tell of answers
            told |= period.answers_of(account)
        for name, expected in told.items():
            self.expect(f"{place} {name}", expected, content.get(name))
        flows = period.cash_flows.get(account, {})
        words = {word for pair in _CASH_WORDS.values() for word in pair if word}
        figures = {word: yuan(flows.get(word, 0)) for word in words}
        figures |= {"opening": yuan(period.cash_before[account]), "closing": yuan(period.cash[account])}
        found = content.get("cash", {})
        figures = {
            name: told for name, told in figures.items() if name in found or told != "0.00"
        }  # not all words are old
        self.expect(f"{place} cash", figures, {name: found.get(name) for name in figures})
        self._units(place, period, account, content.get("units", []))
        self._trades(place, period, account, content.get("trades", []))

    def _units(self, place: str, period: "_Period", account: int, rows: list[dict[str, Any]]) -> None:
        found = {row.get("instrument"): row for row in rows}
        for number, instrument in self.registry.instruments.items():
            row = found.pop(instrument.code, {})
            for name, held in (("opening", period.units_before), ("closing", period.units)):
                states = row.get(name, {})
                expected = {s: t for (a, i, s), t in held.items() if (a, i) == (account, number) and t}
                self.expect(
                    f"{place} {instrument.code} {name}", expected, {state: t for state, t in states.items() if t}
                )
            flows = period.unit_flows.get((account, number), {})
            words = {word for pair in _UNIT_WORDS.values() for word in pair if word}
            for word in sorted(words):
                self.expect(f"{place} {instrument.code} {word}", flows.get(word, 0), row.get(word, 0))
        self.expect(f"{place} units of no instrument", [], sorted(map(str, found)))

    def _trades(self, place: str, period: "_Period", account: int, rows: list[dict[str, Any]]) -> None:
        expected = []
        for side, deal in period.deals_of(account)[:STATEMENT_TRADES_MAX]:
            instrument = self.registry.instruments[deal.instrument]
            order = deal.buy_order if side == "buy" else deal.sell_order
            letter = "A" if deal.auction else "B" if deal.method == "block" else "O"
            fee = deal.buy_fee_fen if side == "buy" else deal.sell_fee_fen
            expected.append({
                "amount": yuan(deal.amount_fen), "at_ns": deal.at_ns, "fee": yuan(fee), "instrument": instrument.code,
                "method": deal.method, "order_id": f"{letter}-{order}",
                "price": yuan(deal.price_ticks * instrument.tick_fen), "side": side, "tonnes": deal.tonnes,
                "trade_id": f"T-{deal.number}",
            })  # fmt: skip
        listed = [{name: row.get(name) for name in expected[0]} for row in rows] if expected else rows
        if not self.expect(f"{place} trades", len(expected), len(listed)):
            return
        for told, found in zip(expected, listed, strict=True):
            self.expect(f"{place} {told['trade_id']}", told, found)


class _Period:
    """What moved between two closes; `cash` and `units` are running sums that go on from day to day."""

    def __init__(
        self, registry: Registry, day: Day, cash: dict[int, int], units: dict[tuple[int, int, str], int]
    ) -> None:
        self.cash, self.units = cash, units
        self.cash_before, self.units_before = defaultdict(int, cash), defaultdict(int, units)
        self.cash_flows: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.unit_flows: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._deals: dict[int, list[tuple[str, Deal]]] = defaultdict(list)
        between = f"WHERE posting BETWEEN {day.cash_posting} AND {day.last_cash_posting}"
        for cash_row in registry.rows(f"SELECT {{}} FROM cash_postings {between}", Cash):
            self._cash(Cash(*cash_row))
        between = f"WHERE posting BETWEEN {day.unit_posting} AND {day.last_unit_posting}"
        for unit_row in registry.rows(f"SELECT {{}} FROM unit_postings {between}", Units):
            self._units(Units(*unit_row))
        before = [each.trading_day for each in registry.days if each.closed_seq < day.closed_seq]
        self._previous_day = before[-1] if before else 0
        self._answers: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for account, at_ns, to, step, objection, trade, words in registry.query(
            "SELECT account, at_ns, trading_day, step, objection, trade, words FROM statement_answers "
            "WHERE seq > ? AND seq <= ? ORDER BY seq", day.after_seq, day.closed_seq,
        ):  # fmt: skip
            self._answers[account].append({
                "at_ns": at_ns, "objection_id": f"S-{objection}" if objection else None, "step": step, "to": iso_day(to),
                "trade_id": f"T-{trade}" if trade else None, "words": words,
            })  # fmt: skip
        for deal in registry.deals_of(day):
            self._deals[deal.receiver if deal.auction else deal.buyer].append(("buy", deal))
            self._deals[deal.seller].append(("sell", deal))

    def _cash(self, row: Cash) -> None:
        gone, came = _CASH_WORDS.get(row.kind, (None, None))
        for account, sign, word in ((row.from_account, -1, gone), (row.to_account, 1, came)):
            self.cash[account] += sign * row.amount_fen
            if word:
                self.cash_flows[account][word] += row.amount_fen

    def _units(self, row: Units) -> None:
        gone, came = _UNIT_WORDS.get(row.kind, (None, None))
        is_inside = row.from_account == row.to_account
        for account, state, sign, word in (
            (row.from_account, row.from_state, -1, gone), (row.to_account, row.to_state, 1, came),
        ):  # fmt: skip
            self.units[account, row.instrument, state] += sign * row.tonnes
            if word and not is_inside:
                self.unit_flows[account, row.instrument][word] += row.tonnes

    def deals_of(self, account: int) -> list[tuple[str, Deal]]:
        """An account's trades, then its awards, with its side."""
        return self._deals.get(account, [])

    def answers_of(self, account: int) -> dict[str, object]:
        """What an account said to its statements, and how the one before ended: silence is agreement."""
        rows = self._answers.get(account, [])
        if not self._previous_day:
            return {"answers": rows, "previous": None}
        day = iso_day(self._previous_day)
        steps = [row["step"] for row in rows if row["to"] == day]
        status = next((step for step in ("contested", "confirmed") if step in steps), "accepted")
        return {"answers": rows, "previous": {"status": status, "trading_day": day}}

    def end(self) -> None:
        """Forget what belonged to this period alone."""
        self._deals.clear()


def _add(total: list[int], deal: Deal) -> None:
    total[0] += deal.tonnes
    total[1] += deal.amount_fen
    total[2] += 1


def _sum(parts: Iterable[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*parts, strict=True)] or [0, 0, 0]


def _of(deals: list[Deal]) -> dict[str, object]:
    total = [0, 0, 0]
    for deal in deals:
        _add(total, deal)
    return _figures(total)


def _figures(total: list[int]) -> dict[str, object]:
    return {"tonnes": total[0], "trades": total[2], "turnover": yuan(total[1])}


def _percent(part: int, whole: int) -> str:
    """Hundredths of a percent, half away from zero."""
    if not whole:
        return "0.00"
    size = (abs(part) * 20_000 + abs(whole)) // (2 * abs(whole))
    return f"{'-' if part and (part < 0) != (whole < 0) else ''}{size // 100}.{size % 100:02d}"
