"""Large holders (大户) at the operators' door: who has more of a product than the rule book's threshold."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class OpsLargeHolders(Request, tag="ops.large_holders", gc=False, kw_only=True):
    """Beneficial owners with more of a product than its threshold, the largest first; none where no threshold is set."""

    params: NoParams | UnsetType = UNSET


class LargeHolderRow(Struct, gc=False):
    """Tonnes over all accounts, vintages and states; `threshold` and `limit` as they stand for this owner, no limit: null.

    since, report_due and reported_on are empty until the day's close has noted it, and until it has reported.
    """

    product: str
    owner: int
    accounts: list[str]
    names: list[str]
    quantity: int
    threshold: int
    limit: int | None
    is_above_limit: bool
    since: str
    report_due: str
    reported_on: str
    is_report_late: bool
    purpose: str
    funds: str
    related: str
