"""What a beneficial owner (实际控制人) has of a product, over all its accounts, all vintages and all states of a unit.

Limits and large holders are measured on it. Domain rules B3: every state counts in the holding limit, also what is frozen,
pledged, locked, preallocated or use-restricted. Owners that are associated (关联, control of more than half) count as one.
Added up when asked for, which is only where the rule book sets a limit or a threshold.
"""

from typing import Final

from engine.core.auction import PURCHASE, SALE, Auction
from engine.core.state import Account, State
from engine.core.units import BUY

GOVERNMENT: Final = "government"  # the category that no holding limit binds: its reserve is no position


def group_of(state: State, owner: int) -> tuple[int, ...]:
    """The owner and all that are associated with it today, the lowest number first."""
    return state.participants.groups.get(owner, (owner,))


def accounts_of(state: State, owners: tuple[int, ...]) -> list[Account]:
    """All accounts of these owners."""
    return [account for owner in owners for account in state.owners.get(owner, [])]


def owned_tonnes(state: State, owners: tuple[int, ...], product: str) -> int:
    """Units of the product that the owners' accounts have, in tonnes."""
    tonnes = 0
    for account in accounts_of(state, owners):
        for number, position in enumerate(account.positions):
            if position is not None and state.held_instrument(number).product == product:
                tonnes += position.tonnes()
    return tonnes


def wanted_tonnes(state: State, owners: tuple[int, ...], product: str) -> int:
    """What the owners may still get by open buys: orders, block offers, bids in sales and own purchases, in tonnes."""
    tonnes = 0
    for account in accounts_of(state, owners):
        if account.held > 0:
            for order in account.orders.values():
                if order.side == BUY and state.held_instrument(order.instrument).product == product:
                    tonnes += order.leaves
        for offer in state.blocks.open_by(int(account.number)):
            if offer.side == BUY and state.held_instrument(offer.instrument).product == product:
                tonnes += offer.tonnes
    for auction in state.auctions.values():
        terms = auction.terms
        if not auction.is_live or state.held_instrument(terms.instrument).product != product:
            continue
        if terms.direction == SALE:
            tonnes += bid_tonnes(auction, owners)
        elif terms.direction == PURCHASE and state.held_account(terms.unit_account).owner in owners:
            tonnes += terms.tonnes
    return tonnes


def bid_tonnes(auction: Auction, owners: tuple[int, ...]) -> int:
    """What the owners' accounts bid for in an auction together, in tonnes."""
    return sum([auction.bids_of(owner)[0] for owner in owners])


def holders(state: State, product: str, enough: int) -> int:
    """How many owners have units of the product or ask for some, the government apart; counted up to `enough`."""
    count = 0
    for owner, accounts in state.owners.items():
        if count >= enough:
            break
        if any([account.category == GOVERNMENT for account in accounts]):
            continue
        if owned_tonnes(state, (owner,), product) > 0 or wanted_tonnes(state, (owner,), product) > 0:
            count += 1
    return count


def free_allocation(state: State, owners: tuple[int, ...]) -> int:
    """The owners' free allocation (免费配额) of the newest year that has one, in tonnes; 0 where none is a key emitter."""
    newest = 0
    tonnes = 0
    for account in accounts_of(state, owners):
        for year, record in state.compliance.get(int(account.number), {}).items():
            if record.free > 0 and year >= newest:
                tonnes = record.free + (tonnes if year == newest else 0)
                newest = year
    return tonnes


def above_allocation(state: State, owners: tuple[int, ...], is_allowance: bool, tonnes: int) -> int:
    """A limit or threshold of the rule book as it stands for the owners: of allowances, above their free allocation (BJ 4.5)."""
    return tonnes + (free_allocation(state, owners) if is_allowance else 0)
