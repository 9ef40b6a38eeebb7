"""What happens to keys, the trust list and certificates. `events` has all other events."""

from engine.core.bases import Fact


class KeyRegistered(Fact, frozen=True, gc=False):
    """A member key may act for these accounts. user: whose it is, "" for a program of the participant's.

    expires_day: its last day, 0 for none; networks: where it may be used from, none for anywhere; certificate: DER, or empty.
    """

    key_id: str
    public_key: bytes
    accounts: tuple[int, ...]
    scopes: tuple[str, ...]
    user: str = ""
    expires_day: int = 0
    networks: tuple[str, ...] = ()
    certificate: bytes = b""


class KeyRevoked(Fact, frozen=True, gc=False):
    """A member key is void."""

    key_id: str


class AuthorityTrusted(Fact, frozen=True, gc=False):
    """A certification authority is on the trust list. sha256: of its certificate (DER), in hex."""

    authority: str
    name_zh: str
    name_en: str
    province: str
    from_day: int
    until_day: int
    basis: str
    sha256: str


class AuthorityDistrusted(Fact, frozen=True, gc=False):
    """A certification authority is off the trust list."""

    authority: str
    basis: str


class CertificatesRevoked(Fact, frozen=True, gc=False):
    """Certificates of an authority open nothing any more. serials: those that were not revoked before."""

    authority: str
    serials: tuple[str, ...]
    basis: str
