"""A member's, an operator's or a follower's connection to the exchange, as an asynchronous library.

    async with Client.connect("ws://127.0.0.1:9101", key_id="m1", private_key=key) as client:
        placed = await client.place("CQEA-25", "buy", 100, "40.10")
        await client.subscribe("exec.A001")
        async for event in client.events(): ...

Prices and money are `Decimal`, quantities integer tonnes. A refusal is raised as `Refused` with number, name and retry class.
Channels are followed without gaps: what is missing is replayed before anything later is handed on; only where the exchange
no longer has it, a `GapEvent` says so and a snapshot follows. After a lost connection an order's outcome may be unknown:
send it again under the same client_order_id, never under a new one.
"""

import asyncio
import contextlib
import secrets
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import UNSET, Raw, Struct, UnsetType
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from engine.core import reasons
from gateway.protocol import session, wire
from gateway.protocol.codec import encode
from gateway.protocol.wire import ActOutcome, OrderPlaced, OrdersCanceled, ReasonView, SessionView, Welcome

DOOR_PATHS: Final = {"trade": "/ws/v1/trade", "ops": "/ws/v1/ops", "market": "/ws/v1/market"}
EVENTS_WAITING_MAX: Final = 100_000
HELD_EVENTS_MAX: Final = 10_000  # beyond, events after a gap are let go and replayed as well
_PING_S: Final = 4.0
_INCOMING_BYTES_MAX: Final = 64 * 1024 * 1024
_RECONNECT_FIRST_S: Final = 0.05
_RECONNECT_MAX_S: Final = 5.0

Key = Ed25519PrivateKey | bytes | str | Path


class Refused(Exception):
    """The exchange refused a request: `code` and `name` of the catalogue, the sentence, and what a program needs."""

    def __init__(self, error: wire.Error) -> None:
        super().__init__(f"{error.code} {error.name}: {error.message}")
        self.code = error.code
        self.name = error.name
        self.message = error.message
        self.data = error.data

    @property
    def retry(self) -> str:
        """never | same_id | after | reconcile | phase | contact."""
        return self.data.retry


class ConnectionLost(ConnectionError):
    """The connection ended. `code` is the close code (0: none). What was under way has an unknown outcome."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"the connection ended: {code} {words}".rstrip())
        self.code = code


# ---- what comes back --------------------------------------------------------------------------------------


class ExecReport(Struct, frozen=True, gc=False):
    """One event of one's order, in FIX words."""

    exec_type: str
    order_status: str
    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int
    transact_time: str
    trading_day: str
    avg_price: Decimal | None = None
    last_price: Decimal | None = None
    last_qty: int = 0
    trade_id: str = ""
    liquidity: str = ""
    fee: Decimal | None = None
    reason: ReasonView | None = None
    origin: str = ""


class Order(Struct, frozen=True):
    """An order: open (transact_time empty), or as its last report says."""

    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int
    order_status: str
    avg_price: Decimal | None = None
    reason: ReasonView | None = None
    transact_time: str = ""


class Orders(Struct, frozen=True):
    """Open orders; `more`: ask again with `after`."""

    account: str
    orders: list[Order]
    more: bool


class Changed(Struct, frozen=True):
    """An order after cancel or replace."""

    order_id: str
    client_order_id: str
    account: str
    order_status: str
    price: Decimal
    order_qty: int
    cum_qty: int
    leaves_qty: int


class Cash(Struct, frozen=True):
    """Cash in CNY."""

    account: str
    available: Decimal
    held: Decimal
    settled: Decimal
    seq: int


class Trade(Struct, frozen=True):
    """Settlement of one's own trade: matched | clearing_hold | settled | failed."""

    trade_id: str
    status: str
    instrument: str = ""
    side: str = ""
    quantity: int = 0
    amount: Decimal | None = None
    reason: ReasonView | None = None
    detail: str = ""


class Instrument(Struct, frozen=True):
    """One instrument with its rules and today's figures."""

    instrument: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick: Decimal
    lot: int
    order_qty_min: int
    order_qty_max: int
    trading_fee_ppm: int
    settlement_fee_ppm: int
    halted: bool
    volume: int
    turnover: Decimal
    trades: int
    reference_price: Decimal | None = None
    limit_down: Decimal | None = None
    limit_up: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    last: Decimal | None = None


class Event(Struct, frozen=True, gc=False):
    """One event of a channel. `data`: `ExecReport` for updates of `exec.…`, else the JSON as it came."""

    channel: str
    kind: str
    seq: int
    ts: str
    data: Any


class GapEvent(Struct, frozen=True, gc=False):
    """Events from `from_seq` on could not be had again. A snapshot follows."""

    channel: str
    from_seq: int


class LinkEvent(Struct, frozen=True, gc=False):
    """The connection was "lost" or is "back" (only with reconnect=True)."""

    state: str


class _Incoming(Struct, gc=False):
    """Anything the server sends: a reply has an id, an event a channel."""

    id: str | int | UnsetType | None = UNSET
    result: Raw | UnsetType = UNSET
    error: wire.Error | UnsetType = UNSET
    ch: str = ""
    kind: str = ""
    seq: int = 0
    ts: str = ""
    data: Raw = Raw(b"null")


class _Channel:
    """What is known of one channel: the last seq handed on, and what came after a gap."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.target = 0  # the highest seq known to exist
        self.held: dict[int, _Incoming] = {}
        self.is_asked = False
        self.replay_to = 0
        self.capture: list[Event] | None = None


T = TypeVar("T")
Answer = Callable[[bytes | Exception], None]
_decode: Final = msgspec.json.Decoder(_Incoming).decode
_decode_report: Final = msgspec.json.Decoder(ExecReport).decode
_decode_placed: Final = msgspec.json.Decoder(OrderPlaced).decode
_decode_changed: Final = msgspec.json.Decoder(Changed).decode


class _Socket(WSListener):
    """Frames of one connection, handed to its client."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame of the server."""
        if frame.msg_type == WSMsgType.TEXT:
            self._client._on_message(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            said = frame.get_payload_as_bytes()
            self._client._on_close(int.from_bytes(said[:2], "big"), said[2:].decode("utf-8", "replace"))
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._client._on_disconnected(self)

    def pause_writing(self) -> None:
        """Requests are gathered by `Client`; its window bounds them."""

    def resume_writing(self) -> None:
        """Nothing waits for it."""


class Client:
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
        self.url = url
        self.key_id = key_id
        self.welcome: Welcome | None = None
        self.on_report: Callable[[str, int, ExecReport], None] | None = None
        self._key = key
        self._env = env
        self._language = language
        self._reconnect = reconnect
        self._timeout_s = timeout_s
        self._tls = tls
        self._transport: WSTransport | None = None
        self._socket: _Socket | None = None
        self._hello: asyncio.Future[wire.Hello] | None = None
        self._close = (0, "")
        self._next_id = 0
        self._answers: dict[int, Answer] = {}
        self._outbox: list[bytes] = []
        self._channels: dict[str, _Channel] = {}
        self._events: deque[Event | GapEvent | LinkEvent] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._ended: asyncio.Future[None] | None = None
        self._relink: asyncio.Task[None] | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._order_prefix = secrets.token_hex(5)
        self._orders = 0

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
    ) -> Self:
        """A client for this address, to be entered with `async with`.

        url: "ws://host:port" (the door is added) or a door's full address. door: trade | ops | market; without a key
        the market door. private_key: an Ed25519 key, its 32 bytes, or a PEM file. env: refuse any other environment.
        """
        key = _load_key(private_key)
        door = door or ("market" if key is None else "trade")
        if not urlsplit(url).path.strip("/"):
            url = url.rstrip("/") + DOOR_PATHS[door]
        return cls(url, key_id, key, env, language, reconnect, timeout_s, tls)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # ---- life ---------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect and log in. Raises OSError, `ConnectionLost`, TimeoutError, or `Refused`."""
        loop = asyncio.get_running_loop()
        self._hello = loop.create_future()
        self._ended = loop.create_future()
        self._close = (0, "")
        self._socket = _Socket(self)
        listener = self._socket
        transport, _ = await ws_connect(
            lambda: listener,
            self.url,
            ssl_context=self._tls,
            max_frame_size=_INCOMING_BYTES_MAX,
            websocket_handshake_timeout=self._timeout_s,
            logger_name="client",
        )
        self._transport = transport
        try:
            async with asyncio.timeout(self._timeout_s):
                hello = await self._hello
                if self._env and hello.env != self._env:
                    raise ConnectionLost(0, f"this is environment {hello.env!r}, not {self._env!r}")
                if self._key is not None:
                    self.welcome = await self._log_in(self._key, hello)
        except BaseException:
            transport.disconnect(graceful=False)
            self._transport = None
            raise
        self._ping_timer = loop.call_later(_PING_S, self._keep_alive)

    async def _log_in(self, key: Ed25519PrivateKey, hello: wire.Hello) -> Welcome:
        host = urlsplit(self.url).netloc
        text = session.login_text(hello.env, host, hello.connection_id, hello.nonce, self.key_id)
        params = wire.SessionAuthParams(
            self.key_id,
            session.sign_login(key, text),
            hello.nonce,
            "en" if self._language == "en" else "zh",
        )
        return await self._ask(wire.SessionAuth, params, Welcome)

    async def close(self) -> None:
        """Log out and end the connection."""
        self._is_closing = True
        if self._relink is not None:
            self._relink.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._relink
        if self._transport is None or self._ended is None:
            return
        self._send(wire.SessionLogout, UNSET, _ignore)
        self._flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.shield(self._ended)
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
            await asyncio.shield(self._ended)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection now."""
        return self._transport is not None

    @property
    def close_code(self) -> int:
        """The close code of the last connection that ended; 0 if there was none."""
        return self._close[0]

    async def wait_closed(self) -> None:
        """Wait until the present connection has ended."""
        if self._ended is not None:
            await asyncio.shield(self._ended)

    def _keep_alive(self) -> None:
        if self._transport is not None:
            self._send(wire.SessionPing, UNSET, _ignore)
            self._ping_timer = asyncio.get_running_loop().call_later(_PING_S, self._keep_alive)

    def _on_close(self, code: int, words: str) -> None:
        self._close = (code, words)

    def _on_disconnected(self, socket: _Socket) -> None:
        if socket is not self._socket:
            return
        self._transport = None
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        lost = ConnectionLost(*self._close)
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer(lost)
        self._outbox.clear()
        self._room.set()
        if self._hello is not None and not self._hello.done():
            self._hello.set_exception(lost)
            self._hello.exception()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
        if self._reconnect and not self._is_closing and (self._relink is None or self._relink.done()):
            self._put(LinkEvent("lost"))
            self._relink = asyncio.get_running_loop().create_task(self._link_again())
        self._news.set()

    async def _link_again(self) -> None:
        """Connect again until it works, follow the same channels, and replay what was missed. Ends where login is refused."""
        pause_s = _RECONNECT_FIRST_S
        while not self._is_closing:
            try:
                await self.open()
                break
            except Refused:
                self._reconnect = False
                self._news.set()
                return
            except (OSError, TimeoutError):
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _RECONNECT_MAX_S)
        for name, channel in self._channels.items():
            channel.held.clear()
            channel.is_asked = False
            channel.replay_to = 0
            if not name.startswith("exec."):
                channel.last = None
        self._put(LinkEvent("back"))
        names = list(self._channels)
        for first in range(0, len(names), wire.CHANNELS_PER_CALL_MAX):
            part = names[first : first + wire.CHANNELS_PER_CALL_MAX]
            with contextlib.suppress(ConnectionLost):
                await self._ask(wire.Subscribe, wire.SubscribeParams(part), wire.Subscribed)

    # ---- orders -------------------------------------------------------------------------------------------

    def next_client_order_id(self) -> str:
        """An id that no other client of ours will make."""
        self._orders += 1
        return f"{self._order_prefix}-{self._orders}"

    async def place(
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
        """Place a limit order. Raises `Refused` or `ConnectionLost` (then ask again under the same client_order_id)."""
        params = _place_params(
            instrument,
            side,
            quantity,
            price,
            client_order_id or self.next_client_order_id(),
            account,
            time_in_force,
            post_only,
        )
        return await self._ask(wire.OrderPlace, params, OrderPlaced)

    def place_nowait(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: Decimal | str,
        client_order_id: str,
        on_answer: Callable[[OrderPlaced | Exception], None],
        *,
        account: str = "",
        time_in_force: str = "day",
        post_only: bool = False,
    ) -> None:
        """Send an order without waiting; `on_answer` gets the result, `Refused`, or `ConnectionLost`. Order is kept."""

        def answer(said: bytes | Exception) -> None:
            on_answer(_decode_placed(said) if type(said) is bytes else said)  # type: ignore[arg-type]

        params = _place_params(instrument, side, quantity, price, client_order_id, account, time_in_force, post_only)
        self._send(wire.OrderPlace, params, answer)

    async def cancel(self, order_id: str = "", *, client_order_id: str = "", account: str = "") -> Changed:
        """Cancel one open order, by one of its two names."""
        return await self._ask(wire.OrderCancel, _name_params(order_id, client_order_id, account), Changed)

    def cancel_nowait(
        self,
        on_answer: Callable[[Changed | Exception], None],
        *,
        order_id: str = "",
        client_order_id: str = "",
        account: str = "",
    ) -> None:
        """Send a cancel without waiting."""

        def answer(said: bytes | Exception) -> None:
            on_answer(_decode_changed(said) if type(said) is bytes else said)  # type: ignore[arg-type]

        self._send(wire.OrderCancel, _name_params(order_id, client_order_id, account), answer)

    async def replace(
        self, quantity: int, price: Decimal | str, *, order_id: str = "", client_order_id: str = "", account: str = ""
    ) -> Changed:
        """Set an open order's total quantity and price."""
        params = wire.OrderReplaceParams(
            str(price), quantity, order_id or UNSET, client_order_id or UNSET, account or UNSET
        )
        return await self._ask(wire.OrderReplace, params, Changed)

    async def cancel_all(self, *, account: str = "", instrument: str = "", side: str = "") -> OrdersCanceled:
        """Cancel all open orders, or those of an instrument and a side."""
        params = wire.OrderCancelAllParams(account or UNSET, instrument or UNSET, side or UNSET)  # type: ignore[arg-type]
        return await self._ask(wire.OrderCancelAll, params, OrdersCanceled)

    async def order(self, order_id: str = "", *, client_order_id: str = "", account: str = "") -> Order:
        """An order, open or finished."""
        return await self._ask(wire.OrderGet, _name_params(order_id, client_order_id, account), Order)

    async def orders(self, *, account: str = "", instrument: str = "") -> list[Order]:
        """All open orders of an account, oldest first."""
        found: list[Order] = []
        while True:
            after = found[-1].order_id if found else ""
            params = wire.OrderListParams(account or UNSET, instrument or UNSET, after or UNSET)
            page = await self._ask(wire.OrderList, params, Orders)
            found += page.orders
            if not page.more:
                return found

    # ---- accounts and reference ---------------------------------------------------------------------------

    async def cash(self, account: str = "") -> Cash:
        """An account's cash."""
        return await self._ask(wire.AccountCash, wire.AccountParams(account or UNSET), Cash)

    async def allowances(self, account: str = "") -> wire.AllowancesView:
        """An account's units."""
        return await self._ask(wire.AccountAllowances, wire.AccountParams(account or UNSET), wire.AllowancesView)

    async def trade(self, trade_id: str) -> Trade:
        """How far the settlement of one's own trade has come."""
        return await self._ask(wire.TradeGet, wire.TradeGetParams(trade_id), Trade)

    async def statement_days(self, account: str = "") -> list[str]:
        """Trading days with a statement, newest first."""
        return (
            await self._ask(wire.StatementList, wire.AccountParams(account or UNSET), wire.StatementDays)
        ).trading_days

    async def statement(self, trading_day: str, account: str = "") -> dict[str, Any]:
        """One day's statement, as settlement made it."""
        params = wire.StatementGetParams(trading_day, account or UNSET)
        return await self._ask(wire.StatementGet, params, dict[str, Any])

    async def instruments(self) -> list[Instrument]:
        """All instruments."""
        return await self._ask(wire.InstrumentList, UNSET, list[Instrument])

    async def phase(self) -> wire.PhaseView:
        """Where the day is."""
        return await self._ask(wire.PhaseGet, UNSET, wire.PhaseView)

    async def reference(self) -> wire.Reference:
        """The catalogue of refusals and the enumerations."""
        return await self._ask(wire.ReferenceGet, UNSET, wire.Reference)

    async def time(self) -> wire.TimeView:
        """The server's time."""
        return await self._ask(wire.TimeGet, UNSET, wire.TimeView)

    async def ping(self) -> None:
        """Hear from the server."""
        await self._ask(wire.SessionPing, UNSET, wire.TimeView)

    async def status(self) -> SessionView:
        """One's own connection."""
        return await self._ask(wire.SessionStatus, UNSET, SessionView)

    # ---- operators ----------------------------------------------------------------------------------------

    async def act(
        self, name: str, fields: dict[str, Any] | None = None, reason: str = "", document: str = ""
    ) -> ActOutcome:
        """Do or propose an operator's act (protocol.md lists names and fields). `status` "pending": a second must approve."""
        params = wire.OpsActParams(name, reason, Raw(encode(fields or {})), document)
        return await self._ask(wire.OpsAct, params, ActOutcome)

    async def approve(self, proposal_id: str, sha256: str) -> ActOutcome:
        """Approve another person's proposal whose content has this hash."""
        return await self._ask(wire.OpsApprove, wire.OpsApproveParams(proposal_id, sha256), ActOutcome)

    async def reject(self, proposal_id: str, reason: str) -> ActOutcome:
        """Turn a proposal down."""
        return await self._ask(wire.OpsReject, wire.OpsRejectParams(proposal_id, reason), ActOutcome)

    async def pending(self) -> list[wire.ProposalRow]:
        """Proposals that wait for a second person."""
        return await self._ask(wire.OpsList, UNSET, list[wire.ProposalRow])

    async def unsettled(self, limit: int = wire.LIST_ROWS_MAX) -> list[wire.UnsettledRow]:
        """Instructions set aside by settlement."""
        return await self._ask(wire.OpsUnsettled, wire.OpsUnsettledParams(limit), list[wire.UnsettledRow])

    async def reconcile(self) -> wire.Reconciliation:
        """Compare engine, registry and bank now."""
        return await self._ask(wire.OpsReconcile, UNSET, wire.Reconciliation)

    async def ops_status(self) -> wire.OpsStatusView:
        """The market and the gateway at a glance."""
        return await self._ask(wire.OpsStatus, UNSET, wire.OpsStatusView)

    async def ops_accounts(self) -> list[wire.AccountRow]:
        """All accounts."""
        return await self._ask(wire.OpsAccounts, UNSET, list[wire.AccountRow])

    async def ops_statement_days(self, account: str) -> list[str]:
        """Trading days for which a member has a statement."""
        return (await self._ask(wire.OpsStatement, wire.OpsStatementParams(account), wire.StatementDays)).trading_days

    async def ops_statement(self, account: str, trading_day: str) -> dict[str, Any]:
        """A member's statement."""
        return await self._ask(wire.OpsStatement, wire.OpsStatementParams(account, trading_day), dict[str, Any])

    # ---- channels -----------------------------------------------------------------------------------------

    async def subscribe(self, *channels: str, after: dict[str, int] | None = None) -> wire.Subscribed:
        """Follow channels. `after`: last seq already known of private streams, which are then replayed from there.

        Raises `Refused` only where all were refused.
        """
        for name in channels:
            channel = self._channels.setdefault(name, _Channel())
            if after is not None and name in after:
                channel.last = after[name]
        said = await self._ask(wire.Subscribe, wire.SubscribeParams(list(channels)), wire.Subscribed)
        for row in said.refused:
            self._channels.pop(row.channel, None)
        if said.refused and not said.subscribed:
            raise Refused(_error(said.refused[0].code, "channel"))
        return said

    async def unsubscribe(self, *channels: str) -> None:
        """Follow channels no longer."""
        await self._ask(wire.Unsubscribe, wire.SubscribeParams(list(channels)), wire.Subscribed)
        for name in channels:
            self._channels.pop(name, None)

    async def replay(self, channel: str, from_seq: int, limit: int = wire.REPLAY_EVENTS_MAX) -> list[Event]:
        """Past events of a channel, whether one follows it or not."""
        known = self._channels.get(channel)
        mine = known if known is not None else _Channel()
        captured: list[Event] = []
        mine.capture = captured
        self._channels[channel] = mine
        try:
            params = wire.ChannelReplayParams(channel, from_seq, limit)
            said = await self._ask(wire.ChannelReplay, params, wire.Replayed)
            wanted = max(0, said.to_seq - from_seq + 1)
            while sum(from_seq <= event.seq <= said.to_seq for event in captured) < wanted:
                self._news.clear()
                if not self.is_connected:
                    raise ConnectionLost(*self._close)
                await self._news.wait()
        finally:
            mine.capture = None
            if known is None:
                del self._channels[channel]
        found = {event.seq: event for event in captured if from_seq <= event.seq <= said.to_seq}
        return [found[seq] for seq in sorted(found)]

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

    # ---- messages -----------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Requests without an answer yet."""
        return len(self._answers)

    async def wait_room(self, in_flight_max: int) -> None:
        """Wait until fewer than so many requests are under way. Raises `ConnectionLost`."""
        while len(self._answers) >= in_flight_max:
            if not self.is_connected:
                raise ConnectionLost(*self._close)
            self._room.clear()
            await self._room.wait()

    async def _ask(self, kind: Callable[..., wire.Request], params: Any, result: type[T]) -> T:
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def answer(said: bytes | Exception) -> None:
            if not waiter.done():
                if isinstance(said, bytes):
                    waiter.set_result(said)
                else:
                    waiter.set_exception(said)

        self._send(kind, params, answer)
        return msgspec.json.decode(await waiter, type=result)

    def _send(self, kind: Callable[..., wire.Request], params: Any, answer: Answer) -> None:
        if self._transport is None:
            raise ConnectionLost(*self._close)
        self._next_id += 1
        self._answers[self._next_id] = answer
        if params is UNSET:
            request = kind(id=self._next_id)
        else:
            request = kind(id=self._next_id, params=params)
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outbox.append(encode(request))

    def _flush(self) -> None:
        """All requests of a loop turn in one write."""
        outbox, self._outbox = self._outbox, []
        if outbox and self._transport is not None:
            mask = secrets.token_bytes(4)
            self._transport.underlying_transport.write(b"".join([_masked_frame(payload, mask) for payload in outbox]))

    def _on_message(self, payload: bytes) -> None:
        said = _decode(payload)
        if said.id is UNSET:
            self._on_event(said)
            return
        answer = self._answers.pop(said.id, None) if type(said.id) is int else None
        if answer is not None:
            self._room.set()
            answer(bytes(said.result) if said.error is UNSET else Refused(said.error))  # type: ignore[arg-type]

    # ---- events without gaps ------------------------------------------------------------------------------

    def _on_event(self, said: _Incoming) -> None:
        if said.ch == "$session":
            self._on_session_event(said)
            return
        channel = self._channels.get(said.ch)
        if channel is None:
            return
        if channel.capture is not None and said.kind == "update":
            channel.capture.append(_event(said))
            self._news.set()
        if said.kind == "snapshot":
            self._on_snapshot(said, channel)
        elif said.kind == "reset":
            channel.last = None
            channel.held.clear()
            self._put(_event(said))
        elif channel.last is not None:
            self._on_update(said, channel)

    def _on_session_event(self, said: _Incoming) -> None:
        if said.kind == "hello" and self._hello is not None and not self._hello.done():
            self._hello.set_result(msgspec.json.decode(said.data, type=wire.Hello))
        elif said.kind == "heartbeat":
            for name, last in msgspec.json.decode(said.data, type=wire.Heartbeat).last.items():
                channel = self._channels.get(name)
                if channel is not None and channel.last is not None and last > channel.last:
                    self._want(name, channel, last)

    def _on_snapshot(self, said: _Incoming, channel: _Channel) -> None:
        if channel.last is not None and said.ch.startswith("exec."):
            if said.seq > channel.last:  # the reports of the meantime are wanted, not only what they led to
                self._want(said.ch, channel, said.seq)
            return
        channel.last = said.seq
        channel.held.clear()
        self._put(_event(said))

    def _on_update(self, said: _Incoming, channel: _Channel) -> None:
        assert channel.last is not None, "the snapshot came first"
        if said.seq <= channel.last:
            return
        if said.seq > channel.last + 1:
            if len(channel.held) < HELD_EVENTS_MAX:
                channel.held[said.seq] = said
            self._want(said.ch, channel, said.seq)
            return
        self._hand_on(said, channel)
        while channel.held and (following := channel.held.pop(channel.last + 1, None)) is not None:
            self._hand_on(following, channel)
        if channel.is_asked and 0 < channel.replay_to <= channel.last:
            channel.is_asked = False
            if channel.target > channel.last:
                self._want(said.ch, channel, channel.target)

    def _hand_on(self, said: _Incoming, channel: _Channel) -> None:
        channel.last = said.seq
        if self.on_report is not None and said.ch.startswith("exec."):
            self.on_report(said.ch, said.seq, _decode_report(said.data))
        else:
            self._put(_event(said))

    def _want(self, name: str, channel: _Channel, seq: int) -> None:
        """Events up to `seq` exist and are missing: have them again."""
        channel.target = max(channel.target, seq)
        if channel.is_asked or channel.last is None:
            return
        channel.is_asked = True
        channel.replay_to = 0
        from_seq = channel.last + 1

        def answer(said: bytes | Exception) -> None:
            if isinstance(said, bytes):
                channel.replay_to = msgspec.json.decode(said, type=wire.Replayed).to_seq
                if channel.last is not None and channel.replay_to <= channel.last:
                    channel.is_asked = False
            elif isinstance(said, Refused):
                channel.is_asked = False
                channel.last = None  # a snapshot begins anew
                channel.held.clear()
                self._put(GapEvent(name, from_seq))
                if said.code != reasons.SEQ_TOO_OLD and self._transport is not None:
                    self._send(wire.ChannelSnapshot, wire.ChannelParams(name), _ignore)

        if self._transport is not None:
            self._send(wire.ChannelReplay, wire.ChannelReplayParams(name, from_seq), answer)

    def __await__(self) -> Generator[Any, None, Self]:
        """`client = await Client.connect(…)`, for those who close it themselves."""
        return self.__aenter__().__await__()


def _event(said: _Incoming) -> Event:
    if said.kind == "update" and said.ch.startswith("exec."):
        return Event(said.ch, said.kind, said.seq, said.ts, _decode_report(said.data))
    return Event(said.ch, said.kind, said.seq, said.ts, msgspec.json.decode(said.data))


def _ignore(_said: bytes | Exception) -> None:
    """An answer that nobody waits for."""


def _error(code: int, field: str) -> wire.Error:
    row = reasons.BY_NUMBER[code]
    return wire.Error(row.number, row.name, row.en, wire.ErrorData(retry=row.retry, field=field))


def _place_params(
    instrument: str,
    side: str,
    quantity: int,
    price: Decimal | str,
    client_order_id: str,
    account: str,
    time_in_force: str,
    post_only: bool,
) -> wire.OrderPlaceParams:
    # The server judges side and time in force; a client that guessed wrong should see its refusal, not ours.
    return wire.OrderPlaceParams(
        instrument,
        cast(Any, side),
        str(price),
        quantity,
        client_order_id,
        account or UNSET,
        cast(Any, time_in_force),
        post_only,
    )


def _name_params(order_id: str, client_order_id: str, account: str) -> wire.OrderNameParams:
    return wire.OrderNameParams(order_id or UNSET, client_order_id or UNSET, account or UNSET)


def _load_key(key: Key | None) -> Ed25519PrivateKey | None:
    if key is None or isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, bytes):
        return Ed25519PrivateKey.from_private_bytes(key)
    loaded = load_pem_private_key(Path(key).read_bytes(), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise ValueError(f"{key} holds no Ed25519 key")
    return loaded


def _masked_frame(payload: bytes, mask: bytes) -> bytes:
    """A client's text frame."""
    size = len(payload)
    if size <= 125:
        header = bytes((0x81, 0x80 | size))
    elif size <= 65_535:
        header = b"\x81\xfe" + size.to_bytes(2, "big")
    else:
        header = b"\x81\xff" + size.to_bytes(8, "big")
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return header + mask + (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")
