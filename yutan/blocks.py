"""Block trades (大宗协议) through a client: `client.blocks.offer(…)`, and what the exchange answers.

Each method raises `Refused`, or `ConnectionLost`: then offer or counter again under the same client_offer_id, and confirm
again as it is; neither happens twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar, cast

from msgspec import UNSET, Struct

from gateway.protocol import block_wire, wire

T = TypeVar("T")


class Offer(Struct, frozen=True):
    """One offer as this account sees it: `side` is what this account would do, `role` offerer or counterparty."""

    block_id: str
    role: str
    instrument: str
    side: str
    price: Decimal
    quantity: int
    amount: Decimal
    status: str
    counterparties: list[str]
    client_offer_id: str = ""
    answers: str = ""
    trade_id: str = ""


class _Offers(Struct, frozen=True):
    offers: list[Offer]
    more: bool


class OpenOffer(Struct, frozen=True):
    """One open offer as an operator sees it: `side` is the offerer's."""

    block_id: str
    account: str
    instrument: str
    side: str
    price: Decimal
    quantity: int
    amount: Decimal
    open_to: list[str]
    answers: str


class OpenOffers(Struct, frozen=True):
    """A page of open offers, and whether block trading is open; `more`: ask again with `after`."""

    window_open: bool
    offers: list[OpenOffer]
    more: bool


class Asks(Protocol):
    """How a client asks: a request, its params, the type of the result."""

    def __call__(self, kind: Callable[..., wire.Request], params: Any, result: type[T]) -> Awaitable[T]:
        """Send and wait for the answer."""


class Blocks:
    """The block trades of one login."""

    def __init__(self, ask: Asks, next_id: Callable[[], str]) -> None:
        self._ask = ask
        self._next_id = next_id

    async def offer(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: Decimal | str,
        counterparties: Sequence[str],
        *,
        client_offer_id: str = "",
        account: str = "",
    ) -> block_wire.BlockOffered:
        """Offer a block to one account or a group; the first to confirm has all of it."""
        params = block_wire.BlockOfferParams(
            instrument,
            cast(Any, side),
            str(price),
            quantity,
            list(counterparties),
            client_offer_id or self._next_id(),
            account or UNSET,
        )
        return await self._ask(block_wire.BlockOffer, params, block_wire.BlockOffered)

    async def counter(
        self, block_id: str, quantity: int, price: Decimal | str, *, client_offer_id: str = "", account: str = ""
    ) -> block_wire.BlockOffered:
        """Answer an offer with other terms."""
        params = block_wire.BlockCounterParams(
            block_id, str(price), quantity, client_offer_id or self._next_id(), account or UNSET
        )
        return await self._ask(block_wire.BlockCounter, params, block_wire.BlockOffered)

    async def confirm(self, block_id: str, *, account: str = "") -> block_wire.BlockConfirmed:
        """Accept an offer: the trade is made."""
        params = block_wire.BlockAnswerParams(block_id, account or UNSET)
        return await self._ask(block_wire.BlockConfirm, params, block_wire.BlockConfirmed)

    async def decline(self, block_id: str, *, account: str = "") -> block_wire.BlockAnswered:
        """Turn an offer down."""
        params = block_wire.BlockAnswerParams(block_id, account or UNSET)
        return await self._ask(block_wire.BlockDecline, params, block_wire.BlockAnswered)

    async def withdraw(
        self, block_id: str = "", *, client_offer_id: str = "", account: str = ""
    ) -> block_wire.BlockAnswered:
        """Take one's own open offer back, by one of its two names."""
        params = block_wire.BlockWithdrawParams(block_id or UNSET, client_offer_id or UNSET, account or UNSET)
        return await self._ask(block_wire.BlockWithdraw, params, block_wire.BlockAnswered)

    async def offers(self, *, account: str = "") -> list[Offer]:
        """All offers of the day that the account has made or was sent, oldest first."""
        found: list[Offer] = []
        while True:
            after = found[-1].block_id if found else UNSET
            params = block_wire.BlockListParams(account or UNSET, after)
            page = await self._ask(block_wire.BlockList, params, _Offers)
            found += page.offers
            if not page.more:
                return found

    async def open_offers(self, after: str = "") -> OpenOffers:
        """What is open now, with its parties; for operators."""
        return await self._ask(block_wire.OpsBlocks, block_wire.OpsBlocksParams(after or UNSET), OpenOffers)
