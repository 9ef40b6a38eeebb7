"""How many messages a second does the book alone take of a workload on whose reports 160 public engines agree?

The 200,000 messages lie in ../shared/data (its SOURCE.md gives the form); where they are absent there is nothing to measure.
Before the clock runs, all 220,937 reports are compared with the given ones, so that only right work has a speed.
"""

import csv
import gzip
from typing import Final, NamedTuple

from bench.measure import Measured, cpu_seconds, rate, require, steady
from bench.report import ROOT
from engine.core.book import Book, Fill
from engine.core.units import BUY, DAY, IOC, SELL

DOUBTS = (
    "Few orders are alive at a time and 95 % are canceled: kinder to caches than the canonical mix.",
    "Published figures for this workload are of other machines; only engines measured in one run can be compared.",
)
FORMS = ("plain", "compiled")
DATA: Final = ROOT.parent / "shared" / "data" / "consensus_workload"
_NEW: Final = 0
_CANCEL: Final = 1


class Message(NamedTuple):
    """One row of the workload. side: units.BUY or SELL."""

    kind: int
    side: int
    time_in_force: int
    tonnes: int
    seq: int
    number: int
    price_ticks: int


def is_there() -> bool:
    """Whether the workload can be read here."""
    return (DATA / "normal_first200000.csv.gz").is_file()


def read(count: int) -> list[Message]:
    """The first messages of the workload."""
    with gzip.open(DATA / "normal_first200000.csv.gz", "rt", encoding="ascii", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [_message(row) for _, row in zip(range(count), rows, strict=False)]


def _message(row: list[str]) -> Message:
    kind, side, ioc, tonnes, seq, number, price = (int(cell) for cell in row)
    return Message(kind, SELL if side else BUY, IOC if ioc else DAY, tonnes, seq, number, price)


def play(book: Book, messages: list[Message]) -> int:
    """Bring the messages to the book, a modify as cancel and new; returns the tonnes traded."""
    orders, place, cancel = book.orders, book.place, book.cancel
    traded = 0
    for kind, side, time_in_force, tonnes, _, number, price_ticks in messages:
        if kind == _NEW:
            for fill in place(number, side, price_ticks, tonnes, time_in_force):
                traded += fill.tonnes
        elif number in orders:
            cancel(number)
            if kind != _CANCEL:
                for fill in place(number, side, price_ticks, tonnes):
                    traded += fill.tonnes
    return traded


def reports(messages: list[Message]) -> list[str]:
    """What the workload's form says of each message, ordered by seq and type."""
    book = Book()
    said: list[tuple[int, int, str]] = []
    for message in messages:
        kind, side, time_in_force, tonnes, seq, number, price = message
        word = 0 if side == BUY else 1
        known = book.get(number)
        if kind == _NEW:
            said.append((seq, 0, f"0,{seq},{word},{number},{price},{tonnes}"))
            fills = book.place(number, side, price, tonnes, time_in_force)
            said += _trades(seq, fills)
            if time_in_force == IOC and sum(fill.tonnes for fill in fills) < tonnes:
                said.append((seq, 2, f"2,{seq},{word},{number},{price}"))
        elif known is None:
            refusal = 4 if kind == _CANCEL else 5
            said.append((seq, refusal, f"{refusal},{seq},{number}"))
        elif kind == _CANCEL:
            word = 0 if known.side == BUY else 1
            said.append((seq, 2, f"2,{seq},{word},{number},{known.price_ticks}"))
            book.cancel(number)
        else:
            book.cancel(number)
            said.append((seq, 3, f"3,{seq},{word},{number},{price},{tonnes}"))
            said += _trades(seq, book.place(number, side, price, tonnes))
    return [text for _, _, text in sorted(said, key=lambda row: row[:2])]


def _trades(seq: int, fills: list[Fill]) -> list[tuple[int, int, str]]:
    return [
        (seq, 1, f"1,{seq},{fill.price_ticks},{fill.tonnes},{fill.maker.number},{fill.taker.number}") for fill in fills
    ]


def given_reports(count: int) -> list[str]:
    """The reports of the first messages as 160 engines agree on them."""
    with gzip.open(DATA / "normal_first200000.reports.txt.gz", "rt", encoding="ascii") as file:
        lines = [line.strip() for line in file]
    return [line for line in lines if int(line.split(",")[1]) < count]


def measure(scale: float, seed: int) -> Measured:
    """Compare, then time."""
    messages = read(max(200, round(200_000 * scale)))
    expected = given_reports(messages[-1].seq + 1)
    require("reports", reports(messages) == expected, True)
    book = Book()
    with steady():
        start = cpu_seconds()
        traded = play(book, messages)
        seconds = cpu_seconds() - start
    require("tonnes traded", traded, sum(int(line.split(",")[3]) for line in expected if line.startswith("1,")))
    return Measured([rate("messages", len(messages), seconds, "messages/s")], {"reports": len(expected)})
