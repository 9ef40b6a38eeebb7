"""The notices of an entry into the registry, so that the public finds them for good."""

import msgspec

from engine.core.events import Event
from engine.public_notices import public_notices
from settlement.core.clearing import Clearing
from settlement.core.postings import Writes


class _Names:
    """Who is meant by the numbers of an entry that `clearing` has just taken."""

    def __init__(self, clearing: Clearing) -> None:
        self._clearing = clearing

    def account_name(self, number: int) -> str:
        return self._clearing.ledger.accounts[number].name

    def instrument_code(self, number: int) -> str:
        return self._clearing.ledger.instruments[number].code

    def instrument_units(self, number: int) -> tuple[str, str]:
        rules = self._clearing.product_rules_of(self._clearing.ledger.instruments[number].product)
        return rules.unit_zh, rules.unit_en

    def auction_instrument(self, number: int) -> int:
        return self._clearing.auctions[number].instrument

    def auction_code(self, number: int) -> str:
        return self._clearing.auctions[number].code


def add(clearing: Clearing, happened: list[Event], writes: Writes) -> None:
    """Add what the entry tells the public; before the day's documents, which forget the auctions that have ended."""
    for notice in public_notices(clearing.seq, clearing.at_ns, happened, _Names(clearing)):
        writes.changes.append(("notice", msgspec.structs.astuple(notice)))
