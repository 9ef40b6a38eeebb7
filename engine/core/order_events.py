"""The three events that make up a busy day, as native objects: `events` says what events are and has all others.

A struct with 22 fields takes 22 Python integers, made one by one; here they are stored as they come. Measured compiled, with
nine fields: 70 ns against 130 ns to make one, and 2 ns against 22 ns to read a field in the compiled followers.
"""

from typing import Any, ClassVar, Final, final

from mypy_extensions import i64, mypyc_attr


@mypyc_attr(acyclic=True)
class OrderEvent:
    """Base of these events: equal when all fields are, and shown with them. Fields are read-only."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    __slots__ = FIELDS

    def values(self) -> tuple[Any, ...]:
        """All fields in order."""
        return tuple([getattr(self, name) for name in self.FIELDS])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.values() == other.values()

    def __repr__(self) -> str:
        fields = ", ".join([f"{name}={getattr(self, name)!r}" for name in self.FIELDS])
        return f"{type(self).__name__}({fields})"


@mypyc_attr(acyclic=True)
@final
class OrderAccepted(OrderEvent):
    """The order passed admission; its hold is placed. Its fills, if any, follow. Adds `tonnes` to the depth at its price."""

    FIELDS: ClassVar[tuple[str, ...]] = (
        "order",
        "account",
        "exec_seq",
        "client_order_id",
        "instrument",
        "side",
        "price_ticks",
        "tonnes",
        "time_in_force",
    )
    __slots__ = FIELDS

    def __init__(
        self,
        order: i64,
        account: i64,
        exec_seq: i64,
        client_order_id: str,
        instrument: i64,
        side: i64,
        price_ticks: i64,
        tonnes: i64,
        time_in_force: i64,
    ) -> None:
        self.order: Final[i64] = order
        self.account: Final[i64] = account
        self.exec_seq: Final[i64] = exec_seq
        self.client_order_id: Final[str] = client_order_id
        self.instrument: Final[i64] = instrument
        self.side: Final[i64] = side
        self.price_ticks: Final[i64] = price_ticks
        self.tonnes: Final[i64] = tonnes
        self.time_in_force: Final[i64] = time_in_force


@mypyc_attr(acyclic=True)
@final
class Traded(OrderEvent):
    """One trade, binding on both sides. Takes `tonnes` off the depth at both orders' limit prices.

    taker_side is 0 for a call auction. leaves and cum are the orders' own quantities after this trade.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (
        "trade",
        "instrument",
        "price_ticks",
        "tonnes",
        "amount_fen",
        "taker_side",
        "buyer",
        "buy_exec_seq",
        "buy_order",
        "buy_client_order_id",
        "buy_limit_ticks",
        "buy_leaves",
        "buy_cum",
        "buy_fee_fen",
        "seller",
        "sell_exec_seq",
        "sell_order",
        "sell_client_order_id",
        "sell_limit_ticks",
        "sell_leaves",
        "sell_cum",
        "sell_fee_fen",
    )
    __slots__ = FIELDS

    def __init__(
        self,
        trade: i64,
        instrument: i64,
        price_ticks: i64,
        tonnes: i64,
        amount_fen: i64,
        taker_side: i64,
        buyer: i64,
        buy_exec_seq: i64,
        buy_order: i64,
        buy_client_order_id: str,
        buy_limit_ticks: i64,
        buy_leaves: i64,
        buy_cum: i64,
        buy_fee_fen: i64,
        seller: i64,
        sell_exec_seq: i64,
        sell_order: i64,
        sell_client_order_id: str,
        sell_limit_ticks: i64,
        sell_leaves: i64,
        sell_cum: i64,
        sell_fee_fen: i64,
    ) -> None:
        self.trade: Final[i64] = trade
        self.instrument: Final[i64] = instrument
        self.price_ticks: Final[i64] = price_ticks
        self.tonnes: Final[i64] = tonnes
        self.amount_fen: Final[i64] = amount_fen
        self.taker_side: Final[i64] = taker_side
        self.buyer: Final[i64] = buyer
        self.buy_exec_seq: Final[i64] = buy_exec_seq
        self.buy_order: Final[i64] = buy_order
        self.buy_client_order_id: Final[str] = buy_client_order_id
        self.buy_limit_ticks: Final[i64] = buy_limit_ticks
        self.buy_leaves: Final[i64] = buy_leaves
        self.buy_cum: Final[i64] = buy_cum
        self.buy_fee_fen: Final[i64] = buy_fee_fen
        self.seller: Final[i64] = seller
        self.sell_exec_seq: Final[i64] = sell_exec_seq
        self.sell_order: Final[i64] = sell_order
        self.sell_client_order_id: Final[str] = sell_client_order_id
        self.sell_limit_ticks: Final[i64] = sell_limit_ticks
        self.sell_leaves: Final[i64] = sell_leaves
        self.sell_cum: Final[i64] = sell_cum
        self.sell_fee_fen: Final[i64] = sell_fee_fen


@mypyc_attr(acyclic=True)
@final
class OrderCanceled(OrderEvent):
    """An order ended with `tonnes` unfilled, taken off the depth at its price. reason: catalogue number, 0 = asked by the member."""

    FIELDS: ClassVar[tuple[str, ...]] = (
        "order",
        "account",
        "exec_seq",
        "client_order_id",
        "instrument",
        "side",
        "price_ticks",
        "tonnes",
        "cum",
        "reason",
    )
    __slots__ = FIELDS

    def __init__(
        self,
        order: i64,
        account: i64,
        exec_seq: i64,
        client_order_id: str,
        instrument: i64,
        side: i64,
        price_ticks: i64,
        tonnes: i64,
        cum: i64,
        reason: i64,
    ) -> None:
        self.order: Final[i64] = order
        self.account: Final[i64] = account
        self.exec_seq: Final[i64] = exec_seq
        self.client_order_id: Final[str] = client_order_id
        self.instrument: Final[i64] = instrument
        self.side: Final[i64] = side
        self.price_ticks: Final[i64] = price_ticks
        self.tonnes: Final[i64] = tonnes
        self.cum: Final[i64] = cum
        self.reason: Final[i64] = reason
