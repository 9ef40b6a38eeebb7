"""The member door over HTTP: one signed request, one answer, by the same way as on a websocket.

A request names a method of the member door; its body is the method's `params`. It is read by the same decoder, judged by the
same handlers and answered with the same refusals: behind it stands a connection like any other, only that its socket is this
module. What lives on a connection (logins, subscriptions, cancel-on-disconnect) has no twin; of replays, the private streams have.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw

from engine.core import reasons
from gateway import rehearsal
from gateway.connection import Connection
from gateway.protocol import session, wire
from gateway.protocol.codec import Refused
from gateway.protocol.doors import DOORS
from gateway.rehearsal import payload_of, split

if TYPE_CHECKING:
    from gateway.server import Gateway

CLOCK_MS_MAX: Final = 30_000  # between the request's time and ours
NONCES_MAX: Final = 100_000
KEYS_MAX: Final = 1_000  # whose connection is kept for the next request
ANSWER_S_MAX: Final = 10.0
REPLAY: Final = "channel.replay"
_NO_TWIN: Final = frozenset(("subscribe", "unsubscribe", "channel.snapshot"))
_NONCE_CHARACTERS_MAX: Final = 64
_TEXT: Final = 0x81


def _twins() -> Iterator[str]:
    for request in DOORS["trade"].__args__:
        name = str(request.__struct_config__.tag)
        if name not in _NO_TWIN and not name.startswith("session."):
            yield name


TWINS: Final = frozenset(_twins())


class Signed(NamedTuple):
    """One request as it came. timestamp: milliseconds since 1970; signature: 128 hex digits; address: who asks."""

    method: str
    body: bytes
    host: str
    key_id: str
    timestamp: str
    nonce: str
    signature: str
    language: str
    address: str


class Answer(msgspec.Struct):
    """What the door says: a result, or an error as on a websocket."""

    id: int | None = None
    result: Raw | msgspec.UnsetType = UNSET
    error: wire.Error | msgspec.UnsetType = UNSET


class _Said(msgspec.Struct):
    """As much of a message as has to be known to hand it on."""

    id: int | msgspec.UnsetType | None = UNSET
    ch: str = ""


class _ReplayRange(msgspec.Struct):
    from_seq: int
    to_seq: int


_read_said: Final = msgspec.json.Decoder(_Said).decode
_read_answer: Final = msgspec.json.Decoder(Answer).decode
_read_range: Final = msgspec.json.Decoder(_ReplayRange).decode
_read_body: Final = msgspec.json.Decoder(dict[str, Raw]).decode


def signed_text(env: str, signed: Signed) -> bytes:
    """What the key's owner signs: market, host, key, method, time, nonce and the SHA-256 of the body."""
    digest = hashlib.sha256(signed.body).hexdigest()
    parts = (env, signed.host, signed.key_id, signed.method, signed.timestamp, signed.nonce, digest)
    return "|".join(parts).encode()


class _Desk(asyncio.Transport):
    """The socket of a key's connection: hands each reply to who waits for it, a replay's events with it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[int, asyncio.Future[Answer]] = {}
        self.replays: set[int] = set()
        self.current = 0  # the request that is read now; a reply without an id is its
        self._replay: Answer | None = None
        self._events: list[bytes] = []
        self._events_due = 0

    def write(self, data: Any) -> None:
        """Replies and events of the gateway."""
        for frame in split(bytes(data)):
            if frame[0] == _TEXT:
                payload = payload_of(frame)
                if _read_said(payload).ch:
                    self._on_event(payload)
                else:
                    self._on_reply(_read_answer(payload))

    def _on_reply(self, answer: Answer) -> None:
        number = self.current if answer.id is None else answer.id
        answer.id = number
        if number in self.replays and answer.result is not UNSET:
            span = _read_range(answer.result)
            self._replay, self._events, self._events_due = answer, [], span.to_seq - span.from_seq + 1
            self._finish_replay()
        else:
            self._resolve(answer)

    def _on_event(self, payload: bytes) -> None:
        if self._replay is not None:
            self._events.append(payload)
            self._finish_replay()

    def _finish_replay(self) -> None:
        answer = self._replay
        if answer is None or len(self._events) < self._events_due:
            return
        assert answer.result is not UNSET
        result = bytes(answer.result)
        answer.result = Raw(result[:-1] + b',"events":[' + b",".join(self._events) + b"]}")
        self._replay = None
        self._resolve(answer)

    def _resolve(self, answer: Answer) -> None:
        assert answer.id is not None
        waiter = self.waiting.get(answer.id)
        if waiter is not None and not waiter.done():
            waiter.set_result(answer)

    def abort(self) -> None:
        """The connection is over; who still waits does so until the time is up."""

    def is_closing(self) -> bool:
        """Never by itself."""
        return False


class _Peer(NamedTuple):
    connection: Connection
    desk: _Desk


class SignedDoor:
    """Answers signed requests. One connection is kept for each key that asks; nothing of it outlives the process."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self._nonces: OrderedDict[tuple[str, str], int] = OrderedDict()  # with the time from which they no longer count
        self._asked = 0

    @property
    def env(self) -> str:
        """The environment whose name is signed."""
        return self._gateway.settings.env

    async def ask(self, signed: Signed) -> Answer:
        """Have a request carried out. Raises `Refused` for one that is not let in; OUTCOME_UNKNOWN where no answer comes in time."""
        if signed.method not in TWINS:
            raise Refused(reasons.UNKNOWN_METHOD, "method")
        rehearsal.check_present(self.env)
        now_ms = time.time_ns() // 1_000_000
        self._check_time(signed, now_ms)
        rehearsal.check_key(self.env, signed.key_id)
        key = self._gateway.view().key(signed.key_id)
        if key is None or not session.is_signed(key.public_key, signed.signature, signed_text(self.env, signed)):
            raise Refused(reasons.BAD_SIGNATURE)
        rights = self._gateway.access.rights_of(signed.key_id, signed.address)
        self._use_nonce(signed, now_ms)
        try:
            _read_body(signed.body)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise Refused(reasons.MALFORMED_JSON) from error
        peer = self._peer(signed.key_id)
        connection = peer.connection
        connection.accounts, connection.scopes, connection.language = rights.accounts, rights.scopes, signed.language
        return await self._carry_out(peer, signed)

    async def _carry_out(self, peer: _Peer, signed: Signed) -> Answer:
        self._asked += 1
        number, desk = self._asked, peer.desk
        waiter = desk.waiting[number] = asyncio.get_running_loop().create_future()
        if signed.method == REPLAY:
            desk.replays.add(number)
        desk.current = number
        try:
            head = f'{{"id":{number},"method":"{signed.method}","params":'.encode()
            peer.connection.take_text(head + signed.body + b"}")
            peer.connection.flush()
            return await asyncio.wait_for(waiter, ANSWER_S_MAX)
        except TimeoutError as error:
            raise Refused(reasons.OUTCOME_UNKNOWN) from error
        finally:
            del desk.waiting[number]
            desk.replays.discard(number)

    def _check_time(self, signed: Signed, now_ms: int) -> None:
        is_number = signed.timestamp.isascii() and signed.timestamp.isdigit() and len(signed.timestamp) <= 15
        if not is_number:
            raise Refused(reasons.NOT_AUTHENTICATED, "timestamp")
        if not 0 < len(signed.nonce) <= _NONCE_CHARACTERS_MAX or "|" in signed.nonce:
            raise Refused(reasons.NOT_AUTHENTICATED, "nonce")
        if abs(now_ms - int(signed.timestamp)) > CLOCK_MS_MAX:
            raise Refused(
                reasons.EXPIRED_REQUEST, "timestamp", limit=CLOCK_MS_MAX, actual=now_ms - int(signed.timestamp)
            )

    def _use_nonce(self, signed: Signed, now_ms: int) -> None:
        """Each nonce counts once, for as long as its request could be sent again."""
        nonces = self._nonces
        while nonces and next(iter(nonces.values())) < now_ms:
            nonces.popitem(last=False)
        name = (signed.key_id, signed.nonce)
        if name in nonces:
            raise Refused(reasons.NONCE_USED, "nonce")
        if len(nonces) >= NONCES_MAX:
            raise Refused(reasons.OVERLOADED)
        nonces[name] = now_ms + 2 * CLOCK_MS_MAX

    def _peer(self, key_id: str) -> _Peer:
        found = self._peers.get(key_id)
        if found is None or found.connection.state == session.ENDED:
            found = self._peers[key_id] = self._new_peer(key_id)
        self._peers.move_to_end(key_id)
        if len(self._peers) > KEYS_MAX:
            self._drop_an_idle_one()
        return found

    def _drop_an_idle_one(self) -> None:
        for key_id, peer in self._peers.items():
            if not peer.desk.waiting:
                del self._peers[key_id]
                return

    def _new_peer(self, key_id: str) -> _Peer:
        connection = Connection(self._gateway, "trade", f"H-{secrets.token_hex(8)}", "", "", "zh")
        desk = _Desk()
        connection.stand_on(desk)
        connection.key_id = key_id
        connection.logged_in()
        return _Peer(connection, desk)
