"""Matching engines from the package index, each behind the few lines that drive it through its own documented interface.

What is an engine's own representation (a side, a price) is made before the clock runs; what its caller must do for each
command (make an order object, keep the id that the engine chose, look at each fill) is inside. None of them is asked for
anything but limit orders and cancels, which is all that the canonical mix consists of.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, NamedTuple
from uuid import uuid4

from bench.workload import PLACE, Row
from engine.core.units import BUY

Levels = dict[int, int]  # price in ticks -> tonnes that rest there


FILLS_UNTOLD: Final = -1

Play = Callable[
    [list[Any]], tuple[int, int]
]  # takes translated rows, returns fills (or FILLS_UNTOLD) and tonnes traded
Session = tuple[Callable[[Row], Any], Play, Callable[[], tuple[Levels, Levels]]]


class Peer(NamedTuple):
    """One engine: its distribution, its module, how it holds a price, and the part of the flow it gets (slow ones less)."""

    name: str
    module: str
    made_of: str
    prices: str
    share: float
    start: Callable[[ModuleType], Session]

    @property
    def is_installed(self) -> bool:
        """Whether its module can be found."""
        return find_spec(self.module.partition(".")[0]) is not None

    def session(self) -> Session:
        """A fresh book: how a row is translated, how translated rows are played, and what rests afterwards."""
        return self.start(import_module(self.module))


def summed(orders: Iterable[tuple[int, float]]) -> Levels:
    """Tonnes by price in ticks, of whatever the engine lists."""
    levels: Levels = {}
    for price, tonnes in orders:
        levels[price] = levels.get(price, 0) + round(tonnes)
    return levels


def _liquibook(module: ModuleType) -> Session:
    class Listener(module.OrderListener):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            module.OrderListener.__init__(self)
            self.fills = 0
            self.traded = 0

        def on_accept(self, order: Any) -> None: ...

        def on_cancel(self, order: Any) -> None: ...

        def on_fill(self, order: Any, matched: Any, tonnes: int, cost: int) -> None:
            self.fills += 1
            self.traded += tonnes
            order.fill(tonnes, cost, 0)  # what its README leaves to the listener: the orders' own quantities
            matched.fill(tonnes, cost, 0)

    book, listener = module.DepthOrderBook(), Listener()
    book.set_order_listener(listener)
    orders: dict[int, Any] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, add, cancel = module.SimpleOrder, book.add, book.cancel
        before = listener.fills, listener.traded
        for op, number, is_buy, price, tonnes in rows:
            if op == PLACE:
                order = make(is_buy, price, tonnes)
                add(order)
                orders[number] = order
            else:
                cancel(orders.pop(number))
        return listener.fills - before[0], listener.traded - before[1]

    def levels() -> tuple[Levels, Levels]:
        resting = [order for order in orders.values() if order.open_qty()]
        bids = summed((order.price(), order.open_qty()) for order in resting if order.is_buy())
        return bids, summed((order.price(), order.open_qty()) for order in resting if not order.is_buy())

    return lambda row: (row.op, row.number, row.side == BUY, row.price_ticks, row.tonnes), play, levels


def _litebook(module: ModuleType) -> Session:
    book = module.OrderBook(tick_size=0.01)
    ids: dict[int, str] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, add, cancel = module.Order, book.add, book.cancel
        fills, traded = 0, 0.0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                order = make(side, price, tonnes)
                ids[number] = order.id
                for fill in add(order):
                    fills += 1
                    traded += fill.quantity
            else:
                cancel(ids.pop(number))
        return fills, round(traded)

    def levels() -> tuple[Levels, Levels]:
        bids, asks = book.buy_orders, book.sell_orders
        return tuple(summed((order.price_in_ticks, order.quantity) for order in side) for side in (bids, asks))  # type: ignore[return-value]

    sides = {True: module.OrderType.Buy, False: module.OrderType.Sell}
    return (
        lambda row: (row.op, row.number, sides[row.side == BUY], row.price_ticks, float(row.tonnes)),
        play,
        levels,
    )


def _orderly_chaos(module: ModuleType) -> Session:
    fills = traded = 0

    def on_trade(trade: Any) -> None:
        nonlocal fills, traded
        fills += 1
        traded += trade.quantity

    book = module.LimitOrderBook(on_trade)

    def play(rows: list[Any]) -> tuple[int, int]:
        limit, cancel = book.limit, book.cancel
        before = fills, traded
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                limit(side, number, tonnes, price)
            else:
                cancel(number)
        return fills - before[0], traded - before[1]

    def levels() -> tuple[Levels, Levels]:
        bids, asks = (book.depth(side, 1_000_000) for side in (module.Side.BUY, module.Side.SELL))
        return summed((row.price, row.volume) for row in bids), summed((row.price, row.volume) for row in asks)

    sides = {True: module.Side.BUY, False: module.Side.SELL}
    return lambda row: (row.op, row.number, sides[row.side == BUY], row.price_ticks, row.tonnes), play, levels


def _nanobook(module: ModuleType) -> Session:
    book = module.Exchange()
    ids: dict[int, int] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        submit, cancel = book.submit_limit, book.cancel
        fills = traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                result = submit(side, price, tonnes)
                ids[number] = result.order_id
                if result.filled_quantity:
                    for trade in result.trades:
                        fills += 1
                        traded += trade.quantity
            else:
                cancel(ids.pop(number))
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        found = book.depth(10_000)
        bids = summed((row.price, row.quantity) for row in found.bids)
        return bids, summed((row.price, row.quantity) for row in found.asks)

    return (
        lambda row: (row.op, row.number, "buy" if row.side == BUY else "sell", row.price_ticks, row.tonnes),
        play,
        levels,
    )


def _obook(module: ModuleType) -> Session:
    book = module.Book(1_000_000)
    ids: dict[int, int] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        submit, cancel, events = book.submit, book.cancel, book.events
        taken = (module.Status.FILLED, module.Status.PARTIALLY_FILLED)
        trade = module.EventKind.TRADE
        fills = traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                result = submit(number, side, price, tonnes)
                ids[number] = result.order_id
                if result.status in taken:
                    for event in events():
                        if event.kind == trade:
                            fills += 1
                            traded += event.qty
            else:
                cancel(ids.pop(number), number)
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        orders = book.book()
        bids = summed((order.price, order.qty - order.filled) for order in orders if order.side == module.BUY)
        return bids, summed((order.price, order.qty - order.filled) for order in orders if order.side == module.SELL)

    sides = {True: module.BUY, False: module.SELL}
    return lambda row: (row.op, row.number, sides[row.side == BUY], row.price_ticks, row.tonnes), play, levels


def _pylobo(module: ModuleType) -> Session:
    native = import_module("lobo._lobo")
    book, trader = module.Book(), uuid4()
    reports = module.Reports(include_fills=True)
    ids: dict[int, Any] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, fill, cancel = native.orders.LimitOrder, book.fill, book.cancel
        fills = traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                done = fill(make(price, tonnes, trader, side), reports)
                ids[number] = done.remaining_order_id
                for each in done.report.fills:
                    fills += 1
                    traded += each.fill_quantity
            else:
                cancel(ids.pop(number))
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        frames = (book.orders.bids._levels_df(None), book.orders.asks._levels_df(None))
        bids, asks = (summed((row[0], row[1]) for row in frame.iter_rows()) for frame in frames)
        return bids, asks

    sides = {True: native.orders.Side.Buy, False: native.orders.Side.Sell}
    return lambda row: (row.op, row.number, sides[row.side == BUY], row.price_ticks, row.tonnes), play, levels


def _cython_orderbook(module: ModuleType) -> Session:
    book = module.OrderBook()
    orders: dict[int, Any] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, add, cancel = module.Order, book.add_limit_order, book.cancel_order
        traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                order = make(side=side, price=price, original_quantity=tonnes)
                add(order)
                orders[number] = order
                traded += tonnes - order.remaining_quantity
            else:
                cancel(orders.pop(number).order_id)
        return FILLS_UNTOLD, traded

    def levels() -> tuple[Levels, Levels]:
        resting = [order for order in orders.values() if order.remaining_quantity]
        bids = summed((order.price, order.remaining_quantity) for order in resting if order.side is bid)
        return bids, summed((order.price, order.remaining_quantity) for order in resting if order.side is not bid)

    bid, ask = module.OrderSide.BID, module.OrderSide.ASK
    return (
        lambda row: (row.op, row.number, bid if row.side == BUY else ask, row.price_ticks, row.tonnes),
        play,
        levels,
    )


def _akhil4n_orderbook(module: ModuleType) -> Session:
    book = module.OrderBook()
    ids: dict[int, str] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, add, cancel = module.Order, book.add_limit_order, book.cancel_order
        log = book.trade_log
        fills = traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                order = make(side, price, tonnes)
                add(order)
                ids[number] = order.order_id
                if log:
                    for trade in log:
                        fills += 1
                        traded += trade.quantity_filled
                    log.clear()
            else:
                cancel(ids.pop(number))
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        resting = [order for _, order in book.orders.values()]
        bids = summed((order.price, order.remaining_quantity) for order in resting if order.side is bid)
        return bids, summed((order.price, order.remaining_quantity) for order in resting if order.side is not bid)

    bid, ask = module.OrderSide.BID, module.OrderSide.ASK
    return (
        lambda row: (row.op, row.number, bid if row.side == BUY else ask, row.price_ticks, row.tonnes),
        play,
        levels,
    )


def _lightmatchingengine(module: ModuleType) -> Session:
    engine, sides = module.LightMatchingEngine(), module.Side
    ids: dict[int, int] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        add, cancel = engine.add_order, engine.cancel_order
        fills = traded = 0
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                order, trades = add("CQEA", price, tonnes, side)
                ids[number] = order.order_id
                for trade in trades:
                    if trade.trade_side != side:  # it reports the taker's sum at each level, too
                        fills += 1
                        traded += trade.trade_qty
            else:
                cancel(ids.pop(number), "CQEA")
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        book = engine.order_books["CQEA"]
        bids, asks = (
            summed((price, order.leaves_qty) for price, orders in side.items() for order in orders)
            for side in (book.bids, book.asks)
        )
        return bids, asks

    return (
        lambda row: (row.op, row.number, sides.BUY if row.side == BUY else sides.SELL, row.price_ticks, row.tonnes),
        play,
        levels,
    )


def _pyorderbook(module: ModuleType) -> Session:
    book = module.Book()
    orders: dict[int, Any] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        match, cancel = book.match, book.cancel
        fills = traded = 0
        for op, number, make, price, tonnes in rows:
            if op == PLACE:
                order = make("CQEA", price, tonnes)
                orders[number] = order
                for trade in match(order).trades:
                    fills += 1
                    traded += trade.fill_quantity
            else:
                cancel(orders.pop(number))
        return fills, traded

    def levels() -> tuple[Levels, Levels]:
        resting = list(book.order_map.values())
        bid = module.Side.BID
        bids = summed((round(order.price * 100), order.quantity) for order in resting if order.side == bid)
        return bids, summed((round(order.price * 100), order.quantity) for order in resting if order.side != bid)

    return (
        lambda row: (
            row.op,
            row.number,
            module.bid if row.side == BUY else module.ask,
            row.price_ticks / 100,
            row.tonnes,
        ),
        play,
        levels,
    )


def _fastlob(module: ModuleType) -> Session:
    book = module.Orderbook("CQEA", start=False)
    book._alive = True  # `start` also starts a thread that looks for expired orders and outlives the run
    ids: dict[int, str] = {}

    def play(rows: list[Any]) -> tuple[int, int]:
        make, process, cancel, limit = module.OrderParams, book.process, book.cancel, module.ResultType.LIMIT
        traded = Decimal(0)
        for op, number, side, price, tonnes in rows:
            if op == PLACE:
                result = process(make(side, price, tonnes))
                ids[number] = result.orderid()
                if result.kind() != limit:
                    traded += sum(result.execprices().values())  # it counts only the makers that are filled whole
            else:
                cancel(ids.pop(number))
        return FILLS_UNTOLD, round(traded)

    def levels() -> tuple[Levels, Levels]:
        bids = summed((round(price * 100), tonnes) for price, tonnes, _ in book.best_bids(book.n_bids()))
        return bids, summed((round(price * 100), tonnes) for price, tonnes, _ in book.best_asks(book.n_asks()))

    bid, ask = module.OrderSide.BID, module.OrderSide.ASK
    return (
        lambda row: (
            row.op,
            row.number,
            bid if row.side == BUY else ask,
            Decimal(row.price_ticks) / 100,
            row.tonnes,
        ),
        play,
        levels,
    )


PEERS: Final = (
    Peer("liquibook", "liquibook", "C++, SWIG", "integer ticks", 1.0, _liquibook),
    Peer("litebook", "litebook", "Rust, PyO3", "integer ticks, float quantities", 1.0, _litebook),
    Peer("orderly-chaos", "orderly_chaos", "C++, ctypes", "integer ticks", 0.2, _orderly_chaos),
    Peer("nanobook", "nanobook", "Rust, PyO3", "integer ticks", 1.0, _nanobook),
    Peer("obook", "obook", "C++, ctypes", "integer ticks", 0.2, _obook),
    Peer("pylobo", "lobo", "Rust, PyO3", "integer ticks", 1.0, _pylobo),
    Peer("cython-orderbook", "cython_orderbook", "Cython", "integer ticks", 1.0, _cython_orderbook),
    Peer("akhil4n-orderbook", "orderbook", "Python", "integer ticks", 1.0, _akhil4n_orderbook),
    Peer(
        "lightmatchingengine",
        "lightmatchingengine.lightmatchingengine",
        "Python",
        "integer ticks",
        0.2,
        _lightmatchingengine,
    ),
    Peer("pyorderbook", "pyorderbook", "Python", "floats, Decimal inside", 0.1, _pyorderbook),
    Peer("fastlob", "fastlob", "Python", "Decimal", 0.02, _fastlob),
)
