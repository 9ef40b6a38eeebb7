"""Who may be here: TLS, restrictions on logging in, and what ends a session from outside."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.core import commands, units
from gateway.settings import tls_context
from tests.gateway.kit import SPOT, House, key_of
from yutan.client import Client, ConnectionLost, Refused


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


async def test_the_doors_speak_tls_1_3(tmp_path: Path) -> None:
    crt, key = certificate(tmp_path)
    house = await House.start(tmp_path, tls=tls_context(crt, key))
    url = house.url.replace("ws://", "wss://")
    trusting = ssl.create_default_context(cafile=str(crt))
    async with Client.connect(url, key_id="a001", private_key=key_of("a001"), tls=trusting) as a:
        await a.subscribe("exec.A001")
        placed = await a.place(SPOT, "sell", 10, "41.00")
        assert (await a.order(placed.order_id)).leaves_qty == 10
    old = ssl.create_default_context(cafile=str(crt))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await Client.connect(url, tls=old).open()
    with pytest.raises(ssl.SSLCertVerificationError):
        await Client.connect(url, tls=ssl.create_default_context()).open()
    with pytest.raises((ConnectionLost, ConnectionResetError, TimeoutError)):
        await Client.connect(house.url, timeout_s=1).open()
    await house.stop()


async def test_a_restriction_on_logging_in_ends_sessions_and_refuses_new_ones(house: House) -> None:
    inside = await house.logged_in("a001")
    other = await house.logged_in("both")
    await house.act(commands.Restrict(1, units.RESTRICT_LOGIN, "Art. 30"))
    assert await inside.closed() == 4003
    with pytest.raises(Refused, match="ACCOUNT_RESTRICTED"):
        await house.member("a001").open()
    assert (await other.ask("session.status"))["result"]["accounts"] == ["A001", "B001"]
    async with house.member("both") as both:
        assert both.welcome is not None
        assert both.welcome.accounts == ["B001"]
    await house.act(commands.LiftRestriction(1, units.RESTRICT_LOGIN))
    async with house.member("a001") as a:
        await a.ping()


async def test_a_restriction_on_trading_refuses_with_its_words(house: House) -> None:
    async with house.member("a001") as a:
        await house.act(commands.Restrict(1, units.RESTRICT_BUY, "Art. 30"))
        with pytest.raises(Refused) as refused:
            await a.place(SPOT, "buy", 1, "40.00")
        assert (refused.value.name, refused.value.data.actual) == ("ACCOUNT_RESTRICTED", "buy")
        assert (await a.place(SPOT, "sell", 1, "40.00")).account == "A001"
