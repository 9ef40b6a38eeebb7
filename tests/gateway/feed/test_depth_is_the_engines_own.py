"""Whatever happens, the depth that the feed shows is the engine's own, and never a crossed one."""

from decimal import Decimal
from random import Random

import pytest

from engine.core import phases, units
from engine.core.commands import ChangePhase, Halt, Resume
from gateway.feed import FeedSettings, PublicFeed
from gateway.feed.auction import Indication, indicate
from gateway.feed.depth import Depth, DepthBroken
from tests.gateway.feed.client import Client
from tests.gateway.feed.flow import Run, random_commands


def shown(run: Run, instrument: int) -> dict[str, dict[str, int]]:
    bids, asks = run.view.depth(instrument, 0)
    return {
        "bids": {f"{price // 100}.{price % 100:02d}": tonnes for price, tonnes, _ in bids},
        "asks": {f"{price // 100}.{price % 100:02d}": tonnes for price, tonnes, _ in asks},
    }


@pytest.mark.parametrize("seed", range(25))
def test_depth_equals_the_engines_after_every_command(seed: int) -> None:
    feed, random = PublicFeed(FeedSettings()), Random(seed)
    run = Run(feed)
    run.open_day()
    client = Client(feed)
    for turn in range(300):
        if turn == 100:
            run.act(Halt(1))
        elif turn == 120:
            run.act(Resume(1))
        run.tell(*random_commands(run, random, 1), passed_ns=7_000_000)
        client.flush(run.at_ns)
        assert client.book["book.CQEA-25"] == shown(run, 1)
        assert client.book["book.CQEA-24"] == shown(run, 2)


@pytest.mark.parametrize("seed", range(25))
def test_a_client_that_hears_only_some_flushes_ends_with_the_same_depth(seed: int) -> None:
    feed, random = PublicFeed(FeedSettings()), Random(1000 + seed)
    run = Run(feed)
    run.open_day(phase=phases.OPENING_CALL)
    early = Client(feed)
    for turn in range(60):
        if turn == 20:
            run.act(ChangePhase(phases.CONTINUOUS))
        if turn == 45:
            run.act(ChangePhase(phases.CLOSING_CALL))
        if turn == 55:
            run.close_day()
        run.tell(*random_commands(run, random, random.randint(1, 20)), passed_ns=300_000_000)
        if random.random() < 0.5:
            early.flush(run.at_ns)
        if turn in (5, 30, 50):
            Client(feed)  # its snapshot must not disturb anybody
    early.flush(run.at_ns)
    late = Client(feed)
    for channel in ("book.CQEA-25", "book.CQEA-24"):
        assert early.book[channel] == late.book[channel] == {"bids": {}, "asks": {}}
    assert early.seqs == late.seqs


@pytest.mark.parametrize("seed", range(10))
def test_what_is_shown_in_the_continuous_phase_is_never_crossed(seed: int) -> None:
    feed, random = PublicFeed(FeedSettings(book5_interval_ms=0)), Random(seed)
    run = Run(feed)
    run.open_day()
    client = Client(feed)
    for _ in range(100):
        run.tell(*random_commands(run, random, 5), passed_ns=50_000_000)
        client.flush(run.at_ns)
        book = client.book["book.CQEA-25"]
        bids, asks = [Decimal(price) for price in book["bids"]], [Decimal(price) for price in book["asks"]]
        assert not bids or not asks or max(bids) < min(asks)


@pytest.mark.parametrize("seed", range(20))
def test_levels_are_withheld_in_a_call_and_the_indication_is_where_it_ends(seed: int) -> None:
    feed, random = PublicFeed(FeedSettings()), Random(seed)
    run = Run(feed)
    run.open_day(phase=phases.OPENING_CALL)
    client = Client(feed)
    for _ in range(30):
        run.tell(*random_commands(run, random, 4), passed_ns=600_000_000)
        client.flush(run.at_ns)
    assert client.book["book.CQEA-25"] == {"bids": {}, "asks": {}}
    told = client.heard["book5.CQEA-25"][-1]["data"]
    assert (told["bids"], told["asks"]) == ([], [])
    events = run.act(ChangePhase(phases.CONTINUOUS))
    (end,) = (event for event in events if type(event).__name__ == "CallUncrossed" and event.instrument == 1)
    price = f"{end.price_ticks // 100}.{end.price_ticks % 100:02d}" if end.price_ticks else None
    auction = told["auction"]
    assert (auction["price"], auction["quantity"], auction["imbalance"]) == (price, end.tonnes, abs(end.imbalance))
    client.flush(run.at_ns)
    kinds = [event["kind"] for event in client.heard["book.CQEA-25"][-2:]]
    assert kinds == ["reset", "snapshot"]
    assert client.book["book.CQEA-25"] == shown(run, 1)


def test_restart_from_a_snapshot_shows_the_same_depth_and_day() -> None:
    before = PublicFeed(FeedSettings())
    run = Run(before)
    run.open_day()
    random = Random(7)
    for _ in range(50):
        run.tell(*random_commands(run, random, 10), passed_ns=5_000_000_000)
    before.flush(run.at_ns)
    after = PublicFeed(FeedSettings())
    after.on_start(run.view)
    for code in after.instrument_codes():
        assert after.book_now(code, 0) == before.book_now(code, 0)
        assert after.ticker_now(code) == before.ticker_now(code)
    assert after.phase_now() == before.phase_now()


def test_a_level_that_would_hold_less_than_nothing_stops_the_process() -> None:
    depth = Depth()
    depth.add(units.BUY, 4000, 10)
    with pytest.raises(DepthBroken, match="10 tonnes there, 11 to take off"):
        depth.add(units.BUY, 4000, -11)


def test_of_equal_auction_prices_the_nearest_to_the_reference_wins() -> None:
    bids, asks = [(105, 10)], [(95, 10)]
    assert indicate(bids, asks, 104, False) == Indication(105, 10, 0)
    assert indicate(bids, asks, 96, False) == Indication(95, 10, 0)
    assert indicate(bids, asks, 100, False) == Indication(95, 10, 0), "the lower of two that are equally near"


def test_by_pressure_the_surplus_side_names_the_price() -> None:
    bids, asks = [(105, 30), (100, 1)], [(95, 10), (105, 2)]
    assert indicate([(105, 30)], [(95, 10)], 95, True) == Indication(105, 10, 20)
    assert indicate([(105, 10)], [(95, 30)], 105, True) == Indication(95, 10, -20)
    assert indicate(bids, asks, 95, True).price_ticks == 105


def test_nothing_crosses_when_one_side_is_missing() -> None:
    assert indicate([], [(95, 10)], 100, False) == Indication(0, 0, 0)
    assert indicate([(94, 10)], [(95, 10)], 100, False) == Indication(0, 0, 0)
