"""A market under which everything is exercised: calls, fees, T+1, two instruments, six members, two of one owner."""

import re
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.crash.member import Member
from tests.crash.operators import Operators, populate
from tests.crash.serving import ROOT, Server, environment

MEMBERS = 6
SNAPSHOT_EVERY = "400"  # entries: so that kills also meet a snapshot being written


def found(folder: Path) -> None:
    """Found a market in a fresh folder, as an operator would: `yutan init`, with fees so that they are conserved too."""
    shipped = (ROOT / "engine" / "rulebooks" / "chongqing-call.toml").read_text(encoding="utf-8")
    text = re.sub(r"(trading_fee_ppm = \{ value = )\d+", r"\g<1>700", shipped)
    text = re.sub(r"(settlement_fee_ppm = \{ value = )\d+", r"\g<1>31", text)
    rulebook = folder.with_name(folder.name + ".toml")
    rulebook.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "yutan", "init", str(folder), "--rulebook", str(rulebook), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), cwd=ROOT, timeout=60)
    assert ran.returncode == 0, ran.stderr


async def begin(folder: Path, seed: int, members: int = MEMBERS) -> tuple[list[Member], Operators]:
    """Found and fill a market; leaves it stopped. The members and operators who may then live in it."""
    found(folder)
    people = [
        Member(f"M{number}", f"m{number}", Ed25519PrivateKey.generate(), seed * 100 + number)
        for number in range(1, members + 1)
    ]
    operators = Operators(folder, [member.account for member in people], seed)
    server = await Server.start(folder)
    desks = await operators.desks(server.url)
    await populate(desks, [(member.account, member.key_id, member.key) for member in people])
    for desk in desks:
        await desk.close()
    await server.stop()
    return people, operators
