"""An examination from its market to its report."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from gateway import rehearsal
from yutan.conform import market as market_module
from yutan.conform.examiner import Examiner
from yutan.conform.exercises import EXERCISES, Exercise, Room, login
from yutan.conform.market import Market, Tls

NAMES: Final = tuple(exercise.__name__ for exercise in EXERCISES)
STOP_SECONDS_MAX: Final = 5.0


class Waits(NamedTuple):
    """Seconds: for what the client does anyway, for its reaction to what went wrong, and how long it is asked to wait."""

    patience_s: float
    reaction_s: float
    pause_s: float


class Finding(NamedTuple):
    """One exercise: what it asks, whether the client did right, and what it did wrong."""

    exercise: str
    asks: str
    verdict: str  # right | wrong
    wrong: str


class Invitation(NamedTuple):
    """What the client needs to know; a program that conform starts finds it in its environment as CONFORM_URL and so on.

    certificate: the door's own, where it speaks TLS; client_certificate: what the client shows there, where it has to (both PEM).
    """

    url: str
    env: str
    key: str
    key_id: str
    account: str
    instrument: str
    certificate: str
    client_certificate: str


def invitation(market: Market) -> Invitation:
    """How to come to this market."""
    return Invitation(
        market.exchange.running.ws_url,
        rehearsal.ENV,
        str(market.key_file),
        market.key_file.stem,
        market_module.ACCOUNT,
        market_module.INSTRUMENT,
        market.exchange.running.certificate,
        str(market.client_certificate) if market.client_certificate.exists() else "",
    )


def chosen(only: Collection[str]) -> tuple[Exercise, ...]:
    """The exercises of these names, or all; the login always comes first."""
    return tuple(found for found in EXERCISES if not only or found is login or found.__name__ in only)


async def examine(
    market: Market,
    exercises: Sequence[Exercise],
    waits: Waits,
    on_finding: Callable[[Finding], None],
    has_ended: Callable[[], bool] = lambda: False,
) -> list[Finding]:
    """Take the client that comes to this market through the exercises. Whoever does not log in is not examined further."""
    examiner = Examiner(market.exchange.gateway, has_ended)
    room = Room(examiner, market, *waits)
    findings: list[Finding] = []
    for exercise in exercises:
        words = await exercise(room)
        examiner.trap = examiner.gate = None
        asks = (exercise.__doc__ or "").strip().splitlines()[0]
        findings.append(Finding(exercise.__name__, asks, "wrong" if words else "right", words))
        on_finding(findings[-1])
        if words and exercise is login:
            break
    return findings


@asynccontextmanager
async def opened(data: Path | None, port: int, tls: Tls = "off") -> AsyncIterator[Market]:
    """A market on this folder, or on one that is gone afterwards."""
    if data is not None:
        async with market_module.opened(data, port, tls) as market:
            yield market
        return
    folder = Path(tempfile.mkdtemp(prefix="yutan-conform-"))
    try:
        async with market_module.opened(folder, port, tls) as market:
            yield market
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def client(command: Sequence[str], invited: Invitation) -> AsyncIterator[Callable[[], bool]]:
    """Run the client's program beside the examination; without a command it comes by itself. Raises OSError.

    Yields whether the program has ended by itself.
    """
    if not command:
        yield lambda: False
        return
    told = {f"CONFORM_{name.upper()}": value for name, value in invited._asdict().items()}
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **told}, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        yield lambda: process.returncode is not None
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()
