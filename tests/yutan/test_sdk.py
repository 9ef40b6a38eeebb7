"""The library as docs/sdk.md describes it: its examples, the local book, rates, heartbeats, and the client without `await`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Raw

from tests.gateway.kit import DEADLINE_S, SPOT, House, key_of, until
from tests.yutan.kit import ROOT
from yutan.answers import Cash
from yutan.blocking import BlockingClient
from yutan.book import Book, Level
from yutan.client import Client, ConnectionLost, LinkEvent, Rate, Refused
from yutan.notebook import ROWS_MAX, Table

PAGE = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    running = await House.start(tmp_path, key_orders_per_second_max=1_000)
    yield running
    await running.stop()


async def changed(book: Book, at_least: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while book.seq < at_least or not book.is_current:
            await book.wait_change()


async def test_each_example_of_the_page_runs(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == 4
    file = tmp_path / "a001.pem"
    key = key_of("a001").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.touch(mode=0o600)
    file.write_bytes(key)
    async with house.member("b001") as other, house.visitor() as visitor:
        await other.place(SPOT, "sell", 7, "40.00")
        await changed(await visitor.book(SPOT), 1)  # the public has it now
    for example in EXAMPLES:
        names: dict[str, Any] = {"URL": house.url, "KEY": str(file)}
        await asyncio.to_thread(exec, compile(example, "docs/sdk.md", "exec"), names)
    said = capsys.readouterr().out
    assert "new 100 Rate(left=" in said
    assert "Level(price=Decimal('40.00'), quantity=7)" in said
    assert "39.40</td>" in said


async def test_a_reply_says_what_is_left_of_the_rates(house: House) -> None:
    async with house.member("a001") as client:
        assert client.limits.key_orders == Rate(1_000, 1_000)
        assert client.limits.key_cancels is None
        for number in range(20):
            client.place_nowait(SPOT, "buy", 1, "39.00", f"n-{number}", lambda _said: None)
        await client.wait_room(1)
        assert client.limits.key_orders is not None
        assert 0 <= client.limits.key_orders.left <= 1_000
        with pytest.raises(Refused):
            await client.place("NONE", "buy", 1, "39.00")
        assert client.limits.key_orders.per_second == 1_000


async def test_refusals_are_in_ones_language_also_for_visitors(house: House) -> None:
    for language, words in (("en", "There is no such channel"), ("zh", "没有该频道")):
        async with house.visitor(language=language) as visitor:
            with pytest.raises(Refused) as made_here:
                await visitor.subscribe("trades.NONE")
            with pytest.raises(Refused) as told:
                await visitor.replay("trades.NONE", 1)
        assert words in made_here.value.message
        assert made_here.value.message == told.value.message


def test_what_is_no_websocket_address_is_refused_at_once() -> None:
    for address in ("http://127.0.0.1:9101", "127.0.0.1:9101", "ws://", ""):
        with pytest.raises(ValueError, match="no websocket address"):
            Client.connect(address, reconnect=True)


async def test_the_local_book_is_that_of_the_exchange_at_each_checksum(house: House) -> None:
    async with house.member("a001") as member, house.visitor() as visitor:
        book = await visitor.book(SPOT)
        assert (book.best_bid, book.best_ask, book.is_current) == (None, None, True)
        for number in range(40):
            seq = book.seq
            await member.place(SPOT, "buy", 1 + number, f"39.{number % 12:02}")
            await changed(book, seq + 1)
        assert book.proven >= 4
        assert book.best_bid == Level(Decimal("39.11"), 12 + 24 + 36)
        assert len(book.bids()) == 12
        assert [level.price for level in book.bids(3)] == [Decimal("39.11"), Decimal("39.10"), Decimal("39.09")]
        assert await visitor.book(SPOT) is book
        with pytest.raises(Refused, match="UNKNOWN_CHANNEL"):
            await visitor.book("NONE")
        await member.cancel_all()
        async with asyncio.timeout(DEADLINE_S):
            while book.bids():
                await book.wait_change()


async def test_a_book_that_differs_is_begun_anew(house: House) -> None:
    async with house.member("a001") as member, house.visitor() as visitor:
        book = await visitor.book(SPOT)
        await member.place(SPOT, "buy", 5, "39.00")
        await changed(book, 1)
        wrong = {"bids": [["1.00", 7]], "asks": [], "crc32": 1}
        lie = {"ch": f"book.{SPOT}", "kind": "update", "seq": book.seq + 1, "prev": book.seq, "ts": "", "data": wrong}
        visitor._on_message(json.dumps(lie).encode())  # as if a bit of it had turned on the way
        assert not book.is_current
        await changed(book, 1)
        assert book.bids() == [Level(Decimal("39.00"), 5)]


async def test_a_book_is_not_current_while_the_connection_is_lost(house: House) -> None:
    async with house.member("a001", reconnect=True) as client:
        book = await client.book(SPOT)
        await client.subscribe("exec.A001")
        assert client._link is not None
        client._link.drop()
        await client.wait_closed()
        assert not book.is_current
        await client.wait_connected()
        await client.place(SPOT, "buy", 5, "39.00")
        await changed(book, 1)
        assert book.best_bid == Level(Decimal("39.00"), 5)
        states = [event.state async for event in until_back(client)]
        assert states == ["lost", "back"]


class Relay:
    """Carries bytes between a client and a door; silent, it carries nothing and closes nothing."""

    def __init__(self, port: int) -> None:
        self.is_silent = False
        self._port = port
        self._ends: list[asyncio.StreamWriter] = []

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, door = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends += [writer, door]
        await asyncio.gather(self._carry(reader, door), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(65_536):
            if not self.is_silent:
                writer.write(said)
        if not self.is_silent:
            writer.close()

    async def end(self) -> None:
        for writer in self._ends:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._ends), return_exceptions=True)


async def until_back(client: Client) -> AsyncIterator[LinkEvent]:
    async for event in client.events():
        if isinstance(event, LinkEvent):
            yield event
            if event.state == "back":
                return


def test_a_checksum_that_is_not_the_books_is_seen() -> None:
    golden = (ROOT / "docs" / "feed.md").read_text(encoding="utf-8")
    found = re.search(r"```json golden\n(.*?)```", golden, re.DOTALL)
    assert found is not None
    for vector in json.loads(found[1]):
        book = Book("X")
        assert book.take("snapshot", 1, Raw(json.dumps(vector).encode()))
        assert (book.is_current, book.proven, book.checksum()) == (True, 1, vector["crc32"])
        assert not book.take("update", 2, Raw(json.dumps(vector | {"crc32": vector["crc32"] ^ 1}).encode()))
        assert not book.is_current
    assert "卖</td><td>40.05" in book._repr_html_()


async def test_the_exchange_beats_as_often_as_asked_and_hears_something_in_each(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=3_600_000, silent_heartbeats_max=1)
    async with house.member("a001", heartbeat_ms=1_000) as client:
        assert client.welcome is not None
        assert client.welcome.heartbeat_ms == 1_000
        beats: list[dict[str, int]] = []
        client._following.on_heartbeat = beats.append  # type: ignore[method-assign]
        await until(lambda: len(beats) > 2 or not client.is_connected)
        assert client.is_connected
    await house.stop()


async def test_a_connection_on_which_nothing_is_heard_is_ended_as_lost(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    relay = Relay(house.gateway.port)
    server = await asyncio.start_server(relay.join, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    options: dict[str, Any] = {"key_id": "a001", "private_key": key_of("a001"), "timeout_s": DEADLINE_S}
    async with Client.connect(url, heartbeat_ms=1_000, **options) as client:
        relay.is_silent = True
        async with asyncio.timeout(DEADLINE_S):
            await client.wait_closed()
        with pytest.raises(ConnectionLost, match="nothing was heard"):
            await client.time()
    server.close()
    await relay.end()
    await house.stop()


async def test_the_client_without_await_does_the_same(house: House) -> None:
    def trade() -> tuple[Any, ...]:
        with BlockingClient.connect(house.url, key_id="a001", private_key=key_of("a001"), language="en") as client:
            placed = client.place(SPOT, "buy", 5, "39.00", client_order_id="o-1")
            again = client.place(SPOT, "buy", 5, "39.00", client_order_id="o-1")
            book = client.book(SPOT)
            client.subscribe("exec.A001", after={"exec.A001": 0})
            events = list(client.events(timeout_s=0.5))
            tested = client.inquiries.test(SPOT, "buy", 5, "39.00")
            with pytest.raises(Refused, match="UNKNOWN_ORDER"):
                client.cancel("O-999999")
            client.cancel_all()
            seen = book.changes
            while book.bids():
                assert client.wait_change(book, seen, DEADLINE_S)
                seen = book.changes
            html = Table(client.orders())._repr_html_()
            return placed, again, events, tested, html, client.welcome.accounts

    placed, again, events, tested, html, accounts = await asyncio.to_thread(trade)
    assert again.duplicate
    assert placed.order_id == again.order_id
    assert [event.data.order_id for event in events if event.kind == "update"] == [placed.order_id]
    assert (tested.accepted, accounts) == (True, ["A001"])
    assert html.count("<tr>") == 1
    with pytest.raises(OSError, match="9"):
        BlockingClient.connect("ws://127.0.0.1:9", key_id="a001", private_key=key_of("a001")).__enter__()


def test_a_notebook_shows_text_as_text_and_a_long_list_in_part() -> None:
    cash = Cash("<b>A</b>", Decimal("1.00"), Decimal(0), Decimal(1), 3, 4)
    assert "&lt;b&gt;A" in cash._repr_html_()
    many = Table([msgspec.structs.replace(cash, seq=number) for number in range(ROWS_MAX + 3)])
    assert "3 more" in many._repr_html_()
    assert len(many) == ROWS_MAX + 3
