"""Reads a recorded day of order flow: `seq,phase,time,op,id,side,price,qty`, plain or gzipped CSV.

op is limit, cancel or uncross; phase is open_auction, continuous or close_auction; prices are in 0.001 yuan and must
lie on the tick of 0.01 yuan; an id names an order for good. Every fault names its line; nothing is skipped over.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.core.units import BUY, PRICE_TICKS_MAX, SELL, TONNES_MAX

HEADER = ["seq", "phase", "time", "op", "id", "side", "price", "qty"]
PHASES = ("open_auction", "continuous", "close_auction")
MILLIYUAN_PER_TICK = 10
SIDES = {"buy": BUY, "sell": SELL}


class FlowError(ValueError):
    """The file is not order flow of this form."""


class Limit(NamedTuple):
    """A new limit order."""

    seq: int
    phase: str
    id: str
    side: int
    price_ticks: int
    qty: int


class Cancel(NamedTuple):
    """Cancel what is left of an earlier order."""

    seq: int
    phase: str
    id: str


class Uncross(NamedTuple):
    """The call auction of this phase ends."""

    seq: int
    phase: str


Row = Limit | Cancel | Uncross


def read(path: Path) -> list[Row]:
    """All rows of the file in its order. Raises FlowError for a wrong row and OSError for an unreadable file."""
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        raise FlowError(f"{path}: {error}") from error
    reader = csv.reader(io.StringIO(text))
    if next(reader, None) != HEADER:
        raise FlowError(f"{path}: line 1: the columns must be {','.join(HEADER)}")
    return list(_rows(path, reader))


def _rows(path: Path, reader: Iterator[list[str]]) -> Iterator[Row]:
    sides: dict[str, int] = {}
    last_seq, last_phase = 0, 0
    for line, cells in enumerate(reader, 2):
        try:
            row = _row(cells)
            if row.seq <= last_seq:
                raise ValueError(f"seq {row.seq} does not follow {last_seq}")
            if PHASES.index(row.phase) < last_phase:
                raise ValueError(f"phase {row.phase} cannot come again")
            if isinstance(row, Limit):
                if row.id in sides:
                    raise ValueError(f"id {row.id} was used before")
                sides[row.id] = row.side
            elif isinstance(row, Cancel) and row.id not in sides:
                raise ValueError(f"id {row.id} is not an earlier order")
        except ValueError as error:
            raise FlowError(f"{path}: line {line}: {error}") from error
        last_seq, last_phase = row.seq, PHASES.index(row.phase)
        yield row


def _row(cells: list[str]) -> Row:
    if len(cells) != len(HEADER):
        raise ValueError(f"{len(cells)} columns instead of {len(HEADER)}")
    seq_text, phase, _time, op, order_id, side, price_text, qty_text = cells
    seq = _whole(seq_text, "seq", 1, 10**12)
    if phase not in PHASES:
        raise ValueError(f"phase {phase!r} is not one of {', '.join(PHASES)}")
    if op == "uncross":
        if phase == "continuous":
            raise ValueError("there is nothing to uncross in continuous trading")
        return Uncross(seq, phase)
    if not order_id.isascii() or not order_id.isalnum() or len(order_id) > 36:
        raise ValueError(f"id {order_id!r} is not 1 to 36 letters and digits")
    if op == "cancel":
        return Cancel(seq, phase, order_id)
    if op != "limit":
        raise ValueError(f"op {op!r} is not limit, cancel or uncross")
    if side not in SIDES:
        raise ValueError(f"side {side!r} is not buy or sell")
    price = _whole(price_text, "price", 1, PRICE_TICKS_MAX * MILLIYUAN_PER_TICK)
    if price % MILLIYUAN_PER_TICK:
        raise ValueError(f"price {price} is not on the tick of {MILLIYUAN_PER_TICK}")
    return Limit(seq, phase, order_id, SIDES[side], price // MILLIYUAN_PER_TICK, _whole(qty_text, "qty", 1, TONNES_MAX))


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15 or not low <= int(text) <= high:
        raise ValueError(f"{name} {text!r} is not a whole number from {low} to {high}")
    return int(text)
