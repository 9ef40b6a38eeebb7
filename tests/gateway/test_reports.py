"""Reports at the operators' door: what has to be told at once, and the record of what was sent."""

from pathlib import Path

import pytest

from engine.core import commands as c
from engine.core import reasons
from engine.title import ClosedFigure, DispatchRow, RecentFacts
from gateway.matters import matters
from tests.gateway.kit import DAY, SPOT, House
from yutan.client import Refused


async def test_matters_stay_due_until_they_were_sent(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    async with house.operator("chen") as chen, house.member("a001") as a, house.member("b001") as b:
        assert await chen.reports.matters() == []
        await house.act(c.Halt(1), c.Resume(1), c.OpenCase(1, "wash trades"), c.CloseCase(1, "confirmed", "shown"))
        await house.act(c.Restrict(3, 2, "CQ-M Art. 30"))
        await a.place(SPOT, "sell", 10, "43.90")
        await b.place(SPOT, "buy", 10, "43.90")  # 9.75 % above 40.00
        await house.act(c.CloseDay())
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        found = {row.kind: row for row in await chen.reports.matters() if not row.what.endswith("resumed")}
        assert set(found) == {"incident", "breach", "restriction", "large_move"}
        move = found["large_move"]
        assert (move.matter, move.due, move.is_overdue) == ("V-20261120-CQEA-25", "2026-11-20", False)
        assert move.what == "CQEA-25 closed +9.75 % from the day before"
        assert move.what_zh == "CQEA-25 收盘价较前一日 +9.75%"
        assert found["breach"].what == "breach confirmed, A001: wash trades"
        assert found["breach"].what_zh == "A001 违规属实:wash trades"
        assert found["restriction"].what_zh == "C001 受限制:CQ-M Art. 30"
        assert "暂停" in found["incident"].what_zh

        await house.act(c.OpenDay(DAY + 3))
        assert all(row.is_overdue for row in await chen.reports.matters())
        fields = {"kind": "matter", "subject": move.matter, "sent_as": "渝碳〔2026〕9号"}
        await chen.act("record_dispatch", fields, "told by telephone and letter")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        again = {row.matter: row for row in await chen.reports.matters()}
        assert (again[move.matter].is_overdue, again[move.matter].sent_as) == (False, "渝碳〔2026〕9号")
        assert again["K-1"].is_overdue
        (dispatch,) = await chen.reports.dispatches()
        assert (dispatch.kind, dispatch.subject, dispatch.trading_day) == ("matter", move.matter, "2026-11-23")
        with pytest.raises(Refused) as refused:
            await chen.act("record_dispatch", fields | {"kind": "press"}, "no authority")
        assert refused.value.code == reasons.ACT_INVALID
    await house.stop()


async def test_a_price_at_its_limit_is_a_matter_on_each_third_day_in_a_row(tmp_path: Path) -> None:
    # limit 10 %: 40.00 -> 44.00 -> 48.40 -> 53.24 are at it; 53.25 -> 58.57 is a tick short of 58.58 (58.575 half up)
    house = await House.start(tmp_path)
    view = house.sequencer.view
    closes = [(4_000, 4_400), (4_400, 4_840), (4_840, 5_324), (5_325, 5_857), (5_857, 5_271), (5_271, 5_271)]
    figures = [ClosedFigure(20261101 + n, 1, *pair, trades=1) for n, pair in enumerate(closes)]
    found = matters(view, RecentFacts(figures, []), [DispatchRow(1, 0, 0, "matter", "L-20261103-CQEA-25", "9", "")])
    assert [(row.matter, row.sent_as) for row in found if row.kind == "at_limit"] == [("L-20261103-CQEA-25", "9")]
    assert [row.trading_day for row in found if row.kind == "large_move"] == [f"2026-11-0{n}" for n in range(1, 6)]
    assert [row.what_zh for row in found if row.kind == "at_limit"] == ["CQEA-25 连续 3 日收于涨跌停价"]
    found = matters(view, RecentFacts([], [("X-7", 20261105, "", "")]), [])
    assert [(row.what_zh, row.what) for row in found] == [("对账发现差异", "reconciliation found differences")]
    quiet = [ClosedFigure(20261101 + n, 1, 4_000, 4_400, trades=0) for n in range(3)]
    assert matters(view, RecentFacts(quiet, []), []) == []
    await house.stop()
