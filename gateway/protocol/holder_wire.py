"""Large holders (大户) at the operators' door: who has more of a product than the rule book's threshold."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class OpsLargeHolders(Request, tag="ops.large_holders", gc=False, kw_only=True):
    """Beneficial owners with more of a product than its threshold, the largest first; none where no threshold is set."""

    params: NoParams | UnsetType = UNSET


class LargeHolderRow(Struct, gc=False):
    """Tonnes over all accounts, vintages and states; `threshold` and `limit` as they stand for this owner, no limit: null."""

    product: str
    owner: int
    accounts: list[str]
    names: list[str]
    quantity: int
    threshold: int
    limit: int | None
    is_above_limit: bool
