"""The revocation list (CRL, 证书吊销列表) of a certification authority, from a file."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm


class RevocationListError(Exception):
    """A file is no revocation list, not this authority's, or too old; the words say which."""


class RevocationList(NamedTuple):
    """serials: lower-case hex, in the order of the list; name: its number where it has one, its date and its SHA-256."""

    serials: list[str]
    name: str


def read(path: Path, authority: str, now: datetime | None = None) -> RevocationList:
    """What the authority (its certificate, PEM) has revoked. Raises RevocationListError."""
    try:
        data = path.read_bytes()
        load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----") else x509.load_der_x509_crl
        found, issuer = load(data), x509.load_pem_x509_certificate(authority.encode())
        public_key = issuer.public_key()
        is_signed = found.issuer == issuer.subject and found.is_signature_valid(public_key)  # type: ignore[arg-type]
        serials = [f"{entry.serial_number:x}" for entry in found if not _is_lifted(entry)]
    except OSError as error:
        raise RevocationListError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RevocationListError(f"{path}: not a certificate revocation list") from error
    if not is_signed:
        raise RevocationListError(f"{path}: not signed by this authority")
    until = found.next_update_utc
    if until is not None and until < (now or datetime.now(UTC)):
        raise RevocationListError(f"{path}: out of date since {until:%Y-%m-%d %H:%M} UTC")
    digest = hashlib.sha256(data).hexdigest()
    return RevocationList(serials, f"CRL{_number(found)} {found.last_update_utc:%Y-%m-%d}, SHA-256 {digest}")


def _is_lifted(entry: x509.RevokedCertificate) -> bool:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return False
    return reason == x509.ReasonFlags.remove_from_crl


def _number(found: x509.CertificateRevocationList) -> str:
    try:
        return f" {found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number}"
    except x509.ExtensionNotFound:
        return ""
