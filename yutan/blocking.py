"""The client without `await`, for scripts and notebooks (同步接口): a thread of its own runs the loop of one `Client`.

    with BlockingClient.connect("ws://127.0.0.1:9101", key_id="m1", private_key="m1.pem") as client:
        client.place("CQEA-25", "buy", 100, "40.10")
        for event in client.events(timeout_s=5): ...

Every method of `Client`, and of its parts (`client.blocks.offer(…)`), is there with the same arguments, answers and errors.
"""

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, Self, TypeVar

from yutan.answers import Event, GapEvent, LinkEvent
from yutan.book import Book
from yutan.client import Client

T = TypeVar("T")


class _Loop:
    """A loop in a thread; the program's end does not wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="yutan client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for this work in the loop; an interrupt of the wait takes the work back."""
        done = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return done.result()
        except BaseException:
            done.cancel()
            raise

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Calls:
    """The methods of a client or of a part of it, each waited for."""

    def __init__(self, loop: _Loop, target: Any) -> None:
        self._loop = loop
        self._target = target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._target, name)
        if not inspect.ismethod(found):
            return _Calls(self._loop, found) if hasattr(found, "_ask") else found

        def call(*given: Any, **named: Any) -> Any:
            async def whole() -> Any:
                answer = found(*given, **named)
                return await answer if inspect.isawaitable(answer) else answer

            return self._loop.run(whole())

        return call

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._target) if not name.startswith("_")]


class BlockingClient(_Calls):
    """One login at one door, to be entered with `with`. Not for several threads at a time."""

    _target: Client

    @classmethod
    def connect(cls, url: str, **options: Any) -> Self:
        """A client for this address; the options are those of `Client.connect`."""
        client = Client.connect(url, **options)
        return cls(_Loop(), client)

    def __enter__(self) -> Self:
        try:
            self._loop.run(self._target.open())
        except BaseException:
            self._loop.stop()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        try:
            self._loop.run(self._target.close())
        finally:
            self._loop.stop()

    def events(self, timeout_s: float | None = None) -> Iterator[Event | GapEvent | LinkEvent]:
        """What comes, in order; ends with the connection, or where nothing came for so many seconds."""
        while (event := self._loop.run(self._next(timeout_s))) is not None:
            yield event

    def wait_change(self, book: Book, since: int, timeout_s: float | None = None) -> bool:
        """Wait until the book has changed since `book.changes` was this; False where it has not for so many seconds."""

        async def whole() -> bool:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await book.wait_change(since)
                    return True
            return False

        return self._loop.run(whole())

    async def _next(self, timeout_s: float | None) -> Event | GapEvent | LinkEvent | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                async for event in self._target.events():
                    return event
        return None
