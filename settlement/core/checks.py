"""May this instruction settle? Asked again here, of the registry's own state, whatever the engine decided at order entry.

The answer is None (it may) or a `Refusal` with a number of the catalogue; a refused instruction is set aside whole.
"""

from typing import NamedTuple

from engine.core import reasons, units
from settlement.core.ledger import Ledger


class Refusal(NamedTuple):
    """Why an instruction is set aside."""

    reason: int
    detail: str


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

    Retention (CQ-M Art. 26) counts what is in the registry, so units under T+N lock count towards the floor.
    """
    restriction = ledger.restriction
    if restriction:
        if restriction.get(seller, 0) & units.RESTRICT_SELL:
            return Refusal(reasons.ACCOUNT_RESTRICTED, f"seller restricted, scope {restriction[seller]}")
        if restriction.get(buyer, 0) & units.RESTRICT_BUY:
            return Refusal(reasons.ACCOUNT_RESTRICTED, f"buyer restricted, scope {restriction[buyer]}")
    holding = ledger.units.get((seller, instrument))
    if holding is None or holding[0] < tonnes:
        available, locked = holding or (0, 0)
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


def surrender_refusal(ledger: Ledger, account: int, instrument: int, tonnes: int) -> Refusal | None:
    """Judge a surrender: only the units must be there; no restriction and no floor stands against surrendering."""
    available, locked = ledger.units.get((account, instrument), (0, 0))
    if available < tonnes:
        return Refusal(reasons.INSUFFICIENT_ALLOWANCE, f"needs {tonnes} t, available {available} t, locked {locked} t")
    return None


def withdrawal_refusal(ledger: Ledger, account: int, amount_fen: int) -> Refusal | None:
    """Judge a withdrawal: the cash must be settled and the account not barred from paying out."""
    scope = ledger.restriction.get(account, 0)
    if scope & units.RESTRICT_CASH_OUT:
        return Refusal(reasons.ACCOUNT_RESTRICTED, f"restricted, scope {scope}")
    cash = ledger.cash.get(account, 0)
    if cash < amount_fen:
        return Refusal(reasons.INSUFFICIENT_CASH, f"needs {amount_fen} fen, has {cash} fen")
    return None
