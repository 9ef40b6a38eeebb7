"""Block trades through the doors: two members on sockets agree, it settles, and statements, bulletin and feed show it."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.core import commands
from gateway.http.bulletins import COLUMNS, bulletin_rows
from tests.gateway.kit import COARSE, DAY, SPOT, House, until
from yutan.client import Client, Event, ExecReport, Refused

TERMS = (SPOT, "sell", 6_000, "30.00")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    running = await House.start(tmp_path)
    await running.act(commands.OpenBlockWindow())
    yield running
    await running.stop()


async def reports(client: Client, count: int) -> list[ExecReport]:
    """The next reports of a private stream that is followed."""
    found: list[ExecReport] = []
    async for event in client.events():
        if isinstance(event, Event) and event.kind == "update":
            found.append(event.data)
            if len(found) == count:
                return found
    raise AssertionError("the connection ended")


def words(report: ExecReport) -> tuple[str, ...]:
    """What happened, to whom it matters."""
    reason = report.reason.name if report.reason else ""
    return (report.exec_type, report.order_status, report.side, report.origin, reason, ",".join(report.counterparties))


async def test_an_agreement_is_told_to_both_settled_and_disclosed(house: House) -> None:
    async with house.member("a001") as seller, house.member("b001") as buyer, house.member("c001") as other:
        for client, account in ((seller, "A001"), (buyer, "B001"), (other, "C001")):
            await client.subscribe(f"exec.{account}")
        offered = await seller.blocks.offer(SPOT, "sell", 5_000, "30.00", ["B001", "C001"], client_offer_id="big-1")
        units = {row.instrument: row for row in (await seller.allowances()).holdings}
        assert (units[SPOT].available, units[SPOT].held) == (5_000, 5_000)
        countered = await buyer.blocks.counter(offered.block_id, 5_000, "29.50")
        # 5,000 t x 29.50 = 147,500.00; fees of 0.1 % are 147.50
        assert (await buyer.cash()).held == Decimal("147647.50")
        confirmed = await seller.blocks.confirm(countered.block_id)
        await other.blocks.decline(offered.block_id)

        assert [words(report) for report in await reports(seller, 5)] == [
            ("new", "new", "sell", "member", "", "B001,C001"),
            ("declined", "new", "sell", "", "COUNTERPARTY_COUNTERED", "B001"),
            ("new", "new", "sell", "counterparty", "", "B001"),
            ("trade", "filled", "sell", "", "", "B001"),
            ("declined", "canceled", "sell", "", "COUNTERPARTY_DECLINED", "C001"),
        ]
        bought = await reports(buyer, 4)
        assert [words(report) for report in bought] == [
            ("new", "new", "buy", "counterparty", "", "A001"),
            ("canceled", "canceled", "buy", "member", "", "A001"),
            ("new", "new", "buy", "member", "", "A001"),
            ("trade", "filled", "buy", "", "", "A001"),
        ]
        trade = bought[-1]
        assert (trade.order_id, trade.trade_id, trade.method) == (countered.block_id, confirmed.trade_id, "block")
        assert (trade.last_qty, trade.last_price, trade.fee) == (5_000, Decimal("29.50"), Decimal("147.50"))
        assert [words(report) for report in await reports(other, 2)] == [
            ("new", "new", "buy", "counterparty", "", "A001"),
            ("canceled", "canceled", "buy", "member", "", "A001"),
        ]

        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        status = await buyer.trade(confirmed.trade_id)
        assert (status.status, status.side, status.amount) == ("settled", "buy", Decimal("147500.00"))
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await other.trade(confirmed.trade_id)
        assert (await buyer.cash()).settled == Decimal("852352.50")  # 1,000,000 - 147,500 - 147.50

        await house.act(commands.CloseDay())
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        statement = await seller.statement("2026-11-20")
        (row,) = statement["trades"]
        assert (row["method"], row["order_id"], row["tonnes"]) == ("block", countered.block_id, 5_000)
        found = await house.settlement.bulletin(DAY)
        assert found is not None
        spot = next(row for row in json.loads(found)["instruments"] if row["code"] == SPOT)
        assert spot["block"] == {"tonnes": 5_000, "trades": 1, "turnover": "147500.00"}
        assert spot["listed"]["tonnes"] == 0
        assert (spot["close"], spot["cumulative"]["tonnes"]) == ("40.00", 5_000)
        assert "大宗协议成交量" in {column.zh for column in COLUMNS}
        assert (await house.settlement.reconcile()).ok
        assert [
            text
            for column, text in zip(COLUMNS, bulletin_rows(json.loads(found))[0], strict=True)
            if column.name.startswith("block_")
        ] == ["5000", "147500.00", "1"]


async def test_the_public_hears_of_it_at_the_days_end_and_only_in_sum(house: House) -> None:
    channels = [f"{name}.{SPOT}" for name in ("ticker", "trades", "book")]
    async with house.member("a001") as seller, house.member("b001") as buyer, house.visitor() as public:
        await public.subscribe(*channels)
        offered = await seller.blocks.offer(*TERMS, ["B001"])
        await buyer.blocks.confirm(offered.block_id)
        await seller.place(SPOT, "sell", 1, "41.00")
        await house.act(commands.CloseDay())
        seen: list[Event] = []
        async for event in public.events():
            assert isinstance(event, Event)
            seen.append(event)
            if event.channel.startswith("ticker") and event.data["close"] is not None:
                break
    assert [event.channel for event in seen if event.channel.startswith("trades") and event.kind == "update"] == []
    tickers = [event.data for event in seen if event.channel.startswith("ticker")]
    assert (tickers[0]["block_volume"], tickers[0]["block_turnover"]) == (None, None)
    assert (tickers[-1]["block_volume"], tickers[-1]["block_turnover"]) == (6_000, "180000.00")
    assert (tickers[-1]["volume"], tickers[-1]["last"], tickers[-1]["close"]) == (0, None, "40.00")
    assert "38.00" not in json.dumps([event.data for event in seen])


@pytest.mark.parametrize(
    ("change", "name", "field"),
    [
        ({"quantity": 4_999}, "QTY_BELOW_MIN", "quantity"),
        ({"price": "27.99"}, "PRICE_OUT_OF_BAND", "price"),
        ({"price": "52.01"}, "PRICE_OUT_OF_BAND", "price"),
        ({"quantity": 10_001}, "INSUFFICIENT_ALLOWANCE", ""),
        ({"counterparties": ["A001"]}, "SELF_MATCH", ""),
        ({"counterparties": ["Z999"]}, "UNKNOWN_ACCOUNT", "counterparties"),
        ({"counterparties": ["B001", "B001"]}, "INVALID_FIELD", ""),
        ({"instrument": COARSE}, "METHOD_NOT_ALLOWED", ""),
        ({"instrument": "NONE"}, "UNKNOWN_INSTRUMENT", "instrument"),
        ({"side": "buy", "price": "52.00", "quantity": 20_000}, "INSUFFICIENT_CASH", ""),
    ],
)
async def test_what_is_wrong_with_an_offer_is_said_and_nothing_is_held(
    house: House, change: dict[str, object], name: str, field: str
) -> None:
    terms = {"instrument": SPOT, "side": "sell", "quantity": 6_000, "price": "30.00", "counterparties": ["B001"]}
    async with house.member("a001") as seller:
        with pytest.raises(Refused) as refused:
            await seller.blocks.offer(**(terms | change))  # type: ignore[arg-type]
        assert (refused.value.name, refused.value.data.field) == (name, field)
        assert await seller.blocks.offers() == []
        assert (await seller.cash()).held == 0


async def test_limits_are_told_in_yuan(house: House) -> None:
    async with house.member("a001") as seller, house.member("b001") as buyer:
        with pytest.raises(Refused) as refused:
            await seller.blocks.offer(SPOT, "sell", 6_000, "52.01", ["B001"])
        assert (refused.value.data.limit, refused.value.data.actual) == ("52.00", "52.01")
        offered = await seller.blocks.offer(*TERMS, ["B001"])
        with pytest.raises(Refused) as refused:
            await buyer.blocks.counter(offered.block_id, 6_000, "27.00")
        assert (refused.value.data.limit, refused.value.data.actual) == ("28.00", "27.00")


async def test_hours_are_the_operators_switch(house: House) -> None:
    async with (
        house.member("a001") as seller,
        house.member("b001") as buyer,
        house.operator("chen") as chen,
        house.visitor() as public,
    ):
        await public.subscribe("phase")
        told = public.events()
        assert (await anext(told)).data["block_window_open"] is True
        offered = await seller.blocks.offer(*TERMS, ["B001"])
        page = await chen.blocks.open_offers()
        assert page.window_open
        assert [(row.block_id, row.account, row.open_to) for row in page.offers] == [
            (offered.block_id, "A001", ["B001"])
        ]
        await chen.act("close_block_window", {}, "15:00")
        assert (await anext(told)).data["block_window_open"] is False
        with pytest.raises(Refused, match="METHOD_NOT_OPEN"):
            await buyer.blocks.confirm(offered.block_id)
        with pytest.raises(Refused, match="METHOD_NOT_OPEN"):
            await seller.blocks.offer(*TERMS, ["B001"])
        assert (await seller.blocks.withdraw(offered.block_id)).status == "withdrawn"
        assert not (await chen.blocks.open_offers()).offers


async def test_an_offer_is_seen_by_its_parties_only(house: House) -> None:
    async with house.member("a001") as seller, house.member("b001") as buyer, house.member("c001") as other:
        offered = await seller.blocks.offer(*TERMS, ["B001"], client_offer_id="big-1")
        (mine,) = await seller.blocks.offers()
        assert (mine.role, mine.side, mine.client_offer_id) == ("offerer", "sell", "big-1")
        (theirs,) = await buyer.blocks.offers()
        assert (theirs.role, theirs.side, theirs.client_offer_id) == ("counterparty", "buy", "")
        assert (theirs.price, theirs.amount) == (Decimal("30.00"), Decimal("180000.00"))
        assert await other.blocks.offers() == []
        for ask in (other.blocks.confirm, other.blocks.decline, other.blocks.withdraw):
            with pytest.raises(Refused, match="UNKNOWN_OFFER"):
                await ask(offered.block_id)
        with pytest.raises(Refused, match="UNKNOWN_OFFER"):
            await other.blocks.counter(offered.block_id, 6_000, "31.00")
        assert (await buyer.blocks.decline(offered.block_id)).status == "declined"
        assert [row.status for row in await seller.blocks.offers()] == ["canceled"]


async def test_a_key_that_may_only_look_offers_nothing(house: House) -> None:
    async with house.member("eyes") as eyes:
        with pytest.raises(Refused, match="NOT_PERMITTED"):
            await eyes.blocks.offer(*TERMS, ["B001"])
        assert await eyes.blocks.offers() == []


async def test_after_a_restart_the_same_requests_get_the_same_answers(house: House) -> None:
    async with house.member("a001") as seller, house.member("b001") as buyer:
        offered = await seller.blocks.offer(*TERMS, ["B001"], client_offer_id="big-1")
        waiting = await seller.blocks.offer(SPOT, "buy", 5_000, "29.00", ["C001"], client_offer_id="big-2")
        confirmed = await buyer.blocks.confirm(offered.block_id)
    await house.stop()
    await house.open()
    async with house.member("a001") as seller, house.member("b001") as buyer, house.member("c001") as other:
        again = await seller.blocks.offer(*TERMS, ["B001"], client_offer_id="big-1")
        assert (again.block_id, again.duplicate) == (offered.block_id, True)
        twice = await buyer.blocks.confirm(offered.block_id)
        assert (twice.trade_id, twice.duplicate) == (confirmed.trade_id, True)
        with pytest.raises(Refused, match="CLIENT_ORDER_ID_CONFLICT") as refused:
            await seller.blocks.offer(*TERMS, ["C001"], client_offer_id="big-1")
        assert refused.value.data.field == "client_offer_id"
        assert (await other.blocks.confirm(waiting.block_id)).trade_id == "T-2"
        past = await buyer.replay("exec.B001", 1)
        assert [event.data.exec_type for event in past] == ["new", "trade"]
        await until(lambda: house.settlement.mark >= house.sequencer.view.day().seq, "settled")
        report = await house.settlement.reconcile()
        assert (report.ok, report.unsettled) == (True, 0)


async def test_only_one_of_a_group_that_confirms_at_once_has_it(house: House) -> None:
    async with house.member("a001") as seller, house.member("b001") as buyer, house.member("c001") as other:
        offered = await seller.blocks.offer(*TERMS, ["B001", "C001"])
        answers = await asyncio.gather(
            *(client.blocks.confirm(offered.block_id) for client in (buyer, other)), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert [answer.name for answer in refused] == ["COUNTERPARTY_GONE"]
