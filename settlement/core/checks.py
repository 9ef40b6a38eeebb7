"""May this instruction settle? Asked again here, of the registry's own state, whatever the engine decided at order entry.

The answer is None (it may) or a `Refusal` with a number of the catalogue; a refused instruction is set aside whole.
"""

from typing import Final, NamedTuple, Protocol

from engine.core import reasons, units
from settlement.core.ledger import Ledger
from settlement.core.postings import FEES, ISSUE, LOCKED, STATE_PLACES, UnitMove

_NOTHING: Final[list[int]] = [0, 0, 0, 0, 0]
_LEAVES: Final = ("transfer", "cancel")


class Refusal(NamedTuple):
    """Why an instruction is set aside."""

    reason: int
    detail: str


AWAITS_CYCLE: Final = Refusal(reasons.AWAITS_CYCLE, "")


def trade_refusal(
    ledger: Ledger,
    instrument: int,
    tonnes: int,
    amount_fen: int,
    buyer: int,
    buy_fee_fen: int,
    seller: int,
    sell_fee_fen: int,
) -> Refusal | None:
    """Judge a trade: restrictions of both sides, the seller's units and retention floor, both sides' cash.

    A merged account is closed for what is new; what it traded before still settles, and follows to its successor.
    Retention (CQ-M Art. 26) counts what is in the registry, so units under T+N lock count towards the floor.
    """
    restriction = ledger.restriction
    if restriction:
        if restriction.get(seller, 0) & units.RESTRICT_SELL and seller not in ledger.successors:
            return Refusal(reasons.ACCOUNT_RESTRICTED, f"seller restricted, scope {restriction[seller]}")
        if restriction.get(buyer, 0) & units.RESTRICT_BUY and buyer not in ledger.successors:
            return Refusal(reasons.ACCOUNT_RESTRICTED, f"buyer restricted, scope {restriction[buyer]}")
    holding = ledger.units.get((seller, instrument))
    if holding is None or holding[0] < tonnes:
        available, locked = (holding[0], holding[1]) if holding is not None else (0, 0)
        number = reasons.UNITS_LOCKED if available + locked >= tonnes else reasons.INSUFFICIENT_ALLOWANCE
        return Refusal(number, f"needs {tonnes} t, available {available} t, locked {locked} t")
    floor = ledger.floor_tonnes.get(seller, 0)
    if floor and instrument in ledger.allowances:
        left = ledger.allowance_tonnes[seller] - tonnes
        if left < floor:
            return Refusal(reasons.OBLIGATION_RESERVED, f"would leave {left} t, floor {floor} t")
    cash = ledger.cash
    if cash.get(buyer, 0) < amount_fen + buy_fee_fen:
        return Refusal(
            reasons.INSUFFICIENT_CASH, f"buyer needs {amount_fen + buy_fee_fen} fen, has {cash.get(buyer, 0)} fen"
        )
    if cash.get(seller, 0) + amount_fen < sell_fee_fen:
        return Refusal(
            reasons.INSUFFICIENT_CASH, f"seller's fee {sell_fee_fen} fen, has {cash.get(seller, 0) + amount_fen} fen"
        )
    return None


def move_refusal(ledger: Ledger, move: UnitMove) -> Refusal | None:
    """Judge a movement of units: they must be there, and what leaves by transfer or cancellation keeps the floor.

    No restriction and no floor stands against surrendering; what comes from the issue account is made.
    """
    if move.from_account == ISSUE:
        return None
    holding = ledger.units.get((move.from_account, move.instrument), _NOTHING)
    there = holding[STATE_PLACES[move.from_state]]
    if move.bought_day:
        there = ledger.lots.get((move.from_account, move.instrument), {}).get(move.bought_day, 0)
    if there < move.tonnes:
        detail = f"needs {move.tonnes} t, {move.from_state} {there} t, locked {holding[STATE_PLACES[LOCKED]]} t"
        return Refusal(reasons.INSUFFICIENT_ALLOWANCE, detail)
    if move.kind == "surrender" and move.instrument not in ledger.allowances:
        usable = ledger.usable_serials(move.from_account, move.instrument)
        if usable < move.tonnes:
            return Refusal(reasons.OFFSET_OWN_BOUNDARY, f"needs {move.tonnes} t, of others' projects {usable} t")
    floor = ledger.floor_tonnes.get(move.from_account, 0)
    if floor and move.kind in _LEAVES and move.instrument in ledger.allowances:
        left = ledger.allowance_tonnes[move.from_account] - move.tonnes
        if left < floor:
            return Refusal(reasons.OBLIGATION_RESERVED, f"would leave {left} t, floor {floor} t")
    return None


class Voidable(Protocol):
    """A trade that is voided: its seller (`account`), what each side gets back of its fee, and the trade's legs."""

    account: int
    buyer: int
    instrument: int
    tonnes: int
    amount_fen: int
    buy_fee_fen: int
    sell_fee_fen: int


def void_refusal(ledger: Ledger, void: Voidable, locked: int) -> Refusal | None:
    """Judge the undoing of a trade: the buyer has the units (`locked`: under the lock of their day), the seller the cash, the
    exchange the fees. No restriction and no floor stands against it: it makes good what should not have been."""
    there = ledger.units.get((void.buyer, void.instrument), _NOTHING)[0] + min(locked, void.tonnes)
    if there < void.tonnes:
        return Refusal(reasons.INSUFFICIENT_ALLOWANCE, f"buyer has {there} t of {void.tonnes} t")
    cash = ledger.cash.get(void.account, 0) + void.sell_fee_fen
    if cash < void.amount_fen:
        return Refusal(reasons.INSUFFICIENT_CASH, f"seller needs {void.amount_fen} fen, has {cash} fen")
    fees = ledger.cash.get(FEES, 0)
    if fees < void.buy_fee_fen + void.sell_fee_fen:
        return Refusal(
            reasons.INSUFFICIENT_CASH, f"fees needs {void.buy_fee_fen + void.sell_fee_fen} fen, has {fees} fen"
        )
    return None


def succession_refusal(ledger: Ledger, account: int, amount_fen: int) -> Refusal | None:
    """Judge cash that goes to a successor: it must be there."""
    cash = ledger.cash.get(account, 0)
    return None if cash >= amount_fen else Refusal(reasons.INSUFFICIENT_CASH, f"needs {amount_fen} fen, has {cash} fen")


def withdrawal_refusal(ledger: Ledger, account: int, amount_fen: int) -> Refusal | None:
    """Judge a withdrawal: the cash must be settled and the account not barred from paying out."""
    scope = ledger.restriction.get(account, 0)
    if scope & units.RESTRICT_CASH_OUT:
        return Refusal(reasons.ACCOUNT_RESTRICTED, f"restricted, scope {scope}")
    cash = ledger.cash.get(account, 0)
    if cash < amount_fen:
        return Refusal(reasons.INSUFFICIENT_CASH, f"needs {amount_fen} fen, has {cash} fen")
    return None
