"""What the market remembers of supervision (监管): restrictions, cases, orders to reduce, large holders' reports, links.
Data only.

Records are frozen: what changes one puts another in its place. Numbers count from 1; days are yyyymmdd, 0 for none. They
are kept for good, since they are evidence, up to RECORDS_MAX of each kind.
"""

from typing import Final

import msgspec

RECORDS_MAX: Final = 100_000  # of each kind
STEPS_MAX: Final = 200  # of one case
ALERTS_MAX: Final = 50  # that one case rests on

WAITING: Final = "waiting"  # a restriction whose first day has not come
IN_FORCE: Final = "in_force"
LIFTED: Final = "lifted"
ENDED: Final = "ended"  # its last day has passed

OPEN: Final = "open"
CLOSED: Final = "closed"
MET: Final = "met"

# Graduated supervision (CN-SH), the lightest first; `note` and `answer` are no measures.
NOTE: Final = "note"
ANSWER: Final = "answer"
RESTRICTION: Final = "restriction"
REDUCTION: Final = "reduction"
MEASURES: Final = ("reminder", "report", "undertaking", "interview", "notice")
STEPS: Final = (NOTE, ANSWER, *MEASURES)  # what a person adds; restrictions and orders to reduce add themselves
LINK_KINDS: Final = (
    "address",
    "person",
    "key",
    "network",
    "other",
)  # the evidence: address, controlling person, key, IPs
LINK_ACCOUNTS_MAX: Final = 50  # of one link

FINDINGS: Final = ("confirmed", "settled", "unfounded")


class Restriction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A restriction (限制措施) of an account: what, why, by whom, from when to when, and when it is to be reviewed.

    scope: bits of units.RESTRICT_* as imposed; left: those not lifted yet. notified: the other body that was told;
    appeal: where the account may object. operator 0: the exchange itself; approver 0: one person sufficed.
    """

    number: int
    account: int
    scope: int
    left: int
    basis: str
    document: str
    operator: int
    approver: int
    imposed_on: int
    first_day: int
    last_day: int
    review_on: int
    notified: str
    appeal: str
    case: int
    status: str
    reviewed_on: int = 0
    ended_on: int = 0

    def is_overdue(self, today: int) -> bool:
        """Whether the day of its review has passed without one."""
        return self.status == IN_FORCE and 0 < self.review_on < today


class Step(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry of a case: who did what, why, under which document; due_day: until when an answer is demanded."""

    step: str
    at_ns: int
    trading_day: int
    operator: int
    approver: int
    note: str
    document: str
    due_day: int = 0


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A case (案件) about one account: what it rests on, its steps, and what was found. finding: empty while it is open."""

    number: int
    account: int
    matter: str
    alerts: tuple[str, ...]
    steps: tuple[Step, ...]
    status: str = OPEN
    finding: str = ""
    closed_on: int = 0

    @property
    def demand(self) -> Step | None:
        """The last demand that has a day by which it is to be answered, and no answer yet."""
        for step in reversed(self.steps):
            if step.step == ANSWER:
                return None
            if step.due_day:
                return step
        return None

    def is_overdue(self, today: int) -> bool:
        """Whether the day by which an answer is due has passed."""
        demand = self.demand
        return self.status == OPEN and demand is not None and demand.due_day < today


class Reduction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An order to a beneficial owner to reduce what it has of a product (责令减持) to `tonnes_max` by the due day."""

    number: int
    account: int
    owner: int
    product: str
    tonnes_max: int
    due_day: int
    ordered_on: int
    basis: str
    document: str
    case: int
    status: str = OPEN
    met_on: int = 0

    def is_overdue(self, today: int) -> bool:
        """Whether its day has passed and the owner has more."""
        return self.status == OPEN and self.due_day < today


class HolderReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """That a beneficial owner is a large holder (大户) of a product since a day, and its own report. filed_on 0: none yet.

    tonnes: at the close at which it was seen last; due_day: the trading day after the one on which it became one.
    """

    owner: int
    product: str
    since: int
    due_day: int
    tonnes: int
    filed_on: int = 0
    account: int = 0  # that filed it
    purpose: str = ""
    funds: str = ""
    related: str = ""

    def is_overdue(self, today: int) -> bool:
        """Whether its day has passed without a report."""
        return self.filed_on == 0 and self.due_day < today


class AccountLink(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """That accounts of different owners are linked by evidence, since a day, until it is recorded that they are not."""

    number: int
    accounts: tuple[int, ...]
    kind: str
    basis: str
    recorded_on: int
    is_ended: bool = False
    ended_on: int = 0
    ended_basis: str = ""


class Strike(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """That a record of conduct was struck from the credit record: by whom, why, and under which document."""

    record: str
    account: int
    basis: str
    document: str
    operator: int
    approver: int
    struck_on: int


class Supervision(msgspec.Struct, array_like=True):
    """All records, by number from 1 (place 0 holds number 1). holders: by product, then by owner; strikes: by the record struck."""

    restrictions: list[Restriction] = []
    cases: list[Case] = []
    reductions: list[Reduction] = []
    holders: dict[str, dict[int, HolderReport]] = {}
    links: list[AccountLink] = []
    strikes: dict[str, Strike] = {}

    def restriction(self, number: int) -> Restriction | None:
        """A restriction by its number."""
        return self.restrictions[number - 1] if 0 < number <= len(self.restrictions) else None

    def case(self, number: int) -> Case | None:
        """A case by its number."""
        return self.cases[number - 1] if 0 < number <= len(self.cases) else None

    def link(self, number: int) -> AccountLink | None:
        """A link between accounts by its number."""
        return self.links[number - 1] if 0 < number <= len(self.links) else None

    def in_force(self, account: int) -> int:
        """Bits of all restrictions of an account that are in force."""
        bits = 0
        for found in self.restrictions:
            if found.account == account and found.status == IN_FORCE:
                bits |= found.left
        return bits
