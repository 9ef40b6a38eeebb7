"""A member's, an operator's or a follower's connection to the exchange, as an asynchronous library.

    async with Client.connect("ws://127.0.0.1:9101", key_id="m1", private_key=key) as client:
        placed = await client.place("CQEA-25", "buy", 100, "40.10")
        await client.subscribe("exec.A001")
        async for event in client.events(): ...

Prices and money are `Decimal`, quantities integer tonnes; a refusal is raised as `Refused`. Channels have no gaps: what is missing
is replayed, or a `GapEvent` and a snapshot say so. Send an order of unknown outcome again under the same client_order_id.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from decimal import Decimal
from typing import Any, Final, Self
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET
from picows import WSError

from engine.core import reasons
from gateway.protocol import session, session_wire, wire
from gateway.protocol.wire import OrderPlaced
from yutan.allocations import Allocations
from yutan.answers import (
    Cash,
    Changed,
    ConnectionLost,
    Event,
    ExecReport,
    GapEvent,
    Instrument,
    Limits,
    LinkEvent,
    Order,
    Rate,
    Refused,
    Trade,
)
from yutan.auctions import Auctions
from yutan.audit_trail import AuditTrail
from yutan.blocks import Blocks
from yutan.book import Book, Level
from yutan.console import Console
from yutan.controls import Controls
from yutan.filings import Filings
from yutan.following import Following, Incoming, decode_report, event_of
from yutan.inquiries import Inquiries, error_of, ignore, pages, resume_params
from yutan.intentions import Intentions
from yutan.keys import Key, given_key
from yutan.link import Link
from yutan.logins import OwnLogin
from yutan.member_calls import MemberCalls
from yutan.operator_calls import OperatorCalls
from yutan.participants import Participants
from yutan.reports import Reports
from yutan.serials import SerialNumbers
from yutan.statements import Statements
from yutan.supervision import Supervision

__all__ = [
    "Book",
    "Cash",
    "Changed",
    "Client",
    "ConnectionLost",
    "Event",
    "ExecReport",
    "GapEvent",
    "Instrument",
    "Level",
    "Limits",
    "LinkEvent",
    "Order",
    "OrderPlaced",
    "Rate",
    "Refused",
    "Trade",
]

DOOR_PATHS: Final = {"trade": "/ws/v1/trade", "ops": "/ws/v1/ops", "market": "/ws/v1/market"}
EVENTS_WAITING_MAX: Final = 100_000
SILENT_BEATS_MAX: Final = 3
_SILENT_MIN_S: Final = 3.0  # however short the beats are: a machine may stand still for a moment
_HEARTBEAT_MS: Final = 5_000  # where no welcome says it
_PING_PART: Final = 0.8  # of a heartbeat: the exchange wants to hear something in each
_PING_MAX_S: Final = 4.0
_RECONNECT_FIRST_S: Final = 0.05
_RECONNECT_MAX_S: Final = 5.0

_decode: Final = msgspec.json.Decoder(Incoming).decode


class Client(MemberCalls, OperatorCalls):
    """One login at one door. Made by `Client.connect`; an async context manager. All in one event loop.

    `on_report`, where set, is called at once with (channel, seq, report) instead of queueing the event: for bulk work.
    """

    def __init__(
        self,
        url: str,
        key_id: str,
        key: Ed25519PrivateKey | None,
        env: str,
        language: str,
        reconnect: bool,
        timeout_s: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__()
        self.url = url
        self.key_id = key_id
        self.welcome: session_wire.Welcome | None = None
        self.auctions = Auctions(self._ask, self.next_client_order_id)
        self.blocks = Blocks(self._ask, self.next_client_order_id)
        self.supervision = Supervision(self._ask)
        self.statements = Statements(self._ask)
        self.serials = SerialNumbers(self._ask)
        self.audit = AuditTrail(self._ask)
        self.console = Console(self._ask)
        self.participants = Participants(self._ask)
        self.allocations = Allocations(self._ask)
        self.controls = Controls(self._ask)
        self.logins = OwnLogin(self._ask)
        self.reports = Reports(self._ask)
        self.inquiries = Inquiries(self._ask, self.next_client_order_id)
        self.filings = Filings(self._ask)
        self.intentions = Intentions(self._ask)
        self.on_report: Callable[[str, int, ExecReport], None] | None = None
        self._key = key
        self._env = env
        self._language = language
        self._reconnect = reconnect
        self._timeout_s = timeout_s
        self._tls = tls
        self._hello: asyncio.Future[session_wire.Hello] | None = None
        self._following = Following(self._hand_on, self._ask_replay, self._on_lost, self._begin_anew)
        self._captures: dict[str, list[Event]] = {}
        self._events: deque[Event | GapEvent | LinkEvent] = deque()
        self._news = asyncio.Event()
        self._relink: asyncio.Task[None] | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._cancel_grace_ms = -1
        self._cancel_accounts: list[str] = []
        self._heartbeat_ms = 0
        self._answer_timeout_s: float | None = None
        self._silent_beats = 0
        self._books: dict[str, Book] = {}
        self._away_s = 0.0  # as the server asked before a planned restart
        self._resumed: set[str] | None = None  # channels that went on when this connection went on with the session

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        key_id: str = "",
        private_key: Key | None = None,
        door: str = "",
        env: str = "",
        language: str = "zh",
        reconnect: bool = False,
        timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
        cancel_grace_ms: int = -1,
        cancel_accounts: Sequence[str] = (),
        heartbeat_ms: int = 0,
        answer_timeout_s: float | None = None,
    ) -> Self:
        """A client for this address, to be entered with `async with`. Raises ValueError where it is no address.

        url: "ws://host:port" (the door is added) or a door's full address. door: trade | ops | market; without a key
        the market door. private_key: an Ed25519 key, its 32 bytes, or a PEM file. env: refuse any other environment.
        cancel_grace_ms: from 0 on, orders end once the connection is gone for longer; a reconnection in time goes on with it.
        cancel_accounts: those of these accounts only.
        heartbeat_ms: 1000 to 30000, how often the exchange says that it is there; 0: as it likes. A connection on which
        nothing was heard for three of them, and three seconds, is ended as lost.
        answer_timeout_s: a request without an answer for so long is refused here as OUTCOME_UNKNOWN; None: it is waited for.
        """
        key = given_key(private_key)
        address = urlsplit(url)
        if address.scheme not in ("ws", "wss") or not address.hostname:
            raise ValueError(f"{url}: no websocket address, which is ws://HOST:PORT or wss://HOST:PORT")
        door = door or ("market" if key is None else "trade")
        if not address.path.strip("/"):
            url = url.rstrip("/") + DOOR_PATHS[door]
        client = cls(url, key_id, key, env, language, reconnect, timeout_s, tls)
        client._cancel_grace_ms = cancel_grace_ms
        client._cancel_accounts = list(cancel_accounts)
        client._heartbeat_ms = heartbeat_ms
        client._answer_timeout_s = answer_timeout_s
        return client

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

    # ---- life ---------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect and log in. Raises OSError (a `ConnectionLost` among them), TimeoutError, or `Refused`."""
        loop = asyncio.get_running_loop()
        self._hello = loop.create_future()
        self._answer_s = None  # the login has timeout_s
        try:
            link = await Link.open(self.url, self._tls, self._timeout_s, self._language, self._on_message, self._on_end)
        except WSError as error:
            raise ConnectionLost(0, f"the door was not opened: {error}") from error
        self._link = link
        try:
            async with asyncio.timeout(self._timeout_s):
                hello = await self._hello
                if self._env and hello.env != self._env:
                    raise ConnectionLost(0, f"this is environment {hello.env!r}, not {self._env!r}")
                self._resumed = await self._resume() if self._key is not None else None
                if self._key is not None and self._resumed is None:
                    self.welcome = await self._log_in(self._key, hello)
        except BaseException:
            self._link = None
            link.drop()
            raise
        self._silent_beats = 0
        self._answer_s = self._answer_timeout_s
        self._ping_timer = loop.call_later(self._ping_s(), self._keep_alive)

    async def _resume(self) -> set[str] | None:
        """Go on with the session of the last connection, and with these channels of it; None where one has to log in."""
        params = resume_params(self.welcome, self._following.last_seqs())
        if params is None:
            return None
        outcome: asyncio.Future[set[str] | None] = asyncio.get_running_loop().create_future()

        def answer(said: bytes | Exception) -> None:  # at once: the events that were missed follow in the same read
            followed = None
            if isinstance(said, bytes):
                resumed = self.welcome = msgspec.json.decode(said, type=session_wire.SessionResumed)
                followed = self._following.on_resumed(resumed.subscribed)
                for row in resumed.subscribed:
                    if row.from_seq and row.channel in self._books:
                        self._books[row.channel].go_on()
                self._put(LinkEvent("back"))
            if not outcome.done():
                outcome.set_result(followed)

        self._send(session_wire.SessionResume, params, answer)
        return await outcome

    async def _log_in(self, key: Ed25519PrivateKey, hello: session_wire.Hello) -> session_wire.Welcome:
        host = urlsplit(self.url).netloc
        text = session.login_text(hello.env, host, hello.connection_id, hello.nonce, self.key_id)
        params = wire.SessionAuthParams(
            self.key_id,
            session.sign_login(key, text),
            hello.nonce,
            "en" if self._language == "en" else "zh",
            self._cancels() if self._cancel_grace_ms >= 0 else UNSET,
            heartbeat_ms=self._heartbeat_ms or UNSET,
        )
        return await self._ask(wire.SessionAuth, params, session_wire.Welcome)

    def _cancels(self) -> wire.CancelOnDisconnect:
        before = self.welcome.cancel_on_disconnect if self.welcome is not None else None
        return wire.CancelOnDisconnect(
            self._cancel_grace_ms, before.session if before is not None else UNSET, self._cancel_accounts or UNSET
        )

    async def close(self) -> None:
        """Log out and end the connection."""
        self._is_closing = True
        if self._relink is not None:
            self._relink.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._relink
        link = self._link
        if link is None or not link.is_open:
            return
        self._send(wire.SessionLogout, UNSET, ignore)
        link.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await link.wait_ended()
        link.drop()
        await link.wait_ended()

    @property
    def close_code(self) -> int:
        """The close code of the last connection that ended; 0 if there was none."""
        return self._link.close[0] if self._link is not None else 0

    async def wait_connected(self) -> None:
        """Wait until there is a connection (again, with reconnect=True). Raises `ConnectionLost` where none will come."""
        if self._relink is not None:
            await asyncio.shield(self._relink)
        if not self.is_connected:
            raise self._lost()

    async def wait_closed(self) -> None:
        """Wait until the present connection has ended."""
        if self._link is not None:
            await self._link.wait_ended()

    def _ping_s(self) -> float:
        heartbeat_ms = self.welcome.heartbeat_ms if self.welcome is not None else _HEARTBEAT_MS
        return min(heartbeat_ms * _PING_PART / 1000, _PING_MAX_S)

    def _keep_alive(self) -> None:
        """Say something in each heartbeat of the exchange; end a connection on which nothing is heard any more."""
        if self._link is None or not self._link.is_open:
            return
        if self._silent_beats >= max(SILENT_BEATS_MAX, _SILENT_MIN_S // self._ping_s()):
            self._link.close = (0, "nothing was heard of the exchange")
            self._link.drop()
            return
        self._silent_beats += 1
        self._send(wire.SessionPing, UNSET, ignore)
        self._ping_timer = asyncio.get_running_loop().call_later(self._ping_s(), self._keep_alive)

    def _on_end(self, link: Link) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        lost = ConnectionLost(*link.close)
        self._lose_all(lost)
        for book in self._books.values():
            book.lose()
        if self._hello is not None and not self._hello.done():
            self._hello.set_exception(lost)
            self._hello.exception()  # whoever waits for it is told all the same
        is_ours = link is self._link
        if is_ours and self._reconnect and not self._is_closing and (self._relink is None or self._relink.done()):
            self._put(LinkEvent("lost"))
            self._relink = asyncio.get_running_loop().create_task(self._link_again())
        self._news.set()

    async def _link_again(self) -> None:
        """Connect again until it works, follow the same channels, and have what was missed. Ends where login is refused."""
        pause_s = _RECONNECT_FIRST_S
        await asyncio.sleep(self._away_s)
        self._away_s = 0.0
        while not self._is_closing:
            try:
                await self.open()
                if self._resumed is None:
                    self._following.on_new_link()
                    self._put(LinkEvent("back"))
                names = [name for name in self._following.names if name not in (self._resumed or ())]
                for part in pages(names, wire.CHANNELS_PER_CALL_MAX):
                    await self._ask(wire.Subscribe, wire.SubscribeParams(part), wire.Subscribed)
                return
            except Refused as refused:
                if refused.retry != "after":
                    self._reconnect = False
                    self._news.set()
                    return
            except (OSError, TimeoutError):
                pass  # tried again below
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _RECONNECT_MAX_S)

    # ---- orders in doubt ----------------------------------------------------------------------------------

    async def place_until_known(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: Decimal | str,
        *,
        client_order_id: str = "",
        account: str = "",
        time_in_force: str = "day",
        post_only: bool = False,
    ) -> OrderPlaced:
        """`place`, and in doubt the same again under the same client order id until its outcome is known: it is placed once.

        With reconnect=True also over lost connections. Raises `Refused`, or `ConnectionLost` where no connection will come.
        """
        name = client_order_id or self.next_client_order_id()
        while True:
            try:
                return await self.place(
                    instrument,
                    side,
                    quantity,
                    price,
                    client_order_id=name,
                    account=account,
                    time_in_force=time_in_force,
                    post_only=post_only,
                )
            except ConnectionLost:
                await self.wait_connected()
            except Refused as refused:
                if refused.code != reasons.OUTCOME_UNKNOWN:
                    raise

    # ---- channels -----------------------------------------------------------------------------------------

    async def subscribe(self, *channels: str, after: dict[str, int] | None = None) -> wire.Subscribed:
        """Follow channels. `after`: last seq already known of private streams, which are then replayed from there.

        Raises `Refused` only where all were refused.
        """
        for name in channels:
            self._following.follow(name, (after or {}).get(name))
        said = await self._ask(wire.Subscribe, wire.SubscribeParams(list(channels)), wire.Subscribed)
        for row in said.refused:
            self._following.leave(row.channel)
        if said.refused and not said.subscribed:
            raise Refused(error_of(said.refused[0].code, "channel", self._language))
        return said

    async def unsubscribe(self, *channels: str) -> None:
        """Follow channels no longer."""
        await self._ask(wire.Unsubscribe, wire.SubscribeParams(list(channels)), wire.Subscribed)
        for name in channels:
            self._following.leave(name)

    async def replay(self, channel: str, from_seq: int, limit: int = wire.REPLAY_EVENTS_MAX) -> list[Event]:
        """Past events of a channel, whether one follows it or not."""
        captured = self._captures[channel] = []
        try:
            params = wire.ChannelReplayParams(channel, from_seq, limit)
            said = await self._ask(wire.ChannelReplay, params, wire.Replayed)
            while len({event.seq for event in captured if event.seq <= said.to_seq}) < said.to_seq - from_seq + 1:
                if not self.is_connected:
                    raise self._lost()
                self._news.clear()
                await self._news.wait()
        finally:
            del self._captures[channel]
        return [event for _, event in sorted({e.seq: e for e in captured if from_seq <= e.seq <= said.to_seq}.items())]

    async def book(self, instrument: str) -> Book:
        """An instrument's public book, kept current from now on; its events do not come by `events`. Raises `Refused`."""
        name = f"book.{instrument}"
        book = self._books.get(name)
        if book is None:
            book = self._books[name] = Book(instrument)
            try:
                await self.subscribe(name)
            except BaseException:
                del self._books[name]
                raise
        while not book.is_current:
            if not self.is_connected and not self._reconnect:
                raise self._lost()
            await book.wait_change()
        return book

    async def events(self) -> AsyncIterator[Event | GapEvent | LinkEvent]:
        """Everything that comes, in order, until the connection ends (or for ever with reconnect=True)."""
        while True:
            while self._events:
                yield self._events.popleft()
            if not self.is_connected and not (self._reconnect and not self._is_closing):
                return
            self._news.clear()
            await self._news.wait()

    def _put(self, event: Event | GapEvent | LinkEvent) -> None:
        if len(self._events) >= EVENTS_WAITING_MAX:
            raise OverflowError(f"{EVENTS_WAITING_MAX} events wait to be read; read client.events() faster")
        self._events.append(event)
        self._news.set()

    # ---- events -------------------------------------------------------------------------------------------

    def _on_message(self, payload: bytes) -> None:
        self._silent_beats = 0
        said = _decode(payload)
        if said.id is UNSET:
            self._on_event(said)
        else:
            self._on_reply(said)

    def _on_event(self, said: Incoming) -> None:
        if said.ch != "$session":
            capture = self._captures.get(said.ch)
            if capture is not None and said.kind == "update":
                capture.append(event_of(said))
                self._news.set()
            self._following.on_event(said)
        elif said.kind == "heartbeat":
            self._following.on_heartbeat(msgspec.json.decode(said.data, type=session_wire.Heartbeat).last)
        elif said.kind == "alert":
            self.supervision.tell(said.data)
        elif said.kind == "going_away":
            self._away_s = msgspec.json.decode(said.data, type=session_wire.GoingAway).reconnect_after_ms / 1000
        elif said.kind == "hello" and self._hello is not None and not self._hello.done():
            self._hello.set_result(msgspec.json.decode(said.data, type=session_wire.Hello))

    def _hand_on(self, said: Incoming) -> None:
        book = self._books.get(said.ch)
        if book is not None:
            if not book.take(said.kind, said.seq, said.data):
                self._following.begin_anew(said.ch)
        elif self.on_report is not None and said.kind == "update" and said.ch.startswith("exec."):
            self.on_report(said.ch, said.seq, decode_report(said.data))
        else:
            self._put(event_of(said))

    def _ask_replay(self, name: str, from_seq: int) -> None:
        def answer(said: bytes | Exception) -> None:
            if isinstance(said, bytes):
                self._following.on_replayed(name, msgspec.json.decode(said, type=wire.Replayed).to_seq)
            elif isinstance(said, Refused):
                self._following.on_replay_refused(name, said.code == reasons.SEQ_TOO_OLD)

        if self.is_connected:
            self._send(wire.ChannelReplay, wire.ChannelReplayParams(name, from_seq), answer)

    def _on_lost(self, name: str, from_seq: int) -> None:
        book = self._books.get(name)
        if book is not None:
            book.lose()
        else:
            self._put(GapEvent(name, from_seq))

    def _begin_anew(self, name: str) -> None:
        if self.is_connected:
            self._send(wire.ChannelSnapshot, wire.ChannelParams(name), ignore)

    def __await__(self) -> Generator[Any, None, Self]:
        """`client = await Client.connect(…)`, for those who close it themselves."""
        return self.__aenter__().__await__()
