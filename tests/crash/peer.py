"""One websocket connection to the exchange, written from the protocol alone: no code of the exchange is used here.

So what these tests see is what a stranger's program would see, and a fault in the exchange's own client hides nothing.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect

REPLY_S = 180.0
_INCOMING_BYTES_MAX = 64 * 1024 * 1024


class Gone(Exception):
    """The connection has ended; what was under way has an unknown outcome."""


class Refusal(Exception):
    """The exchange refused a request."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']} {error['name']}: {error['message']} {error.get('data')}")
        self.name: str = error["name"]
        self.order_id: str = error.get("data", {}).get("order_id", "")
        self.is_repeat: bool = error.get("data", {}).get("duplicate", False)


class Peer:
    """A connection that has said hello and, where it has a key, logged in. Made by `Peer.open`.

    `on_event` gets the raw text and the parsed event of each channel event, in order.
    """

    def __init__(self, socket: ClientConnection, on_event: Callable[[str, dict[str, Any]], None]) -> None:
        self.welcome: dict[str, Any] = {}
        self._socket = socket
        self._on_event = on_event
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._fault: BaseException | None = None
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @classmethod
    async def open(
        cls,
        base: str,
        door: str,
        key_id: str = "",
        key: Ed25519PrivateKey | None = None,
        on_event: Callable[[str, dict[str, Any]], None] = lambda raw, event: None,
    ) -> "Peer":
        """Connect to a door and log in. Raises `Gone` where nobody is there (any more), `Refusal` for a refused login."""
        host = base.removeprefix("ws://")
        try:
            socket = await connect(
                f"{base}/ws/v1/{door}", compression=None, max_size=_INCOMING_BYTES_MAX, max_queue=None
            )
            hello = json.loads(await socket.recv())["data"]
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            raise Gone(f"no connection: {error!r}") from error
        peer = cls(socket, on_event)
        if key is None:
            return peer
        text = "|".join((hello["env"], host, hello["connection_id"], hello["nonce"], key_id))
        try:
            peer.welcome = await peer.call("session.auth", key_id=key_id, signature=key.sign(text.encode()).hex())
        except BaseException:
            await peer.close()
            raise
        return peer

    @property
    def is_gone(self) -> bool:
        """Whether the connection has ended."""
        return self._reader.done()

    async def gone(self) -> None:
        """Wait until the connection has ended."""
        await asyncio.wait([self._reader])

    async def ask(self, method: str, **params: Any) -> asyncio.Future[Any]:
        """Send a request; the future gets its result, or raises `Refusal` or `Gone`."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._reader.done():
            raise Gone("the connection has ended")
        self._next_id += 1
        request_id = self._next_id
        self._answers[request_id] = answer
        try:
            await self._socket.send(json.dumps({"id": request_id, "method": method, "params": params}))
        except (OSError, websockets.WebSocketException) as error:
            self._answers.pop(request_id, None)
            raise Gone("the connection has ended") from error
        return answer

    async def call(self, method: str, **params: Any) -> Any:
        """Send a request and wait for its result. Raises `Refusal`, `Gone`, or TimeoutError for an exchange that hangs."""
        return await asyncio.wait_for(await self.ask(method, **params), REPLY_S)

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
                else:
                    self._take(message)
        except (OSError, websockets.WebSocketException):
            pass
        except Exception as error:
            self._fault = error
            await self._socket.close()
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(Gone("the connection has ended"))
                    answer.exception()  # nobody may be waiting for it
            self._answers.clear()

    def _take(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message["id"], None)
        assert answer is not None, f"an answer nobody asked for: {message}"
        if answer.done():
            return
        if "error" in message:
            answer.set_exception(Refusal(message["error"]))
        else:
            answer.set_result(message["result"])
