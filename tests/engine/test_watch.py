"""The watch beside a running market: the same alerts as a replay, told once, kept over restarts and lost files."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import monitoring, watch
from engine.alerts import Alert
from engine.clock import wall_ns
from engine.core import commands as c
from engine.core.commands import Entry
from engine.core.events import Event, OrderAccepted, OrderCanceled
from engine.core.units import BUY, DAY, SELL
from engine.recovery import recover
from engine.sequencer import Batch, Sequencer
from engine.watch import Watch
from tests.testkit.build import act, founding, rulebook_text

BOOK = rulebook_text({"CQEA": {}}, None, None, None, {"quick_cancels": 2}, self_trade="off", retention_bp=0)
MONDAY = 20260105


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it; fails after a long time."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - a follower has no event to wait for
            await asyncio.sleep(0.01)


class Hall:
    """A market in a folder, and who watches it."""

    def __init__(self, sequencer: Sequencer, watched: Watch) -> None:
        self.sequencer = sequencer
        self.watch = watched
        self.told: list[Alert] = []
        watched.on_alerts = self.told.extend

    @classmethod
    async def open(cls, folder: Path) -> "Hall":
        watched = Watch.open(folder / "alerts.state")
        return cls(await recover(folder, [watched], wall_ns), watched)

    async def do(self, *wanted: c.AnyCommand) -> None:
        for command in wanted:
            await self.sequencer.submit(command)

    async def found(self) -> None:
        """Two owners with units and cash, on an open day."""
        await self.do(
            founding(BOOK),
            act(c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000)),
            *(act(c.OpenAccount(f"A{owner}", owner, "", "institution")) for owner in (1, 2)),
            *(act(c.DepositCash(account, 10**9)) for account in (1, 2)),
            *(act(c.AllocateUnits(account, 1, 5_000, "paid", 2025)) for account in (1, 2)),
            act(c.OpenDay(MONDAY)),
            act(c.ChangePhase(4)),
        )

    async def cancel_quickly(self) -> None:
        """An order near the limit, and its cancel."""
        await self.do(c.PlaceOrder(1, 1, SELL, 5_480, 10, DAY, f"q{self.sequencer.view.day().seq}"))
        await self.do(c.CancelOrder(1, self.sequencer.view.day().seq, ""))

    async def looked(self) -> list[Alert]:
        """The alerts, once all has been looked at."""
        seq = self.sequencer.view.day().seq
        await until(lambda: self.watch.seq == seq)
        return self.watch.newest()

    async def close(self) -> None:
        await self.sequencer.close()
        await self.watch.close()


async def test_alerts_come_while_the_day_goes_and_are_those_of_a_replay(tmp_path: Path) -> None:
    hall = await Hall.open(tmp_path)
    await hall.found()
    for _ in range(2):
        await hall.cancel_quickly()
    [alert] = hall.told  # before the answer of who caused it
    assert (alert.pattern, len(alert.orders), await hall.looked()) == (monitoring.LAYERING, 2, [alert])
    await hall.do(
        c.PlaceOrder(1, 1, SELL, 5_000, 300, DAY, "s"), c.PlaceOrder(2, 1, BUY, 5_000, 300, DAY, "b"),
        c.PlaceOrder(2, 1, SELL, 5_000, 300, DAY, "t"), c.PlaceOrder(1, 1, BUY, 5_000, 300, DAY, "c"),
        act(c.CloseDay()),
    )  # fmt: skip
    alerts = await hall.looked()
    assert [each.pattern for each in alerts] == [monitoring.LAYERING, monitoring.CIRCULAR]
    await until(lambda: hall.watch.mark == hall.watch.seq)  # a close is kept at once
    await hall.close()
    assert monitoring.alerts_of(tmp_path)[0] == alerts


@pytest.mark.parametrize("loss", ["nothing", "the file", "a bit of it", "the last hours"])
async def test_a_restart_goes_on_where_it_was_whatever_became_of_the_file(tmp_path: Path, loss: str) -> None:
    file = tmp_path / "alerts.state"
    hall = await Hall.open(tmp_path)
    await hall.found()
    await hall.cancel_quickly()
    old = b""
    if loss == "the last hours":
        await hall.close()
        old = file.read_bytes()
        hall = await Hall.open(tmp_path)
    for _ in range(2):
        await hall.cancel_quickly()
    await hall.close()
    if loss == "the file":
        file.unlink()
    elif loss == "a bit of it":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    elif loss == "the last hours":
        file.write_bytes(old)
    hall = await Hall.open(tmp_path)
    assert len(await hall.looked()) == 1
    assert hall.told == [] or loss != "nothing"
    await hall.cancel_quickly()
    assert [(alert.number, len(alert.orders)) for alert in await hall.looked()] == [(1, 2), (2, 2)]
    await hall.close()


async def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ALERTS_KEPT_MAX", 2)
    hall = await Hall.open(tmp_path)
    await hall.found()
    for _ in range(6):
        await hall.cancel_quickly()
    assert [alert.number for alert in await hall.looked()] == [2, 3]
    await hall.close()


async def test_what_is_told_again_is_looked_at_once_and_the_new_part_of_a_batch_at_once(tmp_path: Path) -> None:
    hall = await Hall.open(tmp_path)
    await hall.found()
    at_ns, seen = hall.sequencer.view.day().at_ns, hall.watch.seq
    told = [
        Entry(seq, at_ns, c.PlaceOrder(1, 1, SELL, 5_480, 10, DAY, f"q{seq}") if seq % 2 else c.CancelOrder(1, 1, ""))
        for seq in range(seen + 1, seen + 9)
    ]
    events: list[list[Event]] = [
        [OrderAccepted(5, 1, 1, "q", 1, SELL, 5_480, 10, DAY)]
        if isinstance(entry.command, c.PlaceOrder)
        else [OrderCanceled(5, 1, 2, "q", 1, SELL, 5_480, 10, 0, 0)]
        for entry in told
    ]
    if isinstance(told[0].command, c.CancelOrder):
        told, events = told[1:], events[1:]
    hall.watch.on_batch(Batch(told[:2], events[:2], [None] * 2))
    assert hall.told == []  # one quick cancel
    for _ in range(2):
        hall.watch.on_batch(Batch(told[:2], events[:2], [None] * 2))
    assert (hall.told, hall.watch.seq) == ([], told[1].seq)
    hall.watch.on_batch(Batch(told[:4], events[:4], [None] * 4))
    assert [(alert.pattern, alert.seq) for alert in hall.told] == [(monitoring.LAYERING, told[3].seq)]
    await hall.close()


async def test_who_cannot_keep_what_it_knows_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    hall = await Hall.open(tmp_path / "folder")
    failed: list[BaseException] = []
    hall.watch.on_failure = failed.append
    hall.watch._path = tmp_path / "nowhere" / "alerts.state"
    await hall.found()
    await hall.do(act(c.CloseDay()))
    await until(lambda: bool(failed))
    assert isinstance(failed[0], OSError)
    await hall.close()
