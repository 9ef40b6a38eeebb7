"""What a client gets back: answers, events and refusals, with `Decimal` prices and money and integer tonnes."""

from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct, field

from gateway.protocol import wire
from gateway.protocol.wire import ReasonView
from yutan.notebook import Shown


class Refused(Exception):
    """The exchange refused a request: `code` and `name` of the catalogue, the sentence, and what a program needs."""

    def __init__(self, error: wire.Error) -> None:
        super().__init__(f"{error.code} {error.name}: {error.message}")
        self.code = error.code
        self.name = error.name
        self.message = error.message
        self.data = error.data

    @property
    def retry(self) -> str:
        """never | same_id | after | reconcile | phase | contact."""
        return self.data.retry


class ConnectionLost(ConnectionError):
    """The connection ended. `code` is the close code (0: none). What was under way has an unknown outcome."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"the connection ended: {f'{code} ' if code else ''}{words or 'without a word'}")
        self.code = code


class Rate(NamedTuple):
    """What is left now of a rate, and how many there are in a second."""

    left: int
    per_second: int


class Limits(Shown, frozen=True):
    """The rates of one's key and participant as a reply carries them; None where the exchange does not limit one."""

    key_orders: Rate | None = None
    participant_orders: Rate | None = None
    key_cancels: Rate | None = None


class ExecReport(Shown, frozen=True, gc=False):
    """One event of one's order, in FIX words."""

    exec_type: str
    order_status: str
    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int
    transact_time: str
    trading_day: str
    avg_price: Decimal | None = None
    last_price: Decimal | None = None
    last_qty: int = 0
    trade_id: str = ""
    liquidity: str = ""
    fee: Decimal | None = None
    reason: ReasonView | None = None
    origin: str = ""
    method: str = ""
    counterparties: list[str] = field(default_factory=list)
    answers: str = ""
    auction: str = ""
    replaces: str = ""


class Order(Shown, frozen=True):
    """An order: open (transact_time empty), or as its last report says."""

    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int
    order_status: str
    avg_price: Decimal | None = None
    reason: ReasonView | None = None
    transact_time: str = ""


class Orders(Struct, frozen=True):
    """Open orders; `more`: ask again with `after`."""

    account: str
    orders: list[Order]
    more: bool


class Changed(Shown, frozen=True):
    """An order after cancel or replace."""

    order_id: str
    client_order_id: str
    account: str
    order_status: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int


class Cash(Shown, frozen=True):
    """Cash in CNY. `exec_seq`: the last event of `exec.{account}` that is in these figures."""

    account: str
    available: Decimal
    held: Decimal
    settled: Decimal
    seq: int
    exec_seq: int


class Trade(Shown, frozen=True):
    """Settlement of one's own trade: matched | clearing_hold | settled | failed."""

    trade_id: str
    status: str
    instrument: str = ""
    side: str = ""
    quantity: int = 0
    amount: Decimal | None = None
    reason: ReasonView | None = None
    detail: str = ""


class Instrument(Shown, frozen=True):
    """One instrument with its rules and today's figures."""

    instrument: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick: Decimal
    lot: int
    order_qty_min: int
    order_qty_max: int
    match_mode: str
    trading_fee_ppm: int
    settlement_fee_ppm: int
    halted: bool
    volume: int
    turnover: Decimal
    trades: int
    reference_price: Decimal | None = None
    limit_down: Decimal | None = None
    limit_up: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    last: Decimal | None = None


class Event(Struct, frozen=True, gc=False):
    """One event of a channel. `data`: `ExecReport` for updates of `exec.…`, else the JSON as it came."""

    channel: str
    kind: str
    seq: int
    ts: str
    data: Any


class GapEvent(Struct, frozen=True, gc=False):
    """Events from `from_seq` on could not be had again. A snapshot follows."""

    channel: str
    from_seq: int


class LinkEvent(Struct, frozen=True, gc=False):
    """The connection was "lost" or is "back" (only with reconnect=True)."""

    state: str
