"""What a beneficial owner (实际控制人) has of a product, over all its accounts, all vintages and all states of a unit.

Limits and large holders are measured on it. Domain rules B3: every state counts in the holding limit, also what is frozen,
pledged, locked, preallocated or use-restricted. Added up when asked for, which is only where the rule book sets a limit or
a threshold.
"""

from typing import Final

from engine.core.auction import SALE
from engine.core.state import State
from engine.core.units import BUY

GOVERNMENT: Final = "government"  # the category that no holding limit binds: its reserve is no position


def owned_tonnes(state: State, owner: int, product: str) -> int:
    """Units of the product that the owner's accounts have, in tonnes."""
    tonnes = 0
    for account in state.owners[owner]:
        for number, position in enumerate(account.positions):
            if position is not None and state.held_instrument(number).product == product:
                tonnes += position.tonnes()
    return tonnes


def wanted_tonnes(state: State, owner: int, product: str) -> int:
    """What the owner may still get by open buys: orders, block offers, and bids in government sales, in tonnes."""
    tonnes = 0
    for account in state.owners[owner]:
        if account.held > 0:
            for order in account.orders.values():
                if order.side == BUY and state.held_instrument(order.instrument).product == product:
                    tonnes += order.leaves
        for offer in state.blocks.open_by(int(account.number)):
            if offer.side == BUY and state.held_instrument(offer.instrument).product == product:
                tonnes += offer.tonnes
    for auction in state.auctions.values():
        terms = auction.terms
        if auction.is_live and terms.direction == SALE and state.held_instrument(terms.instrument).product == product:
            tonnes += auction.bids_of(owner)[0]
    return tonnes


def free_allocation(state: State, owner: int) -> int:
    """The owner's free allocation (免费配额) of the newest year that has one, in tonnes; 0 for who is no key emitter."""
    newest = 0
    tonnes = 0
    for account in state.owners[owner]:
        for year, record in state.compliance.get(int(account.number), {}).items():
            if record.free > 0 and year >= newest:
                tonnes = record.free + (tonnes if year == newest else 0)
                newest = year
    return tonnes


def above_allocation(state: State, owner: int, is_allowance: bool, tonnes: int) -> int:
    """A limit or threshold of the rule book as it stands for the owner: of allowances, above its free allocation (BJ 4.5)."""
    return tonnes + (free_allocation(state, owner) if is_allowance else 0)
