"""Other venues' records: reports that 160 engines agree on, one exchange's cancels, one engine's test cases."""

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.core.book import Book
from engine.core.units import BUY, DAY, IOC, PRICE_TICKS_MAX, SELL
from tests.ground_truth.truth import lines, path_of, rows

REPORTS = 220_937
VECTORS = "engine_test_vectors/cointossx.jsonl"
PLAIN = [
    *(f"uncross/limitOrder {number}" for number in range(1, 13)),
    *(f"uncross/marketOrder {number}" for number in range(1, 5)),  # 5 and 6 have hidden orders
    *(f"cancelOrder {number}" for number in range(1, 5)),  # 5 to 10 have stop and hidden orders
]


def consensus_reports() -> list[str]:
    """What the book makes of the 200,000 messages. A modify is a cancel and a new order; side 0 buys."""
    book = Book()
    reports: list[str] = []
    for row in rows("consensus_workload/normal_first200000.csv.gz"):
        seq, number, price, tonnes = row["seq"], int(row["id"]), int(row["price"]), int(row["qty"])
        if row["type"] == "0":
            side, life = int(row["side"]) + 1, IOC if row["ioc"] == "1" else DAY
            reports.append(f"0,{seq},{row['side']},{number},{price},{tonnes}")
            left = place(book, seq, number, side, price, tonnes, life, reports)
            if life == IOC and left:
                reports.append(f"2,{seq},{row['side']},{number},{price}")
            continue
        order = book.get(number)
        if order is None:
            reports.append(f"{'4' if row['type'] == '1' else '5'},{seq},{number}")
            continue
        book.cancel(number)
        if row["type"] == "1":
            reports.append(f"2,{seq},{order.side - 1},{number},{order.price_ticks}")
        else:
            reports.append(f"3,{seq},{order.side - 1},{number},{price},{tonnes}")
            place(book, seq, number, order.side, price, tonnes, DAY, reports)
    return reports


def place(book: Book, seq: str, number: int, side: int, price: int, tonnes: int, life: int, reports: list[str]) -> int:
    """Place an order, report its fills; returns what is left of it."""
    left = tonnes
    for fill in book.place(number, side, price, tonnes, life):
        reports.append(f"1,{seq},{fill.price_ticks},{fill.tonnes},{fill.maker.number},{number}")
        left -= fill.tonnes
    return left


def test_the_reports_are_those_that_160_engines_agree_on() -> None:
    expected = lines("consensus_workload/normal_first200000.reports.txt.gz")
    assert len(expected) == REPORTS
    reports = consensus_reports()
    # the file is ordered by (seq, type); the order of the trades of one message is kept by a stable sort
    reports.sort(key=lambda report: (int(report.split(",")[1]), int(report.split(",")[0])))
    assert reports == expected


def test_every_cancel_of_a_madrid_day_names_what_the_book_has_left() -> None:
    book = Book()
    cancels = fills = shares = 0
    for row in rows("bme_acciona_20190523/orders-ana-2019-5-23.csv.gz", delimiter=";"):
        number = int(row["uid"])
        if row["ordtype"] == "new":
            price = int(Decimal(row["price"]) * 1000)
            traded = book.place(number, BUY if row["is_buy"] == "True" else SELL, price, int(row["qty"]))
            fills += len(traded)
            shares += sum(fill.tonnes for fill in traded)
        elif row["ordtype"] == "cancel":
            assert book.cancel(number) == int(row["qty"])
            cancels += 1
        else:
            order = book.get(number)
            assert order is not None
            taken = int(row["qty"])
            if taken == order.leaves:
                book.cancel(number)
            else:
                book.replace(number, order.price_ticks, order.tonnes - taken)
    assert (cancels, fills, shares) == (11_433, 996, 54_378)
    assert (book.orders, book.depth(BUY), book.depth(SELL)) == ({}, [], [])


def vector(name: str) -> dict[str, Any]:
    with path_of(VECTORS).open(encoding="utf-8") as file:
        for line in file:
            document: dict[str, Any] = json.loads(line)
            if f"{document['suite'].removeprefix('cointossx/')} {document['test']}" == name:
                return document
    raise LookupError(name)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_limit_market_and_cancel_cases_of_cointossx(name: str) -> None:
    case = vector(name)
    book = Book()
    trades: list[tuple[int, int]] = []
    for order in case["init"]:
        assert order["Type"] == "2"
        trades += enter(book, order)
    for order in case["input"]:
        if name.startswith("cancelOrder"):
            if book.get(int(order["OrderID"])) is None:
                with pytest.raises(KeyError):
                    book.cancel(int(order["OrderID"]))
            else:
                book.cancel(int(order["OrderID"]))
        else:
            trades += enter(book, order)
    assert trades == [(int(trade["Price"]), int(trade["Quantity"])) for trade in case["expected_trades"]]
    assert {(number, order.side, order.price_ticks, order.leaves) for number, order in book.orders.items()} == {
        (int(row["OrderID"]), BUY if row["Side"] == "B" else SELL, int(row["Price"]), int(row["Size"]))
        for row in case["expected_book"]
    }


def enter(book: Book, order: dict[str, str]) -> list[tuple[int, int]]:
    """A limit order (type 2), or a market order (1): immediate or cancel at the worst price there is."""
    side = BUY if order["Side"] == "B" else SELL
    is_market = order["Type"] == "1"
    price = (PRICE_TICKS_MAX if side == BUY else 1) if is_market else int(order["Price"])
    fills = book.place(int(order["OrderID"]), side, price, int(order["Size"]), IOC if is_market else DAY)
    return [(fill.price_ticks, fill.tonnes) for fill in fills]
