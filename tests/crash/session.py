"""A busy session that outlives its servers: members, operators and those who only read, while the exchange comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.crash.audience import Listener
from tests.crash.judgement import judge_all
from tests.crash.market import MEMBERS, Founded
from tests.crash.member import Address, Member
from tests.crash.operators import Operators
from tests.crash.reader import Reader
from tests.crash.serving import START_S, Server

CATCH_UP_S = 180.0


class Session:
    """Those who live in a market. They find its server by `address`."""

    def __init__(self, folder: Path, members: list[Member], operators: Operators) -> None:
        self.folder = folder
        self.members = members
        self.operators = operators
        self.listener = Listener()
        self.reader = Reader(members[0])
        self.address = Address()
        self.trading: list[asyncio.Task[None]] = []
        self.operating: asyncio.Task[None] | None = None

    async def trade(self, server: Server, seconds: float) -> None:
        """Let everybody come in and trade for so long, or until the server ends."""
        self.address.announce(server.url)
        for member in self.members:
            await server.or_ended(member.connected.wait())
        await server.or_ended(asyncio.sleep(seconds))
        self.address.withdraw()

    async def trade_on(self, server: Server) -> None:
        """Let everybody trade until the market is in continuous trading, where the operators then leave it."""
        self.operators.stays_open = True
        self.address.announce(server.url)
        async with asyncio.timeout(START_S):
            while self.operators.phase != "continuous":  # noqa: ASYNC110 - another process has the phases
                await asyncio.sleep(0.01)
        self.address.withdraw()

    def leave(self) -> None:
        """Everybody goes, with whatever they have not been answered."""
        assert self.operating is not None
        for task in (*self.trading, self.operating):
            task.cancel()

    async def close_and_judge(self) -> tuple[int, str]:
        """Serve until the day is closed and all is answered, then judge everything. Seq and state hash at the end."""
        assert self.operating is not None
        async with await Server.start(self.folder) as server:
            self.address.announce(server.url)
            self.operators.finish()
            await asyncio.wait([self.operating])
            for member in self.members:
                member.finish()
            _, trading = await asyncio.wait(self.trading, timeout=CATCH_UP_S)
            assert not trading, "members are still waiting for answers"
            await asyncio.wait_for(self.reader.reached(len(self.members[0].stream)), CATCH_UP_S)
            assert self.reader.read == self.reader.wanted()
            return await judge_all(server, self.members, self.operators, self.listener)


@asynccontextmanager
async def busy_session(founded: Founded, folder: Path, seed: int, members: int = MEMBERS) -> AsyncIterator[Session]:
    """Let people live in a copy of a market; nobody serves it yet."""
    session = Session(folder, *founded.begin(folder, seed, members))
    async with asyncio.TaskGroup() as market:
        session.trading = [market.create_task(member.live(session.address)) for member in session.members]
        session.operating = market.create_task(session.operators.live(session.address))
        watching = [market.create_task(who.live(session.address)) for who in (session.listener, session.reader)]
        yield session
        for task in watching:
            task.cancel()
