"""Units of a settled trade that somebody disputes (争议成交): held until the objection is decided, whoever has them.

Domain rules E3.8: only the disputed trade's onward movement is restricted. What the buyer got is neither sold, transferred nor
surrendered meanwhile. Units under T+N lock cannot move anyhow; they are held from the opening that would set them free.
"""

from msgspec.structs import replace

from engine.core import reasons
from engine.core.events import Event, UnitsEncumbered
from engine.core.holdings import DISPUTE, behind_open_sells, move_available, move_encumbered, release
from engine.core.records import DisputeHold, Encumbrance
from engine.core.remedy_acts import TradeFacts
from engine.core.state import Account, State
from engine.core.trading import cancel_open_orders
from engine.core.units import SELL


def hold(state: State, trade: int, facts: TradeFacts, out: list[Event]) -> None:
    """Hold what a settled trade brought, once, however many objections name it."""
    if not facts.is_settled or trade in state.statements.holds:
        return
    instrument = state.instrument(facts.instrument)
    if instrument is None or state.account(facts.buyer) is None or facts.tonnes <= 0:
        return
    until_day = facts.day_number + int(instrument.lock_days)
    found = DisputeHold(trade, facts.buyer, facts.instrument, facts.tonnes, until_day)
    if until_day <= int(state.day_number):
        set_apart(state, found, out)
    else:
        state.statements.holds[trade] = found


def begin_day(state: State, out: list[Event]) -> None:
    """Locks have just passed: what of them is disputed stays where it is."""
    for found in list(state.statements.holds.values()):
        if found.encumbrance == 0 and found.until_day <= int(state.day_number):
            set_apart(state, found, out)


def set_apart(state: State, found: DisputeHold, out: list[Event]) -> None:
    """Take the units out of what is available; open sells give way to it. What the account no longer has is not held."""
    holds = state.statements.holds
    account = heir(state, found.account)
    instrument = state.held_instrument(found.instrument)
    position = account.position(found.instrument)
    within_reach = int(position.available) + behind_open_sells(account, found.instrument)
    tonnes = min(found.tonnes, within_reach)
    if tonnes == 0:
        holds.pop(found.trade, None)
        return
    if tonnes > int(position.available):
        cancel_open_orders(state, account, found.instrument, SELL, reasons.TRADE_DISPUTED, out)
    state.encumbrance_number += 1
    number, owner = state.encumbrance_number, int(account.number)
    move_available(account, instrument, -tonnes)
    move_encumbered(account, instrument, tonnes)
    named = f"T-{found.trade}"
    state.encumbrances[number] = Encumbrance(number, owner, found.instrument, DISPUTE, tonnes, named)
    holds[found.trade] = replace(found, account=owner, encumbrance=number)
    out.append(UnitsEncumbered(number, owner, found.instrument, tonnes, DISPUTE, named))


def heir(state: State, number: int) -> Account:
    """The account, or the one into which it was merged meanwhile."""
    account = state.held_account(number)
    while account.successor != 0:
        account = state.held_account(account.successor)
    return account


def let_go(state: State, trade: int, out: list[Event]) -> None:
    """The units of a trade are held no longer."""
    found = state.statements.holds.pop(trade, None)
    if found is not None and found.encumbrance in state.encumbrances:
        encumbrance = state.encumbrances[found.encumbrance]
        release(state, encumbrance, encumbrance.tonnes, out)


def is_open(state: State, trade: int) -> bool:
    """Whether an objection to the trade waits for its decision."""
    return any([o.trade == trade and o.status == "open" for o in state.statements.objections.values()])


def decided(state: State, trade: int, voids: bool, out: list[Event]) -> None:
    """An objection to the trade was decided: its units stay held where another one waits, or where the trade is to be voided."""
    found = state.statements.holds.get(trade)
    if found is None:
        return
    if voids:
        found = state.statements.holds[trade] = replace(found, is_to_void=True)
    if not found.is_to_void and not is_open(state, trade):
        let_go(state, trade, out)


__all__ = ["begin_day", "decided", "hold", "let_go"]
