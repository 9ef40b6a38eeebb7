"""The board of intentions at the doors: members post and withdraw, everyone reads, nobody is named who did not want to be."""

from pathlib import Path

import pytest

from tests.gateway.kit import House
from yutan.client import Refused

SPOT = "CQEA-25"


async def test_members_post_and_everyone_reads_the_board(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.member("a001") as a, house.member("b001") as b, house.operator("chen") as chen:
        first = await a.intentions.post(SPOT, "sell", 5_000, "40.50", contact="023-1")
        await b.intentions.post(SPOT, "buy", 800, named=True, until_day="2026-11-23")
        assert first.status == "posted"
        newest, oldest = await a.intentions.board()
        assert (oldest.intention_id, oldest.side, oldest.quantity, oldest.price, oldest.own) == (
            first.intention_id, "sell", 5_000, "40.50", True,
        )  # fmt: skip
        assert (newest.price, newest.until_day, newest.own) == ("", "2026-11-23", False)
        assert (oldest.name, newest.name) == ("", "企业 B001")
        assert [row.own for row in await chen.intentions.board()] == [False, False]
        assert await a.orders() == []
        with pytest.raises(Refused, match="UNKNOWN_INTENTION"):
            await b.intentions.withdraw(first.intention_id)
        assert (await a.intentions.withdraw(first.intention_id)).status == "withdrawn"
        with pytest.raises(Refused, match="PRICE_OFF_TICK"):
            await a.intentions.post(SPOT, "sell", 5_000, "40.505")
        with pytest.raises(Refused, match="UNKNOWN_INSTRUMENT"):
            await a.intentions.post("NONE", "sell", 5_000)
    await house.stop()
    await house.open()
    async with house.member("a001") as a:
        [row] = await a.intentions.board()
        assert row.name == "企业 B001"
    await house.stop()
