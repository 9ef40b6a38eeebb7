"""The Shanghai exchange's 600519 on 7 February 2023: exactly its own 18,685 trades, pair by pair, both calls included."""

from collections.abc import Iterator

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, rulebook
from engine.core.book import Book, Fill, Order
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from tests.ground_truth.truth import rows
from tests.testkit.build import Desk

DAY_FLOW = "sse_l2_600519_20230207/commands.csv.gz"
DAY_TRADES = "sse_l2_600519_20230207/trades.csv.gz"
PREVIOUS_CLOSE = 179_500
TRADES = 18_685
SIDES = {"buy": BUY, "sell": SELL}
CALLS = ((1485, 180_808, 334), (58432, 179_700, 212))  # command, price, trades
Trade = tuple[str, str, str, int, int]  # command, buyer's order, seller's order, ticks, shares


def expected_trades() -> list[Trade]:
    """The exchange's own trades; its prices are in 0.001 yuan, ticks in 0.01."""
    return [
        (row["seq"], row["buy_id"], row["sell_id"], int(row["price"]) // 10, int(row["qty"]))
        for row in rows(DAY_TRADES)
    ]


def book_trades() -> Iterator[Trade]:
    """The day through the bare book."""
    book = Book()
    last = PREVIOUS_CLOSE
    for row in rows(DAY_FLOW):
        is_call = row["phase"] != "continuous"
        if row["op"] == "uncross":
            fills = book.uncross(book.find_uncross(last, True))
            for fill in fills:
                if fill.maker_leaves == 0:
                    del book.orders[fill.maker.number]
                if fill.taker_leaves == 0:
                    del book.orders[fill.taker.number]
        elif row["op"] == "cancel":
            book.cancel(int(row["id"]))
            continue
        else:
            number, side, price = int(row["id"]), SIDES[row["side"]], int(row["price"]) // 10
            fills = []
            if is_call:
                order = Order()
                order.belong(number, 0, side, price, int(row["qty"]), 0, 0, 0, 0, row["id"])
                book.orders[number] = order
                book.rest(order)
            else:
                fills = book.place(number, side, price, int(row["qty"]))
        for fill in fills:
            last = fill.price_ticks
            yield told(row["seq"], fill)


def told(seq: str, fill: Fill) -> Trade:
    buy, sell = (fill.maker, fill.taker) if fill.maker.side == BUY else (fill.taker, fill.maker)
    return seq, str(buy.number), str(sell.number), int(fill.price_ticks), int(fill.tonnes)


def test_the_bare_book_trades_what_the_exchange_traded() -> None:
    expected = expected_trades()
    assert len(expected) == TRADES
    assert list(book_trades()) == expected


def founded_for_the_day() -> Desk:
    """One member with money and shares enough, in the opening call under the exchange's rule book."""
    desk = Desk(rulebook.shipped("sse_auction_continuous"))
    desk.act(c.ListInstrument("600519", "SHARE", 2023, "贵州茅台", "Kweichow Moutai", PREVIOUS_CLOSE))
    desk.act(c.OpenAccount("ALL", 1, "", "institution"), c.DepositCash(1, 10**18))
    desk.act(c.AllocateUnits(1, 1, 1_000_000_000, "paid", 2023))
    desk.open_day(20230207, phases.OPENING_CALL)
    return desk


def flow_commands() -> Iterator[tuple[str, c.AnyCommand]]:
    """The day's rows as commands of the market."""
    leaving = {"open_auction": phases.CONTINUOUS, "close_auction": phases.POST_CLOSE}
    phase = "open_auction"
    for row in rows(DAY_FLOW):
        if row["phase"] != phase and row["phase"] == "close_auction":
            yield "0", c.Propose(0, "", "", c.ChangePhase(phases.CLOSING_CALL))
        phase = row["phase"]
        if row["op"] == "uncross":
            yield row["seq"], c.Propose(0, "", "", c.ChangePhase(leaving[phase]))
        elif row["op"] == "cancel":
            yield row["seq"], c.CancelOrder(1, 0, row["id"])
        else:
            side, price = SIDES[row["side"]], int(row["price"]) // 10
            yield row["seq"], c.PlaceOrder(1, 1, side, price, int(row["qty"]), DAY, row["id"])


def test_the_market_trades_what_the_exchange_traded_and_keeps_every_share_and_fen() -> None:
    desk = founded_for_the_day()
    expected = expected_trades()
    market = desk.market
    trades: list[Trade] = []
    calls: list[tuple[int, int, int]] = []
    for seq, command in flow_commands():
        happened = market.apply(c.Entry(market.seq + 1, market.at_ns + 1, command))
        fills = [event for event in happened if isinstance(event, e.Traded)]
        for fill in fills:
            pair = (fill.buy_client_order_id, fill.sell_client_order_id)
            trades.append((seq, *pair, fill.price_ticks, fill.tonnes))
        for event in happened:
            assert not isinstance(event, e.OrderRefused | e.RequestRefused | e.ActRefused), (seq, event)
            if isinstance(event, e.CallUncrossed):
                calls.append((int(seq), event.price_ticks, len(fills)))
    assert trades == expected
    assert tuple(calls) == CALLS
    market.audit()
    assert Market.load(market.dump()).dump() == market.dump()
    closed = desk_close(desk)
    assert closed.stats[0].close_ticks == CALLS[1][1]
    assert closed.stats[0].trades == TRADES
    assert closed.stats[0].tonnes == sum(trade[4] for trade in expected)
    assert closed.stats[0].turnover_fen == sum(trade[3] * trade[4] for trade in expected)


def desk_close(desk: Desk) -> e.DayClosed:
    """Close the day; every order lapses and everything held is free again."""
    market = desk.market
    happened = market.apply(c.Entry(market.seq + 1, market.at_ns + 1, c.Propose(0, "", "", c.CloseDay())))
    market.audit()
    account = market.state.held_account(1)
    assert (account.free, account.held, len(account.orders)) == (10**18, 0, 0)
    closed = happened[-1]
    assert isinstance(closed, e.DayClosed)
    return closed


@pytest.mark.parametrize(("command", "price", "count"), CALLS)
def test_both_call_auctions_have_the_exchanges_price(command: int, price: int, count: int) -> None:
    fills = [trade for trade in expected_trades() if trade[0] == str(command)]
    assert {trade[3] for trade in fills} == {price}
    assert len(fills) == count
