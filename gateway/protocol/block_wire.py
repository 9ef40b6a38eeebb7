"""Messages of block trades (大宗协议): requests of members, what they are answered, and the operators' view.

The rules of `wire` hold: decimal strings for prices and money, integer tonnes, ids with a letter prefix. A block offer is
`B-…`; its parties are account codes.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import (
    LIST_ROWS_MAX,
    ClientOrderId,
    Code,
    Decimals,
    Params,
    Quantity,
    Request,
    Side,
)

COUNTERPARTIES_MAX = 50  # the core's own bound

BlockId = Annotated[str, Meta(pattern=r"^B-[1-9][0-9]{0,17}\Z")]
Counterparties = Annotated[list[Code], Meta(min_length=1, max_length=COUNTERPARTIES_MAX)]


# ---- requests -------------------------------------------------------------------------------------------


class BlockOfferParams(Params, gc=False):
    """`side` is the offerer's. One counterparty makes it a directed offer, several a group offer."""

    instrument: Code
    side: Side
    price: Decimals
    quantity: Quantity
    counterparties: Counterparties
    client_offer_id: ClientOrderId
    account: Code | UnsetType = UNSET


class BlockOffer(Request, tag="block.offer", gc=False, kw_only=True):
    """Offer a block trade to one account or a group: all of it, to the first that confirms, until the day's end."""

    params: BlockOfferParams


class BlockCounterParams(Params, gc=False):
    """The offer that is answered, and one's own price and quantity."""

    block_id: BlockId
    price: Decimals
    quantity: Quantity
    client_offer_id: ClientOrderId
    account: Code | UnsetType = UNSET


class BlockCounter(Request, tag="block.counter", gc=False, kw_only=True):
    """Answer an offer with another price or quantity: declines it, and makes an offer back."""

    params: BlockCounterParams


class BlockAnswerParams(Params, gc=False):
    """An offer that one was sent."""

    block_id: BlockId
    account: Code | UnsetType = UNSET


class BlockConfirm(Request, tag="block.confirm", gc=False, kw_only=True):
    """Accept an offer as it stands: the trade is made. Confirmed again, it names the same trade, with `duplicate`."""

    params: BlockAnswerParams


class BlockDecline(Request, tag="block.decline", gc=False, kw_only=True):
    """Turn an offer down."""

    params: BlockAnswerParams


class BlockWithdrawParams(Params, gc=False):
    """One's own offer, named by exactly one of `block_id` and `client_offer_id`."""

    block_id: BlockId | UnsetType = UNSET
    client_offer_id: ClientOrderId | UnsetType = UNSET
    account: Code | UnsetType = UNSET


class BlockWithdraw(Request, tag="block.withdraw", gc=False, kw_only=True):
    """Take one's own open offer back."""

    params: BlockWithdrawParams


class BlockListParams(Params, gc=False):
    """The day's offers after `after` (a block_id)."""

    account: Code | UnsetType = UNSET
    after: BlockId | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIST_ROWS_MAX)] = LIST_ROWS_MAX


class BlockList(Request, tag="block.list", gc=False, kw_only=True):
    """The day's offers that one has made or was sent, open and ended."""

    params: BlockListParams | UnsetType = UNSET


class OpsBlocksParams(Params, gc=False):
    """Open offers after `after` (a block_id)."""

    after: BlockId | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIST_ROWS_MAX)] = LIST_ROWS_MAX


class OpsBlocks(Request, tag="ops.blocks", gc=False, kw_only=True):
    """Block offers that are open now, with their parties."""

    params: OpsBlocksParams | UnsetType = UNSET


BlockRequest = BlockOffer | BlockCounter | BlockConfirm | BlockDecline | BlockWithdraw | BlockList


# ---- replies --------------------------------------------------------------------------------------------


class BlockOffered(Struct, omit_defaults=True, gc=False):
    """The offer is in the journal and was sent to its counterparties."""

    block_id: str
    client_offer_id: str
    account: str
    duplicate: bool = False


class BlockConfirmed(Struct, omit_defaults=True, gc=False):
    """The trade that the confirmation made."""

    block_id: str
    trade_id: str
    account: str
    duplicate: bool = False


class BlockAnswered(Struct, gc=False):
    """What became of an offer: declined (by oneself) or withdrawn."""

    block_id: str
    account: str
    status: str


class BlockRow(Struct, omit_defaults=True, gc=False):
    """One offer as one of its parties sees it.

    side: what the reader would do. role: offerer | counterparty. status: new | filled | canceled | expired, for the reader.
    counterparties: for the offerer all who were sent it, for the others the offerer. answers: the offer it counters.
    """

    block_id: str
    role: str
    instrument: str
    side: str
    price: str
    quantity: int
    amount: str
    status: str
    counterparties: list[str]
    client_offer_id: str = ""
    answers: str = ""
    trade_id: str = ""


class BlockRows(Struct, gc=False):
    """The day's offers, oldest first; `more`: ask again with `after`."""

    account: str
    offers: list[BlockRow]
    more: bool


class OpenBlockRow(Struct, gc=False):
    """One open offer as an operator sees it: `side` is the offerer's, `open_to` may still confirm it."""

    block_id: str
    account: str
    instrument: str
    side: str
    price: str
    quantity: int
    amount: str
    open_to: list[str]
    answers: str


class OpenBlockRows(Struct, gc=False):
    """Open offers, oldest first; whether the block window is open."""

    window_open: bool
    offers: list[OpenBlockRow]
    more: bool
