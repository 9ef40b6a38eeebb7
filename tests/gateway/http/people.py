"""A house with an HTTP door, and people who log in at it as a browser would."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from msgspec.structs import replace

from engine.core import commands
from gateway.addresses import NO_PROXIES, Proxies
from gateway.feed import Tape
from gateway.http import HttpSettings, Sources, create_app, openapi_logins, serve_http
from gateway.logins import Logins, LoginSettings, factors
from gateway.protocol.login_wire import LoginCodeView
from gateway.signed import SignedDoor
from tests.gateway.kit import DEADLINE_S, House, RawPeer, public_of

PASSWORD: Final = "嘉陵江 and the Yangtze"
SECOND_NS: Final = 1_000_000_000


class Clock:
    """The wall clock, which a test may set forward."""

    def __init__(self) -> None:
        self.ahead_s = 0

    def now_ns(self) -> int:
        return time.time_ns() + self.ahead_s * SECOND_NS

    def step(self) -> int:
        return self.now_ns() // SECOND_NS // factors.STEP_S


class Browser:
    """One browser: its cookies, its origin, and the authenticator of whoever sits before it."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, origin: str) -> None:
        self.client = client
        self.clock = clock
        self.origin = origin
        self.secret = b""

    async def post(self, path: str, **body: Any) -> httpx.Response:
        answer = await self.client.post(path, json=body, headers={"origin": self.origin})
        if answer.status_code == 200 and path != "/v1/workbook":
            msgspec.convert(answer.json(), openapi_logins.answer_of("POST", path))
        return answer

    async def enrol(self, code: LoginCodeView, password: str = PASSWORD) -> None:
        """Make the login; its first step of the second factor is used up by that."""
        asked = {"door": code.door, "name": code.name, "code": code.code, "password": password}
        begun = (await self.post("/v1/enrol", **asked)).json()
        self.secret = secret_of(begun["secret"])
        made = await self.post("/v1/enrol/confirm", enrolment=begun["enrolment"], totp=self.digits())
        assert made.status_code == 200, made.text
        self.clock.ahead_s += factors.STEP_S

    def digits(self) -> str:
        return factors.totp(self.secret, self.clock.step())

    async def log_in(self, door: str, name: str, password: str = PASSWORD, totp: str = "") -> httpx.Response:
        return await self.post("/v1/login", door=door, name=name, password=password, totp=totp or self.digits())

    async def ticket(self) -> str:
        answer = await self.post("/v1/ticket")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ticket"])


def secret_of(text: str) -> bytes:
    """What an authenticator reads out of the letters."""
    return base64.b32decode(text)


class Street(NamedTuple):
    """The house, its address over HTTP, and the clock of its logins."""

    house: House
    url: str
    clock: Clock
    opened: list[httpx.AsyncClient]

    @property
    def logins(self) -> Logins:
        return self.house.gateway.logins

    @property
    def named(self) -> str:
        """The same door by a name: passkeys need one."""
        return self.url.replace("127.0.0.1", "localhost")

    def browser(self, origin: str = "") -> Browser:
        client = httpx.AsyncClient(base_url=self.url, timeout=DEADLINE_S, headers={"accept-language": "en"})
        self.opened.append(client)
        return Browser(client, self.clock, origin or self.url)

    async def socket(self, door: str, ticket: str) -> RawPeer:
        """A bare socket that has sent a ticket as its first message."""
        peer = await self.house.raw(door, Origin=self.url)
        await peer.message()
        peer.send({"id": 1, "method": "session.auth", "params": {"ticket": ticket}})
        return peer


@asynccontextmanager
async def street(
    folder: Path,
    settings: LoginSettings | None = None,
    two_person_acts: tuple[str, ...] = ("RegisterKey",),
    rules: str = "",
    proxies: Proxies = NO_PROXIES,
) -> AsyncIterator[Street]:
    """A house (founded with these rules, if given) with user wu of participant 9 (account K001), and both doors."""
    clock = Clock()
    house = await House.start(
        folder, two_person_acts=two_person_acts, rules=rules, logins=settings or LoginSettings(), proxies=proxies
    )
    house.gateway.logins._now_ns = clock.now_ns
    await house.act(
        commands.OpenAccount("K001", 9, "水泥厂", "key_emitter"),
        commands.AdmitParticipant(9, "k001", "水泥厂"),
        commands.AppointUser("wu", 9, "吴某", "P-wu", ("view", "trade")),
        commands.RegisterKey("wu-1", public_of("wu-1"), (4,), ("view", "trade"), "wu"),
    )
    tape = await Tape.open(folder / "tape.db")
    sources = Sources(
        house.sequencer.view,
        house.gateway.feed,
        tape,
        house.settlement,
        HttpSettings(market_port=house.gateway.port, proxies=proxies),
        dict,
        dict,
        logins=house.gateway.logins,
        origins=lambda: house.gateway.settings.origins,
        members=SignedDoor(house.gateway),
    )
    server = await serve_http(create_app(sources), "127.0.0.1", 0)
    url, named = f"http://127.0.0.1:{server.port}", f"http://localhost:{server.port}"
    house.gateway.settings = replace(house.gateway.settings, origins=(url, named))
    opened: list[httpx.AsyncClient] = []
    try:
        yield Street(house, url, clock, opened)
    finally:
        for client in opened:
            await client.aclose()
        await server.close()
        await tape.close()
        await house.stop()
