"""Certificates of one examination, made when it begins: of its door, and of its client, by authorities that exist nowhere else."""

import datetime
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from yutan.keys import load_or_create

VALID: Final = datetime.timedelta(days=30)
_EARLY: Final = datetime.timedelta(hours=1)  # clocks differ
_ISSUES: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Whoever issues them. `certificate` is its own."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._begun(self._name, self._key.public_key(), is_authority=True).sign(self._key, None)

    def issue(self, name: str, public_key: CertificatePublicKeyTypes, *, is_server: bool = False) -> x509.Certificate:
        """A certificate of this public key; a server's names this machine."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begun = self._begun(subject, public_key, is_authority=False)
        mine = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        begun = begun.add_extension(mine, critical=False)
        if is_server:
            here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            begun = begun.add_extension(x509.SubjectAlternativeName([here, x509.DNSName("localhost")]), critical=False)
        return begun.sign(self._key, None)

    def _begun(
        self, subject: x509.Name, public_key: CertificatePublicKeyTypes, *, is_authority: bool
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        begun = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLY)
            .not_valid_after(now + VALID)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )
        return begun.add_extension(_ISSUES, critical=True) if is_authority else begun


def write(path: Path, *chain: x509.Certificate) -> str:
    """Write a certificate, with who issued it where that is given, as PEM; the text."""
    text = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    path.write_bytes(text)
    return text.decode()


def for_door(data: Path) -> tuple[str, str]:
    """A certificate and a key for the door of this folder; their names in it."""
    key = load_or_create(data / "door.pem")
    authority = Authority("conform")
    write(data / "door.crt", authority.issue("conform", key.public_key(), is_server=True), authority.certificate)
    return "door.crt", "door.pem"
