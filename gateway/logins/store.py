"""Logins and sessions on disk: DIR/logins.db.

Every write is one statement, so it is whole or not there whatever ends the process or cancels the asker. Of a session's token only
the SHA-256 is stored: who reads the file cannot go on with anybody's session.
"""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple, Self

import aiosqlite

_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE login (
    door TEXT NOT NULL CHECK (door IN ('trade', 'ops')),
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    secret BLOB NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    made_ns INTEGER NOT NULL,
    PRIMARY KEY (door, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    token_sha256 BLOB PRIMARY KEY,
    door TEXT NOT NULL,
    name TEXT NOT NULL,
    began_ns INTEGER NOT NULL,
    seen_ns INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class LoginsBroken(Exception):
    """The file is of a later version than this program."""


class Login(NamedTuple):
    """One person's way in. step: the newest step of the second factor that was used."""

    door: str
    name: str
    password: str
    secret: bytes
    step: int
    made_ns: int


class SessionRow(NamedTuple):
    """One session as it is stored."""

    token_sha256: bytes
    door: str
    name: str
    began_ns: int
    seen_ns: int
    address: str
    agent: str


class LoginStore:
    """The file. All coroutines raise sqlite3.Error where the disk does not take or give what is asked."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the file, for its owner alone. Raises `LoginsBroken`."""
        await asyncio.to_thread(path.touch, mode=0o600, exist_ok=True)
        db = await aiosqlite.connect(path, isolation_level=None)
        try:
            await db.execute("PRAGMA journal_mode = WAL")
            await db.execute("PRAGMA synchronous = FULL")
            async with db.execute("PRAGMA user_version") as rows:
                (version,) = await rows.fetchone() or (0,)
            if version == 0:
                await db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;")
            elif version != _SCHEMA_VERSION:
                raise LoginsBroken(f"{path} has version {version}; this program reads version {_SCHEMA_VERSION}")
        except BaseException:
            await db.close()
            raise
        return cls(db)

    async def close(self) -> None:
        """Close the file."""
        await self._db.close()

    async def login(self, door: str, name: str) -> Login | None:
        """The login of this name at this door."""
        wanted = "SELECT door, name, password, secret, step, made_ns FROM login WHERE door = ? AND name = ?"
        async with self._db.execute(wanted, (door, name)) as rows:
            row = await rows.fetchone()
        return Login(*row) if row is not None else None

    async def put_login(self, login: Login) -> None:
        """Store a login, in place of one of the same name."""
        await self._db.execute("INSERT OR REPLACE INTO login VALUES (?, ?, ?, ?, ?, ?)", login)

    async def use_step(self, door: str, name: str, step: int) -> bool:
        """Use a step of the second factor up; False where it, or a later one, was used before."""
        used = "UPDATE login SET step = ? WHERE door = ? AND name = ? AND step < ?"
        async with self._db.execute(used, (step, door, name, step)) as done:
            return done.rowcount == 1

    async def sessions(self) -> list[SessionRow]:
        """All sessions, in no order."""
        async with self._db.execute("SELECT * FROM session") as rows:
            return [SessionRow(*row) for row in await rows.fetchall()]

    async def put_session(self, row: SessionRow) -> None:
        """Store a session, in place of what was stored of it."""
        await self._db.execute("INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    async def drop_session(self, token_sha256: bytes) -> None:
        """Forget a session."""
        await self._db.execute("DELETE FROM session WHERE token_sha256 = ?", (token_sha256,))
