"""An exchange class for ccxt (`pip install 'yutan[ccxt]'`), to be used beside ccxt's own.

    from yutan.plug.ccxt_yutan import yutan
    exchange = yutan({"apiKey": "mine", "secret": open("mine.pem").read(),
                      "urls": {"api": {"rest": "http://127.0.0.1:9100"}}, "options": {"env": "local"}})

Symbols are `CQEA-25/CNY`, amounts whole tonnes, orders limit orders. Prices cross as text, never as floats. An order whose
answer was lost (`RequestTimeout`, `NetworkError`) is sent again under the same `clientOrderId`: it trades once.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import ccxt.async_support as ccxt
from ccxt.base import errors
from ccxt.base.decimal_to_precision import TICK_SIZE
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

REPORTS_A_PAGE: Final = 1_000
_STATUS: Final = {
    "new": "open",
    "partially_filled": "open",
    "filled": "closed",
    "canceled": "canceled",
    "expired": "expired",
    "rejected": "rejected",
}
EXACT: Final[dict[str, type[Exception]]] = {
    "MALFORMED_JSON": errors.BadRequest,
    "BAD_SIGNATURE": errors.AuthenticationError,
    "NOT_AUTHENTICATED": errors.AuthenticationError,
    "KEY_REVOKED": errors.AuthenticationError,
    "WRONG_ENVIRONMENT": errors.AuthenticationError,
    "NONCE_USED": errors.InvalidNonce,
    "EXPIRED_REQUEST": errors.InvalidNonce,
    "UNKNOWN_INSTRUMENT": errors.BadSymbol,
    "UNKNOWN_ORDER": errors.OrderNotFound,
    "ALREADY_FILLED": errors.OrderNotFound,
    "ALREADY_CANCELED": errors.OrderNotFound,
    "CLIENT_ORDER_ID_CONFLICT": errors.DuplicateOrderId,
    "WOULD_TAKE": errors.OrderImmediatelyFillable,
    "PHASE_FORBIDS": errors.MarketClosed,
    "INSTRUMENT_HALTED": errors.MarketClosed,
    "OVERLOADED": errors.ExchangeNotAvailable,
    "ENGINE_RECOVERING": errors.OnMaintenance,
    "OUTCOME_UNKNOWN": errors.RequestTimeout,
    "INTERNAL": errors.ExchangeNotAvailable,
}
BY_AREA: Final[dict[int, type[Exception]]] = {
    1: errors.BadRequest,
    2: errors.PermissionDenied,
    3: errors.RateLimitExceeded,
    4: errors.InvalidOrder,
    5: errors.InsufficientFunds,
    6: errors.ExchangeError,
    9: errors.ExchangeNotAvailable,
}


def error_class(name: str, code: int) -> type[Exception]:
    """ccxt's class for a refusal of the catalogue: by its name, else by its area."""
    return EXACT.get(name) or BY_AREA.get(code // 1000, errors.ExchangeError)


class yutan(ccxt.Exchange):  # type: ignore[misc]
    """The exchange as ccxt sees exchanges; public figures over HTTP, private requests signed with an Ed25519 key."""

    def describe(self) -> Any:
        """What it can do, and where it is."""
        can = (
            "cancelAllOrders", "cancelOrder", "createOrder", "editOrder", "fetchBalance", "fetchClosedOrders", "fetchMarkets",
            "fetchMyTrades", "fetchOHLCV", "fetchOpenOrders", "fetchOrder", "fetchOrderBook", "fetchOrders", "fetchStatus",
            "fetchTicker", "fetchTickers", "fetchTime", "fetchTrades",
        )  # fmt: skip
        cannot = ("CORS", "createMarketOrder", "margin", "swap", "future", "option", "fetchCurrencies")
        return self.deep_extend(
            super().describe(),
            {
                "id": "yutan",
                "name": "渝碳 Yutan",
                "countries": ["CN"],
                "version": "v1",
                "rateLimit": 20,
                "has": {"spot": True, **dict.fromkeys(can, True), **dict.fromkeys(cannot, False)},
                "timeframes": {"1m": "1m", "5m": "5m", "15m": "15m", "1h": "1h", "1d": "1d"},
                "urls": {"api": {"rest": "http://127.0.0.1:9100"}, "test": {"rest": "http://127.0.0.1:9100"}},
                "requiredCredentials": {"apiKey": True, "secret": True},
                "precisionMode": TICK_SIZE,
                "options": {"env": "local", "account": ""},
            },
        )

    # ---- the wire -----------------------------------------------------------------------------------------

    def sign(
        self,
        path: str,
        api: Any = "public",
        method: str = "GET",
        params: Any = None,
        headers: Any = None,
        body: Any = None,
    ) -> dict[str, Any]:
        """The request as it goes out; a private one is signed over environment, host, method, time, nonce and body."""
        base = self.urls["api"]["rest"].rstrip("/")
        if api != "private":
            query = f"?{urlencode(params)}" if params else ""
            return {"url": f"{base}/api/v1/{path}{query}", "method": method, "body": None, "headers": headers}
        self.check_required_credentials()
        body = json.dumps(params or {})
        timestamp, nonce = str(self.milliseconds()), secrets.token_hex(16)
        digest = hashlib.sha256(body.encode()).hexdigest()
        parts = (self.options["env"], urlsplit(base).netloc, self.apiKey, path, timestamp, nonce, digest)
        signed = {
            "content-type": "application/json",
            "accept-language": "en",
            "yutan-key": self.apiKey,
            "yutan-timestamp": timestamp,
            "yutan-nonce": nonce,
            "yutan-signature": _private_key(self.secret).sign("|".join(parts).encode()).hex(),
        }
        return {"url": f"{base}/api/v1/trade/{path}", "method": "POST", "body": body, "headers": signed}

    def handle_errors(
        self,
        code: int,
        reason: Any,
        url: Any,
        method: Any,
        headers: Any,
        body: Any,
        response: Any,
        request_headers: Any,
        request_body: Any,
    ) -> None:
        """Raise ccxt's error for a refusal; its text has number, name, sentence, limit and actual value."""
        error = response.get("error") if isinstance(response, dict) else None
        if error is not None:
            raise error_class(error["name"], error["code"])(f"{self.id} {json.dumps(error, ensure_ascii=False)}")

    async def _get(self, path: str, params: Any = None) -> Any:
        return await self.fetch2(path, "public", "GET", params or {})

    async def _ask(self, method: str, params: Any = None) -> Any:
        """A request of the member door, for the account of the options where one is named."""
        account = {"account": self.options["account"]} if self.options["account"] else {}
        return await self.fetch2(method, "private", "POST", {**account, **(params or {})})

    # ---- public -------------------------------------------------------------------------------------------

    async def fetch_time(self, params: Any = None) -> Any:
        """The exchange's clock."""
        return (await self._get("time"))["time_ms"]

    async def fetch_status(self, params: Any = None) -> Any:
        """Whether the market trades now."""
        phase = await self._get("phase")
        return {"status": "ok", "updated": None, "eta": None, "url": None, "info": phase}

    async def fetch_markets(self, params: Any = None) -> Any:
        """What is traded."""
        return [self.parse_market(row) for row in (await self._get("instruments"))["instruments"]]

    def parse_market(self, market: Any) -> Any:
        """One instrument."""
        code, fee = market["instrument"], (market["trading_fee_ppm"] + market["settlement_fee_ppm"]) / 1e6
        return self.safe_market_structure(
            {
                "id": code,
                "symbol": f"{code}/CNY",
                "base": code,
                "quote": "CNY",
                "baseId": code,
                "quoteId": "CNY",
                "type": "spot",
                "spot": True,
                "active": True,
                "maker": fee,
                "taker": fee,
                "precision": {"price": float(market["tick"]), "amount": float(market["lot"])},
                "limits": {"amount": {"min": float(market["qty_min"]), "max": float(market["qty_max"])}},
                "info": market,
            }
        )

    async def fetch_order_book(self, symbol: str, limit: Any = None, params: Any = None) -> Any:
        """The book: all levels, or the best `limit`."""
        market = await self._market(symbol)
        book = await self._get("book", {"instrument": market["id"], "levels": limit or 0})
        return self.parse_order_book(book, market["symbol"])

    async def fetch_tickers(self, symbols: Any = None, params: Any = None) -> Any:
        """The day so far, of all instruments."""
        await self.load_markets()
        rows = (await self._get("ticker"))["tickers"]
        found = [self.parse_ticker(row, self.markets_by_id[row["instrument"]][0]) for row in rows]
        return {row["symbol"]: row for row in found if symbols is None or row["symbol"] in symbols}

    async def fetch_ticker(self, symbol: str, params: Any = None) -> Any:
        """The day so far."""
        market = await self._market(symbol)
        row = (await self._get("ticker", {"instrument": market["id"]}))["tickers"][0]
        return self.parse_ticker(row, market)

    def parse_ticker(self, ticker: Any, market: Any = None) -> Any:
        """One instrument's day."""
        return self.safe_ticker(
            {
                "symbol": market["symbol"],
                "last": ticker["last"],
                "close": ticker["last"],
                "open": ticker["open"],
                "high": ticker["high"],
                "low": ticker["low"],
                "previousClose": ticker["prev_close"],
                "change": ticker["change"],
                "percentage": ticker["change_pct"],
                "vwap": ticker["vwap"],
                "baseVolume": str(ticker["volume"]),
                "quoteVolume": ticker["turnover"],
                "info": ticker,
            },
            market,
        )

    async def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: Any = None, limit: Any = None, params: Any = None
    ) -> Any:
        """Bars of the present trading day, or of the days that `params` name by `from` and `to`."""
        market = await self._market(symbol)
        asked = {"instrument": market["id"], "interval": self.timeframes[timeframe], **(params or {})}
        bars = (await self._get("kline", asked))["bars"]
        return self.parse_ohlcvs(bars, market, timeframe, since, limit)

    def parse_ohlcv(self, ohlcv: Any, market: Any = None) -> Any:
        """One bar: time, open, high, low, close, tonnes."""
        start = self.parse8601(ohlcv["start"] or f"{ohlcv['trading_day']}T00:00:00+08:00")
        return [start, *(float(ohlcv[name]) for name in ("open", "high", "low", "close", "volume"))]

    async def fetch_trades(self, symbol: str, since: Any = None, limit: Any = None, params: Any = None) -> Any:
        """The present trading day's trades, oldest first, or those of the day that `params` name."""
        market = await self._market(symbol)
        asked = {"instrument": market["id"], "limit": limit or 500, **(params or {})}
        return self.parse_trades((await self._get("trades", asked))["trades"], market, since, limit)

    def parse_trade(self, trade: Any, market: Any = None) -> Any:
        """One trade: a public one, or one's own from its report."""
        is_own = "exec_type" in trade
        moment = trade["transact_time"] if is_own else trade["time"]
        fee = {"cost": trade["fee"], "currency": "CNY"} if is_own and trade.get("fee") else None
        return self.safe_trade(
            {
                "id": trade["trade_id"],
                "order": trade["order_id"] if is_own else None,
                "timestamp": self.parse8601(moment),
                "datetime": moment,
                "symbol": market["symbol"],
                "side": trade["side"] if is_own else _side_of(trade["taker_side"]),
                "takerOrMaker": trade.get("liquidity") if trade.get("liquidity") in ("maker", "taker") else None,
                "price": trade["last_price"] if is_own else trade["price"],
                "amount": str(trade["last_qty"] if is_own else trade["quantity"]),
                "fee": fee,
                "info": trade,
            },
            market,
        )

    # ---- private ------------------------------------------------------------------------------------------

    async def fetch_balance(self, params: Any = None) -> Any:
        """Cash in CNY and units of each instrument; `used` is held, locked, encumbered or otherwise not to be sold."""
        cash, units = await self._ask("account.cash"), await self._ask("account.allowances")
        found: dict[str, Any] = {"info": {"cash": cash, "allowances": units}}
        found["CNY"] = {"free": cash["available"], "used": cash["held"]}
        for row in units["holdings"]:
            kinds = ("available", "held", "locked", "encumbered", "preallocated", "use_restricted")
            total = sum(row[kind] for kind in kinds)
            found[row["instrument"]] = {"free": str(row["available"]), "total": str(total)}
        return self.safe_balance(found)

    async def create_order(
        self, symbol: str, type: Any, side: Any, amount: float, price: Any = None, params: Any = None
    ) -> Any:
        """Place a limit order. params: clientOrderId, timeInForce (DAY, IOC, FOK), postOnly."""
        if type != "limit" or price is None:
            raise errors.InvalidOrder(f"{self.id} takes limit orders with a price")
        market, wanted = await self._market(symbol), dict(params or {})
        asked = {
            "instrument": market["id"],
            "side": side,
            "price": self.price_to_precision(market["symbol"], price),
            "quantity": int(self.amount_to_precision(market["symbol"], amount)),
            "client_order_id": wanted.pop("clientOrderId", None) or f"ccxt-{secrets.token_hex(8)}",
            "time_in_force": wanted.pop("timeInForce", "day").lower(),
            "post_only": bool(wanted.pop("postOnly", False)),
        }
        placed = await self._ask("order.place", {**asked, **wanted})
        shown = {**asked, **placed, "order_qty": asked["quantity"], "order_status": "new"}
        return self.parse_order(shown, market)

    async def edit_order(
        self, id: str, symbol: str, type: Any, side: Any, amount: Any = None, price: Any = None, params: Any = None
    ) -> Any:
        """Set an open order's price and total quantity."""
        market = await self._market(symbol)
        asked = {
            "price": self.price_to_precision(symbol, price),
            "quantity": int(self.amount_to_precision(symbol, amount)),
        }
        changed = await self._ask("order.replace", {**asked, **self._name(id, params)})
        return self.parse_order({**changed, "instrument": market["id"], "side": side}, market)

    async def cancel_order(self, id: str, symbol: Any = None, params: Any = None) -> Any:
        """Cancel an order by its id, or by `clientOrderId` in `params`."""
        return self.parse_order(await self._ask("order.cancel", self._name(id, params)))

    async def cancel_all_orders(self, symbol: Any = None, params: Any = None) -> Any:
        """Cancel all open orders, or those of one instrument."""
        asked = {"instrument": (await self._market(symbol))["id"]} if symbol else {}
        done = await self._ask("order.cancel_all", asked)
        return [self.safe_order({"info": done})]

    async def fetch_order(self, id: str, symbol: Any = None, params: Any = None) -> Any:
        """An order as it stands, or as it ended."""
        await self.load_markets()
        return self.parse_order(await self._ask("order.get", self._name(id, params)))

    async def fetch_open_orders(
        self, symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None
    ) -> Any:
        """Open orders, oldest first."""
        market = await self._market(symbol) if symbol else None
        asked = {"instrument": market["id"]} if market else {}
        rows = (await self._ask("order.list", asked))["orders"]
        return self.parse_orders(rows, market, since, limit)

    async def fetch_orders(self, symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None) -> Any:
        """The orders of the account's last reports, open and ended."""
        market = await self._market(symbol) if symbol else None
        last = {row["order_id"]: row for row in await self._reports(market, lambda row: row["exec_type"] != "rejected")}
        return self.parse_orders(list(last.values()), market, since, limit)

    async def fetch_closed_orders(
        self, symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None
    ) -> Any:
        """Those of them that have ended."""
        return [row for row in await self.fetch_orders(symbol, since, limit) if row["status"] != "open"]

    async def fetch_my_trades(
        self, symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None
    ) -> Any:
        """The fills among the account's last reports."""
        market = await self._market(symbol) if symbol else None
        fills = await self._reports(market, lambda row: row["exec_type"] == "trade")
        found = [self.parse_trade(row, self.markets_by_id[row["instrument"]][0]) for row in fills]
        return self.filter_by_since_limit(found, since, limit)

    async def _reports(self, market: Any, is_wanted: Callable[[Any], bool]) -> list[Any]:
        """The account's last reports, oldest first."""
        await self.load_markets()
        cash = await self._ask("account.cash")
        first = max(1, cash["exec_seq"] - REPORTS_A_PAGE + 1)
        asked = {"channel": f"exec.{cash['account']}", "from_seq": first, "limit": REPORTS_A_PAGE}
        events = (await self.fetch2("channel.replay", "private", "POST", asked))["events"]
        rows = [event["data"] for event in events if is_wanted(event["data"])]
        return [row for row in rows if market is None or row["instrument"] == market["id"]]

    def parse_order(self, order: Any, market: Any = None) -> Any:
        """One order from a report, a row of the open orders, or the answer to a request."""
        found = self.markets_by_id.get(order.get("instrument")) if self.markets_by_id else None
        market = market or (found[0] if found else None)
        moment = order.get("transact_time") or None
        return self.safe_order(
            {
                "id": order.get("order_id"),
                "clientOrderId": order.get("client_order_id"),
                "symbol": market["symbol"] if market else None,
                "timestamp": self.parse8601(moment) if moment else None,
                "datetime": moment,
                "type": "limit",
                "timeInForce": str(order.get("time_in_force", "")).upper() or None,
                "side": order.get("side"),
                "price": order.get("price"),
                "amount": str(order["order_qty"]) if "order_qty" in order else None,
                "filled": str(order.get("cum_qty", 0)),
                "average": order.get("avg_price") or None,
                "status": _STATUS.get(order.get("order_status", ""), "open"),
                "info": order,
            },
            market,
        )

    def _name(self, order_id: Any, params: Any) -> dict[str, Any]:
        named = (params or {}).get("clientOrderId")
        return {"client_order_id": named} if named else {"order_id": order_id}

    async def _market(self, symbol: str) -> Any:
        await self.load_markets()
        return self.market(symbol)


def _side_of(taker_side: str) -> str | None:
    return taker_side if taker_side in ("buy", "sell") else None


def _private_key(secret: str) -> Ed25519PrivateKey:
    """From the text of a PEM file, or from 64 hex digits."""
    if "BEGIN" not in secret:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    key = load_pem_private_key(secret.encode(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise errors.AuthenticationError("the secret is not an Ed25519 key")
    return key
