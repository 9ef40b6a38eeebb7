"""The market's rules as one frozen value, parsed from TOML in which each value names its source and confidence.

Form of the file: every rule is `key = { value = …, source = "…", confidence = "…" }`, inside [market], [day], [trading],
[settlement] and one [product.CODE] table for each product. `parse` checks the whole text and raises `RuleBookError`
with all faults at once. The text itself is journaled (`commands.Found`), so a replay never depends on a file.
"""

import tomllib
from typing import Any

import msgspec

from engine.core import phases, units

CONFIDENCES = ("confirmed", "confirmed-2", "to be confirmed", "unknown", "design")


class ProductRules(msgspec.Struct, frozen=True):
    """What holds for one product (all its vintages)."""

    code: str
    name_zh: str
    name_en: str
    kind: str  # allowance | offset: allowances count for retention
    tick_fen: int  # one tick in fen
    lot_tonnes: int
    order_tonnes_min: int
    order_tonnes_max: int
    limit_bp: int  # daily price limit in basis points of the reference price; 0 = no limit
    trading_fee_ppm: int  # per side, of the amount, rounded down to the fen
    settlement_fee_ppm: int
    lock_days: int  # T+N: trading days until bought units can be sold
    close_rule: str  # A: VWAP of the day | B: VWAP of the last five trades | C: A, but previous close up to close_min_tonnes
    #                 | L: last trade (or the closing call's price)
    close_min_tonnes: int


class TimetableRow(msgspec.Struct, frozen=True):
    """At this local time (seconds after midnight) the day enters this phase; `closed` closes the day."""

    at_second: int
    phase: int


class Provenance(msgspec.Struct, frozen=True):
    """Where a rule comes from, and how sure we are of it."""

    source: str
    confidence: str


class RuleBook(msgspec.Struct, frozen=True):
    """The rules of one market."""

    market: str
    version: int
    name_zh: str
    name_en: str
    utc_offset_minutes: int
    timetable: tuple[TimetableRow, ...]
    cancel_in_break: bool
    self_trade: str  # cancel_taker | cancel_maker | cancel_both
    open_orders_max: int  # per account
    order_value_max_fen: int
    client_order_id_days: int  # trading days for which a client order id stays known, after its own
    proceeds_same_day: bool  # whether a seller may buy with today's proceeds
    retention_bp: int  # share of the year's free allocation to be kept until surrender
    two_person_acts: tuple[str, ...]  # names of commands.Act classes that need a second person
    proposal_hours_max: int
    public_depth_levels: int
    products: dict[str, ProductRules]
    provenance: dict[str, Provenance]  # "section.key" -> source


class RuleBookError(ValueError):
    """The text is not a rule book; `faults` lists everything wrong with it, each with key and reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
