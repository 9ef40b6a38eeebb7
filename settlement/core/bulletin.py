"""The day's bulletin: what the public may know of a closed day, the same bytes whoever computes them from the registry.

Source: domain rules (g), daily report and daily clearing report (SHEEX daily; CN-SI). Prices, change and average are of
listed trading (挂牌), told apart by opening call, continuous trading and closing call; block trades (大宗协议) have their volume
and value apart and count in the totals only; government auctions (有偿竞价, 回购) stand beside all trading, with the result of
each. Prices and money are yuan with two decimals, volumes are tonnes. Each bulletin names its predecessor's SHA-256, and its
own bytes' SHA-256 is its name.
"""

import csv
import hashlib
import io
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


class DayTotals:
    """The day's trades summed by instrument and method, with the Merkle root over them; trades come in their order."""

    def __init__(self, instruments: dict[int, Instrument]) -> None:
        self._instruments = instruments
        self._merkle = MerkleRoot()
        self._award_leaves: list[bytes] = []
        self.by_method: dict[tuple[int, str], Cumulative] = {}
        self.awards: dict[int, Cumulative] = {}
        self.failed = 0

    def add(self, row: TradeRow) -> None:
        """Count one trade."""
        total = self.by_method.setdefault((row.instrument, row.method), Cumulative())
        total.tonnes += row.tonnes
        total.turnover_fen += row.amount_fen
        total.trades += 1
        if row.status == "failed":
            self.failed += 1
        self._merkle.add(trade_leaf(row, row.method, self._instruments[row.instrument]))

    def add_award(self, row: AwardRow) -> None:
        """Count an award: a method of its own, beside listed trading."""
        total = self.awards.setdefault(row.instrument, Cumulative())
        total.tonnes += row.tonnes
        total.turnover_fen += row.amount_fen
        total.trades += 1
        if row.status == "failed":
            self.failed += 1
        self._award_leaves.append(trade_leaf(row, awards.METHOD, self._instruments[row.instrument]))

    def of(self, instrument: int, method: str) -> Cumulative:
        """One instrument's trades of one method."""
        return self.by_method.get((instrument, method), Cumulative())

    def of_listed(self, instrument: int) -> Cumulative:
        """One instrument's listed trades."""
        return _sum([self.of(instrument, method) for method in LISTED])

    def of_all(self) -> Cumulative:
        """All trades of the day, of all instruments and methods."""
        return _sum(list(self.by_method.values()))

    def root(self) -> str:
        """Merkle root over the day's trades in their order, then its awards in theirs, hex. Asked for once, at the end."""
        for leaf in self._award_leaves:
            self._merkle.add(leaf)
        return self._merkle.root().hex()


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
    rows = [
        _row(s, instruments[s.instrument], totals, cumulative) for s in sorted(close.stats, key=lambda s: s.instrument)
    ]
    traded = {instrument for instrument, _ in totals.by_method}
    if missing := traded - {s.instrument for s in close.stats}:
        raise InvariantBroken(f"day {close.trading_day}: trades but no figures for instruments {sorted(missing)}")
    ticks = {instrument.product: instrument.tick_fen for instrument in instruments.values()}
    content = {
        "audit_trail": {"chain": proofs.audit_chain, "lines": proofs.audit_lines},
        "auctions": [awards.auction_figures(row, instruments) for row in auctions],
        "closed_at_ns": close.at_ns,
        "composites": [_composite_row(row, ticks[row.product]) for row in close.composites],
        "cumulative": _figures(_sum(list(cumulative.values()))),
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
        "total": _figures(totals.of_all()),
        "trades_merkle_root": totals.root(),
        "trades_not_settled": totals.failed,
        "trading_day": iso_day(close.trading_day),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _composite_row(row: Composite, tick_fen: int) -> dict[str, Any]:
    return {
        "change": yuan((row.close_ticks - row.previous_close_ticks) * tick_fen),
        "close": yuan(row.close_ticks * tick_fen),
        "open": yuan(row.open_ticks * tick_fen),
        "previous_close": yuan(row.previous_close_ticks * tick_fen),
        "product": row.product,
        "tonnes": row.tonnes,
    }


def _row(s: DayStats, instrument: Instrument, totals: DayTotals, cumulative: dict[int, Cumulative]) -> dict[str, Any]:
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
        **{method: _figures(totals.of(s.instrument, method)) for method in OTHER_METHODS},
        "auction": _figures(totals.awards.get(s.instrument, Cumulative())),
        "average": yuan((2 * s.turnover_fen + s.tonnes) // (2 * s.tonnes)) if s.tonnes else None,
        "change": yuan((s.close_ticks - s.previous_close_ticks) * tick),
        "change_percent": percent(s.close_ticks - s.previous_close_ticks, s.previous_close_ticks),
        "close": price(s.close_ticks),
        "code": instrument.code,
        "cumulative": _figures(cumulative[s.instrument]),
        "high": price(s.high_ticks),
        "last": price(s.last_ticks),
        "listed": {**_figures(settled), **{m: _figures(totals.of(s.instrument, m)) for m in LISTED}},
        "low": price(s.low_ticks),
        "name_en": instrument.name_en,
        "name_zh": instrument.name_zh,
        "open": price(s.open_ticks),
        "previous_close": price(s.previous_close_ticks),
        "product": instrument.product,
        "vintage": instrument.vintage,
    }


def _figures(total: Cumulative) -> dict[str, Any]:
    return {"tonnes": total.tonnes, "trades": total.trades, "turnover": yuan(total.turnover_fen)}


def _sum(parts: list[Cumulative]) -> Cumulative:
    return Cumulative(sum(p.tonnes for p in parts), sum(p.turnover_fen for p in parts), sum(p.trades for p in parts))


def sha256_hex(body: bytes) -> str:
    """The name of a document: SHA-256 of its bytes, hex."""
    return hashlib.sha256(body).hexdigest()


_COLUMNS: Final = (
    ("trading_day", "交易日"), ("code", "品种代码"), ("name_zh", "品种名称"), ("product", "产品"), ("vintage", "年份"),
    ("previous_close", "前收盘价"), ("open", "开盘价"), ("high", "最高价"), ("low", "最低价"), ("close", "收盘价"),
    ("change", "涨跌"), ("change_percent", "涨跌幅%"), ("average", "均价"), ("tonnes", "成交量(吨)"),
    ("turnover", "成交额(元)"), ("trades", "成交笔数"), ("opening_call_tonnes", "开盘集合竞价成交量"),
    ("continuous_tonnes", "连续交易成交量"), ("closing_call_tonnes", "收盘集合竞价成交量"),
    ("block_tonnes", "大宗协议成交量"), ("block_turnover", "大宗协议成交额"), ("block_trades", "大宗协议笔数"),
    ("auction_tonnes", "有偿竞价与回购成交量"), ("auction_turnover", "有偿竞价与回购成交额"),
    ("cumulative_tonnes", "累计成交量"), ("cumulative_turnover", "累计成交额"),
)  # fmt: skip


def bulletin_csv(body: bytes) -> str:
    """A bulletin's rows for spreadsheets: a BOM so that Chinese opens right, two header lines, CRLF, no live formulas."""
    content = orjson.loads(body)
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([name for name, _ in _COLUMNS])
    writer.writerow([zh for _, zh in _COLUMNS])
    keys = ("tonnes", "turnover", "trades")
    nothing = _figures(Cumulative())  # bulletins from before a method was disclosed do not name it
    for row in content["instruments"]:
        listed = row["listed"]
        flat = {
            **row,
            **{key: listed[key] for key in keys},
            **{f"{method}_tonnes": listed[method]["tonnes"] for method in LISTED},
            **{f"{method}_{key}": row.get(method, nothing)[key] for method in OTHER_METHODS for key in keys},
            **{f"auction_{key}": row.get("auction", nothing)[key] for key in ("tonnes", "turnover")},
            "cumulative_tonnes": row["cumulative"]["tonnes"],
            "cumulative_turnover": row["cumulative"]["turnover"],
            "trading_day": content["trading_day"],
        }
        writer.writerow([_safe(flat[name]) for name, _ in _COLUMNS])
    return out.getvalue()


def _safe(value: str | int | None) -> str:
    """A cell that no spreadsheet takes for a formula; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    is_number = (
        text.removeprefix("-").replace(".", "", 1).isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()
    )
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number:
        return "'" + text
    return text
