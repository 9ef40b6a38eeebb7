"""Intentions (意向申报) through a client: `client.intentions.post(…)`, `.withdraw(…)`, `.board()`.

Each method raises `Refused` or `ConnectionLost`. An advert binds nobody: one that was posted twice because its answer was lost
is simply withdrawn.
"""

from typing import cast

from msgspec import UNSET

from gateway.protocol import intention_wire as iw
from gateway.protocol.wire import Side
from yutan.blocks import Asks


class Intentions:
    """The board of adverts."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def post(
        self,
        instrument: str,
        side: str,
        quantity: int,
        price: str = "",
        *,
        until_day: str = "",
        named: bool = False,
        contact: str = "",
        account: str = "",
    ) -> iw.IntentionDone:
        """Advertise that the account would buy or sell."""
        params = iw.IntentionPostParams(
            instrument, cast(Side, side), quantity, price or UNSET, until_day or UNSET, named, contact, account or UNSET
        )
        return await self._ask(iw.IntentionPost, params, iw.IntentionDone)

    async def withdraw(self, intention_id: str, account: str = "") -> iw.IntentionDone:
        """Take an advert down."""
        params = iw.IntentionWithdrawParams(intention_id, account or UNSET)
        return await self._ask(iw.IntentionWithdraw, params, iw.IntentionDone)

    async def board(self) -> list[iw.IntentionRow]:
        """The board, newest first."""
        return await self._ask(iw.IntentionList, UNSET, list[iw.IntentionRow])
