"""The ccxt class against a running exchange: every public and private call that it says it has, and ccxt's errors."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ccxt.base import errors

from engine.core import reasons
from yutan.conform import run
from yutan.conform.market import INSTRUMENT, KEY_ID, Market
from yutan.plug.ccxt_yutan import BY_AREA, EXACT, error_class, yutan

SYMBOL = f"{INSTRUMENT}/CNY"


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with run.opened(tmp_path / "market", 0) as market:
        yield market


def connected(market: Market, key_id: str) -> Any:
    key = market.key_file.with_name(f"{key_id}.pem").read_text()
    urls = {"api": {"rest": market.exchange.running.http_url}}
    return yutan({"apiKey": key_id, "secret": key, "urls": urls, "options": {"env": "sandbox"}, "timeout": 60_000})


@pytest.fixture
async def exchanges(market: Market) -> AsyncIterator[tuple[Any, Any]]:
    ours, theirs = connected(market, KEY_ID), connected(market, "test_other")
    yield ours, theirs
    await ours.close()
    await theirs.close()


async def test_markets_and_rounding(exchanges: tuple[Any, Any]) -> None:
    ours, _ = exchanges
    (market,) = await ours.fetch_markets()
    assert (market["symbol"], market["precision"]) == (SYMBOL, {"price": 0.01, "amount": 1.0})
    await ours.load_markets()
    assert ours.price_to_precision(SYMBOL, 39.129) == "39.13"
    assert ours.amount_to_precision(SYMBOL, 10.9) == "10"
    assert (await ours.fetch_status())["info"]["phase"] == "continuous"
    assert await ours.fetch_time() > 1_700_000_000_000


async def test_an_order_from_its_placing_to_the_trade(exchanges: tuple[Any, Any]) -> None:
    ours, theirs = exchanges
    before = await ours.fetch_balance()
    assert (before["CNY"]["free"], before[INSTRUMENT]["total"]) == (100_000_000.0, 1_000_000.0)
    placed = await ours.create_order(SYMBOL, "limit", "buy", 30, 39.5, {"clientOrderId": "mine-1"})
    assert (placed["status"], placed["amount"], placed["clientOrderId"]) == ("open", 30.0, "mine-1")
    again = await ours.create_order(SYMBOL, "limit", "buy", 30, 39.5, {"clientOrderId": "mine-1"})
    assert again["id"] == placed["id"]
    assert (await ours.fetch_order_book(SYMBOL))["bids"] == [[39.5, 30.0]]
    assert (await ours.fetch_balance())["CNY"]["used"] >= 30 * 39.5
    await theirs.create_order(SYMBOL, "limit", "sell", 10, 39.5)
    half = await ours.fetch_order(placed["id"])
    assert (half["status"], half["filled"], half["remaining"], half["average"]) == ("open", 10.0, 20.0, 39.5)
    edited = await ours.edit_order(placed["id"], SYMBOL, "limit", "buy", 25, 39.4)
    assert (edited["amount"], edited["price"]) == (25.0, 39.4)
    assert [row["id"] for row in await ours.fetch_open_orders(SYMBOL)] == [placed["id"]]
    canceled = await ours.cancel_order(placed["id"], SYMBOL)
    assert (canceled["status"], canceled["filled"]) == ("canceled", 10.0)
    assert [row["status"] for row in await ours.fetch_orders(SYMBOL)] == ["canceled"]
    assert len(await ours.fetch_closed_orders(SYMBOL)) == 1
    (fill,) = await ours.fetch_my_trades(SYMBOL)
    (sold,) = await theirs.fetch_my_trades(SYMBOL)
    (public,) = await ours.fetch_trades(SYMBOL)
    assert fill["id"] == sold["id"] == public["id"]
    assert (fill["order"], fill["side"], fill["price"], fill["amount"]) == (placed["id"], "buy", 39.5, 10.0)
    assert (fill["takerOrMaker"], sold["takerOrMaker"], public["side"]) == ("maker", "taker", "sell")
    ticker = await ours.fetch_ticker(SYMBOL)
    assert (ticker["last"], ticker["baseVolume"], ticker["quoteVolume"]) == (39.5, 10.0, 395.0)
    assert (await ours.fetch_tickers())[SYMBOL]["last"] == 39.5
    (bar,) = await ours.fetch_ohlcv(SYMBOL, "1m")
    assert bar[1:] == [39.5, 39.5, 39.5, 39.5, 10.0]
    assert bar[0] % 60_000 == 0
    assert len(await ours.fetch_ohlcv(SYMBOL, "1d")) == 1
    for number in range(2):
        await ours.create_order(SYMBOL, "limit", "buy", 1, 39 + number / 100)
    await ours.cancel_all_orders(SYMBOL)
    assert await ours.fetch_open_orders() == []


async def test_errors_are_ccxts(market: Market, exchanges: tuple[Any, Any]) -> None:
    ours, _ = exchanges

    async def place(*changes: Any, **params: Any) -> Any:
        wanted = [*changes, *("limit", "buy", 10, 39.0)[len(changes) :]]
        return await ours.create_order(SYMBOL, *wanted, params)

    async def spend() -> None:
        for _ in range(40):
            await place("limit", "buy", 99_000, 43.0)

    with pytest.raises(errors.InvalidOrder, match="PRICE_OUT_OF_BAND"):
        await place("limit", "buy", 10, 99.0)
    with pytest.raises(errors.InvalidOrder, match="limit orders"):
        await ours.create_order(SYMBOL, "market", "buy", 10)
    with pytest.raises(errors.BadSymbol):
        await ours.create_order("XYZ/CNY", "limit", "buy", 1, 1.0)
    with pytest.raises(errors.OrderNotFound):
        await ours.fetch_order("O-99999")
    with pytest.raises(errors.OrderNotFound):
        await ours.cancel_order("O-99999")
    await place(clientOrderId="twice")
    with pytest.raises(errors.DuplicateOrderId):
        await place("limit", "buy", 11, 39.0, clientOrderId="twice")
    with pytest.raises(errors.InsufficientFunds):
        await spend()
    await ours.cancel_all_orders()
    await market.enter("break")
    with pytest.raises(errors.MarketClosed):
        await place()
    ours.secret = "00" * 32
    with pytest.raises(errors.AuthenticationError):
        await ours.fetch_balance()
    ours.apiKey = "nobody"
    with pytest.raises(errors.AuthenticationError, match="WRONG_ENVIRONMENT"):
        await ours.fetch_balance()


def test_every_refusal_of_the_catalogue_has_its_class() -> None:
    assert EXACT.keys() <= reasons.BY_NAME.keys()
    assert {row.number // 1000 for row in reasons.CATALOGUE} == BY_AREA.keys()
    classes = {row.name: error_class(row.name, row.number) for row in reasons.CATALOGUE}
    assert all(issubclass(found, errors.ExchangeError | errors.OperationFailed) for found in classes.values())
