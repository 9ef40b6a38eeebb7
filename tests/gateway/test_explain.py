"""`order.explain`: an order's whole story from the durable history and settlement, through a real socket."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from engine.core import phases
from gateway import history
from tests.gateway.kit import SPOT, House
from yutan.client import Refused
from yutan.inquiries import Explained


def told(found: Explained) -> list[tuple[str, int, int]]:
    return [(row.event, row.quantity, row.leaves_qty) for row in found.timeline]


async def test_an_orders_life_is_told_from_its_beginning_to_its_settlement(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b, house.member("c001") as other:
        await b.place(SPOT, "sell", 30, "40.00", client_order_id="s-1")
        placed = await a.place(SPOT, "buy", 100, "40.10", client_order_id="b-1")
        await a.place(SPOT, "buy", 5, "40.10", client_order_id="b-2")
        await a.replace(90, "40.10", order_id=placed.order_id)
        await other.place(SPOT, "sell", 20, "40.10", client_order_id="s-2")
        half = await a.inquiries.explain(client_order_id="b-2")
        assert (half.quantity_ahead, half.orders_ahead, half.order_status) == (40, 1, "new")
        await a.cancel(placed.order_id)
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        found = await a.inquiries.explain(placed.order_id)
        assert told(found) == [
            ("accepted", 100, 100),
            ("filled", 30, 70),
            ("rested", 70, 70),
            ("replaced", 90, 60),
            ("rested", 60, 60),
            ("filled", 20, 40),
            ("canceled", 40, 0),
        ]
        assert (found.order_status, found.cum_qty, found.more, found.quantity_ahead) == ("canceled", 50, False, None)
        words = [row.text for row in found.timeline]
        assert words[0] == "Accepted: buy 100 t, limit 40.10, day"
        assert words[1] == "Filled 30 t at 40.00 as taker, fee 1.20; T-1 settled"
        assert words[5] == "Filled 20 t at 40.10 as maker, fee 0.80; T-2 settled"
        assert words[6] == "Canceled by the member with 40 t unfilled"
        assert not any(code in text for text in words for code in ("B001", "C001")), "listed trading names nobody"
        with pytest.raises(Refused, match="UNKNOWN_ORDER"):
            await b.inquiries.explain(placed.order_id)


async def test_an_order_that_did_not_wait_and_one_that_was_refused(house: House) -> None:
    async with house.member("a001") as a, house.member("b001", language="zh") as b:
        await a.place(SPOT, "sell", 30, "40.00", client_order_id="s-1")
        await b.place(SPOT, "buy", 50, "40.00", client_order_id="b-1", time_in_force="ioc")
        found = await b.inquiries.explain(client_order_id="b-1")
        assert told(found) == [("accepted", 50, 50), ("filled", 30, 20), ("canceled", 20, 0)]
        assert found.timeline[0].text == "委托已接受:买入 50 吨,限价 40.00 元,即时成交剩余撤销"
        assert found.timeline[-1].reason is not None
        assert found.timeline[-1].reason.name == "IOC_REMAINDER"
        with pytest.raises(Refused, match="PRICE_OUT_OF_BAND"):
            await b.place(SPOT, "buy", 50, "44.01", client_order_id="b-2")
        refused = await b.inquiries.explain(client_order_id="b-2")
        assert told(refused) == [("refused", 50, 0)]
        assert "4003" in refused.timeline[0].text
        for unknown in ({"client_order_id": "never"}, {"order_id": "O-999999"}):
            with pytest.raises(Refused, match="UNKNOWN_ORDER"):
                await b.inquiries.explain(**unknown)


async def test_a_call_and_the_days_end_are_told_after_a_restart(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await house.act(c.ChangePhase(phases.CLOSING_CALL))
    async with house.member("a001") as a, house.member("b001") as b:
        await a.place(SPOT, "sell", 30, "40.00", client_order_id="s-1")
        await b.place(SPOT, "buy", 50, "40.00", client_order_id="b-1")
    await house.act(c.ChangePhase(phases.POST_CLOSE), c.CloseDay())
    await house.stop()
    await house.open()
    async with house.member("b001") as b:
        found = await b.inquiries.explain(client_order_id="b-1")
        assert told(found) == [("accepted", 50, 50), ("rested", 50, 50), ("filled", 30, 20), ("expired", 20, 0)]
        assert "as call auction" in found.timeline[2].text
        assert found.timeline[3].text.startswith("Expired with 20 t unfilled: ")
    await house.stop()


async def test_a_busy_account_is_walked_back_in_pages_and_only_so_far(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_WALK_PAGE", 2)
    async with house.member("a001") as a:
        first = await a.place(SPOT, "sell", 1, "41.00", client_order_id="old")
        for number in range(5):
            await a.place(SPOT, "sell", 1, "41.00", client_order_id=f"n{number}")
        await a.cancel(first.order_id)
        whole = await a.inquiries.explain(first.order_id)
        monkeypatch.setattr(history, "_WALK_REPORTS_MAX", 3)
        cut: Any = await a.inquiries.explain(first.order_id)
        assert (told(whole)[0], whole.more) == (("accepted", 1, 1), False)
        assert (told(cut), cut.more) == ([("canceled", 1, 0)], True)
