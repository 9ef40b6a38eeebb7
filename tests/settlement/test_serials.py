"""Serial numbers of offsets in the registry: the lowest move first, none is lost or stands twice, and the audit sees it."""

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from engine.core.units import BUY, SELL
from settlement.audit import audit
from settlement.core.serials import OffsetIssue, Serials, SerialsMissing
from tests.settlement.kit import Exchange, Watch
from tests.settlement.test_real_days import Ticking
from tests.testkit.build import rulebook_text

OWN, BUYER, ANYONE = 1, 2, 3
CCER = 1
BOOK = rulebook_text(
    {"CCER": {"kind": "offset"}, "CQEA": {}}, {2025: {"offset_limit_bp": 5_000}}, {"2025.CCER": {"limit_bp": 5_000}}
)
ISSUE = c.IssueOffsets(OWN, CCER, 100, "P-7", "林业", "AR-CM-001", "重庆", 1_001, "注销-9", OWN)


async def founded(folder: Path, watch: Watch, clock: Ticking) -> Exchange:
    exchange = await Exchange.start(folder, watch, clock)
    await exchange.found(BOOK)
    await exchange.act(c.ListInstrument("CCER-25", "CCER", 2025, "减排量", "reduction", 3_000))
    for number, category in ((OWN, "key_emitter"), (BUYER, "key_emitter"), (ANYONE, "institution")):
        await exchange.act(c.OpenAccount(f"A{number}", number, f"A{number}", category))
        await exchange.act(c.DepositCash(number, 100_000_000))
    await exchange.act(c.ImportEmissions(2025, ((OWN, 900, 20260420), (BUYER, 900, 20260420)), 0, "ab" * 32))
    return exchange


async def blocks(exchange: Exchange, account: int = 0) -> list[tuple[int, int, str, int, int]]:
    """(account, year, project, first, last) of each block."""
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    rows = await exchange.settlement.serials(account)
    return [(row.account, row.year, row.project, row.first_serial, row.last_serial) for row in rows]


async def test_each_movement_takes_the_lowest_and_a_surrender_leaves_its_own_boundary_out(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    await exchange.act(ISSUE)
    await exchange.act(c.AllocateUnits(OWN, CCER, 160, "offset", 2025))  # without a project: the registry's own numbers
    assert await blocks(exchange) == [(OWN, 0, "P-7", 1_001, 1_100), (OWN, 0, "", 1, 160)]
    await exchange.act(c.OpenDay(20260105))
    await exchange.act(c.ChangePhase(4))
    await exchange.order(c.PlaceOrder(OWN, CCER, SELL, 3_000, 30, 0, "s"))
    await exchange.order(c.PlaceOrder(ANYONE, CCER, BUY, 3_000, 30, 0, "b"))
    await exchange.act(c.TransferUnits(OWN, BUYER, CCER, 20, "gift"))
    await exchange.act(c.SurrenderUnits(OWN, CCER, 15, 2025, False))  # none of P-7
    await exchange.act(c.SurrenderUnits(BUYER, CCER, 12, 2025, False))
    await exchange.act(c.CancelUnits(ANYONE, CCER, 5, "voluntary"))
    assert await blocks(exchange) == [
        (0, 0, "P-7", 1_001, 1_005),
        (ANYONE, 0, "P-7", 1_006, 1_030),
        (0, 2025, "P-7", 1_031, 1_042),
        (BUYER, 0, "P-7", 1_043, 1_050),
        (OWN, 0, "P-7", 1_051, 1_100),
        (0, 2025, "", 1, 15),
        (OWN, 0, "", 16, 160),
    ]
    assert (await exchange.settlement.reconcile()).ok
    await exchange.stop()

    exchange = await Exchange.start(tmp_path, watch, clock)
    await exchange.act(c.TransferUnits(ANYONE, OWN, CCER, 25, "gift"))
    await exchange.act(c.AllocateUnits(ANYONE, CCER, 1, "offset", 2025))
    assert await blocks(exchange, OWN) == [
        (OWN, 0, "P-7", 1_006, 1_030), (OWN, 0, "P-7", 1_051, 1_100), (OWN, 0, "", 16, 160),
    ]  # fmt: skip
    assert await blocks(exchange, ANYONE) == [(ANYONE, 0, "", 161, 161)]
    await exchange.stop()
    assert (watch.breaks, watch.failures) == ([], [])
    assert audit(tmp_path / "registry.db").findings == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE serial_blocks SET last_serial = last_serial - 1 WHERE account = 2",
        "UPDATE serial_blocks SET account = 3 WHERE account = 2",
        "DELETE FROM serial_blocks WHERE account = 2",
        "UPDATE serial_blocks SET first_serial = first_serial - 3, last_serial = last_serial - 3 WHERE account = 2",
    ],
)
async def test_the_audit_finds_a_serial_that_is_lost_doubled_or_in_the_wrong_hand(tmp_path: Path, damage: str) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock)
    await exchange.act(ISSUE)
    await exchange.act(c.TransferUnits(OWN, BUYER, CCER, 20, "gift"))
    await exchange.act(c.TransferUnits(OWN, ANYONE, CCER, 10, "gift"))
    await exchange.act(c.TransferUnits(BUYER, ANYONE, CCER, 5, "gift"))
    await blocks(exchange)
    await exchange.stop()
    path = tmp_path / "registry.db"
    assert audit(path).findings == []
    with sqlite3.connect(path) as registry:
        registry.execute(damage)
    registry.close()
    assert any(finding.startswith("INV-1: ") for finding in audit(path).findings)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_agree_with_serials_moved_one_by_one(seed: int) -> None:
    """The slow way: a list of every serial with its holder, sorted anew for each movement."""
    dice, serials = random.Random(seed), Serials()
    slow: dict[tuple[int, int], int] = {}
    touched: set[tuple[int, int]] = set()
    stored: dict[tuple[int, int], Any] = {}
    for number in (1, 2, 3):
        holder, first, tonnes = dice.randint(1, 4), dice.randint(1, 50), dice.randint(1, 60)
        issue = OffsetIssue(number, 0, holder, CCER, f"P{number}", "", "", "", first, first + tonnes - 1, "", 0)
        serials.issue(issue, touched)
        slow |= {(number, serial): holder for serial in range(first, first + tonnes)}
    for _ in range(200):
        giver, taker, tonnes = dice.randint(1, 4), dice.randint(1, 5), dice.randint(1, 20)
        barred = frozenset(dice.sample((1, 2, 3), dice.choice((0, 0, 1))))
        mine = sorted(key for key, holder in slow.items() if holder == giver and key[0] not in barred)
        if giver == taker or len(mine) < tonnes:
            continue
        serials.move(giver, taker, CCER, tonnes, touched, barred)
        slow |= dict.fromkeys(mine[:tonnes], taker)
        for key in touched:  # as the store does it
            stored.pop(key, None)
        stored |= {key: serials.blocks[key] for key in touched if key in serials.blocks}
        touched.clear()
        spread = {
            (block.issue, serial): block.account
            for block in stored.values()
            for serial in range(block.first_serial, block.last_serial + 1)
        }
        assert spread == slow
    assert stored == serials.blocks
    with pytest.raises(SerialsMissing):
        serials.move(9, 1, CCER, 1, touched)
