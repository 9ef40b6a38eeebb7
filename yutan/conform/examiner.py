"""Between the exchange's door and the client under examination: sees what both say, and lets an exercise meddle with it.

It stands inside a real exchange of the environment `sandbox`: requests are noted before they are carried out, and what the
exchange says passes a `Line` on which it may be lost, changed or said twice.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from gateway import rehearsal
from gateway.connection import Connection
from gateway.members import asked_of
from gateway.protocol import quick, wire
from gateway.protocol.codec import Refused
from gateway.rehearsal import Message
from gateway.server import Gateway

NOTES_MAX: Final = 200_000  # a client that sends more is not examined any further


class TooBusy(Exception):
    """The client sends more than can be noted."""


class Asked(NamedTuple):
    """One request of the client. order: what an order.place asks for, but for its id; None for all other methods."""

    number: int
    at: float
    line: "ExaminedLine"
    request_id: str | int
    method: str
    params: Any
    client_order_id: str = ""
    order: tuple[Any, ...] | None = None


class ExaminedLine(rehearsal.Line):
    """The way to the client's connection, on which the present exercise may meddle."""

    def __init__(self, socket: asyncio.Transport, examiner: "Examiner") -> None:
        super().__init__(socket)
        self._examiner = examiner
        self.connection: Connection | None = None
        self.is_in = False
        self.channels: set[str] = set()

    def pass_on(self, message: Message) -> Iterable[Message]:
        """What the exercise makes of it."""
        return [said for passed in super().pass_on(message) for said in self._examiner.hear(self, passed)]


Trap = Callable[[ExaminedLine, Message, Asked | None], list[Message] | None]


class Examiner:
    """What the client asked and was told.

    `trap` is the exercise's hand on what is said, and returns None for what may pass; `gate` has a request refused.
    """

    def __init__(self, gateway: Gateway, has_ended: Callable[[], bool]) -> None:
        self._has_ended = has_ended
        self.lines: list[ExaminedLine] = []
        self.notes: list[Asked] = []
        self.trap: Trap | None = None
        self.gate: Callable[[Asked], int] | None = None
        self.is_shut = False
        self.malformed: list[str] = []
        self.conflicts: list[str] = []
        self._open: dict[tuple[int, str | int], Asked] = {}
        self._bodies: dict[str, tuple[Any, ...]] = {}
        self._news = asyncio.Event()
        gateway.make_line = self._connected
        for kind, handler in list(gateway.handlers.items()):
            gateway.handlers[kind] = self._watched(handler)

    def _connected(self, socket: asyncio.Transport) -> asyncio.Transport:
        line = ExaminedLine(socket, self)
        self.lines.append(line)
        if self.is_shut:
            socket.abort()
        self._news.set()
        return line

    def _watched(self, handler: Callable[[Connection, Any], None]) -> Callable[[Connection, Any], None]:
        def watched(connection: Connection, request: Any) -> None:
            line = connection.line
            if isinstance(line, ExaminedLine):
                line.connection = connection
                reason = self._note(line, request)
                if reason:
                    raise Refused(reason)
            handler(connection, request)

        return watched

    # ---- what the client says -----------------------------------------------------------------------------

    def _note(self, line: ExaminedLine, request: Any) -> int:
        """Note a request; the reason for which the exercise has it refused, 0 for none."""
        if len(self.notes) >= NOTES_MAX:
            raise TooBusy(f"more than {NOTES_MAX} requests")
        asked = _read(len(self.notes), line, request)
        self.notes.append(asked)
        self._open[id(line), asked.request_id] = asked
        if asked.order is not None and self._bodies.setdefault(asked.client_order_id, asked.order) != asked.order:
            self.conflicts.append(asked.client_order_id)
        self._news.set()
        return self.gate(asked) if self.gate is not None else 0

    def asked(self, method: str, since: int = 0) -> list[Asked]:
        """Requests of this method, from the note of this number on."""
        return [note for note in self.notes[since:] if note.method == method]

    # ---- what it is told ----------------------------------------------------------------------------------

    def hear(self, line: ExaminedLine, message: Message) -> list[Message]:
        """The exchange says something: note it, and let the exercise decide what becomes of it."""
        asked = None
        if "ch" not in message:
            asked = self._open.pop((id(line), message["id"]), None)
            self._note_reply(line, message, asked)
        self._news.set()
        said = self.trap(line, message, asked) if self.trap is not None else None
        return [message] if said is None else said

    def _note_reply(self, line: ExaminedLine, message: Message, asked: Asked | None) -> None:
        error = message.get("error")
        if error is not None and error["code"] // 1000 == 1 and asked is None:
            self.malformed.append(f"{error['name']} {error['data'].get('field', '')}".rstrip())
        if asked is not None and error is None:
            if asked.method in ("session.auth", "session.resume"):
                line.is_in = True
            if asked.method in ("subscribe", "session.resume"):
                line.channels |= {row["channel"] for row in message["result"]["subscribed"]}

    # ---- waiting ------------------------------------------------------------------------------------------

    @property
    def line(self) -> ExaminedLine | None:
        """The newest connection that is logged in and open."""
        return next((line for line in reversed(self.lines) if line.is_in and not line.is_closing()), None)

    async def until(self, happened: Callable[[], Any], patience_s: float) -> bool:
        """Wait until something holds; False where patience ends before."""
        deadline = time.monotonic() + patience_s
        while not happened():
            left = deadline - time.monotonic()
            if left <= 0 or self._has_ended():
                return False
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), min(left, 0.1))
            except TimeoutError:
                continue
        return True


def _read(number: int, line: ExaminedLine, request: Any) -> Asked:
    now = time.monotonic()
    if type(request) is wire.OrderPlace:
        request = asked_of(request.id, request.params)
    if type(request) is quick.Place:
        order = (
            request.account,
            request.instrument,
            request.side,
            request.price,
            request.quantity,
            request.time_in_force,
            request.post_only,
        )
        return Asked(number, now, line, request.id, "order.place", None, request.client_order_id, order)
    if type(request) is quick.Cancel:
        return Asked(number, now, line, request.id, "order.cancel", None, request.client_order_id)
    named = getattr(request.params, "client_order_id", "")
    method = str(request.__struct_config__.tag)
    return Asked(number, now, line, request.id, method, request.params, named if isinstance(named, str) else "")
