"""Government auctions through the doors: who may see what, and what reaches bidders, public, registry and bulletin."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.core import commands as c
from engine.core import reasons
from gateway.protocol import times
from tests.gateway.kit import DAY, PRODUCTS, House, public_of
from tests.testkit.build import rulebook_text
from yutan.answers import Event, Refused

CODE = "2026-01"


async def announced(house: House, **changes: Any) -> None:
    """A government with 5,000 t and a treasury, and the notice of a sale of 1,000 t."""
    await house.act(
        c.OpenAccount("GOV", 900, "生态环境局", "government"),
        c.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
        c.AllocateUnits(4, 1, 5_000, "paid", 2025),
    )
    notice = c.AnnounceAuction(
        CODE, "sale", "sealed_uniform", 1, 1_000, 4, 5, DAY, ("institution",), 10, 10, "time", "partial",
        limit_ticks=3_800, reserve_ticks=3_900, cap_bp=6_000, fee_ppm=1_000, withdrawable=True,
    )  # fmt: skip
    await house.act(msgspec.structs.replace(notice, **changes), c.OpenAuction(1))


async def test_a_sale_from_notice_to_bulletin(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.visitor() as visitor, house.member("a001") as a, house.member("b001") as b:
        await visitor.subscribe("auctions")
        await announced(house)
        await a.subscribe("exec.A001")
        first = await a.auctions.bid(CODE, 600, "45.00", client_bid_id="a-1")
        assert await a.auctions.bid(CODE, 600, "45.00", client_bid_id="a-1") == msgspec.structs.replace(
            first, duplicate=True
        )
        await b.auctions.bid(CODE, 500, "40.00")
        async with house.operator("chen") as chen:
            (row,) = await chen.console.auctions()
            assert (row.auction.auction, row.auction.status, row.bids, row.bidders) == (CODE, "open", 2, 2)
            assert "45.00" not in str(row)  # not even an operator learns of a bid
        assert [row.held_cash for row in await a.auctions.bids()] == ["27027.00"]  # 600 x 45.00 and 0.1 %
        await house.act(c.CloseAuction(1))

        # 600 at 45.00, 400 of 500 at 40.00: all pay 40.00; revenue 40,000.00; cover 1,100 / 1,000
        result = (await visitor.auctions.get(CODE)).result
        assert result is not None
        assert (result.price, result.quantity, result.revenue, result.cover_ratio) == (
            "40.00",
            1_000,
            "40000.00",
            "1.10",
        )
        assert (result.bidders, result.winners, result.lowest_bid) == (2, 2, None)  # two bidders: extremes stay untold
        reports = [event.data for event in await until_reports(a, 2)]
        assert [(r.exec_type, r.order_id, r.auction, r.order_status) for r in reports] == [
            ("new", first.bid_id, CODE, "new"),
            ("trade", first.bid_id, CODE, "filled"),
        ]
        assert (str(reports[1].last_price), str(reports[1].fee), reports[1].liquidity) == (
            "40.00",
            "24.00",
            "sealed_auction",
        )
        steps = [json.loads(msgspec.json.encode(event.data)) for event in await public_steps(visitor, 4)]
        assert [step["step"] for step in steps] == ["notice", "opened", "result_1", "result_2"]
        assert (steps[2]["price"], steps[2]["quantity"]) == ("40.00", 1_000)
        assert steps[3]["result"]["revenue"] == "40000.00"

        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        settled = await a.trade(reports[1].trade_id)
        assert (settled.status, settled.side, settled.quantity) == ("settled", "buy", 600)
        cash = await a.cash()
        assert str(cash.available) == str(cash.settled) == "975976.00"  # 1,000,000.00 - 24,000.00 - 24.00
        assert await house.settlement.cash(5) == 4_000_000  # whole to the treasury
        await house.act(c.CloseDay())
        report = await house.settlement.reconcile()
        assert report.ok, report
        body = await house.settlement.bulletin(DAY)
        statement = await a.statement(times.day_text(DAY))
    await house.stop()
    assert body is not None
    bulletin = json.loads(body)
    row = bulletin["instruments"][0]
    assert row["auction"] == {"tonnes": 1_000, "trades": 2, "turnover": "40000.00"}
    assert (row["listed"]["tonnes"], row["close"]) == (0, "40.00")
    assert [(one["code"], one["price"], one["turnover"]) for one in bulletin["auctions"]] == [
        (CODE, "40.00", "40000.00")
    ]
    assert [(t["method"], t["order_id"], t["tonnes"]) for t in statement["trades"]] == [("auction", first.bid_id, 600)]


async def until_reports(client: Any, count: int) -> list[Event]:
    """The next updates of a private stream."""
    found: list[Event] = []
    async for event in client.events():
        if isinstance(event, Event) and event.kind == "update":
            found.append(event)
            if len(found) == count:
                break
    return found


public_steps = until_reports


async def test_nothing_of_a_bid_is_told_to_anyone_else_before_the_result(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with (
        house.visitor() as visitor,
        house.member("a001") as a,
        house.member("b001") as b,
        house.operator("chen") as chen,
    ):
        await announced(house)
        before = [await who.auctions.newest() for who in (visitor, b, chen)]
        placed = await a.auctions.bid(CODE, 100, "45.00", client_bid_id="very-secret")
        assert [await who.auctions.newest() for who in (visitor, b, chen)] == before
        assert await b.auctions.bids() == []
        with pytest.raises(Refused) as refused:
            await b.auctions.withdraw(placed.bid_id)
        assert refused.value.code == reasons.UNKNOWN_BID
        with pytest.raises(Refused) as refused:
            await visitor.auctions.bids()
        assert refused.value.code == reasons.UNKNOWN_METHOD
        accounts = {row.account: row for row in await chen.ops_accounts()}
        assert accounts["A001"].held == "4504.50"  # operators see that cash is held, as for any order, and no bid
    await house.stop()


async def test_the_confidential_reserve_is_nowhere_but_in_the_act(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.visitor() as visitor:
        await visitor.subscribe("auctions")
        await announced(house, reserve_ticks=4_321)
        shown = await visitor.auctions.get(CODE)
        assert shown.has_reserve
        told = msgspec.json.encode([shown, [event.data for event in await public_steps(visitor, 2)]])
        assert b"43.21" not in told
        assert b"4321" not in told
    await house.stop()


async def test_a_bid_is_changed_and_withdrawn_and_survives_a_restart(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await announced(house)
    async with house.member("a001") as a:
        first = await a.auctions.bid(CODE, 100, "40.00")
        second = await a.auctions.bid(CODE, 200, "41.00", replaces=first.bid_id)
    await house.stop()
    await house.open()
    async with house.member("a001") as a:
        assert [(row.bid_id, row.price, row.quantity) for row in await a.auctions.bids()] == [
            (second.bid_id, "41.00", 200)
        ]
        withdrawn = await a.auctions.withdraw(second.bid_id)
        assert withdrawn.quantity == 200
        assert str((await a.cash()).held) == "0.00"
        replayed = [event.data for event in await a.replay("exec.A001", 1)]
        assert [(r.exec_type, r.order_id, r.replaces) for r in replayed] == [
            ("new", first.bid_id, ""),
            ("new", second.bid_id, first.bid_id),
            ("canceled", second.bid_id, ""),
        ]
    await house.stop()


async def test_refusals_say_limit_and_actual_in_yuan(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await announced(house)
    async with house.member("a001") as a, house.member("eyes") as eyes:
        for asked, code, limit, actual in (
            (a.auctions.bid(CODE, 100, "37.99"), reasons.BID_BELOW_FLOOR, "38.00", "37.99"),
            (a.auctions.bid(CODE, 610, "40.00"), reasons.BID_ABOVE_CAP, 600, 610),
            (a.auctions.bid("2026-99", 100, "40.00"), reasons.UNKNOWN_AUCTION, None, None),
            (eyes.auctions.bid(CODE, 100, "40.00"), reasons.NOT_PERMITTED, None, None),
        ):
            with pytest.raises(Refused) as refused:
                await asked
            assert refused.value.code == code
            assert (refused.value.data.limit, refused.value.data.actual) == (limit, actual)
    await house.stop()


async def test_units_sold_for_own_surrender_show_apart_and_are_refused_by_their_number(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    await house.act(
        c.OpenAccount("GOV", 900, "生态环境局", "government"),
        c.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
        c.AllocateUnits(4, 1, 5_000, "paid", 2025),
        c.OpenAccount("K01", 7, "水泥厂", "key_emitter"),
        c.RegisterKey("k01", public_of("k01"), (6,)),
        c.DepositCash(6, 10_000_000),
        c.AnnounceAuction(
            CODE, "sale", "sealed_uniform", 1, 1_000, 4, 5, DAY, ("key_emitter",), 10, 10, "time", "partial",
            use_restricted=True,
        ),
        c.OpenAuction(1),
    )  # fmt: skip
    async with house.member("k01") as member, house.member("a001") as institution, house.visitor() as visitor:
        assert (await visitor.auctions.get(CODE)).use_restricted
        with pytest.raises(Refused) as barred:
            await institution.auctions.bid(CODE, 100, "40.00")
        assert barred.value.code == reasons.BIDDER_NOT_ELIGIBLE
        await member.auctions.bid(CODE, 300, "40.00")
        await house.act(c.CloseAuction(1))
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        [held] = (await member.allowances()).holdings
        assert (held.available, held.use_restricted, held.settled) == (0, 300, 300)
        with pytest.raises(Refused) as refused:
            await member.place("CQEA-25", "sell", 10, "40.00")
        said = refused.value
        assert (said.code, said.data.limit, said.data.actual) == (reasons.USE_RESTRICTED, 0, 10)
        await house.act(c.SurrenderUnits(6, 1, 120, 2025, False))
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        [held] = (await member.allowances()).holdings
        assert (held.use_restricted, held.settled) == (180, 180)
    await house.stop()


async def test_statistics_are_told_with_five_bidders_and_what_is_left_goes_over_to_the_next(tmp_path: Path) -> None:
    # 40.00 x 100, 41.00 x 100, 42.00 x 100, 43.00 x 200, 44.00 x 100 for 1,000 t: all 600 t are sold at 40.00.
    # Mean (40 + 41 + 42 + 2 x 43 + 44) / 6 = 42.1667, median tonne between 42 and 43: 42.50.
    # A bidder bids and wins 120 t on average; deviation sqrt((4 x 20^2 + 80^2) / 5) = 40.
    house = await House.start(tmp_path)
    await announced(house, limit_ticks=4_000, reserve_ticks=0, carry_over=2)
    for number in range(6, 11):
        await house.act(
            c.OpenAccount(f"I{number}", number, f"机构 {number}", "institution"), c.DepositCash(number, 10_000_000)
        )
        tonnes = 200 if number == 9 else 100
        await house.sequencer.submit(c.PlaceBid(number, 1, 4_000 + 100 * (number - 6), tonnes, "b"))
    async with house.visitor() as visitor, house.operator("chen") as chen:
        await visitor.subscribe("auctions")
        await house.act(c.CloseAuction(1))
        result = (await visitor.auctions.get(CODE)).result
        assert result is not None
        assert (result.price, result.quantity, result.left_over) == ("40.00", 600, 400)
        assert (result.mean_bid, result.median_bid, result.bid_deviation) == ("42.1667", "42.5000", "1.3437")
        assert (result.bid_per_bidder_mean, result.bid_per_bidder_deviation) == ("120.00", "40.00")
        assert (result.won_per_bidder_mean, result.won_per_bidder_deviation) == ("120.00", "40.00")
        steps = [event.data["step"] async for event in until_step(visitor, "result_3")]
        assert steps[-3:] == ["result_1", "result_2", "result_3"]

        terms = dict(
            code="2026-02", direction="sale", method="sealed_uniform", instrument="CQEA-25", tonnes=500,
            unit_account="GOV", cash_account="TREASURY", trading_day=times.day_text(DAY), categories=["institution"],
            tie="time", undersubscribed="partial", qty_min=10, lot=10, carries=[CODE],
        )  # fmt: skip
        await chen.act("announce_auction", terms, reason="next")
        taken = await visitor.auctions.get("2026-02")
        assert [(row.auction, row.quantity) for row in taken.carried] == [(CODE, 200)]
        assert (await visitor.auctions.get(CODE)).to_carry_over == 200
        with pytest.raises(Refused) as refused:
            await chen.act("announce_auction", terms | {"code": "2026-03", "tonnes": 100}, reason="next")
        assert refused.value.code == reasons.CARRY_OVER_ABOVE_VOLUME
    await house.act(c.CancelAuction(2), c.CloseDay())
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    body = await house.settlement.bulletin(DAY)
    await house.stop()
    assert body is not None
    first, second = json.loads(body)["auctions"]
    assert (first["lowest_bid"], first["highest_bid"], first["left_over"]) == ("40.00", "44.00", 400)
    assert first["bid_statistics"] == {
        "bid_per_bidder_deviation": "40.00", "bid_per_bidder_mean": "120.00", "price_deviation": "1.3437",
        "price_mean": "42.1667", "price_median": "42.5000", "won_per_bidder_deviation": "40.00",
        "won_per_bidder_mean": "120.00",
    }  # fmt: skip
    assert (second["carried_from_earlier"], second["status"], second["bid_statistics"]) == (200, "canceled", None)


async def until_step(client: Any, last: str) -> AsyncIterator[Event]:
    """The updates of the channel up to this step."""
    async for event in client.events():
        if isinstance(event, Event) and event.kind == "update":
            yield event
            if event.data["step"] == last:
                return


@pytest.mark.parametrize("is_published", [False, True])
async def test_a_participant_sells_its_own_and_is_told_of_each_award(tmp_path: Path, is_published: bool) -> None:
    # 1,000 t offered, 600 bid at 41.00: 24,600.00; seller's fee 4 % = 984.00, bidder's 0.1 % = 24.60.
    product = PRODUCTS["CQEA"] | {"auction_seller_published": is_published}
    house = await House.start(tmp_path, rules=rulebook_text(PRODUCTS | {"CQEA": product}))
    terms = dict(
        code=CODE, direction="sale", method="sealed_uniform", instrument="CQEA-25", tonnes=1_000, unit_account="B001",
        cash_account="B001", trading_day=times.day_text(DAY), categories=["institution"], tie="time",
        undersubscribed="partial", qty_min=10, lot=10, fee_ppm=1_000, seller_fee_ppm=40_000,
    )  # fmt: skip
    async with (
        house.visitor() as visitor,
        house.member("a001") as a,
        house.member("b001") as b,
        house.operator("chen") as chen,
    ):
        await b.subscribe("exec.B001")
        before = (await b.allowances()).holdings[0].available
        await chen.act("announce_auction", terms, reason="at B001's application")
        await chen.act("open_auction", {"auction": CODE}, reason="by notice")
        assert (await b.allowances()).holdings[0].available == before - 1_000
        told = await visitor.auctions.get(CODE)
        assert told.held_by == ("企业 B001" if is_published else "institution")
        assert told.seller_fee_ppm == 40_000
        with pytest.raises(Refused) as refused:
            await b.auctions.bid(CODE, 100, "50.00")
        assert refused.value.code == reasons.OWN_AUCTION
        bid = await a.auctions.bid(CODE, 600, "41.00")
        await chen.act("close_auction", {"auction": CODE}, reason="by notice")
        result = (await visitor.auctions.get(CODE)).result
        assert result is not None
        assert (result.price, result.revenue, result.seller_fees) == ("41.00", "24600.00", "984.00")
        [report] = [event.data for event in await until_reports(b, 1)]
        assert (report.exec_type, report.order_id, report.side, str(report.fee)) == (
            "trade",
            bid.bid_id,
            "sell",
            "984.00",
        )
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        sold = await b.trade(report.trade_id)
        assert (sold.status, sold.side, sold.quantity) == ("settled", "sell", 600)
        assert str((await b.cash()).settled) == "1023616.00"
        assert (await b.allowances()).holdings[0].available == before - 600
    await house.stop()
    await house.open()
    async with house.visitor() as visitor:
        assert await visitor.auctions.get(CODE) == msgspec.structs.replace(told, status="cleared", result=result)
    await house.stop()


async def test_a_participant_buys_what_others_offer_and_is_told_of_each_award(tmp_path: Path) -> None:
    # 1,000 t wanted at 45.00 or less, buyer's fee 1 %: 45,450.00 held. 600 t offered at 41.00: 24,600.00, fee 246.00.
    house = await House.start(tmp_path)
    terms = dict(
        code=CODE, direction="purchase", method="sealed_uniform", instrument="CQEA-25", tonnes=1_000, unit_account="B001",
        cash_account="B001", trading_day=times.day_text(DAY), categories=["institution"], tie="time",
        undersubscribed="partial", qty_min=10, lot=10, limit_price="45.00", fee_ppm=1_000, buyer_fee_ppm=10_000,
    )  # fmt: skip
    async with (
        house.visitor() as visitor,
        house.member("a001") as a,
        house.member("b001") as b,
        house.operator("chen") as chen,
    ):
        await b.subscribe("exec.B001")
        cash, had = await b.cash(), (await b.allowances()).holdings[0]
        await chen.act("announce_auction", terms, reason="at B001's application")
        await chen.act("open_auction", {"auction": CODE}, reason="by notice")
        assert cash.available - (await b.cash()).available == Decimal("45450.00")
        told = await visitor.auctions.get(CODE)
        assert (told.direction, told.held_by, told.limit_price, told.budget) == ("purchase", "institution", "45.00", "")
        for price, reason in (("40.00", reasons.OWN_AUCTION), ("45.01", reasons.BID_ABOVE_CEILING)):
            with pytest.raises(Refused) as refused:
                await (b if reason == reasons.OWN_AUCTION else a).auctions.bid(CODE, 100, price)
            assert refused.value.code == reason
        offer = await a.auctions.bid(CODE, 600, "41.00")
        [held] = await a.auctions.bids()
        assert (held.held_cash, held.held_units) == ("0.00", 600)
        await chen.act("close_auction", {"auction": CODE}, reason="by notice")
        result = (await visitor.auctions.get(CODE)).result
        assert result is not None
        assert (result.price, result.revenue, result.buyer_fees) == ("41.00", "24600.00", "246.00")
        [report] = [event.data for event in await until_reports(b, 1)]
        assert (report.order_id, report.side, str(report.fee)) == (offer.bid_id, "buy", "246.00")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        bought = await b.trade(report.trade_id)
        assert (bought.status, bought.side, bought.quantity) == ("settled", "buy", 600)
        assert cash.available - (await b.cash()).available == Decimal("24846.00")
        has = (await b.allowances()).holdings[0]
        assert (has.available, has.locked) == (had.available + 600, had.locked)
    await house.stop()
    await house.open()
    async with house.visitor() as visitor:
        assert await visitor.auctions.get(CODE) == msgspec.structs.replace(told, status="cleared", result=result)
    await house.stop()
