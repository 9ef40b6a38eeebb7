"""The REST twin tells what the engine, the tape and the registry know, and refuses what it does not understand."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from engine.core import reasons
from engine.core.commands import ChangePhase, CloseDay, OpenDay
from engine.core.phases import OPENING_CALL
from tests.gateway.feed.flow import MEMBERS
from tests.gateway.http.conftest import Door

PATHS = (
    "/health",
    "/metrics",
    "/api/v1/phase",
    "/api/v1/instruments",
    "/api/v1/ticker",
    "/api/v1/book?instrument=CQEA-25",
    "/api/v1/trades?instrument=CQEA-25",
    "/api/v1/kline?instrument=CQEA-25",
    "/api/v1/bulletins",
    "/api/v1/bulletins/2026-11-20.json",
    "/api/v1/bulletins/2026-11-20.csv",
    "/api/v1/errors",
    "/api/v1/rulebook",
    "/api/v1/large-holders",
    "/api/v1/calendar",
    "/api/v1/calendar?year=2026",
    "/calendar.ics",
    "/",
    "/bulletins",
    "/bulletins/2026-11-20",
    "/static/market.js",
)


async def get(door: Door, path: str) -> Any:
    answer = await door.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def test_every_path_answers_with_the_strict_headers(door: Door) -> None:
    for path in (*PATHS, "/api/v1/none", "/none", "/api/v1/book"):
        answer = await door.client.get(path)
        assert answer.status_code == (200 if path in PATHS else 404 if "none" in path else 400), path
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in headers
        assert "cache-control" in headers


async def test_nobody_s_name_account_or_order_is_told(door: Door) -> None:
    for path in PATHS:
        text = (await door.client.get(path)).text
        for secret in (*MEMBERS, "M001", "M002", '"buyer"', '"seller"', "O-1"):
            assert secret not in text, (path, secret)


async def test_health_and_metrics_tell_how_it_goes(door: Door) -> None:
    health = await get(door, "/health")
    assert (health["status"], health["phase"], health["trading_day"]) == ("ok", "continuous", "2026-11-22")
    assert (health["seq"], health["lags"]) == (door.run.market.seq, {"settlement": 3})
    door.lags["settlement"] = 10_000_000
    behind = await door.client.get("/health")
    assert (behind.status_code, behind.json()["status"]) == (503, "behind")
    text = (await door.client.get("/metrics")).text
    assert 'yutan_follower_lag_entries{follower="settlement"} 1e+07' in text
    assert "# TYPE yutan_reports_total counter" in text
    assert "# TYPE yutan_connections gauge" in text


async def test_ticker_and_book_are_the_engines(door: Door) -> None:
    (one,) = (await get(door, "/api/v1/ticker?instrument=CQEA-25"))["tickers"]
    both = (await get(door, "/api/v1/ticker"))["tickers"]
    assert [row["instrument"] for row in both] == ["CQEA-25", "CQEA-24"]
    assert one == both[0]
    view = door.run.view.instrument(1)
    assert view is not None
    assert one["last"] == f"{view.last_ticks // 100}.{view.last_ticks % 100:02d}"
    assert (one["volume"], one["trades"]) == (view.tonnes, view.trades)
    book = await get(door, "/api/v1/book?instrument=CQEA-25&levels=0")
    bids, asks = door.run.view.depth(1, 0)
    assert [quantity for _, quantity in book["bids"]] == [tonnes for _, tonnes, _ in bids]
    assert [quantity for _, quantity in book["asks"]] == [tonnes for _, tonnes, _ in asks]
    assert book["auction"] is None
    assert len((await get(door, "/api/v1/book?instrument=CQEA-25&levels=2"))["bids"]) <= 2


async def test_levels_are_withheld_in_a_call_auction(door: Door) -> None:
    door.run.act(CloseDay())
    door.run.act(OpenDay(20261123))
    door.run.act(ChangePhase(OPENING_CALL))
    door.run.place(1, 1, 4000, 10)
    door.run.place(2, 2, 3990, 4)
    book = await get(door, "/api/v1/book?instrument=CQEA-25")
    assert (book["bids"], book["asks"], book["withheld"]) == ([], [], True)
    assert (book["auction"]["quantity"], book["auction"]["imbalance_side"]) == (4, "buy")


async def test_trades_of_any_day_are_paged(door: Door) -> None:
    whole = (await get(door, "/api/v1/trades?instrument=CQEA-25&day=2026-11-20&limit=10000"))["trades"]
    assert len(whole) > 20
    paged: list[Any] = []
    after: str | None = "T-0"
    while after is not None:
        page = await get(door, f"/api/v1/trades?instrument=CQEA-25&day=2026-11-20&after={after}&limit=9")
        paged += page["trades"]
        after = page["next"]
    assert paged == whole
    today = await get(door, "/api/v1/trades?instrument=CQEA-25")
    assert today["trading_day"] == "2026-11-22"
    assert not {trade["trade_id"] for trade in today["trades"]} & {trade["trade_id"] for trade in whole}


async def test_bars_of_any_day_agree_with_the_trades(door: Door) -> None:
    for interval in ("1m", "5m", "15m", "1h", "1d"):
        query = f"instrument=CQEA-25&interval={interval}&from=2026-11-20&to=2026-11-21"
        bars = (await get(door, f"/api/v1/kline?{query}"))["bars"]
        assert {bar["trading_day"] for bar in bars} == {"2026-11-20", "2026-11-21"}
        for day in ("2026-11-20", "2026-11-21"):
            trades = (await get(door, f"/api/v1/trades?instrument=CQEA-25&day={day}&limit=10000"))["trades"]
            mine = [bar for bar in bars if bar["trading_day"] == day]
            assert sum(bar["volume"] for bar in mine) == sum(trade["quantity"] for trade in trades)
            assert sum(bar["trades"] for bar in mine) == len(trades)
            assert (mine[0]["open"], mine[-1]["close"]) == (trades[0]["price"], trades[-1]["price"])
            assert all(bar["final"] for bar in mine)
    (today,) = (await get(door, "/api/v1/kline?instrument=CQEA-25&interval=1d"))["bars"]
    assert today["final"] is False


async def test_only_published_bulletins_are_public_and_byte_for_byte(door: Door) -> None:
    (row,) = (await get(door, "/api/v1/bulletins"))["bulletins"]
    assert (row["trading_day"], row["json"]) == ("2026-11-20", "/api/v1/bulletins/2026-11-20.json")
    body = (await door.client.get(row["json"])).content
    assert hashlib.sha256(body).hexdigest() == row["sha256"]
    for path in ("/api/v1/bulletins/2026-11-21.json", "/api/v1/bulletins/2026-11-21.csv", "/bulletins/2026-11-21"):
        assert (await door.client.get(path)).status_code == 404, path


async def test_the_csv_opens_in_a_spreadsheet(door: Door) -> None:
    answer = await door.client.get("/api/v1/bulletins/2026-11-20.csv")
    assert answer.content.startswith(b"\xef\xbb\xbftrading_day,code,")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="bulletin-2026-11-20.csv"' in answer.headers["content-disposition"]
    names, headings, *rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert headings[:2] == ["交易日", "品种代码"]
    document = json.loads((await door.client.get("/api/v1/bulletins/2026-11-20.json")).content)
    assert [dict(zip(names, row, strict=True))["close"] for row in rows] == [
        found["close"] for found in document["instruments"]
    ]


async def test_what_has_not_changed_is_not_sent_again(door: Door) -> None:
    first = await door.client.get("/api/v1/errors")
    again = await door.client.get("/api/v1/errors", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(first.json()["errors"]) == len(reasons.CATALOGUE)


async def test_the_rule_book_names_source_and_confidence_of_every_rule(door: Door) -> None:
    rules = {row["rule"]: row for row in (await get(door, "/api/v1/rulebook"))["rules"]}
    assert rules["settlement.retention_bp"]["value"] == 5000
    assert rules["settlement.retention_bp"]["confidence"] == "confirmed"
    assert rules["product.CQEA.limit_bp"]["value"] == 1000
    assert all(row["source"] and row["confidence"] for row in rules.values())


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/api/v1/book", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=NONE", 404, "UNKNOWN_INSTRUMENT"),
        ("/api/v1/book?instrument=CQEA-25&levels=-1", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=CQEA-25&levels=1001", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=CQEA-25&levels=1.5", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=CQEA-25&levels=x", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=CQEA-25&depth=5", 400, "UNKNOWN_FIELD"),
        ("/api/v1/book?instrument=CQEA-25&instrument=CQEA-24", 400, "INVALID_FIELD"),
        ("/api/v1/book?instrument=%3Cscript%3E", 400, "INVALID_FIELD"),
        ("/api/v1/ticker?instrument=NONE", 404, "UNKNOWN_INSTRUMENT"),
        ("/api/v1/phase?x=1", 400, "UNKNOWN_FIELD"),
        ("/api/v1/trades?instrument=NONE", 404, "UNKNOWN_INSTRUMENT"),
        ("/api/v1/trades?instrument=CQEA-25&day=2026-02-30", 400, "INVALID_FIELD"),
        ("/api/v1/trades?instrument=CQEA-25&day=20261120", 400, "INVALID_FIELD"),
        ("/api/v1/trades?instrument=CQEA-25&after=17", 400, "INVALID_FIELD"),
        ("/api/v1/trades?instrument=CQEA-25&limit=0", 400, "INVALID_FIELD"),
        ("/api/v1/trades?instrument=CQEA-25&limit=10001", 400, "INVALID_FIELD"),
        ("/api/v1/kline?instrument=CQEA-25&interval=2m", 400, "INVALID_FIELD"),
        ("/api/v1/kline?instrument=CQEA-25&from=2026-11-22&to=2026-11-20", 400, "INVALID_FIELD"),
        ("/api/v1/bulletins/2026-11-20.pdf", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/bulletins/2026-11-20", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/bulletins/yesterday.json", 400, "INVALID_FIELD"),
        ("/api/v1/bulletins/1999-01-01.json", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/none", 404, "UNKNOWN_METHOD"),
        ("/static/../app.py", 404, "UNKNOWN_METHOD"),
        ("/static/%2e%2e/%2e%2e/http/app.py", 404, "UNKNOWN_METHOD"),
    ],
)
async def test_bad_requests_get_their_numbered_error(door: Door, path: str, status: int, name: str) -> None:
    answer = await door.client.get(path)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["name"], error["code"]) == (name, reasons.BY_NAME[name].number)
    assert error["message"] == reasons.BY_NAME[name].zh
    assert error["data"]["retry"] == reasons.BY_NAME[name].retry
    english = await door.client.get(path, headers={"accept-language": "en-GB,en;q=0.9"})
    assert english.json()["error"]["message"] == reasons.BY_NAME[name].en


async def test_only_reading_is_allowed(door: Door) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await door.client.request(method, "/api/v1/ticker", content=b"{}")
        assert answer.status_code == 405
        assert answer.json()["error"]["name"] == "UNKNOWN_METHOD"
