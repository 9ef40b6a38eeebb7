"""A market under which everything is exercised: calls, fees, T+1, two instruments, six members, two of one owner."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.crash.member import Member
from tests.crash.operators import Operators, populate
from tests.crash.serving import ROOT, START_S, Server, environment

MEMBERS = 6
SNAPSHOT_EVERY = "400"  # entries: so that kills also meet a snapshot being written


def found(folder: Path) -> None:
    """Found a market in a fresh folder, as an operator would: `yutan init`, with fees so that they are conserved too."""
    shipped = (ROOT / "engine" / "rulebooks" / "chongqing-call.toml").read_text(encoding="utf-8")
    text = re.sub(r"(trading_fee_ppm = \{ value = )\d+", r"\g<1>700", shipped)
    text = re.sub(r"(settlement_fee_ppm = \{ value = )\d+", r"\g<1>31", text)
    text = text.replace('calendar = { value = "weekdays"', 'calendar = { value = "every-day"')
    rulebook = folder.with_name(folder.name + ".toml")
    rulebook.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "yutan", "init", str(folder), "--rulebook", str(rulebook), "--json"]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(), cwd=ROOT, timeout=START_S
    )
    assert ran.returncode == 0, ran.stderr


class Founded(NamedTuple):
    """A market that has been founded and filled, and stopped; tests take copies of it."""

    folder: Path
    keys: dict[str, Ed25519PrivateKey]  # by account

    def begin(self, folder: Path, seed: int, members: int) -> tuple[list[Member], Operators]:
        """Copy the market to `folder`. So many of its members, and its operators, who may live there."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        people = [
            Member(account, account.lower(), key, seed * 100 + number)
            for number, (account, key) in enumerate(self.keys.items())
        ]
        return people[:members], Operators(folder, list(self.keys)[:members], seed)


async def establish(folder: Path) -> Founded:
    """Found and fill a market in a fresh folder."""
    found(folder)
    keys = {f"M{number}": Ed25519PrivateKey.generate() for number in range(1, MEMBERS + 1)}
    operators = Operators(folder, list(keys), seed=0)
    async with await Server.start(folder) as server:
        desks = await operators.desks(server.url)
        await populate(desks, keys)
        for desk in desks:
            await desk.close()
        await server.stop()
    return Founded(folder, keys)
