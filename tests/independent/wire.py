"""A connection to the exchange as docs/protocol.md describes it: sections "Login", "Requests and replies" and "Channels"."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect

REPLY_S: Final = 120.0
Message = dict[str, Any]
OnEvent = Callable[[str, Message], None]  # the raw text and what it says


class Gone(Exception):
    """The connection is no more; what was asked and not answered has an unknown outcome."""


class Refused(Exception):
    """The exchange said no."""

    def __init__(self, error: Message) -> None:
        super().__init__(f"{error['code']} {error['name']}: {error['message']} {error['data']}")
        self.code: int = error["code"]
        self.name: str = error["name"]
        self.data: Message = error["data"]


class Wire:
    """One connection after hello. Replies find their request by its id, events go to `on_event` in their order."""

    def __init__(self, socket: ClientConnection, hello: Message, on_event: OnEvent) -> None:
        self.hello = hello
        self.welcome: Message = {}
        self._socket = socket
        self._on_event = on_event
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._fault: BaseException | None = None
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def open(cls, host: str, door: str, on_event: OnEvent = lambda raw, event: None) -> "Wire":
        """Connect to a door and hear hello. Raises `Gone`."""
        try:
            socket = await connect(f"ws://{host}/ws/v1/{door}", compression=None, max_size=2**26, max_queue=None)
        except (OSError, EOFError, TimeoutError, websockets.WebSocketException) as error:
            raise Gone(repr(error)) from error
        try:
            hello = json.loads(await socket.recv())["data"]
        except (OSError, websockets.WebSocketException) as error:
            raise Gone(repr(error)) from error
        return cls(socket, hello, on_event)

    @classmethod
    async def log_in(
        cls,
        host: str,
        door: str,
        key_id: str,
        key: Ed25519PrivateKey,
        on_event: OnEvent = lambda raw, event: None,
        **wanted: Any,
    ) -> "Wire":
        """Connect and log in; `wanted`: further params of session.auth. Raises `Gone` or `Refused`."""
        wire = await cls.open(host, door, on_event)
        text = "|".join((wire.hello["env"], host, wire.hello["connection_id"], wire.hello["nonce"], key_id))
        signature = key.sign(text.encode()).hex()
        try:
            wire.welcome = await wire.call("session.auth", key_id=key_id, signature=signature, language="en", **wanted)
        except BaseException:
            await wire.close()
            raise
        return wire

    @classmethod
    async def resume(cls, host: str, welcome: Message, on_event: OnEvent, last_seqs: dict[str, int]) -> "Wire":
        """Connect and go on with the session of an earlier connection. Raises `Gone`, or `Refused`: then log in."""
        wire = await cls.open(host, "trade", on_event)
        token = welcome["resume_token"]
        try:
            wire.welcome = await wire.call(
                "session.resume", session_id=welcome["session_id"], resume_token=token, last_seqs=last_seqs
            )
        except BaseException:
            await wire.close()
            raise
        return wire

    @property
    def is_gone(self) -> bool:
        """Whether the connection has ended."""
        return self._reader.done()

    @property
    def close_code(self) -> int | None:
        """With what the server closed, if it did."""
        return self._socket.close_code

    async def gone(self) -> None:
        """Wait until the connection has ended."""
        await asyncio.wait([self._reader], timeout=REPLY_S)
        assert self._reader.done(), "the connection has not ended"

    async def call(self, method: str, **params: Any) -> Any:
        """Ask, and wait for the result. Raises `Refused` or `Gone`; TimeoutError for an exchange that hangs."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._reader.done():
            raise Gone("ended before it was asked")
        self._next_id += 1
        request_id = self._next_id
        self._waiting[request_id] = answer
        try:
            await self._socket.send(json.dumps({"id": request_id, "method": method, "params": params}))
        except (OSError, websockets.WebSocketException) as error:
            self._waiting.pop(request_id, None)
            raise Gone(repr(error)) from error
        return await asyncio.wait_for(answer, REPLY_S)

    async def close(self) -> None:
        """End the connection. Raises what the event handler raised."""
        await self._socket.close()
        await asyncio.wait([self._reader])
        if self._fault is not None:
            raise self._fault

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                assert isinstance(raw, str), "a binary frame"
                message = json.loads(raw)
                if "ch" in message:
                    self._on_event(raw, message)
                elif message["id"] is not None:
                    self._take(message)
        except (OSError, websockets.WebSocketException):
            pass
        except Exception as error:
            self._fault = error
            await self._socket.close()
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Gone("ended before it was answered"))
                    answer.exception()  # nobody may be waiting for it
            self._waiting.clear()

    def _take(self, message: Message) -> None:
        answer = self._waiting.pop(message["id"])
        if answer.done():
            return
        if "error" in message:
            answer.set_exception(Refused(message["error"]))
        else:
            answer.set_result(message["result"])
