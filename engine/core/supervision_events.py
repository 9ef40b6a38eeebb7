"""What supervision (监管) did and found. Part of `events`, which has the rules."""

from engine.core.bases import Fact


class RestrictionScheduled(Fact, frozen=True, gc=False):
    """A restriction was imposed that begins with the opening of a later day."""

    restriction: int
    account: int
    scope: int
    first_day: int


class RestrictionReviewed(Fact, frozen=True, gc=False):
    """A restriction was reviewed and stays; review_on: its next review, 0 for none."""

    restriction: int
    review_on: int


class CaseChanged(Fact, frozen=True, gc=False):
    """A case was opened, went a step further, or was closed. step: `opened`, the step, or the finding."""

    case: int
    account: int
    step: str


class ReductionChanged(Fact, frozen=True, gc=False):
    """An owner was ordered to reduce what it has of a product (status open), or has done so (met)."""

    reduction: int
    owner: int
    product: str
    tonnes_max: int
    status: str


class HolderNoted(Fact, frozen=True, gc=False):
    """At the day's close an owner is a large holder of a product; its report is due by due_day. tonnes 0: it is none any more."""

    owner: int
    product: str
    tonnes: int
    due_day: int


class HolderReported(Fact, frozen=True, gc=False):
    """A large holder has filed its report, or a later one."""

    owner: int
    product: str
    account: int
    trading_day: int


class AccountsLinked(Fact, frozen=True, gc=False):
    """Accounts are watched together from now on; kind and basis say on what evidence."""

    link: int
    accounts: tuple[int, ...]
    kind: str
    basis: str


class AccountsUnlinked(Fact, frozen=True, gc=False):
    """A link between accounts was none, or has ended."""

    link: int
    basis: str


class CreditRecordStruck(Fact, frozen=True, gc=False):
    """A record of conduct does not enter the credit rating any more; who decided it, and why, says the act."""

    record: str
    account: int
    basis: str


class LinkedNearLimit(Fact, frozen=True, gc=False):
    """At the day's close owners who are associated, or whose accounts are linked, have together so much of a product that one
    owner's limit is near, or passed. links: numbers of the links by evidence that join them; limit_tonnes: as if they were one.
    """

    product: str
    accounts: tuple[int, ...]
    links: tuple[int, ...]
    tonnes: int
    limit_tonnes: int


class RetentionNear(Fact, frozen=True, gc=False):
    """At the day's close an account keeps hardly more than its retention floor: `tonnes` of at least `floor_tonnes`."""

    account: int
    tonnes: int
    floor_tonnes: int
