"""Requests of one connection and their answers: numbered, in flight until answered, lost with the connection.

What is asked is elsewhere (`member_calls`, `operator_calls` and the parts of a client); how a connection is made
and kept, in `client`.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET

from engine.core import reasons
from gateway.protocol import wire
from yutan.answers import ConnectionLost, Limits, Refused
from yutan.following import Incoming
from yutan.inquiries import error_of
from yutan.link import Link

T = TypeVar("T")
Answer = Callable[[bytes | Exception], None]
encode: Final = msgspec.json.Encoder().encode


class Asking:
    """The requests under way. `limits`: what the last reply said is left of the rates that the exchange limits."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._language = "zh"
        self._answer_s: float | None = None  # how long an answer is waited for
        self._link: Link | None = None
        self._next_id = 0
        self._answers: dict[int, Answer] = {}
        self._room = asyncio.Event()
        self._sim: wire.Simulate | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection now."""
        return self._link is not None and self._link.is_open

    @property
    def in_flight(self) -> int:
        """Requests without an answer yet."""
        return len(self._answers)

    async def wait_room(self, in_flight_max: int) -> None:
        """Wait until fewer than so many requests are under way. Raises `ConnectionLost`."""
        while len(self._answers) >= in_flight_max:
            if not self.is_connected:
                raise self._lost()
            self._room.clear()
            await self._room.wait()

    def simulate(self, faults: wire.Simulate) -> None:
        """Have this go wrong with the next request, in a rehearsal market (elsewhere it is refused)."""
        self._sim = faults

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(*(self._link.close if self._link is not None else (0, "")))

    async def _ask(self, kind: Callable[..., wire.Request], params: Any, result: type[T]) -> T:
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def answer(said: bytes | Exception) -> None:
            if not waiter.done():
                if isinstance(said, bytes):
                    waiter.set_result(said)
                else:
                    waiter.set_exception(said)

        self._send(kind, params, answer)
        try:
            async with asyncio.timeout(self._answer_s):
                said = await waiter
        except TimeoutError as error:
            raise Refused(error_of(reasons.OUTCOME_UNKNOWN, "", self._language)) from error
        return msgspec.json.decode(said, type=result)

    def _send(self, kind: Callable[..., wire.Request], params: Any, answer: Answer) -> None:
        if self._link is None or not self._link.is_open:
            raise self._lost()
        self._next_id += 1
        self._answers[self._next_id] = answer
        request = kind(id=self._next_id) if params is UNSET else kind(id=self._next_id, params=params)
        if self._sim is not None:
            request.sim, self._sim = self._sim, None
        self._link.send(encode(request))

    def _on_reply(self, said: Incoming) -> None:
        if said.limits is not UNSET:
            self.limits = said.limits
        answer = self._answers.pop(said.id, None) if type(said.id) is int else None
        if answer is not None:
            self._room.set()
            answer(bytes(said.result) if said.error is UNSET else Refused(said.error))  # type: ignore[arg-type]

    def _lose_all(self, lost: ConnectionLost) -> None:
        """The connection is gone, and with it the answers to what is under way."""
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer(lost)
        self._room.set()
