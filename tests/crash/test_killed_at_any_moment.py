"""kill -9 at any moment of a busy session: nothing acknowledged is lost, nothing happens twice, and anyone can check it.

The real server in its own process, members on real sockets, two operators turning days and moving money, a public listener.
Each run is killed at a moment that a seed chooses, at a named place inside the engine, in the middle of a write to one of
its files, or while it is still starting.
"""

import asyncio
import os
import random
import signal
from pathlib import Path

from engine import crashpoints
from tests.crash import faults
from tests.crash.market import SNAPSHOT_EVERY, Founded
from tests.crash.serving import Server, Unstarted
from tests.crash.session import Session, busy_session

IS_PROOF = os.environ.get("YUTAN_PROVE") == "1"
KILLS_IN_SESSION = 400 if IS_PROOF else 50
KILLS_WHILE_STARTING = 40 if IS_PROOF else 6
MOMENT_S_MAX = 0.6
PLACE_S_MAX = 1.5  # when a run has not come to the place where it should die, it is killed where it is
START_S_MAX = 1.2
SEED = 20_260_302


class Fate:
    """How the runs of the server end, one after another, as a seed says."""

    def __init__(self, seed: int, library: Path | None) -> None:
        self._dice = random.Random(seed)
        self._library = library
        writing = "writing" if library is not None else "moment"
        in_session = ["moment", "moment", "place", writing, writing] * (KILLS_IN_SESSION // 5)
        self.ends = in_session + ["starting"] * KILLS_WHILE_STARTING
        self._dice.shuffle(self.ends)

    def settings(self, end: str) -> dict[str, str]:
        """The environment of a run that shall end so."""
        settings = {"YUTAN_SNAPSHOT_EVERY": SNAPSHOT_EVERY}
        if end == "place":
            settings[crashpoints.VARIABLE] = f"{self._dice.choice(crashpoints.NAMES)}:{self._dice.randint(1, 40)}"
        if end == "writing" and self._library is not None:
            call, file, act, often = self._dice.choice(faults.DEATHS)
            settings |= faults.Fault(call, file, act, self._dice.randint(1, often)).settings(self._library)
        return settings

    def moment_s(self, end: str) -> float:
        """How long a run that shall end so may live at most."""
        return PLACE_S_MAX if end in ("place", "writing") else self._dice.random() * MOMENT_S_MAX

    def start_s(self) -> float:
        """A moment of the start."""
        return self._dice.random() * START_S_MAX


async def test_killed_fifty_times_in_a_busy_session_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path, founded: Founded
) -> None:
    fate = Fate(SEED, faults.build(tmp_path))
    async with busy_session(founded, tmp_path / "exchange", SEED) as session:
        kills = [await run_and_kill(session, end, fate) for end in fate.ends]
        while sum(kills) < KILLS_IN_SESSION:  # some have died while they were starting
            kills.append(await run_and_kill(session, "moment", fate))
        seq, _ = await session.close_and_judge()
    members = session.members
    print(
        f"\n{sum(kills)} kills in session, {len(kills) - sum(kills)} while starting; {seq} entries, "
        f"{sum(len(member.placements) for member in members)} orders, {sum(member.resent for member in members)} sent "
        f"again, {sum(member.repeated for member in members)} answered as repeats, "
        f"{sum(len(member.own.fills) for member in members) // 2} trades, {len(members[0].own.days)} days, "
        f"{len(session.operators.money)} payments, {len(session.listener.heard)} trades heard in public"
    )
    assert sum(member.resent for member in members) > 0
    assert sum(member.repeated for member in members) > 0
    assert len(session.listener.heard) > 0
    assert session.reader.gaps == 0


async def run_and_kill(session: Session, end: str, fate: Fate) -> bool:
    """One run of the server and its end. Whether it was killed after its doors had opened."""
    async with await Server.spawn(session.folder, **fate.settings(end)) as server:
        if end == "starting":
            await asyncio.sleep(fate.start_s())
        else:
            try:
                await server.opened()
            except Unstarted as unstarted:
                if (end, unstarted.code) != ("writing", -signal.SIGKILL):
                    raise
                return False  # the write that it should die at came while it was starting
            await session.trade(server, fate.moment_s(end))
        server.kill()
        assert await server.ended() == -signal.SIGKILL, server.said()
        return end != "starting"
