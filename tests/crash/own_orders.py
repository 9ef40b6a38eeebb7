"""What one member knows from its private stream alone: its orders, its fills, what it must hold. Checks as it reads."""

from dataclasses import dataclass, field
from typing import Any

OPEN, DONE = "open", "done"


@dataclass
class OwnOrder:
    """One order as the reports so far tell it. Prices in fen, quantities in tonnes."""

    order_id: str
    client_order_id: str
    instrument: str
    side: str
    price_fen: int
    qty: int
    time_in_force: str
    cum: int = 0
    state: str = OPEN
    last: str = ""  # exec_type of the last report
    origin: str = ""
    replaces: int = 0

    @property
    def leaves(self) -> int:
        return self.qty - self.cum if self.state == OPEN else 0


@dataclass(frozen=True)
class Fill:
    """One side of a trade."""

    trade_id: str
    order_id: str
    instrument: str
    side: str
    price_fen: int
    tonnes: int
    fee_fen: int


@dataclass
class OwnOrders:
    """The reports of one private stream, read in order. An AssertionError is a stream that contradicts itself."""

    account: str
    orders: dict[str, OwnOrder] = field(default_factory=dict)  # by order_id
    live: dict[str, OwnOrder] = field(default_factory=dict)  # those that are open
    ids: dict[str, str] = field(default_factory=dict)  # client_order_id -> order_id
    fills: dict[str, Fill] = field(default_factory=dict)  # by trade_id
    cash_fen: int = 0  # what the fills have brought (or cost)
    units: dict[str, int] = field(default_factory=dict)
    last_seq: int = 0
    days: list[str] = field(default_factory=list)  # trading days, in order

    def read(self, event: dict[str, Any]) -> None:
        """Take the next event of the stream."""
        assert event["ch"] == f"exec.{self.account}"
        assert event["seq"] == self.last_seq + 1
        assert event["prev"] == self.last_seq
        self.last_seq += 1
        report = event["data"]
        assert report["account"] == self.account, event
        if not self.days or report["trading_day"] != self.days[-1]:
            assert not self.days or report["trading_day"] > self.days[-1], event
            self.days.append(report["trading_day"])
        kind = report["exec_type"]
        if kind in ("new", "rejected"):
            self._begin(report)
            return
        order = self.orders[report["order_id"]]
        assert order.state == OPEN, f"a report after the order's end: {event}"
        assert report["client_order_id"] == order.client_order_id, event
        if kind == "trade":
            self._fill(order, report)
        elif kind == "replaced":
            order.price_fen, order.qty = fen(report["price"]), report["order_qty"]
            order.replaces += 1
            assert order.qty > order.cum, event
        else:
            assert kind in ("canceled", "expired"), event
            order.origin = report["origin"]
            self._end(order)
        order.last = kind
        assert report["cum_qty"] == order.cum, event
        assert report["leaves_qty"] == order.leaves, event
        assert report["order_qty"] == order.qty, event

    def _begin(self, report: dict[str, Any]) -> None:
        order_id, client_order_id = report["order_id"], report["client_order_id"]
        assert order_id not in self.orders, f"order {order_id} began twice"
        assert client_order_id not in self.ids, f"client order id {client_order_id} made two orders"
        self.ids[client_order_id] = order_id
        order = self.orders[order_id] = OwnOrder(
            order_id,
            client_order_id,
            report["instrument"],
            report["side"],
            fen(report["price"]),
            report["order_qty"],
            report["time_in_force"],
            last=report["exec_type"],
        )
        self.live[order_id] = order
        if report["exec_type"] == "rejected":
            self._end(order)
        assert report["leaves_qty"] == order.leaves, report

    def _end(self, order: OwnOrder) -> None:
        order.state = DONE
        del self.live[order.order_id]

    def _fill(self, order: OwnOrder, report: dict[str, Any]) -> None:
        price_fen, tonnes, fee_fen = fen(report["last_price"]), report["last_qty"], fen(report["fee"])
        assert report["trade_id"] not in self.fills, f"trade {report['trade_id']} was reported twice"
        assert (price_fen <= order.price_fen) if order.side == "buy" else (price_fen >= order.price_fen), report
        fill = Fill(report["trade_id"], order.order_id, order.instrument, order.side, price_fen, tonnes, fee_fen)
        self.fills[fill.trade_id] = fill
        order.cum += tonnes
        if order.cum == order.qty:
            self._end(order)
        sign = 1 if order.side == "buy" else -1
        self.cash_fen -= sign * price_fen * tonnes + fee_fen
        self.units[order.instrument] = self.units.get(order.instrument, 0) + sign * tonnes

    def open_orders(self) -> dict[str, tuple[int, int, int]]:
        """(price, quantity, filled) by order id of what is open."""
        return {o.order_id: (o.price_fen, o.qty, o.cum) for o in self.live.values()}


def fen(text: str) -> int:
    """Yuan with two decimals as fen."""
    whole, _, rest = text.partition(".")
    assert len(rest) == 2, text
    return int(whole + rest)


def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
