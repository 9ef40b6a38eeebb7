"""Logins and sessions on disk: DIR/logins.db.

Every write is one statement, so it is whole or not there whatever ends the process or cancels the asker. Of a session's token only
the SHA-256 is stored: who reads the file cannot go on with anybody's session.
"""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple, Self

import aiosqlite
import msgspec

from gateway.logins.passkeys import Passkey

_SCHEMA_VERSION: Final = 2
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
# By the version that it leads to. A login has a second factor, whatever asks for less.
_CHANGES: Final = {
    2: """
ALTER TABLE login ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE login ADD COLUMN passkeys TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(passkeys) AND (length(secret) > 0 OR json_array_length(passkeys) > 0));
""",
}


class LoginsBroken(Exception):
    """The file is of a later version than this program."""


class Login(NamedTuple):
    """One person's way in. secret: of the six digits; empty: there are none. step: the newest step of them that was used.

    revision: how often the second factors were used or changed.
    """

    door: str
    name: str
    password: str
    secret: bytes
    step: int
    made_ns: int
    revision: int
    passkeys: tuple[Passkey, ...]


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
            if version > _SCHEMA_VERSION:
                raise LoginsBroken(f"{path} has version {version}; this program reads version {_SCHEMA_VERSION}")
            if version < _SCHEMA_VERSION:
                changes = "".join(text for leads_to, text in _CHANGES.items() if leads_to > version)
                schema = _SCHEMA if version == 0 else ""
                await db.executescript(f"BEGIN; {schema} {changes} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;")
        except BaseException:
            await db.close()
            raise
        return cls(db)

    async def close(self) -> None:
        """Close the file."""
        await self._db.close()

    async def login(self, door: str, name: str) -> Login | None:
        """The login of this name at this door."""
        wanted = "SELECT * FROM login WHERE door = ? AND name = ?"
        async with self._db.execute(wanted, (door, name)) as rows:
            row = await rows.fetchone()
        return None if row is None else Login._make((*row[:-1], msgspec.json.decode(row[-1], type=tuple[Passkey, ...])))

    async def put_login(self, login: Login) -> None:
        """Store a login, in place of one of the same name."""
        row = (*login[:-1], _text(login.passkeys))
        await self._db.execute("INSERT OR REPLACE INTO login VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    async def change_factors(self, login: Login) -> bool:
        """Store these second factors; False where they were changed since the login was read: somebody was quicker."""
        change = (
            "UPDATE login SET secret = ?, step = ?, passkeys = ?, revision = revision + 1"
            " WHERE door = ? AND name = ? AND made_ns = ? AND revision = ?"
        )
        known = (login.door, login.name, login.made_ns, login.revision)
        async with self._db.execute(change, (login.secret, login.step, _text(login.passkeys), *known)) as done:
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


def _text(passkeys: tuple[Passkey, ...]) -> str:
    return msgspec.json.encode(passkeys).decode()
