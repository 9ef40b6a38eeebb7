"""The holding limit and the list of large holders through the doors that members and operators use."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from tests.gateway.kit import PRODUCTS, SPOT, House
from tests.testkit.build import rulebook_text
from yutan.client import Refused

LIMITED: dict[str, Any] = {"holding_limit_tonnes": 10_100, "large_holder_tonnes": 10_000}


async def limited(folder: Path) -> House:
    """Each member has 10,000 t of CQEA and may have 100 t more."""
    return await House.start(folder, rules=rulebook_text(PRODUCTS | {"CQEA": PRODUCTS["CQEA"] | LIMITED}))


async def test_a_buy_beyond_the_limit_is_refused_at_the_door_with_limit_and_actual(tmp_path: Path) -> None:
    house = await limited(tmp_path)
    async with house.member("a001") as a, house.member("b001") as b:
        await b.place(SPOT, "sell", 200, "40.00", client_order_id="s")
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "buy", 101, "40.00", client_order_id="b-1")
        said = refused.value
        assert (said.name, said.data.limit, said.data.actual) == ("HOLDING_LIMIT", 10_100, 10_101)
        await a.place(SPOT, "buy", 100, "40.00", client_order_id="b-2")
        held = {row.instrument: row for row in (await a.allowances()).holdings}[SPOT]
        assert held.available + held.locked == 10_100
        with pytest.raises(Refused, match="HOLDING_LIMIT"):
            await a.place(SPOT, "buy", 1, "40.00", client_order_id="b-3")
    await house.stop()


async def test_an_operator_sees_who_is_a_large_holder(tmp_path: Path) -> None:
    house = await limited(tmp_path)
    async with house.operator("chen") as chen:
        assert await chen.ops_large_holders() == []
        await house.act(c.OpenAccount("A002", 1, "企业 A002", "institution"), c.AllocateUnits(4, 1, 101, "paid", 2025))
        [row] = await chen.ops_large_holders()
        assert (row.product, row.owner, row.accounts, row.names) == (
            "CQEA",
            1,
            ["A001", "A002"],
            ["企业 A001", "企业 A002"],
        )
        assert (row.quantity, row.threshold, row.limit, row.is_above_limit) == (10_101, 10_000, 10_100, True)
    await house.stop()
