"""The tape: every public trade once, whatever is stopped and started, and the feed's own day back from it."""

import asyncio
import sqlite3
from pathlib import Path
from random import Random

import msgspec
import pytest

from engine.core import units
from engine.core.events import Traded, TradeVoided
from gateway.feed import FeedSettings, PublicFeed, PublicTrade, Tape
from gateway.feed.tape import READS_PENDING_MAX, TapeBroken, TapeBusy
from tests.gateway.feed.client import Client
from tests.gateway.feed.flow import Run, random_commands, void_of

MINUTE_NS = 60_000_000_000


def busy(run: Run, seed: int, turns: int = 30) -> None:
    random = Random(seed)
    for _ in range(turns):
        run.tell(*random_commands(run, random, 10), passed_ns=20_000_000_000)


def traded(run: Run, instrument: int) -> list[int]:
    return [
        event.trade
        for batch in run.batches
        for happened in batch.events
        for event in happened
        if type(event).__name__ == "Traded" and event.instrument == instrument
    ]


async def all_trades(tape: Tape, instrument: int, day: int = 20261120) -> list[PublicTrade]:
    return await tape.trades(instrument, day, 0, 10_000)


async def test_a_read_sees_every_trade_told_before_it(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 1)
    assert [trade.trade for trade in await all_trades(tape, 1)] == traded(run, 1)
    assert [trade.trade for trade in await all_trades(tape, 2)] == traded(run, 2)
    assert tape.mark == run.market.seq
    assert tape.lag == 0
    await tape.close()


@pytest.mark.parametrize("turns", range(12))
async def test_a_read_sees_also_what_was_told_while_a_write_was_under_way(turns: int, tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 1, 3)
    for _ in range(turns):  # the write begins in the first and takes some
        await asyncio.sleep(0)
    busy(run, 2, 3)
    assert [trade.trade for trade in await all_trades(tape, 1)] == traded(run, 1)
    await tape.close()


async def test_being_told_everything_again_changes_nothing(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 2)
    before = await all_trades(tape, 1)
    await tape.close()

    again = await Tape.open(tmp_path / "tape.db")
    assert again.mark == run.market.seq
    for batch in run.batches:
        again.on_batch(batch)
    assert await all_trades(again, 1) == before
    await again.close()


async def test_what_was_not_written_comes_back_with_the_journals_tail(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 3)
    await tape.close()
    mark = tape.mark
    busy(run, 4)  # told to nobody who writes: the process is down

    again = await Tape.open(tmp_path / "tape.db")
    assert again.mark == mark
    for batch in run.batches:
        again.on_batch(batch)
    assert [trade.trade for trade in await all_trades(again, 1)] == traded(run, 1)
    await again.close()


async def test_the_feed_has_its_day_back_after_a_restart(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    before = PublicFeed(FeedSettings())
    run = Run(tape, before)
    run.open_day()
    busy(run, 5)
    before.flush(run.at_ns)
    await tape.close()

    again = await Tape.open(tmp_path / "tape.db")
    after = PublicFeed(FeedSettings(), again.past)
    after.on_start(run.view)
    after.flush(run.at_ns)
    for channel in ("trades.CQEA-25", "kline.CQEA-25.1m", "book.CQEA-25", "book5.CQEA-25", "ticker.CQEA-25", "phase"):
        old, new = (Client(feed, [channel]).heard[channel][0]["data"] for feed in (before, after))
        old.pop("epoch"), new.pop("epoch")
        assert old == new, channel
    assert len(after.snapshot("trades.CQEA-25")) > 2000
    await again.close()


async def test_bars_are_the_trades_of_their_minutes(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 6, 60)
    trades = await all_trades(tape, 1)
    for minutes in (1, 5, 60):
        expected: dict[int, list[PublicTrade]] = {}
        for trade in trades:
            expected.setdefault(trade.at_ns // (minutes * MINUTE_NS), []).append(trade)
        bars = await tape.bars(1, 20261120, 20261120, minutes)
        assert [bar.start_ns for bar in bars] == [key * minutes * MINUTE_NS for key in expected]
        for bar, part in zip(bars, expected.values(), strict=True):
            prices = [trade.price_ticks for trade in part]
            assert (bar.open_ticks, bar.close_ticks) == (prices[0], prices[-1])
            assert (bar.high_ticks, bar.low_ticks) == (max(prices), min(prices))
            assert (bar.tonnes, bar.trades) == (sum(trade.tonnes for trade in part), len(part))
    (day,) = await tape.bars(1, 20261101, 20261130, 1440)
    assert (day.trading_day, day.trades) == (20261120, len(trades))
    assert await tape.bars(1, 20261121, 20261130, 1) == []
    await tape.close()


async def test_trades_are_paged_by_number(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 7)
    whole = await all_trades(tape, 1)
    paged: list[PublicTrade] = []
    while page := await tape.trades(1, 20261120, paged[-1].trade if paged else 0, 7):
        assert len(page) <= 7
        paged += page
    assert paged == whole
    await tape.close()


async def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "tape.db") as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(TapeBroken, match="schema 99"):
        await Tape.open(tmp_path / "tape.db")


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tape.db").write_bytes(b"this is no database" * 1000)
    with pytest.raises(TapeBroken, match="not a database"):
        await Tape.open(tmp_path / "tape.db")


async def test_a_failing_write_stops_the_tape_and_tells(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    run.place(1, units.SELL, 4000, 10)
    run.place(2, units.BUY, 4000, 10)
    assert len(await all_trades(tape, 1)) == 1
    told: list[BaseException] = []
    tape.on_failure = told.append
    with sqlite3.connect(tmp_path / "tape.db") as database:
        database.execute("DROP TABLE mark")
    database.close()
    run.place(1, units.SELL, 4000, 10)
    with pytest.raises(TapeBusy):
        await all_trades(tape, 1)
    assert len(told) == 1
    with pytest.raises(TapeBroken):
        run.place(2, units.BUY, 4000, 10)
    await tape.close()


async def test_too_many_reads_are_refused_and_the_others_answered(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    answers = await asyncio.gather(
        *(all_trades(tape, 1) for _ in range(READS_PENDING_MAX + 10)), return_exceptions=True
    )
    assert sum(isinstance(answer, TapeBusy) for answer in answers) == 10
    assert sum(answer == [] for answer in answers) == READS_PENDING_MAX
    await tape.close()


async def test_a_voided_trade_is_marked_from_then_on_and_after_a_restart(tmp_path: Path) -> None:
    tape, feed = await Tape.open(tmp_path / "tape.db"), PublicFeed(FeedSettings())
    run = Run(tape, feed)
    run.open_day()
    busy(run, 6)
    feed.flush(run.at_ns)
    last = [event for batch in run.batches for told in batch.events for event in told if type(event) is Traded][-1]
    (voided,) = [event for event in run.act(void_of(last)) if type(event) is TradeVoided]
    feed.flush(run.at_ns)
    assert [trade.trade for trade in await all_trades(tape, last.instrument) if trade.is_voided] == [voided.trade]
    code = ("CQEA-25", "CQEA-24")[last.instrument - 1]
    rows = msgspec.json.decode(feed.snapshot(f"trades.{code}"))["data"]["trades"]
    assert [row["trade_id"] for row in rows if row.get("voided")] == [f"T-{last.trade}"]
    assert [row["supersedes"] for row in rows if "kind" in row] == [f"T-{last.trade}"]
    await tape.close()

    again = await Tape.open(tmp_path / "tape.db")
    assert [trade.trade for trade in again.past if trade.is_voided] == [last.trade]
    assert [trade.trade for trade in await all_trades(again, last.instrument) if trade.is_voided] == [last.trade]
    await again.close()


async def test_a_file_of_the_form_before_is_made_again_from_the_journal(tmp_path: Path) -> None:
    tape = await Tape.open(tmp_path / "tape.db")
    run = Run(tape)
    run.open_day()
    busy(run, 7)
    before = await all_trades(tape, 1)
    await tape.close()
    with sqlite3.connect(tmp_path / "tape.db") as database:
        database.executescript("DROP TABLE void; PRAGMA user_version = 1;")

    again = await Tape.open(tmp_path / "tape.db")
    assert (again.mark, again.past) == (0, [])
    for batch in run.batches:
        again.on_batch(batch)
    assert await all_trades(again, 1) == before
    await again.close()
