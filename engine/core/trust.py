"""What the market remembers of certification authorities and of certificates that were revoked. Data only: `identity` has the rules.

What a certificate says is read at the edge; here it is bytes with a hash.
"""

from hashlib import sha256
from typing import final

import msgspec


class Authority(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A certification authority that is on the trust list, or was. Days are included; listed_on, removed_on: trading days."""

    authority: str
    name_zh: str
    name_en: str
    province: str
    from_day: int
    until_day: int
    basis: str
    certificate: bytes
    is_listed: bool
    listed_on: int
    removed_on: int = 0
    removal_basis: str = ""

    @property
    def sha256(self) -> str:
        """Of the certificate, in hex."""
        return sha256(self.certificate).hexdigest()

    def is_trusted(self, day: int) -> bool:
        """Whether it is on the list and the day is one of those for which it was put there."""
        return self.is_listed and self.from_day <= day <= self.until_day


@final
class Trust:
    """The trust list, with whoever was ever on it, and the revoked certificates of each authority."""

    __slots__ = ("authorities", "revoked")

    def __init__(self) -> None:
        self.authorities: dict[str, Authority] = {}  # in the order of their first listing
        self.revoked: dict[str, dict[str, int]] = {}  # authority -> serial -> day on which it was recorded
