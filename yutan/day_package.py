"""The regulator's package of a day (监管日报包): one archive with the day's orders, trades, holdings, states and alerts, signed.

Made from the journal by a replay of its own, so also beside a running exchange; the same journal gives the same bytes. The package
names the checkpoint behind the day's close, so whoever has that checkpoint knows that nothing was left out or changed later.
`yutan verify --day-package FILE` checks it without code of the exchange.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from engine.alerts import Alert
from engine.core import events, reasons
from engine.core.commands import Entry
from engine.core.events import Event
from engine.core.market import Market
from engine.core.units import BUY
from engine.journal.segments import read_entries
from engine.monitoring import Monitor
from engine.recovery import apply_record
from engine.view import MarketView
from gateway.protocol import prices
from gateway.protocol.acts import scope_words
from gateway.protocol.times import day_text, time_text
from gateway.tables.columns import BOM, harmless
from yutan import bulletins, folder, keys
from yutan.checkpoints import Checkpoints, Signed

FORMAT: Final = "yutan-day-package-1"
SIDES: Final = {1: "buy", 2: "sell"}
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # of every file in the archive, so that the same content is the same bytes

Row = dict[str, Any]


class NoPackage(Exception):
    """There is no package of that day; the text says why."""


class _Day:
    """What happened on the day, as rows; codes of accounts and instruments as far as they were met."""

    def __init__(self, market: Market) -> None:
        self.view = MarketView(market)
        self.codes: dict[int, str] = {0: ""}
        self.listed: dict[int, tuple[str, int]] = {}  # instrument -> code, tick in fen
        self.orders: list[Row] = []
        self.trades: list[Row] = []
        self.alerts: list[Alert] = []

    def account(self, number: int) -> str:
        """Its code."""
        if number not in self.codes:
            self.codes[number] = _account(self.view, number)
        return self.codes[number]

    def terms(self, event: Any) -> Row:
        """Instrument, price and quantity of an event."""
        number = int(event.instrument)
        if number not in self.listed:
            products = self.view.rulebook().products
            self.listed |= {row.number: (row.code, products[row.product].tick_fen) for row in self.view.instruments()}
        code, tick_fen = self.listed.get(number, ("", 1))
        return {
            "instrument": code,
            "price": prices.price_text(int(event.price_ticks), tick_fen),
            "quantity": int(event.tonnes),
        }


def make(data: Path, trading_day: int) -> bytes:
    """The package of a closed day. Raises NoPackage, JournalError, KeyFileError."""
    day, market = _read(data, trading_day)
    view = MarketView(market)
    proofs = Checkpoints(data)
    checkpoint = _covering(proofs, market.seq)
    tables = {
        "orders": day.orders,
        "trades": day.trades,
        "holdings": _holdings(view),
        "cash": _cash(view),
        "restrictions": _restrictions(view),
        "cases": _cases(view),
        "alerts": _alerts(view, day.alerts),
    }
    files: dict[str, bytes] = {}
    for name, rows in tables.items():
        files[f"{name}.json"] = orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)
        files[f"{name}.csv"] = _csv(rows)
    files["checkpoint.json"], files["checkpoint.sig"] = checkpoint.body, checkpoint.signature
    bulletin = bulletins.newest(data, trading_day)
    if bulletin is not None:
        files["bulletin.json"] = bulletin.path.read_bytes()
    key = proofs.key()
    manifest = {
        "format": FORMAT,
        "market": view.rulebook().market,
        "trading_day": day_text(trading_day),
        "seq": market.seq,
        "checkpoint": {
            "number": checkpoint.checkpoint.number,
            "seq": checkpoint.checkpoint.journal.seq,
            "chain": checkpoint.checkpoint.journal.chain,
            "sha256": checkpoint.sha256,
        },
        "public_key": keys.public_bytes(key).hex(),
        "rows": {name: len(rows) for name, rows in tables.items()},
        "files": {
            name: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()
        },
    }
    body = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    return _archive({**files, "manifest.json": body, "manifest.sig": key.sign(body)})


def _read(data: Path, trading_day: int) -> tuple[_Day, Market]:
    """Replay up to the record in which the day closed."""
    market, monitor = Market(), Monitor()
    day = _Day(market)
    for entries in read_entries(folder.journal(data), 1):
        is_closed = False
        for entry, happened in zip(entries, apply_record(market, entries), strict=True):
            alerts = monitor.see(entry, happened)
            if monitor.trading_day == trading_day and not is_closed:
                day.alerts += alerts
                _note(day, entry, happened)
                is_closed = any(type(event) is events.DayClosed for event in happened)
        if is_closed:
            return day, market
    raise NoPackage(f"{day_text(trading_day)} is no trading day that has closed here")


def _covering(proofs: Checkpoints, seq: int) -> Signed:
    """The first checkpoint at or behind this entry."""
    for number in range(1, proofs.newest_number() + 1):
        found = proofs.read(number)
        if found is not None and found.checkpoint.journal.seq >= seq:
            return found
    raise NoPackage("no checkpoint covers the day yet: it is signed once the day is settled, or as the exchange ends")


def _note(day: _Day, entry: Entry, happened: list[Event]) -> None:
    for event in happened:
        if isinstance(event, events.Traded):
            buy, sell = int(event.buy_order), int(event.sell_order)
            day.trades.append(_trade(day, entry, event, "listed", int(event.buyer), int(event.seller), buy, sell))
        elif isinstance(event, events.BlockTraded):
            day.trades.append(_trade(day, entry, event, "block", event.buyer, event.seller, 0, 0))
        elif isinstance(event, events.BidAwarded):
            other = (
                event.unit_account if event.unit_account == event.cash_account else 0
            )  # who applied; the government is none
            buyer, seller = (event.account, other) if event.side == BUY else (other, event.account)
            day.trades.append(_trade(day, entry, event, "auction", buyer, seller, 0, 0))
        elif type(event) in _ORDER_WORDS:
            day.orders.append(_order(day, entry, event))


_ORDER_WORDS: Final[dict[type[Any], str]] = {
    events.OrderAccepted: "accepted",
    events.OrderReplaced: "replaced",
    events.OrderCanceled: "canceled",
    events.OrderRefused: "refused",
}


def _order(day: _Day, entry: Entry, event: Any) -> Row:
    reason = int(getattr(event, "reason", 0))
    known = reasons.BY_NUMBER.get(reason)
    return {
        "seq": entry.seq,
        "time": time_text(entry.at_ns),
        "order": f"O-{event.order}" if event.order else "",
        "what": _ORDER_WORDS[type(event)],
        "account": day.account(int(event.account)),
        "client_order_id": event.client_order_id,
        **day.terms(event),
        "side": SIDES[int(event.side)],
        "reason": known.name if known is not None else "",
    }


def _trade(day: _Day, entry: Entry, event: Any, method: str, buyer: int, seller: int, buy: int, sell: int) -> Row:
    return {
        "seq": entry.seq,
        "time": time_text(entry.at_ns),
        "trade": f"T-{event.trade}",
        "method": method,
        **day.terms(event),
        "amount": prices.money_text(event.amount_fen),
        "buyer": day.account(int(buyer)),
        "seller": day.account(int(seller)),
        "buy_order": f"O-{buy}" if buy else "",
        "sell_order": f"O-{sell}" if sell else "",
    }


def _account(view: MarketView, number: int) -> str:
    found = view.account(number)
    return "" if found is None else found.code


def _holdings(view: MarketView) -> list[Row]:
    codes = {row.number: row.code for row in view.instruments()}
    return [
        {"account": account.code, "owner": account.owner, "instrument": codes[units.instrument]}
        | {name: getattr(units, name) for name in units.__struct_fields__ if name != "instrument"}
        for account in view.accounts()
        for units in view.units(account.number)
    ]


def _cash(view: MarketView) -> list[Row]:
    return [
        {
            "account": account.code,
            "owner": account.owner,
            "free": prices.money_text(account.free_fen),
            "held": prices.money_text(account.held_fen),
        }
        for account in view.accounts()
    ]


def _restrictions(view: MarketView) -> list[Row]:
    return [
        {
            "restriction": f"R-{row.number}",
            "account": _account(view, row.account),
            "scope": " ".join(scope_words(row.left)),
            "basis": row.basis,
            "document": row.document,
            "imposed_on": day_text(row.imposed_on),
            "last_day": day_text(row.last_day),
            "status": row.status,
        }
        for row in view.supervision().restrictions
    ]


def _cases(view: MarketView) -> list[Row]:
    return [
        {
            "case": f"K-{row.number}",
            "account": _account(view, row.account),
            "matter": row.matter,
            "last_step": row.steps[-1].step,
            "status": row.status,
            "finding": row.finding,
        }
        for row in view.supervision().cases
    ]


def _alerts(view: MarketView, found: Iterable[Alert]) -> list[Row]:
    codes = {row.number: row.code for row in view.instruments()}
    return [
        {
            "alert": f"M-{alert.number}",
            "pattern": alert.pattern,
            "seq": alert.seq,
            "instrument": codes.get(alert.instrument, ""),
            "accounts": " ".join(_account(view, number) for number in alert.accounts),
            "figures": " ".join(f"{name}={value}" for name, value in alert.figures.items()),
            "trades": " ".join(f"T-{number}" for number in alert.trades),
            "orders": " ".join(f"O-{number}" for number in alert.orders),
        }
        for alert in found
    ]


def _csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, sorted(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: harmless(str(value)) for name, value in row.items()} for row in rows)
    return (BOM + text.getvalue()).encode()


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
