"""The holding limit and the list of large holders through the doors that members and operators use."""

from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from tests.gateway.kit import PRODUCTS, SPOT, House, public_of
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
        assert await chen.supervision.large_holders() == []
        await house.act(c.OpenAccount("A002", 1, "企业 A002", "institution"), c.AllocateUnits(4, 1, 101, "paid", 2025))
        [row] = await chen.supervision.large_holders()
        assert (row.product, row.owner, row.accounts, row.names) == (
            "CQEA",
            1,
            ["A001", "A002"],
            ["企业 A001", "企业 A002"],
        )
        assert (row.quantity, row.threshold, row.limit, row.is_above_limit) == (10_101, 10_000, 10_100, True)
    await house.stop()


async def test_associated_companies_share_the_limit_and_an_operator_sees_it(tmp_path: Path) -> None:
    house = await limited(tmp_path)
    await house.act(c.AdmitParticipant(1, "a-1", "甲"), c.AdmitParticipant(2, "b-1", "乙"))
    async with house.operator("chen") as chen, house.member("a001") as a:
        fields = {"controller": 1, "controlled": 2, "share_bp": 5100, "from_day": "2026-01-05", "basis": "年报"}
        await chen.act("associate", fields, "annual report", "工商〔2026〕3号")
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "buy", 1, "40.00")
        assert (refused.value.name, refused.value.data.actual) == ("HOLDING_LIMIT", 20_001)
        [row] = await chen.participants.associations()
        assert (row.association, row.is_in_force, row.group) == (1, True, [1, 2])
        [holder] = await chen.supervision.large_holders()
        assert (holder.owner, holder.accounts, holder.quantity) == (1, ["A001", "B001"], 20_000)
        await chen.act("dissociate", {"association": 1, "until_day": "2026-01-06", "basis": "转让"}, "sold")
        await a.place(SPOT, "buy", 1, "40.00")
    await house.stop()


async def test_a_new_holder_above_the_cap_is_refused_at_the_door(tmp_path: Path) -> None:
    rules = rulebook_text(PRODUCTS | {"CQEA": PRODUCTS["CQEA"] | {"holders_max": 3}})
    house = await House.start(tmp_path, rules=rules)
    await house.act(
        c.OpenAccount("D001", 4, "丁", "institution"),
        c.RegisterKey("both2", public_of("both2"), (4,)),
        c.DepositCash(4, 1_000_000),
    )
    async with house.member("both2") as d, house.member("a001") as a:
        with pytest.raises(Refused) as refused:
            await d.place(SPOT, "buy", 1, "40.00")
        assert (refused.value.name, refused.value.data.limit, refused.value.data.actual) == ("HOLDER_CAP", 3, 3)
        await a.place(SPOT, "buy", 1, "40.00")
    await house.stop()
