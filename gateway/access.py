"""Who may be here: whether a key opens the member door now, from there, with that certificate; and whom a change shuts out.

A key's last day is past when a later day has begun, by the market's trading day or by the calendar of its clock, whichever is
ahead. What this side needs of the time it reads here; the engine is told nothing and keeps only the days.
"""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from engine.clock import Clock, wall_ns
from engine.core import commands, events, reasons, units
from engine.core.calendar import local_day
from engine.view import KeyView
from gateway import rehearsal, trust
from gateway.connection import Connection
from gateway.protocol.codec import Refused
from gateway.settings import trust_authority

if TYPE_CHECKING:
    from gateway.server import Gateway

_log: Final = structlog.get_logger("gateway.access")
_SECOND_NS: Final = 1_000_000_000
_OF_KEYS: Final = frozenset((events.AuthorityDistrusted, events.CertificatesRevoked, events.DayOpened))
CHANGES: Final = _OF_KEYS | {
    events.AuthorityTrusted,
    events.KeyRevoked,
    events.ParticipantSuspended,
    events.RestrictionChanged,
}  # what changes who may be here


class Rights(NamedTuple):
    """What a key may do. until_ns: when that ends by itself, 0: never."""

    accounts: dict[str, int]
    scopes: tuple[str, ...]
    until_ns: int


class Access:
    """Judges keys at the member door. `now_ns` is the clock."""

    def __init__(self, gateway: "Gateway", now_ns: Clock = wall_ns) -> None:
        self._gateway = gateway
        self.now_ns = now_ns

    def rights_of(self, key_id: str, address: str) -> Rights:
        """Accounts and scopes of a key that there is, used from an address. Raises `Refused` where it may not come in (any more)."""
        view, directory = self._gateway.view(), self._gateway.directory
        key = view.key(key_id)
        assert key is not None, "who was identified has a key"
        until_ns = self._judge_key(key)
        if not is_inside(address, key.networks):
            raise Refused(reasons.ADDRESS_NOT_ALLOWED)
        accounts = {directory.accounts[number]: number for number in key.accounts if not self._may_not_log_in(number)}
        if key.accounts and not accounts:
            is_suspended = all(self._is_suspended(number) for number in key.accounts)
            raise Refused(reasons.PARTICIPANT_SUSPENDED if is_suspended else reasons.ACCOUNT_RESTRICTED)
        return Rights(accounts, key.scopes, until_ns)

    def _judge_key(self, key: KeyView) -> int:
        """Until when (ns, 0: for good) the key itself is good, whoever uses it. Raises `Refused`."""
        if key.revoked:
            raise Refused(reasons.KEY_REVOKED)
        now_ns = self.now_ns()
        day, until_ns = self.today(), 0
        if key.expires_day:
            if key.expires_day < day:
                raise Refused(reasons.KEY_EXPIRED, actual=key.expires_day)
            until_ns = self._end_of(key.expires_day)
        if key.certificate:
            ends_ns = trust.judge(self._gateway.view(), key, day, now_ns)
            until_ns = min(until_ns, ends_ns) if until_ns else ends_ns
        return until_ns

    def is_good(self, key: KeyView) -> bool:
        """Whether the key itself may be used, whoever uses it."""
        return self.why_not(key) == 0

    def why_not(self, key: KeyView) -> int:
        """The reason for which the key opens nothing now, whoever uses it; 0 for none."""
        try:
            self._judge_key(key)
        except Refused as refused:
            return refused.reason
        return 0

    def check_act(self, act: commands.AnyAct) -> None:
        """Raise `Refused` where an act brings a certificate that does not count; the engine cannot read it."""
        if isinstance(act, commands.TrustAuthority):
            trust.check_new_authority(act, self.now_ns())
        elif isinstance(act, commands.RegisterKey):
            rehearsal.check_key(self._gateway.settings.env, act.key_id)
            if act.certificate:
                trust.check_new_key(self._gateway.view(), act, self.today(), self.now_ns())

    def today(self) -> int:
        """The market's present date: by the clock, or its trading day where that runs ahead (a compressed day)."""
        view = self._gateway.view()
        return max(view.day().trading_day, local_day(self.now_ns(), view.rulebook().utc_offset_minutes))

    def _end_of(self, day: int) -> int:
        """When a date of the market is over, in nanoseconds since 1970."""
        offset = timedelta(minutes=self._gateway.view().rulebook().utc_offset_minutes)
        midnight = datetime(day // 10_000, day // 100 % 100, 1, tzinfo=UTC) + timedelta(days=day % 100)
        return int((midnight - offset).timestamp()) * _SECOND_NS

    def _may_not_log_in(self, account: int) -> bool:
        found = self._gateway.view().account(account)
        return found is not None and (bool(found.restriction & units.RESTRICT_LOGIN) or found.is_suspended)

    def _is_suspended(self, account: int) -> bool:
        found = self._gateway.view().account(account)
        return found is not None and found.is_suspended

    # ---- who is inside ------------------------------------------------------------------------------------

    def let_in(self, connection: Connection, key_id: str, is_browser: bool) -> Rights:
        """What a key may do on this connection, which ends when the key's time is over. Raises `Refused`.

        is_browser: it was opened by a ticket, for which a person has shown two factors.
        """
        rights = self.rights_of(key_id, connection.address)
        self._check_shown(connection, key_id, is_browser)
        connection.until_ns = rights.until_ns
        return rights

    def _check_shown(self, connection: Connection, key_id: str, is_browser: bool) -> None:
        """Raise `Refused` where the connection has not shown the certificate of the key, and has to."""
        key, asks = self._gateway.view().key(key_id), self._gateway.settings.client_certificates
        assert key is not None, "who was identified has a key"
        if asks == "off" or (not key.certificate and (asks == "ask" or is_browser)):
            return
        if not key.certificate or not connection.certificate:
            raise Refused(reasons.CERTIFICATE_REQUIRED)
        if connection.certificate != key.certificate:
            raise Refused(reasons.CERTIFICATE_DIFFERS)

    def trust_all(self) -> None:
        """Make every authority that was ever listed known to TLS: what a removed one has issued is refused at the login, by number."""
        for found in self._gateway.view().authorities():
            self._trust(found.authority)

    def _trust(self, authority: str) -> None:
        context, asks = self._gateway.settings.tls, self._gateway.settings.client_certificates
        if context is None or asks == "off":
            return
        for found in self._gateway.view().authorities():
            if found.authority == authority and not trust_authority(context, found.certificate):
                _log.warning("TLS cannot read the certificate of an authority", authority=authority)

    def on_change(self, event: events.Event) -> Callable[[Connection], bool] | None:
        """Which members an event shuts out who are inside; None where it shuts out nobody."""
        if isinstance(event, events.AuthorityTrusted):
            self._trust(event.authority)
            return None
        if isinstance(event, events.KeyRevoked):
            key_id = event.key_id
            return lambda peer: peer.key_id == key_id
        if isinstance(event, events.ParticipantSuspended):
            return self._has_no_account
        if isinstance(event, events.RestrictionChanged):
            return self._has_no_account if event.scope & units.RESTRICT_LOGIN else None
        return self._has_no_key if type(event) in _OF_KEYS else None

    def is_late(self, connection: Connection) -> bool:
        """Whether the time of the key or of its certificate has ended since the login."""
        return 0 < connection.until_ns < self.now_ns()

    def _has_no_account(self, connection: Connection) -> bool:
        accounts = connection.accounts.values()
        return bool(accounts) and all(self._may_not_log_in(account) for account in accounts)

    def _has_no_key(self, connection: Connection) -> bool:
        key = self._gateway.view().key(connection.key_id)
        return key is None or not self.is_good(key)


def is_inside(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is in one of the networks; no networks: every address is. What is no address is in none."""
    if not networks:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return any((mapped or found) in ipaddress.ip_network(network) for network in networks)
