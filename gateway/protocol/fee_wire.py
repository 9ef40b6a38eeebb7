"""The fee schedule (交易手续费标准): what is charged to whom, by which rule, and what that comes to."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class FeesGet(Request, tag="fees.get", gc=False, kw_only=True):
    """The fee schedule in force, with sources and worked examples, and the one that was adopted for later."""

    params: NoParams | UnsetType = UNSET


class FeeItem(Struct, frozen=True):
    """One fee of a product. rate_ppm: millionths of the amount, of each side; rate_percent: the same in percent."""

    product: str
    item: str  # trading | settlement
    item_zh: str
    payer: str
    payer_zh: str
    rate_ppm: int
    rate_percent: str
    source: str
    confidence: str


class FeeExample(Struct, frozen=True):
    """A trade worked out: each side pays `fee`; the buyer pays `buyer_pays` in all and the seller gets `seller_gets`."""

    product: str
    price: str
    quantity: int
    unit: str
    unit_zh: str
    amount: str
    rate_ppm: int
    fee: str
    buyer_pays: str
    seller_gets: str


class FeeRules(Struct, frozen=True):
    """The fees of one version of the rule book. effective_day: null for the rules of the founding."""

    version: int
    effective_day: str | None
    sha256: str
    items: list[FeeItem]
    examples: list[FeeExample]


class FeeSchedule(Struct, frozen=True):
    """What is in force, and `next`, what was adopted for later. The notes hold for both."""

    market: str
    currency: str
    in_force: FeeRules
    next: FeeRules | None
    rounding: str
    rounding_zh: str
    auctions: str
    auctions_zh: str
