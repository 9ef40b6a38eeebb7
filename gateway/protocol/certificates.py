"""What X.509 certificates say, and what one is for. The engine keeps them as bytes (DER) and knows nothing of their content."""

import ssl
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engine.participant_view import is_credit_code

_READ_MAX: Final = 4_096  # certificates, and pairs of one and its authority, that are kept as read
_NS: Final = 1_000_000_000
_WEAK: Final = (hashes.MD5, hashes.SHA1)
_CREDIT_CODE_LENGTH: Final = 18
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
Kind = TypeVar("Kind", bound=x509.ExtensionType)


class CertificateFault(ValueError):
    """A certificate cannot be read or is not one for its purpose; the words say why."""


class Dates(NamedTuple):
    """From when until when a certificate is in force, both included: nanoseconds since 1970."""

    begins_ns: int
    ends_ns: int


# ---- reading --------------------------------------------------------------------------------------------


@lru_cache(maxsize=_READ_MAX)
def read(der: bytes) -> x509.Certificate:
    """A certificate from its bytes. Raises CertificateFault."""
    try:
        found = x509.load_der_x509_certificate(der)
        # the library reads these late
        _ = found.extensions, found.subject, found.issuer, found.not_valid_before_utc, found.not_valid_after_utc
    except _UNREADABLE as error:
        raise CertificateFault("not an X.509 certificate") from error
    return found


def from_pem(text: str) -> bytes:
    """The first certificate of a PEM text, as DER. Raises CertificateFault."""
    try:
        return x509.load_pem_x509_certificate(text.encode()).public_bytes(serialization.Encoding.DER)
    except _UNREADABLE as error:
        raise CertificateFault("not an X.509 certificate (PEM)") from error


def to_pem(der: bytes) -> str:
    """The PEM text; what is no certificate is shown as it is."""
    return ssl.DER_cert_to_PEM_cert(der)


def public_key_of(certificate: x509.Certificate) -> bytes:
    """The 32 bytes of its Ed25519 public key. Raises CertificateFault for a key of another kind."""
    try:
        key = certificate.public_key()
    except _UNREADABLE as error:
        raise CertificateFault("its public key is of a kind that is not known here") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateFault("its public key is not Ed25519")
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def dates_of(certificate: x509.Certificate) -> Dates:
    """When it is in force."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Dates(int(begins.timestamp()) * _NS, int(ends.timestamp()) * _NS + _NS - 1)


def serial_of(certificate: x509.Certificate) -> str:
    """Its serial number as revocations name it: lower-case hex without leading zeros."""
    return f"{certificate.serial_number:x}"


def credit_codes_of(certificate: x509.Certificate) -> list[str]:
    """The unified social credit codes (统一社会信用代码) that its subject names, in whatever field authorities put them."""
    found = []
    for kind in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER, NameOID.ORGANIZATIONAL_UNIT_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            code = str(attribute.value)[-_CREDIT_CODE_LENGTH:]  # before it may stand a scheme, as in NTRCN-…
            if is_credit_code(code):
                found.append(code)
    return found


# ---- what it is for -------------------------------------------------------------------------------------


def check_authority(der: bytes) -> x509.Certificate:
    """The certificate of an authority. Raises CertificateFault where it is none."""
    found = read(der)
    basic, usage = _extension(found, x509.BasicConstraints), _extension(found, x509.KeyUsage)
    if basic is None or not basic.ca:
        raise CertificateFault("not the certificate of an authority (basicConstraints)")
    if usage is not None and not usage.key_cert_sign:
        raise CertificateFault("its key is not for issuing certificates (keyUsage)")
    try:
        found.public_key()
    except _UNREADABLE as error:
        raise CertificateFault("its public key is of a kind that is not known here") from error
    return _strong(found)


def check_client(der: bytes) -> x509.Certificate:
    """A certificate to log in with. Raises CertificateFault where it is none."""
    found = read(der)
    public_key_of(found)
    basic, usage = _extension(found, x509.BasicConstraints), _extension(found, x509.KeyUsage)
    purposes = _extension(found, x509.ExtendedKeyUsage)
    if basic is not None and basic.ca:
        raise CertificateFault("the certificate of an authority (basicConstraints)")
    if usage is not None and not usage.digital_signature:
        raise CertificateFault("its key is not for signing (keyUsage)")
    if purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise CertificateFault("not for clients (extendedKeyUsage)")
    return _strong(found)


def _strong(certificate: x509.Certificate) -> x509.Certificate:
    try:
        weak = isinstance(certificate.signature_hash_algorithm, _WEAK)
    except UnsupportedAlgorithm as error:
        raise CertificateFault("signed by an algorithm that is not known here") from error
    if weak:
        raise CertificateFault("signed by a weak algorithm")
    return certificate


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


@lru_cache(maxsize=_READ_MAX)
def is_issued_by(der: bytes, authority: bytes) -> bool:
    """Whether the authority has signed the certificate, and is its issuer by name."""
    try:
        read(der).verify_directly_issued_by(read(authority))
    except (*_UNREADABLE, InvalidSignature):  # CertificateFault is a ValueError
        return False
    return True


def is_in_force(der: bytes, now_ns: int) -> bool:
    """Whether a certificate is in force at this time. Raises CertificateFault."""
    dates = dates_of(read(der))
    return dates.begins_ns <= now_ns <= dates.ends_ns
