"""The exchange as its own process: started like an operator starts it, killed like nobody wants it."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[2]
START_S = 180.0  # nobody waits so long for something that goes well, however loaded the machine is
STOP_S = 180.0


class Unstarted(Exception):
    """The server ended before its doors were open; the text is what it said."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"exit code {code}: {said}")
        self.code = code
        self.said = said


def environment(**more: str) -> dict[str, str]:
    """This process' environment without settings of the exchange, which would be the server's too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YUTAN_")}
    if "YUTAN_PURE" in os.environ:
        kept["YUTAN_PURE"] = os.environ["YUTAN_PURE"]
    return kept | more


class Server:
    """One run of `yutan serve` on a folder. `url` is the base of the websocket doors, `page` of the HTTP side."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process, log: Path) -> None:
        self.folder = folder
        self.url = ""
        self.page = ""
        self._process = process
        self._log = log

    @classmethod
    async def spawn(cls, folder: Path, **settings: str) -> "Server":
        """Begin to start the server; returns at once. `settings` go into its environment."""
        return await cls.spawn_speaking_to(None, folder, settings)

    @classmethod
    async def spawn_speaking_to(cls, stderr: int | None, folder: Path, settings: dict[str, str]) -> "Server":
        """The same, with its standard error going to this descriptor; None: into the log beside the folder."""
        log = folder.with_name(folder.name + ".log")
        with log.open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "yutan", "serve", "--data", str(folder), "--timetable", "manual"),
                *("--ws-port", "0", "--http-port", "0", "--json"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said if stderr is None else stderr,
                env=environment(**settings),
                cwd=ROOT,
            )
        return cls(folder, process, log)

    @classmethod
    async def start(cls, folder: Path, **settings: str) -> "Server":
        """Start the server and wait until its doors are open. Raises `Unstarted`."""
        server = await cls.spawn(folder, **settings)
        await server.opened()
        return server

    async def opened(self) -> None:
        """Wait until the doors are open. Raises `Unstarted` where they never will be."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_S
        announced = self.folder / "running.json"
        while True:
            if self._process.returncode is not None:
                raise Unstarted(self._process.returncode, self.said())
            if announced.exists():
                running = msgspec.json.decode(announced.read_bytes())
                if running["pid"] == self._process.pid:
                    self.url = f"ws://{running['host']}:{running['ws_port']}"
                    self.page = f"http://{running['host']}:{running['http_port']}"
                    return
            if loop.time() > deadline:
                self.kill()
                raise TimeoutError(f"the server has not opened its doors after {START_S} s: {self.said()}")
            await asyncio.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL. Does nothing to one that has ended."""
        if self._process.returncode is None:
            self._process.kill()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def ended(self) -> int:
        """Wait for its end: the exit code, or minus the signal."""
        return await asyncio.wait_for(self._process.wait(), STOP_S)

    async def or_ended(self, work: Coroutine[Any, Any, object]) -> None:
        """Wait for the work, or for the server's end if that comes first."""
        working, ending = asyncio.ensure_future(work), asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            ending.cancel()

    async def stop(self) -> None:
        """End it in good order."""
        self._process.send_signal(signal.SIGINT)
        code = await self.ended()
        assert code == 0, f"exit code {code}: {self.said()}"

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whatever happened, no server stays behind."""
        self.kill()
        await self._process.wait()

    async def says(self, words: str) -> None:
        """Wait until it has said these words."""
        async with asyncio.timeout(START_S):
            while words not in self.said():  # noqa: ASYNC110 - another process says them
                await asyncio.sleep(0.005)

    def said(self) -> str:
        """The last of what it and those before it said."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:]
