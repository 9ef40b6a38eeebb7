"""The acts about keys, the trust list of certification authorities, and revoked certificates (domain rules C2.1; CY item 5).

Chongqing and Sichuan recognise each other's digital certificates (一地办锁、川渝通用), so whose certificates count is a list
that operators keep, and no certificate counts that is not issued by an authority on it.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import membership, reasons
from engine.core.addresses import is_network
from engine.core.admission import ADMITTED, Verdict
from engine.core.compliance import is_day
from engine.core.events import (
    AuthorityDistrusted,
    AuthorityTrusted,
    CertificatesRevoked,
    Event,
    KeyRegistered,
    KeyRevoked,
)
from engine.core.identity_acts import (
    DistrustAuthority,
    IdentityAct,
    RegisterKey,
    RevokeCertificates,
    RevokeKey,
    TrustAuthority,
)
from engine.core.state import Key, State
from engine.core.trust import Authority

DROP_COPY: Final = (
    "drop_copy"  # scope of a key of somebody else who only reads along: a parent company, a bank, an auditor
)
CERTIFICATE_BYTES_MAX: Final = 4_096
NETWORKS_MAX: Final = 32  # of one key
AUTHORITIES_MAX: Final = 200  # ever listed
SERIALS_MAX: Final = 256  # in one act: it has to fit into a message at the door
REVOKED_MAX: Final = 100_000  # of one authority
SERIAL_DIGITS_MAX: Final = 40  # RFC 5280: 20 octets
TEXT_MAX: Final = 200


def judge(state: State, act: IdentityAct) -> Verdict:
    """Whether the act may take effect in the present state."""
    if isinstance(act, RegisterKey):
        return judge_key(state, act)
    if isinstance(act, RevokeKey):
        key = state.keys.get(act.key_id)
        return ADMITTED if key is not None and not key.revoked else Verdict(reasons.ACT_INVALID)
    if isinstance(act, TrustAuthority):
        return judge_authority(state, act)
    if not 0 < len(act.basis) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, len(act.basis))
    found = state.trust.authorities.get(act.authority)
    if found is None:
        return Verdict(reasons.UNKNOWN_AUTHORITY)
    if isinstance(act, DistrustAuthority):
        return ADMITTED if found.is_listed else Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, found.removed_on)
    return judge_revocation(state, act)


def judge_key(state: State, act: RegisterKey) -> Verdict:
    """A new id, a key of the right size, accounts that there are, rights that exist, an end to come, networks well formed."""
    if act.key_id in state.keys:
        return Verdict(reasons.ALREADY_EXISTS)
    for account in act.accounts:
        if state.account(account) is None:
            return Verdict(reasons.UNKNOWN_ACCOUNT)
    is_fit = membership.is_word(act.key_id) and len(act.public_key) == 32 and len(act.accounts) > 0
    if not is_fit or not is_scope(act):
        return Verdict(reasons.ACT_INVALID)
    if act.expires_day != 0 and not (is_day(act.expires_day) and int(state.trading_day) <= act.expires_day):
        return Verdict(reasons.ACT_INVALID, int(state.trading_day), 0)
    if len(act.networks) > NETWORKS_MAX or len(act.certificate) > CERTIFICATE_BYTES_MAX:
        return Verdict(reasons.ACT_INVALID)
    if not all(is_network(network) for network in act.networks):
        return Verdict(reasons.ACT_INVALID)
    return membership.judge_key(state, act) if act.user else ADMITTED


def is_scope(act: RegisterKey) -> bool:
    """Whether the scopes exist; a drop copy has no other, is no user's of the participant, and has an end."""
    if DROP_COPY in act.scopes:
        return act.scopes == (DROP_COPY,) and act.user == "" and act.expires_day != 0
    return all(scope in membership.RIGHTS for scope in act.scopes)


def judge_authority(state: State, act: TrustAuthority) -> Verdict:
    """A name in both languages, a document, days in order; a certificate belongs to one id and an id to one certificate."""
    texts = (act.name_zh, act.name_en, act.province, act.basis)
    is_fit = membership.is_word(act.authority) and all(0 < len(text) <= TEXT_MAX for text in texts)
    days = is_day(act.from_day) and is_day(act.until_day) and act.from_day <= act.until_day
    if not is_fit or not days or not 0 < len(act.certificate) <= CERTIFICATE_BYTES_MAX:
        return Verdict(reasons.ACT_INVALID)
    for found in state.trust.authorities.values():
        is_same_id, is_same_certificate = found.authority == act.authority, found.certificate == act.certificate
        if is_same_id != is_same_certificate or (is_same_id and found.is_listed):
            return Verdict(reasons.ALREADY_EXISTS)
    count = len(state.trust.authorities)
    is_known = act.authority in state.trust.authorities
    return ADMITTED if is_known or count < AUTHORITIES_MAX else Verdict(reasons.ACT_INVALID, AUTHORITIES_MAX, count)


def judge_revocation(state: State, act: RevokeCertificates) -> Verdict:
    """Serial numbers, each once, not all of them recorded before, and room for them."""
    if not 0 < len(act.serials) <= SERIALS_MAX:
        return Verdict(reasons.ACT_INVALID, SERIALS_MAX, len(act.serials))
    if len(set(act.serials)) != len(act.serials) or not all(is_serial(serial) for serial in act.serials):
        return Verdict(reasons.ACT_INVALID)
    known = state.trust.revoked.get(act.authority, {})
    fresh = sum(serial not in known for serial in act.serials)
    if fresh == 0:
        return Verdict(reasons.ALREADY_EXISTS)
    count = len(known) + fresh
    return ADMITTED if count <= REVOKED_MAX else Verdict(reasons.ACT_INVALID, REVOKED_MAX, count)


def is_serial(text: str) -> bool:
    """Whether this is a serial number as it is written here: lower-case hex, no leading zero."""
    digits = "0123456789abcdef"
    return 0 < len(text) <= SERIAL_DIGITS_MAX and text[0] != "0" and all(letter in digits for letter in text)


# ---- taking effect --------------------------------------------------------------------------------------


def take(state: State, act: IdentityAct, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    if isinstance(act, RegisterKey):
        register_key(state, act, out)
    elif isinstance(act, RevokeKey):
        state.keys[act.key_id].revoked = True
        out.append(KeyRevoked(act.key_id))
    elif isinstance(act, TrustAuthority):
        trust_authority(state, act, out)
    elif isinstance(act, DistrustAuthority):
        found = state.trust.authorities[act.authority]
        state.trust.authorities[act.authority] = replace(
            found, is_listed=False, removed_on=int(state.trading_day), removal_basis=act.basis
        )
        out.append(AuthorityDistrusted(act.authority, act.basis))
    else:
        known = state.trust.revoked.setdefault(act.authority, {})
        fresh = tuple(serial for serial in act.serials if serial not in known)
        for serial in fresh:
            known[serial] = int(state.trading_day)
        out.append(CertificatesRevoked(act.authority, fresh, act.basis))


def register_key(state: State, act: RegisterKey, out: list[Event]) -> None:
    """The key opens its accounts from now on."""
    key = Key(act.key_id, act.public_key, act.accounts, act.scopes, act.user)
    key.expires_day, key.networks, key.certificate = act.expires_day, act.networks, act.certificate
    state.keys[act.key_id] = key
    out.append(
        KeyRegistered(
            act.key_id,
            act.public_key,
            act.accounts,
            act.scopes,
            act.user,
            act.expires_day,
            act.networks,
            act.certificate,
        )
    )


def trust_authority(state: State, act: TrustAuthority, out: list[Event]) -> None:
    """Put the authority on the list, or back on it."""
    found = Authority(
        act.authority,
        act.name_zh,
        act.name_en,
        act.province,
        act.from_day,
        act.until_day,
        act.basis,
        act.certificate,
        True,
        int(state.trading_day),
    )
    state.trust.authorities[act.authority] = found
    out.append(
        AuthorityTrusted(
            act.authority,
            act.name_zh,
            act.name_en,
            act.province,
            act.from_day,
            act.until_day,
            act.basis,
            found.sha256,
        )
    )
