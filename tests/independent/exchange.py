"""The exchange as a stranger finds it: a folder, a process, an address. Founded and filled through its command line and its doors."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.independent.wire import Wire

ROOT: Final = Path(__file__).resolve().parents[2]
DEADLINE_S: Final = 180.0
OPERATORS: Final = ("li-qing", "wang-heng")
CASH: Final = "50000000.00"
TONNES: Final = 500_000
INSTRUMENT: Final = "CQEA-25"


def environment() -> dict[str, str]:
    """This process' environment without settings of the exchange."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YUTAN_")}
    return kept | {name: os.environ[name] for name in ("YUTAN_PURE",) if name in os.environ}


def found(folder: Path) -> None:
    """Found a market as its operators would, with fees, so that a balance is more than price times quantity."""
    text = (ROOT / "engine" / "rulebooks" / "chongqing-call.toml").read_text(encoding="utf-8")
    text = re.sub(r"(trading_fee_ppm = \{ value = )\d+", r"\g<1>700", text)
    text = re.sub(r"(settlement_fee_ppm = \{ value = )\d+", r"\g<1>31", text)
    text = text.replace('calendar = { value = "weekdays"', 'calendar = { value = "every-day"')
    rulebook = folder.with_name(folder.name + ".toml")
    rulebook.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "yutan", "init", str(folder), "--rulebook", str(rulebook), "--json"]
    subprocess.run(command, check=True, capture_output=True, env=environment(), cwd=ROOT, timeout=DEADLINE_S)


class Exchange:
    """One run of the server on a folder."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.host = ""  # and port, of the websocket doors
        self.page = ""
        self._process = process

    @classmethod
    async def start(cls, folder: Path, **settings: str) -> "Exchange":
        """Start it and wait until its doors are open. Raises RuntimeError where it ends before."""
        with folder.with_name(folder.name + ".log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "yutan", "serve", "--data", str(folder), "--timetable", "manual"),
                *("--ws-port", "0", "--http-port", "0", "--json"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment() | settings,
                cwd=ROOT,
            )
        exchange = cls(folder, process)
        deadline = time.monotonic() + DEADLINE_S
        while not exchange.host:
            if process.returncode is not None or time.monotonic() > deadline:
                await exchange.kill()
                raise RuntimeError(folder.with_name(folder.name + ".log").read_text(encoding="utf-8")[-4000:])
            await asyncio.sleep(0.01)
            exchange._look()
        return exchange

    def _look(self) -> None:
        announced = self.folder / "running.json"
        if announced.exists():
            running = json.loads(announced.read_bytes())
            if running["pid"] == self._process.pid:
                self.page = f"http://{running['host']}:{running['http_port']}"
                self.host = f"{running['host']}:{running['ws_port']}"

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End it in good order."""
        self._process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(self._process.wait(), DEADLINE_S)
        assert code == 0, f"exit code {code}"

    async def __aenter__(self) -> "Exchange":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Whatever happened, no server stays behind."""
        await self.kill()

    async def desks(self) -> tuple[Wire, Wire]:
        """Both operators, logged in."""
        keys = [load_pem_private_key((self.folder / "keys" / f"{who}.pem").read_bytes(), None) for who in OPERATORS]
        first, second = [
            await Wire.log_in(self.host, "ops", who, key)
            for who, key in zip(OPERATORS, keys, strict=True)
            if isinstance(key, Ed25519PrivateKey)
        ]
        return first, second

    async def populate(
        self, keys: dict[str, Ed25519PrivateKey], shared: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        """List an instrument, admit members by account, each with cash, units and a key, and open continuous trading.

        shared: keys of several accounts by their id, each with the private key of its first account.
        """
        first, second = await self.desks()

        async def act(act_name: str, **fields: Any) -> None:
            outcome = await first.call("ops.act", act=act_name, reason="test", document="DOC-1", fields=fields)
            if outcome["status"] == "pending":
                await second.call("ops.approve", proposal_id=outcome["proposal_id"], sha256=outcome["sha256"])

        names = {"name_zh": INSTRUMENT, "name_en": INSTRUMENT}
        await act("list_instrument", code=INSTRUMENT, product="CQEA", vintage=2025, base_price="40.00", **names)
        for number, (account, key) in enumerate(keys.items(), 1):
            public_key = key.public_key().public_bytes_raw().hex()
            await act("open_account", code=account, owner=number, name=account, category="institution")
            await act("register_key", key_id=account.lower(), public_key=public_key, accounts=[account])
            await act("deposit_cash", account=account, amount=CASH)
            await act("allocate_units", account=account, instrument=INSTRUMENT, tonnes=TONNES, kind="paid", year=2025)
        for key_id, accounts in (shared or {}).items():
            public_key = keys[accounts[0]].public_key().public_bytes_raw().hex()
            await act("register_key", key_id=key_id, public_key=public_key, accounts=list(accounts))
        await act("open_day", trading_day="2026-03-02")
        for phase in ("opening_call", "continuous"):
            await act("change_phase", phase=phase)
        await first.close()
        await second.close()
