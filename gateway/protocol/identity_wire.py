"""Keys, the trust list of certification authorities (电子认证机构信任列表), and the forms in which acts name them."""

import ipaddress
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.core import reasons
from gateway.protocol.names import FieldRefused, Names
from gateway.protocol.wire import NoParams, Params, Request

Pem = Annotated[str, Meta(min_length=1, max_length=8_000)]
Networks = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=32)]
Name = Annotated[str, Meta(min_length=1, max_length=32)]
SERIALS_MAX: Final = 256  # of one act
Serials = Annotated[
    list[Annotated[str, Meta(pattern=r"^[1-9a-f][0-9a-f]{0,39}\Z")]], Meta(min_length=1, max_length=SERIALS_MAX)
]


class KeyList(Request, tag="key.list", gc=False, kw_only=True):
    """The keys that open an account of this key, as they stand today."""

    params: NoParams | UnsetType = UNSET


class OpsKeys(Request, tag="ops.keys", gc=False, kw_only=True):
    """All members' keys, in the order of their registration, as they stand today."""

    params: NoParams | UnsetType = UNSET


class OpsTrustList(Request, tag="ops.trust_list", gc=False, kw_only=True):
    """The trust list, with whoever was ever on it, and how many certificates of each were revoked."""

    params: NoParams | UnsetType = UNSET


class OpsRevokedParams(Params, gc=False):
    """Of one authority."""

    authority: Name


class OpsRevoked(Request, tag="ops.revoked", gc=False, kw_only=True):
    """Serial numbers of an authority's certificates that are recorded as revoked."""

    params: OpsRevokedParams


class CertificateRow(Struct, gc=False):
    """What a certificate says. issuer and subject: as RFC 4514 writes names; sha256: of its DER bytes; times: UTC."""

    subject: str
    issuer: str
    serial: str
    begins_at: str
    ends_at: str
    sha256: str


class KeyRow(Struct, gc=False):
    """One key. status: good, or the name of the reason for which it opens nothing today.

    user "": a program of the participant's; expires_day "": no end; networks: none, from anywhere. connections and
    browser_sessions: those that live now.
    """

    key_id: str
    user: str
    accounts: list[str]
    scopes: list[str]
    status: str
    expires_day: str
    networks: list[str]
    certificate: CertificateRow | None
    connections: int
    browser_sessions: int


class AuthorityRow(Struct, gc=False):
    """One certification authority. is_listed: on the list, is_trusted: and the day is one of those it is there for.

    sha256: of its certificate's DER bytes; certificate: PEM; revoked: how many of its certificates are recorded as revoked.
    """

    authority: str
    name_zh: str
    name_en: str
    province: str
    from_day: str
    until_day: str
    basis: str
    is_listed: bool
    is_trusted: bool
    listed_on: str
    removed_on: str
    removal_basis: str
    revoked: int
    sha256: str
    certificate: str


class RevokedRow(Struct, gc=False):
    """A revoked certificate, and the trading day on which that was recorded."""

    serial: str
    recorded_on: str


OfOperators = OpsKeys | OpsTrustList | OpsRevoked


# ---- in acts --------------------------------------------------------------------------------------------


def read_networks(value: list[str], names: Names, all_fields: dict[str, Any]) -> tuple[str, ...]:
    """Networks in their canonical form; an address alone is a network of one. Raises FieldRefused, also for host bits."""
    try:
        return tuple(str(ipaddress.ip_network(text)) for text in value)
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "networks") from error


def read_pem(value: str, names: Names, all_fields: dict[str, Any]) -> bytes:
    """The certificate of a PEM text. Raises FieldRefused."""
    from gateway.protocol import certificates

    try:
        return certificates.from_pem(value)
    except certificates.CertificateFault as error:
        raise FieldRefused(reasons.CERTIFICATE_INVALID, "certificate") from error


def show_pem(value: bytes, names: Names, all_fields: dict[str, Any]) -> str:
    """A certificate as PEM."""
    from gateway.protocol import certificates

    return certificates.to_pem(value)
