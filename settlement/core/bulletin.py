"""The day's bulletin: what the public may know of a closed day, the same bytes whoever computes them from the registry.

Source: domain rules (g), daily report and daily clearing report (SHEEX daily; CN-SI). Prices, change and average are of
listed trading (挂牌), told apart by opening call, continuous trading and closing call; block trades (大宗协议) have their volume
and value apart and count in the totals only; government auctions (有偿竞价, 回购) stand beside all trading, with the result of
each. Prices and money are yuan with two decimals, volumes are tonnes. Each bulletin names its predecessor's SHA-256, and its
own bytes' SHA-256 is its name.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson

from engine.core.events import Composite, DayStats
from engine.core.units import BLOCK
from settlement.core import awards
from settlement.core.awards import AuctionRow, AwardRow
from settlement.core.clearing import LISTED, Cumulative, DayClose
from settlement.core.ledger import Instrument, InvariantBroken
from settlement.core.merkle import MerkleRoot
from settlement.core.money import iso_day, percent, yuan
from settlement.core.remedies import VoidRow

OTHER_METHODS: Final = (BLOCK,)  # whatever is not listed trading, each with figures of its own
FORMAT: Final = "yutan-bulletin-1"
TERMS_ZH: Final = "本公报数据可自由查阅、引用并须注明来源;再分发须经交易所许可。"
TERMS_EN: Final = "Free to read and to quote with its source; redistribution needs the exchange's permission."


class TradeRow(msgspec.Struct, frozen=True, array_like=True):
    """A trade as the registry keeps it (table trades, in the order of its columns)."""

    trade: int
    seq: int
    at_ns: int
    trading_day: int
    day_number: int
    method: str
    instrument: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    buyer: int
    buy_order: int
    buy_fee_fen: int
    seller: int
    sell_order: int
    sell_fee_fen: int
    status: str
    settled_seq: int


class Proofs(msgspec.Struct, frozen=True):
    """What the bulletin binds beside its figures: the day's statements by their Merkle root (by account), and the head of the
    audit trail at the close: how many lines, and the last link (hex)."""

    statements_merkle_root: str
    audit_lines: int
    audit_chain: str


class Totals:
    """Trades and awards summed by instrument and method; `failed` are those set aside."""

    def __init__(self) -> None:
        self.by_method: dict[tuple[int, str], Cumulative] = {}
        self.awards: dict[int, Cumulative] = {}
        self.failed = 0

    def count(self, instrument: int, method: str, tonnes: int, amount_fen: int, trades: int, failed: int) -> None:
        """Count trades of one method, or awards, which are a method of their own beside listed trading."""
        if method == awards.METHOD:
            total = self.awards.setdefault(instrument, Cumulative())
        else:
            total = self.by_method.setdefault((instrument, method), Cumulative())
        total.tonnes += tonnes
        total.turnover_fen += amount_fen
        total.trades += trades
        self.failed += failed

    def add_totals(self, other: "Totals") -> None:
        """Count what another has counted."""
        for (instrument, method), total in other.by_method.items():
            self.count(instrument, method, total.tonnes, total.turnover_fen, total.trades, 0)
        for instrument, total in other.awards.items():
            self.count(instrument, awards.METHOD, total.tonnes, total.turnover_fen, total.trades, 0)
        self.failed += other.failed

    def of(self, instrument: int, method: str) -> Cumulative:
        """One instrument's trades of one method."""
        return self.by_method.get((instrument, method), Cumulative())

    def of_listed(self, instrument: int) -> Cumulative:
        """One instrument's listed trades."""
        return sum_of([self.of(instrument, method) for method in LISTED])

    def of_all(self) -> Cumulative:
        """All trades, of all instruments and methods."""
        return sum_of(list(self.by_method.values()))


class DayTotals(Totals):
    """A day's trades, with the Merkle root over them; trades come in their order. voided: those of them that are void."""

    def __init__(self, instruments: dict[int, Instrument], voided: Sequence[VoidRow] = ()) -> None:
        super().__init__()
        self._instruments = instruments
        self._voids = {row.trade: row for row in voided}
        self.voided: list[dict[str, Any]] = []  # as documents tell them
        self.void_total = Cumulative()
        self._merkle = MerkleRoot()
        self._award_leaves: list[bytes] = []

    def add(self, row: TradeRow) -> None:
        """Count one trade: what it moved counts as traded, also where it was voided afterwards; that is told beside."""
        void = self._voids.get(row.trade)
        failed = int(row.status == "failed" and void is None)
        self.count(row.instrument, row.method, row.tonnes, row.amount_fen, 1, failed)
        if void is not None:
            self.void_total = sum_of([self.void_total, Cumulative(row.tonnes, row.amount_fen, 1)])
            self.voided.append(_void_row(row, void, self._instruments[row.instrument]))
        self._merkle.add(trade_leaf(row, row.method, self._instruments[row.instrument]))

    def add_award(self, row: AwardRow) -> None:
        """Count an award."""
        self.count(row.instrument, awards.METHOD, row.tonnes, row.amount_fen, 1, int(row.status == "failed"))
        self._award_leaves.append(trade_leaf(row, awards.METHOD, self._instruments[row.instrument]))

    def root(self) -> str:
        """Merkle root over the day's trades in their order, then its awards in theirs, hex. Asked for once, at the end."""
        for leaf in self._award_leaves:
            self._merkle.add(leaf)
        return self._merkle.root().hex()


def _void_row(row: TradeRow, void: VoidRow, instrument: Instrument) -> dict[str, Any]:
    return {
        "amount": yuan(row.amount_fen),
        "basis": void.basis,
        "instrument": instrument.code,
        "method": row.method,
        "price": yuan(row.price_ticks * instrument.tick_fen),
        "tonnes": row.tonnes,
        "trade_id": f"T-{row.trade}",
        "voided_at_ns": void.at_ns,
    }


def trade_leaf(row: TradeRow | AwardRow, method: str, instrument: Instrument) -> bytes:
    """The public content of a trade or an award, as hashed into the bulletin's Merkle tree. No parties: they are not public."""
    return orjson.dumps(
        {
            "amount": yuan(row.amount_fen),
            "at_ns": row.at_ns,
            "instrument": instrument.code,
            "method": method,
            "price": yuan(row.price_ticks * instrument.tick_fen),
            "tonnes": row.tonnes,
            "trade_id": f"T-{row.trade}",
        },
        option=orjson.OPT_SORT_KEYS,
    )


def make_bulletin(
    market: str,
    rulebook_version: int,
    close: DayClose,
    number: int,
    previous_sha256: str,
    instruments: dict[int, Instrument],
    totals: DayTotals,
    cumulative: dict[int, Cumulative],
    auctions: list[AuctionRow],
    proofs: Proofs,
) -> bytes:
    """The bulletin's bytes. Raises `InvariantBroken` where the engine's figures of the day are not those of the trades."""
    rows = instrument_rows(close.stats, instruments, totals, cumulative)
    ticks = {instrument.product: instrument.tick_fen for instrument in instruments.values()}
    content = {
        "audit_trail": {"chain": proofs.audit_chain, "lines": proofs.audit_lines},
        "auctions": [awards.auction_figures(row, instruments) for row in auctions],
        "closed_at_ns": close.at_ns,
        "composites": [_composite_row(row, ticks[row.product]) for row in close.composites],
        "cumulative": figures(sum_of(list(cumulative.values()))),
        "currency": "CNY",
        "day_number": close.day_number,
        "format": FORMAT,
        "instruments": rows,
        "market": market,
        "number": number,
        "previous_sha256": previous_sha256,
        "rulebook_version": rulebook_version,
        "seq": close.seq,
        "statements_merkle_root": proofs.statements_merkle_root,
        "terms": {"en": TERMS_EN, "zh": TERMS_ZH},
        "total": figures(totals.of_all()),
        "trades_merkle_root": totals.root(),
        "trades_not_settled": totals.failed,
        "trading_day": iso_day(close.trading_day),
        "voided": totals.voided,
        "voided_total": figures(totals.void_total),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def instrument_rows(
    stats: Sequence[DayStats],
    instruments: dict[int, Instrument],
    totals: Totals,
    cumulative: dict[int, Cumulative],
) -> list[dict[str, Any]]:
    """A row for each instrument. Raises `InvariantBroken` where the engine's figures are not those of the trades."""
    if missing := {instrument for instrument, _ in totals.by_method} - {s.instrument for s in stats}:
        raise InvariantBroken(f"there are trades, but no figures, for instruments {sorted(missing)}")
    ordered = sorted(stats, key=lambda s: s.instrument)
    return [_row(s, instruments[s.instrument], totals, cumulative) for s in ordered]


def _composite_row(row: Composite, tick_fen: int) -> dict[str, Any]:
    return {
        "change": yuan((row.close_ticks - row.previous_close_ticks) * tick_fen),
        "close": yuan(row.close_ticks * tick_fen),
        "open": yuan(row.open_ticks * tick_fen),
        "previous_close": yuan(row.previous_close_ticks * tick_fen),
        "product": row.product,
        "tonnes": row.tonnes,
    }


def _row(s: DayStats, instrument: Instrument, totals: Totals, cumulative: dict[int, Cumulative]) -> dict[str, Any]:
    settled = totals.of_listed(s.instrument)
    told = {other.method: Cumulative(other.tonnes, other.turnover_fen, other.trades) for other in s.by_method}
    listed = Cumulative(s.tonnes, s.turnover_fen, s.trades)
    traded = {
        method: total
        for (number, method), total in totals.by_method.items()
        if number == s.instrument and method not in LISTED
    }
    if listed != settled or told != traded:
        raise InvariantBroken(
            f"{instrument.code}: the day's figures {listed} {told} are not those of its trades {settled} {traded}"
        )
    tick = instrument.tick_fen

    def price(ticks: int) -> str | None:
        return yuan(ticks * tick) if ticks else None

    return {
        **{method: figures(totals.of(s.instrument, method)) for method in OTHER_METHODS},
        "auction": figures(totals.awards.get(s.instrument, Cumulative())),
        "average": yuan((2 * s.turnover_fen + s.tonnes) // (2 * s.tonnes)) if s.tonnes else None,
        "change": yuan((s.close_ticks - s.previous_close_ticks) * tick),
        "change_percent": percent(s.close_ticks - s.previous_close_ticks, s.previous_close_ticks),
        "close": price(s.close_ticks),
        "code": instrument.code,
        "cumulative": figures(cumulative[s.instrument]),
        "high": price(s.high_ticks),
        "last": price(s.last_ticks),
        "listed": {**figures(settled), **{m: figures(totals.of(s.instrument, m)) for m in LISTED}},
        "low": price(s.low_ticks),
        "name_en": instrument.name_en,
        "name_zh": instrument.name_zh,
        "open": price(s.open_ticks),
        "previous_close": price(s.previous_close_ticks),
        "product": instrument.product,
        "vintage": instrument.vintage,
    }


def figures(total: Cumulative) -> dict[str, Any]:
    """Volume, number of trades and turnover as documents have them."""
    return {"tonnes": total.tonnes, "trades": total.trades, "turnover": yuan(total.turnover_fen)}


def sum_of(parts: list[Cumulative]) -> Cumulative:
    """All of them together."""
    return Cumulative(sum(p.tonnes for p in parts), sum(p.turnover_fen for p in parts), sum(p.trades for p in parts))


def sha256_hex(body: bytes) -> str:
    """The name of a document: SHA-256 of its bytes, hex."""
    return hashlib.sha256(body).hexdigest()
