"""Heartbeats: one timer for all connections, and one of its own for each that asked for another interval at its login."""

import asyncio
from typing import TYPE_CHECKING

from engine.core import phases
from gateway.connection import Connection
from gateway.protocol import frames, session, session_wire

if TYPE_CHECKING:
    from gateway.server import Gateway


class Heart:
    """Says to each connection what it must have heard by now, and closes who is silent or stuck."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._paced: dict[Connection, asyncio.TimerHandle] = {}

    def pace(self, connection: Connection, interval_ms: int) -> None:
        """Beat for this connection at its own interval from now on; 0: with all others."""
        self.forget(connection)
        connection.heartbeat_ms = interval_ms
        if interval_ms:
            self._arm(connection)

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""
        timer = self._paced.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """No beat any more."""
        for connection in list(self._paced):
            self.forget(connection)

    def beat(self) -> None:
        """A heartbeat to everyone without an interval of its own; on the public door with a ping, which browsers answer."""
        shared: dict[frozenset[str], bytes] = {}
        for connection in self._gateway.connections():
            if connection.heartbeat_ms:
                continue
            self._look_at(connection)
            if connection.exec_accounts:
                connection.send_frame(self._frame(connection))
                continue
            frame = shared.get(connection.public)
            if frame is None:
                frame = shared[connection.public] = self._frame(connection)
            connection.send_frame(frame)
            if connection.door == "market":
                connection.send_frame(frames.PING)

    def _arm(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        self._paced[connection] = loop.call_later(connection.heartbeat_ms / 1000, self._beat_one, connection)

    def _beat_one(self, connection: Connection) -> None:
        self._arm(connection)
        self._look_at(connection)
        connection.send_frame(self._frame(connection))

    def _look_at(self, connection: Connection) -> None:
        """End it where it is silent or stuck, or where its key has come to an end."""
        connection.beat()
        if connection.until_ns and self._gateway.access.is_late(connection):
            connection.end(session.ACCESS_LOST)

    def _frame(self, connection: Connection) -> bytes:
        gateway = self._gateway
        view = gateway.founded_view()
        phase = phases.NAMES[view.day().phase if view is not None else 0]
        beat = session_wire.Heartbeat(gateway.last_seqs(connection), phase)
        return frames.text_frame(gateway.session_event("heartbeat", beat))
