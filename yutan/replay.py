"""Plays a recorded exchange day through the real gateway into a fresh market, settles it, and writes what it traded.

One connection, whose key may act for every account, keeps the order of the file; many requests are under way at once.
Sellers' units are issued before the day opens, so that T+1 locks nothing that the recorded day sold.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from engine import disk
from engine.core import rulebook
from engine.core.units import BUY, amount_of, fee_of
from yutan import folder, founding, keys
from yutan.client import Client, ExecReport
from yutan.compose import Exchange
from yutan.flowfile import MILLIYUAN_PER_TICK, Cancel, Limit, Row, Uncross
from yutan.settings import Settings

RULEBOOK = "sse_auction_continuous"
OPERATORS = ("replay-one", "replay-two")
KEY_ID = "replay"
ACCOUNTS_EACH_SIDE = 8
IN_FLIGHT_MAX = 1_024
AFTER_UNCROSS = {"open_auction": "continuous", "close_auction": "post_close"}


class ReplayError(Exception):
    """The recorded day could not be carried out as recorded; the text says what differed."""


class ReplayedTrade(NamedTuple):
    """One trade in the file's words: `seq` of the row that caused it, ids, price in 0.001 yuan, quantity."""

    seq: int
    buy_id: str
    sell_id: str
    price: int
    qty: int


class Totals(NamedTuple):
    """What was put in before the day, which the registry must hold after it."""

    tonnes: int
    cash_fen: int


class Summary(NamedTuple):
    """How the replay went; seconds are from the first order to the last uncross."""

    orders: int
    cancels: int
    trades: int
    seconds: float
    settled_tonnes: int
    settled_cash: str
    reconciled: bool
    trades_file: str


class Plan(NamedTuple):
    """Who trades what: accounts by order id, and what each account needs to have."""

    account_of: dict[str, str]
    cash_fen: dict[str, int]
    tonnes: dict[str, int]


def plan(rows: list[Row], product: rulebook.ProductRules) -> Plan:
    """Spread the orders over buyers and sellers in turn and give each account what all its orders could need."""
    accounts: dict[str, str] = {}
    cash = {f"B{number:02}": 0 for number in range(1, ACCOUNTS_EACH_SIDE + 1)}
    units = {f"S{number:02}": 0 for number in range(1, ACCOUNTS_EACH_SIDE + 1)}
    fee_ppm = product.trading_fee_ppm + product.settlement_fee_ppm
    for index, row in enumerate(row for row in rows if isinstance(row, Limit)):
        number = index % ACCOUNTS_EACH_SIDE + 1
        account = f"B{number:02}" if row.side == BUY else f"S{number:02}"
        accounts[row.id] = account
        if row.side == BUY:
            amount = amount_of(row.price_ticks, row.qty, product.tick_fen)
            cash[account] += amount + fee_of(amount, fee_ppm) + 2
        else:
            units[account] += row.qty
    return Plan(accounts, cash, units)


class Matcher:
    """Pairs the two reports of each trade, one to the buyer and one to the seller, into the file's words."""

    def __init__(self, row_of: dict[str, int]) -> None:
        self._row_of = row_of
        self._half: dict[int, ReportedFill] = {}
        self._uncross_row = 0
        self.trades: dict[int, ReplayedTrade] = {}

    def uncrossing(self, row: int) -> None:
        """From here on auction trades were caused by this row."""
        self._uncross_row = row

    def take(self, fill: "ReportedFill") -> None:
        """One side's report. Raises ReplayError where the two sides differ."""
        other = self._half.pop(fill.trade, None)
        if other is None:
            self._half[fill.trade] = fill
            return
        buy, sell = (fill, other) if fill.is_buy else (other, fill)
        if buy.is_buy == sell.is_buy or (buy.price_ticks, buy.qty) != (sell.price_ticks, sell.qty):
            raise ReplayError(f"trade T-{fill.trade} was reported differently: {buy} and {sell}")
        by_order = max(self._row_of[buy.id], self._row_of[sell.id])
        seq = self._uncross_row if fill.is_auction else by_order
        price = fill.price_ticks * MILLIYUAN_PER_TICK
        self.trades[fill.trade] = ReplayedTrade(seq, buy.id, sell.id, price, fill.qty)

    @property
    def unpaired(self) -> int:
        """Trades of which only one side has been reported."""
        return len(self._half)

    def in_order(self) -> list[ReplayedTrade]:
        """All trades by their number, which is the order in which they were made."""
        return [self.trades[number] for number in sorted(self.trades)]


class ReportedFill(NamedTuple):
    """One side of a trade as its member was told."""

    trade: int
    is_buy: bool
    id: str
    price_ticks: int
    qty: int
    is_auction: bool


def write_trades(path: Path, trades: list[ReplayedTrade]) -> None:
    """Write `seq,buy_id,sell_id,price,qty`; the whole file or none of it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ReplayedTrade._fields)
    writer.writerows(trades)
    disk.write_file(path.absolute(), text.getvalue().encode())
