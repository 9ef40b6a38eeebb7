"""The acts about keys and certificates: who may speak for whom, until when, from where. Part of `commands`."""

from engine.core.bases import Act


class RegisterKey(Act, frozen=True, array_like=True, gc=False, tag=103):
    """Register an Ed25519 public key (32 bytes) that may act for the given accounts.

    user: whose it is, "" for a program of the participant's; a user's key has none but the user's rights and accounts.
    expires_day: last day on which it opens anything, 0 for no end. networks: where it may be used from, as addresses with
    the length of their prefix; none: anywhere. certificate: an X.509 certificate (DER) of this public key, without which the
    key opens nothing from then on; empty for none. The scope drop_copy stands alone, with a last day and without a user: it reads
    the private streams, orders and balances of its accounts and does nothing.
    """

    key_id: str
    public_key: bytes
    accounts: tuple[int, ...]
    scopes: tuple[str, ...] = ("view", "trade")
    user: str = ""
    expires_day: int = 0
    networks: tuple[str, ...] = ()
    certificate: bytes = b""


class RevokeKey(Act, frozen=True, array_like=True, gc=False, tag=104):
    """Revoke a key; its sessions end at once."""

    key_id: str


class TrustAuthority(Act, frozen=True, array_like=True, gc=False, tag=340):
    """Put a certification authority (电子认证机构) on the trust list: certificates that it issues open doors. Takes two persons.

    authority: its id here, for good; one that was taken off comes back with the same certificate. certificate: of the
    authority itself (DER). province: that recognises it. basis: document it rests on. Days: from when until when it is
    trusted, both included.
    """

    authority: str
    name_zh: str
    name_en: str
    province: str
    from_day: int
    until_day: int
    basis: str
    certificate: bytes


class DistrustAuthority(Act, frozen=True, array_like=True, gc=False, tag=341):
    """Take an authority off the trust list: what its certificates have opened ends at once. Takes two persons."""

    authority: str
    basis: str


class RevokeCertificates(Act, frozen=True, array_like=True, gc=False, tag=342):
    """Record certificates of an authority as revoked (吊销), by serial number; what they have opened ends at once.

    serials: lower-case hex without leading zeros. basis: the list of the authority they are from, or why.
    """

    authority: str
    serials: tuple[str, ...]
    basis: str


IdentityAct = RegisterKey | RevokeKey | TrustAuthority | DistrustAuthority | RevokeCertificates
