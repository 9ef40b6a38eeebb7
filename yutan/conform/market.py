"""The market of an examination: a real exchange of its own, with the client's account and one that trades with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from engine.clock import wall_ns
from engine.core import rulebook
from engine.core.calendar import shift
from engine.core.units import BUY
from gateway import rehearsal
from gateway.protocol.times import day_text
from yutan import demo, folder, founding, keys
from yutan.client import Client
from yutan.compose import Exchange
from yutan.conform import certificates
from yutan.flow import yuan
from yutan.populate import FourEyes
from yutan.settings import Settings
from yutan.timetable import local_time

Tls = Literal["off", "server", "mutual"]
RULEBOOK: Final = "chongqing"
INSTRUMENT: Final = "CQEA-25"
ACCOUNT: Final = "C001"
KEY_ID: Final = "test_client"
_OTHER: Final = "C002"
_OTHER_KEY_ID: Final = "test_other"
_WHY: Final = "examination of a member's client"


class Market:
    """What the exercises need of it."""

    def __init__(self, exchange: Exchange, desk: FourEyes, other: Client) -> None:
        self.exchange = exchange
        self.private = f"exec.{ACCOUNT}"
        self.public = f"book.{INSTRUMENT}"
        self.key_file = folder.keys(exchange.data) / f"{KEY_ID}.pem"
        self.client_certificate = self.key_file.with_suffix(".crt")
        self._desk = desk
        self._other = other
        self._account = exchange.view.account_number(ACCOUNT)
        self._trades = 0

    def exec_seq(self) -> int:
        """The last seq of the client's private stream."""
        account = self.exchange.view.account(self._account)
        return account.exec_seq if account is not None else 0

    def resting(self) -> bool:
        """Whether an order of the client rests in the book."""
        return bool(self.exchange.view.open_orders(self._account))

    def trade_with_the_resting(self) -> None:
        """Have the other account trade a lot with the client's oldest order, or a better one of it."""
        order = self.exchange.view.open_orders(self._account)[0]
        side = "sell" if order.side == BUY else "buy"
        self._trades += 1
        name = f"other-{self._trades}"
        self._other.place_nowait(INSTRUMENT, side, 1, yuan(order.price_ticks), name, lambda _said: None)

    async def act(self, name: str, fields: dict[str, Any]) -> None:
        """Have the operators do an act."""
        await self._desk.act(name, fields, _WHY)

    async def enter(self, phase: str) -> None:
        """Have the operators change the phase."""
        await self.act("change_phase", {"phase": phase})


@asynccontextmanager
async def opened(data: Path, port: int, tls: Tls = "off") -> AsyncIterator[Market]:
    """Found a market in this fresh folder, open it for continuous trading, and close it in good order afterwards."""
    founding.found(data, rulebook.shipped(RULEBOOK), founding.DEFAULT_OPERATORS)
    settings = Settings(env=rehearsal.ENV, ws_port=port, http_port=0)
    if tls != "off":
        certificate, private = certificates.for_door(data)
        asks: Literal["off", "ask"] = "ask" if tls == "mutual" else "off"
        settings = replace(settings, tls_certificate=certificate, tls_key=private, client_certificates=asks)
    exchange = await Exchange.start(data, settings)
    try:
        async with demo.operators(exchange) as (first, second):
            desk = FourEyes(first, second)
            await _prepare(exchange, desk, tls == "mutual")
            key, url = keys.load(folder.keys(data) / f"{_OTHER_KEY_ID}.pem"), exchange.running.ws_url
            own = exchange.running.tls()
            async with Client.connect(url, key_id=_OTHER_KEY_ID, private_key=key, tls=own) as other:
                yield Market(exchange, desk, other)
    finally:
        await exchange.close()


async def _certify(data: Path, desk: FourEyes, key: Ed25519PrivateKey) -> str:
    """Put an authority on the trust list that issues the client's certificate; its text, which lies beside the key."""
    authority = certificates.Authority("conform clients")
    fields = {"authority": "conform", "name_zh": "演练认证", "name_en": "conform clients", "province": "重庆市"}
    fields |= {"from_day": "2020-01-01", "until_day": "2999-12-31", "basis": _WHY}
    fields["certificate"] = certificates.write(data / "authority.crt", authority.certificate)
    await desk.act("trust_authority", fields, _WHY)
    issued = authority.issue(KEY_ID, key.public_key())
    return certificates.write(folder.keys(data) / f"{KEY_ID}.crt", issued)


async def _prepare(exchange: Exchange, desk: FourEyes, shows_certificate: bool) -> None:
    listing: dict[str, Any] = {"code": INSTRUMENT, "product": "CQEA", "vintage": 2025, "base_price": "40.00"}
    names = {"name_zh": "重庆碳配额2025", "name_en": "Chongqing allowance 2025"}
    await desk.act("list_instrument", listing | names, _WHY)
    for owner, (code, key_id) in enumerate(((ACCOUNT, KEY_ID), (_OTHER, _OTHER_KEY_ID)), 1):
        key = keys.create(folder.keys(exchange.data) / f"{key_id}.pem")
        fields = {"code": code, "owner": owner, "name": f"演练 {code}", "category": "institution"}
        await desk.act("open_account", fields, _WHY)
        public = keys.public_bytes(key).hex()
        register: dict[str, Any] = {"key_id": key_id, "public_key": public, "accounts": [code]}
        if shows_certificate and key_id == KEY_ID:
            register["certificate"] = await _certify(exchange.data, desk, key)
        await desk.act("register_key", register, _WHY)
        await desk.act("deposit_cash", {"account": code, "amount": "100000000.00"}, _WHY)
        units = {"account": code, "instrument": INSTRUMENT, "tonnes": 1_000_000, "kind": "paid", "year": 2025}
        await desk.act("allocate_units", units, _WHY)
    now = local_time(wall_ns(), exchange.view.rulebook().utc_offset_minutes)
    day = exchange.view.calendar(now.date).next_trading_day(shift(now.date, -1))
    await desk.act("open_day", {"trading_day": day_text(day)}, _WHY)
    await desk.act("change_phase", {"phase": "continuous"}, _WHY)
