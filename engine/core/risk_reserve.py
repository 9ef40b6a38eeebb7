"""The risk reserve (风险准备金): what is set aside of the fees for the case that a participant cannot pay (domain rules E3, H).

A share of each day's fees goes into it at the close, up to the rule book's cap. Two people may use it, for an account and with
the purpose on record; what was used stays a claim on that account until it is recovered. The exchange may add to it.
"""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import FundRiskReserve, RecoverRiskReserve, UseRiskReserve
from engine.core.events import Event, ReserveMoved
from engine.core.state import State
from engine.core.units import CASH_FEN_MAX

BASIS_CHARACTERS_MAX: Final = 200
BANK: Final = -2  # the registry's own accounts, as an event names them
FEES: Final = -3
RESERVE: Final = -4

ReserveAct = UseRiskReserve | RecoverRiskReserve | FundRiskReserve


def contribute(state: State, out: list[Event]) -> None:
    """At the close: the rule book's share of the fees since the last one, as long as the reserve is below its cap."""
    reserve, book = state.risk_reserve, state.rulebook
    earned = int(state.fees) - reserve.fees_kept
    amount = earned * book.risk_reserve_bp // 10_000
    if book.risk_reserve_max_fen > 0:
        amount = min(amount, max(0, book.risk_reserve_max_fen - reserve.balance_fen))
    if amount > 0:
        state.fees -= amount
        move(state, "contribution", FEES, RESERVE, amount, out)
    reserve.fees_kept = int(state.fees)


def move(state: State, purpose: str, from_account: int, to_account: int, amount_fen: int, out: list[Event]) -> None:
    """Move money into or out of the reserve."""
    state.risk_reserve.balance_fen += amount_fen if to_account == RESERVE else -amount_fen
    out.append(ReserveMoved(purpose, from_account, to_account, amount_fen, state.risk_reserve.balance_fen))


def judge(state: State, act: ReserveAct) -> Verdict:
    """Enough in the reserve to use, enough owed and free to recover, and something it rests on."""
    if not 0 < act.amount_fen <= CASH_FEN_MAX or not 0 < len(act.basis.strip()) <= BASIS_CHARACTERS_MAX:
        return Verdict(reasons.ACT_INVALID)
    reserve = state.risk_reserve
    if isinstance(act, FundRiskReserve):
        inside = int(state.cash_deposited) + act.amount_fen <= CASH_FEN_MAX
        return ADMITTED if inside else Verdict(reasons.ACT_INVALID)
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if isinstance(act, UseRiskReserve):
        enough = act.amount_fen <= reserve.balance_fen
        return ADMITTED if enough else Verdict(reasons.RESERVE_TOO_SMALL, reserve.balance_fen, act.amount_fen)
    owed = reserve.claims.get(act.account, 0)
    if act.amount_fen > owed:
        return Verdict(reasons.NOTHING_OWED, owed, act.amount_fen)
    if act.amount_fen > account.free:
        return Verdict(reasons.INSUFFICIENT_CASH, account.free, act.amount_fen)
    return ADMITTED


def take(state: State, act: ReserveAct, out: list[Event]) -> None:
    """Let a judged act take effect."""
    claims = state.risk_reserve.claims
    if isinstance(act, FundRiskReserve):
        state.cash_deposited += act.amount_fen
        move(state, "funding", BANK, RESERVE, act.amount_fen, out)
    elif isinstance(act, UseRiskReserve):
        state.held_account(act.account).free += act.amount_fen
        claims[act.account] = claims.get(act.account, 0) + act.amount_fen
        move(state, "use", RESERVE, act.account, act.amount_fen, out)
    else:
        state.held_account(act.account).free -= act.amount_fen
        claims[act.account] -= act.amount_fen
        if claims[act.account] == 0:
            del claims[act.account]
        move(state, "recovery", act.account, RESERVE, act.amount_fen, out)
