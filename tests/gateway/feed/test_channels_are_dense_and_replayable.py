"""Channels count by one, can be replayed as far as the ring reaches, and never lose a trade."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from engine.core import phases, units
from engine.core.commands import AnnounceClosure, ChangePhase, Halt, ListInstrument, Resume
from engine.core.events import Traded
from gateway.feed import FeedSettings, PublicFeed
from gateway.feed.channel import Channel
from gateway.feed.depth import checksum
from gateway.feed.messages import ResetData
from tests.gateway.feed.client import Client
from tests.gateway.feed.flow import MEMBERS, START_NS, Run, random_commands, void_of

SECOND_NS = 1_000_000_000
DOCS = Path(__file__).parents[3] / "docs" / "feed.md"


def traded(run: Run) -> list[str]:
    return [
        f"T-{event.trade}"
        for batch in run.batches
        for happened in batch.events
        for event in happened
        if type(event).__name__ == "Traded"
    ]


def busy(feed: PublicFeed, seed: int = 1) -> tuple[Run, Client]:
    run, random = Run(feed), Random(seed)
    run.open_day()
    client = Client(feed)
    for _ in range(60):
        run.tell(*random_commands(run, random, 15), passed_ns=4 * SECOND_NS)
        client.flush(run.at_ns)
    return run, client


def test_every_trade_is_told_once_and_in_order() -> None:
    run, client = busy(PublicFeed(FeedSettings(trades_message_max=3)))
    told = [
        trade["trade_id"]
        for channel in ("trades.CQEA-25", "trades.CQEA-24")
        for event in client.heard[channel]
        if event["kind"] == "update"
        for trade in event["data"]["trades"]
    ]
    assert len(told) == len(set(told)) > 50
    assert sorted(told) == sorted(traded(run))


def test_nobody_s_name_account_or_order_is_told() -> None:
    feed = PublicFeed(FeedSettings())
    _, client = busy(feed)
    said = b"".join(message for channel in feed.channels() for message in feed.replay(channel, 1) or [])
    said += b"".join(feed.snapshot(channel) for channel in feed.channels())
    assert client.heard
    for secret in (*MEMBERS, "M001", '"c-', "O-", "buyer", "seller", "account", "client_order_id"):
        assert secret.encode() not in said


def test_replay_gives_exactly_what_was_said() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day()
    feed.flush(run.at_ns)
    said: dict[str, list[bytes]] = {}
    random = Random(3)
    start = {channel: feed.last_seq(channel) for channel in feed.channels()}
    for _ in range(30):
        run.tell(*random_commands(run, random, 5), passed_ns=SECOND_NS)
        for channel, message in feed.flush(run.at_ns):
            said.setdefault(channel, []).append(message)
    for channel, messages in said.items():
        assert feed.replay(channel, start[channel] + 1) == messages
        assert feed.replay(channel, feed.last_seq(channel)) == messages[-1:]
        assert feed.replay(channel, feed.last_seq(channel) + 1) == []


@pytest.mark.parametrize("kept", [10_000, 3_000])
def test_trades_that_nobody_heard_are_replayed_and_shown_as_if_somebody_had(kept: int) -> None:
    """Two feeds of one market, through voided trades and the next day; one is followed, of the other's trades some are."""
    settings = FeedSettings(trades_message_max=3, ring_bytes_max=kept)
    followed, alone = PublicFeed(settings), PublicFeed(settings)
    run, random = Run(followed, alone), Random(4)
    run.open_day()
    trades = ("trades.CQEA-25", "trades.CQEA-24")
    said: dict[str, list[bytes]] = {channel: [] for channel in trades}
    for step in range(80):
        if step == 30:
            happened = [event for batch in run.batches for row in batch.events for event in row]
            run.act(void_of([event for event in happened if type(event) is Traded][-1]))
        if step == 50:
            run.close_day()
            run.open_day(20261121)
        run.tell(*random_commands(run, random, 12), passed_ns=SECOND_NS)
        for channel, message in followed.flush(run.at_ns):
            if channel in said:
                said[channel].append(message)
        heard = trades[: step % 7 // 5]
        told = [channel for channel, _ in alone.flush(run.at_ns, heard) if channel in trades]
        assert not set(told) - set(heard) or step in (0, 50)  # reset and snapshot of a new day are said in any case
        if step % 20 == 19:
            for channel in trades:
                assert alone.last_seq(channel) == followed.last_seq(channel)
                assert alone.snapshot(channel) == followed.snapshot(channel)
                held = next(
                    seq for seq in range(1, alone.last_seq(channel) + 1) if alone.replay(channel, seq) is not None
                )
                again = alone.replay(channel, held) or []
                assert again == said[channel][held - 1 :]
                assert 0 < sum(map(len, again)) <= kept
                assert alone.replay(channel, held) == again
    assert sum(message.count(b'"cancel"') for messages in said.values() for message in messages)


def test_an_event_that_nobody_heard_counts_in_the_ring_as_its_text_would() -> None:
    channel = Channel("phase", ring_messages_max=1000, ring_bytes_max=300, read=lambda facts: ResetData(facts.decode()))
    for _ in range(50):
        channel.hold("", b"new_day", 100)
    assert channel.replay(47) is None
    kept = channel.replay(48) or []
    assert [msgspec.json.decode(message)["data"]["reason"] for message in kept] == ["new_day"] * 3


def test_replay_says_so_when_the_seq_is_too_old_or_not_given_yet() -> None:
    channel = Channel("phase", ring_messages_max=3, ring_bytes_max=1_000_000)
    for _ in range(5):
        channel.say("reset", "", ResetData("new_day"))
    assert channel.replay(2) is None
    assert [msgspec.json.decode(message)["seq"] for message in channel.replay(3) or []] == [3, 4, 5]
    assert channel.replay(6) == []
    assert channel.replay(7) is None
    assert channel.replay(0) is None


def test_the_ring_is_bounded_in_bytes_too() -> None:
    channel = Channel("phase", ring_messages_max=1000, ring_bytes_max=300)
    for _ in range(50):
        channel.say("reset", "", ResetData("new_day"))
    kept = channel.replay(51 - len(channel.replay(49) or []) - 1) or []
    assert 0 < sum(map(len, kept)) <= 300
    assert channel.replay(40) is None


def test_a_snapshot_is_what_the_events_so_far_add_up_to() -> None:
    feed = PublicFeed(FeedSettings())
    run, client = busy(feed)
    run.tell(*random_commands(run, Random(9), 20), passed_ns=SECOND_NS)  # folded, and not yet said
    for code in ("CQEA-25", "CQEA-24"):
        fresh = Client(feed)
        assert fresh.seqs == client.seqs
        assert fresh.book[f"book.{code}"] == client.book[f"book.{code}"]
        last = client.heard[f"ticker.{code}"][-1]["data"]
        shown = fresh.heard[f"ticker.{code}"][0]["data"]
        assert {key: value for key, value in shown.items() if key != "epoch"} == last
        bars: dict[str, object] = {}
        for event in client.heard[f"kline.{code}.1m"]:
            bars.update({bar["start"]: bar for bar in event["data"].get("bars", [])})
        assert fresh.heard[f"kline.{code}.1m"][0]["data"]["bars"] == list(bars.values())


def test_snapshots_name_the_epoch_and_updates_do_not() -> None:
    feed = PublicFeed(FeedSettings())
    run, client = busy(feed)
    heard = [event for events in client.heard.values() for event in events]
    epochs = {event["data"]["epoch"] for event in heard if event["kind"] == "snapshot"}
    assert len(epochs) == 1
    assert 0 < epochs.pop() < run.market.seq
    assert not any("epoch" in event["data"] for event in heard if event["kind"] != "snapshot")


def test_a_new_day_resets_trades_and_bars_and_loses_none_of_the_old() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day(20261120)
    feed.flush(run.at_ns)
    client = Client(feed)
    run.place(1, units.SELL, 4000, 10)
    run.place(2, units.BUY, 4000, 10)
    run.close_day()
    run.at_ns += 86_400 * SECOND_NS
    run.open_day(20261121)
    run.place(1, units.SELL, 4010, 5)
    run.place(2, units.BUY, 4010, 5)
    client.flush(run.at_ns)
    heard = client.heard["trades.CQEA-25"][1:]
    assert [event["kind"] for event in heard] == ["update", "reset", "snapshot", "update"]
    assert [event["data"].get("trading_day") for event in heard] == ["2026-11-20", None, "2026-11-21", "2026-11-21"]
    bars = client.heard["kline.CQEA-25.1m"][1:]
    assert [event["kind"] for event in bars] == ["update", "reset", "snapshot", "update"]
    assert [bar["final"] for event in bars for bar in event["data"].get("bars", [])] == [True, False]
    ticker = client.heard["ticker.CQEA-25"][-1]["data"]
    assert (ticker["open"], ticker["prev_close"], ticker["volume"], ticker["change"]) == ("40.10", "40.00", 5, "0.10")


def test_a_bar_is_final_once_its_minute_and_the_grace_are_over() -> None:
    feed = PublicFeed(FeedSettings(bar_grace_ms=1000))
    run = Run(feed)
    run.open_day()
    client = Client(feed)
    run.place(1, units.SELL, 4000, 10)
    run.place(2, units.BUY, 4000, 4)
    client.flush(START_NS)
    client.flush(START_NS + 60 * SECOND_NS)
    assert client.heard["kline.CQEA-25.1m"][-1]["data"]["bars"][0]["final"] is False
    client.flush(START_NS + 61 * SECOND_NS)
    (bar,) = client.heard["kline.CQEA-25.1m"][-1]["data"]["bars"]
    assert bar == {
        "start": "2026-11-20T01:30:00Z",
        "open": "40.00",
        "high": "40.00",
        "low": "40.00",
        "close": "40.00",
        "volume": 4,
        "turnover": "160.00",
        "trades": 1,
        "final": True,
    }
    run.place(3, units.BUY, 4000, 1)  # stamped in that minute, durable only now
    client.flush(START_NS + 61 * SECOND_NS)
    (late,) = client.heard["kline.CQEA-25.1m"][-1]["data"]["bars"]
    assert (late["volume"], late["final"]) == (5, True)


def test_book5_speaks_at_most_every_500_ms() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day()
    client = Client(feed)
    for step in range(20):
        run.place(1, units.SELL, 4100 - step, 1)
        client.flush(START_NS + step * 100_000_000)
    assert len(client.heard["book5.CQEA-25"]) == 1 + 4
    client.flush(START_NS + 10 * SECOND_NS)
    assert len(client.heard["book5.CQEA-25"][-1]["data"]["asks"]) == 5


def test_depth_that_returns_to_what_it_was_is_no_news() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day()
    feed.flush(run.at_ns)
    client = Client(feed)
    run.place(1, units.SELL, 4000, 1, tif=units.IOC)
    assert client.flush(run.at_ns) == []


def test_phase_and_halts_are_urgent_and_name_the_next_phase() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day(phase=phases.OPENING_CALL)
    client = Client(feed)
    client.flush(run.at_ns)
    assert not feed.urgent
    run.act(ChangePhase(phases.CONTINUOUS))
    assert feed.urgent
    client.flush(run.at_ns)
    assert not feed.urgent
    told = client.heard["phase"][-1]["data"]
    assert (told["phase"], told["phase_zh"], told["trading_day"]) == ("continuous", "连续交易", "2026-11-20")
    assert told["next"] == {"phase": "break", "at": "2026-11-20T03:30:00Z"}
    run.act(Halt(1))
    run.act(Halt(0))
    client.flush(run.at_ns)
    told = client.heard["phase"][-1]["data"]
    assert (told["halted"], told["halted_instruments"]) == (True, ["CQEA-25"])
    assert client.heard["ticker.CQEA-24"][-1]["data"]["halted"] is True
    run.act(Resume(0))
    client.flush(run.at_ns)
    assert client.heard["ticker.CQEA-24"][-1]["data"]["halted"] is False
    assert client.heard["ticker.CQEA-25"][-1]["data"]["halted"] is True


def test_an_instrument_listed_in_the_middle_of_a_day_has_its_channels_and_band_at_once() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day()
    run.act(ListInstrument("CQEA-26", "CQEA", 2026, "重庆配额26", "CQEA 2026", 5000))
    client = Client(feed, ["ticker.CQEA-26", "book.CQEA-26"])
    ticker = client.heard["ticker.CQEA-26"][0]["data"]
    assert (ticker["prev_close"], ticker["limit_up"], ticker["limit_down"]) == ("50.00", "55.00", "45.00")


def test_unknown_channels_are_a_key_error() -> None:
    feed = PublicFeed(FeedSettings())
    with pytest.raises(KeyError):
        feed.snapshot("book.NONE")
    with pytest.raises(KeyError):
        feed.last_seq("exec.M001")


def test_every_tenth_update_carries_the_checksum_of_the_book_it_makes() -> None:
    feed = PublicFeed(FeedSettings(checksum_every=10))
    run = Run(feed)
    run.open_day()
    client = Client(feed, ["book.CQEA-25"])
    checked = 0
    random = Random(4)
    for _ in range(60):
        run.tell(*random_commands(run, random, 4), passed_ns=SECOND_NS)
        for event in client.flush(run.at_ns):
            if "crc32" in event["data"]:
                assert event["seq"] % 10 == 0
                assert event["data"]["crc32"] == client_checksum(client)
                checked += 1
    assert checked >= 4


def client_checksum(client: Client) -> int:
    def ticks(price: str) -> int:
        return int(price.replace(".", ""))

    book = client.book["book.CQEA-25"]
    bids = sorted(((ticks(price), tonnes) for price, tonnes in book["bids"].items()), reverse=True)
    asks = sorted((ticks(price), tonnes) for price, tonnes in book["asks"].items())
    return checksum(bids, asks, 1)


def test_the_documents_golden_vectors_hold() -> None:
    text = DOCS.read_text(encoding="utf-8")
    block = text.split("```json golden", 1)[1].split("```", 1)[0]
    vectors = msgspec.json.decode(block)
    assert len(vectors) >= 4
    for vector in vectors:
        bids, asks = ([(int(p.replace(".", "")), q) for p, q in vector[side]] for side in ("bids", "asks"))
        assert checksum(bids, asks, 1) == vector["crc32"], vector


def test_every_channel_field_is_in_the_documents() -> None:
    import gateway.feed.messages as messages

    text = DOCS.read_text(encoding="utf-8")
    for name, struct in vars(messages).items():
        if name.endswith(("Data", "Envelope")) and isinstance(struct, type):
            for field in struct.__struct_fields__:
                assert f"`{field}`" in text, f"{name}.{field}"


def test_who_drives_the_day_can_announce_the_next_phase() -> None:
    feed = PublicFeed(FeedSettings(timetable_followed=False))
    run = Run(feed)
    run.open_day()
    assert feed.phase_now().next is None
    client = Client(feed, ["phase"])
    feed.expect_phase(phases.CLOSING_CALL, START_NS + 90 * SECOND_NS)
    client.flush(run.at_ns)
    told = client.heard["phase"][-1]["data"]["next"]
    assert told == {"phase": "closing_call", "at": "2026-11-20T01:31:30Z"}
    feed.expect_phase(phases.CLOSED, 0)
    assert feed.phase_now().next is None


def test_a_closed_day_names_the_opening_of_the_next_trading_day() -> None:
    feed = PublicFeed(FeedSettings())
    run = Run(feed)
    run.open_day(20261120)
    run.close_day()
    following = feed.phase_now().next
    assert following is not None
    assert (following.phase, following.at) == ("pre_open", "2026-11-21T01:00:00Z")
    run.act(AnnounceClosure(20261121, 20261122, "渝交所〔2026〕9号"))
    following = feed.phase_now().next
    assert following is not None
    assert following.at == "2026-11-23T01:00:00Z"
