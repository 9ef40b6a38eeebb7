"""What others may read of members' keys: copies, as `engine.view` gives them out."""

import msgspec

from engine.core.state import Key


class KeyView(msgspec.Struct, frozen=True):
    """One member key. expires_day: yyyymmdd, 0 for no end; networks: none, from anywhere; certificate: DER, empty for none."""

    key_id: str
    public_key: bytes
    accounts: tuple[int, ...]
    scopes: tuple[str, ...]
    revoked: bool
    user: str
    expires_day: int
    networks: tuple[str, ...]
    certificate: bytes


def key_view(key: Key) -> KeyView:
    """A copy of a key."""
    return KeyView(
        key.key_id,
        key.public_key,
        key.accounts,
        key.scopes,
        key.revoked,
        key.user,
        key.expires_day,
        key.networks,
        key.certificate,
    )
