"""One socket: frames in, requests out; what is to be said gathers in a bounded outbox and leaves in one write a loop turn.

Private words are never dropped: a peer that does not keep up is closed with 4008 and resumes by seq. Public channels are
conflated first: while the kernel takes nothing, only what cannot be made again (trades) is kept, and of the other channels
a fresh snapshot follows once there is room.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, final

from msgspec import UNSET
from mypy_extensions import mypyc_attr
from picows import WSMsgType, WSTransport

from engine.core import reasons
from gateway import rehearsal
from gateway.protocol import frames, quick, session, session_wire, wire
from gateway.protocol.codec import BadRequest, NotText, Refused, RequestDecoder, encode, refusal
from gateway.protocol.times import time_ns

if TYPE_CHECKING:
    from gateway.server import Gateway

_FRAGMENTS_MAX: Final = 64
_REFUSALS_THAT_CLOSE: Final = frozenset(
    (
        reasons.BAD_SIGNATURE,
        reasons.NONCE_USED,
        reasons.KEY_REVOKED,
        reasons.KEY_EXPIRED,
        reasons.ADDRESS_NOT_ALLOWED,
        reasons.CERTIFICATE_REQUIRED,
        reasons.CERTIFICATE_DIFFERS,
        reasons.CERTIFICATE_UNTRUSTED,
        reasons.CERTIFICATE_EXPIRED,
        reasons.CERTIFICATE_REVOKED,
        reasons.CERTIFICATE_INVALID,
        reasons.TICKET_INVALID,
        reasons.WRONG_ENVIRONMENT,
    )
)
_TEXT: Final = WSMsgType.TEXT
_CLOSE: Final = WSMsgType.CLOSE
_WRITE_BYTES: Final = 65_536  # so much is written before the turn ends: a copy of all accounts hears megabytes in one
_ENDED: Final = session.ENDED
_GREETED: Final = session.GREETED
_BEFORE_LOGIN: Final = frozenset(
    (
        wire.SessionAuth,
        session_wire.SessionResume,
        wire.SessionPing,
        wire.SessionStatus,
        wire.SessionLogout,
        wire.TimeGet,
        wire.ReferenceGet,
    )
)


DROP_COPY: Final = "drop_copy"  # a key's scope
_OF_COPIES: Final = frozenset(
    (
        wire.InstrumentList,
        wire.PhaseGet,
        wire.Subscribe,
        wire.Unsubscribe,
        wire.ChannelSnapshot,
        wire.ChannelReplay,
        wire.OrderGet,
        wire.OrderList,
        wire.TradeGet,
        wire.AccountCash,
        wire.AccountAllowances,
    )
)


@mypyc_attr(acyclic=True)  # nothing that a connection keeps; the collector need not walk those under way
@final
class Asked:
    """Who asked for a command: travels through the sequencer and comes back with what the command caused."""

    __slots__ = ("connection", "request_id")

    def __init__(self, connection: "Connection", request_id: str | int) -> None:
        self.connection = connection
        self.request_id = request_id


@final
class Connection:
    """One peer. All its state is here; the gateway holds only sets of connections."""

    def __init__(self, gateway: "Gateway", door: str, connection_id: str, host: str, nonce: str, language: str) -> None:
        self.door = door
        self.connection_id = connection_id
        self.host = host
        self.nonce = nonce
        self.language = language
        self.address = ""
        self.said_of_address = ""  # by the proxies on its way, if any are trusted
        self.state = session.GREETED
        self.key_id = ""
        self.operator = 0
        self.accounts: dict[str, int] = {}
        self.owners: frozenset[int] = frozenset()  # the participants whose accounts these are
        self.heartbeat_ms = 0  # as it asked for; 0: as everyone's
        self._scopes: tuple[str, ...] = ()
        self.may_trade = False  # what the scopes say, asked by each order
        self.may_cancel = False
        self.is_copy = False  # reads along and does nothing
        self.session_id = connection_id  # that of an earlier connection where this one goes on with it
        self.exec_accounts: set[int] = set()
        self.awaited: set[int] = set()  # accounts whose stream is followed once what was missed has been sent
        self.public: frozenset[str] = frozenset()
        self.certificate = b""  # that the client has shown in the TLS handshake (DER)
        self.until_ns = 0  # when its key's time is over, 0: no end
        self.web_session = ""  # of the browser whose ticket opened it; "": opened by a signature
        self.order_session = 0  # that cancels on disconnect what is entered here; 0: none
        self.in_flight = 0
        self.queries = 0
        self.heard = True  # since the last heartbeat
        self.silent_beats = 0
        self.paused_beats = 0
        self._gateway = gateway
        self._settings = gateway.settings
        self._outbox_bytes_max = gateway.settings.outbox_bytes_max
        self._outbox_messages_max = gateway.settings.outbox_messages_max
        self._decoder = RequestDecoder(door)
        self._jsonrpc: Any = UNSET
        self.wants_jsonrpc = False  # its answers name the version that its requests named
        self._fragments: list[bytes] = []
        self._faults = 0
        self._pings = 0
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._is_dirty = False
        self._is_paused = False
        self._stale: set[str] = set()
        self._transport: WSTransport | None = None
        self._socket: asyncio.Transport | None = None
        self._login_timer: asyncio.TimerHandle | None = None

    # ---- the socket ---------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done: the server speaks first."""
        self._transport = transport
        self._socket = self._gateway.line_to(transport.underlying_transport)
        if isinstance(self._socket, rehearsal.Line):
            self._decoder.read_in_general()  # who examines a client stands between request and handler
        peer = self._socket.get_extra_info("peername")
        self.address = self._settings.proxies.visitor(
            str(peer[0]) if isinstance(peer, tuple) else str(peer), self.said_of_address
        )
        tls = self._socket.get_extra_info("ssl_object")
        if tls is not None:
            self.certificate = tls.getpeercert(binary_form=True) or b""
        if self.door != "market":
            loop = asyncio.get_running_loop()
            self._login_timer = loop.call_later(self._settings.login_ms / 1000, self._on_login_late)
        self._gateway.greet(self)

    def stand_on(self, socket: asyncio.Transport) -> None:
        """Write to this from now on: a connection without a websocket."""
        self._socket = socket

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self.state = session.ENDED
        self._socket = None
        self._outbox.clear()
        self._outbox_bytes = 0
        self._stop_login_timer()
        self._gateway.forget(self)

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """There is room again: first what waited, then the present state of what was conflated."""
        self._is_paused = False
        self.paused_beats = 0
        stale, self._stale = self._stale, set()
        for channel in sorted(stale & self.public):
            self.send_frame(frames.text_frame(self._gateway.feed.snapshot(channel)))
        self.flush()

    def on_ws_frame(self, transport: WSTransport, frame: Any) -> None:
        """One frame of the peer: a `WSFrame`, whose flags are numbers and not what its stub says."""
        if self.state == _ENDED:
            if frame.msg_type == _CLOSE:
                transport.disconnect()
            return
        self.heard = True
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.end(session.BAD_FRAME)
        elif frame.msg_type == _TEXT and frame.fin and not self._fragments:
            self.take_text(frame.get_payload_as_bytes())
        else:
            self._on_other_frame(transport, frame)

    def _on_other_frame(self, transport: WSTransport, frame: Any) -> None:
        kind = frame.msg_type
        if kind in (WSMsgType.PING, WSMsgType.PONG):
            self._pings += 1
            if self._pings > self._settings.pings_per_heartbeat_max:
                self.end(session.PING_FLOOD)
            elif kind == WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big")
            self.end(session.BAD_FRAME if frame.payload_size and session.is_forbidden(code) else session.PEER_LEFT)
            transport.disconnect()
        elif kind == WSMsgType.BINARY:
            self.end(session.BINARY_FRAME)
        elif (kind == WSMsgType.CONTINUATION) != bool(self._fragments):
            self.end(session.BAD_FRAME)
        else:
            self._on_fragment(frame)

    def _on_fragment(self, frame: Any) -> None:
        self._fragments.append(frame.get_payload_as_bytes())
        is_operator = self.door == "ops" and self.state == session.LOGGED_IN
        bytes_max = wire.IMPORT_BYTES_MAX if is_operator else wire.FRAME_BYTES_MAX
        if len(self._fragments) > _FRAGMENTS_MAX or sum(map(len, self._fragments)) > bytes_max:
            self.end(session.TOO_LARGE)
        elif frame.fin:
            whole = b"".join(self._fragments)
            self._fragments = []
            self.take_text(whole)

    # ---- requests -----------------------------------------------------------------------------------------

    def take_text(self, payload: bytes) -> None:
        """One request, as text of the wire."""
        try:
            request = self._decoder.read(payload)
        except BadRequest as fault:
            self._on_fault(fault)
            return
        except NotText:
            self.end(session.NOT_UTF8)
            return
        self._faults = 0
        try:
            # straight on: a look-up and a call of a bound method took a tenth of hearing an order
            if type(request) is quick.Place:
                self._check_state()
                self._gateway.members.place(self, request)
            elif type(request) is quick.Cancel:
                self._check_state()
                self._gateway.members.cancel(self, request)
            else:
                self._check(request)
                self._gateway.handlers[type(request)](self, request)
        except Refused as refused:
            self.refuse(request.id, refused)
            if refused.reason in _REFUSALS_THAT_CLOSE and self.state == _GREETED:
                self.end(session.LOGIN_REFUSED, refused.args[0])

    def _check_state(self) -> None:
        """What holds for an order, which has nothing but what it asks for. Raises `Refused`."""
        if self.state == _GREETED and self.door != "market":
            rehearsal.check_present(self._settings.env)
            raise Refused(reasons.NOT_AUTHENTICATED)

    def _check(self, request: Any) -> None:
        """What holds for every other request. Raises `Refused`."""
        if request.jsonrpc is not UNSET:
            self._jsonrpc = request.jsonrpc
            self.wants_jsonrpc = True
        if type(request) not in _BEFORE_LOGIN:
            self._check_state()
            if self.is_copy and type(request) not in _OF_COPIES:
                raise Refused(reasons.NOT_PERMITTED)
        elif type(request) is wire.SessionAuth:
            rehearsal.check_present(self._settings.env)
        if request.expires_at is not UNSET and time_ns(request.expires_at) < time.time_ns():
            raise Refused(reasons.EXPIRED_REQUEST, "expires_at")
        if request.sim is not UNSET:
            rehearsal.simulate(self._socket, request.id, request.sim)

    def _on_fault(self, fault: BadRequest) -> None:
        self.refuse(fault.request_id, fault)
        self._faults += 1
        if self._faults > self._settings.faults_in_a_row_max:
            self.end(session.TOO_MANY_FAULTS)

    def reply(self, request_id: str | int, result: Any) -> None:
        """Answer a request that was carried out."""
        answer = wire.Reply(request_id, result, self._jsonrpc)
        if self._gateway.is_throttled:
            answer.limits = self._gateway.capacity.limits_of(self)
        self.send_frame(frames.text_frame(encode(answer)))

    @property
    def line(self) -> asyncio.Transport | None:
        """What it is written to; None where the socket is gone."""
        return self._socket

    def refuse(self, request_id: str | int | None, refused: Refused, **data: Any) -> None:
        """Answer a request that was refused; `data` are further fields of ErrorData."""
        if reasons.BY_NUMBER[refused.reason].retry == "after":
            data.setdefault("retry_after_ms", self._settings.retry_after_ms)
        answer = refusal(request_id, refused, self.language, **data)
        answer.jsonrpc = self._jsonrpc
        if self._gateway.is_throttled:
            answer.limits = self._gateway.capacity.limits_of(self)
        self._gateway.counters["refusals"] += 1
        self.send_frame(frames.text_frame(encode(answer)))

    # ---- saying -------------------------------------------------------------------------------------------

    def send_frame(self, frame: bytes) -> None:
        """Put a frame into the outbox; it leaves at the end of this loop turn, or when much has gathered.

        Closes a peer that does not keep up.
        """
        if self.state == _ENDED:
            return
        self._outbox.append(frame)
        self._outbox_bytes += len(frame)
        if self._outbox_bytes >= _WRITE_BYTES and not self._is_paused:
            self.flush()
        if self._outbox_bytes > self._outbox_bytes_max or len(self._outbox) > self._outbox_messages_max:
            self.end(session.TOO_SLOW)
        elif not self._is_dirty:
            self._is_dirty = True
            self._gateway.flush_soon(self)

    def send_public(self, joined: bytes, said: list[tuple[str, bytes]]) -> None:
        """Say public events: `joined` is all of `said` in one piece, shared by everyone who follows the same channels."""
        if self.state == _ENDED:
            return
        if self._is_paused:
            for channel, frame in said:
                if channel.startswith("trades."):
                    self.send_frame(frame)
                else:
                    self._stale.add(channel)
        elif self._outbox:
            self.send_frame(joined)
        else:
            assert self._socket is not None, "an open connection has its socket"
            self._socket.write(joined)

    def flush(self) -> None:
        """Give everything in the outbox to the socket in one write."""
        self._is_dirty = False
        if self._is_paused or not self._outbox or self._socket is None:
            return
        outbox = self._outbox
        joined = outbox[0] if len(outbox) == 1 else b"".join(outbox)
        outbox.clear()
        self._outbox_bytes = 0
        self._socket.write(joined)

    def beat(self) -> None:
        """A heartbeat has passed: who is silent or stuck too long is closed."""
        self._pings = 0
        self.silent_beats = 0 if self.heard else self.silent_beats + 1
        self.heard = False
        self.paused_beats = self.paused_beats + 1 if self._is_paused else 0
        if self.paused_beats > self._settings.silent_heartbeats_max:
            self.end(session.TOO_SLOW)
        elif self.silent_beats >= self._settings.silent_heartbeats_max:
            self.end(session.SILENT)

    # ---- the end ------------------------------------------------------------------------------------------

    def logged_in(self) -> None:
        """The login was accepted."""
        self.state, _ = session.step(self.state, session.LOGIN_ACCEPTED)
        self._stop_login_timer()

    def grant(
        self, accounts: dict[str, int], scopes: tuple[str, ...], operator: int, owners: frozenset[int] = frozenset()
    ) -> None:
        """What whoever logs in may act for and do, and the participants whose accounts these are."""
        self.accounts, self.scopes, self.operator, self.owners = accounts, scopes, operator, owners

    def channels(self) -> int:
        """How many channels it follows."""
        return len(self.public) + len(self.exec_accounts) + len(self.awaited)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the key may do."""
        return self._scopes

    @scopes.setter
    def scopes(self, scopes: tuple[str, ...]) -> None:
        self._scopes = scopes
        self.may_trade = "trade" in scopes
        self.may_cancel = self.may_trade or "cancel" in scopes
        self.is_copy = DROP_COPY in scopes

    def forget_login(self) -> None:
        """The login came to nothing; another may be tried."""
        self.key_id, self.web_session = "", ""
        self.grant({}, (), 0)

    def end(self, happened: str, words: str = "") -> None:
        """Close with the code that `happened` has; what is in the outbox goes out before, unless the peer is too slow."""
        if self.state == _ENDED:
            return
        self._is_paused = False
        if happened == session.TOO_SLOW:
            words = "SLOW_FOLLOWER"  # a close frame is all that it is still told
            self._outbox.clear()
            self._gateway.counters["closed_slow"] += 1
        else:
            self.flush()
        self.state, code = session.step(self.state, happened)
        self._stop_login_timer()
        self._gateway.leave_channels(self)
        self._outbox.clear()
        self._outbox_bytes = 0
        if self._socket is not None:
            self._socket.write(frames.close_frame(code, words or happened))
            # A peer that answers our close is let go then; one that does not read loses its socket.
            asyncio.get_running_loop().call_later(self._settings.close_ms / 1000, self._drop)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.abort()

    def _on_login_late(self) -> None:
        self.end(session.LOGIN_LATE)

    def _stop_login_timer(self) -> None:
        if self._login_timer is not None:
            self._login_timer.cancel()
            self._login_timer = None
