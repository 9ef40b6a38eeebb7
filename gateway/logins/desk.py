"""Who logs in with a browser, and which sessions there are.

A login belongs to a registered key of a user (or to an operator) and has its rights, no more: it ends with the key. It is made with
a one-time code, which the holder of a key asks for at the door (`login.code`), or which operators hand out with a new key whose
public half is the code's fingerprint. So nobody can make a login for somebody else without two operators.

Sessions end by themselves: `idle_s` after the person was last seen, `absolute_s` after the login. A websocket that was opened by a
session's ticket ends with it.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self, TypeVar

import msgspec
import structlog

from engine.core import reasons
from engine.view import KeyView, MarketView
from gateway.logins import factors
from gateway.logins.challenges import Challenges
from gateway.logins.lockout import Guard, Lockout
from gateway.logins.passkeys import Attestation, Party
from gateway.logins.second import SecondFactors, Shown, login_purpose
from gateway.logins.store import Login, LoginStore, SessionRow
from gateway.protocol.codec import Refused

Door = Literal["trade", "ops"]
Key = TypeVar("Key")
Kept = TypeVar("Kept")
Result = TypeVar("Result")
_log: Final = structlog.get_logger("gateway.logins")
_SECOND_NS: Final = 1_000_000_000
_TEXT_MAX: Final = 200  # of what a browser says it is
# Compared with where there is no such login, so that the answer takes as long.
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$eXV0YW4tbm9ib2R5IQ$S8p3j5mY2vQmE0oJmB8sX6u1rR9dTtqk3h0m4wK7c2M"


class LoginSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds and bounds."""

    idle_s: int = 900
    absolute_s: int = 28_800
    ticket_s: int = 30
    code_s: int = 1_800
    name_failures_max: int = 5
    address_failures_max: int = 20
    lock_s: int = 900
    lock_entries_max: int = 20_000
    sessions_max: int = 10_000
    sessions_per_login_max: int = 8
    waiting_max: int = 10_000  # codes, tickets and enrolments that were begun, each
    hashings_max: int = 2  # passwords that are compared at a time
    hashings_waiting_max: int = 64
    challenge_s: int = 300  # for a passkey to sign
    challenges_max: int = 10_000  # that were used and would still be good
    passkeys_max: int = 8  # of one login
    passkey_domain: str = ""  # of which passkeys are; "": of the page's own host


class WebSession(msgspec.Struct):
    """A session of a browser. `number` is what it is called; its token is known to the browser alone."""

    token_sha256: bytes
    door: Door
    name: str
    began_ns: int
    seen_ns: int
    address: str
    agent: str

    @property
    def number(self) -> str:
        """What it is called where sessions are listed."""
        return f"W-{self.token_sha256[:8].hex()}"


class _Code(NamedTuple):
    door: Door
    name: str
    until_ns: int


class Enrolment(NamedTuple):
    """A login that is being made: it stands once its second factor was shown to work."""

    door: Door
    name: str
    password: str
    secret: bytes
    code: bytes
    until_ns: int


class NewPasskey(NamedTuple):
    """A passkey that was made, what its person calls it, and as whom the page asked for it."""

    answer: Attestation
    name: str
    party: Party | None


class _Ticket(NamedTuple):
    token_sha256: bytes
    until_ns: int


def _is_not_revoked(key: KeyView) -> bool:
    return not key.revoked


class Logins:
    """Logins, sessions and tickets. `view` is set by the gateway before the doors open."""

    def __init__(self, store: LoginStore, settings: LoginSettings, now_ns: Callable[[], int]) -> None:
        self.settings = settings
        self.view: Callable[[], MarketView]
        self.is_good: Callable[[KeyView], bool] = _is_not_revoked  # whether a key may be used now
        self.on_end: Callable[[str], None] = _nothing  # told the number of each session that ends
        self._store = store
        self._now_ns = now_ns
        self._guard = Guard(
            Lockout(settings.name_failures_max, settings.lock_s, settings.lock_entries_max),
            Lockout(settings.address_failures_max, settings.lock_s, settings.lock_entries_max),
        )
        challenges = Challenges(settings.challenge_s, settings.challenges_max)
        self.second = SecondFactors(store, self._guard, challenges, settings.passkeys_max, lambda: self._now_ns())
        self._sessions: dict[bytes, WebSession] = {}
        self._codes: dict[bytes, _Code] = {}
        self._enrolments: dict[str, Enrolment] = {}
        self._tickets: dict[str, _Ticket] = {}
        self._hashing = asyncio.Semaphore(settings.hashings_max)
        self._hashings_waiting = 0

    @classmethod
    async def open(
        cls, path: Path, settings: LoginSettings | None = None, now_ns: Callable[[], int] = time.time_ns
    ) -> Self:
        """Open the store with the sessions that have not ended. Raises `LoginsBroken`."""
        logins = cls(await LoginStore.open(path), settings or LoginSettings(), now_ns)
        for row in await logins._store.sessions():
            session = msgspec.convert(row._asdict(), WebSession)
            if logins.ends_ns(session) > now_ns():
                logins._sessions[row.token_sha256] = session
            else:
                await logins._store.drop_session(row.token_sha256)
        return logins

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    # ---- who there is -------------------------------------------------------------------------------------

    def is_somebody(self, door: Door, name: str) -> bool:
        """Whether the name is an operator's, or a key's of a user that may be used."""
        if door == "ops":
            return any(found.person == name for found in self.view().operators())
        key = self.view().key(name)
        return key is not None and key.user != "" and self.is_good(key)

    # ---- making a login -----------------------------------------------------------------------------------

    def new_code(self, door: Door, name: str) -> tuple[str, int]:
        """A code for somebody who has signed with the key of this name, and until when it is good."""
        if not self.is_somebody(door, name):
            raise Refused(reasons.NOT_PERMITTED)
        code, until_ns = factors.new_code(), self._now_ns() + self.settings.code_s * _SECOND_NS
        for mark in [mark for mark, found in self._codes.items() if (found.door, found.name) == (door, name)]:
            del self._codes[mark]
        _keep(self._codes, factors.fingerprint(name, code), _Code(door, name, until_ns), self.settings.waiting_max)
        return code, until_ns

    async def enrol(self, door: Door, name: str, code: str, password: str, address: str) -> tuple[str, Enrolment]:
        """Begin to make a login: (what to name it by, the enrolment). Raises `Refused`."""
        self._check_locks(door, name, address)
        mark = factors.fingerprint(name, code)
        if not await self._is_good_code(door, name, mark):
            self._count_failure(door, name, address)
            raise Refused(reasons.LOGIN_REFUSED, "code")
        if not factors.is_good_password(password, name):
            raise Refused(reasons.PASSWORD_WEAK, "password", limit=factors.PASSWORD_MIN, actual=len(password))
        stored = await self._hashed(factors.hash_password, password)
        until_ns = self._now_ns() + self.settings.code_s * _SECOND_NS
        begun = Enrolment(door, name, stored, factors.new_secret(), mark, until_ns)
        named = secrets.token_urlsafe(24)
        _keep(self._enrolments, named, begun, self.settings.waiting_max)
        return named, begun

    async def confirm(self, named: str, made: str | NewPasskey, address: str) -> Enrolment:
        """Make the login: its second factor, the digits of an application or a new passkey, works.

        Sessions of the login it replaces end. Raises `Refused`.
        """
        begun = self._enrolments.get(named)
        if begun is None or begun.until_ns <= self._now_ns():
            raise Refused(reasons.LOGIN_REFUSED, "enrolment")
        self._check_locks(begun.door, begun.name, address)
        login = self._login_of(begun, named, made)
        if login is None:
            self._count_failure(begun.door, begun.name, address)
            raise Refused(reasons.LOGIN_REFUSED, "totp" if isinstance(made, str) else "passkey")
        if self._enrolments.pop(named, None) is None or not await self._is_good_code(
            begun.door, begun.name, begun.code
        ):
            raise Refused(reasons.LOGIN_REFUSED, "code")
        self._codes.pop(begun.code, None)
        await self._store.put_login(login)
        _log.info("login made", door=begun.door, name=begun.name, address=address)
        for session in self.sessions_of(begun.door, begun.name):
            await self.end(session)
        return begun

    def new_passkey(self, named: str, begun: Enrolment, party: Party) -> dict[str, Any]:
        """What a browser needs to make a passkey for this enrolment, in place of the digits."""
        return self.second.new(_enrolment_purpose(named), party, begun.door, begun.name)

    def _login_of(self, begun: Enrolment, named: str, made: str | NewPasskey) -> Login | None:
        now_ns = self._now_ns()
        if isinstance(made, str):
            step = factors.totp_step(begun.secret, made, now_ns // _SECOND_NS)
            return Login(begun.door, begun.name, begun.password, begun.secret, step, now_ns, 0, ()) if step else None
        passkey = self.second.made(made.answer, made.party, _enrolment_purpose(named), made.name)
        return Login(begun.door, begun.name, begun.password, b"", 0, now_ns, 0, (passkey,)) if passkey else None

    async def _is_good_code(self, door: Door, name: str, mark: bytes) -> bool:
        """Whether the code was given to the holder of the key, or is the one that the key itself was registered with."""
        if not self.is_somebody(door, name):
            return False
        known = self._codes.get(mark)
        if known is not None:
            return (known.door, known.name) == (door, name) and known.until_ns > self._now_ns()
        if self._public_key(door, name) != mark:
            return False
        return await self._store.login(door, name) is None  # such a code opens once

    def _public_key(self, door: Door, name: str) -> bytes:
        if door == "ops":
            return next((found.public_key for found in self.view().operators() if found.person == name), b"")
        key = self.view().key(name)
        return key.public_key if key is not None else b""

    # ---- logging in ---------------------------------------------------------------------------------------

    def ask_passkey(self, door: Door, name: str, party: Party) -> dict[str, Any]:
        """What a browser needs to show a passkey at a login of this name, whether or not there is such a one."""
        return self.second.ask(login_purpose(door, name), party)

    async def log_in(
        self, door: Door, name: str, password: str, shown: Shown, address: str, agent: str
    ) -> tuple[str, WebSession]:
        """(token, session) of a person who has both factors. Raises `Refused`, in the same words whatever was wrong."""
        self._check_locks(door, name, address)
        self._count_failure(door, name, address)  # taken back below: attempts at one time cannot outrun the count
        login = await self._store.login(door, name)
        used = self.second.judge(login, shown, login_purpose(door, name))
        is_known = await self._hashed(factors.is_password, password, login.password if login else _NOBODY)
        is_let_in = is_known and used is not None and self.is_somebody(door, name)
        if not is_let_in or used is None or not await self._store.change_factors(used):
            _log.warning("login refused", door=door, name=name, address=address)
            raise Refused(reasons.LOGIN_REFUSED)
        self._guard.clear(door, name, address)
        return await self._begin(door, name, address, agent)

    async def _begin(self, door: Door, name: str, address: str, agent: str) -> tuple[str, WebSession]:
        self.sweep()
        if len(self._sessions) >= self.settings.sessions_max:
            raise Refused(reasons.OVERLOADED)
        others = sorted(self.sessions_of(door, name), key=lambda other: other.seen_ns)
        for other in others[: max(0, len(others) + 1 - self.settings.sessions_per_login_max)]:
            await self.end(other)
        token, now_ns = secrets.token_urlsafe(32), self._now_ns()
        session = WebSession(_digest(token), door, name, now_ns, now_ns, address, agent[:_TEXT_MAX])
        await self._put(session)
        self._sessions[session.token_sha256] = session
        _log.info("logged in", door=door, name=name, address=address, session=session.number)
        return token, session

    def _check_locks(self, door: Door, name: str, address: str) -> None:
        self._guard.check(door, name, address, self._now_ns())

    def _count_failure(self, door: Door, name: str, address: str) -> None:
        self._guard.fail(door, name, address, self._now_ns())

    async def _hashed(self, work: Callable[..., Result], *given: str) -> Result:
        """Do what takes a core for a while in a thread, a few at a time. Raises `Refused` where too many wait."""
        if self._hashings_waiting >= self.settings.hashings_waiting_max:
            raise Refused(reasons.OVERLOADED)
        self._hashings_waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work, *given)
        finally:
            self._hashings_waiting -= 1

    # ---- sessions -----------------------------------------------------------------------------------------

    def ends_ns(self, session: WebSession) -> int:
        """When the session ends by itself if nothing more is heard of the person."""
        return min(
            session.seen_ns + self.settings.idle_s * _SECOND_NS,
            session.began_ns + self.settings.absolute_s * _SECOND_NS,
        )

    def session(self, token: str) -> WebSession:
        """The session of a browser's token. Raises `Refused` LOGIN_NEEDED where it has ended or never was."""
        found = self._sessions.get(_digest(token))
        if found is None or not self._is_alive(found):
            raise Refused(reasons.LOGIN_NEEDED)
        return found

    def _is_alive(self, session: WebSession) -> bool:
        return self.ends_ns(session) > self._now_ns() and self.is_somebody(session.door, session.name)

    async def touch(self, session: WebSession) -> None:
        """The person is there: the time without them begins anew."""
        session.seen_ns = self._now_ns()
        await self._put(session)

    async def _put(self, session: WebSession) -> None:
        await self._store.put_session(SessionRow(*msgspec.structs.astuple(session)))

    def sessions_of(self, door: Door, name: str) -> list[WebSession]:
        """The person's sessions that have not ended, oldest first."""
        mine = [row for row in self._sessions.values() if (row.door, row.name) == (door, name) and self._is_alive(row)]
        return sorted(mine, key=lambda row: row.began_ns)

    async def end(self, session: WebSession) -> None:
        """End a session, and whatever was opened by its tickets."""
        self._forget(session)
        await self._store.drop_session(session.token_sha256)

    def _forget(self, session: WebSession) -> None:
        if self._sessions.pop(session.token_sha256, None) is not None:
            _log.info("session ended", door=session.door, name=session.name, session=session.number)
            self.on_end(session.number)

    def sweep(self) -> None:
        """End what has ended by itself; the store forgets it at the next start."""
        for session in [found for found in self._sessions.values() if not self._is_alive(found)]:
            self._forget(session)

    # ---- tickets ------------------------------------------------------------------------------------------

    def new_ticket(self, session: WebSession) -> str:
        """A word that opens one websocket for this session, once, within `ticket_s`."""
        ticket = secrets.token_urlsafe(32)
        until_ns = self._now_ns() + self.settings.ticket_s * _SECOND_NS
        _keep(self._tickets, ticket, _Ticket(session.token_sha256, until_ns), self.settings.waiting_max)
        return ticket

    def redeem(self, ticket: str, door: str) -> WebSession:
        """The session of a ticket, which is used up. Raises `Refused` TICKET_INVALID."""
        found = self._tickets.pop(ticket, None)
        session = self._sessions.get(found.token_sha256) if found is not None else None
        if found is None or session is None or found.until_ns <= self._now_ns():
            raise Refused(reasons.TICKET_INVALID, "ticket")
        if session.door != door or not self._is_alive(session):
            raise Refused(reasons.TICKET_INVALID, "ticket")
        return session


def _enrolment_purpose(named: str) -> str:
    return f"enrol {named}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _keep(there: dict[Key, Kept], key: Key, kept: Kept, count_max: int) -> None:
    """Put in; beyond the bound the oldest goes."""
    there[key] = kept
    if len(there) > count_max:
        del there[next(iter(there))]


def _nothing(number: str) -> None:
    """Nobody listens yet."""
