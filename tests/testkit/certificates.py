"""Certification authorities and the certificates that they issue, made for a test."""

import datetime
import ipaddress
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOUR: Final = datetime.timedelta(hours=1)
YEAR: Final = datetime.timedelta(days=365)


def now() -> datetime.datetime:
    """The wall clock, to the second."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def der(certificate: x509.Certificate) -> bytes:
    """Its bytes, as the engine keeps them."""
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate: x509.Certificate) -> str:
    """Its text, as people hand it on."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def serial(certificate: x509.Certificate) -> str:
    """Its serial number, as revocations name it."""
    return f"{certificate.serial_number:x}"


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key, as servers read it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def named(name: str, code: str = "") -> x509.Name:
    """A subject: common name and, where it has one, the unified social credit code."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if code:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, code))
    return x509.Name(parts)


class Authority:
    """A certification authority with a key of its own."""

    def __init__(self, name: str, begins: datetime.timedelta = -HOUR, ends: datetime.timedelta = YEAR) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = named(name)
        self.certificate = (
            self._begun(self.name, self.key.public_key(), begins, ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _begun(
        self,
        subject: x509.Name,
        public_key: Ed25519PublicKey | ec.EllipticCurvePublicKey,
        begins: datetime.timedelta,
        ends: datetime.timedelta,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + begins)
            .not_valid_after(now() + ends)
        )

    def issue(
        self,
        public_key: Ed25519PublicKey | ec.EllipticCurvePublicKey,
        name: str = "member",
        code: str = "",
        begins: datetime.timedelta = -HOUR,
        ends: datetime.timedelta = HOUR,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> x509.Certificate:
        """A certificate of this key."""
        made = self._begun(named(name, code), public_key, begins, ends)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False).sign(self.key, hashes.SHA256())

    def issue_server(self, public_key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """A certificate for a server on this machine."""
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        made = self._begun(named("127.0.0.1"), public_key, -HOUR, HOUR)
        return made.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(
            self.key, hashes.SHA256()
        )

    def revocation_list(self, *revoked: x509.Certificate) -> bytes:
        """Its list of revoked certificates (CRL), as PEM."""
        made = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        made = made.last_update(now() - HOUR).next_update(now() + HOUR)
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            made = made.add_revoked_certificate(entry.revocation_date(now() - HOUR).build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
