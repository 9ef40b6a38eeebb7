"""The second factors of a login: who shows one, and a person who adds another, renames one or takes one away.

A change needs a factor shown anew: a session that was taken over can neither let its thief in again nor lock its person out. One
factor always stays. Raises `Refused` in the same words whatever was wrong with a factor.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from engine.core import reasons
from gateway.logins import factors, passkeys
from gateway.logins.challenges import Challenges
from gateway.logins.lockout import Guard
from gateway.logins.passkeys import Assertion, Attestation, Party, Passkey
from gateway.logins.store import Login, LoginStore
from gateway.protocol.codec import Refused

TOTP: Final = "totp"  # what the six digits are called where factors are listed
_log: Final = structlog.get_logger("gateway.logins")
_SECOND_NS: Final = 1_000_000_000


class Shown(NamedTuple):
    """What a person shows beside the password: the digits of an authenticator application, or a passkey's answer.

    party: as whom the page asked the authenticator; None where it cannot.
    """

    totp: str = ""
    passkey: Assertion | None = None
    party: Party | None = None


class Who(NamedTuple):
    """Whose factors, and where from. session: the number of the session that asks."""

    door: str
    name: str
    address: str
    session: str


def login_purpose(door: str, name: str) -> str:
    """What the challenge of a login is for."""
    return f"login {door} {name}"


class SecondFactors:
    """Judges what is shown, and changes what there is."""

    def __init__(
        self, store: LoginStore, guard: Guard, challenges: Challenges, passkeys_max: int, now_ns: Callable[[], int]
    ) -> None:
        self._store = store
        self._guard = guard
        self._challenges = challenges
        self._passkeys_max = passkeys_max
        self._now_ns = now_ns

    # ---- showing ------------------------------------------------------------------------------------------

    def ask(self, purpose: str, party: Party) -> dict[str, Any]:
        """What a browser needs to let a passkey sign for this purpose. The same for everybody: it names no passkey."""
        return passkeys.ask_options(party, self._challenges.new(purpose, self._now_ns()))

    def new(self, purpose: str, party: Party, door: str, name: str, held: tuple[Passkey, ...] = ()) -> dict[str, Any]:
        """What a browser needs to make a passkey for this purpose."""
        challenge = self._challenges.new(purpose, self._now_ns())
        return passkeys.new_options(party, name, passkeys.user_id_of(door, name), challenge, held)

    def judge(self, login: Login | None, shown: Shown, purpose: str) -> Login | None:
        """The login with what was shown used up, to be stored; None where it is not right."""
        if shown.passkey is not None:
            return self._judge_passkey(login, shown.passkey, shown.party, purpose)
        if login is None or not login.secret:
            return None
        step = factors.totp_step(login.secret, shown.totp, self._now_ns() // _SECOND_NS)
        return login._replace(step=step) if step > login.step else None

    def _judge_passkey(self, login: Login | None, answer: Assertion, party: Party | None, purpose: str) -> Login | None:
        now_ns = self._now_ns()
        try:
            challenge = passkeys.challenge_of(answer)
            if party is None or not self._challenges.use(purpose, challenge, now_ns):
                raise passkeys.Unproven("challenge of another attempt, used or too old")
            held = () if login is None else login.passkeys
            place = next((place for place, passkey in enumerate(held) if passkeys.is_of(answer, passkey)), None)
            if login is None or place is None:
                raise passkeys.Unproven("no passkey of this login")
            user_id = passkeys.user_id_of(login.door, login.name)
            used = passkeys.used(answer, party, challenge, held[place], user_id, now_ns)
        except passkeys.Unproven as error:
            _log.warning("passkey refused", purpose=purpose, why=str(error))
            return None
        return login._replace(passkeys=(*held[:place], used, *held[place + 1 :]))

    def made(self, answer: Attestation, party: Party | None, purpose: str, name: str) -> Passkey | None:
        """The passkey that was made for this purpose; None where it was not."""
        try:
            challenge = passkeys.challenge_of(answer)
            if party is None or not self._challenges.use(purpose, challenge, self._now_ns()):
                raise passkeys.Unproven("challenge of another attempt, used or too old")
            return passkeys.made(answer, party, challenge, name, self._now_ns())
        except passkeys.Unproven as error:
            _log.warning("passkey refused", purpose=purpose, why=str(error))
            return None

    # ---- one's own ----------------------------------------------------------------------------------------

    async def held(self, who: Who) -> Login:
        """The login of a person who is here."""
        login = await self._store.login(who.door, who.name)
        if login is None:
            raise Refused(reasons.LOGIN_NEEDED)
        return login

    def ask_again(self, who: Who, party: Party) -> dict[str, Any]:
        """What a browser needs to show a passkey for a change."""
        return self.ask(_again(who), party)

    async def begin(self, who: Who, shown: Shown, party: Party) -> dict[str, Any]:
        """A factor was shown anew: what a browser needs to make another passkey."""
        login = await self._shown_again(who, shown)
        if len(login.passkeys) >= self._passkeys_max:
            raise Refused(reasons.PASSKEY_LIMIT, "passkeys", limit=self._passkeys_max, actual=len(login.passkeys))
        await self._change(login)
        return self.new(_addition(who), party, who.door, who.name, login.passkeys)

    async def add(self, who: Who, answer: Attestation, party: Party, name: str) -> Passkey:
        """Keep the passkey that was made."""
        made = self.made(answer, party, _addition(who), name)
        login = await self.held(who)
        if made is None or any(held.credential_id == made.credential_id for held in login.passkeys):
            raise Refused(reasons.LOGIN_REFUSED, "passkey")
        await self._change(login._replace(passkeys=(*login.passkeys, made)))
        _log.info("passkey added", door=who.door, name=who.name, address=who.address, passkey=made.passkey_id)
        return made

    async def rename(self, who: Who, passkey_id: str, name: str, shown: Shown) -> Passkey:
        """Call one of one's own passkeys something else. Raises `Refused`: also UNKNOWN_DOCUMENT, for anybody else's too."""
        login = await self._shown_again(who, shown)
        place = next((place for place, held in enumerate(login.passkeys) if held.passkey_id == passkey_id), None)
        if place is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "passkey_id")
        renamed = msgspec.structs.replace(login.passkeys[place], name=name)
        await self._change(login._replace(passkeys=(*login.passkeys[:place], renamed, *login.passkeys[place + 1 :])))
        _log.info("passkey renamed", door=who.door, name=who.name, address=who.address, passkey=passkey_id)
        return renamed

    async def remove(self, who: Who, factor: str, shown: Shown) -> None:
        """Take one away: the digits, or a passkey by its number."""
        login = await self._shown_again(who, shown)
        left = tuple(held for held in login.passkeys if held.passkey_id != factor)
        secret = b"" if factor == TOTP else login.secret
        if (secret, left) == (login.secret, login.passkeys):
            raise Refused(reasons.UNKNOWN_DOCUMENT, "factor")
        if not secret and not left:
            raise Refused(reasons.LAST_FACTOR, "factor")
        await self._change(login._replace(secret=secret, passkeys=left))
        _log.info("second factor removed", door=who.door, name=who.name, address=who.address, factor=factor)

    async def _shown_again(self, who: Who, shown: Shown) -> Login:
        now_ns = self._now_ns()
        self._guard.check(who.door, who.name, who.address, now_ns)
        self._guard.fail(who.door, who.name, who.address, now_ns)  # taken back where it was none
        login = self.judge(await self.held(who), shown, _again(who))
        if login is None:
            _log.warning("second factor refused", door=who.door, name=who.name, address=who.address)
            raise Refused(reasons.LOGIN_REFUSED, "factor")
        self._guard.clear(who.door, who.name, who.address)
        return login

    async def _change(self, login: Login) -> None:
        if not await self._store.change_factors(login):
            raise Refused(reasons.LOGIN_REFUSED, "factor")


def _again(who: Who) -> str:
    return f"again {who.session}"


def _addition(who: Who) -> str:
    return f"add {who.session}"
