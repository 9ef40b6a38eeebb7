"""What others may read of the market between two entries: copies, never the live objects.

The gateway and the composition root are handed a `MarketView`; the only way to *change* anything is a command through the
sequencer. All numbers are integers (ticks, tonnes, fen); 0 for "none". Everything read here is durable, since the sequencer
applies only what is on disk.
"""

import msgspec


class AccountView(msgspec.Struct, frozen=True):
    """One account. `restriction`: bits of units.RESTRICT_*; `exec_seq`: last number of its private stream."""

    number: int
    code: str
    owner: int
    name: str
    category: str
    restriction: int
    exec_seq: int
    free_fen: int
    held_fen: int
    retention_floor: int  # tonnes of allowances to be kept, all open years together


class UnitsView(msgspec.Struct, frozen=True):
    """Units of one instrument in one account: free to sell, behind open sells, bought too recently."""

    instrument: int
    available: int
    held: int
    locked: int


class OrderView(msgspec.Struct, frozen=True):
    """One open order. `amount_fen`: value of its fills so far."""

    order: int
    account: int
    client_order_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    leaves: int
    cum: int
    amount_fen: int
    time_in_force: int


class InstrumentView(msgspec.Struct, frozen=True):
    """One instrument with its rules, today's band and today's figures (prices 0 where nothing traded)."""

    number: int
    code: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick_fen: int
    lot_tonnes: int
    order_tonnes_min: int
    order_tonnes_max: int
    trading_fee_ppm: int
    settlement_fee_ppm: int
    halted: bool
    reference_ticks: int
    low_limit_ticks: int
    high_limit_ticks: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    last_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int


class KeyView(msgspec.Struct, frozen=True):
    """One member key."""

    key_id: str
    public_key: bytes
    accounts: tuple[int, ...]
    scopes: tuple[str, ...]
    revoked: bool


class OperatorView(msgspec.Struct, frozen=True):
    """One operator."""

    number: int
    person: str
    name: str
    public_key: bytes


class DayView(msgspec.Struct, frozen=True):
    """Where the day is. trading_day 0: none has been opened yet."""

    trading_day: int
    day_number: int
    phase: int
    halted: bool
    seq: int
    at_ns: int
