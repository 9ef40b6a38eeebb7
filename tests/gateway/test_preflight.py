"""`order.test` through a real socket: the refusal an order would get, or its fee, hold and fills; nothing is journaled."""

from decimal import Decimal
from pathlib import Path

import pytest

from engine.preflight import CHAIN
from tests.gateway.kit import PRODUCTS, SPOT, House, order
from tests.testkit.build import rulebook_text
from yutan.client import Refused


async def test_a_member_sees_what_an_order_would_do_and_then_does_it(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        await b.place(SPOT, "sell", 30, "40.00", client_order_id="s-1")
        await b.place(SPOT, "sell", 50, "40.10", client_order_id="s-2")
        seq = house.sequencer.view.day().seq
        said = await a.inquiries.test(SPOT, "buy", 100, "40.10")
        assert house.sequencer.view.day().seq == seq, "asking is no entry of the log"
        assert (said.accepted, said.reason, said.as_of_seq) == (True, None, seq)
        assert [(row.price, row.quantity, row.fee) for row in said.fills] == [
            (Decimal("40.00"), 30, Decimal("1.20")),
            (Decimal("40.10"), 50, Decimal("2.00")),
        ]
        assert (said.cum_qty, said.leaves_qty, said.ending) == (80, 20, None)
        assert said.avg_price == Decimal("40.0625")
        assert (said.value, said.fee_max, said.hold_cash) == (Decimal("4010.00"), Decimal("4.01"), Decimal("4014.01"))
        assert (said.limit_down, said.limit_up) == (Decimal("36.00"), Decimal("44.00"))
        assert {row.outcome for row in said.checks} == {"passed"}
        placed = await a.place(SPOT, "buy", 100, "40.10", client_order_id="b-1")
        found = await a.order(placed.order_id)
        assert (found.cum_qty, found.leaves_qty, found.avg_price) == (80, 20, Decimal("40.0625"))
        paid = Decimal("1000000.00") - Decimal("3205.00") - said.fee - Decimal("802.00") - Decimal("0.80")
        assert (await a.cash()).available == paid


async def test_a_refusal_is_told_in_the_words_it_would_have(house: House) -> None:
    async with house.member("a001") as a:
        said = await a.inquiries.test(SPOT, "buy", 10, "44.01")
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "buy", 10, "44.01")
        assert said.reason is not None
        assert (said.accepted, said.reason.code, said.reason.name) == (False, 4003, refused.value.name)
        assert (said.limit, said.actual) == (refused.value.data.limit, refused.value.data.actual) == ("44.00", "44.01")
        assert said.fills == []
        rows = {row.name: row for row in said.checks}
        assert (rows["band"].rule, rows["band"].outcome, rows["band"].limit) == ("C2.12", "failed", "44.00")
        assert (rows["lot"].outcome, rows["lot"].limit, rows["lot"].actual) == ("passed", 1, 10)
        assert (rows["cash"].outcome, rows["cash"].limit) == ("not_reached", None)


async def test_what_the_door_itself_refuses_is_refused(house: House) -> None:
    raw = await house.logged_in("a001")
    for change, name in (
        ({"instrument": "NONE"}, "UNKNOWN_INSTRUMENT"),
        ({"price": "40.005"}, "PRICE_OFF_TICK"),
        ({"account": "B001"}, "UNKNOWN_ACCOUNT"),
        ({"quantity": 0}, "QTY_BELOW_MIN"),
    ):
        answers = [await raw.ask(method, order(**change)) for method in ("order.test", "order.place")]
        assert [answer["error"]["name"] for answer in answers] == [name, name]
    eyes = await house.logged_in("eyes")
    assert (await eyes.ask("order.test", order()))["error"]["name"] == "NOT_PERMITTED"
    house.gateway.is_refusing_orders = True
    assert (await raw.ask("order.test", order()))["error"]["name"] == "OVERLOADED"


async def test_a_repeated_order_is_named(house: House) -> None:
    async with house.member("a001") as a:
        placed = await a.place(SPOT, "sell", 10, "41.00", client_order_id="s-1")
        again = await a.inquiries.test(SPOT, "sell", 10, "41.00", client_order_id="s-1")
        other = await a.inquiries.test(SPOT, "sell", 11, "41.00", client_order_id="s-1")
        assert (again.accepted, again.duplicate_of, again.leaves_qty) == (True, placed.order_id, 0)
        assert other.reason is not None
        assert other.reason.name == "CLIENT_ORDER_ID_CONFLICT"


async def test_the_room_up_to_the_holding_limit_is_told(tmp_path: Path) -> None:
    limited = PRODUCTS | {"CQEA": PRODUCTS["CQEA"] | {"holding_limit_tonnes": 10_100}}
    house = await House.start(tmp_path, rules=rulebook_text(limited))
    async with house.member("a001") as a:
        said = await a.inquiries.test(SPOT, "buy", 101, "40.00")
        assert said.reason is not None
        assert (said.reason.name, said.limit, said.actual) == ("HOLDING_LIMIT", 10_100, 10_101)
        assert said.holding_left == 100
        assert (await a.inquiries.test(SPOT, "sell", 1, "40.00")).holding_left == 100
    await house.stop()


async def test_every_rule_has_its_words_in_the_reference(house: House) -> None:
    async with house.visitor() as visitor:
        words = {row.value: (row.zh, row.en) for row in (await visitor.reference()).enums["check"]}
    assert words == {step.name: (step.zh, step.en) for step in CHAIN}
