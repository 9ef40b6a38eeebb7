"""The REST twin of the public feed: the same figures in the same words, for who asks instead of following."""

from typing import Any

import msgspec
from litestar import Response, get
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from engine.core import reasons, rulewords
from engine.core.rulebook import RuleBook
from engine.view import InstrumentView, PendingNotice
from gateway.feed.auctions import public_auction
from gateway.feed.instrument import bar_data, trade_data
from gateway.fees import fee_schedule
from gateway.http import queries
from gateway.http.bulletins import index_row, issues
from gateway.http.calendar import today_of
from gateway.http.files import bulletin_file, signature
from gateway.http.metrics import Counters
from gateway.http.replies import AnyRequest, Refused, json_reply
from gateway.http.sources import Sources, sources_of
from gateway.protocol.auction_wire import AUCTION_ROWS_MAX, AuctionView
from gateway.protocol.calendar import horizon_words
from gateway.protocol.prices import price_text
from gateway.protocol.times import day_text, time_text
from gateway.tables import FORMS

_HOUR_S = 3600


@get("/health", sync_to_thread=False)
def health(request: AnyRequest) -> Response[bytes]:
    """Whether the exchange is well: 503 when a follower is too far behind."""
    sources = sources_of(request)
    lags = sources.lags()
    day = sources.view.day()
    is_behind = any(lag > sources.settings.lag_entries_max for lag in lags.values())
    value = {
        "status": "behind" if is_behind else "ok",
        "environment": sources.settings.environment,
        "phase": sources.feed.phase_now().phase,
        "trading_day": sources.feed.phase_now().trading_day,
        "seq": day.seq,
        "at": time_text(day.at_ns),
        "lags": lags,
        "calendar": horizon_words(sources.view.calendar().horizon(today_of(sources))),
    }
    reply = json_reply(request, value)
    if is_behind:
        reply.status_code = 503
    return reply


@get("/metrics", sync_to_thread=False)
def metrics(request: AnyRequest) -> Response[bytes]:
    """Figures for Prometheus."""
    sources = sources_of(request)
    registry = CollectorRegistry()
    registry.register(Counters(sources))
    return Response(
        generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    )


@get("/phase", sync_to_thread=False)
def phase(request: AnyRequest) -> Response[bytes]:
    """Where the day is, and what comes next."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, sources.feed.phase_now())


@get("/instruments", sync_to_thread=False)
def instruments(request: AnyRequest) -> Response[bytes]:
    """What is traded, with its rules."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, {"instruments": [_instrument(found) for found in sources.view.instruments()]})


def _instrument(found: InstrumentView) -> dict[str, Any]:
    return {
        "instrument": found.code,
        "product": found.product,
        "kind": found.kind,
        "vintage": found.vintage,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "unit_zh": found.unit_zh,
        "unit_en": found.unit_en,
        "tick": price_text(1, found.tick_fen),
        "lot": found.lot_tonnes,
        "qty_min": found.order_tonnes_min,
        "qty_max": found.order_tonnes_max,
        "match_mode": found.match_mode,
        "trading_fee_ppm": found.trading_fee_ppm,
        "settlement_fee_ppm": found.settlement_fee_ppm,
    }


@get("/ticker", sync_to_thread=False)
def ticker(request: AnyRequest) -> Response[bytes]:
    """The day's figures, of one instrument or of all."""
    sources = sources_of(request)
    query = queries.read(request, queries.InstrumentQuery)
    codes = sources.feed.instrument_codes() if query.instrument is None else [query.instrument]
    rows = []
    for code in codes:
        found = sources.feed.ticker_now(code)
        if found is None:
            raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
        rows.append({"instrument": code, **msgspec.to_builtins(found)})
    return json_reply(request, {"tickers": rows, "composites": _composites(sources)})


def _composites(sources: Sources) -> list[dict[str, Any]]:
    rows = []
    for row in sources.view.composites():
        tick_fen = sources.view.rulebook().products[row.product].tick_fen
        rows.append(
            {
                "product": row.product,
                "prev_close": price_text(row.previous_close_ticks, tick_fen),
                "open": price_text(row.open_ticks, tick_fen),
                "latest": price_text(row.close_ticks, tick_fen),
                "volume": row.tonnes,
            }
        )
    return rows


@get("/book", sync_to_thread=False)
def book(request: AnyRequest) -> Response[bytes]:
    """Price levels, best first; during a call auction its indication instead."""
    sources = sources_of(request)
    query = queries.read(request, queries.BookQuery)
    found = sources.feed.book_now(query.instrument, query.levels)
    if found is None:
        raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
    auction = sources.feed.auction_now(query.instrument)
    value = {"instrument": query.instrument, **msgspec.to_builtins(found), "auction": auction}
    return json_reply(request, value)


@get("/trades")
async def trades(request: AnyRequest) -> Response[bytes]:
    """A day's trades, oldest first; `next` is the `after` of the following page."""
    sources = sources_of(request)
    query = queries.read(request, queries.TradesQuery)
    instrument = _named(sources, query.instrument)
    day = queries.day_of(query.day, sources.view.day().trading_day, "day")
    found = await sources.tape.trades(instrument.number, day, int(query.after[2:]), query.limit)
    value = {
        "instrument": instrument.code,
        "trading_day": day_text(day) or None,
        "trades": [trade_data(trade, instrument.tick_fen) for trade in found],
        "next": f"T-{found[-1].trade}" if len(found) == query.limit else None,
    }
    return json_reply(request, value)


@get("/kline")
async def kline(request: AnyRequest) -> Response[bytes]:
    """Bars of one day or several."""
    sources = sources_of(request)
    query = queries.read(request, queries.BarsQuery)
    instrument = _named(sources, query.instrument)
    today = sources.view.day().trading_day
    day_from = queries.day_of(query.day_from, today, "from")
    day_to = queries.day_of(query.day_to, max(today, day_from), "to")
    if day_from > day_to:
        raise Refused(reasons.INVALID_FIELD, "to", "is before from")
    bars = await sources.tape.bars(instrument.number, day_from, day_to, queries.BAR_MINUTES[query.interval])
    now_ns, is_daily = sources.view.day().at_ns, query.interval == "1d"
    width_ns = queries.BAR_MINUTES[query.interval] * 60_000_000_000
    rows = []
    for bar in bars:
        is_today = bar.trading_day == today
        bar.is_final = not is_today if is_daily else not is_today or now_ns >= bar.start_ns + width_ns
        row = msgspec.to_builtins(bar_data(bar, instrument.tick_fen))
        rows.append({**row, "trading_day": day_text(bar.trading_day), "start": None if is_daily else row["start"]})
    return json_reply(request, {"instrument": instrument.code, "interval": query.interval, "bars": rows})


@get("/auctions", sync_to_thread=False)
def auctions(request: AnyRequest) -> Response[bytes]:
    """Notices and results of government auctions and buy-backs, newest first."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, {"auctions": newest_auctions(sources)})


def newest_auctions(sources: Sources) -> list[AuctionView]:
    """Auctions as the public may see them, newest first."""
    newest = sources.view.auctions()[-AUCTION_ROWS_MAX:]
    return [public_auction(sources.view, found) for found in reversed(newest)]


@get("/auctions/{code:str}", sync_to_thread=False)
def auction(request: AnyRequest) -> Response[bytes]:
    """One auction: its notice, where it stands, and its result."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, named_auction(request, sources))


def named_auction(request: AnyRequest, sources: Sources) -> AuctionView:
    """The auction of the path. Raises `Refused` where there is none."""
    found = sources.view.auction(sources.view.auction_number(request.path_params["code"]))
    if found is None:
        raise Refused(reasons.UNKNOWN_AUCTION, "code")
    return public_auction(sources.view, found)


@get("/bulletins")
async def bulletins(request: AnyRequest) -> Response[bytes]:
    """Published bulletins, newest first, each with the SHA-256 of its JSON: the days', or those of the `kind` asked for."""
    sources = sources_of(request)
    query = queries.read(request, queries.BulletinsQuery)
    found = await issues(sources.title, "" if query.kind == "all" else query.kind)
    return json_reply(request, {"bulletins": [index_row(issue) for issue in found]})


@get("/bulletins/{name:str}")
async def bulletin(request: AnyRequest) -> Response[bytes]:
    """One published bulletin: `2026-11-20.json` (the very bytes that were hashed), `.csv` (for spreadsheets), `.parquet`, `.sig`."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    name, _, form = request.path_params["name"].rpartition(".")
    if form not in (*FORMS, "sig"):
        raise Refused(reasons.UNKNOWN_DOCUMENT, "name", "ask for .json, .csv, .parquet or .sig")
    if form == "sig":
        return await signature(request, sources, name)
    return await bulletin_file(request, sources, name, form)


@get("/errors", sync_to_thread=False)
def errors(request: AnyRequest) -> Response[bytes]:
    """The catalogue of reasons, as the server itself uses it."""
    queries.read(request, queries.NoQuery)
    rows = [
        {
            "code": row.number,
            "name": row.name,
            "retry": row.retry,
            "fix_ord_rej_reason": row.fix,
            "zh": row.zh,
            "en": row.en,
            "rule": row.article or None,
        }
        for row in reasons.CATALOGUE
    ]
    return json_reply(request, {"errors": rows}, _HOUR_S)


@get("/rulebook", sync_to_thread=False)
def rulebook(request: AnyRequest) -> Response[bytes]:
    """Every rule in force, with where it comes from and how sure that is."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, rulebook_value(sources))


def rulebook_value(sources: Sources) -> dict[str, Any]:
    """The rules in force and those adopted for later, as the answer has them."""
    notice = sources.view.rulebook_notice()
    rules, pending = notice.rulebook, notice.pending
    return {
        "market": rules.market,
        "version": rules.version,
        "in_force_since": day_text(notice.since) if notice.since else None,
        "sha256": notice.sha256,
        "next": None if pending is None else _next_rules(rules, pending),
        "rules": _rules(rules),
    }


@get("/fees", sync_to_thread=False)
def fees(request: AnyRequest) -> Response[bytes]:
    """The fee schedule in force, with sources and worked examples, and the one adopted for later."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    return json_reply(request, fee_schedule(sources.view))


@get("/large-holders", sync_to_thread=False)
def large_holders(request: AnyRequest) -> Response[bytes]:
    """Names of large holders (大户), where the rule book has them published; no figures, which are the holder's own."""
    sources = sources_of(request)
    queries.read(request, queries.NoQuery)
    at_ns, found = sources.view.published_large_holders()
    rows = [{"product": row.product, "names": list(row.names)} for row in found]
    return json_reply(request, {"as_of": time_text(at_ns), "large_holders": rows})


def _next_rules(rules: RuleBook, pending: PendingNotice) -> dict[str, Any]:
    return {
        "version": pending.rulebook.version,
        "effective_day": day_text(pending.effective_day),
        "sha256": pending.sha256,
        "approvals": list(pending.approvals),
        "changes": [change._asdict() for change in rulewords.changes(rules, pending.rulebook)],
        "rules": _rules(pending.rulebook),
    }


def _rules(rules: RuleBook) -> list[dict[str, Any]]:
    return [
        {
            "rule": name,
            "value": rulewords.value_of(rules, name),
            "source": origin.source,
            "confidence": origin.confidence,
            **rulewords.words_of(name)._asdict(),
        }
        for name, origin in rules.provenance.items()
    ]


def _named(sources: Sources, code: str) -> InstrumentView:
    found = sources.view.instrument(sources.view.instrument_number(code))
    if found is None:
        raise Refused(reasons.UNKNOWN_INSTRUMENT, "instrument")
    return found


HANDLERS = [
    phase,
    instruments,
    ticker,
    book,
    trades,
    kline,
    auctions,
    auction,
    bulletins,
    bulletin,
    errors,
    rulebook,
    fees,
    large_holders,
]
