"""What the market remembers of a key emitter's compliance year (履约年度). Data only; the rules are in `compliance`."""

from typing import Final, final

NOT_VERIFIED: Final = -1


@final
class ComplianceYear:
    """One account's year, in tonnes. emissions: verified (NOT_VERIFIED until known); days are yyyymmdd, 0 for none.

    Allowances and offsets surrendered are kept apart, offsets by product; `is_final` once the final filing confirmed it.
    """

    __slots__ = (
        "emissions",
        "free",
        "is_final",
        "objection_until",
        "offsets",
        "paid",
        "reported_on",
        "surrendered",
    )

    def __init__(self) -> None:
        self.free = 0
        self.paid = 0
        self.emissions = NOT_VERIFIED
        self.reported_on = 0
        self.objection_until = 0
        self.surrendered = 0
        self.offsets: dict[str, int] = {}
        self.is_final = False

    @property
    def allocated(self) -> int:
        """Allowances given for the year, whether free or paid."""
        return self.free + self.paid

    @property
    def covered(self) -> int:
        """What has been surrendered, offsets included."""
        return self.surrendered + sum(self.offsets.values())

    @property
    def shortfall(self) -> int:
        """What is still owed of the verified emissions; 0 while they are not known."""
        return max(0, self.emissions - self.covered)
