"""What a member knows of its account from its private stream alone: every order, every fill, the balance after each event."""

from dataclasses import dataclass
from typing import Any

ENDS = frozenset(("filled", "canceled", "rejected", "expired"))


@dataclass
class Order:
    """One order as the reports so far tell it; the price in fen."""

    client_order_id: str
    side: str
    price: int
    quantity: int
    status: str
    cum: int = 0


class Account:
    """Reads `exec.{account}` in order. An AssertionError is a stream that contradicts itself."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.stream: list[str] = []  # raw events, 1, 2, 3, …
        self.orders: dict[str, Order] = {}
        self.fills: dict[str, tuple[str, int, int, int]] = {}  # by trade: side, price, quantity, fee
        self.balances: list[tuple[int, int]] = [(0, 0)]  # (fen, tonnes) that the first n events have brought
        self._by_client_order_id: dict[str, str] = {}

    @property
    def last(self) -> int:
        """The last seq that was read."""
        return len(self.stream)

    def read(self, raw: str, event: dict[str, Any]) -> None:
        """The next event."""
        assert (event["kind"], event["seq"], event["prev"]) == ("update", self.last + 1, self.last), raw
        report = event["data"]
        assert report["account"] == self.code, raw
        cash, tonnes = self.balances[-1]
        order = self._begun(report) if report["exec_type"] in ("new", "rejected") else self.orders[report["order_id"]]
        if report["exec_type"] != "new" and report["exec_type"] != "rejected":
            assert order.status not in ENDS, f"a report after the order's end: {raw}"
        if report["exec_type"] == "replaced":
            order.price, order.quantity = fen(report["price"]), report["order_qty"]
        if report["exec_type"] == "trade":
            price, quantity, fee = fen(report["last_price"]), report["last_qty"], fen(report["fee"])
            assert report["trade_id"] not in self.fills, f"a trade was told twice: {raw}"
            self.fills[report["trade_id"]] = (order.side, price, quantity, fee)
            order.cum += quantity
            sign = 1 if order.side == "buy" else -1
            cash, tonnes = cash - sign * price * quantity - fee, tonnes + sign * quantity
        order.status = report["order_status"]
        left = 0 if order.status in ENDS else order.quantity - order.cum
        assert (report["cum_qty"], report["leaves_qty"], report["order_qty"]) == (order.cum, left, order.quantity), raw
        self.balances.append((cash, tonnes))
        self.stream.append(raw)

    def _begun(self, report: dict[str, Any]) -> Order:
        order_id, name = report["order_id"], report["client_order_id"]
        assert order_id not in self.orders, f"{order_id} began twice"
        assert name not in self._by_client_order_id, f"{name} made two orders"
        self._by_client_order_id[name] = order_id
        begun = Order(name, report["side"], fen(report["price"]), report["order_qty"], report["order_status"])
        self.orders[order_id] = begun
        return begun

    def open(self) -> dict[str, tuple[int, int, int]]:
        """(price, quantity, filled) of what is open, by order id."""
        return {
            order_id: (order.price, order.quantity, order.cum)
            for order_id, order in self.orders.items()
            if order.status not in ENDS
        }


def fen(text: str) -> int:
    """Yuan with two decimals as fen."""
    whole, _, rest = text.partition(".")
    assert len(rest) == 2, text
    return int(whole + rest)
