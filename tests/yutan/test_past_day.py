"""A past day shown again from the journal: what its followers hear is what was heard then, and nobody can act in it."""

import asyncio
import json
import signal
import ssl
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import typer

from engine.core import commands, phases, reasons
from engine.journal import segments
from engine.recovery import JOURNAL_FOLDER
from tests.gateway.feed.client import Client as BookClient
from tests.gateway.kit import DAY, DEADLINE_S, SPOT, House, RawPeer, order, until
from tests.yutan.kit import answer, start, wait_for
from yutan.cli import hosting
from yutan.client import Client
from yutan.conform import certificates
from yutan.past_day import COMING, LOOKING, NoSuchDay, PastDay
from yutan.settings import Settings

SETTINGS = Settings(ws_port=0, http_port=0)
CHANNELS = ["phase", f"book.{SPOT}", f"trades.{SPOT}"]


async def morning(house: House) -> None:
    """Orders that rest, trade and are canceled."""
    async with house.member("a001") as a, house.member("b001") as b:
        for place in range(5):
            await a.place(SPOT, "sell", 40, f"40.{place:02}")
        await b.place(SPOT, "buy", 30, "39.90", client_order_id="gone")
        await b.place(SPOT, "buy", 20, "39.80")
        await b.place(SPOT, "buy", 70, "40.01")
        await b.cancel(client_order_id="gone")


async def two_days(folder: Path) -> list[dict[str, Any]]:
    """Live a day and the morning of the next; the trades of the first as its followers heard them."""
    house = await House.start(folder)
    await morning(house)
    await house.act(commands.CloseDay())
    trades = json.loads(house.gateway.feed.snapshot(f"trades.{SPOT}"))["data"]["trades"]
    await house.act(commands.OpenDay(DAY + 1), commands.ChangePhase(phases.CONTINUOUS))
    async with house.member("b001") as b:
        await b.place(SPOT, "buy", 10, "39.70")
    await house.stop()
    return list(trades)


async def book_at_rest(peer: RawPeer) -> dict[str, Any]:
    """The book as its channel's snapshot has it."""
    peer.send({"id": "book", "method": "channel.snapshot", "params": {"channel": f"book.{SPOT}"}})
    while (said := await peer.message()).get("ch") != f"book.{SPOT}" or said["kind"] != "snapshot":
        pass
    return {name: said["data"][name] for name in ("bids", "asks", "crc32")}


async def test_a_follower_ends_with_the_book_that_the_living_day_has(tmp_path: Path) -> None:
    """Beside the exchange that lives it: the journal is only read."""
    house = await House.start(tmp_path)
    await morning(house)
    live = await house.raw("market")
    await live.ask("subscribe", {"channels": CHANNELS})
    lived = await book_at_rest(live)
    while (len(lived["asks"]), len(lived["bids"])) != (4, 1):  # until the feed has said the last of it
        lived = await book_at_rest(live)
    past = await PastDay.open(house.folder, DAY, SETTINGS)
    peer = await RawPeer.connect(past.running.ws_port, "market", {})
    assert (await peer.message())["data"]["env"] == "replay"
    await peer.ask("subscribe", {"channels": CHANNELS})
    await past.play(0)
    follower = BookClient(past.feed, [])
    wanted = {side: {price: tonnes for price, tonnes in lived[side]} for side in ("bids", "asks")}
    channel = f"book.{SPOT}"
    while follower.book.get(channel) != wanted:
        said = await peer.message()
        if said.get("ch") == channel:
            follower.hear(json.dumps(said).encode())
    assert await book_at_rest(peer) == lived
    await peer.end()
    await past.close()
    await house.stop()


async def test_what_was_told_that_day_is_told_again_and_nothing_of_the_next(tmp_path: Path) -> None:
    trades = await two_days(tmp_path)
    assert len(trades) == 2
    past = await PastDay.open(tmp_path, DAY, SETTINGS)
    peer = await RawPeer.connect(past.running.ws_port, "market", {})
    await peer.ask("subscribe", {"channels": CHANNELS})
    await past.play(0)
    told: list[dict[str, Any]] = []
    phase = ""
    while len(told) < len(trades) or phase != "closed":
        said = await peer.message()
        if said.get("ch") == f"trades.{SPOT}":
            told += said["data"]["trades"]
        elif said.get("ch") == "phase":
            phase = said["data"]["phase"]
    assert told == trades
    async with httpx.AsyncClient(base_url=past.running.http_url, timeout=DEADLINE_S) as web:
        rows = (await web.get("/api/v1/trades", params={"instrument": SPOT})).json()
        assert [row["trade_id"] for row in rows["trades"]] == [trade["trade_id"] for trade in trades]
        assert (await web.get("/")).status_code == 200
    await peer.end()
    await past.close()


async def test_the_past_speaks_tls_as_the_exchange_of_the_folder_does(tmp_path: Path) -> None:
    await two_days(tmp_path)
    certificate, key = certificates.for_door(tmp_path)
    settings = msgspec.structs.replace(SETTINGS, tls_certificate=certificate, tls_key=key, client_certificates="ask")
    past = await PastDay.open(tmp_path, DAY, settings)
    tls = ssl.create_default_context(cafile=past.running.certificate)
    assert past.running.ws_url.startswith("wss:")
    async with Client.connect(past.running.ws_url, tls=tls, timeout_s=DEADLINE_S) as visitor:
        assert (await visitor.phase()).trading_day == "2026-11-20"
    async with httpx.AsyncClient(base_url=past.running.http_url, verify=tls, timeout=DEADLINE_S) as web:
        assert (await web.get("/")).status_code == 200
    await past.close()


async def test_nobody_logs_in_or_trades_in_the_past(tmp_path: Path) -> None:
    await two_days(tmp_path)
    past = await PastDay.open(tmp_path, DAY, SETTINGS)
    for door, key in (("trade", "a001"), ("ops", "chen")):
        peer = await RawPeer.connect(past.running.ws_port, door, {})
        said = await peer.log_in(key, "replay")
        assert (said["error"]["code"], said["error"]["name"]) == (reasons.PAST_DAY, "PAST_DAY")
        if door == "trade":
            assert (await peer.ask("order.place", order()))["error"]["code"] == reasons.PAST_DAY
        await peer.end()
    async with httpx.AsyncClient(base_url=past.running.http_url, timeout=DEADLINE_S) as web:
        said = await web.post("/api/v1/trade/order.place", json=order())
        assert said.json()["error"]["code"] == reasons.PAST_DAY
    await past.close()


async def test_records_come_when_they_are_due_and_not_before(tmp_path: Path) -> None:
    await two_days(tmp_path)
    past = await PastDay.open(tmp_path, DAY, SETTINGS)
    playing = asyncio.ensure_future(past.play(1e-9))  # a millisecond of the day takes days
    async with httpx.AsyncClient(base_url=past.running.http_url, timeout=DEADLINE_S) as web:
        for _ in range(3):
            assert (await web.get("/api/v1/phase")).json()["phase"] == "pre_open"
    assert not playing.done()
    playing.cancel()
    await asyncio.wait((playing,))
    await past.close()


async def shown(folder: Path) -> dict[str, Any]:
    """Show the first day to its end; what every channel and HTTP's trades say then, once the feed has caught up."""
    past = await PastDay.open(folder, DAY, SETTINGS)
    await past.play(0)
    feed = past.feed
    await until(lambda: not feed.flush(2**62), "the feed has said everything")
    said = {channel: json.loads(feed.snapshot(channel))["data"] for channel in feed.channels()}
    async with httpx.AsyncClient(base_url=past.running.http_url, timeout=DEADLINE_S) as web:
        trades = (await web.get("/api/v1/trades", params={"instrument": SPOT})).json()
    await past.close()
    return {**said, "http trades": trades}


async def test_a_day_that_is_shown_twice_says_the_same(tmp_path: Path) -> None:
    await two_days(tmp_path)
    once = await shown(tmp_path)
    assert once["http trades"]["trades"]
    assert await shown(tmp_path) == once


async def test_a_day_that_is_still_open_ends_where_its_journal_ends(tmp_path: Path) -> None:
    await two_days(tmp_path)
    past = await PastDay.open(tmp_path, DAY + 1, SETTINGS)
    await past.play(0)
    feed = past.feed
    await until(lambda: not feed.flush(2**62), "the feed has said everything")
    book = json.loads(feed.snapshot(f"book.{SPOT}"))["data"]
    assert (book["bids"], book["asks"]) == ([["39.70", 10]], [])
    assert past.view.day().seq == past.stretch.last_seq
    await past.close()
    with pytest.raises(NoSuchDay, match=f"from {DAY} to {DAY + 1}"):
        await PastDay.open(tmp_path, DAY + 2, SETTINGS)


async def test_the_way_to_the_day_tells_how_far_it_is(tmp_path: Path) -> None:
    """Out of all that the journal holds: to the opening, then to the day's last entry; nothing of it comes twice or too far."""
    await two_days(tmp_path)
    for day in (DAY, DAY + 1):
        heard: list[tuple[str, int, int]] = []
        past = await PastDay.open(tmp_path, day, SETTINGS, lambda *said, heard=heard: heard.append(said))
        total = segments.last_seq(tmp_path / JOURNAL_FOLDER)
        assert total == list(segments.read_entries(tmp_path / JOURNAL_FOLDER, 1))[-1][-1].seq
        assert heard == [
            (COMING, 0, total),
            (COMING, past.stretch.first_seq, total),
            (LOOKING, past.stretch.last_seq, total),
        ]
        assert (past.stretch.last_seq == total) == (day == DAY + 1)
        await past.close()


async def test_a_past_day_is_shown_by_one_command(tmp_path: Path) -> None:
    await two_days(tmp_path)
    where = ("replay", str(tmp_path), "--serve", "--ws-port", "0", "--http-port", "0")
    absent = await asyncio.to_thread(answer, *where, "--day", "2026-11-30", code=66)
    assert f"from {DAY} to {DAY + 1}" in absent["error"]["message"]
    shown = start(*where, "--day", "2026-11-20", "--speed", "max", "--json")
    try:
        assert shown.stdout is not None
        text = ""
        while not text.endswith("}\n"):
            line = await asyncio.to_thread(shown.stdout.readline)
            assert line, text
            text += line
        opened = json.loads(text)
        assert (opened["env"], opened["trading_day"]) == ("replay", DAY)
        with httpx.Client(base_url=opened["page"], timeout=DEADLINE_S) as web:
            await asyncio.to_thread(wait_for, "the close", lambda: web.get("/api/v1/phase").json()["phase"] == "closed")
        shown.send_signal(signal.SIGTERM)
        await asyncio.to_thread(shown.communicate)
        assert shown.returncode == 0
    finally:
        if shown.poll() is None:
            shown.kill()
            shown.communicate()


@pytest.mark.parametrize(("day", "speed"), [("20-11", "1"), ("2026-11-20", "fast"), ("2026-11-20", "0"), ("", "max")])
def test_a_wrong_day_or_speed_is_said_before_anything_is_read(day: str, speed: str, tmp_path: Path) -> None:
    with pytest.raises(typer.Exit) as left:
        hosting.show_past_day(tmp_path / "absent", day, speed, {}, as_json=True)
    assert left.value.exit_code == 2
