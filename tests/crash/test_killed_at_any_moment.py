"""kill -9 at any moment of a busy session: nothing acknowledged is lost, nothing happens twice, and anyone can check it.

The real server in its own process, members on real sockets, two operators turning days and moving money, a public listener.
Each run is killed at a moment that a seed chooses, or at a named place inside the engine, or while it is still starting.
"""

import asyncio
import os
import random
import signal
from pathlib import Path

from engine import crashpoints
from tests.crash.audience import Listener
from tests.crash.judgement import judge_all
from tests.crash.market import SNAPSHOT_EVERY, begin
from tests.crash.member import Address, Member
from tests.crash.serving import Server

IS_PROOF = os.environ.get("YUTAN_PROVE") == "1"
KILLS_IN_SESSION = 400 if IS_PROOF else 50
KILLS_WHILE_STARTING = 40 if IS_PROOF else 6
BUSY_S = 20.0  # until a named place must have been passed
SEED = int(os.environ.get("CRASH_SEED", "20260302"))


class Fate:
    """How the runs of the server end, one after another, as a seed says."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        in_session = ["moment", "moment", "moment", "place", "place"] * (KILLS_IN_SESSION // 5)
        self.ends = in_session + ["starting"] * KILLS_WHILE_STARTING
        self._dice.shuffle(self.ends)

    def place(self) -> str:
        """A named place in the engine and the passage at which to die there."""
        return f"{self._dice.choice(crashpoints.NAMES)}:{self._dice.randint(1, 40)}"

    def seconds(self, most: float) -> float:
        """A moment."""
        return self._dice.random() * most


async def test_killed_fifty_times_in_a_busy_session_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    members, operators = await begin(folder, SEED)
    address, listener, fate = Address(), Listener(), Fate(SEED)
    async with asyncio.TaskGroup() as market:
        trading = [market.create_task(member.live(address)) for member in members]
        operating = market.create_task(operators.live(address))
        hearing = market.create_task(listener.live(address))
        kills = [await run_and_kill(folder, end, fate, address, members) for end in fate.ends]
        async with await Server.start(folder) as server:
            address.announce(server.url)
            operators.finish()
            await asyncio.wait([operating])
            for member in members:
                member.finish()
            await asyncio.wait(trading)
            hearing.cancel()
            seq, _ = await judge_all(server, members, operators, listener)
    assert sum(kills) >= KILLS_IN_SESSION
    print(
        f"\nseed {SEED}: {sum(kills)} kills in session, {KILLS_WHILE_STARTING} while starting; {seq} entries, "
        f"{sum(len(member.placements) for member in members)} orders, {sum(member.resent for member in members)} sent "
        f"again, {sum(member.repeated for member in members)} answered as repeats, "
        f"{sum(len(member.own.fills) for member in members) // 2} trades, {len(members[0].own.days)} days, "
        f"{len(operators.money)} payments, {len(listener.heard)} trades heard in public"
    )


async def run_and_kill(folder: Path, end: str, fate: Fate, address: Address, members: list[Member]) -> int:
    """One run of the server and its end. 1 if it was killed while members were trading."""
    settings = {"YUTAN_SNAPSHOT_EVERY": SNAPSHOT_EVERY}
    if end == "starting":
        async with await Server.spawn(folder, **settings) as server:
            await asyncio.sleep(fate.seconds(1.2))
            server.kill()
            assert await server.ended() == -signal.SIGKILL, server.said()
        return 0
    if end == "place":
        settings[crashpoints.VARIABLE] = fate.place()
    async with await Server.spawn(folder, **settings) as server:
        await server.opened()
        address.announce(server.url)
        try:
            async with asyncio.timeout(BUSY_S):
                if end == "moment":
                    for member in members:
                        await member.connected.wait()
                    await asyncio.sleep(fate.seconds(0.6))
                    server.kill()
                assert await server.ended() == -signal.SIGKILL, server.said()
        finally:
            address.withdraw()
    return 1
