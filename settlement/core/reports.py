"""Reports (报告) to the authorities and on the market: pure functions from the registry's rows to documents.

Source: domain rules (g): statistics of registration, trading and settlement and major matters for the ecology bureau (CQ-M
Art. 5), treasury receipts of auctions for the finance bureau (CQ-M Art. 19), the monitor's report on an auction and on the
secondary market (RGGI, NZ). A report covers the closed days of a period and says by `after_seq` and `seq` which entries
these are, so that whoever has the registry can count every figure again. Money is yuan, units are tonnes.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from engine.core.events import EXTREMES_BIDDERS_MIN, STATISTICS_BIDDERS_MIN
from settlement.core import awards
from settlement.core.awards import AuctionRow
from settlement.core.bulletin import figures, instrument_rows, sum_of
from settlement.core.ledger import Account, Instrument
from settlement.core.money import iso_day, percent, yuan
from settlement.core.periodicals import PeriodFigures

FORMAT: Final = "yutan-report-1"
BUREAU: Final = "bureau"
FINANCE: Final = "finance"
MONITOR: Final = "monitor"
KINDS: Final = (BUREAU, FINANCE, MONITOR)
SECONDARY_DAYS: Final = 5  # closed days before an auction whose listed trading its price is compared with
LARGEST: Final = 5  # owners whose share together is told
BASIS_POINTS: Final = 10_000

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]  # by the name of their query


class Span(msgspec.Struct, frozen=True):
    """The closed days of a period: entries (after_seq, to_seq], trades and cash postings likewise. Days are yyyymmdd."""

    first_day: int
    last_day: int
    days: int
    closed_at_ns: int
    after_seq: int
    to_seq: int
    after_trade: int
    last_trade: int
    after_cash: int
    last_cash: int


def head(kind: str, period: str, market: str, span: Span) -> dict[str, Any]:
    """What names a report and what it is counted from."""
    return {
        "after_seq": span.after_seq,
        "closed_at_ns": span.closed_at_ns,
        "currency": "CNY",
        "first_day": iso_day(span.first_day),
        "format": FORMAT,
        "kind": kind,
        "last_day": iso_day(span.last_day),
        "market": market,
        "period": period,
        "seq": span.to_seq,
        "trading_days": span.days,
    }


# ---- the ecology bureau ---------------------------------------------------------------------------------


def bureau(
    rows: Rows, made_from: PeriodFigures, auctions: Sequence[AuctionRow], instruments: dict[int, Instrument]
) -> dict[str, Any]:
    """Statistics of registration, trading and settlement, and major matters."""
    totals, cumulative = made_from.totals, made_from.cumulative()
    return {
        "major_matters": {
            "by_category": dict(rows["notices"]),
            "notices": [
                {
                    "at_ns": at_ns, "category": category, "document": document, "notice_id": f"G-{seq}-{line}",
                    "title_en": title_en, "title_zh": title_zh,
                }
                for seq, line, at_ns, category, title_zh, title_en, document in rows["matters"]
            ],
        },
        "registration": {
            "accounts": dict(rows["accounts"]),
            "accounts_opened": dict(rows["accounts_opened"]),
            "acts": [
                {
                    "act": act, "acts": count, "class": act_class, "instrument": instruments[number].code,
                    "tonnes": tonnes, "vintage": instruments[number].vintage,
                }
                for act, act_class, number, count, tonnes in rows["registry_acts"]
            ],
            "to_date": [
                {"act": act, "instrument": instruments[number].code, "tonnes": tonnes}
                for number, act, tonnes in rows["units_to_date"]
            ],
        },
        "settlement": settlement(rows),
        "trading": {
            "auctions": [awards.auction_figures(row, instruments) for row in auctions],
            "cumulative": figures(sum_of(list(cumulative.values()))),
            "instruments": instrument_rows(made_from.stats(totals), instruments, totals, cumulative),
            "participation": participation(rows["participation"]),
            "total": figures(totals.of_all()),
        },
    }  # fmt: skip


def settlement(rows: Rows) -> dict[str, Any]:
    """What was settled and what was not, money in and out, and what the comparisons found."""
    by_status = {status: (count, fees) for status, count, fees in rows["settled"]}
    [(reconciled, differing)] = rows["reconciliations"]
    [(files, breaks)] = rows["bank_files"]
    return {
        "bank_files": {"compared": files, "differences": breaks},
        "cash": {kind: {"amount": yuan(fen), "postings": count} for kind, count, fen in rows["cash"]},
        "fees": yuan(sum(fees for _, fees in by_status.values())),
        "reconciliations": {"made": reconciled, "with_differences": differing},
        "risk_reserve": {purpose: {"amount": yuan(fen), "movements": n} for purpose, n, fen in rows["risk_reserve"]},
        "trades_not_settled": by_status.get("failed", (0, 0))[0],
        "trades_settled": by_status.get("settled", (0, 0))[0],
    }


def participation(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Who traded, by category and side: how many beneficial owners, how many tonnes."""
    return [
        {"category": category, "owners": owners, "side": side, "tonnes": tonnes}
        for category, side, owners, tonnes in rows
    ]


# ---- the finance bureau ---------------------------------------------------------------------------------


def finance(
    rows: Rows, auctions: Sequence[AuctionRow], instruments: dict[int, Instrument], accounts: dict[int, Account]
) -> dict[str, Any]:
    """Of each government auction that ended: what it brought, what the treasury has of it by its postings, what is outstanding.

    In a buy-back the treasury pays: `received` is then what it has paid out, as is `due`.
    """
    due = {auction: (count, fen, fees, settled) for auction, count, fen, fees, settled in rows["auction_awards"]}
    told, sums = [], {"sale": [0, 0], "buy_back": [0, 0]}
    for row in auctions:
        if not row.is_governments:
            continue  # nothing of it is the treasury's
        count, due_fen, fees_fen, settled = due.get(row.auction, (0, 0, 0, 0))
        is_sale = row.direction == "sale"
        moved = sum(
            fen
            for auction, payer, payee, fen in rows["auction_payments"]
            if auction == row.auction and row.cash_account == (payee if is_sale else payer)
        )
        sums[row.direction][0] += due_fen
        sums[row.direction][1] += moved
        told.append(
            {
                "auction": row.code, "awards": count, "awards_settled": settled, "direction": row.direction,
                "due": yuan(due_fen), "ended_on": iso_day(row.ended_day), "fees_beside": yuan(fees_fen),
                "instrument": instruments[row.instrument].code, "outstanding": yuan(due_fen - moved),
                "price": yuan(row.price_ticks * instruments[row.instrument].tick_fen) if row.price_ticks else None,
                "received": yuan(moved), "status": row.status, "tonnes": row.sold_tonnes,
                "treasury_account": accounts[row.cash_account].code,
            }
        )  # fmt: skip
    return {
        "auctions": told,
        "totals": {
            direction: {"due": yuan(fen), "outstanding": yuan(fen - moved), "received": yuan(moved)}
            for direction, (fen, moved) in sums.items()
        },
    }


# ---- the monitor ----------------------------------------------------------------------------------------


def monitor_auction(
    row: AuctionRow, instruments: dict[int, Instrument], before: Sequence[tuple[int, int, int, int]]
) -> dict[str, Any]:
    """On one auction: participation, concentration, bids at the limit, price against listed trading before it.

    `before`: (day, close, tonnes, turnover) of the instrument's last closed days, newest first.
    """
    instrument = instruments[row.instrument]
    tonnes, turnover = sum(r[2] for r in before), sum(r[3] for r in before)
    close_fen = before[0][1] * instrument.tick_fen if before else 0
    average_fen = (2 * turnover + tonnes) // (2 * tonnes) if tonnes else 0
    price_fen = row.price_ticks * instrument.tick_fen
    return {
        "auction": awards.auction_figures(row, instruments),
        "bids": row.bids if row.bidders >= EXTREMES_BIDDERS_MIN else None,
        "concentration": {
            "largest_bidder_share": percent(row.bid_largest_bp, BASIS_POINTS),
            "largest_winner_share": percent(row.won_largest_bp, BASIS_POINTS),
            "winners_hhi": row.won_concentration,
        }
        if row.bidders >= STATISTICS_BIDDERS_MIN
        else None,
        "participation": {"bidders": row.bidders, "winners": row.winners},
        "price_limit": {
            "bids_at_limit": row.at_limit_bids, "share_of_bid_tonnes": percent(row.at_limit_tonnes, row.bid_tonnes),
            "tonnes_at_limit": row.at_limit_tonnes,
        }
        if row.bidders >= STATISTICS_BIDDERS_MIN
        else None,
        "secondary_market": {
            "average": yuan(average_fen) if tonnes else None,
            "close": yuan(close_fen) if close_fen else None,
            "days": [iso_day(r[0]) for r in before],
            "premium_to_average": percent(price_fen - average_fen, average_fen) if tonnes and price_fen else None,
            "premium_to_close": percent(price_fen - close_fen, close_fen) if close_fen and price_fen else None,
            "tonnes": tonnes,
        },
    }  # fmt: skip


def monitor_market(rows: Rows, made_from: PeriodFigures, instruments: dict[int, Instrument]) -> dict[str, Any]:
    """On the secondary market of a period: volumes, participation, and how concentrated buying and selling were."""
    totals, cumulative = made_from.totals, made_from.cumulative()
    by_instrument: dict[int, list[Row]] = {}
    for instrument, _, bought, sold in rows["owners"]:
        by_instrument.setdefault(instrument, []).append((bought, sold))
    return {
        "concentration": [
            {
                "buyers": concentration([r[0] for r in found if r[0]]),
                "instrument": instruments[number].code,
                "sellers": concentration([r[1] for r in found if r[1]]),
            }
            for number, found in sorted(by_instrument.items())
        ],
        "instruments": instrument_rows(made_from.stats(totals), instruments, totals, cumulative),
        "participation": participation(rows["participation"]),
        "total": figures(totals.of_all()),
        "trades_not_settled": totals.failed,
    }


def concentration(tonnes: Sequence[int]) -> dict[str, Any]:
    """How many owners there were, and with five or more the shares of the largest and the Herfindahl-Hirschman index."""
    total, ordered = sum(tonnes), sorted(tonnes, reverse=True)
    told: dict[str, Any] = {"owners": len(tonnes)}
    if len(tonnes) >= STATISTICS_BIDDERS_MIN:
        squares = sum(one * one for one in tonnes)
        told |= {
            "hhi": (2 * BASIS_POINTS * squares + total * total) // (2 * total * total),
            "largest_five_share": percent(sum(ordered[:LARGEST]), total),
            "largest_share": percent(ordered[0], total),
        }
    return told
