"""Settlement's figures of a day, counted from the registry's trades, are the engine's, also after a restart."""

import itertools
from pathlib import Path

from engine.core import commands as c
from engine.core import phases
from tests.settlement.kit import CHONGQING, Exchange, Watch


async def test_both_bodies_count_the_same_day_each_for_itself(tmp_path: Path) -> None:
    watch, ticks = Watch(), itertools.count(1_700_000_000_000_000_000, 1_000_000)
    exchange = await Exchange.start(tmp_path, watch, lambda: next(ticks))
    await exchange.found(CHONGQING)
    for act in (
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(2, 1_000_000),
        c.AllocateUnits(1, 1, 100, "paid", 2024),
        c.OpenDay(20240102),
        c.ChangePhase(phases.CONTINUOUS),
    ):
        await exchange.act(act)
    for place in range(3):
        await exchange.order(c.PlaceOrder(1, 1, 2, 4_000 + place, 7, 0, f"s{place}"))
        await exchange.order(c.PlaceOrder(2, 1, 1, 4_000 + place, 7, 0, f"b{place}"))
    assert (await exchange.settlement.reconcile()).figures == (0, 0, 0, "")  # the day is still open
    await exchange.act(c.CloseDay())
    own, _ = exchange.sequencer.view.day_figures()
    assert (own.trades, own.tonnes, own.amount_fen) == (3, 21, 7 * (4_000 + 4_001 + 4_002))
    assert (await exchange.settlement.reconcile()).figures == (own.trades, own.tonnes, own.amount_fen, own.sha256)
    await exchange.stop()
    exchange = await Exchange.start(tmp_path, watch, lambda: next(ticks))
    assert (await exchange.settlement.reconcile()).figures == (own.trades, own.tonnes, own.amount_fen, own.sha256)
    await exchange.stop()
    assert (watch.failures, watch.breaks) == ([], [])
