"""Members show a certificate in the TLS handshake: that of their key, of an authority on the trust list, or none gets in."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from engine.core import commands as c
from gateway.settings import tls_context
from tests.gateway.kit import SPOT, House, key_of, public_of
from tests.testkit.certificates import HOUR, Authority, der, key_pem, pem, serial
from yutan.client import Client, Refused


class Street:
    """A running exchange that asks for certificates, and what its members hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chongqing, self.sichuan, self.elsewhere = Authority("Chongqing"), Authority("Sichuan"), Authority("None")
        self.own = Authority("exchange")
        key = ec.generate_private_key(ec.SECP256R1())
        self.files = folder / "server.crt", folder / "server.key"
        self.files[0].write_text(pem(self.own.issue_server(key.public_key())))
        self.files[1].write_bytes(key_pem(key))
        (folder / "own.pem").write_text(pem(self.own.certificate))
        self.house: House

    async def open(self, asks: str = "ask") -> None:
        """Open the doors, with both provinces' authorities on the list."""
        tls = tls_context(*self.files, asks_clients=True)
        self.house = await House.start(self.folder, tls=tls, client_certificates=asks, heartbeat_ms=100)
        for name, made in (("cqca", self.chongqing), ("scca", self.sichuan)):
            await self.house.act(
                c.TrustAuthority(name, "认证", "CA", "省", 20200101, 20991231, "1号", der(made.certificate))
            )

    async def register(self, key_id: str, certificate: x509.Certificate) -> None:
        """A key of A001 with this certificate."""
        await self.house.act(c.RegisterKey(key_id, public_of(key_id), (1,), certificate=der(certificate)))

    def issue(self, by: Authority, key_id: str, **options: Any) -> x509.Certificate:
        """A certificate of the key of this name."""
        return by.issue(key_of(key_id).public_key(), key_id, **options)

    def client(self, key_id: str, shown: x509.Certificate | None = None, holder: str = "") -> Client:
        """A member that shows a certificate, whose key it has."""
        tls = ssl.create_default_context(cafile=self.folder / "own.pem")
        if shown is not None:
            file = self.folder / "shown.pem"
            private = key_of(holder or key_id).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file.write_bytes(pem(shown).encode() + private)
            tls.load_cert_chain(file)
        url = self.house.url.replace("ws://", "wss://")
        return Client.connect(url, key_id=key_id, private_key=key_of(key_id), tls=tls)

    async def why(self, *shown: Any) -> str:
        """The name of the reason for which somebody is not let in."""
        with pytest.raises(Refused) as refused:
            await self.client(*shown).open()
        return refused.value.name


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    made = Street(tmp_path)
    yield made
    await made.house.stop()


async def test_a_key_with_a_certificate_is_used_with_it_and_with_no_other(street: Street) -> None:
    await street.open()
    mine, other = street.issue(street.chongqing, "m1"), street.issue(street.sichuan, "m2")
    renewed = street.issue(street.chongqing, "m1")
    await street.register("m1", mine)
    await street.register("m2", other)
    async with street.client("m1", mine) as one, street.client("m2", other) as two, street.client("a001") as plain:
        assert (await one.place(SPOT, "sell", 1, "41.00")).account == "A001"
        await two.ping()
        await plain.ping()  # its key has none
    assert await street.why("m1") == "CERTIFICATE_REQUIRED"
    assert await street.why("m1", renewed) == "CERTIFICATE_DIFFERS"
    assert await street.why("m1", other, "m2") == "CERTIFICATE_DIFFERS"


async def test_where_it_is_required_every_program_has_one(street: Street) -> None:
    await street.open("require")
    mine = street.issue(street.chongqing, "m1")
    await street.register("m1", mine)
    async with street.client("m1", mine) as one:
        await one.ping()
    assert await street.why("a001") == "CERTIFICATE_REQUIRED"
    assert await street.why("a001", mine, "m1") == "CERTIFICATE_REQUIRED"
    async with Client.connect(street.house.url.replace("ws", "wss"), tls=street.client("x")._tls) as visitor:
        await visitor.ping()  # what is public asks for nothing


async def test_a_certificate_that_does_not_count_any_more_is_refused_by_number(street: Street) -> None:
    await street.open()
    late = street.issue(street.chongqing, "late", begins=-2 * HOUR, ends=-HOUR)
    revoked, removed = street.issue(street.chongqing, "revoked"), street.issue(street.sichuan, "removed")
    for key_id, certificate in (("late", late), ("revoked", revoked), ("removed", removed)):
        await street.register(key_id, certificate)
    assert await street.why("late", late) == "CERTIFICATE_EXPIRED"
    one, two = street.client("revoked", revoked), street.client("removed", removed)
    await one.open()
    await two.open()
    await street.house.act(c.RevokeCertificates("cqca", (serial(revoked),), "CRL 7"))
    await one.wait_closed()
    await street.house.act(c.DistrustAuthority("scca", "2号"))
    await two.wait_closed()
    assert await street.why("revoked", revoked) == "CERTIFICATE_REVOKED"
    assert await street.why("removed", removed) == "CERTIFICATE_UNTRUSTED"


async def test_one_of_an_authority_that_was_never_listed_ends_the_handshake_until_it_is(street: Street) -> None:
    await street.open()
    mine = street.issue(street.elsewhere, "m1")
    await street.register("m1", mine)
    with pytest.raises((ssl.SSLError, OSError)):
        await street.client("m1", mine).open()
    assert await street.why("m1") == "CERTIFICATE_UNTRUSTED"
    await street.house.act(
        c.TrustAuthority("none", "认证", "CA", "省", 20200101, 20991231, "3号", der(street.elsewhere.certificate))
    )
    async with street.client("m1", mine) as one:  # without a restart
        await one.ping()


async def test_the_list_is_known_again_after_a_restart(street: Street) -> None:
    await street.open()
    mine = street.issue(street.sichuan, "m1")
    await street.register("m1", mine)
    await street.house.stop()
    street.house = await House.start(
        street.folder, tls=tls_context(*street.files, asks_clients=True), client_certificates="ask"
    )
    async with street.client("m1", mine) as one:
        await one.ping()
