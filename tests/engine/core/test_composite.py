"""One price over all vintages of a product, worked by hand."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, rulebook_text


class Vintages:
    """Two vintages of one product, 50.00 and 60.00, in the first day; A sells, B buys. Prices in fen."""

    def __init__(self, weight: str, **product: Any) -> None:
        rules = {"composite_weight": weight, "limit_bp": 3000, **product}
        self.desk = Desk(rulebook_text({"CEA": rules, "OTHER": {"kind": "offset", "composite_weight": weight}}))
        self.orders = 0
        for vintage, price in ((2023, 5000), (2024, 6000)):
            self.desk.act(c.ListInstrument(f"CEA-{vintage}", "CEA", vintage, "", "", price))
        for number, code in ((1, "A"), (2, "B")):
            self.desk.act(c.OpenAccount(code, number, code, "institution"), c.DepositCash(number, 100_000_000))
        self.desk.act(c.AllocateUnits(1, 1, 9999, "paid", 2025), c.AllocateUnits(1, 2, 9999, "paid", 2025))
        self.day = 20260105
        self.desk.open_day(self.day)

    def trade(self, instrument: int, tonnes: int, price: int) -> None:
        for account, side in ((1, SELL), (2, BUY)):
            self.orders += 1
            name = f"o-{self.orders}"
            self.desk.do(c.PlaceOrder(account, instrument, side, price, tonnes, DAY, name))

    def close(self) -> tuple[e.Composite, ...]:
        closed = self.desk.act(c.CloseDay())[-1]
        assert isinstance(closed, e.DayClosed)
        return closed.composites

    def open(self) -> None:
        self.day += 1
        self.desk.open_day(self.day)


@pytest.mark.parametrize(
    ("weight", "opened", "close"),
    [
        # opens 51.00 (30 t) and 61.00 (10 t); closes A: (20x51 + 10x54)/30 = 52.00 and 61.00
        ("tonnes", 5350, 5425),  # (51x30 + 61x10)/40 = 53.50; (52x30 + 61x10)/40 = 54.25
        ("equal", 5600, 5650),  # (51 + 61)/2; (52 + 61)/2
    ],
)
def test_it_is_weighted_as_the_rule_book_says(weight: str, opened: int, close: int) -> None:
    scene = Vintages(weight)
    scene.trade(1, 20, 5100)
    scene.trade(1, 10, 5400)
    scene.trade(2, 10, 6100)
    assert scene.close() == (e.Composite("CEA", 5500, opened, close, 40),)  # before: (50 + 60)/2


def test_a_vintage_without_a_trade_weighs_nothing_by_tonnes_and_counts_at_its_previous_close_equally() -> None:
    for weight, price in (("tonnes", 5200), ("equal", 5600)):
        scene = Vintages(weight)
        scene.trade(1, 7, 5200)
        assert scene.close() == (e.Composite("CEA", 5500, price, price, 7),)


def test_a_day_without_a_trade_keeps_the_previous_one() -> None:
    scene = Vintages("tonnes")
    scene.trade(2, 3, 6300)
    assert scene.close() == (e.Composite("CEA", 5500, 6300, 6300, 3),)
    scene.open()
    assert scene.close() == (e.Composite("CEA", 6300, 6300, 6300, 0),)


def test_it_is_rounded_half_up_to_the_tick() -> None:
    scene = Vintages("tonnes")
    scene.trade(1, 1, 5000)
    scene.trade(2, 1, 6001)
    assert scene.close()[0].close_ticks == 5501  # 55.005


def test_where_the_rules_publish_none_there_is_none() -> None:
    scene = Vintages("none")
    scene.trade(1, 1, 5000)
    assert scene.close() == ()


def test_it_can_be_read_at_any_time_and_survives_a_load() -> None:
    scene = Vintages("tonnes")
    view = MarketView(scene.desk.market)
    assert view.composites() == (e.Composite("CEA", 5500, 5500, 5500, 0),)
    scene.trade(1, 10, 5200)
    scene.trade(1, 10, 5300)
    assert view.composites() == (e.Composite("CEA", 5500, 5200, 5300, 20),)  # the latest price until the close
    closed = scene.close()
    assert closed == (e.Composite("CEA", 5500, 5200, 5250, 20),)
    assert view.composites() == closed
    loaded = Market.load(scene.desk.market.dump())
    assert loaded.dump() == scene.desk.market.dump()
    assert MarketView(loaded).composites() == closed
    scene.open()
    assert view.composites() == (e.Composite("CEA", 5250, 5250, 5250, 0),)
