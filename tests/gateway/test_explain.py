"""`order.explain`: an order's whole story from the durable history and settlement, through a real socket."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from engine.core import phases
from gateway import history
from tests.gateway.kit import SPOT, House
from tests.gateway.test_auctions import CODE, announced
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


def story(found: Explained) -> list[str]:
    return [row.text for row in found.timeline]


async def test_a_sealed_bids_way_from_its_acceptance_to_its_award(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await announced(house)
    async with house.member("a001") as a, house.member("b001", language="zh") as b, house.member("c001") as c001:
        first = await a.auctions.bid(CODE, 300, "44.00", client_bid_id="a-1")
        bid = await a.auctions.bid(CODE, 600, "45.00", replaces=first.bid_id)
        rival = await b.auctions.bid(CODE, 500, "40.00")
        loser = await c001.auctions.bid(CODE, 100, "39.00")
        gone = await c001.auctions.bid(CODE, 10, "39.00")
        await c001.auctions.withdraw(gone.bid_id)
        waiting = await a.inquiries.explain(bid.bid_id)
        assert (told(waiting), waiting.order_status, waiting.quantity_ahead) == ([("accepted", 600, 600)], "new", None)
        assert story(waiting) == [
            f"Sealed bid accepted: auction {CODE}, buy 600 t at 45.00, in place of {first.bid_id}"
        ]
        assert (waiting.time_in_force, waiting.auction) == ("sealed_auction", CODE)
        for stranger in (b, c001):
            with pytest.raises(Refused, match="UNKNOWN_BID"):
                await stranger.inquiries.explain(bid.bid_id)
        await house.act(c.CloseAuction(1))
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
    await house.stop()
    await house.open()  # the story is read from the disk
    async with house.member("a001") as a, house.member("b001", language="zh") as b, house.member("c001") as c001:
        replaced = await a.inquiries.explain(first.bid_id)
        assert (told(replaced), replaced.order_status) == ([("accepted", 300, 300), ("replaced", 300, 0)], "canceled")
        assert story(replaced)[1] == f"Replaced by the member: {bid.bid_id} took the place of its 300 t"
        won = await a.inquiries.explain(bid.bid_id)
        assert (told(won), won.order_status) == ([("accepted", 600, 600), ("filled", 600, 0)], "filled")
        assert story(won)[1] == "Filled 600 t at 40.00 as award of the auction, fee 24.00; T-1 settled"
        assert won.timeline[1].liquidity == "sealed_auction"
        partly = await b.inquiries.explain(rival.bid_id)
        assert told(partly) == [("accepted", 500, 500), ("filled", 400, 100), ("expired", 100, 0)]
        assert story(partly)[0] == f"密封申报已接受:竞价 {CODE},买入 500 吨,申报价 40.00 元"
        assert story(partly)[1] == "成交 400 吨,价格 40.00 元(竞价中标),手续费 16.00 元,T-2 已交收"
        lost = await c001.inquiries.explain(loser.bid_id)
        assert (told(lost), lost.order_status) == ([("accepted", 100, 100), ("expired", 100, 0)], "expired")
        assert lost.timeline[1].reason is not None
        assert lost.timeline[1].reason.name == "BID_NOT_AWARDED"
        withdrawn = await c001.inquiries.explain(gone.bid_id)
        assert story(withdrawn)[1] == "Canceled by the member with 10 t unfilled"
        for wrong in (bid.bid_id.replace("A-", "O-"), bid.bid_id.replace("A-", "B-"), "A-999999"):
            with pytest.raises(Refused, match="UNKNOWN_"):
                await a.inquiries.explain(wrong)
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await a.inquiries.explain(bid.bid_id, client_order_id="a-1")
    await house.stop()


async def test_a_block_offers_way_as_each_of_its_parties_was_told(house: House) -> None:
    await house.act(c.OpenBlockWindow())
    async with house.member("a001") as a, house.member("b001", language="zh") as b, house.member("c001") as c001:
        offered = await a.blocks.offer(SPOT, "sell", 5_000, "40.00", ["B001", "C001"], client_offer_id="big-1")
        countered = await b.blocks.counter(offered.block_id, 5_000, "39.50")
        await c001.blocks.decline(offered.block_id)
        await a.blocks.confirm(countered.block_id)
        second = await a.blocks.offer(SPOT, "sell", 5_000, "40.00", ["B001", "C001"], client_offer_id="big-2")
        with pytest.raises(Refused, match="UNKNOWN_OFFER"):
            await c001.inquiries.explain(countered.block_id)
        await a.blocks.withdraw(second.block_id)
        await house.settlement.wait_settled(house.sequencer.view.day().seq)

        made = await a.inquiries.explain(offered.block_id)
        assert [row.event for row in made.timeline] == ["accepted", "declined", "declined"]
        assert (made.order_status, made.counterparties) == ("canceled", ["B001", "C001"])
        assert story(made)[0] == "Block offer accepted and sent to B001, C001: sell 5000 t at 40.00"
        assert story(made)[1].startswith("B001: ")
        assert story(made)[1].endswith("others may still confirm")
        assert story(made)[2].endswith("nobody is left to confirm, the offer has ended")
        got = await b.inquiries.explain(offered.block_id)
        assert (told(got), got.side) == ([("received", 5_000, 5_000), ("canceled", 5_000, 0)], "buy")
        assert story(got) == [
            "收到 A001 的大宗协议要约,由本方买入 5000 吨,价格 40.00 元",
            "本方谢绝或还价,5000 吨未成交",
        ]
        agreed = await a.inquiries.explain(countered.block_id)
        assert told(agreed) == [("received", 5_000, 5_000), ("filled", 5_000, 0)]
        assert story(agreed)[0].endswith(f"to sell 5000 t at 39.50, a counter to {offered.block_id}")
        assert story(agreed)[1].startswith("Filled 5000 t at 39.50 as block trade with B001, fee ")
        assert story(agreed)[1].endswith("; T-1 settled")
        assert story(await a.inquiries.explain(second.block_id))[1] == "Canceled by the member with 5000 t unfilled"
        (_, ended) = (await c001.inquiries.explain(second.block_id)).timeline
        assert ended.reason is not None
        assert (ended.event, ended.reason.name) == ("canceled", "COUNTERPARTY_GONE")
        assert ended.text.startswith("The offer ended with 5000 t unfilled: ")
