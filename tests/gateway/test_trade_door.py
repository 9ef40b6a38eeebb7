"""The member door: login, orders, what members may see, through real sockets into a real engine."""

from decimal import Decimal

import pytest

from tests.gateway.kit import SPOT, House
from yutan.client import Refused


async def test_an_order_goes_in_trades_and_shows_in_both_members_accounts(house: House) -> None:
    async with house.member("a001") as a, house.member("b001") as b:
        sold = await a.place(SPOT, "sell", 100, "40.00", client_order_id="s-1")
        bought = await b.place(SPOT, "buy", 60, Decimal("40.00"), client_order_id="b-1")
        assert sold.account == "A001"
        rest = await a.order(sold.order_id)
        assert (rest.order_status, rest.cum_qty, rest.leaves_qty) == ("partially_filled", 60, 40)
        done = await b.order(client_order_id="b-1")
        assert (done.order_id, done.order_status, done.cum_qty) == (bought.order_id, "filled", 60)
        assert done.avg_price == Decimal("40.0000")
        held = (await a.allowances()).holdings[0]
        assert (held.instrument, held.available, held.held) == (SPOT, 9_900, 40)
        cash = await b.cash()
        assert cash.available == Decimal("1000000.00") - Decimal("2400.00") - Decimal("2.40")
        assert (await b.trade("T-1")).status in ("settled", "clearing_hold")


async def test_same_client_order_id_and_body_gets_the_same_answer(house: House) -> None:
    async with house.member("a001") as a:
        first = await a.place(SPOT, "sell", 100, "40.00", client_order_id="s-1")
        again = await a.place(SPOT, "sell", 100, "40.00", client_order_id="s-1")
        assert (again.order_id, first.duplicate, again.duplicate) == (first.order_id, False, True)
        assert len(await a.orders()) == 1
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "sell", 101, "40.00", client_order_id="s-1")
        assert refused.value.name == "CLIENT_ORDER_ID_CONFLICT"
