"""Logins at the websocket doors: the holder of a key gets a code, and a browser's connection ends with its session."""

from typing import TYPE_CHECKING

from engine.core import reasons
from gateway.connection import Connection
from gateway.logins.desk import Door
from gateway.protocol import login_wire as lw
from gateway.protocol.codec import Refused
from gateway.protocol.times import time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class LoginDesk:
    """Answers `login.code`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.logins.view = gateway.view
        gateway.logins.is_good = gateway.access.is_good
        gateway.logins.on_end = gateway.end_web_session
        gateway.handlers[lw.LoginCode] = self._code

    def _code(self, connection: Connection, request: lw.LoginCode) -> None:
        if connection.web_session:  # whoever has taken a browser over shall not be able to stay
            raise Refused(reasons.NOT_PERMITTED)
        door: Door = "ops" if connection.door == "ops" else "trade"
        code, until_ns = self._gateway.logins.new_code(door, connection.key_id)
        connection.reply(request.id, lw.LoginCodeView(door, connection.key_id, code, time_text(until_ns)))
