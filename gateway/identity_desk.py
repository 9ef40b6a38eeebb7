"""What members and operators see of keys and certificates, and the trust list that everyone may see."""

import hashlib
from typing import TYPE_CHECKING

from engine.core import reasons
from engine.view import Authority, KeyView, MarketView
from gateway.connection import Connection
from gateway.protocol import identity_wire as iw
from gateway.protocol.certificates import CertificateFault, dates_of, read, serial_of, to_pem
from gateway.protocol.codec import Refused
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway


class IdentityDesk:
    """Answers questions about keys and authorities; the acts are `ops.act` and `key.revoke`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update(
            {
                iw.KeyList: self._own_keys,
                iw.OpsKeys: self._keys,
                iw.OpsTrustList: self._trust_list,
                iw.OpsRevoked: self._revoked,
            }
        )

    def _own_keys(self, connection: Connection, request: iw.KeyList) -> None:
        keys = self._gateway.view().keys_of(set(connection.accounts.values()))
        connection.reply(request.id, [self._key_row(key) for key in keys])

    def _keys(self, connection: Connection, request: iw.OpsKeys) -> None:
        keys = self._gateway.view().keys()
        connection.reply(request.id, [self._key_row(key) for key in keys])

    def _key_row(self, key: KeyView) -> iw.KeyRow:
        reason = self._gateway.access.why_not(key)
        return iw.KeyRow(
            key.key_id,
            key.user,
            [self._gateway.directory.account_code(number) for number in key.accounts],
            list(key.scopes),
            reasons.BY_NUMBER[reason].name if reason else "good",
            day_text(key.expires_day) if key.expires_day else "",
            list(key.networks),
            certificate_row(key.certificate) if key.certificate else None,
            self._gateway.capacity.connections_of(key.key_id, "trade"),
            len(self._gateway.logins.sessions_of("trade", key.key_id)),
        )

    def _trust_list(self, connection: Connection, request: iw.OpsTrustList) -> None:
        connection.reply(request.id, trust_list(self._gateway.view(), self._gateway.access.today()))

    def _revoked(self, connection: Connection, request: iw.OpsRevoked) -> None:
        view, name = self._gateway.view(), request.params.authority
        if all(found.authority != name for found in view.authorities()):
            raise Refused(reasons.UNKNOWN_AUTHORITY, "authority")
        connection.reply(request.id, [iw.RevokedRow(serial, _day(day)) for serial, day in view.revoked(name).items()])


def certificate_row(der: bytes) -> iw.CertificateRow:
    """What a certificate says; of one that cannot be read, its hash."""
    digest = hashlib.sha256(der).hexdigest()
    try:
        found = read(der)
    except CertificateFault:
        return iw.CertificateRow("", "", "", "", "", digest)
    dates = dates_of(found)
    names = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    return iw.CertificateRow(*names, serial_of(found), time_text(dates.begins_ns), time_text(dates.ends_ns), digest)


def trust_list(view: MarketView, today: int) -> list[iw.AuthorityRow]:
    """The list as it stands on a day, and whoever was on it."""
    return [_authority_row(view, found, today) for found in view.authorities()]


def _authority_row(view: MarketView, found: Authority, today: int) -> iw.AuthorityRow:
    return iw.AuthorityRow(
        found.authority,
        found.name_zh,
        found.name_en,
        found.province,
        day_text(found.from_day),
        day_text(found.until_day),
        found.basis,
        found.is_listed,
        found.is_trusted(today),
        _day(found.listed_on),
        _day(found.removed_on),
        found.removal_basis,
        len(view.revoked(found.authority)),
        found.sha256,
        to_pem(found.certificate),
    )


def _day(day: int) -> str:
    return day_text(day) if day else ""
