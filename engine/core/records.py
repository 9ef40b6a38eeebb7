"""What the market remembers of a key emitter's compliance year (履约年度). Data only; the rules are in `compliance`."""

from typing import Final, final

import msgspec

NOT_VERIFIED: Final = -1


@final
class AllocationPlan:
    """A year's allocation plan in tonnes, and what was issued of its shares: of the reserve, and of the rest (`allocated`).

    total and reserve count for nothing until a plan is set, which is known by its `basis`: the document's number.
    """

    __slots__ = ("allocated", "basis", "reserve", "reserved", "total")

    def __init__(self) -> None:
        self.total = 0
        self.reserve = 0
        self.basis = ""
        self.allocated = 0
        self.reserved = 0

    @property
    def is_set(self) -> bool:
        """Whether there is a plan, not only what was issued."""
        return self.basis != ""


@final
class ComplianceYear:
    """One account's year, in tonnes. emissions: verified (NOT_VERIFIED until known); days are yyyymmdd, 0 for none.

    Allowances and offsets surrendered are kept apart, offsets by product; `is_final` once the final filing confirmed it.
    """

    __slots__ = (
        "allocation_objection_until",
        "emissions",
        "free",
        "is_final",
        "objection_until",
        "objections",
        "offsets",
        "paid",
        "preallocated",
        "reported_on",
        "surrendered",
    )

    def __init__(self) -> None:
        self.free = 0
        self.paid = 0
        self.preallocated: dict[int, int] = {}  # instrument -> tonnes that wait for the true-up
        self.allocation_objection_until = 0
        self.objections: dict[str, Objection] = {}  # by subject, the latest
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


class Objection(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A unit's request for review (复核): filed on a day, to be decided by one ten working days on. decided_on 0: open."""

    subject: str
    filed_on: int
    decide_by: int
    decided_on: int = 0
    is_upheld: bool = False


class StatementObjection(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A member's objection to a day's statement (结算异议). trade 0: none is disputed. status: open | upheld | dismissed."""

    number: int
    account: int
    trading_day: int
    trade: int
    at_ns: int
    words: str
    status: str = "open"
    decided_at_ns: int = 0
    answer: str = ""


class DisputeHold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of a settled trade that wait for the decision on an objection (争议冻结): those that the buyer got.

    until_day: the day number up to which they are under T+N lock anyhow; encumbrance: under which number they are held
    since, 0 while they are locked; is_to_void: an objection was upheld, and the trade is to be voided.
    """

    trade: int
    account: int
    instrument: int
    tonnes: int
    until_day: int
    encumbrance: int = 0
    is_to_void: bool = False


class Statements:
    """Answers to the statements of the day that closed last, and every objection that is not decided.

    accounts: how many had one; deadline_ns: the rule book's hour, 0 for the next opening; confirmed: account -> when.
    holds: units of disputed trades, by trade; voided: trade -> the trading day on which it was made.
    """

    __slots__ = ("accounts", "confirmed", "deadline_ns", "holds", "number", "objections", "trading_day", "voided")

    def __init__(self) -> None:
        self.trading_day = 0
        self.accounts = 0
        self.deadline_ns = 0
        self.confirmed: dict[int, int] = {}
        self.number = 0  # of the newest objection
        self.objections: dict[int, StatementObjection] = {}
        self.holds: dict[int, DisputeHold] = {}
        self.voided: dict[int, int] = {}


class Filing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A unit's surrender filing. lines: (instrument, tonnes); filed_by, confirmed_by: the unit's users; note: why rejected.

    status: initiated | pending (the registry has to decide; its units wait) | confirmed | rejected | withdrawn.
    """

    number: int
    account: int
    year: int
    lines: tuple[tuple[int, int], ...]
    is_final: bool
    filed_ns: int
    filed_by: str
    confirmed_by: str = ""
    status: str = "initiated"
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still may be confirmed, decided or withdrawn."""
        return self.status in ("initiated", "pending")


class Intention(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An advert on the board: the fields of `PostIntention`, with its number and time."""

    number: int
    account: int
    instrument: int
    side: int
    tonnes: int
    price_ticks: int
    until_day: int
    is_named: bool
    contact: str
    posted_ns: int


class OffsetProject(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A project of certified reductions. boundary: the account in whose own boundary it lies, 0 for none.

    issues: (first serial, tonnes, instrument) of each.
    """

    code: str
    boundary: int
    issues: tuple[tuple[int, int, int], ...]


class Encumbrance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of an account that cannot be traded, under a number, with the reason (kind) and in whose favour.

    use_restricted: what they are again once released, wherever they go; else available.
    """

    number: int
    account: int
    instrument: int
    kind: str
    tonnes: int
    beneficiary: str
    use_restricted: bool = False


@final
class RiskReserve:
    """The risk reserve (风险准备金) in fen; fees_kept: the fees after the last contribution; claims: what accounts owe it."""

    __slots__ = ("balance_fen", "claims", "fees_kept")

    def __init__(self) -> None:
        self.balance_fen = 0
        self.fees_kept = 0
        self.claims: dict[int, int] = {}
