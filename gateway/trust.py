"""Whether a certificate counts: issued by an authority on the trust list, in force, not revoked, of the key, naming its participant.

The trust list names the authorities that issue, so a certificate is one step away from an entry of it; a subordinate authority is
put on the list itself. A revocation counts for all certificates of the authority's key, whichever entry of the list it was
recorded for: an authority may renew its own certificate.
"""

from collections.abc import Iterator

from engine.core import commands, reasons
from engine.participant_view import is_credit_code
from engine.view import KeyView, MarketView
from gateway.protocol.certificates import (
    CertificateFault,
    check_authority,
    check_client,
    credit_codes_of,
    dates_of,
    is_in_force,
    is_issued_by,
    public_key_of,
    read,
    serial_of,
)
from gateway.protocol.codec import Refused


def judge(view: MarketView, key: KeyView, day: int, now_ns: int) -> int:
    """Until when (ns) the certificate of a key counts as things stand. Raises `Refused` by number where it does not now."""
    try:
        certificate = check_client(key.certificate)
    except CertificateFault as fault:
        raise Refused(reasons.CERTIFICATE_INVALID, "certificate") from fault
    if public_key_of(certificate) != key.public_key:
        raise Refused(reasons.CERTIFICATE_DIFFERS, "certificate")
    issuers = [each for each in view.authorities() if is_issued_by(key.certificate, each.certificate)]
    trusted = [each for each in issuers if each.is_trusted(day) and _may_issue(each.certificate, now_ns)]
    if not trusted:
        raise Refused(reasons.CERTIFICATE_UNTRUSTED, "certificate")
    serial = serial_of(certificate)
    if any(serial in view.revoked(each.authority) for each in issuers):
        raise Refused(reasons.CERTIFICATE_REVOKED, "certificate")
    if not is_in_force(key.certificate, now_ns):
        raise Refused(reasons.CERTIFICATE_EXPIRED, "certificate")
    own_ns = dates_of(certificate).ends_ns
    return min(own_ns, max(dates_of(read(each.certificate)).ends_ns for each in trusted))


def _may_issue(der: bytes, now_ns: int) -> bool:
    try:
        check_authority(der)
    except CertificateFault:
        return False
    return is_in_force(der, now_ns)


def check_names(view: MarketView, key: KeyView) -> None:
    """Raise `Refused` CERTIFICATE_DIFFERS where the certificate does not name each participant whose accounts the key opens.

    A participant that is recorded with a unified social credit code is named by it (CY item 5: by entity, not by serial).
    """
    named = credit_codes_of(read(key.certificate))
    for identity in _identities(view, key):
        if is_credit_code(identity) and identity not in named:
            raise Refused(reasons.CERTIFICATE_DIFFERS, "certificate")


def _identities(view: MarketView, key: KeyView) -> Iterator[str]:
    known = {found.number: found.identity for found in view.participants()}
    for number in key.accounts:
        account = view.account(number)
        if account is not None and account.owner in known:
            yield known[account.owner]


def check_new_key(view: MarketView, act: commands.RegisterKey, day: int, now_ns: int) -> None:
    """Raise `Refused` where a key is to be registered with a certificate that does not count for it today."""
    key = KeyView(act.key_id, act.public_key, act.accounts, act.scopes, False, act.user, 0, (), act.certificate)
    judge(view, key, day, now_ns)
    check_names(view, key)


def check_new_authority(act: commands.TrustAuthority, now_ns: int) -> None:
    """Raise `Refused` where the certificate is not one of an authority, or not in force."""
    try:
        check_authority(act.certificate)
    except CertificateFault as fault:
        raise Refused(reasons.CERTIFICATE_INVALID, "fields.certificate") from fault
    if not is_in_force(act.certificate, now_ns):
        raise Refused(reasons.CERTIFICATE_EXPIRED, "fields.certificate")
