"""Going on with a session after its connection was lost: one message instead of login, subscriptions and replays.

A welcome carries a token. Within `resume_ms` of the loss a new connection may name session and token, once, and has the
same key, language and order session again, and of each channel what came after the seq that it has. Nothing of this is
journaled: after a restart, or later, one logs in, and private streams go on by `subscribe` with their last seqs.
"""

import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from engine.core import phases, reasons
from gateway.connection import Connection
from gateway.protocol import session, session_wire
from gateway.protocol.codec import Refused
from gateway.protocol.times import day_text

if TYPE_CHECKING:
    from gateway.server import Gateway

_MS_NS: Final = 1_000_000


class _Session:
    """One login of the trade door, as long as it may be gone on with."""

    def __init__(self, connection: Connection, token: str) -> None:
        self.connection = connection  # that has it, or had it last
        self.token = token
        self.lost_ns = 0  # 0: the connection is there


class ResumeDesk:
    """Which sessions may be gone on with. Bounded: those that are connected, and `resumable_sessions_max` lost ones."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._sessions: dict[str, _Session] = {}
        self._lost: dict[str, None] = {}  # session ids, the one lost first at the front
        gateway.handlers[session_wire.SessionResume] = self._resume

    def welcome(
        self, connection: Connection, cancels: session_wire.CancelSession | None = None
    ) -> session_wire.Welcome:
        """What a login is answered with."""
        return session_wire.Welcome(**self._standing(connection, cancels))

    def _standing(self, connection: Connection, cancels: session_wire.CancelSession | None) -> dict[str, Any]:
        """Where things stand, and a fresh token to come back with."""
        gateway, day = self._gateway, self._gateway.view().day()
        token = ""
        if connection.door == "trade" and not connection.web_session:  # a page has its own way back: another ticket
            token = secrets.token_hex(16)
            self._sessions[connection.session_id] = _Session(connection, token)
        seqs = gateway.reports.last_seqs
        return {
            "session_id": connection.session_id,
            "key_id": connection.key_id,
            "accounts": sorted(connection.accounts),
            "scopes": list(connection.scopes),
            "language": connection.language,
            "env": gateway.settings.env,
            "trading_day": day_text(day.trading_day),
            "phase": phases.NAMES[day.phase],
            "last_seqs": {f"exec.{code}": seqs[number] for code, number in sorted(connection.accounts.items())},
            "resume_token": token,
            "resume_ms": gateway.settings.resume_ms if token else 0,
            "heartbeat_ms": connection.heartbeat_ms or gateway.settings.heartbeat_ms,
            "cancel_on_disconnect": cancels,
        }

    def leave(self, connection: Connection) -> None:
        """The peer has logged out: nobody goes on with that."""
        if self._is_holder(connection):
            del self._sessions[connection.session_id]

    def forget(self, connection: Connection) -> None:
        """The socket is gone."""
        if not self._is_holder(connection):
            return
        found = self._sessions[connection.session_id]
        found.lost_ns = time.monotonic_ns()
        self._lost[connection.session_id] = None
        oldest_ns = found.lost_ns - self._gateway.settings.resume_ms * _MS_NS
        while self._lost:
            first = next(iter(self._lost))
            is_kept = len(self._lost) <= self._gateway.settings.resumable_sessions_max
            if is_kept and self._sessions[first].lost_ns >= oldest_ns:
                break
            self._drop(first)

    def _is_holder(self, connection: Connection) -> bool:
        found = self._sessions.get(connection.session_id)
        return found is not None and found.connection is connection

    def _drop(self, session_id: str) -> None:
        del self._sessions[session_id]
        self._lost.pop(session_id, None)

    def _claim(self, session_id: str, token: str) -> Connection:
        """Who had the session until now; it can be claimed once. Raises `Refused` for a wrong token, and for one too late."""
        found = self._sessions.get(session_id)
        if found is None or not hmac.compare_digest(found.token.encode(), token.encode()):
            raise Refused(reasons.RESUME_EXPIRED)
        lost_ms = (time.monotonic_ns() - found.lost_ns) // _MS_NS if found.lost_ns else 0
        self._drop(session_id)
        if lost_ms > self._gateway.settings.resume_ms:
            raise Refused(reasons.RESUME_EXPIRED, limit=self._gateway.settings.resume_ms, actual=lost_ms)
        return found.connection

    def _resume(self, connection: Connection, request: session_wire.SessionResume) -> None:
        if connection.state != session.GREETED or connection.key_id:
            raise Refused(reasons.ALREADY_AUTHENTICATED)
        params, gateway = request.params, self._gateway
        before = self._claim(params.session_id, params.resume_token)
        if before.state == session.ENDED:
            gateway.capacity.check_connections_of(before.key_id, "trade", before.owners)
        rights = gateway.access.let_in(connection, before.key_id, bool(before.web_session))
        connection.grant(rights.accounts, rights.scopes, 0, gateway.capacity.owners_of(rights.accounts))
        connection.key_id, connection.language = before.key_id, before.language
        cancels = gateway.sessions.go_on(connection, before.order_session)
        if before.order_session and cancels is None:  # its orders were canceled: that must not go by unnoticed
            connection.forget_login()
            raise Refused(reasons.RESUME_EXPIRED, "cancel_on_disconnect")
        before.end(session.REPLACED)
        connection.session_id = before.session_id
        connection.logged_in()
        gateway.heart.pace(connection, before.heartbeat_ms)
        standing = self._standing(connection, cancels)
        last_seqs: dict[str, int | None] = {} if params.last_seqs is UNSET else dict(params.last_seqs)
        made = gateway.subscriptions.follow(connection, last_seqs, is_same_life=True)
        connection.reply(
            request.id, session_wire.SessionResumed(subscribed=made.accepted, refused=made.refused, **standing)
        )
        gateway.subscriptions.begin(connection, request.id, made)
