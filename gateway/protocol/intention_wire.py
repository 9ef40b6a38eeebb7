"""Intentions (意向申报): adverts that bind nobody, on a public board."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import Code, DayText, Decimals, NoParams, Params, Quantity, Request, Side

IntentionId = Annotated[str, Meta(pattern=r"^V-[1-9][0-9]{0,17}\Z")]


class IntentionPostParams(Params, gc=False):
    """What the account would do. Without `until_day` the advert stands to the day's end; `contact`: how to answer.

    named: whether the public reads the account's name.
    """

    instrument: Code
    side: Side
    quantity: Quantity
    price: Decimals | UnsetType = UNSET
    until_day: DayText | UnsetType = UNSET
    named: bool = False
    contact: Annotated[str, Meta(max_length=100)] = ""
    account: Code | UnsetType = UNSET


class IntentionPost(Request, tag="intention.post", gc=False, kw_only=True):
    """Put an advert on the public board; it holds nothing and binds nobody. At most 20 of an account stand at a time."""

    params: IntentionPostParams


class IntentionWithdrawParams(Params, gc=False):
    """One of the account's own adverts."""

    intention_id: IntentionId
    account: Code | UnsetType = UNSET


class IntentionWithdraw(Request, tag="intention.withdraw", gc=False, kw_only=True):
    """Take an advert down."""

    params: IntentionWithdrawParams


class IntentionList(Request, tag="intention.list", gc=False, kw_only=True):
    """The board, newest first. A member reads there which of them are its own."""

    params: NoParams | UnsetType = UNSET


class IntentionRow(Struct, omit_defaults=True, gc=False):
    """An advert. price is absent where none was named, name where its account is not to be read; own: of this connection."""

    intention_id: str
    instrument: str
    side: str
    quantity: int
    posted_at: str
    until_day: str
    price: str = ""
    contact: str = ""
    name: str = ""
    own: bool = False


class IntentionDone(Struct, gc=False):
    """What an advert is now: posted | withdrawn."""

    intention_id: str
    account: str
    status: str


OfMembers = IntentionPost | IntentionWithdraw
Looking = IntentionList  # at every door
