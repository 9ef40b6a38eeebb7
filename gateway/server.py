"""The three websocket doors on one port, and the gateway as a follower of the engine.

Life: `await Gateway.open(…)`, hand it to recovery as a follower, `attach` the sequencer, `await start()`, `await close()`.
Everything runs in one event loop. A command's asker travels with it as its origin and comes back in the batch, so there is
no task, future or closure for a message; only questions that wait for a store have a task of their own.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Final, Self

import msgspec
import structlog
from msgspec import UNSET
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server

from engine.core import commands, events, reasons, rulebook
from engine.core.commands import CancelOrder, Entry, PlaceOrder
from engine.sequencer import Batch, Sequencer
from engine.title import Title
from engine.view import MarketView, OrderView
from gateway import handshake, heads, rehearsal
from gateway.access import CHANGES, Access
from gateway.alert_desk import AlertDesk
from gateway.allocations import AllocationDesk
from gateway.auctions import AuctionDesk
from gateway.audit_desk import AuditDesk
from gateway.blocks import BlockDesk
from gateway.capacity import Capacity
from gateway.common import CommonDesk
from gateway.connection import Asked, Connection
from gateway.controls import NEWS, ControlDesk
from gateway.day_desk import DayDesk
from gateway.directory import Directory
from gateway.exec_report import Facts
from gateway.explaining import ExplainDesk
from gateway.feed import PublicFeed
from gateway.filings import FilingDesk
from gateway.heart import Heart
from gateway.history import History
from gateway.identity_desk import IdentityDesk
from gateway.intentions import IntentionDesk
from gateway.listener import Listener
from gateway.login_desk import LoginDesk
from gateway.logins import Logins
from gateway.members import MemberDesk
from gateway.operators import OperatorDesk
from gateway.participants import ParticipantDesk
from gateway.preflight import PreflightDesk
from gateway.protocol import frames, session, session_wire, wire
from gateway.protocol.codec import Refused, encode
from gateway.protocol.prices import average_text, price_text
from gateway.protocol.times import time_text
from gateway.report_desk import ReportDesk
from gateway.reports import SIDES, TIMES_IN_FORCE, ReportWriter
from gateway.resuming import ResumeDesk
from gateway.sessions import NEWS as SESSION_NEWS
from gateway.sessions import SessionDesk
from gateway.settings import GatewaySettings
from gateway.statements import StatementDesk
from gateway.subscriptions import SubscriptionDesk
from gateway.supervision import SupervisionDesk

_OPERATOR_SCOPES: Final = ("ops",)
_ENDED: Final = session.ENDED
_log: Final = structlog.get_logger("gateway")

Handler = Callable[[Connection, Any], None]
Answerer = Callable[[Connection, str | int, Entry, list[events.Event]], None]


class Gateway:
    """The doors. `is_refusing_orders` may be set by the composition root: new orders then get OVERLOADED, cancels work."""

    def __init__(
        self, settings: GatewaySettings, feed: PublicFeed, title: Title, history: History, logins: Logins
    ) -> None:
        self.settings = settings
        self.logins = logins
        self.access = Access(self)
        self._requests_in_flight_max = settings.requests_in_flight_max
        self.capacity = Capacity(self)
        self.is_throttled = self.capacity.throttle.is_on
        self.feed = feed
        self.title = title
        self.history = history
        self.directory = Directory()
        self.reports = ReportWriter(self.directory)
        self.is_refusing_orders = False
        self.counters: Counter[str] = Counter()  # of what is rare; the next two count what each order does
        self._requests = 0
        self._reports = 0
        self.handlers: dict[type[object], Handler] = {wire.SessionAuth: self._log_in}
        self.answerers: dict[type[commands.Command], Answerer] = {}
        self.heart = Heart(self)
        CommonDesk(self)
        self.subscriptions = SubscriptionDesk(self)
        self.resuming = ResumeDesk(self)
        self.members = MemberDesk(self)
        BlockDesk(self)
        AuctionDesk(self)
        self.operators = OperatorDesk(self)
        DayDesk(self)
        AuditDesk(self)
        ReportDesk(self)
        SupervisionDesk(self)
        self.alerts = AlertDesk(self)
        StatementDesk(self)
        ParticipantDesk(self)
        AllocationDesk(self)
        self._controls = ControlDesk(self)
        self.sessions = SessionDesk(self)
        PreflightDesk(self)
        FilingDesk(self)
        IntentionDesk(self)
        ExplainDesk(self)
        LoginDesk(self)
        IdentityDesk(self)
        self.make_line: Callable[[asyncio.Transport], asyncio.Transport] = rehearsal.Line
        self.port = 0
        self._connections: set[Connection] = set()
        self._exec_followers: dict[int, list[Connection]] = {}
        self._audiences: dict[frozenset[str], set[Connection]] = {}
        self._public: set[str] = set()
        self._dirty: list[Connection] = []
        self._is_flush_due = False
        self._queries: set[asyncio.Task[None]] = set()
        self._view: MarketView | None = None
        self._sequencer: Sequencer | None = None
        self._server: asyncio.Server | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._is_leaving = False
        self._is_closing = False
        self._is_closed = False

    @classmethod
    async def open(cls, settings: GatewaySettings, feed: PublicFeed, title: Title) -> Self:
        """Open the stores of private streams and of logins; after this, `mark` says where to follow from."""
        logins = await Logins.open(settings.logins_file, settings.logins)
        try:
            history = await History.open(settings.history_file, settings.history_reports_max, settings.history_pause_ms)
        except BaseException:
            await logins.close()
            raise
        return cls(settings, feed, title, history, logins)

    # ---- following the engine -----------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """All entries up to it have their reports on disk."""
        return self.history.mark

    @property
    def has_room(self) -> bool:
        """Whether the store of private streams keeps up."""
        return self.history.has_room

    def on_start(self, view: MarketView) -> None:
        """Begin where the snapshot is."""
        self._view = view
        if view.is_founded:
            self.directory.load(view)
            self.reports.load(view)
        self.feed.on_start(view)
        self._public = set(self.feed.channels())

    def on_batch(self, batch: Batch) -> None:
        """Answer the askers, report to the accounts, feed the public: in that order.

        Who was answered has it at once, with all that was said to it, in one write. Who only hears of it, when the turn
        ends: of a durable write that comes in many batches, each of them concerns nearly everybody who follows an account.
        """
        if self._is_closed:
            return
        mark = self.history.mark
        fresh: list[Facts] = []
        stored: list[Facts] = []
        answered: list[Connection] = []
        events_of, origins = batch.events, batch.origins
        for place, entry in enumerate(batch.entries):
            happened, origin = events_of[place], origins[place]
            if origin is not None and type(origin) is Asked:
                self._answer(origin, entry, happened)
                if not answered or answered[-1] is not origin.connection:
                    answered.append(origin.connection)
            written = fresh if entry.seq > mark else stored
            told = len(written)
            self.reports.write(entry.at_ns, happened, written)
            if self._exec_followers and len(written) > told:
                self._tell(written[told:])
            if type(entry.command) not in _ORDER_COMMANDS:
                self._on_act(entry, happened)
        last_seq = batch.entries[-1].seq
        if last_seq > mark:
            self.history.add(last_seq, fresh)
        self._reports += len(fresh)
        self.feed.on_batch(batch)
        if self.feed.urgent and not self._is_closing and self._server is not None:
            self._flush_feed()
        for connection in answered:
            connection.flush()

    def _tell(self, written: list[Facts]) -> None:
        """Send reports to whoever follows their accounts."""
        for facts in written:
            followers = self._exec_followers.get(facts[0])
            if followers:
                frame = frames.text_frame(self.reports.text_of(facts))
                for follower in list(followers):
                    follower.send_frame(frame)

    def _answer(self, asked: Asked, entry: Entry, happened: list[events.Event]) -> None:
        connection = asked.connection
        connection.in_flight -= 1
        if connection.state == _ENDED:
            return
        command = entry.command
        if type(command) is PlaceOrder:
            self.members.on_placed(connection, asked.request_id, entry, happened)
        elif type(command) is CancelOrder:
            self.members.on_changed(connection, asked.request_id, entry, happened)
        else:
            self.answerers[type(command)](connection, asked.request_id, entry, happened)

    def _on_act(self, entry: Entry, happened: list[events.Event]) -> None:
        """What changes who may be here, or what there is."""
        if type(entry.command) is commands.Found:
            assert self._view is not None, "a follower is started before it is handed batches"
            self.directory.rulebook = self._view.rulebook()
        for event in happened:
            if type(event) is events.RuleBookTookEffect:
                self.directory.rulebook = rulebook.parse(event.rulebook)
            elif type(event) in CHANGES:
                self._shut_out(self.access.on_change(event))
            elif type(event) in NEWS:
                self._controls.tell(event, list(self._connections))
            elif type(event) in SESSION_NEWS:
                self.sessions.on_event(event)
            elif type(event) is events.InstrumentListed:
                self._public_changed()

    def _public_changed(self) -> None:
        self._public.clear()  # read again when next asked: the feed learns of the instrument in this same batch

    def _shut_out(self, is_meant: Callable[[Connection], bool] | None) -> None:
        """End the members' connections that are meant."""
        if is_meant is not None:
            for peer in list(self._connections):
                if peer.door == "trade" and peer.state == session.LOGGED_IN and is_meant(peer):
                    peer.end(session.ACCESS_LOST)

    def end_web_session(self, number: str) -> None:
        """A browser's session has ended: so does whatever it opened."""
        for connection in [peer for peer in self._connections if peer.web_session == number]:
            connection.end(session.LOGIN_ENDED)

    # ---- life ---------------------------------------------------------------------------------------------

    def attach(self, sequencer: Sequencer) -> None:
        """The way in for commands; recovery is over."""
        self._sequencer = sequencer
        self._view = sequencer.view

    async def start(self) -> None:
        """Open the doors. Raises OSError where the port is taken. Without a sequencer nobody can log in: a past day is shown."""
        assert self._sequencer is not None or self.settings.env == rehearsal.PAST_ENV, "attach the sequencer first"
        if self.founded_view() is not None:
            self.access.trust_all()
        self._server = await ws_create_server(
            self._on_upgrade,
            self.settings.host,
            self.settings.port,
            max_frame_size=wire.FRAME_BYTES_MAX,
            websocket_handshake_timeout=self.settings.handshake_ms / 1000,
            enable_auto_pong=False,
            ssl=self.settings.tls,
            logger_name=_QUIET,
            start_serving=False,
        )
        heads.answer_long_heads(self._server)
        await self._server.start_serving()
        self.port = self._server.sockets[0].getsockname()[1]
        self._every(self.settings.heartbeat_ms, self._beat)
        self._every(self.settings.feed_flush_ms, self._flush_feed)
        self.sessions.start()

    async def close_doors(self) -> None:
        """Say goodbye, go on until its deadline, and shut the doors (1012). Waits no longer than the peers' time to close."""
        if not self._is_leaving:
            self._is_leaving = True  # nobody new comes in; who is there may finish
            await self._say_goodbye()
        self._is_closing = True
        self.sessions.stop()
        self.heart.stop()
        for timer in self._timers:
            timer.cancel()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.end(session.GOING_AWAY)
        await self._until_gone(self.settings.close_ms + 1_000)
        for query in list(self._queries):
            query.cancel()
        await asyncio.gather(*self._queries, return_exceptions=True)

    async def _say_goodbye(self) -> None:
        deadline = time_text(time.time_ns() + self.settings.going_away_ms * 1_000_000)
        said = session_wire.GoingAway(self.settings.reconnect_after_ms, deadline)
        away = frames.text_frame(self.session_event("going_away", said))
        for connection in list(self._connections):
            connection.send_frame(away)
        await self._until_gone(self.settings.going_away_ms)

    async def _until_gone(self, wait_ms: int) -> None:
        deadline = time.monotonic() + wait_ms / 1000
        while self._connections and time.monotonic() < deadline:  # noqa: ASYNC110 - the peers close, not we
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Shut the doors and store what is left.

        Best after the sequencer has closed, with `close_doors` before it: what the engine says later than this call is
        written at the next start, from the journal.
        """
        await self.close_doors()
        self._is_closed = True
        await self.history.close()
        await self.logins.close()

    def metrics(self) -> dict[str, int]:
        """Counters and gauges, by name."""
        view = self.founded_view()
        return {
            "connections": len(self._connections),
            "logged_in": sum(peer.state == session.LOGGED_IN for peer in self._connections),
            "requests": self._requests,
            "refusals": self.counters["refusals"],
            "reports": self._reports,
            "deliveries": self.counters["deliveries"],
            "closed_slow": self.counters["closed_slow"],
            "logins_refused": self.counters["logins_refused"],
            "reports_unstored": self.history.backlog,
            "stored_seq": self.history.mark,
            **(view.alarms() if view is not None else {}),
        }

    def _every(self, interval_ms: int, action: Callable[[], None]) -> None:
        """Call again and again; one timer for all connections."""
        loop = asyncio.get_running_loop()
        index = len(self._timers)

        def run() -> None:
            if not self._is_closing:
                self._timers[index] = loop.call_later(interval_ms / 1000, run)
                action()

        self._timers.append(loop.call_later(interval_ms / 1000, run))

    # ---- who comes ----------------------------------------------------------------------------------------

    def _on_upgrade(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        fault = handshake.fault_of(request, self.settings.origins)
        if fault is not None:
            return fault
        door = handshake.PATHS[request.path.decode("latin-1")]
        waiting = sum(peer.state == session.GREETED and peer.door != "market" for peer in self._connections)
        is_full = len(self._connections) >= self.settings.connections_max
        if self._is_leaving or is_full or (door != "market" and waiting >= self.settings.logins_waiting_max):
            return handshake.full()
        language = "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"
        host = request.headers["Host"]
        connection = Connection(self, door, f"C-{secrets.token_hex(8)}", host, secrets.token_hex(16), language)
        connection.said_of_address = self.settings.proxies.said(request.headers)
        response = WSUpgradeResponse.create_101_response(handshake.accepted_headers(request))
        return WSUpgradeResponseWithListener(response, Listener(connection))

    def line_to(self, socket: asyncio.Transport) -> asyncio.Transport:
        """What a peer is written to: its socket, in a rehearsal market with the faults between."""
        return self.make_line(socket) if self.settings.env == rehearsal.ENV else socket

    def greet(self, connection: Connection) -> None:
        """A connection stands: the server speaks first."""
        self._connections.add(connection)
        hello = session_wire.Hello(
            self.settings.env,
            connection.host,
            connection.connection_id,
            connection.nonce,
            self.now_text(),
            [wire.PROTOCOL_VERSION],
            ["zh", "en"],
        )
        connection.send_frame(frames.text_frame(self.session_event("hello", hello)))
        same_address = sum(peer.address == connection.address for peer in self._connections)
        if same_address > self.settings.connections_per_address_max:
            connection.refuse(None, Refused(reasons.SESSION_LIMIT))
            connection.end(session.OVER_LIMIT)

    def forget(self, connection: Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        self.heart.forget(connection)
        self.sessions.forget(connection)
        self.resuming.forget(connection)
        self.leave_channels(connection)

    def _log_in(self, connection: Connection, request: wire.SessionAuth) -> None:
        if connection.state != session.GREETED or connection.key_id:
            raise Refused(reasons.ALREADY_AUTHENTICATED)
        params = request.params
        if params.language is not msgspec.UNSET:
            connection.language = params.language
        try:
            key_id, web_session = self._identify(connection, params)
            accounts, scopes, operator = self._judge_login(connection, key_id, bool(web_session))
            owners = self.capacity.owners_of(accounts)
            self.capacity.check_connections_of(key_id, connection.door, owners)
        except Refused:
            self.counters["logins_refused"] += 1
            raise
        connection.key_id, connection.web_session = key_id, web_session
        if params.heartbeat_ms is not UNSET:
            self.heart.pace(connection, params.heartbeat_ms)
        connection.grant(accounts, scopes, operator, owners)
        if params.cancel_on_disconnect is UNSET:
            self.welcome(connection, request.id)
            return
        try:
            self.sessions.log_in(connection, request, params.cancel_on_disconnect)
        except Refused:
            connection.forget_login()
            raise

    def welcome(
        self, connection: Connection, request_id: str | int, cancels: session_wire.CancelSession | None = None
    ) -> None:
        """The login is accepted: say where things stand."""
        connection.logged_in()
        connection.reply(request_id, self.resuming.welcome(connection, cancels))

    def _identify(self, connection: Connection, params: wire.SessionAuthParams) -> tuple[str, str]:
        """(key or person, the browser's session) of who logs in, proven by a ticket or a signature. Raises `Refused`."""
        if params.ticket is not UNSET:
            found = self.logins.redeem(params.ticket, connection.door)
            return found.name, found.number
        if params.key_id is UNSET or params.signature is UNSET:
            raise Refused(reasons.INVALID_FIELD, "key_id" if params.key_id is UNSET else "signature")
        if params.nonce is not msgspec.UNSET and params.nonce != connection.nonce:
            raise Refused(reasons.NONCE_USED, "nonce")
        view, key_id = self.view(), params.key_id
        text = session.login_text(
            self.settings.env, connection.host, connection.connection_id, connection.nonce, key_id
        )
        if connection.door == "ops":
            public_key = next((found.public_key for found in view.operators() if found.person == key_id), b"")
        else:
            rehearsal.check_key(self.settings.env, key_id)
            key = view.key(key_id)
            public_key = key.public_key if key is not None else b""
        if not session.is_signed(public_key, params.signature, text):
            raise Refused(reasons.BAD_SIGNATURE)
        return key_id, ""

    def _judge_login(
        self, connection: Connection, key_id: str, is_browser: bool
    ) -> tuple[dict[str, int], tuple[str, ...], int]:
        """(accounts, scopes, operator number) of who has shown to be the one. Raises `Refused`."""
        view = self.view()
        if connection.door == "ops":
            person = next(found for found in view.operators() if found.person == key_id)
            return {}, _OPERATOR_SCOPES, person.number
        rights = self.access.let_in(connection, key_id, is_browser)
        return rights.accounts, rights.scopes, 0

    # ---- asking -------------------------------------------------------------------------------------------

    def ask(self, connection: Connection, request_id: str | int, command: commands.AnyCommand) -> None:
        """Send a command on its way; its answer comes with its batch. Raises `Refused` where there is no room."""
        assert self._sequencer is not None, "doors open after the sequencer is attached"
        if connection.in_flight >= self._requests_in_flight_max:
            raise Refused(reasons.RATE_LIMITED, limit=self._requests_in_flight_max)
        if self.is_throttled:
            self.capacity.check_rate(connection, command)
        if self._is_closing or not self._sequencer.submit_nowait(command, Asked(connection, request_id)):
            raise Refused(reasons.OVERLOADED)
        connection.in_flight += 1
        self._requests += 1

    def tell_engine(self, command: commands.AnyCommand) -> bool:
        """Send a command of the gateway's own on its way; False where there is no room."""
        return self._sequencer is not None and self._sequencer.submit_nowait(command)

    def has_room_to_query(self, connection: Connection) -> bool:
        """Whether another question of this connection may wait for a store."""
        return connection.queries < self.settings.queries_in_flight_max

    def query(self, connection: Connection, request_id: str | int, work: Coroutine[Any, Any, None]) -> None:
        """Answer a question that waits for a store, in a task of its own. Raises `Refused` when too many wait."""
        if not self.has_room_to_query(connection):
            work.close()
            raise Refused(reasons.RATE_LIMITED, limit=self.settings.queries_in_flight_max)
        connection.queries += 1
        task = asyncio.get_running_loop().create_task(self._run_query(connection, request_id, work))
        self._queries.add(task)
        task.add_done_callback(self._queries.discard)

    async def _run_query(self, connection: Connection, request_id: str | int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refused as refused:
            connection.refuse(request_id, refused)
        except Exception as error:
            # A read has failed, nothing was decided by it: the asker is told, the evidence goes to the log.
            ref = f"E-{secrets.token_hex(6)}"
            _log.error("query_failed", ref=ref, door=connection.door, error=repr(error), exc_info=error)
            connection.refuse(request_id, Refused(reasons.INTERNAL), ref=ref)
        finally:
            connection.queries -= 1

    # ---- channels -----------------------------------------------------------------------------------------

    def is_public(self, channel: str) -> bool:
        """Whether there is such a public channel."""
        if not self._public:
            self._public = set(self.feed.channels())
        return channel in self._public

    def follow_exec(self, connection: Connection, account: int) -> None:
        """Send this account's reports to the connection from now on."""
        if account not in connection.exec_accounts:
            connection.exec_accounts.add(account)
            self._exec_followers.setdefault(account, []).append(connection)

    def unfollow_exec(self, connection: Connection, account: int) -> None:
        """Send them no longer."""
        if account in connection.exec_accounts:
            connection.exec_accounts.discard(account)
            followers = self._exec_followers[account]
            followers.remove(connection)
            if not followers:
                del self._exec_followers[account]

    def follow_public(self, connection: Connection, channels: frozenset[str]) -> None:
        """The connection follows exactly these public channels from now on."""
        if connection.public:
            audience = self._audiences[connection.public]
            audience.discard(connection)
            if not audience:
                del self._audiences[connection.public]
        connection.public = channels
        if channels:
            self._audiences.setdefault(channels, set()).add(connection)

    def leave_channels(self, connection: Connection) -> None:
        """The connection follows nothing any more."""
        connection.awaited.clear()
        for account in list(connection.exec_accounts):
            self.unfollow_exec(connection, account)
        self.follow_public(connection, frozenset())

    def last_seqs(self, connection: Connection) -> dict[str, int]:
        """Last channel seq of everything the connection follows."""
        last = {channel: self.feed.last_seq(channel) for channel in sorted(connection.public)}
        for account in sorted(connection.exec_accounts):
            last[f"exec.{self.directory.accounts[account]}"] = self.reports.last_seqs[account]
        return last

    def _flush_feed(self) -> None:
        """Say what is new on the public channels; everyone who follows the same channels gets the same bytes."""
        heard = frozenset[str]().union(*self._audiences)
        fresh = self.feed.flush(time.time_ns(), heard)
        said = [(channel, frames.text_frame(event)) for channel, event in fresh if channel in heard]
        if not said:
            return
        for channels, audience in list(self._audiences.items()):
            theirs = [pair for pair in said if pair[0] in channels]
            if not theirs:
                continue
            joined = b"".join([frame for _, frame in theirs])
            for connection in list(audience):
                connection.send_public(joined, theirs)
            self.counters["deliveries"] += len(theirs) * len(audience)

    def _beat(self) -> None:
        if self.founded_view() is not None:
            self.logins.sweep()
        self.heart.beat()

    def session_event(self, kind: str, data: Any) -> bytes:
        """One event about the connection itself, in bytes."""
        view = self.founded_view()
        seq = view.day().seq if view is not None else 0
        return encode(wire.Event("$session", kind, seq, self.now_text(), data))

    def tell_operators(self, kind: str, data: Any) -> None:
        """Say something unasked to every operator who is logged in."""
        frame = frames.text_frame(self.session_event(kind, data))
        for connection in list(self._connections):
            if connection.door == "ops" and connection.state == session.LOGGED_IN:
                connection.send_frame(frame)

    # ---- one write a turn ---------------------------------------------------------------------------------

    def flush_soon(self, connection: Connection) -> None:
        """The connection has something to say at the end of this loop turn."""
        self._dirty.append(connection)
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            connection.flush()

    # ---- reading ------------------------------------------------------------------------------------------

    def connections(self) -> list[Connection]:
        """Everyone who is there."""
        return list(self._connections)

    def founded_view(self) -> MarketView | None:
        """The market, if there is one yet."""
        return self._view if self._view is not None and self._view.is_founded else None

    def view(self) -> MarketView:
        """The market. Raises `Refused` ENGINE_RECOVERING before there is one."""
        found = self.founded_view()
        if found is None:
            raise Refused(reasons.ENGINE_RECOVERING)
        return found

    def now_text(self) -> str:
        """The wall clock."""
        return time_text(time.time_ns())

    def market_time(self) -> str:
        """The time of the last entry."""
        return time_text(self.view().day().at_ns)

    def open_orders(self, account: int) -> list[wire.OrderState]:
        """An account's open orders, oldest first."""
        return [self.order_state(order) for order in self.view().open_orders(account)]

    def order_state(self, order: OrderView) -> wire.OrderState:
        """An open order in the words of the wire."""
        instrument = self.directory.instruments[order.instrument]
        return wire.OrderState(
            f"O-{order.order}",
            order.client_order_id,
            self.directory.accounts[order.account],
            instrument.code,
            SIDES[order.side],
            TIMES_IN_FORCE[order.time_in_force],
            price_text(order.price_ticks, instrument.tick_fen),
            order.tonnes,
            order.cum,
            order.leaves,
            "partially_filled" if order.cum else "new",
            average_text(order.amount_fen, order.cum) if order.cum else "",
        )


_ORDER_COMMANDS: Final = frozenset(
    (
        commands.PlaceOrder,
        commands.CancelOrder,
        commands.ReplaceOrder,
        commands.CancelAll,
        commands.PlaceBid,
        commands.WithdrawBid,
    )
)
_QUIET: Final = "gateway"  # picows' logger: its records go where the process' logging sends them
