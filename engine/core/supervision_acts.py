"""The acts of supervision (监管): restrictions, cases, orders to reduce a holding, links between accounts. Part of `commands`."""

from engine.core.bases import Act


class Restrict(Act, frozen=True, array_like=True, gc=False, tag=120):
    """Restrict an account (限制措施; scope: bits of units.RESTRICT_*). Open orders it covers are canceled.

    It begins with the opening of `first_day` (0: at once) and ends when the first day after `last_day` opens (0: when it is
    lifted). review_on: when it is to be looked at again; notified: the other body that was told; appeal: where the account
    may object; case: of which it is a step. 0 and an empty text: none.
    """

    account: int
    scope: int
    basis: str
    first_day: int = 0
    last_day: int = 0
    review_on: int = 0
    notified: str = ""
    appeal: str = ""
    case: int = 0


class LiftRestriction(Act, frozen=True, array_like=True, gc=False, tag=121):
    """Lift the named bits of an account's restriction: of one of them, or of all that are in force (0)."""

    account: int
    scope: int
    restriction: int = 0


class ReviewRestriction(Act, frozen=True, array_like=True, gc=False, tag=122):
    """Record that a restriction was reviewed and stays, and when it is reviewed next (0: no more)."""

    restriction: int
    review_on: int


class OpenCase(Act, frozen=True, array_like=True, gc=False, tag=123):
    """Open a case (立案) about an account; alerts: ids of the monitoring alerts it rests on."""

    account: int
    matter: str
    alerts: tuple[str, ...] = ()


class AddCaseStep(Act, frozen=True, array_like=True, gc=False, tag=124):
    """Add a step to a case. step: note | answer | reminder | report | undertaking | interview | notice (CN-SH, graduated).

    due_day: until when the account is to answer, 0 for none; the step `answer` records that it has.
    """

    case: int
    step: str
    note: str
    due_day: int = 0


class CloseCase(Act, frozen=True, array_like=True, gc=False, tag=125):
    """Close a case (结案). finding: confirmed (a breach, for the credit record) | settled | unfounded."""

    case: int
    finding: str
    note: str


class OrderReduction(Act, frozen=True, array_like=True, gc=False, tag=126):
    """Order an account's beneficial owner to have at most `tonnes_max` of a product by the close of `due_day` (责令减持)."""

    account: int
    product: str
    tonnes_max: int
    due_day: int
    basis: str
    case: int = 0


class LinkAccounts(Act, frozen=True, array_like=True, gc=False, tag=127):
    """Record that accounts of different owners are linked by evidence (账户组): one address, one person, one key, one network.

    They share no limit, since nobody was found to control the other; they are watched together. kind: one of
    `supervision.LINK_KINDS`; basis: what it was seen by.
    """

    accounts: tuple[int, ...]
    kind: str
    basis: str


class UnlinkAccounts(Act, frozen=True, array_like=True, gc=False, tag=128):
    """Record that a link is none, or has ended; the record stays."""

    link: int
    basis: str


class StrikeCreditRecord(Act, frozen=True, array_like=True, gc=False, tag=129):
    """Strike a record from the credit record (信用记录撤销), since it should not stand; always two persons.

    It stays visible as struck. What it came from is as it was.

    record: its name, such as R-3, K-3 or U-2025-K01; basis: what the decision rests on.
    """

    record: str
    basis: str


SupervisionAct = (
    Restrict
    | LiftRestriction
    | ReviewRestriction
    | OpenCase
    | AddCaseStep
    | CloseCase
    | OrderReduction
    | LinkAccounts
    | UnlinkAccounts
    | StrikeCreditRecord
)
