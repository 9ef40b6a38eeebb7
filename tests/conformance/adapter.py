"""The whole market as a candidate of tracebook-conformance, which replays order traces on an engine of its own and compares.

What is translated, because that suite speaks of things a carbon market does not have:

- A quantity may be a fraction there; here a tonne stands for 2**-20 of its unit, which holds every quantity it generates exactly.
- An off-grid price is rounded to the nearest tick there; the door here would refuse it, so the adapter rounds it.
- A market order becomes immediate-or-cancel at the worst price that rests on the other side.
- A replace loses the place in the queue there even when it only makes the order smaller: cancel and new. Its reduce is our
  replace to a smaller quantity, which keeps the place.

Allocation pro rata is not a way this market trades, so a trace that asks for it is refused.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from tracebook.conformance.model import (
    BookSnapshot,
    BookState,
    ConformanceConfig,
    ConformanceError,
    EngineMetadata,
    Observation,
    Outcome,
    RestingOrder,
    TradeFill,
    canonical_decimal,
)
from tracebook.core.order import OrderSide, OrderType, SelfTradePolicy
from tracebook.events import MarketEvent

from engine.core import commands as c
from engine.core import events as e
from engine.core.book import Half, Order
from engine.core.units import AMOUNT_FEN_MAX, BUY, DAY, FOK, IOC, SELL, TONNES_MAX
from tests.testkit.build import Desk, rulebook_text

TONNES_OF_ONE: Final = 2**20
ACCOUNTS: Final = 64
INSTRUMENTS: Final = 8
UNITS_OF_EACH: Final = TONNES_MAX
SELF_TRADE: Final = {
    SelfTradePolicy.NONE: "off",
    SelfTradePolicy.CANCEL_RESTING: "cancel_maker",
    SelfTradePolicy.CANCEL_INCOMING: "cancel_taker",
}
LIVES: Final = {OrderType.LIMIT: DAY, OrderType.MARKET: IOC, OrderType.IOC: IOC, OrderType.FOK: FOK}
APPLIED: Final = Outcome("applied")


class MarketAdapter:
    """A market in continuous trading, with more accounts and instruments than a trace asks for, each rich."""

    metadata = EngineMetadata("yutan", "0.1.0", "Python")

    def __init__(self, config: ConformanceConfig) -> None:
        if config.matching_algorithm != "fifo":
            raise ConformanceError("this market allocates by price and time only")
        self.config = config
        self.tick = Decimal(str(config.tick_size))
        product = {"limit_bp": "none", "order_tonnes_max": TONNES_MAX}
        self.desk = Desk(
            rulebook_text(
                {"CQEA": product},
                self_trade=SELF_TRADE[config.self_trade_policy],
                open_orders_max=1_000_000,
                order_value_max_fen=AMOUNT_FEN_MAX,
                retention_bp=0,
            )
        )
        for number in range(1, INSTRUMENTS + 1):
            self.desk.act(c.ListInstrument(f"CQEA-{number}", "CQEA", 2020 + number, "", "", 10_000))
        for account in range(1, ACCOUNTS + 1):
            self.desk.act(c.OpenAccount(f"A{account}", account, "", "institution"))
            self.desk.act(*(c.DepositCash(account, AMOUNT_FEN_MAX) for _ in range(10)))
            allocations = (c.AllocateUnits(account, n, UNITS_OF_EACH, "paid", 2025) for n in range(1, INSTRUMENTS + 1))
            self.desk.act(*allocations)
        self.desk.open_day()
        self.symbols: dict[str, int] = {}  # -> instrument
        self.owners: dict[int, int] = {}  # -> account
        self.sent = 0

    def close(self) -> None:
        """Check the market once more."""
        self.desk.market.audit()

    def apply(self, event: MarketEvent, index: int) -> Observation:
        """Do what the event says."""
        happened: list[e.Event] = []
        if event.op in ("new", "clear"):
            self.symbols.setdefault(event.symbol, len(self.symbols) + 1)
        order = self._open(event)
        if event.op == "clear":
            for account in self.owners.values():
                self._do(c.CancelAll(account, self.symbols[event.symbol], 0))
            outcome = APPLIED
        elif event.op == "new":
            outcome = Outcome("rejected", "DUPLICATE_ORDER_ID") if order is not None else self._new(event, happened)
        elif order is None:
            outcome = Outcome("rejected", "ORDER_NOT_ACTIVE")
        elif event.op == "cancel":
            self._do(c.CancelOrder(order.account, order.number, ""))
            outcome = APPLIED
        elif event.op == "reduce":
            outcome = self._reduce(event, order)
        else:
            outcome = self._replace(event, order, happened)
        trades = tuple(self._trade(event.symbol, each) for each in happened if type(each) is e.Traded)
        state = self.snapshot()
        return Observation(index, outcome, trades, state.digest(), state.order_count)

    def snapshot(self) -> BookState:
        """Every queue as it stands in the market's own books."""
        books = []
        for symbol in sorted(self.symbols):
            instrument = self.desk.market.state.instruments[self.symbols[symbol]]
            assert instrument is not None
            books.append(BookSnapshot(symbol, self._queue(instrument.book.bids), self._queue(instrument.book.asks)))
        return BookState(tuple(books))

    def _queue(self, half: Half) -> tuple[RestingOrder, ...]:
        owner_of = {account: owner for owner, account in self.owners.items()}
        resting: list[RestingOrder] = []
        for level in half.sorted_levels():
            order = level.head
            while order is not None:
                price = canonical_decimal(order.price_ticks * self.tick)
                source = int(order.client_order_id.partition("-")[0])
                resting.append(RestingOrder(source, price, self._quantity(order.leaves), owner_of[order.account]))
                order = order.newer
        return tuple(resting)

    def _open(self, event: MarketEvent) -> Order | None:
        instrument = (
            self.desk.market.state.instruments[self.symbols[event.symbol]] if event.symbol in self.symbols else None
        )
        if instrument is None:
            return None
        for half in (instrument.book.bids, instrument.book.asks):
            for level in half.sorted_levels():
                order = level.head
                while order is not None:
                    if int(order.client_order_id.partition("-")[0]) == event.order_id:
                        return order
                    order = order.newer
        return None

    def _new(self, event: MarketEvent, happened: list[e.Event]) -> Outcome:
        assert event.side is not None
        assert event.price is not None
        side = BUY if event.side == OrderSide.BUY else SELL
        price = self._ticks(event.price)
        if event.order_type == OrderType.MARKET:
            instrument = self.desk.market.state.instruments[self.symbols[event.symbol]]
            assert instrument is not None
            against = instrument.book.half(BUY + SELL - side).sorted_levels()
            if not against:
                return APPLIED
            price = against[-1].price_ticks
        account = self.owners.setdefault(event.owner, len(self.owners) + 1)
        return self._place(event, account, side, price, self._tonnes(event.quantity), happened)

    def _place(
        self, event: MarketEvent, account: int, side: int, price: int, tonnes: int, happened: list[e.Event]
    ) -> Outcome:
        self.sent += 1
        name = f"{event.order_id}-{self.sent}"
        life = LIVES[event.order_type]
        happened += self._do(c.PlaceOrder(account, self.symbols[event.symbol], side, price, tonnes, life, name))
        first = happened[0]
        if type(first) is e.OrderRefused and life != FOK:
            return Outcome("rejected", "INVALID_ORDER", f"reason {first.reason}")
        return APPLIED

    def _reduce(self, event: MarketEvent, order: Order) -> Outcome:
        less = self._tonnes(event.quantity)
        if less > order.leaves:
            return Outcome("rejected", "INVALID_ORDER")
        if less == order.leaves:
            self._do(c.CancelOrder(order.account, order.number, ""))
        else:
            self._do(c.ReplaceOrder(order.account, order.number, "", order.price_ticks, order.tonnes - less))
        return APPLIED

    def _replace(self, event: MarketEvent, order: Order, happened: list[e.Event]) -> Outcome:
        price = order.price_ticks if event.price is None else self._ticks(event.price)
        tonnes = order.leaves if event.quantity is None else self._tonnes(event.quantity)
        if price <= 0 or tonnes <= 0:
            return Outcome("rejected", "INVALID_REPLACEMENT")
        account, side = order.account, order.side
        self._do(c.CancelOrder(account, order.number, ""))
        return self._place(event, account, side, price, tonnes, happened)

    def _do(self, command: c.AnyCommand) -> list[e.Event]:
        return self.desk.do(command)

    def _trade(self, symbol: str, event: e.Traded) -> TradeFill:
        buy, sell = (int(name.partition("-")[0]) for name in (event.buy_client_order_id, event.sell_client_order_id))
        price = canonical_decimal(event.price_ticks * self.tick)
        return TradeFill(symbol, buy, sell, price, self._quantity(event.tonnes))

    def _ticks(self, price: float) -> int:
        return round(Decimal(str(price)) / self.tick)

    def _tonnes(self, quantity: float | None) -> int:
        assert quantity is not None
        exact = Fraction(quantity) * TONNES_OF_ONE
        if exact.denominator != 1:
            raise ConformanceError(f"quantity {quantity} is no multiple of 2**-20")
        return int(exact)

    def _quantity(self, tonnes: int) -> str:
        return canonical_decimal(Decimal(tonnes) / TONNES_OF_ONE, self.config.quantity_decimal_places)
